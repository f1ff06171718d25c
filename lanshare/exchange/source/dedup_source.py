"""We are the source; the sink says at the places of which entries it has something alike: what do we have?

Both sides read at the same time; the sink compares.
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
from lanshare.files.content import small_id
from lanshare.files.faults import SourceFault
from lanshare.files.small import read_small
from lanshare.files.source.below import Below
from lanshare.files.source.manifest import ManifestReader
from lanshare.files.source.source_file import SourceFile
from lanshare.files.source.tree import Found, source_name
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
        self._last = -1
        self._ours: list[tuple[int, bytes]] = []
        self._file: SourceFile | None = None

    def heard(self, index: int) -> None:
        """The sink has a file there. ProtocolError if it cannot."""
        if index <= self._last:
            raise ProtocolError("told twice what is there")
        if len(self._asked) >= limits.OUTSTANDING:
            raise ProtocolError("more told than answered")
        self._last = index
        self._asked.append(index)

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

    def answers(self) -> list[tuple[int, bytes]]:
        """What we have, since the last time: content ids, empty where a file cannot be read as it was listed."""
        ours, self._ours = self._ours, []
        return ours

    def close(self) -> None:
        """Give descriptors back."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._entries.close()
        self._below.close()

    # --- inside

    def _know(self, content: bytes) -> None:
        self._ours.append((self._asked.popleft(), content))

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
