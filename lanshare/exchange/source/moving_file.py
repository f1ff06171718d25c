"""The file that moves now: what the receiver kept is passed over, then its bytes, holes and digests go out.

    begin() -> pass_over() until the receiver's prefix is read -> send() until it is sent -> end()
                                              -> recheck() a chunk at a time if it grew meanwhile -> end()
"""

from __future__ import annotations

from lanshare.domain.offer import FileEntry
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.meter import Meter
from lanshare.files.content import prefix_digest, zero_chunk
from lanshare.files.faults import SourceFault
from lanshare.files.source.digest_cache import LEAST, Memo
from lanshare.files.source.source_file import SourceFile
from lanshare.net.link import Outlet
from lanshare.wire import codec, limits
from lanshare.wire import frames as f


class MovingFile:
    """One file on its way. What cannot be read is a SourceFault, but in what is only passed over."""

    def __init__(self, index: int, source: SourceFile, entry: FileEntry, memo: Memo, meter: Meter, out: Outlet) -> None:
        self.index, self.source, self.entry = index, source, entry
        self._memo, self._meter, self._out = memo, meter, out
        self._chunks = 0
        self._kept_until = 0
        self._prefix = b""
        self._rechecked = -1

    @property
    def offset(self) -> int:
        """How far it is read."""
        return self.source.offset

    @property
    def passes_over(self) -> bool:
        """It is read without being sent, as the receiver kept what lies before."""
        return self._kept_until > 0

    @property
    def rechecks(self) -> bool:
        """It is sent and grew meanwhile; what was sent is read once more."""
        return self._rechecked >= 0

    def begin(self, kept: tuple[int, bytes] | None) -> None:
        """`kept`: how many chunks the receiver has, and their digest. They are passed over, by the memo if the file is
        untouched, else by reading it again."""
        chunks, self._prefix = kept or (0, b"")
        known = self._memo.read(self.source.stamp)[:chunks] if kept is not None else []
        fits = chunks * CHUNK <= self.source.size
        if kept is not None and len(known) == chunks and fits and prefix_digest(known) == self._prefix:
            self.source.skip(known)
            self._start()
        elif chunks > 0 and fits:
            self._kept_until = chunks * CHUNK
        else:
            self._start()

    def pass_over(self) -> bool:
        """Read some of what the receiver kept; False once it is known from where the file goes on, and was said."""
        try:
            if self.source.pass_over(self._kept_until):
                return True
            if prefix_digest(self.source.content.digests) != self._prefix:
                self.source.rewind()  # what differs is sent
        except SourceFault:
            self.source.rewind()  # what cannot be read now will say so when it is sent
        self._kept_until = 0
        self._start()
        return False

    def send(self) -> bool:
        """A hole, or some bytes, straight into the link's buffer; False once all of it went out."""
        source = self.source
        zeros = source.hole()
        if zeros:
            self._say_hole(zeros)
            self._meter.keep(zeros)
        elif source.offset < source.size:
            head = codec.HEADER.size
            room = self._out.reserve(head + limits.DATA_SENT)
            count = source.read_into(room[head : head + limits.DATA_SENT])
            if count:
                room[:head] = self._out.session.send_data_header(count)
                self._out.filled(head + count)
                self._meter.add(count)
        if source.offset == source.size:
            return False
        digests = source.content.digests
        if len(digests) > self._chunks:
            for digest in digests[self._chunks :]:
                self._memo.add(digest)
            self._chunks = len(digests)
            self._out.say(f.ChunkEnd(digests[-1]))
        return True

    def settle(self) -> bool:
        """Whether it is as it was when it was opened; one that grew goes as far as it was, if recheck() finds that much
        of it the same."""
        if self.source.grew():
            self._rechecked = 0
            return False
        self.source.check_unchanged()
        return True

    def recheck(self) -> bool:
        """Read a chunk of what was sent once more: only its end may have changed. False once all of it was."""
        if self.source.is_as_it_was_sent(self._rechecked):
            self._rechecked += 1
            return True
        self._rechecked = -1
        return False

    def end(self) -> None:
        """Say what was sent."""
        self._out.say(f.End(self.source.content.id()))

    def close(self) -> None:
        """Give the descriptor back."""
        self.source.close()

    def _start(self) -> None:
        source, entry = self.source, self.entry
        self._chunks = len(source.content.digests)
        self._meter.keep(source.offset)
        if source.size >= LEAST:
            self._memo.begin(source.stamp, source.content.digests)
        begin = f.Begin(self.index, entry.parts, "file", source.size, source.mtime_ns, source.offset, "",
                        entry.executable, entry.private or source.private)
        self._out.say(begin)

    def _say_hole(self, zeros: int) -> None:
        while zeros > limits.HOLE:
            self._out.say(f.Hole(limits.HOLE))
            self._out.say(f.ChunkEnd(zero_chunk()))
            zeros -= limits.HOLE
        self._out.say(f.Hole(zeros))
