"""We are the source; the sink says what it has at the places of some entries: do we send the very same?

Both sides read at the same time: a large file is named before its content is told, so that ours is read meanwhile.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lanshare.domain.errors import ProtocolError
from lanshare.domain.offer import EntryKind
from lanshare.domain.transfer import SMALL
from lanshare.files.below import Below
from lanshare.files.content import small_id
from lanshare.files.faults import SourceFault
from lanshare.files.manifest import ManifestReader
from lanshare.files.small import read_small
from lanshare.files.source import SourceFile
from lanshare.files.tree import Found, source_name
from lanshare.wire import limits

_WORK: Final = 4 * 1024 * 1024
"""Bytes that are read before the link is looked after again."""

_FILES: Final = 128
"""The same in files."""


class Checking:
    """Reads our side of what the sink has. Indices only grow, so the list is read once along with them."""

    def __init__(self, paths: Sequence[Path], manifest: Path) -> None:
        self._paths = [os.fspath(path) for path in paths]
        self._below = Below(self._paths)
        self._entries = ManifestReader(manifest)
        self._index = -1
        self._asked: deque[int] = deque()
        self._open: set[int] = set()
        self._last = -1
        self._theirs: dict[int, bytes] = {}
        self._ours: dict[int, bytes] = {}
        self._file: SourceFile | None = None

    def heard(self, index: int, content: bytes) -> None:
        """The sink has a file there with this content id, or (empty) reads it still. ProtocolError if it cannot."""
        if index > self._last:
            if len(self._open) >= limits.OUTSTANDING:
                raise ProtocolError("more told than answered")
            self._last = index
            self._asked.append(index)
            self._open.add(index)
        elif index not in self._open or index in self._theirs or not content:
            raise ProtocolError("told twice what is there")
        if content:
            self._theirs[index] = content

    @property
    def busy(self) -> bool:
        """Whether there is something to read."""
        return bool(self._asked)

    def step(self) -> None:
        """Read some."""
        read = files = 0
        while self._asked and read < _WORK and files < _FILES:
            files += 1
            if self._file is not None:
                self._ours_of(self._file)
                return
            index = self._asked[0]
            found = self._found(index)
            size = found.entry.size if found is not None and found.entry.kind is EntryKind.FILE else -1
            try:
                if found is None or size < 0:
                    self._know(b"")
                elif size <= SMALL:
                    opened = self._below.open(found.top, found.entry.parts)
                    small = read_small(source_name(self._paths, found), fd=opened)
                    self._know(small_id(small[0]) if small is not None and len(small[0]) == size else b"")
                else:
                    opened = self._below.open(found.top, found.entry.parts)
                    file = SourceFile(Path(source_name(self._paths, found)), fd=opened)
                    if file.size == size:
                        self._file = file
                        self._ours_of(file)
                        return
                    file.close()
                    self._know(b"")
            except SourceFault:
                self._know(b"")  # what cannot be read now will say so when it is sent
            read += max(size, 0)

    def answers(self) -> tuple[list[int], list[int]]:
        """Which entries turned out to be the same, and which not, since the last time."""
        same: list[int] = []
        differ: list[int] = []
        for index in [index for index in self._ours if index in self._theirs]:
            ours = self._ours.pop(index)
            (same if ours and ours == self._theirs.pop(index) else differ).append(index)
            self._theirs.pop(index, None)
            self._open.discard(index)
        return same, differ

    def close(self) -> None:
        """Give descriptors back."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._entries.close()
        self._below.close()

    # --- inside

    def _know(self, content: bytes) -> None:
        self._ours[self._asked.popleft()] = content

    def _ours_of(self, file: SourceFile) -> None:
        try:
            if file.pass_over(file.size):
                return
            file.check_unchanged()
            self._know(file.content.id())
        except SourceFault:
            self._know(b"")
        file.close()
        self._file = None

    def _found(self, index: int) -> Found | None:
        while True:
            item = self._entries.next()
            if item is None:
                raise ProtocolError("something at the place of no entry")
            if isinstance(item, Found):
                self._index += 1
                if self._index == index:
                    return item
