"""What is offered against what is there: new, seemingly the same (name, size and time), or different.

Everything below the receiving folder is reached through handles; no link is followed. What seems the same is proven
by its content before anything is left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from lanshare.domain.offer import ConflictPolicy, EntryKind, FileEntry
from lanshare.domain.transfer import CHUNK, SMALL
from lanshare.files import names
from lanshare.files.content import Content, small_id
from lanshare.files.folder import Folder, open_folder, read_into
from lanshare.files.names import NameRefused
from lanshare.files.sink.destination import COPIES
from lanshare.files.sink.staging import Staging

_READ: Final = 256 * 1024
_SIBLINGS: Final = 20
"""Numbered folders that are looked through for what came before."""

_SECOND: Final = 1_000_000_000
"""Nanoseconds. FAT keeps times to 2 s, other file systems to 1 s: theirs may differ by so much."""


class Likeness(StrEnum):
    """How an offered entry relates to what has its name."""

    NEW = "new"
    SAME = "same"
    DIFFERS = "differs"


class _Finder:
    """Looks names up below a folder, holding the last folder open."""

    def __init__(self, root: Folder) -> None:
        self._root = root
        self._path: tuple[str, ...] | None = None
        self._folder: Folder | None = None

    def folder(self, path: tuple[str, ...]) -> Folder | None:
        """The folder at `path`; None if there is none that can be reached without a link."""
        if path == ():
            return self._root
        if path == self._path:
            return self._folder
        self.close()
        self._path = path
        folder = self._root
        try:
            for name in path:
                below = folder.child(name)
                if folder is not self._root:
                    folder.close()
                folder = below
        except OSError:
            if folder is not self._root:
                folder.close()
            return None
        self._folder = folder
        return folder

    def likeness(self, path: tuple[str, ...], entry: FileEntry) -> Likeness:
        """How an entry relates to what lies at `path`; what cannot be looked at counts as new."""
        try:
            folder = self.folder(path[:-1])
            info = folder.stat(path[-1]) if folder is not None else None
        except OSError:
            return Likeness.NEW
        if info is None:
            return Likeness.NEW
        if entry.kind is EntryKind.FOLDER:
            return Likeness.SAME if names.is_folder(info) else Likeness.DIFFERS
        if entry.kind is EntryKind.LINK:
            return Likeness.SAME if names.is_link(info) else Likeness.DIFFERS
        apart = abs(info.st_mtime_ns - entry.mtime_ns)
        timely = apart == 0 or (info.st_mtime_ns % _SECOND == 0 and apart <= 2 * _SECOND)
        alike = names.is_plain(info) and info.st_size == entry.size and timely
        return Likeness.SAME if alike else Likeness.DIFFERS

    def close(self) -> None:
        """Give the handle back."""
        if self._folder is not None:
            self._folder.close()
        self._folder = self._path = None


class _Search:
    """Where offered entries lie already: under their own names, or under the numbers that a clash once gave them."""

    def __init__(
        self,
        root: Folder,
        copies: bool,
        place: Callable[[str], str | None] = lambda _: None,
        taken: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`copies`: whether numbered names count. `place`: where what comes below a top-level name is put already.
        `taken`: whether a folder is the place of another top-level name.
        """
        self.finder = _Finder(root)
        self._root, self._copies, self._place, self._taken = root, copies, place, taken
        self._places: dict[str, str] = {}

    def settle(self, top: str, place: str) -> None:
        """What comes below a top-level name belongs to this folder, and is looked for nowhere else."""
        self._places[top] = place

    def survey(self, entries: Sequence[FileEntry]) -> None:
        """Settle where what comes below each top-level name lies: in the folder that has its name, or a numbered one,
        whichever has most of these entries; of equals the first. A name is surveyed once."""
        files: dict[str, list[tuple[tuple[str, ...], FileEntry]]] = {}
        for entry in entries:
            if entry.kind is EntryKind.FILE and len(entry.parts) > 1:
                try:
                    safe = names.safe_path(entry.parts)
                except NameRefused:
                    continue
                if safe[0] not in self._places:
                    files.setdefault(safe[0], []).append((safe, entry))
        for top, found in files.items():
            self._places[top] = self._place(top) or (self._fullest(top, found) if self._copies else top)

    def _fullest(self, top: str, found: Sequence[tuple[tuple[str, ...], FileEntry]]) -> str:
        best, most = top, -1
        for place in (top, *self._siblings(top)):
            same = sum(self.finder.likeness((place, *safe[1:]), entry) is Likeness.SAME for safe, entry in found)
            if same > most:
                best, most = place, same
        return best

    def _siblings(self, top: str) -> Iterator[str]:
        """The numbered folders that hold what came under this top-level name before."""
        for number in range(1, _SIBLINGS):
            name = names.numbered(top, number)
            try:
                info = self._root.stat(name)
            except OSError:
                return
            if info is None:
                return
            if names.is_folder(info) and not self._taken(name):
                yield name

    def look(self, entry: FileEntry) -> tuple[Likeness, tuple[str, ...]]:
        """How an entry relates to what is there, and the path of that; NEW and () if its name cannot be kept."""
        try:
            safe = names.safe_path(entry.parts)
        except NameRefused:
            return Likeness.NEW, ()
        own = (self._places.get(safe[0], safe[0]), *safe[1:]) if len(safe) > 1 else safe
        likeness = self.finder.likeness(own, entry)
        if likeness is Likeness.DIFFERS and self._copies and entry.kind is EntryKind.FILE:
            for path in self._copies_of(own):
                if self.finder.likeness(path, entry) is Likeness.SAME:
                    return Likeness.SAME, path
        return likeness, own

    def _copies_of(self, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for number in range(1, COPIES):
            copy = (*path[:-1], names.numbered(path[-1], number))
            try:
                folder = self.finder.folder(path[:-1])
                if folder is None or not folder.exists(copy[-1]):
                    return
            except OSError:
                return
            yield copy


def compare(root: Folder, entries: Iterable[tuple[int, FileEntry]]) -> Iterator[tuple[int, FileEntry, Likeness]]:
    """The likeness of each entry; what cannot be looked at counts as new."""
    search = _Search(root, copies=True)
    pairs = list(entries)
    search.survey([entry for _, entry in pairs])
    try:
        for index, entry in pairs:
            yield index, entry, search.look(entry)[0]
    finally:
        search.finder.close()


class Alike(Struct, frozen=True):
    """At the place of this entry lies a file that seems to be it; it is about to be read."""

    index: int
    size: int
    path: tuple[str, ...]
    """Where it lies."""


class Have(Struct, frozen=True):
    """What was alike has been read: its content id, empty if it could not be read or is not of that size."""

    index: int
    entry: FileEntry
    content: bytes
    path: tuple[str, ...]
    """Where it lies."""


class Unwanted(Struct, frozen=True):
    """This entry is not to be sent: another file has its name, and stays."""

    index: int
    entry: FileEntry


class Matching:
    """What is offered against what is here, entry by entry in their order: which folders are merged, what is the same.

    A folder that is there already is merged if the person chose to skip or to replace, or if the source proves that it
    has a file of it: a name, a size and a time are known to others too, or can be guessed. Else what comes gets a
    folder of its own. An empty file proves nothing. Where nothing but folders and empty files is offered, and all are
    there, nothing is to be made; nothing is merged by that, as what is sent need not be what was listed.
    """

    def __init__(self, staging: Staging, clash: ConflictPolicy) -> None:
        """OSError if the receiving folder cannot be opened."""
        self._staging, self._clash = staging, clash
        self._root = open_folder(staging.destination)
        self._search = _Search(self._root, clash is ConflictPolicy.KEEP, staging.tops.places.get, staging.tops.is_place)
        self._merged: set[str] = set()
        """Top-level names whose files go to the place that has them, by choice or by proof."""

        self._bare: dict[str, list[tuple[int, bool]] | None] = {}
        """Top-level names below which only folders and empty files were offered so far that are all there: their
        indices, and whether each is a file; else None."""

        self._free: set[str] = set()
        """Top-level names that may be merged: what comes below them has no place of its own yet."""

        self._buffer = memoryview(bytearray(_READ))

    def close(self) -> None:
        """Give handles back."""
        self._search.finder.close()
        self._root.close()

    def piece(self, first: int, entries: Sequence[FileEntry]) -> Generator[Alike | Have | Unwanted | None, None, None]:
        """What is found of the entries from index `first` on; None after every few MiB of work."""
        staging, skip = self._staging, self._clash is ConflictPolicy.SKIP
        chosen = self._clash is not ConflictPolicy.KEEP
        self._search.survey(entries)
        for index, entry in enumerate(entries, first):
            likeness, path = self._search.look(entry)
            top, deep = entry.parts[0], len(entry.parts) > 1
            self._note_bare(index, entry, likeness)
            if chosen and (deep or likeness is Likeness.SAME):
                self._merge(top, path)
            if staging.is_confirmed(index):
                continue
            is_file = entry.kind is EntryKind.FILE
            if is_file and likeness is Likeness.SAME:
                if self._may_merge(top):
                    if not deep:
                        self._bare[top] = None  # the answer counts it, or it comes
                    yield Alike(index, entry.size, path)
                    content = yield from self._content(path, entry.size)
                    yield Have(index, entry, content, path)
            elif likeness is Likeness.DIFFERS and skip and (not deep or (is_file and self._may_merge(top))):
                yield Unwanted(index, entry)

    def _note_bare(self, index: int, entry: FileEntry, likeness: Likeness) -> None:
        top = entry.parts[0]
        bare = self._bare.setdefault(top, [])
        hollow = entry.kind is EntryKind.FOLDER or (entry.kind is EntryKind.FILE and not entry.size)
        if not hollow or likeness is not Likeness.SAME:
            self._bare[top] = None
        elif bare is not None:
            bare.append((index, entry.kind is EntryKind.FILE))

    def agrees(self, have: Have) -> None:
        """The source has this very file: its folder is merged."""
        if len(have.entry.parts) > 1 and have.entry.size:
            self._merge(have.entry.parts[0], have.path)

    def is_merged(self, have: Have) -> bool:
        """Whether what belongs beside this file goes to where it lies."""
        return len(have.entry.parts) == 1 or have.entry.parts[0] in self._merged

    def finish(self) -> None:
        """There are no more entries."""
        for top, bare in self._bare.items():
            if bare and top not in self._merged:
                self._staging.lies_there(names.safe_top(top), bare)

    def _may_merge(self, top: str) -> bool:
        """Whether what comes below a top-level name may go to the place that has it already."""
        if top not in self._free and self._staging.tops.merges(top):
            self._free.add(top)
        return top in self._free

    def _merge(self, top: str, path: tuple[str, ...]) -> None:
        """What comes below a top-level name goes to where this lies, if that is a folder."""
        if top in self._merged or not path:
            return
        self._merged.add(top)
        try:
            safe = names.safe_top(top)
            info = self._root.stat(path[0])
        except (NameRefused, OSError):
            return
        if info is not None and names.is_folder(info):
            self._staging.tops.merge(safe, path[0])
            self._search.settle(safe, path[0])

    def _content(self, path: tuple[str, ...], size: int) -> Generator[None, None, bytes]:
        """The content id of the file at `path`, as the generator's value; empty if it cannot be had or is not `size`
        bytes long."""
        fd = -1
        buffer = self._buffer
        try:
            folder = self._search.finder.folder(path[:-1])
            if folder is None:
                return b""
            fd = folder.open_file(path[-1], os.O_RDONLY)
            if size <= SMALL:
                data = os.read(fd, size + 1)  # one byte more, so that a longer one is noticed
                return small_id(data) if len(data) == size else b""
            content = Content()
            # Room for one byte more than there should be: a small file is read, and seen to end, in one call.
            while content.size < size:
                count = read_into(fd, buffer[: content.to_boundary])
                if not count or content.size + count > size:
                    return b""
                content.update(buffer[:count])
                if content.to_boundary == CHUNK:
                    yield None
            if size % _READ == 0 and os.read(fd, 1):
                return b""
            return content.id()
        except OSError:
            return b""
        finally:
            if fd >= 0:
                os.close(fd)
