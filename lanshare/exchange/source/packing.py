"""Small files of one folder, gathered into one frame."""

from __future__ import annotations

from typing import Final

from lanshare.domain.offer import FileEntry
from lanshare.wire import frames as f
from lanshare.wire import limits

_FULL: Final = limits.DATA_SENT
_COST: Final = 64
"""Bytes that a file takes in the frame beside its content, about."""


class Packing:
    """What is gathered so far."""

    def __init__(self) -> None:
        self.size = 0
        """Bytes of it, about."""

        self._folder: tuple[str, ...] = ()
        self._files: list[f.Packed] = []

    def fits(self, parts: tuple[str, ...], size: int) -> bool:
        """Whether a file can join what is gathered."""
        if not self._files:
            return True
        room = self.size + size <= _FULL and len(self._files) < limits.PACK_FILES
        return room and self._folder == parts[:-1]

    def add(self, index: int, entry: FileEntry, data: bytes, mtime_ns: int, content: bytes) -> None:
        """Put a file in; it fits."""
        if not self._files:
            self._folder = entry.parts[:-1]
        self._files.append(f.Packed(index, entry.parts[-1], mtime_ns, entry.executable, content, data, entry.private))
        self.size += len(data) + _COST

    def take(self) -> f.Pack | None:
        """The frame, if there is anything in it; then a new one is begun."""
        if not self._files:
            return None
        frame = f.Pack(self._folder, tuple(self._files))
        self._files = []
        self.size = 0
        return frame
