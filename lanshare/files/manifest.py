"""The list of what a transfer sends, kept on disk while the tree is walked and read while it grows.

The list fixes each entry's index for the transfer's whole life, however often it is interrupted. One JSON array a
line; the last line of a finished list is `[]`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from lanshare.domain.offer import EntryKind, FileEntry, Skipped
from lanshare.files.tree import Found

_END: Final = b"[]\n"
_decoder: Final = msgspec.json.Decoder(list[msgspec.Raw])


def _encode(item: Found | Skipped) -> bytes:
    if isinstance(item, Skipped):
        return msgspec.json.encode((item.path, item.code)) + b"\n"
    entry = item.entry
    return msgspec.json.encode((item.top, entry.parts, entry.kind, entry.size, entry.mtime_ns)) + b"\n"


def _decode(line: bytes) -> Found | Skipped | None:
    fields = _decoder.decode(line)
    if not fields:
        return None
    if len(fields) == 2:
        path, code = msgspec.json.decode(line, type=tuple[str, str])
        return Skipped(path, code)
    top, parts, kind, size, mtime_ns = msgspec.json.decode(line, type=tuple[int, tuple[str, ...], EntryKind, int, int])
    return Found(top, FileEntry(parts, kind, size, mtime_ns))


class ManifestWriter:
    """Appends what a walk finds. A list cut short by a crash keeps its lines: known entries are not written again."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._known: set[tuple[str, ...] | str] = set()
        good = 0
        if path.exists():
            with path.open("rb") as lines:
                for line in lines:
                    if not line.endswith(b"\n") or line == _END:
                        break
                    item = _decode(line)
                    if item is not None:
                        self._known.add(item.path if isinstance(item, Skipped) else item.entry.parts)
                    good += len(line)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.ftruncate(fd, good)
        os.lseek(fd, good, os.SEEK_SET)
        self._file = os.fdopen(fd, "wb", buffering=64 * 1024)

    def add(self, item: Found | Skipped) -> None:
        """Append one entry, unless an earlier walk did."""
        if self._known and (item.path if isinstance(item, Skipped) else item.entry.parts) in self._known:
            return
        self._file.write(_encode(item))

    def flush(self) -> None:
        """Let readers see what was added, durably: an entry that was sent must keep its index."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Mark the list as whole."""
        self._file.write(_END)
        self.flush()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


class ManifestReader:
    """Reads a list that may still grow."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rest = b""
        self.whole = False

    def next(self) -> Found | Skipped | None:
        """The next line; None if there is none yet, or none any more (then `whole` is true)."""
        if self.whole:
            return None
        line = self._rest + self._file.readline()
        if not line.endswith(b"\n"):
            self._rest = line
            return None
        self._rest = b""
        item = _decode(line)
        self.whole = item is None
        return item

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def is_whole(path: Path) -> bool:
    """Whether a list exists and was finished."""
    try:
        with path.open("rb") as file:
            file.seek(-len(_END), os.SEEK_END)
            return file.read() == _END
    except OSError:
        return False


def read_all(path: Path) -> Iterator[Found | Skipped]:
    """Every line of a list, as far as it goes."""
    reader = ManifestReader(path)
    try:
        while (item := reader.next()) is not None:
            yield item
    finally:
        reader.close()
