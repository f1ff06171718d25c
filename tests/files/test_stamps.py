"""Stamps: a file that was touched has another one."""

from __future__ import annotations

import os
from pathlib import Path

from lanshare.files.stamps import stamp_of
from tests.harness.folders import POSIX


@POSIX
def test_content_time_inode_and_change_each_make_another_stamp(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one")
    os.utime(path, ns=(5, 5))
    first = stamp_of(path.stat())
    assert stamp_of(path.stat()) == first
    copy = tmp_path / "copy"
    copy.write_bytes(b"two")
    os.utime(copy, ns=(5, 5))
    copy.rename(path)
    assert stamp_of(path.stat()) != first, "another file of the same size and time"
    second = stamp_of(path.stat())
    path.write_bytes(b"six")
    os.utime(path, ns=(5, 5))
    assert stamp_of(path.stat()) != second, "the same file, written to, its time set back"
