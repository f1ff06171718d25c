"""The three standard streams, as they really are: closed, full, cut off, or in an encoding that cannot say all.

Nothing that is written here ends a command. The one writer is cli/printer.py; the one reader of typed lines is here.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Final, TextIO

_STREAMS: Final = 3


def occupy() -> None:
    """Put the null device where a standard stream is closed: else the next file or socket that is opened gets its
    number, and what is printed, or a library's complaint, goes into it."""
    for number in range(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)


def somebody_is_there() -> bool:
    """Whether somebody can be asked: standard input is a terminal."""
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except (OSError, ValueError):
        return False


def typed_line() -> str:
    """A line from standard input, without its end; "" if there is none, or it cannot be read."""
    try:
        return sys.stdin.readline().strip() if sys.stdin is not None else ""
    except (OSError, ValueError):
        return ""


def complain(text: str) -> None:
    """Say why nothing begins, where no window of ours can: on standard error, or in a box of Windows' own, as a
    program that was started from a menu there has no standard error."""
    if sys.stderr is None and sys.platform == "win32":
        import ctypes

        with_error_sign = 0x10
        ctypes.windll.user32.MessageBoxW(None, text, "lanshare", with_error_sign)
    else:
        Stream(sys.stderr).write(text + "\n")


class Stream:
    """A text stream that takes what it can. `closed`: nobody reads it any more; `full`: it could not be written."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.closed = stream is None
        self.full = False

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at it."""
        try:
            return self._stream is not None and not self.closed and self._stream.isatty()
        except (OSError, ValueError):
            return False

    @property
    def columns(self) -> int:
        """The width of the terminal; 80 if there is none."""
        try:
            assert self._stream is not None
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (AssertionError, OSError, ValueError):
            return 80

    def write(self, text: str, utf8: bool = False) -> None:
        """Write and flush; what the stream's encoding cannot say is replaced. `utf8`: whatever the locale says."""
        if self.closed or self._stream is None:
            return
        try:
            raw = getattr(self._stream, "buffer", None)
            encoding = "utf-8" if utf8 else (getattr(self._stream, "encoding", None) or "utf-8")
            if raw is None:
                self._stream.write(text.encode(encoding, "replace").decode(encoding))
            else:
                self._stream.flush()
                raw.write(text.encode(encoding, "replace"))
            self._stream.flush()
        except BrokenPipeError:
            self._give_up()
        except (OSError, ValueError):
            self.full = True
            self._give_up()

    def _give_up(self) -> None:
        """What is left in the buffer must not fail once more when the interpreter ends."""
        self.closed = True
        with contextlib.suppress(OSError, ValueError, AttributeError):
            assert self._stream is not None
            null = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(null, self._stream.fileno())
            finally:
                os.close(null)
