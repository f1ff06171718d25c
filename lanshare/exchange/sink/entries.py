"""The entries of a transfer as they arrive: which may come now, which is kept, which is passed over or refused.

No time and no decision of a person: receiving guards each step against faults of the disk, and ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from lanshare.domain.errors import Code, ProtocolError
from lanshare.domain.offer import TIME_BOUND, ConflictPolicy
from lanshare.domain.ranges import Ranges
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.meter import Meter
from lanshare.exchange.sink.budget import Budget
from lanshare.exchange.sink.open_file import OpenFile
from lanshare.exchange.sink.report import Report
from lanshare.files.faults import DiskFault
from lanshare.files.names import NameRefused
from lanshare.files.sink.staging import Kept, Staging
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits

_LARGEST: Final = 2**44
"""Bytes in one file: 16 TiB, ext4's bound. Its digests, 128 MiB, are the memory that a hostile size could ask for."""

_HALTING: Final = frozenset({Code.DISK_FULL, Code.READ_ONLY, Code.NO_FOLDER, Code.DISK_ERROR})
"""What the disk says that no other file would fare better with."""


class Entries:
    """Takes the frames of entries, in the order of their index. Each method is a step on the disk: DiskFault halts the
    source; ProtocolError ends the link."""

    def __init__(
        self, staging: Staging, budget: Budget, report: Report, unwanted: Callable[[], Ranges],
        clash: ConflictPolicy, execute: bool, pace: Callable[[int], None],
    ) -> None:
        """`unwanted`: entries that the source was told not to send. `execute`: files may keep the right to be executed.
        `pace` is told how many bytes came."""
        self.report, self.open, self.meter = report, OpenFile(), Meter()
        self.aside = 0
        """Files that were put aside: the transfer rests when the others are over."""

        self.next = 0
        """The least index that may come."""

        self._staging, self._budget, self._unwanted = staging, budget, unwanted
        self._clash, self._execute, self._pace = clash, execute, pace
        self._outlet: Outlet | None = None
        self._kept = Kept((), 0, 0)
        self._confirmed = Ranges()
        """What Attached told to be here: if it is sent all the same, it is passed over."""

    @property
    def _out(self) -> Outlet:
        assert self._outlet is not None
        return self._outlet

    def start(self, outlet: Outlet, kept: Kept, begun: int) -> None:
        """What is kept from earlier is known; `begun`: bytes of begun files in it."""
        self._outlet, self._kept = outlet, kept
        # The kept parts of begun files count from the start, so that progress never falls back.
        self.meter = Meter(kept.length + begun)
        # Of many gaps only the first are told, so that the others come once more.
        self._confirmed = Ranges(list(kept.confirmed))

    def begin(self, frame: f.Begin) -> None:
        """An entry begins: a folder or link is whole by that."""
        self.open.must_be_none("a file within a file")
        self._check_order(frame)
        if frame.index in self._confirmed:
            self._pass_over(frame)
            return
        if frame.size > _LARGEST:
            self._refuse_begun(frame, Code.DISK_FULL)
            return
        self._budget.take(frame.parts, int(frame.kind == "file"), frame.size, frame.index)
        self._budget.check_uncounted(self._staging.arrived.begins)
        try:
            if frame.kind == "folder":
                self._staging.folder(frame.index, frame.parts, frame.mtime_ns, frame.private)
                self._out.say(f.Confirmed(frame.index, frame.index))
            elif frame.kind == "link":
                self._staging.link(frame.index, frame.parts, frame.target)
            else:
                self._begin_file(frame)
        except NameRefused as refusal:
            self._refuse_begun(frame, refusal.code)
            self._give_back(frame)
        except DiskFault as fault:
            if fault.code in _HALTING:
                raise
            self._refuse_begun(frame, fault.code)
            self._give_back(frame)
        self._budget.check_uncounted(self._staging.uncounted)

    def _check_order(self, frame: f.Begin) -> None:
        if frame.index < self.next:
            raise ProtocolError("an index twice")
        self.next = frame.index + 1
        if frame.kind != "file" and (frame.size or frame.offset):
            raise ProtocolError("a folder or link with bytes")
        chunks, rest = divmod(frame.offset, CHUNK)
        held = self._kept.partials.get(frame.index, (0, b""))[0] if frame.kind == "file" else 0
        if rest or frame.offset > frame.size or chunks > held:
            raise ProtocolError("an offset that was not kept")
        if frame.index in self._unwanted():
            raise ProtocolError("an entry that was not wanted")

    def _begin_file(self, frame: f.Begin) -> None:
        held = self._kept.partials.pop(frame.index, (0, b""))[0]
        if self._clash is ConflictPolicy.SKIP and self._staging.placing.taken(frame.parts):
            self._refuse_begun(frame, Code.ALREADY_THERE)
            self._give_back(frame)
            return
        self._fits_time(frame.parts, frame.mtime_ns)
        keeps = frame.executable and self._execute
        self._staging.begin(frame.index, frame.parts, frame.size, frame.offset // CHUNK, keeps, frame.private)
        self.open.open(frame)
        if frame.executable and not self._execute:
            self.report.lose("/".join(frame.parts), Code.EXECUTE_DROPPED)
        self.meter.keep(frame.offset - held * CHUNK)

    def _refuse_begun(self, frame: f.Begin, code: Code) -> None:
        """It cannot be kept; what comes of it is passed over."""
        self.refuse(frame.index, frame.parts, code)
        if frame.kind == "file":
            self.open.open(frame, passed_over=True)

    def _give_back(self, frame: f.Begin) -> None:
        if frame.kind == "file":
            self._budget.give_back(frame.size)

    def _pass_over(self, frame: f.Begin) -> None:
        """It is here already, and the source was told so: it is confirmed once more, nothing is kept twice."""
        self._out.say(f.Confirmed(frame.index, frame.index))
        if frame.kind == "file":
            self.open.open(frame, passed_over=True)

    def pack(self, frame: f.Pack) -> None:
        """Small files, whole."""
        self.open.must_be_none("a file within a file")
        size = 0
        unwanted, confirmed = self._unwanted(), self._confirmed
        try:
            for one in frame.files:
                if one.index < self.next:
                    raise ProtocolError("an index twice")
                if one.index in unwanted:
                    raise ProtocolError("an entry that was not wanted")
                self.next = one.index + 1
                if one.index in confirmed:
                    self._out.say(f.Confirmed(one.index, one.index))
                else:
                    self._packed(one, frame.folder)
                size += len(one.data)
        finally:
            self.meter.add(size)
        self._pace(size)

    def _packed(self, one: f.Packed, above: tuple[str, ...]) -> None:
        staging, parts = self._staging, (*above, one.name)
        self._budget.take(parts, 1, len(one.data), one.index)
        try:
            if self._clash is ConflictPolicy.SKIP and staging.placing.taken(parts):
                self.refuse(one.index, parts, Code.ALREADY_THERE)
                return
            keeps = one.executable and self._execute
            self._fits_time(parts, one.mtime_ns)
            staging.small_files.put(
                one.index, above, one.name, one.data, one.content, one.mtime_ns, keeps, one.private
            )
            if one.executable and not keeps:
                self.report.lose("/".join(parts), Code.EXECUTE_DROPPED)
        except NameRefused as refusal:
            self.refuse(one.index, parts, refusal.code)
        except DiskFault as fault:
            if fault.code in _HALTING:
                raise
            self.refuse(one.index, parts, fault.code)

    def _fits_time(self, parts: Sequence[str], mtime_ns: int) -> None:
        if abs(mtime_ns) >= TIME_BOUND:
            self.report.lose("/".join(parts), Code.TIME_LOST)

    def skip(self, frame: f.EntrySkipped) -> None:
        """The source left something out."""
        self._budget.skip()
        self.report.missed(frame.path, frame.code)

    def refuse(self, index: int, parts: tuple[str, ...], code: Code) -> None:
        """An entry cannot be kept: it is noted here, and the source is told."""
        self.report.missed("/".join(parts), code)
        self._out.say(f.Failed(index, code))

    # --- the file that moves

    def data(self, frame: f.Data) -> None:
        """Bytes of the file that moves."""
        if self.open.takes(len(frame.payload), hole=False):
            self._staging.write(frame.payload)
            self.meter.add(len(frame.payload))
        self._pace(len(frame.payload))

    def hole(self, frame: f.Hole) -> None:
        """Zero bytes of the file that moves, which need not be stored."""
        if self.open.takes(frame.length, hole=True):
            self._staging.hole(frame.length)
            self.meter.keep(frame.length)

    def chunk(self, frame: f.ChunkEnd) -> None:
        """A chunk is over."""
        if self.open.chunk() and frame.digest != self._staging.last_digest:
            raise ProtocolError("a chunk that differs from its digest")

    def end(self, frame: f.End) -> None:
        """The file that moves is over."""
        begun, kept = self.open.close("the end of no file")
        if not kept:
            return
        try:
            self._staging.end(frame.content, begun.mtime_ns)
        except DiskFault as fault:
            if fault.code is not Code.CONTENT_DIFFERS:
                raise
            self.refuse(begun.index, begun.parts, fault.code)
            self._budget.give_back(begun.size)

    def lost(self, frame: f.FileAborted) -> None:
        """The source cannot send it to its end."""
        begun, kept = self.open.close("another file was lost", frame.index)
        if kept:
            self._budget.give_back(begun.size)
            self.report.missed("/".join(begun.parts), frame.code)
            self._staging.drop()

    def put_aside(self, frame: f.FilePaused) -> None:
        """It rests until the others are over: its part stays."""
        _, kept = self.open.close("another file was put aside", frame.index)
        if not kept:
            return
        self.aside += 1
        if self.aside > limits.PARTIALS:
            raise ProtocolError("too many files were put aside")
        self._staging.put_aside()  # it goes on being counted: its part stays on the disk
