"""One side of one link's conversation: codec and phases for one role, no I/O.

The owner of a socket writes what arrived into buffer(), says received(n), and takes frames with next_frame().
A Data frame's payload is valid only until the next call of buffer(), received() or receive_data().
"""

from __future__ import annotations

from typing import Final

from lanshare.domain.errors import LocalMisuse, ProtocolError
from lanshare.wire import codec, limits
from lanshare.wire.frames import NUMBERS, Attach, Data, Frame, Hello
from lanshare.wire.phases import Phase, Speaker, next_phase

_START: Final = 16 * 1024
_FULL: Final = max(limits.DATA_FRAME, limits.TEXT_FRAME) + codec.HEADER.size
_KINDS: Final = {number: kind for kind, number in NUMBERS.items()}


class Session:
    """The wire's rules for the dialler or the acceptor of a link."""

    def __init__(self, dialler: bool) -> None:
        self.phase = Phase.START
        self._us: tuple[Speaker, ...] = (Speaker.DIALLER if dialler else Speaker.ACCEPTOR,)
        self._them: tuple[Speaker, ...] = (Speaker.ACCEPTOR if dialler else Speaker.DIALLER,)
        self._store = bytearray(_START)
        self._view = memoryview(self._store)
        self._begin = 0
        self._end = 0

    # --- what the peer says

    def buffer(self) -> memoryview:
        """Free space to receive into, never empty. It grows to one longest frame only once a peer is proven."""
        if self._begin == self._end:
            self._begin = self._end = 0
        elif self._end == len(self._store) or (self._begin and len(self._store) - self._end < self.missing):
            self._compact()
        if self._end == len(self._store):
            raise LocalMisuse("frames were left unread")
        return self._view[self._end :]

    def received(self, count: int) -> None:
        """`count` bytes were written to the start of buffer()."""
        self._end += count

    def receive_data(self, data: bytes) -> int:
        """Take as much of `data` as fits before frames must be taken; returns how many bytes that was."""
        space = self.buffer()
        count = min(len(space), len(data))
        space[:count] = data[:count]
        self.received(count)
        return count

    def next_frame(self) -> Frame | None:
        """The next whole frame, None if more bytes are needed. ProtocolError on what may not be said, now or ever."""
        while True:
            held = self._end - self._begin
            if held < codec.HEADER.size:
                return None
            length, number = codec.HEADER.unpack_from(self._view, self._begin)
            body = codec.check_header(length, number)
            kind = _KINDS.get(number)
            self._check(self._them, kind, body)
            if held < codec.HEADER.size + body:
                return None
            start = self._begin + codec.HEADER.size
            frame = codec.decode(number, self._view[start : start + body])
            self._begin = start + body
            if frame is None:
                continue
            self._advance(self._them, frame)
            return frame

    # --- what we say

    def send(self, frame: Frame) -> bytes:
        """The bytes to send for `frame`; LocalMisuse if it is not our turn to say it."""
        if next_phase(self.phase, self._us, type(frame)) is None:
            raise LocalMisuse(f"{type(frame).__name__} may not be said in {self.phase}")
        data = codec.encode(frame)
        self._advance(self._us, frame)
        return data

    def may_send(self, kind: type[Frame]) -> bool:
        """Whether send() of this kind of frame is legal now."""
        return next_phase(self.phase, self._us, kind) is not None

    def send_data_header(self, length: int) -> bytes:
        """The header of a Data frame; the caller sends `length` raw bytes after it."""
        if next_phase(self.phase, self._us, Data) is None:
            raise LocalMisuse(f"Data may not be said in {self.phase}")
        return codec.data_header(length)

    # --- inside

    def _check(self, speakers: tuple[Speaker, ...], kind: type[Frame] | None, body: int) -> None:
        if self.phase in (Phase.START, Phase.CHALLENGED, Phase.PROVEN) and body > limits.PROOF_FRAME:
            raise ProtocolError(f"{body} bytes before a proof")
        if kind is not None and next_phase(self.phase, speakers, kind) is None:
            raise ProtocolError(f"{kind.__name__} in {self.phase}")

    def _advance(self, speakers: tuple[Speaker, ...], frame: Frame) -> None:
        phase = next_phase(self.phase, speakers, type(frame))
        if phase is None:
            raise ProtocolError(f"{type(frame).__name__} in {self.phase}")
        if isinstance(frame, Hello) and self.phase == Phase.GREETED:
            if frame.purpose == "data":
                phase = Phase.DATA
            else:
                self._us, self._them = (Speaker.EQUAL,), (Speaker.EQUAL,)
        elif isinstance(frame, Attach):
            we_dialled = Speaker.DIALLER in self._us
            we_push = we_dialled == (frame.direction == "push")
            ends = (Speaker.SOURCE, Speaker.SINK)
            ours, theirs = ends if we_push else ends[::-1]
            self._us, self._them = (ours,), (theirs,)
        self.phase = phase

    @property
    def missing(self) -> int:
        """Bytes that the frame at hand still needs, as far as its header tells; at least 1."""
        held = self._end - self._begin
        if held < codec.HEADER.size:
            return codec.HEADER.size - held
        length, _ = codec.HEADER.unpack_from(self._view, self._begin)
        return max(1, int(min(length, _FULL)) + 4 - held)

    def _grows(self) -> bool:
        if len(self._store) >= _FULL:
            return False
        if self.phase in (Phase.START, Phase.CHALLENGED, Phase.PROVEN):
            return False
        old = bytes(self._view[self._begin : self._end])
        self._store = bytearray(min(_FULL, len(self._store) * 4))
        self._view = memoryview(self._store)
        self._view[: len(old)] = old
        self._begin, self._end = 0, len(old)
        return True

    def _compact(self) -> None:
        if self._begin:
            kept = self._end - self._begin
            self._view[:kept] = self._view[self._begin : self._end]
            self._begin, self._end = 0, kept
        elif self._end == len(self._store):
            self._grows()
