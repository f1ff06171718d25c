"""The list of what a transfer sends, kept on disk while the tree is walked and read while it grows.

The list fixes each entry's index for the transfer's whole life, however often it is interrupted. One JSON array a
line, each behind its check; the last line of a finished list is `[]`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.offer import ENTRIES, EntryKind, FileEntry, Skipped
from lanshare.files.folder import BINARY
from lanshare.files.lines import framed, unframed
from lanshare.files.source.tree import Found

_END: Final = framed(b"[]")
_Line = tuple[int, tuple[str, ...], EntryKind, int, int, str, bool, bool]
_found: Final = msgspec.json.Decoder(_Line)
_left_out: Final = msgspec.json.Decoder(tuple[str, str])


def _encode(item: Found | Skipped) -> bytes:
    if isinstance(item, Skipped):
        return framed(msgspec.json.encode((item.path, item.code)))
    entry = item.entry
    fields = (item.top, entry.parts, entry.kind, entry.size, entry.mtime_ns, entry.target, entry.executable,
              entry.private)
    return framed(msgspec.json.encode(fields))


class ListDamaged(LanshareError):
    """A list on this disk does not say any more what was written into it."""

    def __init__(self) -> None:
        super().__init__(Code.LIST_DAMAGED)


def _decode(framed_line: bytes) -> Found | Skipped | None:
    line = unframed(framed_line)
    if line is None:
        raise ListDamaged
    if line == b"[]":
        return None
    try:
        if line.startswith(b'["'):
            return Skipped(*_left_out.decode(line))
        top, *entry = _found.decode(line)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ListDamaged from error  # from another version
    return Found(top, FileEntry(*entry))


class ManifestWriter:
    """Appends what a walk finds. A list cut short by a crash keeps its lines: known entries are not written again.

    LanshareError LIST_TOO_LONG from add() beyond ENTRIES lines: their numbers could not be said to anybody.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._known: dict[tuple[str, ...], tuple[int, int]] = {}
        self._skipped: set[str] = set()
        self._lines = 0
        good = 0
        if path.exists():
            with path.open("rb") as lines:
                for line in lines:
                    if unframed(line) is None or line == _END:
                        break
                    item = _decode(line)
                    if isinstance(item, Skipped):
                        self._skipped.add(item.path)
                    elif item is not None:
                        self._known[item.entry.parts] = (item.entry.size, item.entry.mtime_ns)
                    good += len(line)
                    self._lines += 1
        self.goes_on = good > 0
        """Whether an earlier walk has left lines."""

        fd = os.open(path, os.O_WRONLY | os.O_CREAT | BINARY, 0o600)
        os.ftruncate(fd, good)
        os.lseek(fd, good, os.SEEK_SET)
        self._file = os.fdopen(fd, "wb", buffering=64 * 1024)

    def add(self, item: Found | Skipped) -> None:
        """Append one entry, unless an earlier walk did; a file that changed since is appended anew."""
        if isinstance(item, Skipped):
            if item.path in self._skipped:
                return
        elif (known := self._known.get(item.entry.parts)) is not None and (
            item.entry.kind is not EntryKind.FILE or known == (item.entry.size, item.entry.mtime_ns)
        ):
            return
        if self._lines >= ENTRIES:
            raise LanshareError(Code.LIST_TOO_LONG)
        self._lines += 1
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
        self.path = path
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
            self._file.seek(self._file.tell())  # Wine's files stay at their end once they were read to it
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
