"""Message records: composed and signed here, checked here before anybody believes them."""

from __future__ import annotations

import datetime

import msgspec

from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.message import ChatMessage, Delivery, MessageId
from lanshare.domain.peer import PeerId
from lanshare.domain.talk import Texted
from lanshare.domain.transfer import Direction
from lanshare.trust.identity import Identity, id_of_key, verify
from lanshare.wire import limits
from lanshare.wire.frames import Text
from lanshare.wire.records import canonical, pair_conversation, record_digest

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Text)
_FAR = 2**52
"""A Lamport number or sequence beyond this is no count of messages; taking it over would end the conversation."""


def check_text(text: str) -> None:
    """LanshareError TEXT_TOO_LONG, or PROTOCOL for what is not Unicode."""
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise LanshareError(Code.PROTOCOL, "not Unicode") from error
    if size > limits.TEXT:
        raise LanshareError(Code.TEXT_TOO_LONG, str(size))


def compose(
    identity: Identity,
    peer: PeerId,
    message: MessageId,
    text: str,
    clock: tuple[int, int, bytes | None],
    now: datetime.datetime,
) -> Texted:
    """A signed record for `peer`. `clock`: the highest Lamport number, our last sequence, the last record's digest."""
    lamport, sequence, parent = clock
    blank = Text(
        author=identity.public_key,
        conversation=pair_conversation(identity.id, peer),
        id=bytes.fromhex(message),
        sequence=sequence + 1,
        parents=(parent,) if parent else (),
        lamport=lamport + 1,
        sent_at_ms=int(now.timestamp() * 1000),
        body=text,
        signature=b"",
    )
    record = msgspec.structs.replace(blank, signature=identity.sign(canonical(blank)))
    return _texted(record, peer, identity.id, Direction.OUT, Delivery.QUEUED)


def frame_of(record: bytes) -> Text:
    """The frame that carries a stored record of ours."""
    return _decoder.decode(record)


def read(frame: Text, me: PeerId, peer: PeerId) -> Texted:
    """A peer's record in our conversation with it; ProtocolError if it is forged, altered or out of place."""
    author = id_of_key(frame.author)
    if author != peer:
        raise ProtocolError("a text by somebody else")
    if frame.conversation != pair_conversation(me, peer):
        raise ProtocolError("a text of another conversation")
    if frame.lamport > _FAR or frame.sequence > _FAR:
        raise ProtocolError("a text beyond all counting")
    if not verify(frame.author, frame.signature, canonical(frame)):
        raise ProtocolError("a text whose signature does not fit")
    return _texted(frame, peer, author, Direction.IN, Delivery.RECEIVED)


def _texted(record: Text, peer: PeerId, author: PeerId, direction: Direction, delivery: Delivery) -> Texted:
    try:
        sent_at = datetime.datetime.fromtimestamp(record.sent_at_ms / 1000, datetime.UTC)
    except (OverflowError, ValueError, OSError):
        sent_at = datetime.datetime.fromtimestamp(0, datetime.UTC)
    message = ChatMessage(
        id=MessageId(record.id.hex()),
        peer=peer,
        author=author,
        direction=direction,
        text=record.body.replace("\x00", "\ufffd"),
        sent_at=sent_at,
        lamport=record.lamport,
        delivery=delivery,
    )
    return Texted(message, record.sequence, _encoder.encode(record), record_digest(record))


def stored(record: bytes, peer: PeerId, me: PeerId) -> Texted:
    """A record of ours from the outbox, ready to be said again."""
    return _texted(frame_of(record), peer, me, Direction.OUT, Delivery.QUEUED)
