"""Where the entries of a list lie on this disk, opened so that no link leads elsewhere meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from lanshare.files.small import read_small
from lanshare.files.source.below import Below
from lanshare.files.source.source_file import SourceFile
from lanshare.files.source.tree import Found, source_name


class TreeReader:
    """The dropped paths and what lies below them. What cannot be read is a SourceFault."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._roots = [os.fspath(path) for path in paths]
        self._below = Below(self._roots)
        self.disk_seconds = 0.0
        """What the disk took for files that were read whole."""

        self._above: tuple[tuple[int, tuple[str, ...]], str] = ((-1, ()), "")

    def path(self, found: Found) -> str:
        """Where an entry lies, for words and for what has no handle; one folder's come one behind the other."""
        parts = found.entry.parts
        if len(parts) < 3:
            return source_name(self._roots, found)
        above = (found.top, parts[:-1])
        if self._above[0] != above:
            self._above = above, os.path.join(self._roots[found.top], *parts[1:-1], "")
        return self._above[1] + parts[-1]

    def small(self, found: Found) -> tuple[bytes, os.stat_result, bool] | None:
        """A small file's content, what the disk says of it, and whether it has attributes; None if it is small no
        longer."""
        began = time.perf_counter()
        opened = self._below.open(found.top, found.entry.parts)
        small = read_small(self.path(found), fd=opened)
        self.disk_seconds += time.perf_counter() - began
        return small

    def file(self, found: Found) -> SourceFile:
        """A file, open."""
        opened = self._below.open(found.top, found.entry.parts)
        return SourceFile(Path(self.path(found)), fd=opened)

    def close(self) -> None:
        """Give descriptors back."""
        self._below.close()
