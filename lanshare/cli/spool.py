"""A stream that is sent (`… | lanshare send X - --as NAME`) is kept in the profile first, as a file.

So it can be verified, sent again from where it broke, and goes on with the next engine. The engine removes it when its
transfer is over.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from lanshare.cli.printer import Printer
from lanshare.cli.session import Usage
from lanshare.domain.errors import LanshareError
from lanshare.domain.transfer import TransferId
from lanshare.engine.options import Options, spool_folder
from lanshare.engine.presentation.user_messages import decimal
from lanshare.engine.runtime.device_info import free_bytes

LARGEST: Final = 64 * 1024**3
"""Bytes of one stream. More is not cut off: it is refused, and nothing of it is sent."""

_LEFT_FREE: Final = 256 * 1024**2
"""Bytes of the profile's disk that a stream leaves alone."""

_PIECE: Final = 1024 * 1024


def keep(options: Options, transfer: TransferId, name: str, printer: Printer) -> Path:
    """Read standard input to its end; where it lies. Usage if it is closed, too long, or the disk is full."""
    if sys.stdin is None:
        raise Usage("standard input is closed, so there is nothing to send.")
    path = spool_folder(options, transfer) / name
    try:
        with open(path, "xb", opener=_privately) as file:
            size = 0
            while piece := sys.stdin.buffer.read(_PIECE):
                size += len(piece)
                if size > LARGEST:
                    raise Usage(f"the stream is longer than {decimal(LARGEST)}. Nothing was sent.")
                if free_bytes(path.parent) - len(piece) < _LEFT_FREE:
                    raise Usage(
                        f"the profile's disk has no room to keep the stream ({decimal(size)} so far). Nothing was sent."
                    )
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        drop(options, transfer)
        raise Usage(f"the stream could not be kept: {error.strerror}. Nothing was sent.") from error
    except BaseException:
        drop(options, transfer)
        raise
    printer.say(f"The stream is read: {decimal(size)}.")
    return path


def share(options: Options, spooled: Path, transfer: TransferId) -> Path:
    """The same stream for another transfer, without a second copy where the file system can."""
    path = spool_folder(options, transfer) / spooled.name
    try:
        os.link(spooled, path)
    except OSError:
        shutil.copyfile(spooled, path)
    return path


def drop(options: Options, transfer: TransferId) -> None:
    """Forget a stream that is not sent."""
    try:
        shutil.rmtree(spool_folder(options, transfer), ignore_errors=True)
    except LanshareError:
        pass  # the profile is gone, and the stream with it


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
