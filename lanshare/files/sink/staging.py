"""Staging: where a transfer lives until it is verified and durable, and how it gets its final names.

Everything arrives in a hidden folder on the destination's own file system, under numbers. Whole files wait there
for their names (files/sink/batch). After a crash the ledger tells what is a part and what a verified file under its
final name; what was whole already is checked against its content id and kept (files/sink/recovery).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from lanshare.domain.errors import Code
from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.transfer import CHUNK
from lanshare.files import names
from lanshare.files.content import Buffer
from lanshare.files.faults import UNFIT, DiskFault, disk_fault
from lanshare.files.folder import HAS_BARRIER, open_folder
from lanshare.files.sink.batch import Batch
from lanshare.files.sink.destination import Placing
from lanshare.files.sink.ledger import (
    EntryDone,
    FileBegun,
    FolderDone,
    NotAlike,
    Same,
    Sames,
)
from lanshare.files.sink.made_folders import MadeFolders
from lanshare.files.sink.new_folders import NewFolders
from lanshare.files.sink.part import PartFile, require_whole
from lanshare.files.sink.recovery import Arrived, Recovery
from lanshare.files.sink.small_files import SmallFiles
from lanshare.files.sink.stage import Stage, VerifiedFile, remove, system_of
from lanshare.files.sink.top_names import TopNames

LOOK: Final = 32 * 1024 * 1024
"""Bytes after which is looked how much room there is."""


class Kept(Struct, frozen=True):
    """What an earlier try left: confirmed entries, and the whole chunks of begun files (how many, and their digest)."""

    confirmed: tuple[tuple[int, int], ...]
    files: int
    length: int
    partials: dict[int, tuple[int, bytes]] = field(default_factory=dict)


class Staging:
    """The receiving side of one transfer. One thread at a time; errors of the disk are DiskFaults.

    It is put together of parts: `stage` (the hidden folder and its ledger), `new` (folders that grow in it), `folders`,
    `tops` and `placing` (the destination), `batch` (what waits for its name), `arrived` (how much is here).
    """

    def __init__(
        self, destination: Path, transfer: str, now: float = 0.0, clash: ConflictPolicy = ConflictPolicy.KEEP
    ) -> None:
        """Open or make the staging folder of this transfer below `destination`, and read what is kept there."""
        self.destination, self.transfer = destination, transfer
        self.disk_seconds = 0.0
        """Time that the disk took for files that came in pieces, without the one that is open."""

        self._spent = 0
        """Bytes written since the free room was looked at: what is small goes into the last room there is."""

        self._part: PartFile | None = None
        self._begin: tuple[int, tuple[str, ...], int] | None = None
        self._closed = False
        try:
            with contextlib.ExitStack() as opened:
                self._root = open_folder(destination)
                opened.callback(self._root.close)
                self.stage = Stage(self._root, transfer)
                opened.callback(self.stage.close)
                system = system_of(self.stage.folder)
                self.arrived = Arrived()
                self.folders = MadeFolders(self._root, self.stage)
                self.new = NewFolders(self.stage, self.folders)
                opened.callback(self.new.close)
                self.tops = TopNames(destination, self.stage, self.folders, system)
                self.placing = Placing(self.stage, self.folders, self.new, self.tops, system, clash)
                self.batch = Batch(
                    self.stage, self.folders, self.new, self.tops, self.placing, self.arrived, now
                )
                self.small_files = SmallFiles(
                    self.stage, self.new, self.tops, self.placing, self.batch, system, self._spend
                )
                self._system, self._began = system, now
                self._recovery = Recovery(
                    self.stage, self.folders, self.new, self.tops, self.placing, self.arrived
                )
                self._recovery.read()
                self._checking: Iterator[None] = self._check_all()
                opened.pop_all()
        except OSError as error:
            raise disk_fault(error, str(destination)) from error

    # --- what is kept

    def check(self, seconds: float) -> bool:
        """Check some of what an earlier try left against its digests; True while there is more to check."""
        until = time.monotonic() + seconds
        try:
            for _ in self._checking:
                if time.monotonic() >= until:
                    return True
        except OSError as error:
            raise disk_fault(error) from error
        return False

    def kept(self) -> Kept:
        """What need not be sent again; all of it was checked."""
        while self.check(60.0):
            pass
        arrived = self.arrived
        return Kept(tuple(arrived.confirmed.ranges), arrived.files, arrived.length, dict(arrived.partials))

    @property
    def spent(self) -> float:
        """Seconds that the disk took so far."""
        part = self._part.disk_seconds if self._part is not None else 0.0
        return self.disk_seconds + self.batch.disk_seconds + self.small_files.disk_seconds + part

    def is_confirmed(self, index: int) -> bool:
        """Whether an entry is verified and durable."""
        return index in self.arrived.confirmed

    @property
    def uncounted(self) -> int:
        """Folders and links that were made or noted, over all tries: no offer counts them."""
        return self.folders.count + len(self.placing.linked)

    # --- what arrives

    def folder(self, index: int, parts: Sequence[str], mtime_ns: int = 0, private: bool = False) -> None:
        """A folder: made at once, in staging if it grows there; one that is `private` for its owner alone. NameRefused
        if its name cannot be kept."""
        safe = self.placing.safe(parts)
        try:
            path = self.tops.placed(safe, True, private)
            if self.new.folder(path, private) is None:
                self.folders.folder(path, hold=False, private=private)
            self.stage.note(FolderDone(index, path, mtime_ns))
        except OSError as error:
            if error.errno in UNFIT:
                raise names.NameRefused("something else has its name") from error
            raise disk_fault(error) from error
        self.arrived.confirmed.add(index)

    def link(self, index: int, parts: Sequence[str], target: str) -> None:
        """A symbolic link: made last. NameRefused if it would lead out of its tree."""
        safe = self.placing.safe(parts)
        if len(parts) < 2 or not names.link_stays(parts, target):
            raise names.NameRefused("a link that leads out of its folder")
        try:
            path, safe_target = self.tops.placed(safe), names.safe_target(target, self._system)
        except OSError as error:
            if error.errno in UNFIT:
                raise names.NameRefused("something else has its name") from error
            raise disk_fault(error) from error
        self.placing.note_link(index, path, safe_target)

    def lies_there(self, top: str, entries: Sequence[tuple[int, bool]]) -> None:
        """These folders and empty files (True), all there is below a top-level name, are there already: they count as
        received."""
        for index, is_file in entries:
            if self.is_confirmed(index):
                continue  # an earlier try has counted it
            self.stage.note(Sames((Same(index, 0),)) if is_file else EntryDone(index))
            if is_file:
                self.arrived.confirm(index, 0)
            else:
                self.arrived.confirmed.add(index)
        self.tops.lying.append(top)

    def unlike(self, index: int) -> None:
        """What seemed to be the same is not. It is counted over all tries, so that nobody finds out what lies here by
        guessing."""
        self.tops.unlike += 1
        self.stage.note(NotAlike(index))

    def same(self, index: int, parts: Sequence[str], size: int, name: str = "") -> None:
        """The file that has this name, or `name` in its place, is the same: it stays, and counts as received."""
        safe = self.placing.safe(parts)
        self.placing.lies(safe, name or safe[-1])
        placed = self.tops.placed(safe)
        self.batch.add(VerifiedFile(index, (*placed[:-1], name or placed[-1]), size))

    def begin(
        self, index: int, parts: Sequence[str], size: int, chunks: int, executable: bool = False,
        private: bool = False,
    ) -> None:
        """A file starts; its first `chunks` chunks are kept from earlier. NameRefused if its name cannot be kept."""
        safe, begun = self.placing.safe(parts), self.arrived.begun
        if chunks and index not in begun:
            raise DiskFault(Code.CONTENT_DIFFERS, "a part that was never begun")
        self._begin = (index, safe, size)
        try:
            self.placing.unintend(index)
            if index not in begun:
                begun.add(index)
                if size > CHUNK:
                    self.arrived.begins += 1
                    self.stage.note(FileBegun(index))
        except OSError as error:
            raise disk_fault(error) from error
        self._part = PartFile(self.stage.folder, index, size, chunks, executable, private)

    def write(self, data: memoryview) -> None:
        """Bytes of the file begun last."""
        if self._part is not None:
            self._spend(len(data))
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
        part, begin = self._part, self._begin
        assert part is not None
        assert begin is not None
        index, safe, size = begin
        try:
            require_whole(part, part.finish(mtime_ns, not HAS_BARRIER), content)
            kept_ns = part.mtime_ns()
        except DiskFault as fault:
            if fault.code is Code.CONTENT_DIFFERS:
                self.drop()
            raise
        part.close()
        self.disk_seconds += part.disk_seconds
        self._part = None
        self.arrived.begun.discard(index)
        self.batch.whole(index, safe, size, content, kept_ns)

    def small(
        self, index: int, parts: Sequence[str], data: Buffer, content: bytes, mtime_ns: int, executable: bool = False,
        private: bool = False,
    ) -> None:
        """A whole file at once. NameRefused if its name cannot be kept, DiskFault CONTENT_DIFFERS if it is another."""
        if not parts:
            raise names.NameRefused("a path of 0 components")
        self.small_files.put(
            index, tuple(parts[:-1]), parts[-1], data, content, mtime_ns, executable, private
        )

    def drop(self) -> None:
        """Forget the part of the file begun last."""
        part, self._part = self._part, None
        if part is not None:
            self.arrived.begun.discard(part.number)
            part.close()
            try:
                self.stage.remove_part(part.number)
            except OSError as error:
                raise disk_fault(error) from error

    def forget(self, index: int) -> None:
        """What is kept of a file that was begun goes: it comes again from its beginning."""
        self.arrived.partials.pop(index, None)
        self.arrived.begun.discard(index)
        try:
            self.stage.remove_part(index)
        except OSError as error:
            raise disk_fault(error) from error

    def put_aside(self) -> None:
        """Keep the part of the file begun last for later."""
        part, self._part = self._part, None
        if part is not None:
            part.keep()
            self.disk_seconds += part.disk_seconds

    # --- final names

    def due(self, now: float) -> bool:
        """Whether a barrier should follow now."""
        return self.batch.due(now)

    def commit(self, now: float) -> list[tuple[int, int]]:
        """Make what waits durable and give it its final names; the confirmed ranges of indices."""
        return self.batch.commit(now)

    def finish(self) -> list[tuple[int, int]]:
        """After the last commit: make the links, set the folders' times, durably; further confirmed indices.

        A link that cannot be made is in `batch.refused`.
        """
        return self.batch.finish()

    def close(self) -> None:
        """Give all handles back; what is kept stays for another try."""
        if self._closed:
            return
        self._closed = True
        if self._part is not None:
            self._part.keep()
            self._part = None
        self.folders.close()
        self.new.close()
        self.batch.note()
        self.stage.close()
        self._root.close()

    def discard(self) -> None:
        """Remove the staging folder with all parts; final files stay. Then it is closed."""
        if self._part is not None:
            self._part.close()
            self._part = None
        self.close()
        remove(self.destination, self.transfer)

    # --- inside

    def _spend(self, count: int) -> None:
        """Before so many bytes are written. DiskFault DISK_FULL while there is room on the disk, but none for us."""
        self._spent += count
        if self._spent < LOOK:
            return
        try:
            room = self.stage.folder.room()
        except OSError as error:
            raise disk_fault(error) from error
        if not room:
            raise DiskFault(Code.DISK_FULL, "all but the reserve is taken")
        self._spent = 0

    def _check_all(self) -> Iterator[None]:
        yield from self._recovery.check(self.batch.files)
        if self.batch.files or self.new:
            self.batch.commit(self._began)
        yield from self._recovery.check_begun(self.batch.files)
