"""Checked lines: torn and altered ones are noticed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lanshare.files.lines import framed, unframed


@given(st.binary(max_size=50).filter(lambda body: b"\n" not in body), st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_or_a_missing_end_is_noticed(body: bytes, at: int, bit: int) -> None:
    line = framed(body)
    assert unframed(line) == body
    flipped = bytearray(line)
    flipped[at % len(line)] ^= 1 << bit
    assert unframed(bytes(flipped)) is None
    assert unframed(line[: at % len(line)]) is None
