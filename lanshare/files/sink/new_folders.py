"""Folders that are not at the destination yet: they grow in staging, under final names, and come to their places whole.

What many small files cost is calls, and a rename for each is one of the dearest. So a small file of a new folder is
written under its final name into that folder in staging; once all in it is verified and durable, the folder is renamed.
Only what lies below a top-level folder that we made grows here: staging inherits its rights from the same destination.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Collection
from typing import Final

from lanshare.files import names
from lanshare.files.faults import UNFIT
from lanshare.files.folder import Folder
from lanshare.files.sink.ledger import FolderBegun, FolderFound, FoldersPlaced
from lanshare.files.sink.made_folders import MadeFolders, Path
from lanshare.files.sink.stage import GROWING, Stage, VerifiedFile

_ONE_BY_ONE: Final = UNFIT | {
    errno.EEXIST, errno.ENOTEMPTY, errno.EACCES, errno.EXDEV, errno.EBUSY, errno.ENOTSUP, errno.ENOSYS,
}
"""What it says when a folder cannot be renamed as a whole: its name was taken, or a program holds a file in it open."""


class NewFolders:
    """They, for one transfer: each has a number. The one used last stays open. OSErrors are the caller's matter."""

    def __init__(self, stage: Stage, folders: MadeFolders) -> None:
        self._stage, self._folders = stage, folders
        self._paths: dict[int, Path] = {}
        """Where each is to come to lie."""

        self._numbers: dict[Path, int] = {}
        """Each folder that grows here, and those in it: the number of the outermost."""

        self._spoiled: set[int] = set()
        """Those that may hold what is not whole: none of them is renamed."""

        self._next = 0
        self._open: tuple[Path, Folder] | None = None

    def __bool__(self) -> bool:
        """Whether any wait for their places."""
        return bool(self._paths)

    def number(self, path: Path) -> int:
        """The number of the folder that grows here and is, or holds, the one at this path; negative if none does."""
        return self._numbers.get(path, -1)

    def folder(self, path: Path, private: bool = False) -> Folder | None:
        """The open folder in staging for what comes to lie in the folder at this path, made where it is missing.

        None if that is at the destination already, or is to be made there.
        """
        if self._open is not None and self._open[0] == path:
            return self._open[1]
        if path not in self._numbers and not self._grow(path, private):
            return None
        return self._opened(path)

    def part(self, whole: VerifiedFile) -> tuple[Folder, str]:
        """The folder in which a file waits, open, and what it is called there."""
        if whole.number < 0:
            return self._stage.folder, str(whole.index)
        return self._opened(whole.path[:-1]), whole.path[-1]

    def remove(self, whole: VerifiedFile) -> None:
        """Remove a file that waits, with what lies beside it."""
        if whole.number < 0:
            self._stage.remove_part(whole.index, whole.size)
        else:
            folder, name = self.part(whole)
            folder.remove(name)

    def spoil(self, path: Path) -> None:
        """Writing this file failed; if something of it is left, its folder must not get its place as it is."""
        number = self.number(path[:-1])
        if number < 0:
            return
        try:
            left = self._opened(path[:-1]).exists(path[-1])
        except OSError:
            left = True
        if left:
            self._spoiled.add(number)

    def adopt(self, number: int, path: Path, keep: Collection[Path]) -> set[Path]:
        """Take up what an earlier try left of such a folder: these files stay in it, all others go. Those that stay."""
        there: set[Path] = set()
        self._paths[number] = path
        waiting = [path]
        while waiting:
            above = waiting.pop()
            self._numbers[above] = number
            folder = self._opened(above)
            for name in folder.names():
                info = folder.stat(name)
                if info is not None and names.is_folder(info):
                    waiting.append((*above, name))
                elif (*above, name) in keep:
                    there.add((*above, name))
                else:
                    folder.remove(name)
        return there

    def forget(self, numbers: Collection[int]) -> None:
        """Remove what an earlier try left of any others; a further one gets a number beyond these."""
        self._next = max([self._next, *(number + 1 for number in numbers)])
        for name in self._stage.folder.names():
            number = name.removeprefix(GROWING)
            if number != name and number.isdecimal() and int(number) not in self._paths:
                self._next = max(self._next, int(number) + 1)
                self._stage.remove_tree(name)

    def note(self) -> None:
        """Note, with the next line that is written, that all are about to get their places."""
        if self._paths:
            self._stage.book.later(FoldersPlaced(tuple(self._paths)))

    def place(self) -> set[int]:
        """Give each its place, with all that is in it; the numbers of those whose files have to go one by one."""
        self.close()
        left: set[int] = set()
        for number, path in list(self._paths.items()):
            if number in self._spoiled:
                left.add(number)
                continue
            try:
                into = self._folders.folder(path[:-1])
                self._stage.folder.move_folder(f"{GROWING}{number}", into, path[-1])
            except OSError as error:
                if error.errno not in _ONE_BY_ONE:
                    raise
                left.add(number)
                continue
            del self._paths[number]
        for path, number in list(self._numbers.items()):
            if number not in left:
                del self._numbers[path]
                self._folders.have_placed(path)
        return left

    def places(self) -> set[Path]:
        """The folders into which they come."""
        return {path[:-1] for path in self._paths.values()}

    def empty(self) -> None:
        """After place() left some: make at the destination whatever folders are in them, so that their files can go
        there one by one. What is there already is not ours."""
        for path in self._numbers:
            if self._folders.stat(path) is not None:
                self._stage.book.later(FolderFound(path))
            with contextlib.suppress(OSError):  # whoever gives a name to a file in it says what is wrong there
                self._folders.folder(path, hold=False)

    def end(self) -> None:
        """After the files of those that were left have gone: remove the folders in staging, which are empty."""
        self.close()
        for path, number in sorted(self._numbers.items(), key=lambda one: -len(one[0])):
            if path == self._paths[number]:
                self._stage.folder.remove_folder(f"{GROWING}{number}")
            else:
                self._opened(path[:-1]).remove_folder(path[-1])
        self.close()
        for number in self._spoiled:
            self._stage.remove_tree(f"{GROWING}{number}")
        self._spoiled.clear()
        self._paths.clear()
        self._numbers.clear()

    def close(self) -> None:
        """Give the handle of the one used last back."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    # --- inside

    def _grow(self, path: Path, private: bool) -> bool:
        """Make a folder in staging with those above it that are missing; False if it is not to be made here."""
        if len(path) < 2 or path[0] not in self._folders.tops:
            return False
        for depth in range(2, len(path) + 1):
            below = path[:depth]
            if below in self._numbers:
                continue
            above = self._numbers.get(below[:-1], -1)
            if above < 0 and self._folders.is_there(below):
                continue
            closed = private and depth == len(path)
            if above < 0:
                above, self._next = self._next, self._next + 1
                self._stage.book.later(FolderBegun(above, below))
                self._stage.folder.make(f"{GROWING}{above}", closed)
                self._paths[above] = below
            else:
                try:
                    self._opened(below[:-1]).make(below[-1], closed)
                except FileExistsError:
                    # The same to this file system, unless it is a file.
                    self._opened(below[:-1]).child(below[-1]).close()
            self._numbers[below] = above
            self._folders.have_begun(below)
        return path in self._numbers

    def _opened(self, path: Path) -> Folder:
        """A folder that is here; what lies below the one that is open is reached from there."""
        if self._open is not None and self._open[0] == path:
            return self._open[1]
        outermost = self._paths[self._numbers[path]]
        at = self._open[0] if self._open is not None else ()
        if self._open is not None and len(at) >= len(outermost) and path[: len(at)] == at:
            (at, folder), self._open = self._open, None
        else:
            self.close()
            at, folder = outermost, self._stage.folder.child(f"{GROWING}{self._numbers[path]}")
        for name in path[len(at) :]:
            try:
                below = folder.child(name)
            finally:
                folder.close()
            folder = below
        self._open = (path, folder)
        return folder
