"""How much room a disk has, and which disk a path is on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

_RESERVE: Final = 256 * 1024 * 1024
"""Bytes that are left free on a disk, or a hundredth of a small one."""

_UNTOLD: Final = 2**62


def usable(free: int, total: int) -> int:
    """How many of the free bytes of a disk a large transfer may take: a system without a free byte serves nobody.

    A file system that tells no size is taken to have room: it says itself when it is full.
    """
    if total <= 0:
        return _UNTOLD
    return max(0, free - min(_RESERVE, total // 100))


def room_at(path: Path) -> int:
    """What of the disk where `path` is or would be a large transfer may take, in bytes; 0 if nobody can tell."""
    free, total = _space(path)
    return usable(free, total) if total >= 0 else 0


def free_bytes(path: Path) -> int:
    """Free bytes where `path` is or would be; 0 if nobody can tell."""
    return _space(path)[0]


def _space(path: Path) -> tuple[int, int]:
    """Free bytes and all bytes of the disk where `path` is or would be; (0, -1) if nobody can tell."""
    for folder in (path, *path.parents):
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            continue
        return usage.free, usage.total
    return 0, -1


def disk_of(path: Path) -> str:
    """A name for the file system that `path` is, or would be, on; the same after it was unplugged and plugged in
    again where the system knows its file systems by their own ids; empty if nobody can tell."""
    for folder in (path, *path.parents):
        try:
            if hasattr(os, "statvfs"):
                return f"{os.statvfs(folder).f_fsid:x}"
            return f"{os.stat(folder).st_dev:x}"
        except OSError:
            continue
    return ""
