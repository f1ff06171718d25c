"""What is offered against what is there: new, seemingly the same (name, size and time), or different.

Everything below the receiving folder is reached through handles; no link is followed. What seems the same is proven
by its content before anything is left out.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from lanshare.domain.offer import Clash, EntryKind, FileEntry
from lanshare.domain.transfer import CHUNK
from lanshare.files import names
from lanshare.files.content import Content
from lanshare.files.folder import Folder, open_folder, read_into
from lanshare.files.names import NameRefused
from lanshare.files.staging import Staging

_READ: Final = 256 * 1024
_LARGE: Final = 1024 * 1024
"""Bytes from which the sender is told that a file is being read, so that both read at the same time."""

_SECOND: Final = 1_000_000_000
"""Nanoseconds. FAT keeps times to 2 s, other file systems to 1 s: theirs may differ by so much."""


class Likeness(StrEnum):
    """How an offered entry relates to what has its name."""

    NEW = "new"
    SAME = "same"
    DIFFERS = "differs"


_LIKENESSES: Final = tuple(Likeness)


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

    def close(self) -> None:
        """Give the handle back."""
        if self._folder is not None:
            self._folder.close()
        self._folder = self._path = None


def compare(root: Folder, entries: Iterable[tuple[int, FileEntry]]) -> Iterator[tuple[int, FileEntry, Likeness]]:
    """The likeness of each entry; what cannot be looked at counts as new."""
    finder = _Finder(root)
    try:
        for index, entry in entries:
            yield index, entry, _likeness(finder, entry)
    finally:
        finder.close()


def _likeness(finder: _Finder, entry: FileEntry) -> Likeness:
    try:
        safe = names.safe_path(entry.parts)
        folder = finder.folder(safe[:-1])
        info = folder.stat(safe[-1]) if folder is not None else None
    except (NameRefused, OSError):
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


class Have(Struct, frozen=True):
    """At the place of this entry lies a file with this content id; an empty one: it is about to be read."""

    index: int
    entry: FileEntry
    content: bytes


class Unwanted(Struct, frozen=True):
    """This entry is not to be sent: another file has its name, and stays."""

    index: int
    entry: FileEntry


class Matching:
    """What is offered against what is here, entry by entry in their order: which folders are merged, what is the same.

    A folder that is there already is merged if something in it seems the same, or if the person chose to skip or to
    replace; else what comes gets a folder of its own.
    """

    def __init__(self, staging: Staging, clash: Clash) -> None:
        """OSError if the receiving folder cannot be opened."""
        self._staging, self._clash = staging, clash
        self._root = open_folder(staging.destination)
        self._finder = _Finder(self._root)
        self._merged: dict[str, bool] = {}
        self._sure: set[str] = set()
        """Top-level names whose files go to the place that has them."""

        self._buffer = memoryview(bytearray(_READ))

    def close(self) -> None:
        """Give handles back."""
        self._finder.close()
        self._root.close()

    def piece(self, first: int, entries: Iterable[FileEntry]) -> Generator[Have | Unwanted | None, None, None]:
        """What to say of the entries from index `first` on; None after every few MiB of work."""
        staging, skip = self._staging, self._clash is Clash.SKIP
        for index, entry in enumerate(entries, first):
            likeness = _likeness(self._finder, entry)
            top = entry.parts[0]
            merged = True if top in self._sure and len(entry.parts) > 1 else self._merges(entry, likeness)
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
                    yield Have(index, entry, b"")
                content = yield from self._content(entry)
                if content:
                    yield Have(index, entry, content)
                    continue
            if skip:
                yield Unwanted(index, entry)

    def _merges(self, entry: FileEntry, likeness: Likeness) -> bool:
        """Whether what lies below an entry's top-level name goes to the place that has it; decided as entries come."""
        top, chosen = entry.parts[0], self._clash is not Clash.KEEP
        if len(entry.parts) == 1:
            wish = likeness is Likeness.SAME and (chosen or entry.kind is EntryKind.FILE)
        elif self._merged.get(top):
            return True
        else:
            wish = chosen or (entry.kind is EntryKind.FILE and likeness is Likeness.SAME)
        self._merged[top] = wish
        if wish:
            self._merge(top)
        return wish

    def _merge(self, top: str) -> None:
        try:
            safe = names.safe_top(top)
            info = self._root.stat(safe)
        except (NameRefused, OSError):
            return
        if info is not None and names.is_folder(info):
            self._staging.merge(safe)

    def _content(self, entry: FileEntry) -> Generator[None, None, bytes]:
        """The content id of the file that has an entry's name, as the generator's value; empty if it cannot be had."""
        fd = -1
        buffer = self._buffer
        try:
            safe = names.safe_path(entry.parts)
            folder = self._finder.folder(safe[:-1])
            if folder is None:
                return b""
            fd = folder.open_file(safe[-1], os.O_RDONLY)
            content = Content()
            # Room for one byte more than there should be: a small file is read, and seen to end, in one call.
            while content.size < entry.size:
                count = read_into(fd, buffer[: content.to_boundary])
                if not count or content.size + count > entry.size:
                    return b""
                content.update(buffer[:count])
                if content.to_boundary == CHUNK:
                    yield None
            if entry.size % _READ == 0 and os.read(fd, 1):
                return b""
            return content.id()
        except OSError:
            return b""
        finally:
            if fd >= 0:
                os.close(fd)
