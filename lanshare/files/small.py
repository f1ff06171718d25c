"""Small files in one go: read whole, written whole. What many of them cost is calls, not bytes."""

from __future__ import annotations

import os
import stat

from lanshare.domain.errors import Code
from lanshare.domain.transfer import SMALL
from lanshare.files.content import Buffer
from lanshare.files.faults import SourceFault, source_code
from lanshare.files.folder import Folder
from lanshare.files.sink.part import UMASK, set_time
from lanshare.files.source.below import FLAGS, NOFOLLOW
from lanshare.files.source.tree import has_attributes


def read_small(path: str, follow: bool = False, fd: int = -1) -> tuple[bytes, os.stat_result, bool] | None:
    """A file's bytes, what it was when they were read, and whether it has attributes that will be lost.

    None if it is larger. SourceFault if it cannot be had. `fd`: it is open already, and is closed here.
    """
    try:
        if fd < 0:
            fd = os.open(path, FLAGS if follow else FLAGS | NOFOLLOW)
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            raise SourceFault(Code.FILE_SPECIAL, path)
        if info.st_size > SMALL:
            return None
        # One byte more, so that a file that grows is noticed.
        data = os.read(fd, info.st_size + 1)
        now = os.fstat(fd)
        attributes = has_attributes(fd)
    except OSError as error:
        raise SourceFault(source_code(error), path) from error
    finally:
        if fd >= 0:
            os.close(fd)
    if len(data) != info.st_size or now.st_size != info.st_size or now.st_mtime_ns != info.st_mtime_ns:
        raise SourceFault(Code.FILE_CHANGED, path)
    return data, info, attributes


def write_small(
    folder: Folder, name: str, data: Buffer, mtime_ns: int, executable: bool, each_durable: bool,
    private: bool = False, exact: bool = False,
) -> int:
    """Write a whole file; returns the time of modification that this file system keeps. OSError if it fails, and then
    nothing is left of it; FileExistsError if the name is taken. `exact`: it keeps this time as it is."""
    mode = (0o777 if executable else 0o666) & ~UMASK & (0o700 if private else 0o777)
    fd = folder.new_file(name, mode)
    try:
        try:
            done = os.write(fd, data) if len(data) else 0
            while done < len(data):
                done += os.write(fd, memoryview(data)[done:])
            folder.mark(fd, name)
            set_time(fd, mtime_ns)
            kept = mtime_ns if exact else os.fstat(fd).st_mtime_ns
            if each_durable:
                os.fsync(fd)
        finally:
            os.close(fd)
    except BaseException:
        folder.remove(name)
        raise
    return kept
