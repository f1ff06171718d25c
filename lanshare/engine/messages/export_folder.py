"""The folder that a saved conversation is written into: ours, for our eyes only, and walked by handle.

It may lie where another user of this computer may write too. He can rename it away, or put another one in its place;
what is written goes into the one that was made here all the same.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final, TextIO

from lanshare.domain.errors import Code, LanshareError
from lanshare.files.folder import Folder, open_folder

_NAME: Final = 180
"""Bytes of a name, so that a number behind it finds room in what file systems allow."""


class ExportFolder:
    """A new folder. LanshareError NO_FOLDER if it cannot be made, or is not ours by its handle; OSError later."""

    def __init__(self, inside: Path, name: str) -> None:
        try:
            above = open_folder(inside)
            try:
                self.name = _new(above, name, lambda one: above.make(one, private=True))
                self._folder = above.child(self.name)
            finally:
                above.close()
        except OSError as error:
            code = Code.DISK_FULL if error.errno == errno.ENOSPC else Code.NO_FOLDER
            raise LanshareError(code, error.strerror or str(inside)) from error
        if not self._folder.is_ours(private=True):
            self._folder.close()
            raise LanshareError(Code.NO_FOLDER, str(inside))
        self.path = inside / self.name
        self._files: Folder | None = None

    def close(self) -> None:
        """Give the handles back."""
        if self._files is not None:
            self._files.close()
        self._folder.close()

    def text(self, name: str) -> TextIO:
        """A new text file in it."""
        return os.fdopen(self._folder.new_file(name, 0o600), "w", encoding="utf-8", errors="replace")

    def copy(self, path: Path) -> str:
        """Copy a file or a folder into `files` in it; the name that it got. No link is followed on the way."""
        if self._files is None:
            self._folder.make("files", private=True)
            self._files = self._folder.child("files")
        return _copied(path, self._files, path.name)


def _copied(path: Path, to: Folder, wanted: str) -> str:
    info = path.lstat()
    if stat.S_ISDIR(info.st_mode):
        name = _new(to, wanted, lambda one: to.make(one, private=True))
        inside = to.child(name)
        try:
            for below in sorted(path.iterdir()):
                _copied(below, inside, below.name)
        finally:
            inside.close()
        return name
    if stat.S_ISLNK(info.st_mode):
        return _new(to, wanted, lambda one: to.make_link(one, os.readlink(path)))
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as source:
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            return ""
        made: list[int] = []
        name = _new(to, wanted, lambda one: made.append(to.new_file(one, 0o600)))
        with os.fdopen(made[0], "wb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
    return name


def _new(folder: Folder, name: str, make: Callable[[str], None]) -> str:
    """Make something under a name that is not taken; the name. OSError if none is free."""
    safe = "".join("_" if char in '/\\:*?"<>|' or ord(char) < 32 else char for char in name).strip(". ")
    stem, dot, ending = safe.rpartition(".")
    if not stem or len(ending.encode()) > 20:
        stem, dot, ending = safe, "", ""
    stem = stem.encode()[: _NAME - len(ending.encode())].decode("utf-8", "ignore").strip(". ") or "x"
    for number in range(10_000):
        candidate = f"{stem}{dot}{ending}" if not number else f"{stem} ({number}){dot}{ending}"
        try:
            make(candidate)
        except FileExistsError:
            continue
        return candidate
    raise FileExistsError(name)
