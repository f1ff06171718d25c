"""Joined bytes: no two lists join alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.canonical import joined

parts = st.lists(st.binary(max_size=8), max_size=5)


@given(parts, parts)
def test_different_lists_join_differently(one: list[bytes], other: list[bytes]) -> None:
    assert (joined(*one) == joined(*other)) == (one == other)


def test_each_part_stands_behind_its_length() -> None:
    assert joined(b"ab", b"") == b"\0\0\0\2ab\0\0\0\0"
