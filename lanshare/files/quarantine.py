"""The mark that a file came from elsewhere, so that the system asks before it runs it. Not verified on either system.

Windows: the stream Zone.Identifier with zone 3, the internet ([MS-FSCC] 5.6.1). macOS: the attribute
com.apple.quarantine. Linux has none: there the missing right to execute stands in for it.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import sys
import time
from pathlib import Path
from typing import Final

STREAM: Final = "Zone.Identifier"
ATTRIBUTE: Final = "com.apple.quarantine"

_NAMED_STREAMS: Final = 0x0004_0000  # FILE_NAMED_STREAMS of winnt.h
_LONGEST: Final = 32_768

_log = logging.getLogger(__name__)


def zone() -> bytes:
    """What the stream holds."""
    return b"[ZoneTransfer]\r\nZoneId=3\r\n"


def quarantine(now: float) -> bytes:
    """What the attribute holds: flags (asked for, by a program that is no browser), time, who; no download's id."""
    return f"0081;{int(now):08x};lanshare;".encode("ascii")


def marked_path(path: Path) -> str:
    """The stream beside a file's content, as Windows names it."""
    return f"{path}:{STREAM}"


@functools.lru_cache(maxsize=64)
def _has_streams(folder: str) -> bool:
    """Whether the disk of this folder keeps streams beside a file's content. Where it does not, some systems (Wine)
    make a file of the stream's name."""
    if sys.platform == "win32":
        volume, flags = ctypes.create_unicode_buffer(_LONGEST), ctypes.c_ulong()
        kernel = ctypes.windll.kernel32
        if not kernel.GetVolumePathNameW(folder, volume, _LONGEST):
            return True
        if not kernel.GetVolumeInformationW(volume, None, 0, None, None, ctypes.byref(flags), None, 0):
            return True
        return bool(flags.value & _NAMED_STREAMS)
    return False


def mark(fd: int, path: Path | None) -> None:
    """Mark a received file, still under its number: the mark goes with it when it gets its name."""
    try:
        if sys.platform == "win32":
            if path is not None and _has_streams(str(path.parent)):
                with open(marked_path(path), "wb") as stream:
                    stream.write(zone())
        elif sys.platform == "darwin":
            value = quarantine(time.time())
            libc = ctypes.CDLL(None, use_errno=True)
            libc.fsetxattr(fd, ATTRIBUTE.encode("ascii"), value, len(value), 0, 0)
    except OSError as error:
        _log.info("a file could not be marked: %s", error.strerror)  # FAT has neither
