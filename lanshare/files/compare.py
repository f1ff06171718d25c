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

from lanshare.domain.offer import Clash, EntryKind, FileEntry
from lanshare.domain.transfer import CHUNK
from lanshare.files import names
from lanshare.files.content import Content
from lanshare.files.folder import Folder, open_folder, read_into
from lanshare.files.names import NameRefused
from lanshare.files.placing import COPIES
from lanshare.files.staging import Staging

_READ: Final = 256 * 1024
_LARGE: Final = 1024 * 1024
"""Bytes from which the sender is told that a file is being read, so that both read at the same time."""

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


class Have(Struct, frozen=True):
    """At the place of this entry lies a file with this content id; an empty one: it is about to be read."""

    index: int
    entry: FileEntry
    content: bytes
    name: str
    """What it is called there."""


class Unwanted(Struct, frozen=True):
    """This entry is not to be sent: another file has its name, and stays."""

    index: int
    entry: FileEntry


class Matching:
    """What is offered against what is here, entry by entry in their order: which folders are merged, what is the same.

    A folder that is there already is merged if something in it seems the same, or if the person chose to skip or to
    replace; else what comes gets a folder of its own. Where nothing but folders is offered, and all are there, nothing
    is to be made; nothing is merged by that, as what is sent need not be what was listed.
    """

    def __init__(self, staging: Staging, clash: Clash) -> None:
        """OSError if the receiving folder cannot be opened."""
        self._staging, self._clash = staging, clash
        self._root = open_folder(staging.destination)
        self._search = _Search(self._root, clash is Clash.KEEP, staging.place, staging.is_place)
        self._merged: dict[str, bool] = {}
        self._bare: dict[str, list[int] | None] = {}
        """Top-level names below which only folders were offered so far that are all there: their indices; else None."""

        self._sure: set[str] = set()
        """Top-level names whose files go to the place that has them."""

        self._buffer = memoryview(bytearray(_READ))

    def close(self) -> None:
        """Give handles back."""
        self._search.finder.close()
        self._root.close()

    def piece(self, first: int, entries: Sequence[FileEntry]) -> Generator[Have | Unwanted | None, None, None]:
        """What to say of the entries from index `first` on; None after every few MiB of work."""
        staging, skip = self._staging, self._clash is Clash.SKIP
        self._search.survey(entries)
        for index, entry in enumerate(entries, first):
            likeness, path = self._search.look(entry)
            top = entry.parts[0]
            bare = self._bare.setdefault(top, [])
            if entry.kind is not EntryKind.FOLDER or likeness is not Likeness.SAME:
                self._bare[top] = None
            elif bare is not None:
                bare.append(index)
            merged = True if top in self._sure and len(entry.parts) > 1 else self._merges(entry, likeness, path)
            if staging.is_confirmed(index):
                continue
            if entry.kind is not EntryKind.FILE or likeness is Likeness.NEW or not merged:
                if likeness is Likeness.DIFFERS and len(entry.parts) == 1 and skip:
                    yield Unwanted(index, entry)
                continue
            if top not in self._sure:
                if not staging.merges(top):
                    continue
                self._sure.add(top)
            if likeness is Likeness.SAME:
                if entry.size >= _LARGE:
                    yield Have(index, entry, b"", path[-1])
                content = yield from self._content(path, entry.size)
                if content:
                    yield Have(index, entry, content, path[-1])
                    continue
            if skip:
                yield Unwanted(index, entry)

    def finish(self) -> None:
        """There are no more entries."""
        for top, bare in self._bare.items():
            if bare and not self._merged.get(top):
                self._staging.lies_there(names.safe_top(top), bare)

    def _merges(self, entry: FileEntry, likeness: Likeness, path: tuple[str, ...]) -> bool:
        """Whether what lies below an entry's top-level name goes to the place that has it; decided as entries come."""
        top, chosen = entry.parts[0], self._clash is not Clash.KEEP
        if len(entry.parts) == 1:
            wish = likeness is Likeness.SAME and (chosen or entry.kind is EntryKind.FILE)
        elif self._merged.get(top):
            return True
        else:
            wish = chosen or (entry.kind is EntryKind.FILE and likeness is Likeness.SAME)
        self._merged[top] = wish
        if wish and path:
            self._merge(top, path[0])
        return wish

    def _merge(self, top: str, place: str) -> None:
        try:
            safe = names.safe_top(top)
            info = self._root.stat(place)
        except (NameRefused, OSError):
            return
        if info is not None and names.is_folder(info):
            self._staging.merge(safe, place)
            self._search.settle(safe, place)

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
