"""We are the sink of a data link: what arrives goes to staging, is made durable in batches, and is then confirmed.

It is put together of parts: `prelude` (before the first byte), `open_file` (which bytes may come now), `budget` (how
much may come at all), `report` (what did not).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from lanshare.domain.commands import SkipFile
from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.offer import TIME_BOUND, Allowance, ConflictPolicy
from lanshare.domain.ranges import Ranges
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.bottleneck import Profile
from lanshare.exchange.handshake import refused
from lanshare.exchange.meter import Meter
from lanshare.exchange.sink.budget import Budget
from lanshare.exchange.sink.open_file import OpenFile
from lanshare.exchange.sink.prelude import Prelude
from lanshare.exchange.sink.report import Report
from lanshare.exchange.throttle import Throttle
from lanshare.files.faults import DiskFault
from lanshare.files.names import NameRefused
from lanshare.files.sink.staging import Kept, Staging
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.frames import Frame

_DRAIN: Final = 5.0
"""Seconds for which what is on its way is taken and dropped, once all is said."""

_PING: Final = 5.0
_LARGEST: Final = 2**44
"""Bytes in one file: 16 TiB, ext4's bound. Its digests, 128 MiB, are the memory that a hostile size could ask for."""

_HALTING: Final = frozenset({Code.DISK_FULL, Code.READ_ONLY, Code.NO_FOLDER, Code.DISK_ERROR})
"""What the disk says that no other file would fare better with."""


class Receiving:
    """Keeps what a source sends. After drive(): `finished`, or `fault` says why nothing more can be kept."""

    patience = limits.STALL * 2
    must_hear = True

    def __init__(
        self, staging: Staging, attach: bytes | None, progress: Callable[[int, float], None],
        verifying: Callable[[], None], known: tuple[str, ...] = (), clash: ConflictPolicy = ConflictPolicy.KEEP,
        execute: bool = False, throttles: Sequence[Throttle] = (), allowed: Allowance | None = None,
    ) -> None:
        """`attach`: the transfer's id if we dialled to fetch it. `known`: the offer's top-level names, if it is to be
        found out what of it is here already. `execute`: files may keep the right to be executed. `throttles`: limits
        to keep to, by not reading. `allowed`: all that may come; None: that is not bounded.
        """
        self.done = self.finished = False
        self.rests = False
        """All else is over, and what was put aside waits: the transfer is paused, however the link ended."""

        self.aside = 0
        """Files that were put aside: the transfer rests when the others are over."""

        self.fault: DiskFault | None = None
        self.report = Report()
        self.profile = Profile(source=False)
        self._staging, self._attach, self._clash, self._execute = staging, attach, clash, execute
        self._progress, self._verifying, self._throttles = progress, verifying, throttles
        self._budget = Budget(allowed, staging.tops.spelled, staging.tops.came)
        self._listed = Budget(allowed, staging.tops.spelled, staging.tops.came)
        """What the source lists before it sends: no more than it may send, so that it cannot ask about other names."""

        self._prelude = Prelude(staging, clash, known, self._listed, self.report)
        self._open, self._meter = OpenFile(), Meter()
        self._outlet: Outlet | None = None
        self._ready = False
        self._kept = Kept((), 0, 0)
        self._confirmed = Ranges()
        """What Attached told to be here: if it is sent all the same, it is passed over."""

        self._next = 0
        self._spoke = self._end_at = self._now = 0.0

    @property
    def _out(self) -> Outlet:
        assert self._outlet is not None
        return self._outlet

    @property
    def bytes_moved(self) -> int:
        """Bytes received by this try."""
        return self._meter.moved

    @property
    def file(self) -> str:
        """The path of the file that moves now."""
        return self._open.path

    def begin(self, outlet: Outlet, now: float) -> None:
        """What is kept from earlier is checked first: see produce()."""
        self._outlet = outlet
        self._spoke = now
        if self._attach is not None:
            outlet.say(f.Attach(self._attach, "pull"))

    def on_post(self, item: object, now: float) -> None:
        """A person does not want the file that moves now; or all that was offered is counted."""
        begun = self._open.begun
        if isinstance(item, Allowance):
            self._now = now
            if not self._end_at:
                self._guard(self._allow, item)
        elif self._end_at or not self._ready or begun is None or self._open.passed_over:
            return
        elif isinstance(item, SkipFile) and item.path == self.file:
            self._out.say(f.Unwanted(begun.index, Code.PUT_ASIDE if item.later else Code.LEFT_OUT))

    def produce(self, now: float) -> bool:
        """Before the first byte: check what is kept, a turn at a time, and look for what is here already."""
        if self._ready or self._end_at:
            return False
        if now - self._spoke >= _PING:
            self._spoke = now
            self._out.say(f.Ping(0))
        if self._prelude.waits:
            return False
        self._guard(self._prepare)
        return True

    def on_time(self, now: float) -> float | None:
        """Tell progress, and make durable what has waited long enough."""
        self._now = now
        if not self._ready and not self._end_at:
            return now + _PING if self._prelude.waits else now
        if self._end_at:
            if now >= self._end_at:
                self.done = True
            return self._end_at
        self.profile.tick(now, self._staging.spent, self._out)
        if self._meter.due(now):
            self._progress(self._meter.done, self._meter.rate)
        if self._staging.due(now):
            self._guard(self._commit)
        return now + 0.5

    def on_frame(self, frame: Frame, now: float) -> None:
        """The source sends."""
        self._now = now
        if self._end_at:
            if isinstance(frame, f.Bye):
                self.done = True
            return
        if (work := _DISK_WORK.get(type(frame))) is not None:
            self._guard(work, self, frame)
        else:
            self._heard(frame)
        if self._ready and not self._end_at and self._staging.due(now):
            self._guard(self._commit)

    def close(self) -> None:
        """Give descriptors back."""
        self._prelude.close()

    # --- inside

    def _heard(self, frame: Frame) -> None:
        """What is not written to the disk."""
        match frame:
            case f.Noted():
                self.report.lose(frame.path, frame.code)
            case f.Ping() | f.Pong():
                pass
            case f.Timing():
                self.profile.heard(frame)
            case f.Refusal():
                raise refused(frame)
            case f.Bye():
                raise LanshareError(Code.PEER_AWAY, "goodbye before the end")
            case _:
                raise ProtocolError(type(frame).__name__)

    def _guard(self, work: Callable[..., None], *arguments: object) -> None:
        """Run a disk step; a fault halts the source, keeps what is kept, and drains what is under way."""
        try:
            work(*arguments)
        except DiskFault as fault:
            self.fault = fault
            self._out.say(f.Halt(fault.code, fault.detail[: limits.LABEL] if fault.code != Code.NO_FOLDER else ""))
            self._end_at = self._now + _DRAIN

    def _allow(self, allowed: Allowance) -> None:
        self._listed.allow(allowed)
        self._budget.allow(allowed)

    def _pace(self, count: int) -> None:
        for throttle in self._throttles:
            if (until := throttle.take(count, self._now)) > self._now:
                self._out.rest(until)

    def _prepare(self) -> None:
        if not self._prelude.step(self._out, self._now):
            return
        kept = self._staging.kept()
        resting = {index: chunks * CHUNK for index, (chunks, _) in kept.partials.items()}
        self._budget.begin(kept.files, kept.length, self._staging.tops.unlisted, resting)
        # A part of an offer that was another one then: it comes again, if it still does.
        for index in self._budget.overdrawn():
            self._staging.forget(index)
            resting.pop(index)
        self._kept = kept = self._staging.kept()
        # The kept parts of begun files count from the start, so that progress never falls back.
        begun = sum(resting.values())
        self._meter = Meter(kept.length + begun)
        self._ready = True
        # Of many gaps only the first are told, so that the others come once more.
        self._confirmed = Ranges(list(kept.confirmed))
        self.profile.begin(self._now, self._out.waited)
        partials = tuple((index, *what) for index, what in kept.partials.items())[: limits.PARTIALS]
        self._out.say(f.Attached(kept.confirmed[: limits.RANGES], partials))
        self._progress(self._meter.done, 0.0)

    # --- entries

    def _begin(self, frame: f.Begin) -> None:
        self._open.must_be_none("a file within a file")
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
        if frame.index < self._next:
            raise ProtocolError("an index twice")
        self._next = frame.index + 1
        if frame.kind != "file" and (frame.size or frame.offset):
            raise ProtocolError("a folder or link with bytes")
        chunks, rest = divmod(frame.offset, CHUNK)
        held = self._kept.partials.get(frame.index, (0, b""))[0] if frame.kind == "file" else 0
        if rest or frame.offset > frame.size or chunks > held:
            raise ProtocolError("an offset that was not kept")
        if frame.index in self._prelude.unwanted:
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
        self._open.open(frame)
        if frame.executable and not self._execute:
            self.report.lose("/".join(frame.parts), Code.EXECUTE_DROPPED)
        self._meter.keep(frame.offset - held * CHUNK)

    def _refuse_begun(self, frame: f.Begin, code: Code) -> None:
        """It cannot be kept; what comes of it is passed over."""
        self._refuse(frame.index, frame.parts, code)
        if frame.kind == "file":
            self._open.open(frame, passed_over=True)

    def _give_back(self, frame: f.Begin) -> None:
        if frame.kind == "file":
            self._budget.give_back(frame.size)

    def _pass_over(self, frame: f.Begin) -> None:
        """It is here already, and the source was told so: it is confirmed once more, nothing is kept twice."""
        self._out.say(f.Confirmed(frame.index, frame.index))
        if frame.kind == "file":
            self._open.open(frame, passed_over=True)

    def _pack(self, frame: f.Pack) -> None:
        """Small files, whole."""
        self._open.must_be_none("a file within a file")
        size = 0
        try:
            for one in frame.files:
                if one.index < self._next:
                    raise ProtocolError("an index twice")
                if one.index in self._prelude.unwanted:
                    raise ProtocolError("an entry that was not wanted")
                self._next = one.index + 1
                if one.index in self._confirmed:
                    self._out.say(f.Confirmed(one.index, one.index))
                else:
                    self._packed(one, (*frame.folder, one.name))
                size += len(one.data)
        finally:
            self._meter.add(size)
        self._pace(size)

    def _packed(self, one: f.Packed, parts: tuple[str, ...]) -> None:
        staging = self._staging
        self._budget.take(parts, 1, len(one.data), one.index)
        try:
            if self._clash is ConflictPolicy.SKIP and staging.placing.taken(parts):
                self._refuse(one.index, parts, Code.ALREADY_THERE)
                return
            keeps = one.executable and self._execute
            self._fits_time(parts, one.mtime_ns)
            staging.small(one.index, parts, one.data, one.content, one.mtime_ns, keeps, one.private)
            if one.executable and not keeps:
                self.report.lose("/".join(parts), Code.EXECUTE_DROPPED)
        except NameRefused as refusal:
            self._refuse(one.index, parts, refusal.code)
        except DiskFault as fault:
            if fault.code in _HALTING:
                raise
            self._refuse(one.index, parts, fault.code)

    def _fits_time(self, parts: Sequence[str], mtime_ns: int) -> None:
        if abs(mtime_ns) >= TIME_BOUND:
            self.report.lose("/".join(parts), Code.TIME_LOST)

    def _skip(self, frame: f.EntrySkipped) -> None:
        self._budget.skip()
        self.report.missed(frame.path, frame.code)

    def _refuse(self, index: int, parts: tuple[str, ...], code: Code) -> None:
        self.report.missed("/".join(parts), code)
        self._out.say(f.Failed(index, code))

    # --- the file that moves

    def _data(self, frame: f.Data) -> None:
        if self._open.takes(len(frame.payload), hole=False):
            self._staging.write(frame.payload)
            self._meter.add(len(frame.payload))
        self._pace(len(frame.payload))

    def _hole(self, frame: f.Hole) -> None:
        if self._open.takes(frame.length, hole=True):
            self._staging.hole(frame.length)
            self._meter.keep(frame.length)

    def _chunk(self, frame: f.ChunkEnd) -> None:
        if self._open.chunk() and frame.digest != self._staging.last_digest:
            raise ProtocolError("a chunk that differs from its digest")

    def _end(self, frame: f.End) -> None:
        begun, kept = self._open.close("the end of no file")
        if not kept:
            return
        try:
            self._staging.end(frame.content, begun.mtime_ns)
        except DiskFault as fault:
            if fault.code is not Code.CONTENT_DIFFERS:
                raise
            self._refuse(begun.index, begun.parts, fault.code)
            self._budget.give_back(begun.size)

    def _lost(self, frame: f.FileAborted) -> None:
        begun, kept = self._open.close("another file was lost", frame.index)
        if kept:
            self._budget.give_back(begun.size)
            self.report.missed("/".join(begun.parts), frame.code)
            self._staging.drop()

    def _put_aside(self, frame: f.FilePaused) -> None:
        _, kept = self._open.close("another file was put aside", frame.index)
        if not kept:
            return
        self.aside += 1
        if self.aside > limits.PARTIALS:
            raise ProtocolError("too many files were put aside")
        self._staging.put_aside()  # it goes on being counted: its part stays on the disk

    # --- durable, and over

    def _commit(self) -> None:
        for first, last in self._staging.commit(self._now):
            self._out.say(f.Confirmed(first, last))
        self._refused()
        self._budget.check_uncounted(self._staging.uncounted)

    def _refused(self) -> None:
        for index, path in self._staging.batch.refused.items():
            self.report.missed(path, Code.NAME_REFUSED)
            self._out.say(f.Failed(index, Code.NAME_REFUSED))
        self._staging.batch.refused.clear()

    def _all_sent(self, frame: f.AllSent) -> None:
        self._verifying()
        self._open.must_be_none("all sent within a file")
        if frame.entries < self._next:
            raise ProtocolError("all sent, but fewer than came")
        self._commit()
        if self.aside:
            self.rests = True
            self._out.say(f.Halt(Code.PUT_ASIDE))
            self._end_at = self._now + _DRAIN
            return
        for first, last in self._staging.finish():
            self._out.say(f.Confirmed(first, last))
        self._refused()
        for note in self.report.close(self._staging.placing.losses):
            self._out.say(note)
        arrived = self._staging.arrived
        self._out.say(f.Complete(arrived.files, self.report.failed_count, arrived.length))
        self.finished = True
        self._progress(self._meter.done, self._meter.rate)
        self._end_at = self._now + _DRAIN


_DISK_WORK: Final[dict[type[Frame], Callable[[Receiving, Any], None]]] = {
    f.Begin: Receiving._begin,
    f.Data: Receiving._data,
    f.Hole: Receiving._hole,
    f.ChunkEnd: Receiving._chunk,
    f.End: Receiving._end,
    f.Pack: Receiving._pack,
    f.FileAborted: Receiving._lost,
    f.FilePaused: Receiving._put_aside,
    f.EntrySkipped: Receiving._skip,
    f.Listing: lambda sink, frame: sink._prelude.listed(frame),
    f.Contents: lambda sink, frame: sink._prelude.contents(frame),
    f.AllSent: Receiving._all_sent,
}
"""What a frame leads to; a fault of the disk in it halts the source."""
