"""Where what arrived comes to lie: final names, links, times of folders, and what has to make way.

Nothing that exists is overwritten: a name is given by a rename that does not replace; what a person wants replaced is
moved aside first, into a dated folder of ours. Every name is noted before it is given, so that after a kill it is known
what a file was to be called, and whether it is.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.offer import ConflictPolicy
from lanshare.files import names, own
from lanshare.files.faults import DiskFault
from lanshare.files.folder import Folder
from lanshare.files.sink.ledger import (
    FolderBegun,
    FolderDone,
    FolderMade,
    FoldersLeft,
    FoldersPlaced,
    Intended,
    Intentions,
    IntentVoid,
    LinkMade,
    LinkTold,
    MovedAside,
    OurFolders,
    Same,
    Sames,
)
from lanshare.files.sink.made_folders import MadeFolders, Path
from lanshare.files.sink.new_folders import NewFolders
from lanshare.files.sink.part import content_of
from lanshare.files.sink.stage import Stage, VerifiedFile
from lanshare.files.sink.top_names import TopNames

COPIES: Final = 100
"""Numbered names that are looked through for what came before."""

LOSSES: Final = 1000
"""Entries of the fidelity report that are kept; further ones are like them."""


class Placing:
    """The names that the entries of one transfer get."""

    def __init__(
        self, stage: Stage, folders: MadeFolders, new: NewFolders, tops: TopNames, system: names.System,
        clash: ConflictPolicy,
    ) -> None:
        self._stage, self._folders, self._new, self._tops, self._clash = stage, folders, new, tops, clash
        self._system = system
        self.losses: list[tuple[str, Code]] = []
        """What could not be kept as it was, though its content is."""

        self.intents: dict[int, Path] = {}
        """The name that each file is about to get, by index."""

        self.linked: dict[int, tuple[Path, str]] = {}
        """Links that were noted, by index: they are made last, and so each try sends them again."""

        self.links: list[tuple[int, Path, str]] = []
        """Links that are still to be made."""

        self._numbers: dict[Path, int] = {}
        """Up to which number the copies of a name are taken: a thousand of one name cost a thousand looks."""

        self._aside = ""

    # --- names that this disk can hold

    def safe(self, parts: Sequence[str]) -> Path:
        """A path as this disk can hold it. NameRefused if it cannot."""
        safe = names.safe_path(parts, self._system)
        if safe != tuple(parts):
            self.lose("/".join(parts), Code.NAME_MAPPED)
        return safe

    def lose(self, path: str, code: Code) -> None:
        """Something of an entry could not be kept."""
        if len(self.losses) < LOSSES and (path, code) not in self.losses[-1:]:
            self.losses.append((path, code))

    def taken(self, parts: Sequence[str]) -> bool:
        """Whether something has this name already, where it would come to lie."""
        safe = self.safe(parts)
        if len(safe) > 1 and safe[0] not in self._tops.places:
            return False
        path = (self._tops.places.get(safe[0], safe[0]), *safe[1:])
        return self._folders.stat(path) is not None

    # --- files

    def lies(self, path: Path, name: str) -> None:
        """What was sent lies there already, under this name: at the top it is told as where it is."""
        if len(path) == 1:
            self._tops.places.setdefault(path[0], name)

    def intend(self, whole: VerifiedFile) -> str:
        """Choose a final name that is free now, or will be once what has it is moved aside; to be noted."""
        above, name = whole.path[:-1], whole.path[-1]
        if above not in self._folders.fresh and self._new.folder(above) is None:
            folder = self._folders.folder(above)
            if folder.exists(name) and not self._may_move(folder, name):
                name = self._free(folder, whole.path)
        self.intents[whole.index] = (*above, name)
        self.lies(whole.path, name)
        return name

    def give_up(self, index: int) -> None:
        """The name that was noted for a file does not hold."""
        self.intents.pop(index, None)
        self._stage.note(IntentVoid(index))

    def unintend(self, index: int) -> None:
        """An earlier try meant to rename this file and did not: from now on its part may go without that meaning that
        it has its final name."""
        if index in self.intents:
            self.give_up(index)
            self._stage.book.sync()

    def give_name(self, whole: VerifiedFile, name: str) -> None:
        """Move a file from staging to its name; if somebody took that meanwhile, to another one."""
        folder = self._folders.folder(whole.path[:-1])
        while True:
            if self._clash is ConflictPolicy.REPLACE and self._may_move(folder, name):
                self._move_aside(folder, (*whole.path[:-1], name))
            try:
                holds, called = self._new.part(whole)
                holds.move(called, folder, name)
                break
            except FileExistsError:
                if self._may_move(folder, name):
                    continue
                if name == whole.path[-1] and self._already(whole, folder):
                    return
                # Somebody took the name between the note and the rename: another name, noted durably first.
                name = self._free(folder, whole.path)
                if len(whole.path) == 1:
                    self._tops.places[whole.path[0]] = name
                path = self.intents[whole.index] = (*whole.path[:-1], name)
                self._stage.note(Intentions((Intended(whole.index, whole.size, path),)))
                self._stage.book.sync()
        if whole.number < 0:
            self._stage.remove_beside(whole.index, whole.size)

    def lies_here(self, whole: VerifiedFile) -> str:
        """The name under which the very same file is here, its own or one that a clash once gave it; else empty."""
        above, own_name = whole.path[:-1], whole.path[-1]
        if above in self._folders.fresh:
            return ""  # if it is all the same, its name turns out to be taken
        try:
            if self._new.folder(above) is not None:
                return ""
            folder = self._folders.folder(above)
            if not folder.exists(own_name):
                return ""
            holds, called = self._new.part(whole)
            part = holds.stat(called)
            for number in range(COPIES if part is not None and self._clash is ConflictPolicy.KEEP else 1):
                name = names.numbered(own_name, number)
                if number and not folder.exists(name):
                    break
                if part is not None and has_content(whole, folder, name, part.st_mtime_ns):
                    return name
        except OSError:
            pass  # whoever gives the name says what is wrong there
        return ""

    # --- links, and the times of folders

    def note_link(self, index: int, path: Path, target: str) -> None:
        """A link is to be made when all else is there."""
        if self.linked.get(index) == (path, target):
            return  # an earlier try has noted it
        self._stage.note(LinkTold(index, path, target))
        self.links.append((index, path, target))
        self.linked[index] = (path, target)

    def make_link(self, path: Path, target: str) -> bool:
        """Make a link whose way is clear of other links; False if it cannot be made. One that is there stays."""
        if not self._is_clear(path, target):
            return False
        folder = self._folders.folder(path[:-1])
        for number in range(100_000):
            name = names.numbered(path[-1], number)
            info = folder.stat(name)
            if info is not None:
                if names.is_link(info) and folder.read_link(name) == target:
                    return True
                continue
            try:
                folder.make_link(name, target)
            except FileExistsError:
                continue
            except OSError:
                return False  # FAT, or Windows without the right to make links
            self._stage.note(LinkMade((*path[:-1], name), target))
            return True
        return False

    def set_times(self) -> None:
        """Folders that we made get their times, the innermost first: making what is in them changed them."""
        found = OurFolders()
        timed: list[tuple[Path, int]] = []
        for note in self._stage.book.recover((FolderMade, FolderBegun, FoldersPlaced, FoldersLeft, FolderDone)):
            found.heard(note)
            if isinstance(note, FolderDone) and (path := names.stays(note.path)) is not None:
                timed.append((path, note.mtime))
        ours = set(found.paths())
        for path, mtime_ns in sorted(timed, key=lambda one: -len(one[0])):
            if path in ours:
                self._folders.close()
                try:
                    self._folders.folder(path).set_time(mtime_ns)
                except (OSError, OverflowError, ValueError):
                    self.lose("/".join(path), Code.TIME_LOST)

    # --- inside

    def _is_clear(self, path: Path, target: str) -> bool:
        """Whether the way from a link to its target leads over no other link, and over folders alone."""
        words = target.split("/")
        up = len([word for word in words if word == ".."])
        base = path[: len(path) - 1 - up]
        way = (*base, *words[up:])
        for depth in range(1, len(way)):
            info = self._folders.stat(way[:depth])
            if info is None:
                break
            if not names.is_folder(info):
                return False  # a link or a file on the way: where it leads is not ours to say
        end = self._folders.stat(way) if way else None
        return end is None or not names.is_link(end) or way in {other for _, other, _ in self.links}

    def _may_move(self, folder: Folder, name: str) -> bool:
        """Whether what has this name is a file that is to be moved aside."""
        if self._clash is not ConflictPolicy.REPLACE:
            return False
        info = folder.stat(name)
        return info is not None and names.is_plain(info)

    def _free(self, folder: Folder, path: Path) -> str:
        """A numbered name beside the one at this path, whose folder is open."""
        for number in range(self._numbers.get(path, 0) + 1, 100_000):
            candidate = names.numbered(path[-1], number)
            if not folder.exists(candidate):
                self._numbers[path] = number - 1
                return candidate
        raise DiskFault(Code.NAME_REFUSED, path[-1])

    def _already(self, whole: VerifiedFile, folder: Folder) -> bool:
        """The name is taken by this very file, which was sent twice: it is not doubled, and its part goes."""
        if not has_content(whole, folder, whole.path[-1], whole.mtime_ns):
            return False
        self.give_up(whole.index)
        self._stage.note(Sames((Same(whole.index, whole.size),)))
        self._new.remove(whole)
        self.lies(whole.path, whole.path[-1])
        return True

    def _move_aside(self, folder: Folder, path: Path) -> None:
        """What is replaced goes, with its path, into a dated folder of ours beside it; noted durably before."""
        root = self._folders.root
        if not self._aside:
            self._aside = time.strftime("%Y-%m-%d %H.%M.%S")
        held, ours = own.make(root, names.REPLACED, private=False)
        place = (ours, self._aside, *path[:-1])
        for name in place[1:]:
            try:
                below = own.child(root, names.REPLACED, held, name)
            finally:
                held.close()
            held = below
        try:
            name = path[-1] if not held.exists(path[-1]) else self._free(held, (*place, path[-1]))
            self._stage.note(MovedAside(path, (*place, name)))
            self._stage.book.sync()
            folder.move(path[-1], held, name)
            held.sync()
        finally:
            held.close()


def has_content(whole: VerifiedFile, folder: Folder, name: str, mtime_ns: int) -> bool:
    """Whether what has this name is that very file, of that time."""
    there = folder.stat(name)
    if there is None or not names.is_plain(there) or (there.st_size, there.st_mtime_ns) != (whole.size, mtime_ns):
        return False
    return whole.content in content_of(folder, name, whole.size)
