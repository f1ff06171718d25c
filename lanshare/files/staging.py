"""Staging: where a transfer lives until it is verified and durable, and how it gets its final names.

Everything arrives in a hidden folder on the destination's own file system, under numbers. Whole files wait there
for a batch: intents are noted, one barrier makes files and intents durable, then each is renamed without replacing
anything. A crash at any point leaves either a numbered part or a verified file under its final name; the intents
tell which (files renamed but not yet confirmed are found by their part being gone).
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lanshare.domain.errors import Code
from lanshare.domain.transfer import CHUNK
from lanshare.files import names
from lanshare.files.content import prefix_digest
from lanshare.files.faults import DiskFault, disk_fault
from lanshare.files.folder import HAS_BARRIER, Folder, open_folder
from lanshare.files.part import PartFile, digests_name, kept, require_whole

BATCH_BYTES: Final = 256 * 1024 * 1024
"""What a power cut may cost: a barrier follows at least this often."""

BATCH_SECONDS: Final = 1.0
"""Or after this long."""

BATCH_FILES: Final = 20_000
"""Or this many files: bounds the memory of a batch."""

_JOURNAL: Final = "journal"


@dataclass(slots=True)
class Ranges:
    """A set of numbers as inclusive ranges, cheap while they come in order."""

    ranges: list[tuple[int, int]] = field(default_factory=list)

    def add(self, number: int) -> None:
        """Put one number in."""
        if self.ranges and self.ranges[-1][1] + 1 == number:
            self.ranges[-1] = (self.ranges[-1][0], number)
        elif number not in self:
            self.ranges.append((number, number))
            self._merge()

    def __contains__(self, number: int) -> bool:
        return any(first <= number <= last for first, last in reversed(self.ranges))

    def _merge(self) -> None:
        merged: list[tuple[int, int]] = []
        for first, last in sorted(self.ranges):
            if merged and merged[-1][1] + 1 >= first:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        self.ranges = merged


@dataclass(frozen=True, slots=True)
class Kept:
    """What an earlier try left: confirmed entries, and the whole chunks of one begun file."""

    confirmed: tuple[tuple[int, int], ...]
    files: int
    length: int
    partial: int | None = None
    chunks: int = 0
    prefix: bytes = b""


@dataclass(slots=True)
class _Whole:
    """A verified file in staging, waiting for its final name."""

    index: int
    path: tuple[str, ...]
    size: int


class Staging:
    """The receiving side of one transfer. One thread at a time; errors of the disk are DiskFaults."""

    def __init__(self, destination: Path, transfer: str, now: float = 0.0) -> None:
        """Open or make the staging folder of this transfer below `destination`, and read what is kept there."""
        self.destination = destination
        self.transfer = transfer
        self.files = 0
        self.bytes = 0
        self._batch: list[_Whole] = []
        self._batch_bytes = 0
        self._batch_since = now
        self._confirmed = Ranges()
        self._intents: set[int] = set()
        self.refused: list[int] = []
        """Verified files whose names this file system cannot hold; whoever confirms takes them from here."""

        self._tops: dict[str, str] = {}
        self._begun: int | None = None
        self._part: PartFile | None = None
        self._begin: tuple[int, tuple[str, ...], int] | None = None
        self._made: set[tuple[str, ...]] = set()
        self._open: tuple[tuple[str, ...], Folder] | None = None
        self._journal = -1
        self._root: Folder | None = None
        self._staging: Folder | None = None
        try:
            self._root = open_folder(destination)
            hidden = _child(self._root, names.STAGING)
            try:
                self._staging = _child(hidden, transfer)
            finally:
                hidden.close()
            self._journal = self._staging.open_file(_JOURNAL, os.O_RDWR | os.O_CREAT | os.O_APPEND)
            self._recover()
        except OSError as error:
            self.close()
            raise disk_fault(error, str(destination)) from error

    # --- what is kept

    def kept(self) -> Kept:
        """What need not be sent again; checked against its digests just now."""
        partial, chunks, prefix = None, 0, b""
        if self._begun is not None and self._begun not in self._confirmed:
            digests = kept(self._stage, self._begun)
            if digests:
                partial, chunks, prefix = self._begun, len(digests), prefix_digest(digests)
        return Kept(tuple(self._confirmed.ranges), self.files, self.bytes, partial, chunks, prefix)

    @property
    def tops(self) -> tuple[Path, ...]:
        """The final top-level paths used so far."""
        return tuple(self.destination / name for name in self._tops.values())

    # --- what arrives

    def folder(self, index: int, parts: Sequence[str]) -> None:
        """A folder: made at once. NameRefused if its name cannot be kept."""
        safe = names.safe_path(parts)
        try:
            path = self._placed(safe, True)
            self._folder(path, hold=False)
            self._note({"done": index, "size": 0, "folder": True})
        except OSError as error:
            raise disk_fault(error) from error
        self._confirmed.add(index)

    def begin(self, index: int, parts: Sequence[str], size: int, chunks: int) -> None:
        """A file starts; its first `chunks` chunks are kept from earlier. NameRefused if its name cannot be kept."""
        safe = names.safe_path(parts)
        if chunks and index != self._begun:
            raise DiskFault(Code.CONTENT_DIFFERS, "a part that was never begun")
        self._begin = (index, safe, size)
        if index in self._intents:
            # An earlier try meant to rename this file and did not: from now on its part may go without that meaning
            # that it has its final name.
            self._intents.discard(index)
            self._note({"void": index})
            os.fsync(self._journal)
        if self._begun != index:
            self._begun = index
            if size > CHUNK:
                self._note({"begun": index})
        self._part = PartFile(self._stage, index, size, chunks)

    def write(self, data: memoryview) -> None:
        """Bytes of the file begun last."""
        if self._part is not None:
            self._part.write(data)

    def hole(self, count: int) -> None:
        """Zeros of the file begun last."""
        if self._part is not None:
            self._part.hole(count)

    @property
    def room(self) -> int:
        """Bytes the file begun last may still get; 0 if none is open."""
        return self._part.size - self._part.offset if self._part is not None else 0

    @property
    def last_digest(self) -> bytes:
        """The digest of the chunk that was filled last."""
        digests = self._part.content.digests if self._part is not None else []
        return digests[-1] if digests else b""

    def end(self, content: bytes, mtime_ns: int) -> None:
        """The file begun last is over. DiskFault CONTENT_DIFFERS if it is not what was announced: its part goes."""
        try:
            self._end(content, mtime_ns)
        except OSError as error:
            raise disk_fault(error) from error

    def _end(self, content: bytes, mtime_ns: int) -> None:
        part, begin = self._part, self._begin
        assert part is not None
        assert begin is not None
        index, safe, size = begin
        try:
            require_whole(part, part.finish(mtime_ns, not HAS_BARRIER), content)
        except DiskFault as fault:
            if fault.code is Code.CONTENT_DIFFERS:
                self.drop()
            raise
        part.close()
        self._part = None
        self._begun = None
        self._batch.append(_Whole(index, self._placed(safe), size))
        self._batch_bytes += size

    def drop(self) -> None:
        """Forget the part of the file begun last."""
        part, self._part = self._part, None
        self._begun = None
        if part is not None:
            part.close()
            try:
                self._stage.remove(str(part.number))
                self._stage.remove(digests_name(part.number))
            except OSError as error:
                raise disk_fault(error) from error

    # --- final names

    def due(self, now: float) -> bool:
        """Whether a barrier should follow now."""
        if not self._batch:
            self._batch_since = now
            return False
        return (
            self._batch_bytes >= BATCH_BYTES
            or len(self._batch) >= BATCH_FILES
            or now - self._batch_since >= BATCH_SECONDS
        )

    def commit(self, now: float) -> list[tuple[int, int]]:
        """Make what waits durable and give it its final names; the confirmed ranges of indices."""
        batch, self._batch, self._batch_bytes, self._batch_since = self._batch, [], 0, now
        if not batch:
            return []
        done = Ranges()
        try:
            intended = [(whole, target) for whole in batch if (target := self._named(whole)) is not None]
            self._barrier()
            batch = [whole for whole, target in intended if self._named(whole, target) is not None]
            self._close_open()
            self._sync_folders({whole.path[:-1] for whole in batch})
        except OSError as error:
            raise disk_fault(error) from error
        for whole in batch:
            self._confirmed.add(whole.index)
            done.add(whole.index)
            self.files += 1
            self.bytes += whole.size
        return done.ranges

    def close(self) -> None:
        """Give all handles back; what is kept stays for another try."""
        if self._part is not None:
            self._part.close()
            self._part = None
        self._close_open()
        if self._journal >= 0:
            os.close(self._journal)
            self._journal = -1
        for folder in (self._staging, self._root):
            if folder is not None:
                folder.close()
        self._staging = self._root = None

    def discard(self) -> None:
        """Remove the staging folder with all parts; final files stay. Then it is closed."""
        if self._part is not None:
            self._part.close()
            self._part = None
        try:
            for name in self._stage.names():
                self._stage.remove(name)
            if self._root is not None:
                hidden = self._root.child(names.STAGING)
                try:
                    hidden.remove_folder(self.transfer)
                finally:
                    hidden.close()
                self._root.remove_folder(names.STAGING)
        except OSError as error:
            raise disk_fault(error) from error
        finally:
            self.close()

    # --- inside

    @property
    def _stage(self) -> Folder:
        assert self._staging is not None
        return self._staging

    def _placed(self, safe: tuple[str, ...], folder: bool = False) -> tuple[str, ...]:
        """The path with its top-level name as it is called here: a name that is taken gets a number, once."""
        top = safe[0]
        if len(safe) == 1 and not folder and top not in self._tops:
            return safe
        if top not in self._tops:
            self._tops[top] = self._free_top(top)
            self._note({"top": top, "as": self._tops[top]})
        return (self._tops[top], *safe[1:])

    def _free_top(self, top: str) -> str:
        assert self._root is not None
        taken = set(self._tops.values())
        for number in range(100_000):
            name = names.numbered(top, number)
            if name not in taken and not self._root.exists(name):
                return name
        raise DiskFault(Code.NAME_REFUSED, top)

    def _folder(self, path: tuple[str, ...], hold: bool = True) -> Folder:
        """An open folder below the destination, made where missing. The one used last stays open."""
        if self._open is not None and self._open[0] == path and hold:
            return self._open[1]
        assert self._root is not None
        folder = self._root
        for depth in range(1, len(path) + 1):
            name = path[depth - 1]
            try:
                if path[:depth] not in self._made:
                    try:
                        folder.make(name)
                    except FileExistsError:
                        pass
                    self._made.add(path[:depth])
                below = folder.child(name)
            finally:
                if folder is not self._root:
                    folder.close()
            folder = below
        if not hold:
            if folder is not self._root:
                folder.close()
            return folder
        self._close_open()
        self._open = (path, folder)
        return folder

    def _close_open(self) -> None:
        if self._open is not None:
            path, folder = self._open
            self._open = None
            if path:
                folder.close()

    def _named(self, whole: _Whole, target: str | None = None) -> str | None:
        """Choose a final name, or (with `target`) give it; None if this file system cannot hold it: its part goes."""
        try:
            if target is None:
                return self._intend(whole)
            self._give_name(whole, target)
            return target
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENAMETOOLONG, errno.EILSEQ):
                raise
            self._intents.discard(whole.index)
            self._note({"void": whole.index})
            self._stage.remove(str(whole.index))
            self.refused.append(whole.index)
            return None

    def _intend(self, whole: _Whole) -> str:
        """Choose a final name that is free now, and note it before the barrier."""
        folder = self._folder(whole.path[:-1])
        name = whole.path[-1]
        if folder.exists(name):
            name = self._free(folder, name, 1)
        self._intents.add(whole.index)
        self._note({"file": whole.index, "size": whole.size, "path": [*whole.path[:-1], name]})
        if len(whole.path) == 1:
            self._tops.setdefault(whole.path[0], name)
        return name

    def _free(self, folder: Folder, name: str, start: int) -> str:
        for number in range(start, 100_000):
            candidate = names.numbered(name, number)
            if not folder.exists(candidate):
                return candidate
        raise DiskFault(Code.NAME_REFUSED, name)

    def _give_name(self, whole: _Whole, name: str) -> None:
        folder = self._folder(whole.path[:-1])
        while True:
            try:
                self._stage.move(str(whole.index), folder, name)
                break
            except FileExistsError:
                # Somebody took the name between the note and the rename: another name, noted durably first.
                name = self._free(folder, whole.path[-1], 1)
                if len(whole.path) == 1:
                    self._tops[whole.path[0]] = name
                self._note({"file": whole.index, "size": whole.size, "path": [*whole.path[:-1], name]})
                os.fsync(self._journal)
        if whole.size > CHUNK:
            self._stage.remove(digests_name(whole.index))

    def _barrier(self) -> None:
        if not self._stage.sync_all():
            os.fsync(self._journal)
            self._stage.sync()

    def _sync_folders(self, paths: set[tuple[str, ...]]) -> None:
        if len(paths) > 8 and self._stage.sync_all():
            return
        for path in paths:
            self._folder(path).sync()
        self._close_open()
        self._stage.sync()

    def _note(self, what: dict[str, Any]) -> None:
        line = json.dumps(what, ensure_ascii=True, separators=(",", ":")).encode("ascii")
        try:
            os.write(self._journal, b"%08x %s\n" % (zlib.crc32(line), line))
        except OSError as error:
            raise disk_fault(error) from error

    def _recover(self) -> None:
        """Read the journal up to its first torn line; finish what was verified and intended."""
        intents: dict[int, tuple[list[str], int]] = {}
        with os.fdopen(os.dup(self._journal), "rb") as lines:
            lines.seek(0)
            good = 0
            for line in lines:
                check, _, body = line.rstrip(b"\n").partition(b" ")
                if not line.endswith(b"\n") or check != b"%08x" % zlib.crc32(body):
                    break
                good += len(line)
                note = json.loads(body)
                if "top" in note:
                    self._tops[note["top"]] = note["as"]
                elif "begun" in note:
                    self._begun = note["begun"]
                elif "void" in note:
                    intents.pop(note["void"], None)
                elif "done" in note:
                    self._confirmed.add(note["done"])
                elif "file" in note:
                    intents[note["file"]] = (note["path"], note["size"])
        os.ftruncate(self._journal, good)
        for index, (path, size) in intents.items():
            self._recover_intent(index, tuple(path), size)

    def _recover_intent(self, index: int, path: tuple[str, ...], size: int) -> None:
        """The part is gone: it has its final name. It is there: the barrier may not have been; receive it again."""
        if self._stage.exists(str(index)):
            self._intents.add(index)
            return
        if len(path) == 1:
            self._tops.setdefault(path[0], path[0])
        self._confirmed.add(index)
        self.files += 1
        self.bytes += size


def _child(folder: Folder, name: str) -> Folder:
    try:
        folder.make(name)
    except FileExistsError:
        pass
    return folder.child(name)
