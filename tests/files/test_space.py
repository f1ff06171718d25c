"""Room on a disk, and which disk a path is on, also of a path that is not there yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanshare.files.space import disk_of, free_bytes, room_at, usable
from tests.harness.folders import POSIX


@pytest.mark.parametrize(("free", "total", "room"), [
    (10**12, 10**13, 10**12 - 256 * 1024 * 1024), (100 * 10**6, 10**13, 0), (20_000_000, 20_000_000, 19_800_000),
    (0, 0, 2**62),
])
def test_a_little_of_a_disk_is_left_free(free: int, total: int, room: int) -> None:
    assert usable(free, total) == room


def test_a_path_that_is_not_there_yet_is_where_it_would_be(tmp_path: Path) -> None:
    later = tmp_path / "not" / "yet"
    assert disk_of(later) == disk_of(tmp_path) != ""
    assert abs(free_bytes(later) - free_bytes(tmp_path)) < 10**9
    assert room_at(later) <= free_bytes(later)


@POSIX
def test_what_nobody_can_tell_is_said_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def gone(path: object) -> object:
        raise OSError(5, "gone")

    monkeypatch.setattr("lanshare.files.space.shutil.disk_usage", gone)
    monkeypatch.setattr("lanshare.files.space.os.statvfs", gone)
    assert (free_bytes(tmp_path), room_at(tmp_path), disk_of(tmp_path)) == (0, 0, "")
