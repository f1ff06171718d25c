"""Frames of a control link as what they say, and what is said as frames: one table for each direction.

Ids are 16 or 32 bytes in frames, and text everywhere else. What a frame means is the engine's matter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

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
from lanshare.exchange.handshake import release_in
from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.frames import Frame
from lanshare.wire.records import pair_conversation


class Ends(NamedTuple):
    """Who speaks on a link: we and the peer."""

    me: PeerId
    peer: PeerId


_Heard = dict[type[Frame], Callable[[Any, Ends], ControlMessage]]
_Said = dict[type[ControlMessage], Callable[[Any, Ends], Frame]]


def heard(frame: Frame, ends: Ends) -> ControlMessage:
    """What a frame says. LanshareError PROTOCOL if it has no place on a control link."""
    read = HEARD.get(type(frame))
    if read is None:
        raise LanshareError(Code.PROTOCOL, type(frame).__name__)
    return read(frame, ends)


def said(message: ControlMessage, ends: Ends) -> Frame:
    """The frame that says it."""
    return SAID[type(message)](message, ends)


# --- what is more than a line


def _read_offer(frame: f.Offer, ends: Ends) -> Offered:
    tops = tuple(TopEntry(top.name, EntryKind(top.kind), top.files, top.bytes) for top in frame.tops)
    room = id_of_digest(frame.conversation) if len(frame.conversation) == 32 else ""
    offer = Offer(tops, max(frame.names, len(tops)), frame.files, frame.bytes, frame.complete, room)
    after = TransferId(frame.after.hex()) if len(frame.after) == 16 else None
    return Offered(_transfer(frame.transfer), offer, after)


def _say_offer(message: Offered, ends: Ends) -> f.Offer:
    offer = message.offer
    tops = tuple(
        f.Top(top.name, "folder" if top.kind is EntryKind.FOLDER else "file", top.files, top.bytes)
        for top in offer.tops[: limits.TOPS]
    )
    return f.Offer(
        bytes.fromhex(message.transfer), tops, offer.names, offer.files, offer.bytes, offer.complete,
        bytes.fromhex(message.after or ""), key_bytes(PeerId(offer.room)) if offer.room else b"",
    )


def _read_listing(frame: f.Listing, ends: Ends) -> Listing:
    entries = tuple(FileEntry(one.parts, EntryKind(one.kind), one.size, one.mtime_ns) for one in frame.entries)
    return Listing(_transfer(frame.transfer), frame.first, entries, frame.last)


def _say_listing(message: Listing, ends: Ends) -> f.Listing:
    entries = tuple(f.Listed(one.parts, one.kind.value, one.size, one.mtime_ns) for one in message.entries)
    return f.Listing(bytes.fromhex(message.transfer), message.first, entries, message.last)


def _read_summary(frame: f.HistorySummary, ends: Ends) -> HistorySummary:
    held = tuple((id_of_digest(one.author), one.ranges) for one in frame.held)
    return HistorySummary(id_of_digest(frame.conversation), held)


def _say_summary(message: HistorySummary, ends: Ends) -> f.HistorySummary:
    held = tuple(f.AuthorRanges(key_bytes(one), ranges) for one, ranges in message.ranges[: limits.HELD])
    return f.HistorySummary(key_bytes(message.group), held)


def _read_typing(frame: f.Typing, ends: Ends) -> Typing:
    pair = frame.conversation == pair_conversation(ends.me, ends.peer)
    return Typing(ends.peer if pair else id_of_digest(frame.conversation))


def _say_typing(message: Typing, ends: Ends) -> f.Typing:
    pair = message.conversation == ends.peer
    return f.Typing(pair_conversation(ends.me, ends.peer) if pair else key_bytes(message.conversation))


def _transfer(digest: bytes) -> TransferId:
    return TransferId(digest.hex())


def _message(digest: bytes) -> MessageId:
    return MessageId(digest.hex())


HEARD: Final[_Heard] = {
    f.Hello: lambda frame, ends: Renamed(
        clean_name(frame.name, ends.peer[:8]), clean_name(frame.note), release_in(frame.capabilities)
    ),
    f.Text: lambda frame, ends: message_records.read(frame, ends.me, ends.peer),
    f.Stored: lambda frame, ends: Stored(_message(frame.id)),
    f.TextRefused: lambda frame, ends: TextRefused(_message(frame.id), frame.code),
    f.Seen: lambda frame, ends: Seen(tuple(map(_message, frame.ids))),
    f.SeenKept: lambda frame, ends: SeenKept(tuple(map(_message, frame.ids))),
    f.GroupRecords: lambda frame, ends: GroupRecords(message_records.read_circle(frame.records, ends.me)),
    f.HistorySummary: _read_summary,
    f.Typing: _read_typing,
    f.Offer: _read_offer,
    f.Answer: lambda frame, ends: Answer(_transfer(frame.transfer), frame.accepted, frame.code),
    f.Cancel: lambda frame, ends: Cancel(_transfer(frame.transfer), frame.code),
    f.Fetch: lambda frame, ends: Fetch(_transfer(frame.transfer)),
    f.Listing: _read_listing,
    f.Pause: lambda frame, ends: Pause(_transfer(frame.transfer), frame.paused),
    f.Later: lambda frame, ends: Later(_transfer(frame.transfer), frame.code),
    f.Finished: lambda frame, ends: Finished(_transfer(frame.transfer), frame.files, frame.failed, frame.bytes),
    f.PairBegin: lambda frame, ends: PairBegin(frame.commitment),
    f.PairAnswer: lambda frame, ends: PairAnswer(frame.nonce),
    f.PairReveal: lambda frame, ends: PairReveal(frame.nonce),
    f.PairVerdict: lambda frame, ends: PairVerdict(frame.same),
    f.PairStop: lambda frame, ends: PairStop(frame.code),
}
"""Every frame of a control link but those of the link itself (Ping, Pong, Bye, Refusal)."""

SAID: Final[_Said] = {
    SignedMessage: lambda message, ends: message_records.frame_of(message.record),
    Stored: lambda message, ends: f.Stored(bytes.fromhex(message.message)),
    TextRefused: lambda message, ends: f.TextRefused(bytes.fromhex(message.message), message.code),
    Seen: lambda message, ends: f.Seen(tuple(map(bytes.fromhex, message.ids))),
    SeenKept: lambda message, ends: f.SeenKept(tuple(map(bytes.fromhex, message.ids))),
    GroupRecords: lambda message, ends: f.GroupRecords(tuple(one.record for one in message.records)),
    HistorySummary: _say_summary,
    Typing: _say_typing,
    Offered: _say_offer,
    Answer: lambda message, ends: f.Answer(bytes.fromhex(message.transfer), message.accepted, message.code),
    Cancel: lambda message, ends: f.Cancel(bytes.fromhex(message.transfer), message.code),
    Fetch: lambda message, ends: f.Fetch(bytes.fromhex(message.transfer)),
    Listing: _say_listing,
    Pause: lambda message, ends: f.Pause(bytes.fromhex(message.transfer), message.paused),
    Later: lambda message, ends: f.Later(bytes.fromhex(message.transfer), message.code),
    Finished: lambda message, ends: f.Finished(
        bytes.fromhex(message.transfer), message.files, message.failed, message.bytes
    ),
    PairBegin: lambda message, ends: f.PairBegin(message.commitment),
    PairAnswer: lambda message, ends: f.PairAnswer(message.nonce),
    PairReveal: lambda message, ends: f.PairReveal(message.nonce),
    PairVerdict: lambda message, ends: f.PairVerdict(message.same),
    PairStop: lambda message, ends: f.PairStop(message.code),
}
"""Everything that may be said to a peer but our own name, which a new Hello says (handshake.hello)."""
