"""We are the source of a data link: entries go out one behind the other without waiting for each to be confirmed.

Frames and file bytes are built in one buffer: many small files share one write, big ones are read straight into it.
It is put together of parts: `prelude` (before the first byte), `told` (what the receiver may know), `in_flight` (what
it has not answered), `fidelity` (what will not be there as it is here), and the file that moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from lanshare.domain.commands import SkipFile
from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.offer import EntryKind, Skipped
from lanshare.domain.transfer import CHUNK, SMALL
from lanshare.exchange.bottleneck import Profile
from lanshare.exchange.handshake import refused
from lanshare.exchange.meter import Meter
from lanshare.exchange.source.fidelity import Fidelity
from lanshare.exchange.source.in_flight import InFlight
from lanshare.exchange.source.moving_file import MovingFile
from lanshare.exchange.source.packing import Packing
from lanshare.exchange.source.prelude import LIST_AGAIN, Prelude
from lanshare.exchange.source.told import Told
from lanshare.exchange.source.tree_reader import TreeReader
from lanshare.exchange.throttle import Throttle
from lanshare.files.content import small_id
from lanshare.files.faults import SourceFault
from lanshare.files.source.digest_cache import Memo, memo_path
from lanshare.files.source.manifest import ManifestReader
from lanshare.files.source.sent import SentLog
from lanshare.files.source.tree import Found, fitting_time, is_private
from lanshare.net.link import LinkLost, Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.frames import Frame

_QUIET: Final = 5.0
"""Seconds without anything to send after which the receiver is told that we are still there."""

_TURN: Final = 256 * 1024
"""Bytes built before the link writes: what stays in the cache."""


class Halted(LanshareError):
    """The receiver cannot keep anything now (its Halt); what it confirmed stays."""


class Sending:
    """Sends what a list names. After drive(): `complete` is the receiver's last word."""

    patience = limits.BARRIER_STALL
    must_hear = False

    def __init__(
        self, transfer: str, paths: Sequence[Path], entries: ManifestReader, push: bool,
        progress: Callable[[int, float], None], verifying: Callable[[], None], throttles: Sequence[Throttle] = (),
        aside: frozenset[str] = frozenset(), sent: SentLog | None = None,
    ) -> None:
        """`push`: we dialled, so we attach; otherwise the receiver did already. `throttles`: limits to keep to.
        `aside`: files that were put aside in an earlier try and are to rest until the others are over. `sent`: what
        earlier tries sent; without it only what this one sends is believed to be there.
        """
        self.done = False
        self.complete: f.Complete | None = None
        """The receiver's last word. What it is good for is counted here, in `flight`."""

        self.aside = set(aside)
        self.flight = InFlight()
        self.fidelity = Fidelity()
        self.profile = Profile(source=True)
        self._transfer, self._push = bytes.fromhex(transfer), push
        self._progress, self._verifying, self._throttles = progress, verifying, throttles
        self._entries, self._tree, self._memo = entries, TreeReader(paths), Memo(memo_path(entries.path))
        self._told = Told(sent)
        self._prelude = Prelude(self._transfer, paths, entries.path, self._told.content)
        self._pack, self._meter = Packing(), Meter()
        self._outlet: Outlet | None = None
        self._attached = self._sent_all = self._rests_later = False
        self._partials: dict[int, tuple[int, bytes]] = {}
        self._unwanted: dict[int, str] = {}
        self._index = -1
        self._file: MovingFile | None = None
        self._disk = 0.0
        self._free_at = self._retry_at = self._quiet_since = 0.0
        self._waits_since = 0.0
        """When it was last the receiver's turn: it spoke, or we were done."""

    @property
    def _out(self) -> Outlet:
        assert self._outlet is not None
        return self._outlet

    @property
    def bytes_moved(self) -> int:
        """Bytes sent by this try."""
        return self._meter.moved

    @property
    def file(self) -> str:
        """The path of the file that moves now."""
        return self.flight.name(self._index) if self._file is not None else ""

    def begin(self, outlet: Outlet, now: float) -> None:
        """Attach, if it is on us to."""
        self._outlet = outlet
        self._quiet_since = self._waits_since = now
        if self._push:
            outlet.say(f.Attach(self._transfer, "push"))

    def on_post(self, item: object, now: float) -> None:
        """A person does not want the file that moves now."""
        if isinstance(item, SkipFile) and item.path == self.file:
            self._leave_out(self._index, item.later)

    def on_time(self, now: float) -> float | None:
        """Tell progress; look at the list again."""
        if self._attached and self._meter.due(now):
            self._progress(self._meter.done, self._meter.rate)
        moving = self._file.source.disk_seconds if self._file is not None else 0.0
        self.profile.tick(now, self._disk + self._tree.disk_seconds + moving, self._out)
        if self._out.unsent:
            self._quiet_since = now
        elif now - self._quiet_since > _QUIET and self._out.session.may_send(f.Ping):
            self._quiet_since = now
            self._out.say(f.Ping(0))
        if (not self._attached or self._sent_all) and now - self._waits_since > self.patience:
            # The link saw movement: our own Pings.
            raise LinkLost(Code.PEER_SILENT, f"{self.patience:.0f} s")
        soon = max(self._retry_at, self._free_at, self._prelude.again_at if not self._attached else 0.0)
        return soon if soon > now else now + 0.5

    def on_frame(self, frame: Frame, now: float) -> None:
        """The receiver attaches, confirms, and completes."""
        self._waits_since = now
        if (heard := _HEARD.get(type(frame))) is not None:
            heard(self, frame)
            return
        match frame:
            case f.Attached():
                self._attach(frame, now)
            case f.Halt():
                raise Halted(refused(f.Refusal(frame.code)).code, frame.detail)
            case f.Refusal():
                raise refused(frame)
            case f.Bye():
                raise LanshareError(Code.PEER_AWAY, "goodbye before completion")
            case _:
                raise ProtocolError(type(frame).__name__)

    def produce(self, now: float) -> bool:
        """Build up to a turn's worth of frames."""
        if not self._attached:
            return self._prelude.step(self._out, now)
        if self._sent_all or now < max(self._retry_at, self._free_at):
            return False
        before = self._meter.moved
        built = self._build(now)
        for throttle in self._throttles:
            self._free_at = max(self._free_at, throttle.take(self._meter.moved - before, now))
        return built

    def close(self) -> None:
        """Give descriptors back."""
        if self._file is not None:
            self._file.close()
            self._file = None
        for held in (self._entries, self._tree, self._memo, self._told, self._prelude):
            held.close()

    def _attach(self, frame: f.Attached, now: float) -> None:
        self._attached = True
        self._told.attached(frame.confirmed)
        self._partials = {index: (chunks, prefix) for index, chunks, prefix in frame.partials}
        self.profile.begin(now, self._out.waited)
        self._progress(0, 0.0)

    # --- what goes out

    def _build(self, now: float) -> bool:
        built = False
        kept = 0
        while self._out.unsent + self._pack.size < _TURN:
            if (file := self._file) is not None:
                if file.rechecks:
                    self._recheck(file)
                    return True
                built = True
                before = file.offset
                if not file.passes_over:
                    self._file_bytes(file)
                elif not file.pass_over() and self._rests_later:
                    self._rests_later = False
                    self._leave_out(self._index, True)
                else:
                    kept += max(0, file.offset - before)
                if kept >= CHUNK:
                    return True
                continue
            item = self._entries.next()
            if item is None:
                self._flush()
                if not self._entries.whole:
                    self._retry_at = now + LIST_AGAIN
                    return built
                self._out.say(f.AllSent(self._index + 1, self._meter.done))
                self._sent_all = True
                self._waits_since = now
                self._verifying()
                return True
            built = True
            if isinstance(item, Skipped):
                self._leave(item)
            else:
                self._index += 1
                self._next(item)
        self._flush()
        return built

    def _next(self, found: Found) -> None:
        """The next entry: it is there, or is not wanted, or goes out."""
        entry = found.entry
        if self._told.had(self._index, entry):
            self._meter.keep(entry.size)
            if entry.kind is EntryKind.FILE:
                self.flight.there(entry.size)
        elif self._told.went(entry):
            pass
        elif self._unwanted and (code := self._unwanted.pop(self._index, None)) is not None:
            self.flight.failed.append(Skipped("/".join(entry.parts), code))
        elif entry.kind is not EntryKind.FILE or entry.size > SMALL or not self._packed(found):
            self._begin(found)

    def _flush(self) -> None:
        """Say what is packed: it comes before whatever is said next."""
        self._told.until(self._index)
        if (frame := self._pack.take()) is not None:
            self._out.say(frame)
        for note in self.fidelity.take():
            self._out.say(note)

    def _begin(self, found: Found) -> None:
        entry = found.entry
        self._flush()
        self.flight.begin(self._index, "/".join(entry.parts))
        if entry.kind is EntryKind.FOLDER:
            self._out.say(f.Begin(self._index, entry.parts, "folder", 0, entry.mtime_ns, private=entry.private))
            self.fidelity.look_at_folder(entry, self._tree.path(found))
            return
        if entry.kind is EntryKind.LINK:
            self._out.say(f.Begin(self._index, entry.parts, "link", 0, 0, 0, entry.target))
            return
        try:
            file = self._tree.file(found)
        except SourceFault as fault:
            self._leave(Skipped(self.flight.take(self._index), fault.code))
            return
        self._file = moving = MovingFile(self._index, file, entry, self._memo, self._meter, self._out)
        self.fidelity.look_at(file.info, entry.parts, file.attributes)
        self._told.version(self._index, entry, file.size, file.mtime_ns)
        moving.begin(self._partials.get(self._index))
        if self.flight.name(self._index) in self.aside:
            self._leave_out(self._index, True)

    def _packed(self, found: Found) -> bool:
        """Put a small file into the pack; False if it is small no longer."""
        entry = found.entry
        try:
            small = self._tree.small(found)
        except SourceFault as fault:
            self._flush()
            self._leave(Skipped("/".join(entry.parts), fault.code))
            return True
        if small is None:
            return False
        data, info, attributes = small
        if not self._pack.fits(entry.parts, len(data)):
            self._flush()
        self.flight.begin(self._index, "/".join(entry.parts))
        self.flight.sent(self._index, len(data))
        self._told.version(self._index, entry, info.st_size, info.st_mtime_ns)
        self.fidelity.look_at(info, entry.parts, attributes)
        private = replace(entry, private=entry.private or is_private(info))
        self._pack.add(self._index, private, data, fitting_time(info.st_mtime_ns), small_id(data))
        self._meter.add(len(data))
        return True

    # --- the file that moves

    def _file_bytes(self, file: MovingFile, /) -> None:
        try:
            if not file.send() and file.settle():
                self._finish(file)
        except SourceFault as fault:
            self._lose(fault)

    def _recheck(self, file: MovingFile) -> None:
        try:
            if file.recheck():
                return
            self.fidelity.note(Skipped(self.flight.name(self._index), Code.FILE_GREW))
            self._finish(file)
        except SourceFault as fault:
            self._lose(fault)

    def _finish(self, file: MovingFile) -> None:
        file.end()
        self.flight.sent(self._index, file.source.size)
        self._disk += file.source.disk_seconds
        file.close()
        self._file = None

    # --- what does not go

    def _leave(self, left: Skipped) -> None:
        """Something is not sent at all."""
        self.flight.left.append(left)
        self._out.say(f.EntrySkipped(left.path[-1000:], left.code))

    def _leave_out(self, index: int, later: bool) -> None:
        """The file that moves now goes no further, or not now; one that is over already stays."""
        file = self._file
        if file is None or index != self._index:
            return
        if file.passes_over and later:
            self._rests_later = True  # once it is read so far, and the receiver has heard of it
            return
        if not file.passes_over and not later:
            self._lose(SourceFault(Code.LEFT_OUT))
            return
        file.close()
        self._file, self._rests_later = None, False
        name = self.flight.take(index)
        if later:
            self.aside.add(name)
            self._out.say(f.FilePaused(index))
        else:
            self._leave(Skipped(name, Code.LEFT_OUT))

    def _lose(self, fault: SourceFault) -> None:
        """The file that moves now cannot be sent to its end."""
        if self._file is not None:
            self._told.forget(self._file.entry)
            self._file.close()
            self._file = None
        self._out.say(f.FileAborted(self._index, fault.code))
        self.flight.left.append(Skipped(self.flight.take(self._index), fault.code))


# --- what the receiver says


def _unwanted(source: Sending, frame: f.Unwanted) -> None:
    if source._attached:
        source._leave_out(frame.index, frame.code == Code.PUT_ASIDE)
    else:
        source._unwanted[frame.index] = frame.code


def _confirmed(source: Sending, frame: f.Confirmed) -> None:
    if not frame.first <= frame.last <= source._index:
        raise ProtocolError("confirmed what was not sent")
    source.flight.confirm(frame.first, frame.last)


def _complete(source: Sending, frame: f.Complete) -> None:
    if source.flight:
        raise ProtocolError("complete, though not all of it was confirmed")
    source.complete = frame
    source._progress(source._meter.done, source._meter.rate)
    source._out.say(f.Bye())
    source.done = True


_HEARD: Final[dict[type[Frame], Callable[[Sending, Any], None]]] = {
    f.Compare: lambda source, frame: source._prelude.compare(),
    f.Have: lambda source, frame: source._prelude.have(frame.files),
    f.Unwanted: _unwanted,
    f.Confirmed: _confirmed,
    f.Failed: lambda source, frame: source.flight.fail(frame.index, frame.code),
    f.Noted: lambda source, frame: source.fidelity.note(Skipped(frame.path, frame.code), tell=False),
    f.Timing: lambda source, frame: source.profile.heard(frame),
    f.Complete: _complete,
    f.Ping: lambda source, frame: None,
    f.Pong: lambda source, frame: None,
}
"""What the receiver says while all goes well."""
