"""Folders that are not at the destination yet: they grow in staging, under final names, and come to their places whole.

What many small files cost is calls, and a rename for each is one of the dearest. So a small file of a new folder is
written under its final name into that folder in staging; once all in it is verified and durable, the folder is renamed.
Only what lies below a top-level folder that we made grows here, and only if staging hands on the same rights as that.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Collection, Sequence
from typing import Final

from lanshare.files import names
from lanshare.files.faults import UNFIT
from lanshare.files.folder import Folder
from lanshare.files.sink.ledger import FolderBegun, FoldersLeft, FoldersPlaced
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

        self._private: set[Path] = set()
        """Those of these folders that are for their owner alone."""

        self.refused: list[Path] = []
        """Folders that counted as made and could not be: something else has their names, or the name of one above."""

        self._inheriting: dict[str, bool] = {}
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

    def has(self, number: int) -> bool:
        """Whether the folder of this number is in staging."""
        info = self._stage.folder.stat(f"{GROWING}{number}")
        return info is not None and names.is_folder(info)

    def adopt(self, number: int, begun: Sequence[FolderBegun], files: Collection[Path], left: bool) -> bool:
        """Take up what an earlier try left of such a folder: what was noted of it, and the files that were noted in it.
        False if another one is to have its path.

        If there is anything else in it, or if it was `left` before, its files go one by one, by the names that were
        noted, and the rest goes with it: a file system may spell names in another way than they were given.
        """
        outermost = begun[0].path
        if outermost in self._numbers:
            return False
        self._paths[number] = outermost
        for note in begun:
            if note.path != outermost:
                if self._numbers.get(note.path[:-1]) != number:
                    continue  # no note of ours
                with contextlib.suppress(FileExistsError):  # after a power cut it may be missing
                    self._opened(note.path[:-1]).make(note.path[-1], note.private)
            self._numbers[note.path] = number
            if note.private:
                self._private.add(note.path)
        waiting = [outermost]
        while waiting:
            above = waiting.pop()
            folder = self._opened(above)
            for name in folder.names():
                path, info = (*above, name), folder.stat(name)
                if info is None or not names.is_folder(info):
                    left = left or path not in files
                    continue
                waiting.append(path)
                if path not in self._numbers:
                    self._begin(number, path, False)
        if left:
            self._spoiled.add(number)
        return True

    def waits(self, whole: VerifiedFile) -> bool:
        """Whether a file that was noted can be reached where it should wait."""
        try:
            folder, name = self.part(whole)
            return folder.exists(name)
        except (FileNotFoundError, NotADirectoryError):
            return False

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

    def place(self) -> tuple[set[Path], set[int]]:
        """Give each its place, with all that is in it. The folders in which they lie now, whose names are not durable
        yet, and the numbers of those whose files have to go one by one: their folders are made at the destination."""
        self.close()
        changed: set[Path] = set()
        left: set[int] = set()
        for number, path in list(self._paths.items()):
            if number in self._spoiled or not self._move(number, path):
                left.add(number)
                continue
            changed.add(path[:-1])
            del self._paths[number]
        for path, number in list(self._numbers.items()):
            if number not in left:
                del self._numbers[path]
                self._folders.have_placed(path)
        if left:
            self._stage.note(FoldersLeft(tuple(sorted(left))))
            for path in sorted(self._numbers, key=len):
                try:
                    self._folders.folder(path, hold=False, private=path in self._private)
                except OSError as error:
                    if error.errno not in UNFIT:
                        raise
                    self.refused.append(path)
        return changed, left

    def end(self) -> None:
        """After the files of those that were left have gone: what remains of those goes, too."""
        self.close()
        for number in self._paths:
            with contextlib.suppress(OSError):  # the next try does it
                self._stage.remove_tree(f"{GROWING}{number}")
        for some in (self._spoiled, self._private, self._paths, self._numbers):
            some.clear()

    def sync(self) -> None:
        """Make the names of all that is in them durable, where no barrier does."""
        for path in self._numbers:
            self._opened(path).sync()

    def close(self) -> None:
        """Give the handle of the one used last back."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    # --- inside

    def _grow(self, path: Path, private: bool) -> bool:
        """Make a folder in staging with those above it that are missing; False if it is not to be made here."""
        if len(path) < 2 or not self._inherits(path[0]):
            return False
        for depth in range(2, len(path) + 1):
            below = path[:depth]
            if below in self._numbers:
                continue
            number = self._numbers.get(below[:-1], -1)
            if number < 0 and self._folders.is_there(below):
                continue
            closed = private and depth == len(path)
            if number < 0:
                number = self._next
                self._stage.folder.make(f"{GROWING}{number}", closed)
                self._next, self._paths[number] = number + 1, below
            else:
                try:
                    self._opened(below[:-1]).make(below[-1], closed)
                except FileExistsError:
                    # The same to this file system, unless it is a file.
                    self._opened(below[:-1]).child(below[-1]).close()
            self._begin(number, below, closed)
        return path in self._numbers

    def _begin(self, number: int, path: Path, private: bool) -> None:
        """One folder more grows here."""
        self._numbers[path] = number
        if private:
            self._private.add(path)
        self._folders.count += 1
        self._stage.book.later(FolderBegun(number, path, private))

    def _inherits(self, top: str) -> bool:
        """Whether what is made in staging gets the rights that it would get in this top-level folder, which is ours."""
        if top not in self._folders.tops:
            return False
        if top not in self._inheriting:
            try:
                with contextlib.closing(self._folders.root.child(top)) as folder:
                    self._inheriting[top] = folder.inherited() == self._stage.folder.inherited()
            except OSError:
                return False  # whoever opens it says what is wrong there
        return self._inheriting[top]

    def _move(self, number: int, path: Path) -> bool:
        """Rename one; False if that is refused."""
        try:
            self._stage.folder.move_folder(f"{GROWING}{number}", self._folders.folder(path[:-1]), path[-1])
        except OSError as error:
            if error.errno not in _ONE_BY_ONE:
                raise
            return False
        return True

    def _opened(self, path: Path) -> Folder:
        """A folder that is here; what lies below the one that is open is reached from there. FileNotFoundError if none
        of this path grows here."""
        if self._open is not None and self._open[0] == path:
            return self._open[1]
        if path not in self._numbers:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path[-1])
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
