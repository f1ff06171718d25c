"""Rows and nouns."""

from __future__ import annotations

import datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lanshare.store.rows import from_ms, paths_from_text, paths_to_text, to_ms
from tests.harness.folders import odd_name


@given(st.lists(st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name and b"/" not in name)))
def test_any_path_survives(names: list[bytes]) -> None:
    paths = tuple(Path(f"/x/{odd_name(name)}") for name in names)
    assert paths_from_text(paths_to_text(paths)) == paths


def test_times_survive_and_impossible_ones_become_1970() -> None:
    now = datetime.datetime(2026, 11, 22, 12, 0, 0, 5000, tzinfo=datetime.UTC)
    assert from_ms(to_ms(now)) == now
    assert from_ms(2**62).year == 1970
