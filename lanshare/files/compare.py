"""What is offered against what is there: new, seemingly the same (name, size and time), or different.

Everything below the receiving folder is reached through handles; no link is followed. What seems the same is proven
by its content before anything is left out.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from lanshare.domain.offer import Clash, EntryKind, FileEntry
from lanshare.domain.transfer import CHUNK
from lanshare.files import names
from lanshare.files.content import Content
from lanshare.files.folder import Folder, open_folder
from lanshare.files.manifest import ManifestReader
from lanshare.files.names import NameRefused
from lanshare.files.staging import Staging
from lanshare.files.tree import Found

_READ: Final = 256 * 1024
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


@dataclass(frozen=True, slots=True)
class Have:
    """At the place of this entry lies a file with this content id."""

    index: int
    entry: FileEntry
    content: bytes


@dataclass(frozen=True, slots=True)
class Unwanted:
    """This entry is not to be sent: another file has its name, and stays."""

    index: int
    entry: FileEntry


def match(staging: Staging, listing: Path, clash: Clash) -> Generator[Have | Unwanted | None, None, None]:
    """Decide which folders are merged, then read what seems to be the same; None after every few MiB of work.

    A folder that is there already is merged if something in it seems the same, or if the person chose to skip or to
    replace; else what comes gets a folder of its own.
    """
    held = staging.confirmed
    root = open_folder(staging.destination)
    finder = _Finder(root)
    again: Generator[tuple[int, FileEntry], None, None] | None = None
    try:
        merged: dict[str, bool] = {}
        seen = bytearray()
        for _, entry, likeness in compare(root, listed(listing)):
            seen.append(_LIKENESSES.index(likeness))
            top = entry.parts[0]
            if len(entry.parts) == 1:
                wish = clash is not Clash.KEEP or entry.kind is EntryKind.FILE
                merged[top] = likeness is Likeness.SAME and wish
            elif clash is not Clash.KEEP or (entry.kind is EntryKind.FILE and likeness is Likeness.SAME):
                merged[top] = True
        for top in [top for top, wish in merged.items() if wish]:
            _merge(staging, root, top)
        yield None
        again = listed(listing)
        for index, entry in again:
            likeness = _LIKENESSES[seen[index]]
            if any(first <= index <= last for first, last in held):
                continue
            if entry.kind is not EntryKind.FILE or likeness is Likeness.NEW or not merged.get(entry.parts[0]):
                if likeness is Likeness.DIFFERS and len(entry.parts) == 1 and clash is Clash.SKIP:
                    yield Unwanted(index, entry)
                continue
            if not staging.merges(entry.parts[0]):
                continue
            if likeness is Likeness.SAME:
                content = yield from _content(finder, entry)
                if content:
                    yield Have(index, entry, content)
                    continue
            if clash is Clash.SKIP:
                yield Unwanted(index, entry)
    finally:
        if again is not None:
            again.close()
        finder.close()
        root.close()


def _merge(staging: Staging, root: Folder, top: str) -> None:
    try:
        safe = names.safe_top(top)
        info = root.stat(safe)
    except (NameRefused, OSError):
        return
    if info is not None and names.is_folder(info):
        staging.merge(safe)


def listed(listing: Path) -> Generator[tuple[int, FileEntry], None, None]:
    """The entries of a list, each with its index; close it if it is left before its end."""
    reader = ManifestReader(listing)
    index = 0
    try:
        while (item := reader.next()) is not None:
            if isinstance(item, Found):
                yield index, item.entry
                index += 1
    finally:
        reader.close()


def _content(finder: _Finder, entry: FileEntry) -> Generator[None, None, bytes]:
    """The content id of the file that has an entry's name, as the generator's value; empty if it cannot be read."""
    fd = -1
    try:
        safe = names.safe_path(entry.parts)
        folder = finder.folder(safe[:-1])
        if folder is None:
            return b""
        fd = folder.open_file(safe[-1], os.O_RDONLY)
        content = Content()
        while content.size < entry.size:
            data = os.read(fd, min(_READ, content.to_boundary))
            if not data:
                return b""
            content.update(data)
            if content.to_boundary == CHUNK:
                yield None
        if os.read(fd, 1):
            return b""
        return content.id()
    except OSError:
        return b""
    finally:
        if fd >= 0:
            os.close(fd)
