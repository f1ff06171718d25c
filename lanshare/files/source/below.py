"""Opens what is to be sent: the dropped paths as a person named them, and what is below them through no link at all.

A folder may be swapped for a link after it was listed. O_NOFOLLOW speaks of a path's last part only, so each folder on
the way is opened by itself, from the one above. What lies in one folder comes one behind the other: the last is held.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import Final

from lanshare.files.faults import SourceFault, source_code

NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_HANDLES: Final = os.open in os.supports_dir_fd and NOFOLLOW != 0


class Below:
    """The dropped paths of one sending."""

    def __init__(self, tops: Sequence[str]) -> None:
        self._tops = tops
        self._held: tuple[int, tuple[str, ...]] = (-1, ())
        self._fd = -1

    def open(self, top: int, parts: Sequence[str]) -> int:
        """A descriptor to read an entry by; `parts` as it travels, its first part being the dropped path itself.

        SourceFault if it cannot be had, FILE_LINK if a link has taken the place of something on the way.
        """
        path = self._tops[top]
        try:
            if len(parts) == 1:
                return os.open(path, FLAGS)
            if not _HANDLES:
                return self._by_path(path, parts[1:])
            return os.open(parts[-1], FLAGS | NOFOLLOW, dir_fd=self._folder(top, tuple(parts[:-1])))
        except OSError as error:
            raise SourceFault(source_code(error), "/".join(parts)) from error

    def close(self) -> None:
        """Give the descriptor back."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._held = -1, (-1, ())

    def _folder(self, top: int, parts: tuple[str, ...]) -> int:
        if self._held == (top, parts) and self._fd >= 0:
            return self._fd
        self.close()
        fd = os.open(self._tops[top], _FOLDER)
        try:
            for part in parts[1:]:
                above, fd = fd, _step(part, fd)
                os.close(above)
        except OSError:
            os.close(fd)
            raise
        self._fd, self._held = fd, (top, parts)
        return fd

    def _by_path(self, path: str, below: Sequence[str]) -> int:
        """Where there are no handles: each part is looked at just before."""
        for part in below:
            path = os.path.join(path, part)
            if os.path.islink(path) or _is_junction(path):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        return os.open(path, FLAGS)


def _step(name: str, above: int) -> int:
    try:
        return os.open(name, _FOLDER | NOFOLLOW, dir_fd=above)
    except NotADirectoryError:
        if _is_link(name, above):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        raise


def _is_junction(path: str) -> bool:
    """Windows: what leads elsewhere and is no link (Python 3.12)."""
    return bool(getattr(os.path, "isjunction", lambda _: False)(path))


def _is_link(name: str, above: int) -> bool:
    try:
        os.readlink(name, dir_fd=above)
    except OSError:
        return False
    return True
