"""Where what arrived comes to lie: top-level names that may be taken, folders, final names, links, times.

Everything below the destination is reached through handles. Nothing that exists is overwritten: a name is given by a
rename that does not replace; what a person wants replaced is moved aside first, into a dated folder of ours.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.transfer import CHUNK
from lanshare.files import ledger, names, own
from lanshare.files.faults import DiskFault, disk_fault
from lanshare.files.folder import Folder
from lanshare.files.ledger import Ledger, Note
from lanshare.files.part import content_of, digests_name, stamp_name

_ODD: Final = "?:*"
"""A name that Windows forbids, and nobody else."""

GUESSES: Final = 256
"""Files of a transfer that seemed to be here and were not, until nothing more counts as being here: contents of few
bytes could be found out otherwise."""

COPIES: Final = 100
"""Numbered names that are looked through for what came before."""

LOSSES: Final = 1000
"""Entries of the fidelity report that are kept; further ones are like them."""


@dataclass(slots=True)
class VerifiedFile:
    """A verified file in staging, waiting for its final name."""

    index: int
    path: tuple[str, ...]
    size: int
    content: bytes = b""
    """Empty: it is the file that has the name already."""

    mtime_ns: int = 0


class Placing:
    """The destination of one transfer, and the names that its entries get there."""

    def __init__(self, destination: Path, clash: ConflictPolicy) -> None:
        self.destination = destination
        self.losses: list[tuple[str, Code]] = []
        """What could not be kept as it was, though its content is."""

        self._clash = clash
        self._system = names.HERE
        """Whose names the destination's disk can hold."""

        self._intents: dict[int, tuple[str, ...]] = {}
        self._tops: dict[str, str] = {}
        self._unmade: dict[str, str] = {}
        """Places that an earlier try chose for folders, without having noted that it made them."""

        self.uncounted = 0
        """Folders and links that were made, over all tries."""

        self.unlisted: set[str] = set()
        """Top-level names that came, over all tries, though the offer did not list them."""

        self._linked: dict[int, tuple[tuple[str, ...], str]] = {}
        """Links that were noted, by index: they are made last, and so each try sends them again."""

        self._numbers: dict[tuple[str, ...], int] = {}
        """Up to which number the copies of a name are taken: a thousand of one name cost a thousand looks."""

        self._merged: set[str] = set()
        self._lying: list[str] = []
        """Top-level folders that are there as they were offered, so that nothing was to be made."""

        self._unlike = 0
        """Files that seemed to be here and were not, over all tries."""

        self._made: set[tuple[str, ...]] = set()
        self._fresh: set[tuple[str, ...]] = set()
        """Folders that this try made: what lies in them is ours, or came in between."""

        self._links: list[tuple[int, tuple[str, ...], str]] = []
        self._open: tuple[tuple[str, ...], Folder] | None = None
        self._aside = ""
        self._ledger: Ledger | None = None
        self._root: Folder | None = None
        self._staging: Folder | None = None

    @property
    def tops(self) -> tuple[Path, ...]:
        """The final top-level paths used so far."""
        return tuple(self.destination / name for name in (*self._tops.values(), *self._lying))

    def merge(self, top: str, place: str) -> None:
        """Put what comes below this top-level folder into a folder that is there already, unless it has its place."""
        if top not in self._tops:
            self._tops[top] = place
            self._note({"top": top, "as": place, "merged": True})
        if self._tops[top] == place:
            self._merged.add(top)

    def came(self, top: str) -> None:
        """Remember a top-level name, as spelled() says it, that was in no list of the offer."""
        if top not in self.unlisted:
            self.unlisted.add(top)
            self._note({"came": top})

    def spelled(self, top: str) -> str:
        """A top-level name as this disk can hold it; one that it cannot hold is left as it is."""
        try:
            return names.safe_top(top, self._system)
        except names.NameRefused:
            return top

    def place(self, top: str) -> str | None:
        """The folder that what comes below this top-level name is put into, if that is settled."""
        return self._tops.get(top)

    def is_place(self, name: str) -> bool:
        """Whether what comes below some top-level name is put into this folder."""
        return name in self._tops.values()

    def follow(self, receipt: Path) -> None:
        """Put what comes where an earlier transfer put the rest of it; its receipt tells where."""
        if self._tops:
            return
        try:
            with receipt.open("rb") as lines:
                notes = [note for note in map(ledger.parsed, lines) if note is not None]
        except OSError:
            return
        for note in notes:
            match note:
                case {"top": str(top), "as": str(name)} if names.stays((name,)) and self._is_folder(name):
                    self._tops[top] = name
                    self._note({"top": top, "as": name, "followed": True})

    def worth_comparing(self, tops: Sequence[str]) -> bool:
        """Whether some of what comes under these top-level names may be here already."""
        if self._merged:
            return True
        if self._unlike >= GUESSES:
            return False
        assert self._root is not None
        for top in tops:
            try:
                safe = names.safe_top(top)
                if safe not in self._tops and self._root.exists(safe):
                    return True
            except (names.NameRefused, OSError):
                continue
        return False

    def merges(self, top: str) -> bool:
        """Whether what comes below this top-level name goes to the place that has it already."""
        safe = names.safe_top(top)
        return safe in self._merged or safe not in self._tops

    def taken(self, parts: Sequence[str]) -> bool:
        """Whether something has this name already, where it would come to lie."""
        safe = self._safe(parts)
        if len(safe) > 1 and safe[0] not in self._tops:
            return False
        path = (self._tops.get(safe[0], safe[0]), *safe[1:])
        return self._stat(path) is not None

    @property
    def _stage(self) -> Folder:
        assert self._staging is not None
        return self._staging

    @property
    def _book(self) -> Ledger:
        assert self._ledger is not None
        return self._ledger

    def _note(self, what: Note) -> None:
        try:
            self._book.add(what)
        except OSError as error:
            raise disk_fault(error) from error

    def _safe(self, parts: Sequence[str]) -> tuple[str, ...]:
        safe = names.safe_path(parts, self._system)
        if safe != tuple(parts):
            self._lose("/".join(parts), Code.NAME_MAPPED)
        return safe

    def _lose(self, path: str, code: Code) -> None:
        if len(self.losses) < LOSSES and (path, code) not in self.losses[-1:]:
            self.losses.append((path, code))

    def _placed(self, safe: tuple[str, ...], folder: bool = False, private: bool = False) -> tuple[str, ...]:
        """The path with its top-level name as it is called here: a name that is taken gets a number, once.

        A top-level folder is made when its name is chosen, so that it is ours and no other that came in between.
        """
        top = safe[0]
        if len(safe) == 1 and not folder and top not in self._tops:
            return safe
        if top not in self._tops:
            self._make_top(top, private and len(safe) == 1)
        return (self._tops[top], *safe[1:])

    def _make_top(self, top: str, private: bool) -> None:
        assert self._root is not None
        name = self._unmade.pop(top, "")
        if name and self._is_empty(name):
            # Most likely it is ours, made by a try that was killed before it could note so; nothing is in it.
            self._tops[top] = name
            self._have_made((name,))
            return
        taken = set(self._tops.values())
        for number in range(100_000):
            name = names.numbered(top, number)
            if name in taken or self._root.exists(name):
                continue
            self._note({"top": top, "as": name})
            try:
                self._root.make(name, private)
            except FileExistsError:
                continue
            self._tops[top] = name
            self._fresh.add((name,))
            self._have_made((name,))
            return
        raise DiskFault(Code.NAME_REFUSED, top)

    def _have_made(self, path: tuple[str, ...]) -> None:
        self._made.add(path)
        self.uncounted += 1
        self._note({"made": path})

    def _is_empty(self, name: str) -> bool:
        assert self._root is not None
        try:
            folder = self._root.child(name)
        except OSError:
            return False
        try:
            return not folder.names()
        finally:
            folder.close()

    def _folder(self, path: tuple[str, ...], hold: bool = True, private: bool = False) -> Folder:
        """An open folder below the destination, made where missing. The one used last stays open."""
        if self._open is not None and self._open[0] == path and hold:
            return self._open[1]
        assert self._root is not None
        folder = self._root
        for depth in range(1, len(path) + 1):
            name = path[depth - 1]
            try:
                if path[:depth] not in self._made:
                    try:
                        folder.make(name, private and depth == len(path))
                        self._fresh.add(path[:depth])
                        self._have_made(path[:depth])
                    except FileExistsError:
                        pass
                    self._made.add(path[:depth])
                below = folder.child(name)
            finally:
                if folder is not self._root:
                    folder.close()
            folder = below
        if not hold:
            if folder is not self._root:
                folder.close()
            return folder
        self._close_open()
        self._open = (path, folder)
        return folder

    def _stat(self, path: tuple[str, ...]) -> os.stat_result | None:
        """What lies at a path below the destination; nothing is made, no link is followed."""
        assert self._root is not None
        folder = self._root
        try:
            for name in path[:-1]:
                below = folder.child(name)
                if folder is not self._root:
                    folder.close()
                folder = below
            return folder.stat(path[-1])
        except OSError:
            return None
        finally:
            if folder is not self._root:
                folder.close()

    def _is_folder(self, name: str) -> bool:
        info = self._stat((name,))
        return info is not None and names.is_folder(info)

    def _close_open(self) -> None:
        if self._open is not None:
            path, folder = self._open
            self._open = None
            if path:
                folder.close()

    def _intend(self, whole: VerifiedFile) -> str:
        """Choose a final name that is free now, or will be once what has it is moved aside; to be noted."""
        above, name = whole.path[:-1], whole.path[-1]
        if above not in self._fresh:
            folder = self._folder(above)
            if folder.exists(name) and not self._may_move(folder, name):
                name = self._free(folder, whole.path)
        self._intents[whole.index] = (*above, name)
        if len(whole.path) == 1:
            self._tops.setdefault(whole.path[0], name)
        return name

    def _may_move(self, folder: Folder, name: str) -> bool:
        """Whether what has this name is a file that is to be moved aside."""
        if self._clash is not ConflictPolicy.REPLACE:
            return False
        info = folder.stat(name)
        return info is not None and names.is_plain(info)

    def _free(self, folder: Folder, path: tuple[str, ...]) -> str:
        """A numbered name beside the one at this path, whose folder is open."""
        for number in range(self._numbers.get(path, 0) + 1, 100_000):
            candidate = names.numbered(path[-1], number)
            if not folder.exists(candidate):
                self._numbers[path] = number - 1
                return candidate
        raise DiskFault(Code.NAME_REFUSED, path[-1])

    def _give_name(self, whole: VerifiedFile, name: str) -> None:
        folder = self._folder(whole.path[:-1])
        while True:
            if self._clash is ConflictPolicy.REPLACE and self._may_move(folder, name):
                self._move_aside(folder, (*whole.path[:-1], name))
            try:
                self._stage.move(str(whole.index), folder, name)
                break
            except FileExistsError:
                if self._may_move(folder, name):
                    continue
                if name == whole.path[-1] and self._already(whole, folder):
                    return
                # Somebody took the name between the note and the rename: another name, noted durably first.
                name = self._free(folder, whole.path)
                if len(whole.path) == 1:
                    self._tops[whole.path[0]] = name
                self._intents[whole.index] = (*whole.path[:-1], name)
                self._note({"file": whole.index, "size": whole.size, "path": [*whole.path[:-1], name]})
                self._book.sync()
        self._remove_beside(whole.index, whole.size)

    def _remove_part(self, number: int, size: int | None = None) -> None:
        """Remove a part, of this size if that is known, with what lies beside it."""
        self._stage.remove(str(number))
        self._remove_beside(number, size)

    def _remove_beside(self, number: int, size: int | None) -> None:
        if size is None or size > CHUNK:
            self._stage.remove(digests_name(number))
            self._stage.remove(stamp_name(number))

    def _already(self, whole: VerifiedFile, folder: Folder) -> bool:
        """The name is taken by this very file, which was sent twice: it is not doubled, and its part goes."""
        if not has_content(whole, folder, whole.path[-1], whole.mtime_ns):
            return False
        del self._intents[whole.index]
        self._note({"void": whole.index})
        self._note({"sames": [(whole.index, whole.size, whole.path)]})
        self._remove_part(whole.index, whole.size)
        self._lies(whole.path, whole.path[-1])
        return True

    def _lies(self, path: tuple[str, ...], name: str) -> None:
        """What was sent lies there already, under this name: at the top it is told as where it is."""
        if len(path) == 1:
            self._tops.setdefault(path[0], name)

    def _move_aside(self, folder: Folder, path: tuple[str, ...]) -> None:
        """What is replaced goes, with its path, into a dated folder of ours beside it; noted durably before."""
        assert self._root is not None
        if not self._aside:
            self._aside = time.strftime("%Y-%m-%d %H.%M.%S")
        held, ours = own.make(self._root, names.REPLACED, private=False)
        place = (ours, self._aside, *path[:-1])
        for name in place[1:]:
            try:
                below = own.child(self._root, names.REPLACED, held, name)
            finally:
                held.close()
            held = below
        try:
            name = path[-1] if not held.exists(path[-1]) else self._free(held, (*place, path[-1]))
            self._note({"aside": list(path), "to": [*place, name]})
            self._book.sync()
            folder.move(path[-1], held, name)
            held.sync()
        finally:
            held.close()

    def _make_link(self, path: tuple[str, ...], target: str) -> bool:
        """Make a link whose way is clear of other links; False if it cannot be made. One that is there stays."""
        words = target.split("/")
        up = len([word for word in words if word == ".."])
        base = path[: len(path) - 1 - up]
        way = (*base, *words[up:])
        for depth in range(1, len(way)):
            info = self._stat(way[:depth])
            if info is None or not names.is_folder(info):
                if info is not None:
                    return False  # a link or a file on the way: where it leads is not ours to say
                break
        end = self._stat(way) if way else None
        if end is not None and names.is_link(end) and way not in {other for _, other, _ in self._links}:
            return False
        folder = self._folder(path[:-1])
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
            self._note({"linked": [*path[:-1], name], "to": target})
            return True
        return False

    def _set_times(self) -> None:
        """Folders that we made get their times, the innermost first: making what is in them changed them."""
        ours = set()
        timed: list[tuple[tuple[str, ...], int]] = []
        for note in self._book.recover(single=False):
            match note:
                case {"made": [*words]} if (path := names.stays(words)) is not None:
                    ours.add(path)
                case {"folder": [*words], "mtime": int(mtime)} if (path := names.stays(words)) is not None:
                    timed.append((path, mtime))
        for path, mtime_ns in sorted(timed, key=lambda one: -len(one[0])):
            if path in ours:
                self._close_open()
                try:
                    self._folder(path).set_time(mtime_ns)
                except (OSError, OverflowError, ValueError):
                    self._lose("/".join(path), Code.TIME_LOST)


def has_content(whole: VerifiedFile, folder: Folder, name: str, mtime_ns: int) -> bool:
    """Whether what has this name is that very file, of that time."""
    there = folder.stat(name)
    if there is None or not names.is_plain(there) or (there.st_size, there.st_mtime_ns) != (whole.size, mtime_ns):
        return False
    return whole.content in content_of(folder, name, whole.size)


def system_of(stage: Folder) -> names.System:
    """Whose names a file system can hold: on a FAT or NTFS disk those of Windows, wherever it is plugged in."""
    if names.HERE is names.System.WINDOWS:
        return names.HERE
    try:
        os.close(stage.new_file(_ODD, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EPERM, errno.EILSEQ):
            return names.System.WINDOWS
        raise
    stage.remove(_ODD)
    return names.HERE


def child(folder: Folder, name: str, private: bool = False) -> Folder:
    """The folder of this name in another one, made if it is missing. OSError if something else has the name."""
    try:
        folder.make(name, private)
    except FileExistsError:
        pass
    return folder.child(name)
