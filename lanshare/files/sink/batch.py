"""Whole files that wait for their final names, and how they get them: a batch at a time.

What is whole is noted; intents are noted, one barrier makes files and intents durable, then each new folder and each
other file is renamed without replacing anything. A crash at any point leaves a file either in staging, where it is
checked again, or verified under its final name.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Iterator
from typing import Any, Final

from lanshare.domain.errors import Code
from lanshare.domain.ranges import Ranges
from lanshare.files.faults import UNFIT, disk_fault
from lanshare.files.sink.destination import Placing
from lanshare.files.sink.ledger import EntryDone, Intended, Intentions, NewFile, NewFiles, Same, Sames, Whole, Wholes
from lanshare.files.sink.made_folders import MadeFolders, Path
from lanshare.files.sink.new_folders import NewFolders
from lanshare.files.sink.recovery import Arrived
from lanshare.files.sink.stage import Stage, VerifiedFile
from lanshare.files.sink.top_names import TopNames

BATCH_BYTES: Final = 256 * 1024 * 1024
"""What a power cut may cost: a barrier follows at least this often."""

BATCH_SECONDS: Final = 1.0
"""Or after this long."""

BATCH_FILES: Final = 20_000
"""Or this many files: bounds the memory of a batch."""

_UNNOTED_BYTES: Final = 1024 * 1024
_UNNOTED: Final = 64
"""Whole files, and bytes of them, that a killed process may have to receive again: noting each costs as much as it."""

_LINE: Final = 512
"""Files in one line of the ledger."""

class Batch:
    """They, for one transfer. Errors of the disk are DiskFaults."""

    def __init__(
        self, stage: Stage, folders: MadeFolders, new: NewFolders, tops: TopNames, placing: Placing,
        arrived: Arrived, now: float,
    ) -> None:
        self._stage, self._folders, self._new, self._tops, self._placing = stage, folders, new, tops, placing
        self._arrived = arrived
        self.refused: dict[int, str] = {}
        """Verified files whose names this file system cannot hold; whoever confirms takes them from here."""

        self.disk_seconds = 0.0
        """Time that the disk took for what was made durable."""

        self.files: list[VerifiedFile] = []
        self._bytes = 0
        self._since = now
        self._noting: list[Whole] = []
        self._noting_new: list[NewFile] = []
        self._noted_in: Path = ()
        self._unnoted = self._unnoted_bytes = 0
        self._timed = False

    def add(self, whole: VerifiedFile) -> None:
        """A file that is here waits for its name."""
        self.files.append(whole)
        self._bytes += whole.size

    def whole(self, index: int, safe: tuple[str, ...], size: int, content: bytes, mtime_ns: int) -> None:
        """A part is whole and true: noted now and then, as noting each costs as much as receiving it again."""
        try:
            path = self._tops.placed(safe)
        except OSError as error:
            if error.errno not in UNFIT:
                raise disk_fault(error) from error
            self._stage.remove_part(index, size)
            self.refuse(index, safe)
            return
        try:
            self._noting.append(Whole(index, size, path, content.hex(), mtime_ns))
            self._count_unnoted(size)
        except OSError as error:
            raise disk_fault(error) from error
        self.add(VerifiedFile(index, path, size, content, mtime_ns))

    def new(self, whole: VerifiedFile) -> None:
        """A file is whole and true under its final name in a new folder: noted in the same way."""
        above = whole.path[:-1]
        if above != self._noted_in:
            self._note_new()
            self._noted_in = above
        self._noting_new.append(
            NewFile(whole.index, whole.size, whole.path[-1], whole.content.hex(), whole.mtime_ns)
        )
        try:
            self._count_unnoted(whole.size)
        except OSError as error:
            raise disk_fault(error) from error
        self.add(whole)

    def refuse(self, index: int, path: Path) -> None:
        """A verified file's name cannot be held by this file system; what was written of it is gone."""
        self.refused[index] = "/".join(path)

    def note(self) -> None:
        """Note what is whole, with the next line that is written."""
        self._unnoted = self._unnoted_bytes = 0
        self._note_new()
        if self._noting:
            noting, self._noting = tuple(self._noting), []
            self._stage.book.later(Wholes(noting))

    def due(self, now: float) -> bool:
        """Whether a barrier should follow now."""
        if not self.files and not self._new:
            self._since = now
            return False
        return (
            self._bytes >= BATCH_BYTES
            or len(self.files) >= BATCH_FILES
            or now - self._since >= BATCH_SECONDS
        )

    def commit(self, now: float) -> list[tuple[int, int]]:
        """Make what waits durable and give it its final names; the confirmed ranges of indices."""
        batch, self.files, self._bytes, self._since = self.files, [], 0, now
        if not batch and not self._new:
            return []
        began = time.perf_counter()
        try:
            return self._commit(batch)
        finally:
            self.disk_seconds += time.perf_counter() - began

    def _commit(self, batch: list[VerifiedFile]) -> list[tuple[int, int]]:
        done, book = Ranges(), self._stage.book
        try:
            self.note()
            grown = [whole for whole in batch if whole.number >= 0]
            sames, batch = self._without_same([whole for whole in batch if whole.number < 0])
            for some in _pieces(sames):
                book.later(Sames(tuple(Same(whole.index, whole.size) for whole in some)))
            intended = self._intend(batch)
            self._new.note()
            self._barrier()
            changed, left = self._new.place()
            for path in self._new.refused:
                self._placing.lose("/".join(path), Code.NAME_REFUSED)
            self._new.refused.clear()
            if left:
                intended += self._intend([whole for whole in grown if whole.number in left])
                grown = [whole for whole in grown if whole.number not in left]
                self._barrier()
            batch = [whole for whole, target in intended if self._named(whole, target) is not None]
            if self._new:
                self._new.end()
            self._folders.close()
            self._sync_folders(changed | {whole.path[:-1] for whole in batch})
        except OSError as error:
            raise disk_fault(error) from error
        for whole in batch:
            self._placing.intents.pop(whole.index, None)
        for whole in sorted([*sames, *grown, *batch], key=_index):
            done.add(whole.index)
            self._arrived.files += 1
            self._arrived.length += whole.size
        for first, last in done.ranges:
            self._arrived.confirmed.add_range(first, last)
        return done.ranges

    def finish(self) -> list[tuple[int, int]]:
        """After the last commit: make the links, set the folders' times, durably; further confirmed indices.

        A link that cannot be made is in `refused`.
        """
        done = Ranges()
        try:
            for index, path, target in self._placing.links:
                if self._placing.make_link(path, target):
                    self._stage.note(EntryDone(index))
                    self._arrived.confirmed.add(index)
                    done.add(index)
                else:
                    self.refused[index] = "/".join(path)
            self._placing.links = []
            if not self._timed:
                self._timed = True
                self._placing.set_times()
            self._folders.close()
            self._barrier()
        except OSError as error:
            raise disk_fault(error) from error
        return done.ranges

    def _count_unnoted(self, size: int) -> None:
        self._unnoted += 1
        self._unnoted_bytes += size
        if self._unnoted_bytes >= _UNNOTED_BYTES or self._unnoted >= _UNNOTED:
            self.note()
            self._stage.book.flush()

    def _note_new(self) -> None:
        if self._noting_new:
            files, self._noting_new = tuple(self._noting_new), []
            self._stage.book.later(NewFiles(self._new.number(self._noted_in), self._noted_in, files))

    def _intend(self, batch: list[VerifiedFile]) -> list[tuple[VerifiedFile, str]]:
        """Choose and note the final names of those that this file system can name."""
        intended = [(whole, target) for whole in batch if (target := self._named(whole)) is not None]
        for some in _pieces([whole for whole, _ in intended]):
            self._stage.book.later(Intentions(tuple(
                Intended(whole.index, whole.size, self._placing.intents[whole.index]) for whole in some
            )))
        return intended

    def _without_same(self, batch: list[VerifiedFile]) -> tuple[list[VerifiedFile], list[VerifiedFile]]:
        """Which of these need no name, as the very same file has it or is about to get it, and the others.

        A file is sent twice if its folder changed while the transfer waited; it is not doubled, and its part goes.
        """
        sames: list[VerifiedFile] = []
        others: dict[tuple[str, ...], VerifiedFile] = {}
        rest: list[VerifiedFile] = []
        for whole in batch:
            if not whole.content:
                sames.append(whole)
            elif name := self._twin(whole, others.get(whole.path)) or self._placing.lies_here(whole):
                self._stage.remove_part(whole.index, whole.size)
                self._placing.lies(whole.path, name)
                sames.append(whole)
            else:
                others.setdefault(whole.path, whole)
                rest.append(whole)
        return sames, rest

    def _twin(self, whole: VerifiedFile, other: VerifiedFile | None) -> str:
        """The name, if this other one of the batch is the very same file; else empty."""
        if other is None or (whole.size, whole.content) != (other.size, other.content):
            return ""
        folder = self._stage.folder
        one, two = folder.stat(str(whole.index)), folder.stat(str(other.index))
        return whole.path[-1] if one is not None and two is not None and one.st_mtime_ns == two.st_mtime_ns else ""

    def _named(self, whole: VerifiedFile, target: str | None = None) -> str | None:
        """Choose a final name, or (with `target`) give it; None if this file system cannot hold it: its part goes."""
        try:
            if target is None:
                return self._placing.intend(whole)
            self._placing.give_name(whole, target)
            return target
        except OSError as error:
            if error.errno not in UNFIT:
                raise
            self._placing.give_up(whole.index)
            self._new.remove(whole)
            self.refuse(whole.index, whole.path)
            return None

    def _barrier(self) -> None:
        folder, book = self._stage.folder, self._stage.book
        book.flush()
        if not folder.sync_all():
            self._new.sync()
            book.sync()
            folder.sync()

    def _sync_folders(self, paths: set[tuple[str, ...]]) -> None:
        if len(paths) > 8 and self._stage.folder.sync_all():
            return
        for path in paths:
            self._folders.folder(path).sync()
        self._folders.close()
        self._stage.folder.sync()


_index: Final = operator.attrgetter("index")


def _pieces(items: list[Any]) -> Iterator[list[Any]]:
    for at in range(0, len(items), _LINE):
        yield items[at : at + _LINE]
