"""We are the source of a data link: entries go out one behind the other without waiting for each to be confirmed.

Frames and file bytes are built in one buffer: many small files share one write, big ones are read straight into it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lanshare.domain.commands import SkipFile
from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.offer import ENTRIES, TIME_BOUND, EntryKind, FileEntry, Skipped
from lanshare.domain.ranges import Ranges
from lanshare.domain.transfer import CHUNK, SMALL
from lanshare.exchange.bottleneck import Profile
from lanshare.exchange.handshake import refused
from lanshare.exchange.meter import Meter
from lanshare.exchange.source.dedup_source import Checking
from lanshare.exchange.source.manifest_pager import ManifestPager
from lanshare.exchange.source.packing import Packing
from lanshare.exchange.throttle import Throttle
from lanshare.files.below import Below
from lanshare.files.content import prefix_digest, small_id, zero_chunk
from lanshare.files.digest_cache import LEAST, Memo, memo_path
from lanshare.files.faults import SourceFault
from lanshare.files.manifest import ManifestReader
from lanshare.files.sent import SentLog
from lanshare.files.small import read_small
from lanshare.files.source import SourceFile
from lanshare.files.tree import Found, fitting_time, has_attributes, is_private, source_name
from lanshare.net.link import LinkLost, Outlet
from lanshare.wire import codec, limits
from lanshare.wire import frames as f
from lanshare.wire.frames import Frame

_LIST_AGAIN: Final = 0.05
"""Seconds until the list is looked at again while the tree is still being walked."""

_QUIET: Final = 5.0
"""Seconds without anything to send after which the receiver is told that we are still there."""

_NOTES: Final = 1000
"""Entries of which it is told that they are not quite as they were."""

_TURN: Final = 256 * 1024
"""Bytes built before the link writes: what stays in the cache."""


class Halted(LanshareError):
    """The receiver cannot keep anything now (its Halt); what it confirmed stays."""


class Sending:
    """Sends what a list names. After drive(): `complete` is the receiver's last word."""

    patience = limits.BARRIER_STALL
    must_hear = False

    def __init__(
        self,
        transfer: str,
        paths: Sequence[Path],
        entries: ManifestReader,
        push: bool,
        progress: Callable[[int, float], None],
        verifying: Callable[[], None],
        throttles: Sequence[Throttle] = (),
        aside: frozenset[str] = frozenset(),
        sent: SentLog | None = None,
    ) -> None:
        """`push`: we dialled, so we attach; otherwise the receiver did already. `throttles`: limits to keep to.
        `aside`: files that were put aside in an earlier try and are to rest until the others are over. `sent`: what
        earlier tries sent; without it only what this one sends is believed to be there.
        """
        self.done = False
        self.complete: f.Complete | None = None
        """The receiver's last word. What it is good for is counted here: `files` and `bytes`."""

        self.files = 0
        """Files of ours that are verified and durable there, as far as they can be tied to what was sent."""

        self.bytes = 0
        self.notes: list[Skipped] = []
        """What went, but not in every respect as it lies here now."""

        self.failed: list[Skipped] = []
        self.left: list[Skipped] = []
        self._transfer = bytes.fromhex(transfer)
        self._paths = paths
        self._roots = [os.fspath(path) for path in paths]
        self._below = Below(self._roots)
        self._entries = entries
        self._push = push
        self._progress = progress
        self._verifying = verifying
        self._outlet: Outlet | None = None
        self._attached: f.Attached | None = None
        self._partials: dict[int, tuple[int, bytes]] = {}
        self.aside = set(aside)
        self._later = False
        self._index = -1
        self._range = 0
        self._file: SourceFile | None = None
        self._meter = Meter()
        self._chunks = 0
        self._retry_at = 0.0
        self._quiet_since = 0.0
        self._waits_since = 0.0
        """When it was last the receiver's turn: it spoke, or we were done."""

        self._sent_all = False
        self._names: dict[int, str] = {}
        """What was sent and is neither confirmed nor failed, by index."""

        self._sizes: dict[int, int] = {}
        """Of those, the files' sizes."""

        self._before = Ranges(list(sent.known.ranges)) if sent is not None else Ranges()
        self._log = sent
        self._said_later: list[f.Noted] = []
        self._logged = -1
        self._rechecked = -1
        self._memo = Memo(memo_path(entries.path))
        self._above: tuple[tuple[int, tuple[str, ...]], str] = ((-1, ()), "")
        self._checking: Checking | None = None
        self._pack = Packing()
        self._unwanted: dict[int, str] = {}
        self._found: FileEntry | None = None
        self._ahead: dict[tuple[str, ...], tuple[int, int]] = {}
        """Files that went in another version than the one they were listed in: size and time of that."""

        self._kept_until = 0
        """How far the open file is read without sending, as the receiver kept what lies before; 0: it is sent."""

        self.profile = Profile(source=True)
        self._disk = 0.0
        self._throttles = throttles
        self._free_at = 0.0
        self._listing: ManifestPager | None = None
        self._wanted_pieces = 0
        self._listed = 0
        self._all_listed = False

    @property
    def _out(self) -> Outlet:
        assert self._outlet is not None
        return self._outlet

    @property
    def bytes_moved(self) -> int:
        """Bytes sent by this try."""
        return self._meter.moved

    def begin(self, outlet: Outlet, now: float) -> None:
        """Attach, if it is on us to."""
        self._outlet = outlet
        self._quiet_since = self._waits_since = now
        if self._push:
            outlet.say(f.Attach(self._transfer, "push"))

    @property
    def file(self) -> str:
        """The path of the file that moves now."""
        return self._names.get(self._index, "") if self._file is not None else ""

    def on_post(self, item: object, now: float) -> None:
        """A person does not want the file that moves now."""
        if isinstance(item, SkipFile) and item.path == self.file:
            self._leave_out(self._index, item.later)

    def on_time(self, now: float) -> float | None:
        """Tell progress; look at the list again."""
        if self._attached is not None and self._meter.due(now):
            self._progress(self._meter.done, self._meter.rate)
        self.profile.tick(now, self._disk + (self._file.disk_seconds if self._file is not None else 0.0), self._out)
        if self._out.unsent:
            self._quiet_since = now
        elif now - self._quiet_since > _QUIET and self._out.session.may_send(f.Ping):
            self._quiet_since = now
            self._out.say(f.Ping(0))
        if (self._attached is None or self._sent_all) and now - self._waits_since > self.patience:
            # The link saw movement: our own Pings.
            raise LinkLost(Code.PEER_SILENT, f"{self.patience:.0f} s")
        soon = max(self._retry_at, self._free_at)
        return soon if soon > now else now + 0.5

    def on_frame(self, frame: Frame, now: float) -> None:
        """The receiver attaches, confirms, and completes."""
        self._waits_since = now
        match frame:
            case f.Attached():
                self._attached = frame
                self._partials = {index: (chunks, prefix) for index, chunks, prefix in frame.partials}
                self.profile.begin(now, self._out.waited)
                self._progress(0, 0.0)
            case f.Compare():
                self._wanted_pieces += 1
                if self._listing is None:
                    self._listing = ManifestPager(self._entries.path, ENTRIES)
            case f.Have():
                if any(index >= self._listed for index in frame.files):
                    raise ProtocolError("has what was not listed")
                if self._checking is None:
                    self._checking = Checking(self._paths, self._entries.path)
                for index in frame.files:
                    self._checking.heard(index)
            case f.Unwanted():
                if self._attached is None:
                    self._unwanted[frame.index] = frame.code
                else:
                    self._leave_out(frame.index, frame.code == Code.PUT_ASIDE)
            case f.Noted():
                self._note(Skipped(frame.path, frame.code), tell=False)
            case f.Ping() | f.Pong():
                pass
            case f.Timing():
                self.profile.heard(frame)
            case f.Confirmed():
                if not frame.first <= frame.last <= self._index:
                    raise ProtocolError("confirmed what was not sent")
                self._confirm(frame.first, frame.last)
            case f.Failed():
                if (name := self._names.pop(frame.index, None)) is None:
                    raise ProtocolError("failed what was not sent")
                self._sizes.pop(frame.index, None)
                self.failed.append(Skipped(name, frame.code))
            case f.Complete():
                if self._names:
                    raise ProtocolError("complete, though not all of it was confirmed")
                self.complete = frame
                self._progress(self._meter.done, self._meter.rate)
                self._out.say(f.Bye())
                self.done = True
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
        if self._attached is None:
            return self._prepare(now)
        if self._sent_all or now < max(self._retry_at, self._free_at):
            return False
        before = self._meter.moved
        built = self._build(now)
        for throttle in self._throttles:
            self._free_at = max(self._free_at, throttle.take(self._meter.moved - before, now))
        return built

    def _build(self, now: float) -> bool:
        built = False
        kept = 0
        while self._out.unsent + self._pack.size < _TURN:
            if self._rechecked >= 0:
                return self._recheck()
            if self._file is not None:
                built = True
                if not self._kept_until:
                    self._file_bytes()
                    continue
                before = self._file.offset
                file = self._file
                self._pass_over_kept(file)
                kept += max(0, file.offset - before)
                if kept >= CHUNK:
                    return True
                continue
            item = self._entries.next()
            if item is None:
                self._flush()
                if self._entries.whole:
                    self._out.say(f.AllSent(self._index + 1, self._meter.done))
                    self._sent_all = True
                    self._waits_since = now
                    self._verifying()
                    return True
                self._retry_at = now + _LIST_AGAIN
                return built
            built = True
            if isinstance(item, Skipped):
                self._leave(item)
                continue
            self._index += 1
            if self._held(self._index):
                self._meter.keep(item.entry.size)
                if item.entry.kind is EntryKind.FILE:
                    self.files += 1
                    self.bytes += item.entry.size
                if self._log is not None and self._index in self._log.versions:
                    self._ahead[item.entry.parts] = self._log.versions[self._index]
                continue
            if self._ahead and self._ahead.get(item.entry.parts) == (item.entry.size, item.entry.mtime_ns):
                continue  # it changed after it was listed, went as it is now, and was listed again
            if self._unwanted and (code := self._unwanted.pop(self._index, None)) is not None:
                self.failed.append(Skipped("/".join(item.entry.parts), code))
                continue
            self._begin(item)
        self._flush()
        return built

    def _note_sent(self) -> None:
        """Before it is said: from here on the receiver may say that it has it."""
        if self._index > self._logged:
            if self._log is not None:
                self._log.add(self._logged + 1, self._index)
            self._logged = self._index

    def _flush(self) -> None:
        """Say what is packed: it comes before whatever is said next."""
        self._note_sent()
        if (frame := self._pack.take()) is not None:
            self._out.say(frame)
        for note in self._said_later:
            self._out.say(note)
        self._said_later.clear()

    def close(self) -> None:
        """Give descriptors back."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._entries.close()
        self._below.close()
        self._memo.close()
        if self._log is not None:
            self._log.close()
        for held in (self._listing, self._checking):
            if held is not None:
                held.close()

    # --- inside

    def _held(self, index: int) -> bool:
        assert self._attached is not None
        if self._log is not None and index not in self._before:
            return False  # it was never put before the receiver, so that cannot have it from us
        ranges = self._attached.confirmed
        while self._range < len(ranges) and ranges[self._range][1] < index:
            self._range += 1
        return self._range < len(ranges) and ranges[self._range][0] <= index

    def _confirm(self, first: int, last: int) -> None:
        """These are verified and durable there; what was confirmed before, or not sent at all, counts for nothing."""
        wide = last - first >= len(self._names)
        found = [one for one in self._names if first <= one <= last] if wide else range(first, last + 1)
        for index in found:
            if self._names.pop(index, None) is not None and (size := self._sizes.pop(index, None)) is not None:
                self.files += 1
                self.bytes += size

    def _begin(self, found: Found) -> None:
        entry = found.entry
        if entry.kind is EntryKind.FILE and entry.size <= SMALL and self._packed(found):
            return
        self._flush()
        self._names[self._index] = "/".join(entry.parts)
        if entry.kind is EntryKind.FOLDER:
            self._out.say(f.Begin(self._index, entry.parts, "folder", 0, entry.mtime_ns, private=entry.private))
            self._look_at_folder(entry, self._source(found))
            return
        if entry.kind is EntryKind.LINK:
            self._out.say(f.Begin(self._index, entry.parts, "link", 0, 0, 0, entry.target))
            return
        assert self._attached is not None
        try:
            opened = self._below.open(found.top, entry.parts)
            file = SourceFile(Path(self._source(found)), fd=opened)
        except SourceFault as fault:
            self._leave(Skipped(self._names.pop(self._index), fault.code))
            return
        self._file = file
        self._found = entry
        self._look_at(file.info, entry.parts, file.attributes)
        self._note_version(entry, file.size, file.mtime_ns)
        kept = self._partials.get(self._index)
        if kept is not None:
            self._resume(file, *kept)
        else:
            self._start(file, 0)
        if self._names.get(self._index) in self.aside:
            self._leave_out(self._index, True)

    def _packed(self, found: Found) -> bool:
        """Put a small file into the pack; False if it is small no longer."""
        entry = found.entry
        began = time.perf_counter()
        try:
            opened = self._below.open(found.top, entry.parts)
            small = read_small(self._source(found), fd=opened)
        except SourceFault as fault:
            self._flush()
            self._leave(Skipped("/".join(entry.parts), fault.code))
            return True
        if small is None:
            return False
        data, info, attributes = small
        self._disk += time.perf_counter() - began
        if not self._pack.fits(entry.parts, len(data)):
            self._flush()
        self._names[self._index] = "/".join(entry.parts)
        self._sizes[self._index] = len(data)
        self._note_version(entry, info.st_size, info.st_mtime_ns)
        time_ns = fitting_time(info.st_mtime_ns)
        self._look_at(info, entry.parts, attributes)
        private = replace(entry, private=entry.private or is_private(info))
        self._pack.add(self._index, private, data, time_ns, small_id(data))
        self._meter.add(len(data))
        return True

    def _note_version(self, entry: FileEntry, size: int, mtime_ns: int) -> None:
        if (size, mtime_ns) != (entry.size, entry.mtime_ns):
            self._ahead[entry.parts] = (size, mtime_ns)
            if self._log is not None:
                self._log.add_version(self._index, size, mtime_ns)

    def _look_at_folder(self, entry: FileEntry, path: str) -> None:
        """Say of what a folder has that it will not have there."""
        if len(self.notes) >= _NOTES:
            return
        name = "/".join(entry.parts)
        if has_attributes(path):
            self._note(Skipped(name, Code.ATTRIBUTES_LOST))
        if abs(entry.mtime_ns) >= TIME_BOUND:
            self._note(Skipped(name, Code.TIME_LOST), tell=False)  # the receiver sees it by itself

    def _look_at(self, info: os.stat_result, parts: tuple[str, ...], attributes: bool) -> None:
        """Say of what a file has that it will not have there."""
        if len(self.notes) >= _NOTES:
            return
        name = "/".join(parts)
        if info.st_nlink > 1:
            self._note(Skipped(name, Code.LINK_DOUBLED))
        if attributes:
            self._note(Skipped(name, Code.ATTRIBUTES_LOST))
        if fitting_time(info.st_mtime_ns) != info.st_mtime_ns:
            self._note(Skipped(name, Code.TIME_LOST), tell=False)  # the receiver sees it by itself

    def _note(self, note: Skipped, tell: bool = True) -> None:
        """It is told on both sides."""
        if len(self.notes) >= _NOTES or note in self.notes[-2:]:
            return
        self.notes.append(note)
        if tell:
            self._said_later.append(f.Noted(note.path[-1000:], note.code))

    def _source(self, found: Found) -> str:
        """Where an entry lies on this disk; what lies in one folder comes one behind the other."""
        parts = found.entry.parts
        if len(parts) < 3:
            return source_name(self._roots, found)
        above = (found.top, parts[:-1])
        if self._above[0] != above:
            self._above = above, os.path.join(self._roots[found.top], *parts[1:-1], "")
        return self._above[1] + parts[-1]

    def _leave(self, left: Skipped) -> None:
        """Something is not sent at all."""
        self.left.append(left)
        self._out.say(f.EntrySkipped(left.path[-1000:], left.code))

    def _prepare(self, now: float) -> bool:
        """Before the first byte: list what is asked for, and read our side of what the receiver has."""
        done = False
        if self._checking is not None and self._checking.busy:
            self._checking.step()
            done = True
        if self._checking is not None:
            contents = self._checking.answers()
            for at in range(0, len(contents), limits.LISTED_AT_ONCE):
                self._out.say(f.Contents(tuple(contents[at : at + limits.LISTED_AT_ONCE])))
            for index, content in contents:
                if content and self._log is not None:
                    self._log.add(index, index)  # the receiver may say now that it has it
                    self._before.add(index)
        if self._listing is not None and self._wanted_pieces and not self._all_listed and now >= self._retry_at:
            done = self._list(self._listing, now) or done
        return done

    def _list(self, lister: ManifestPager, now: float) -> bool:
        """List a frame's worth; the walk of the tree is waited for, as what is not listed cannot be compared."""
        piece = lister.piece()
        if piece is None:
            self._retry_at = now + _LIST_AGAIN
            return False
        listed = tuple(f.Listed(one.parts, one.kind.value, one.size, one.mtime_ns) for one in piece.entries)
        self._out.say(f.Listing(self._transfer, piece.first, listed, piece.last))
        self._wanted_pieces -= 1
        self._listed = piece.first + len(piece.entries)
        self._all_listed = piece.last
        return True

    def _resume(self, file: SourceFile, chunks: int, prefix: bytes) -> None:
        """Pass over what the receiver kept, by the memo if the file is untouched, else by reading it again."""
        known = self._memo.read(file.stamp)[:chunks]
        if len(known) == chunks and chunks * CHUNK <= file.size and prefix_digest(known) == prefix:
            file.skip(known)
            self._start(file, file.offset)
        elif 0 < chunks * CHUNK <= file.size:
            self._kept_until = chunks * CHUNK
        else:
            self._start(file, 0)

    def _pass_over_kept(self, file: SourceFile) -> None:
        """Read what the receiver kept without sending it, a turn at a time; what differs is sent."""
        try:
            if file.pass_over(self._kept_until):
                return
            if prefix_digest(file.content.digests) != self._partials[self._index][1]:
                file.rewind()
        except SourceFault:
            file.rewind()  # what cannot be read now will say so when it is sent
        self._kept_until = 0
        self._start(file, file.offset)
        if self._later:
            self._later = False
            self._leave_out(self._index, True)

    def _start(self, file: SourceFile, offset: int) -> None:
        entry = self._found
        assert entry is not None
        self._chunks = len(file.content.digests)
        self._meter.keep(offset)
        if file.size >= LEAST:
            self._memo.begin(file.stamp, file.content.digests)
        begin = f.Begin(self._index, entry.parts, "file", file.size, file.mtime_ns, offset, "", entry.executable,
                        entry.private or file.private)
        self._out.say(begin)

    def _say_hole(self, zeros: int) -> None:
        while zeros > limits.HOLE:
            self._out.say(f.Hole(limits.HOLE))
            self._out.say(f.ChunkEnd(zero_chunk()))
            zeros -= limits.HOLE
        self._out.say(f.Hole(zeros))

    def _file_bytes(self) -> None:
        file = self._file
        assert file is not None
        try:
            zeros = file.hole()
            if zeros:
                self._say_hole(zeros)
                self._meter.keep(zeros)
            elif file.offset < file.size:
                head = codec.HEADER.size
                room = self._out.reserve(head + limits.DATA_SENT)
                count = file.read_into(room[head : head + limits.DATA_SENT])
                if count:
                    room[:head] = self._out.session.send_data_header(count)
                    self._out.filled(head + count)
                    self._meter.add(count)
            if file.offset == file.size:
                self._end(file)
                return
        except SourceFault as fault:
            self._lose(fault)
            return
        if len(file.content.digests) > self._chunks:
            for digest in file.content.digests[self._chunks :]:
                self._memo.add(digest)
            self._chunks = len(file.content.digests)
            self._out.say(f.ChunkEnd(file.content.digests[-1]))

    def _end(self, file: SourceFile) -> None:
        """The file is over. One that grew meanwhile goes as far as it was, if that much of it is still the same."""
        if file.grew():
            self._rechecked = 0
            return
        file.check_unchanged()
        self._finish(file)

    def _recheck(self) -> bool:
        """Read what was sent of a file that grew once more, a chunk a turn: only its end may have changed."""
        file = self._file
        assert file is not None
        try:
            if file.is_as_it_was_sent(self._rechecked):
                self._rechecked += 1
                return True
            self._rechecked = -1
            self._note(Skipped(self._names.get(self._index, ""), Code.FILE_GREW))
            self._finish(file)
        except SourceFault as fault:
            self._rechecked = -1
            self._lose(fault)
        return True

    def _finish(self, file: SourceFile) -> None:
        self._out.say(f.End(file.content.id()))
        self._sizes[self._index] = file.size
        self._disk += file.disk_seconds
        file.close()
        self._file = None

    def _leave_out(self, index: int, later: bool) -> None:
        """The file that moves now goes no further, or not now; one that is over already stays."""
        if self._file is None or index != self._index:
            return
        if self._kept_until and later:
            self._later = True  # once it is read so far, and the receiver has heard of it
            return
        if not self._kept_until and not later:
            self._lose(SourceFault(Code.LEFT_OUT))
            return
        self._file.close()
        self._file, self._kept_until = None, 0
        name = self._names.pop(index, "")
        self._sizes.pop(index, None)
        if later:
            self.aside.add(name)
            self._out.say(f.FilePaused(index))
        else:
            self._leave(Skipped(name, Code.LEFT_OUT))

    def _lose(self, fault: SourceFault) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        name = self._names.pop(self._index, "")
        self._sizes.pop(self._index, None)
        if self._found is not None:
            self._ahead.pop(self._found.parts, None)
        self._out.say(f.FileAborted(self._index, fault.code))
        self.left.append(Skipped(name, fault.code))
