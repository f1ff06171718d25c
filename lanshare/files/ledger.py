"""Ledger: what a staging folder knows of itself, one checked line for each thing that happened.

A line is a CRC-32 and a JSON object. Reading stops at the first torn or altered line and forgets the rest: what is
not noted was not done.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lanshare.files.folder import Folder
from lanshare.files.lines import framed, unframed

NAME: Final = "journal"

Note = dict[str, Any]


class Ledger:
    """An open ledger. OSErrors are the caller's matter."""

    def __init__(self, stage: Folder) -> None:
        self._waiting: list[bytes] = []
        self._fd = stage.open_file(NAME, os.O_RDWR | os.O_CREAT | os.O_APPEND)

    def add(self, note: Note) -> None:
        """Append a line; a killed process leaves it, a power cut only after sync()."""
        self.later(note)
        self.flush()

    def later(self, note: Note) -> None:
        """Append a line with the next flush(): a killed process may take it along."""
        self._waiting.append(framed(msgspec.json.encode(note)))

    def flush(self) -> None:
        """Write what waits, all of it or nothing."""
        if not self._waiting:
            return
        lines = b"".join(self._waiting)
        self._waiting.clear()
        written = os.write(self._fd, lines)
        if written != len(lines):
            os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def sync(self) -> None:
        """Make all lines durable."""
        self.flush()
        os.fsync(self._fd)

    def recover(self, single: bool = True) -> Iterator[Note]:
        """Every good line from the first one; the file ends behind the last of them afterwards.

        `single`: a line about many files comes as one for each.
        """
        self.flush()
        good = 0
        with os.fdopen(os.dup(self._fd), "rb") as lines:
            lines.seek(0)
            for line in lines:
                note = parsed(line)
                if note is None:
                    break
                good += len(line)
                if single:
                    yield from each(note)
                else:
                    yield note
        if os.fstat(self._fd).st_size != good:
            os.ftruncate(self._fd, good)

    def close(self) -> None:
        """Write what waits and give the descriptor back."""
        if self._fd >= 0:
            try:
                self.flush()
            except OSError:
                pass  # what is not noted was not done
            os.close(self._fd)
            self._fd = -1


def each(note: Note) -> Iterator[Note]:
    """A line about many files as if there were one for each."""
    match note:
        case {"wholes": [*items]}:
            for item in items:
                match item:
                    case [int(index), int(size), [*path], str(content), int(mtime)]:
                        yield {"whole": index, "size": size, "path": path, "id": content, "mtime": mtime}
        case {"files": [*items]}:
            for item in items:
                match item:
                    case [int(index), int(size), [*path]]:
                        yield {"file": index, "size": size, "path": path}
        case {"sames": [*items]}:
            for item in items:
                match item:
                    case [int(index), int(size), [*path]]:
                        yield {"done": index, "same": path, "size": size}
        case _:
            yield note


def parsed(line: bytes) -> Note | None:
    """What a line says; None if it is torn, altered or from another version."""
    body = unframed(line)
    if body is None:
        return None
    try:
        note = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError):
        return None
    return note if isinstance(note, dict) else None
