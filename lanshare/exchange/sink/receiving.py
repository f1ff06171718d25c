"""We are the sink of a data link: what arrives goes to staging, is made durable in batches, and is then confirmed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lanshare.domain.commands import SkipFile
from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.offer import TIME_BOUND, Allowance, ConflictPolicy, Skipped
from lanshare.domain.ranges import Ranges
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.bottleneck import Profile
from lanshare.exchange.handshake import refused
from lanshare.exchange.meter import Meter
from lanshare.exchange.sink.budget import Budget
from lanshare.exchange.sink.dedup_sink import Comparing
from lanshare.exchange.throttle import Throttle
from lanshare.files.destination import LOSSES
from lanshare.files.faults import DiskFault
from lanshare.files.names import NameRefused
from lanshare.files.staging import Kept, Staging
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.frames import Frame

_DRAIN = 5.0

_SLICE = 0.05
"""Seconds of checking before the link is looked after again."""

_PING = 5.0
_LARGEST = 2**44
"""Bytes in one file: 16 TiB, ext4's bound. Its digests, 128 MiB, are the memory that a hostile size could ask for."""


_HALTING = frozenset({Code.DISK_FULL, Code.READ_ONLY, Code.NO_FOLDER, Code.DISK_ERROR})
"""What the disk says that no other file would fare better with."""

_NOTED = 1000
"""Characters of a path that is told beside a note."""

_PIECES = 3
"""Pieces of the source's list that are asked for ahead: what waits to be compared is bounded by it."""


class Receiving:
    """Keeps what a source sends. After drive(): `finished`, or `fault` says why nothing more can be kept."""

    patience = limits.STALL * 2
    must_hear = True

    def __init__(
        self,
        staging: Staging,
        attach: bytes | None,
        progress: Callable[[int, float], None],
        verifying: Callable[[], None],
        known: tuple[str, ...] = (),
        clash: ConflictPolicy = ConflictPolicy.KEEP,
        execute: bool = False,
        throttles: Sequence[Throttle] = (),
        allowed: Allowance | None = None,
    ) -> None:
        """`attach`: the transfer's id if we dialled to fetch it. `known`: the offer's top-level names, if it is to be
        found out what of it is here already. `execute`: files may keep the right to be executed. `throttles`: limits
        to keep to, by not reading. `allowed`: all that may come; None: that is not bounded.
        """
        self.done = False
        self.finished = False
        self.aside = 0
        """Files that were put aside: the transfer rests when the others are over."""

        self.losses: list[Skipped] = []
        self.fault: DiskFault | None = None
        self.failed: list[Skipped] = []
        """The first entries that were not kept; `failed_count` tells how many there are."""

        self.failed_count = 0
        self._staging = staging
        self._attach = attach
        self._progress = progress
        self._verifying = verifying
        self._outlet: Outlet | None = None
        self._next = 0
        self._open: f.Begin | None = None
        self._ignore = False
        self.profile = Profile(source=False)
        self._known = known
        self._comparing: Comparing | None = None
        self._clash = clash
        self._execute = execute
        self._unwanted = Ranges()
        self._ready = False
        self._spoke = 0.0
        self._kept = Kept((), 0, 0)
        self._meter = Meter()
        self._throttles = throttles
        self._budget = Budget(allowed, staging.tops.spelled, staging.tops.came)
        self._listed = Budget(allowed, staging.tops.spelled, staging.tops.came)
        """What the source lists before it sends: no more than it may send, so that it cannot ask about other names."""

        self._confirmed = Ranges()
        """What Attached told to be here: if it is sent all the same, it is passed over."""

        self._due_chunk = False
        """A chunk that is not the last one is full: its ChunkEnd comes next."""

        self._left = 0
        """Bytes that an entry which is passed over may still bring."""

        self._end_at = 0.0
        self._now = 0.0

    @property
    def _out(self) -> Outlet:
        assert self._outlet is not None
        return self._outlet

    @property
    def bytes_moved(self) -> int:
        """Bytes received by this try."""
        return self._meter.moved

    def begin(self, outlet: Outlet, now: float) -> None:
        """What is kept from earlier is checked first: see produce()."""
        self._outlet = outlet
        self._spoke = now
        if self._attach is not None:
            outlet.say(f.Attach(self._attach, "pull"))

    @property
    def file(self) -> str:
        """The path of the file that moves now."""
        return "/".join(self._open.parts) if self._open is not None else ""

    def on_post(self, item: object, now: float) -> None:
        """A person does not want the file that moves now; or all that was offered is counted."""
        if isinstance(item, Allowance):
            self._now = now
            if not self._end_at:
                self._guard(self._allow, item)
        elif self._end_at or not self._ready:
            return
        elif isinstance(item, SkipFile) and self._open is not None and item.path == self.file and not self._ignore:
            self._out.say(f.Unwanted(self._open.index, Code.PUT_ASIDE if item.later else Code.LEFT_OUT))

    def produce(self, now: float) -> bool:
        """Before the first byte: check what is kept, a turn at a time, and look for what is here already."""
        if self._ready or self._end_at:
            return False
        if now - self._spoke >= _PING:
            self._spoke = now
            self._out.say(f.Ping(0))
        if self._waits:
            return False
        self._guard(self._prepare)
        return True

    def on_time(self, now: float) -> float | None:
        """Tell progress, and make durable what has waited long enough."""
        self._now = now
        if not self._ready and not self._end_at:
            return now + _PING if self._waits else now
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
        match frame:
            case f.Data():
                self._guard(self._data, frame.payload)
                self._pace(len(frame.payload), now)
            case f.Begin():
                self._guard(self._begin, frame)
                if not self._end_at:
                    self._guard(self._budget.check_uncounted, self._staging.uncounted)
            case f.Hole():
                self._guard(self._hole, frame.length)
            case f.ChunkEnd():
                self._chunk(frame)
            case f.End():
                self._guard(self._end, frame)
            case f.Pack():
                self._guard(self._pack, frame)
                self._pace(sum(len(one.data) for one in frame.files), now)
            case f.FileAborted():
                self._lost(frame)
            case f.FilePaused():
                self._guard(self._put_aside, frame)
            case f.Listing():
                self._guard(self._list, frame)
            case f.Contents():
                self._guard(self._contents, frame)
            case f.EntrySkipped():
                self._guard(self._skip, frame)
            case f.AllSent():
                self._verifying()
                self._guard(self._all_sent, frame)
            case f.Noted():
                self._lose(frame.path, frame.code)
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
        if self._ready and not self._end_at and self._staging.due(now):
            self._guard(self._commit)

    def close(self) -> None:
        """Give descriptors back."""
        if self._comparing is not None:
            self._comparing.close()
            self._comparing = None

    # --- inside

    def _allow(self, allowed: Allowance) -> None:
        self._listed.allow(allowed)
        self._budget.allow(allowed)

    def _guard(self, work: Callable[..., None], *arguments: object) -> None:
        """Run a disk step; a fault halts the source, keeps what is kept, and drains what is under way."""
        try:
            work(*arguments)
        except DiskFault as fault:
            self.fault = fault
            self._out.say(f.Halt(fault.code, fault.detail[: limits.LABEL] if fault.code != Code.NO_FOLDER else ""))
            self._end_at = self._now + _DRAIN

    def _pace(self, count: int, now: float) -> None:
        for throttle in self._throttles:
            if (until := throttle.take(count, now)) > now:
                self._out.rest(until)

    @property
    def _waits(self) -> bool:
        """Whether nothing can be compared before the source has said more."""
        return self._comparing is not None and self._comparing.waits

    def _prepare(self) -> None:
        if self._staging.check(_SLICE):
            return
        known, self._known = self._known, ()
        if known and self._staging.tops.worth_comparing(known):
            self._listed.begin(0, 0, self._staging.tops.unlisted)
            self._comparing = Comparing(self._staging, self._clash, self._listed.take)
            self._comparing.begin(self._out)
            return
        if self._comparing is not None:
            self._compare(self._comparing)
            if not self._comparing.done:
                return
            self._comparing.close()
            self._comparing = None
            self._staging.commit(self._now)  # Attached tells
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

    def _compare(self, comparing: Comparing) -> None:
        comparing.step(self._out, _SLICE)
        for one in comparing.unwanted:
            self._unwanted.add(one.index)
            self._missed("/".join(one.entry.parts), Code.ALREADY_THERE)
            self._out.say(f.Unwanted(one.index, Code.ALREADY_THERE))
        comparing.unwanted.clear()
        for have in comparing.same:
            self._staging.same(have.index, have.entry.parts, have.entry.size, have.path[-1])
        comparing.same.clear()

    def _list(self, frame: f.Listing) -> None:
        if self._comparing is None:
            raise ProtocolError("a list that was not asked for")
        self._comparing.listed(frame)

    def _contents(self, frame: f.Contents) -> None:
        if self._comparing is None:
            raise ProtocolError("content that was not asked for")
        self._comparing.answered(frame)

    def _begin(self, frame: f.Begin) -> None:
        if self._open is not None:
            raise ProtocolError("a file within a file")
        if frame.index < self._next:
            raise ProtocolError("an index twice")
        self._next = frame.index + 1
        if frame.kind != "file" and (frame.size or frame.offset):
            raise ProtocolError("a folder or link with bytes")
        chunks, rest = divmod(frame.offset, CHUNK)
        held = self._kept.partials.pop(frame.index, (0, b""))[0] if frame.kind == "file" else 0
        unkept = chunks > held
        if rest or frame.offset > frame.size or unkept:
            raise ProtocolError("an offset that was not kept")
        self._ignore = False
        if frame.index in self._unwanted:
            raise ProtocolError("an entry that was not wanted")
        self._due_chunk = False
        self._left = frame.size - frame.offset
        if frame.index in self._confirmed:
            self._pass_over(frame)
            return
        if frame.size > _LARGEST:
            self._open = frame
            self._fail(frame, Code.DISK_FULL)
            self._ignore = True
            return
        self._budget.take(frame.parts, int(frame.kind == "file"), frame.size, frame.index, frame.kind == "folder")
        self._budget.check_uncounted(self._staging.arrived.begins)
        try:
            if frame.kind == "folder":
                self._staging.folder(frame.index, frame.parts, frame.mtime_ns, frame.private)
                self._out.say(f.Confirmed(frame.index, frame.index))
                return
            if frame.kind == "link":
                self._staging.link(frame.index, frame.parts, frame.target)
                return
            self._open = frame
            if self._clash is ConflictPolicy.SKIP and self._staging.placing.taken(frame.parts):
                self._fail(frame, Code.ALREADY_THERE)
                self._ignore = True
                self._budget.give_back(frame.size)
                return
            self._fits_time(frame.parts, frame.mtime_ns)
            keeps = frame.executable and self._execute
            self._staging.begin(frame.index, frame.parts, frame.size, chunks, keeps, frame.private)
            if frame.executable and not self._execute:
                self._lose("/".join(frame.parts), Code.EXECUTE_DROPPED)
            self._meter.keep(frame.offset - held * CHUNK)
        except NameRefused as refusal:
            self._refuse_begun(frame, refusal.code)
        except DiskFault as fault:
            if fault.code in _HALTING:
                raise
            self._refuse_begun(frame, fault.code)

    def _refuse_begun(self, frame: f.Begin, code: Code) -> None:
        self._fail(frame, code)
        if frame.kind == "file":
            self._ignore = True
            self._budget.give_back(frame.size)

    def _pass_over(self, frame: f.Begin) -> None:
        """It is here already, and the source was told so: it is confirmed once more, nothing is kept twice."""
        self._out.say(f.Confirmed(frame.index, frame.index))
        if frame.kind == "file":
            self._open, self._ignore = frame, True

    def _pack(self, frame: f.Pack) -> None:
        """Small files, whole."""
        if self._open is not None:
            raise ProtocolError("a file within a file")
        folder, staging = frame.folder, self._staging
        size = 0
        for one in frame.files:
            index = one.index
            if index < self._next:
                raise ProtocolError("an index twice")
            if index in self._unwanted:
                raise ProtocolError("an entry that was not wanted")
            self._next = index + 1
            parts = (*folder, one.name)
            size += len(one.data)
            if index in self._confirmed:
                self._out.say(f.Confirmed(index, index))
                continue
            self._budget.take(parts, 1, len(one.data), index)
            try:
                if self._clash is ConflictPolicy.SKIP and staging.placing.taken(parts):
                    self._refuse(index, parts, Code.ALREADY_THERE)
                    continue
                keeps = one.executable and self._execute
                self._fits_time(parts, one.mtime_ns)
                staging.small(index, parts, one.data, one.content, one.mtime_ns, keeps, one.private)
                if one.executable and not keeps:
                    self._lose("/".join(parts), Code.EXECUTE_DROPPED)
            except NameRefused as refusal:
                self._refuse(index, parts, refusal.code)
            except DiskFault as fault:
                if fault.code in _HALTING:
                    self._meter.add(size - len(one.data))
                    raise
                self._refuse(index, parts, fault.code)
        self._meter.add(size)

    def _fits_time(self, parts: Sequence[str], mtime_ns: int) -> None:
        if abs(mtime_ns) >= TIME_BOUND:
            self._lose("/".join(parts), Code.TIME_LOST)

    def _lose(self, path: str, code: str) -> None:
        if len(self.losses) < LOSSES:
            self.losses.append(Skipped(path, code))

    def _missed(self, path: str, code: str) -> None:
        self.failed_count += 1
        if len(self.failed) < LOSSES:
            self.failed.append(Skipped(path, code))

    def _skip(self, frame: f.EntrySkipped) -> None:
        self._budget.skip()
        self._missed(frame.path, frame.code)

    def _fail(self, frame: f.Begin, code: Code) -> None:
        self._refuse(frame.index, frame.parts, code)

    def _refuse(self, index: int, parts: tuple[str, ...], code: Code) -> None:
        self._missed("/".join(parts), code)
        self._out.say(f.Failed(index, code))

    def _room(self, count: int, hole: bool) -> bool:
        """Whether bytes of the open file are to be kept; ProtocolError if there is no file, or too many of them."""
        if self._open is None:
            raise ProtocolError("bytes without a file")
        if self._due_chunk:
            raise ProtocolError("bytes behind a full chunk whose digest was not said")
        if count > self._left:
            raise ProtocolError("more bytes than announced")
        at = self._open.size - self._left
        to_boundary = CHUNK - at % CHUNK
        if count > to_boundary and not (hole and at % CHUNK == 0 and count % CHUNK == 0):
            raise ProtocolError("bytes across a chunk's end")
        self._left -= count
        # Behind a file's last chunk comes its End.
        self._due_chunk = (at + count) % CHUNK == 0 and self._left > 0
        return not self._ignore

    def _data(self, payload: memoryview) -> None:
        if self._room(len(payload), hole=False):
            self._staging.write(payload)
            self._meter.add(len(payload))

    def _hole(self, length: int) -> None:
        if self._room(length, hole=True):
            self._staging.hole(length)
            self._meter.keep(length)

    def _chunk(self, frame: f.ChunkEnd) -> None:
        if self._open is None or not self._due_chunk:
            raise ProtocolError("a chunk's end where no chunk ends")
        self._due_chunk = False
        if not self._ignore and frame.digest != self._staging.last_digest:
            raise ProtocolError("a chunk that differs from its digest")

    def _end(self, frame: f.End) -> None:
        begun, self._open = self._open, None
        if begun is None:
            raise ProtocolError("the end of no file")
        if self._ignore:
            self._ignore = False
            return
        try:
            self._staging.end(frame.content, begun.mtime_ns)
        except DiskFault as fault:
            if fault.code is not Code.CONTENT_DIFFERS:
                raise
            self._fail(begun, fault.code)
            self._budget.give_back(begun.size)

    def _lost(self, frame: f.FileAborted) -> None:
        begun, self._open = self._open, None
        if begun is None or frame.index != begun.index:
            raise ProtocolError("another file was lost")
        if not self._ignore:
            self._guard(self._staging.drop)
            self._budget.give_back(begun.size)
            self._missed("/".join(begun.parts), frame.code)
        self._ignore = False

    def _put_aside(self, frame: f.FilePaused) -> None:
        begun, self._open = self._open, None
        if begun is None or frame.index != begun.index:
            raise ProtocolError("another file was put aside")
        if self._ignore:
            self._ignore = False
            return
        self.aside += 1
        if self.aside > limits.PARTIALS:
            raise ProtocolError("too many files were put aside")
        self._staging.put_aside()  # it goes on being counted: its part stays on the disk

    def _commit(self) -> None:
        for first, last in self._staging.commit(self._now):
            self._out.say(f.Confirmed(first, last))
        self._refused()
        self._budget.check_uncounted(self._staging.uncounted)

    def _refused(self) -> None:
        for index, path in self._staging.refused.items():
            self._missed(path, Code.NAME_REFUSED)
            self._out.say(f.Failed(index, Code.NAME_REFUSED))
        self._staging.refused.clear()

    def _all_sent(self, frame: f.AllSent) -> None:
        if self._open is not None:
            raise ProtocolError("all sent within a file")
        if frame.entries < self._next:
            raise ProtocolError("all sent, but fewer than came")
        self._commit()
        if self.aside:
            self._out.say(f.Halt(Code.PUT_ASIDE))
            self._end_at = self._now + _DRAIN
            return
        for first, last in self._staging.finish():
            self._out.say(f.Confirmed(first, last))
        self._refused()
        theirs = set(self.losses)
        for path, code in self._staging.placing.losses:
            self._lose(path, code)
        for loss in self.losses:
            if loss not in theirs or loss.code in (Code.EXECUTE_DROPPED, Code.TIME_LOST):
                self._out.say(f.Noted(loss.path[-_NOTED:], loss.code))
        self._out.say(f.Complete(self._staging.arrived.files, self.failed_count, self._staging.arrived.length))
        self.finished = True
        self._progress(self._meter.done, self._meter.rate)
        self._end_at = self._now + _DRAIN


class Halting:
    """We are the sink and cannot keep anything: say Halt instead of Attached, and wait for the source to go."""

    patience = limits.HANDSHAKE
    must_hear = True

    def __init__(self, fault: DiskFault, attach: bytes | None) -> None:
        """`attach`: the transfer's id if we dialled to fetch it."""
        self.done = False
        self._fault = fault
        self._attach = attach

    def begin(self, outlet: Outlet, now: float) -> None:
        """No bytes, please."""
        if self._attach is not None:
            outlet.say(f.Attach(self._attach, "pull"))
        outlet.say(f.Halt(self._fault.code))

    def on_frame(self, frame: Frame, now: float) -> None:
        """Whatever it is, it was heard."""
        self.done = True

    def on_post(self, item: object, now: float) -> None:
        """Nothing is posted to a data link."""

    def produce(self, now: float) -> bool:
        """All is said."""
        return False

    def on_time(self, now: float) -> float | None:
        """The link's patience is the only deadline."""
        return None
