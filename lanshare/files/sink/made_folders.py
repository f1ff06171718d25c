"""The folders below a destination: reached by handle, made where they are missing, ours if we made them."""

from __future__ import annotations

import errno
import os

from lanshare.files import names
from lanshare.files.folder import Folder
from lanshare.files.sink.ledger import FolderMade
from lanshare.files.sink.stage import Stage

Path = tuple[str, ...]
"""Names from the destination on."""


class MadeFolders:
    """They, for one transfer. The one used last stays open."""

    def __init__(self, root: Folder, stage: Stage) -> None:
        self.root, self._stage = root, stage
        self.count = 0
        """How many were made, over all tries."""

        self.fresh: set[Path] = set()
        """Those that this try made: what lies in them is ours, or came in between."""

        self.tops: set[str] = set()
        """Top-level folders that we made, over all tries."""

        self._there: set[Path] = set()
        """Those that need not be made."""

        self._open: tuple[Path, Folder] | None = None

    def folder(self, path: Path, hold: bool = True, private: bool = False) -> Folder:
        """An open folder, made where missing. `hold`: it stays open until another one is asked for; else only its
        making was wanted."""
        if self._open is not None and self._open[0] == path and hold:
            return self._open[1]
        folder = self.root
        for depth in range(1, len(path) + 1):
            name = path[depth - 1]
            try:
                if path[:depth] not in self._there:
                    try:
                        folder.make(name, private and depth == len(path))
                        self.fresh.add(path[:depth])
                        self.have_made(path[:depth])
                    except FileExistsError:
                        pass
                    self._there.add(path[:depth])
                below = folder.child(name)
            finally:
                if folder is not self.root:
                    folder.close()
            folder = below
        if not hold:
            if folder is not self.root:
                folder.close()
            return folder
        self.close()
        self._open = (path, folder)
        return folder

    def have_made(self, path: Path) -> None:
        """Note that a folder was made by us."""
        self._there.add(path)
        if len(path) == 1:
            self.tops.add(path[0])
        self.count += 1
        self._stage.note(FolderMade(path))

    def have_placed(self, path: Path) -> None:
        """A folder that was made in staging has come to its place."""
        self._there.add(path)
        self.fresh.add(path)

    def is_there(self, path: Path) -> bool:
        """Whether a folder is at a path at the destination. NotADirectoryError if something else is."""
        if path in self._there:
            return True
        info = self.stat(path)
        if info is not None and not names.is_folder(info):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path[-1])
        return info is not None

    def stat(self, path: Path) -> os.stat_result | None:
        """What lies at a path; nothing is made, no link is followed."""
        folder = self.root
        try:
            for name in path[:-1]:
                below = folder.child(name)
                if folder is not self.root:
                    folder.close()
                folder = below
            return folder.stat(path[-1])
        except OSError:
            return None
        finally:
            if folder is not self.root:
                folder.close()

    def is_folder(self, name: str) -> bool:
        """Whether a folder has this top-level name."""
        info = self.stat((name,))
        return info is not None and names.is_folder(info)

    def is_empty(self, name: str) -> bool:
        """Whether a folder has this top-level name, with nothing in it."""
        try:
            folder = self.root.child(name)
        except OSError:
            return False
        try:
            return not folder.names()
        finally:
            folder.close()

    def close(self) -> None:
        """Give the handle of the one used last back."""
        if self._open is not None:
            path, folder = self._open
            self._open = None
            if path:
                folder.close()
