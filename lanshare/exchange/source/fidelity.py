"""What goes, but will not be there in every respect as it is here: each such thing is told once, on both sides."""

from __future__ import annotations

import os
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.offer import TIME_BOUND, FileEntry, Skipped
from lanshare.files.source.tree import fitting_time, has_attributes
from lanshare.wire import frames as f

_NOTES: Final = 1000
"""Entries of which it is told that they are not quite as they were."""


class Fidelity:
    """The notes of one try."""

    def __init__(self) -> None:
        self.notes: list[Skipped] = []
        self._unsaid: list[f.Noted] = []

    def look_at_folder(self, entry: FileEntry, path: str) -> None:
        """What of a folder will not be there."""
        if len(self.notes) >= _NOTES:
            return
        name = "/".join(entry.parts)
        if has_attributes(path):
            self.note(Skipped(name, Code.ATTRIBUTES_LOST))
        if abs(entry.mtime_ns) >= TIME_BOUND:
            self.note(Skipped(name, Code.TIME_LOST), tell=False)  # the receiver sees it by itself

    def look_at(self, info: os.stat_result, parts: tuple[str, ...], attributes: bool) -> None:
        """What of a file will not be there."""
        if len(self.notes) >= _NOTES:
            return
        name = "/".join(parts)
        if info.st_nlink > 1:
            self.note(Skipped(name, Code.LINK_DOUBLED))
        if attributes:
            self.note(Skipped(name, Code.ATTRIBUTES_LOST))
        if fitting_time(info.st_mtime_ns) != info.st_mtime_ns:
            self.note(Skipped(name, Code.TIME_LOST), tell=False)  # the receiver sees it by itself

    def note(self, note: Skipped, tell: bool = True) -> None:
        """Keep a note. `tell`: the receiver does not know it."""
        if len(self.notes) >= _NOTES or note in self.notes[-2:]:
            return
        self.notes.append(note)
        if tell:
            self._unsaid.append(f.Noted(note.path[-1000:], note.code))

    def take(self) -> list[f.Noted]:
        """What the receiver is to be told, once."""
        unsaid, self._unsaid = self._unsaid, []
        return unsaid
