"""A list of what is sent, in pieces that fit into a frame: for the question before, and for the comparing after it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from msgspec import Struct

from lanshare.domain.offer import FileEntry
from lanshare.files.source.manifest import ManifestReader
from lanshare.files.source.tree import Found
from lanshare.wire import limits

_PIECE: Final = 40_000
"""Bytes of names and numbers in one piece: below the bound of a frame, which is 64 KiB."""

_COST: Final = 24
"""Bytes that an entry takes beside its names."""


class ManifestPage(Struct, frozen=True):
    """Some entries, the first of which has this index; `last`: there are no more."""

    first: int
    entries: tuple[FileEntry, ...]
    last: bool


class ManifestPager:
    """Reads the entries of a list, which may still grow, in the order of their index."""

    def __init__(self, path: Path, bound: int) -> None:
        """At most `bound` entries are listed. OSError if there is no list."""
        self._reader = ManifestReader(path)
        self._left = bound
        self._next = 0

    def piece(self) -> ManifestPage | None:
        """As much as fits into one frame; None if there is nothing more yet."""
        size = 0
        entries: list[FileEntry] = []
        while self._left and size < _PIECE and len(entries) < limits.LISTED_AT_ONCE:
            item = self._reader.next()
            if item is None:
                break
            if isinstance(item, Found):
                entries.append(item.entry)
                self._left -= 1
                size += _COST + sum(len(part.encode("utf-8", "replace")) + 5 for part in item.entry.parts)
        last = self._reader.whole or not self._left
        if not entries and not last:
            return None
        first, self._next = self._next, self._next + len(entries)
        return ManifestPage(first, tuple(entries), last)

    def close(self) -> None:
        """Give the file back."""
        self._reader.close()
