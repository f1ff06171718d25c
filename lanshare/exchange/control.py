"""The control link: presence, texts, offers, answers. Both sides are equals; each pings and listens for silence.

Frames become what is said in domain/control_messages.py and back; what it means is the engine's matter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lanshare.domain.control_messages import (
    Answer,
    Cancel,
    ControlMessage,
    Fetch,
    Finished,
    GroupRecords,
    HistorySummary,
    Later,
    Listing,
    Offered,
    PairAnswer,
    PairBegin,
    PairReveal,
    PairStop,
    PairVerdict,
    Pause,
    Renamed,
    Seen,
    SeenKept,
    SignedMessage,
    Stored,
    TextRefused,
    Typing,
)
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.message import MessageId
from lanshare.domain.offer import EntryKind, FileEntry, Offer, TopEntry
from lanshare.domain.peer import PeerId, clean_name, id_of_digest, key_bytes
from lanshare.domain.transfer import TransferId
from lanshare.exchange import message_records
from lanshare.exchange.handshake import DeviceInfo, hello, refused
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.frames import Frame
from lanshare.wire.records import pair_conversation

Hear = Callable[[ControlMessage], bool | None]
"""Takes what the peer says; False: no more for now."""

_REST: Final = 0.02
"""Seconds until it is looked again whether there is room for more of what the peer says."""


class SayBye:
    """Posted to a control link: say goodbye and end."""


class Control:
    """We are equals on this link; `hear` gets what the peer says."""

    patience = limits.AWAY_AFTER
    must_hear = True

    def __init__(self, me: PeerId, peer: PeerId, hear: Hear, has_room: Callable[[], bool] = lambda: True) -> None:
        """`has_room`: whether more may be heard again, asked after `hear` said no."""
        self.done = False
        self.left = False
        """The peer said goodbye."""
        self._me = me
        self._peer = peer
        self._hear = hear
        self._outlet: Outlet | None = None
        self._next_ping = 0.0
        self._pings = 0
        self._has_room = has_room
        self._rests = False

    @property
    def _out(self) -> Outlet:
        assert self._outlet is not None
        return self._outlet

    def begin(self, outlet: Outlet, now: float) -> None:
        """The link is open; the first ping goes at once, so that the other side hears us soon."""
        self._outlet = outlet
        self._next_ping = now

    def on_time(self, now: float) -> float | None:
        """Ping."""
        if now >= self._next_ping and not self.done:
            self._next_ping = now + limits.PING_EVERY
            self._pings += 1
            self._out.say(f.Ping(self._pings))
        if self._rests:
            self._rests = not self._has_room()
            if self._rests:
                self._out.rest(now + _REST)
                return min(self._next_ping, now + _REST)
        return self._next_ping

    def produce(self, now: float) -> bool:
        """A control link carries no bulk."""
        return False

    def on_post(self, item: object, now: float) -> None:
        """The engine says something to the peer."""
        if self.done:
            return
        if isinstance(item, SayBye):
            self._out.say(f.Bye())
            self.done = True
        elif isinstance(item, DeviceInfo):
            self._out.say(hello(item, "control"))
        elif isinstance(item, Typing):
            pair = item.conversation == self._peer
            self._out.say(f.Typing(
                pair_conversation(self._me, self._peer) if pair else key_bytes(item.conversation)
            ))
        else:
            self._out.say(_frame(item))

    def on_frame(self, frame: Frame, now: float) -> None:
        """The peer says something to us."""
        match frame:
            case f.Ping():
                self._out.say(f.Pong(frame.number))
            case f.Pong():
                pass
            case f.Hello():
                self._take(now, Renamed(clean_name(frame.name, self._peer[:8]), clean_name(frame.note)))
            case f.Bye():
                self.left = True
                self.done = True
            case f.Refusal():
                raise refused(frame)
            case f.Text():
                self._take(now, message_records.read(frame, self._me, self._peer))
            case f.Stored():
                self._take(now, Stored(MessageId(frame.id.hex())))
            case f.TextRefused():
                self._take(now, TextRefused(MessageId(frame.id.hex()), frame.code))
            case f.Seen():
                self._take(now, Seen(tuple(one.hex() for one in frame.ids)))
            case f.GroupRecords():
                self._take(now, GroupRecords(message_records.read_circle(frame.records, self._me)))
            case f.HistorySummary():
                held = tuple((id_of_digest(one.author), one.ranges) for one in frame.held)
                self._take(now, HistorySummary(id_of_digest(frame.conversation), held))
            case f.Typing():
                pair = frame.conversation == pair_conversation(self._me, self._peer)
                self._take(now, Typing(self._peer if pair else id_of_digest(frame.conversation)))
            case f.SeenKept():
                self._take(now, SeenKept(tuple(one.hex() for one in frame.ids)))
            case f.Offer():
                after = TransferId(frame.after.hex()) if len(frame.after) == 16 else None
                self._take(now, Offered(TransferId(frame.transfer.hex()), _offer(frame), after))
            case f.Answer():
                self._take(now, Answer(TransferId(frame.transfer.hex()), frame.accepted, frame.code))
            case f.Cancel():
                self._take(now, Cancel(TransferId(frame.transfer.hex()), frame.code))
            case f.Fetch():
                self._take(now, Fetch(TransferId(frame.transfer.hex())))
            case f.Listing():
                self._take(now, _listed(frame))
            case f.Pause():
                self._take(now, Pause(TransferId(frame.transfer.hex()), frame.paused))
            case f.Later():
                self._take(now, Later(TransferId(frame.transfer.hex()), frame.code))
            case f.PairBegin():
                self._take(now, PairBegin(frame.commitment))
            case f.PairAnswer():
                self._take(now, PairAnswer(frame.nonce))
            case f.PairReveal():
                self._take(now, PairReveal(frame.nonce))
            case f.PairVerdict():
                self._take(now, PairVerdict(frame.same))
            case f.PairStop():
                self._take(now, PairStop(frame.code))
            case f.Finished():
                self._take(now, Finished(TransferId(frame.transfer.hex()), frame.files, frame.failed, frame.bytes))
            case _:
                raise LanshareError(Code.PROTOCOL, type(frame).__name__)

    def _take(self, now: float, said: ControlMessage) -> None:
        if self._hear(said) is False and self._outlet is not None:
            self._rests = True
            self._out.rest(now + _REST)


def _offer(frame: f.Offer) -> Offer:
    tops = tuple(TopEntry(top.name, EntryKind(top.kind), top.files, top.bytes) for top in frame.tops)
    room = id_of_digest(frame.conversation) if len(frame.conversation) == 32 else ""
    return Offer(tops, max(frame.names, len(tops)), frame.files, frame.bytes, frame.complete, room)


def _listed(frame: f.Listing) -> Listing:
    entries = tuple(FileEntry(one.parts, EntryKind(one.kind), one.size, one.mtime_ns) for one in frame.entries)
    return Listing(TransferId(frame.transfer.hex()), frame.first, entries, frame.last)


def _frame(item: object) -> Frame:
    match item:
        case SignedMessage():
            return message_records.frame_of(item.record)
        case Stored():
            return f.Stored(bytes.fromhex(item.message))
        case TextRefused():
            return f.TextRefused(bytes.fromhex(item.message), item.code)
        case Seen():
            return f.Seen(tuple(bytes.fromhex(one) for one in item.ids))
        case GroupRecords():
            return f.GroupRecords(tuple(one.record for one in item.records))
        case HistorySummary():
            held = tuple(f.AuthorRanges(key_bytes(one), ranges) for one, ranges in item.ranges[: limits.HELD])
            return f.HistorySummary(key_bytes(item.group), held)
        case SeenKept():
            return f.SeenKept(tuple(bytes.fromhex(one) for one in item.ids))
        case Offered():
            tops = tuple(
                f.Top(top.name, "folder" if top.kind is EntryKind.FOLDER else "file", top.files, top.bytes)
                for top in item.offer.tops[: limits.TOPS]
            )
            offer = item.offer
            return f.Offer(
                bytes.fromhex(item.transfer), tops, offer.names, offer.files, offer.bytes, offer.complete,
                bytes.fromhex(item.after or ""), key_bytes(PeerId(offer.room)) if offer.room else b"",
            )
        case Answer():
            return f.Answer(bytes.fromhex(item.transfer), item.accepted, item.code)
        case Cancel():
            return f.Cancel(bytes.fromhex(item.transfer), item.code)
        case Fetch():
            return f.Fetch(bytes.fromhex(item.transfer))
        case Listing():
            entries = tuple(f.Listed(one.parts, one.kind.value, one.size, one.mtime_ns) for one in item.entries)
            return f.Listing(bytes.fromhex(item.transfer), item.first, entries, item.last)
        case Pause():
            return f.Pause(bytes.fromhex(item.transfer), item.paused)
        case PairBegin():
            return f.PairBegin(item.commitment)
        case PairAnswer():
            return f.PairAnswer(item.nonce)
        case PairReveal():
            return f.PairReveal(item.nonce)
        case PairVerdict():
            return f.PairVerdict(item.same)
        case PairStop():
            return f.PairStop(item.code)
        case Later():
            return f.Later(bytes.fromhex(item.transfer), item.code)
        case Finished():
            return f.Finished(bytes.fromhex(item.transfer), item.files, item.failed, item.bytes)
    raise TypeError(f"not something to say: {type(item).__name__}")
