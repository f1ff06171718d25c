"""We are the sink of a data link: what arrives goes to staging, is made durable in batches, and is then confirmed.

It is put together of parts: `prelude` (before the first byte), `entries` (what comes, one after the other), `budget`
(how much may come at all), `report` (what did not).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from lanshare.domain.commands import SkipFile
from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.offer import Allowance, ConflictPolicy
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.bottleneck import Profile
from lanshare.exchange.handshake import refused
from lanshare.exchange.sink.budget import Budget
from lanshare.exchange.sink.entries import Entries
from lanshare.exchange.sink.prelude import Prelude
from lanshare.exchange.sink.report import Report
from lanshare.exchange.throttle import Throttle
from lanshare.files.faults import DiskFault
from lanshare.files.sink.staging import Staging
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.frames import Frame

_DRAIN: Final = 5.0
"""Seconds for which what is on its way is taken and dropped, once all is said."""

_PING: Final = 5.0



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

        self.fault: DiskFault | None = None
        self.report = Report()
        self.profile = Profile(source=False)
        self._staging, self._attach = staging, attach
        self._progress, self._verifying, self._throttles = progress, verifying, throttles
        self._budget = Budget(allowed, staging.tops.spelled, staging.tops.came)
        self._listed = Budget(allowed, staging.tops.spelled, staging.tops.came)
        """What the source lists before it sends: no more than it may send, so that it cannot ask about other names."""

        self._prelude = Prelude(staging, clash, known, self._listed, self.report)
        self._entries = Entries(
            staging, self._budget, self.report, lambda: self._prelude.unwanted, clash, execute, self._pace
        )
        self._outlet: Outlet | None = None
        self._ready = False
        self._spoke = self._end_at = self._now = 0.0

    @property
    def _out(self) -> Outlet:
        assert self._outlet is not None
        return self._outlet

    @property
    def bytes_moved(self) -> int:
        """Bytes received by this try."""
        return self._entries.meter.moved

    @property
    def file(self) -> str:
        """The path of the file that moves now."""
        return self._entries.open.path

    def begin(self, outlet: Outlet, now: float) -> None:
        """What is kept from earlier is checked first: see produce()."""
        self._outlet = outlet
        self._spoke = now
        if self._attach is not None:
            outlet.say(f.Attach(self._attach, "pull"))

    def on_post(self, item: object, now: float) -> None:
        """A person does not want the file that moves now; or all that was offered is counted."""
        begun = self._entries.open.begun
        if isinstance(item, Allowance):
            self._now = now
            if not self._end_at:
                self._guard(self._allow, item)
        elif self._end_at or not self._ready or begun is None or self._entries.open.passed_over:
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
        if self._entries.meter.due(now):
            self._progress(self._entries.meter.done, self._entries.meter.rate)
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
        kept = self._staging.kept()
        self._entries.start(self._out, kept, sum(resting.values()))
        self._ready = True
        self.profile.begin(self._now, self._out.waited)
        partials = tuple((index, *what) for index, what in kept.partials.items())[: limits.PARTIALS]
        self._out.say(f.Attached(kept.confirmed[: limits.RANGES], partials))
        self._progress(self._entries.meter.done, 0.0)

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
        self._entries.open.must_be_none("all sent within a file")
        if frame.entries < self._entries.next:
            raise ProtocolError("all sent, but fewer than came")
        self._commit()
        if self._entries.aside:
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
        self._progress(self._entries.meter.done, self._entries.meter.rate)
        self._end_at = self._now + _DRAIN


_DISK_WORK: Final[dict[type[Frame], Callable[[Receiving, Any], None]]] = {
    f.Begin: lambda sink, frame: sink._entries.begin(frame),
    f.Data: lambda sink, frame: sink._entries.data(frame),
    f.Hole: lambda sink, frame: sink._entries.hole(frame),
    f.ChunkEnd: lambda sink, frame: sink._entries.chunk(frame),
    f.End: lambda sink, frame: sink._entries.end(frame),
    f.Pack: lambda sink, frame: sink._entries.pack(frame),
    f.FileAborted: lambda sink, frame: sink._entries.lost(frame),
    f.FilePaused: lambda sink, frame: sink._entries.put_aside(frame),
    f.EntrySkipped: lambda sink, frame: sink._entries.skip(frame),
    f.Listing: lambda sink, frame: sink._prelude.listed(frame),
    f.Contents: lambda sink, frame: sink._prelude.contents(frame),
    f.AllSent: Receiving._all_sent,
}
"""What a frame leads to; a fault of the disk in it halts the source."""
