"""What tells whether a file was touched since it was last looked at."""

from __future__ import annotations

import os


def stamp_of(info: os.stat_result) -> list[int]:
    """What tells whether a file was touched since: device, inode, size, times of content and of change."""
    return [info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns]
