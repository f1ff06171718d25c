"""Message records: composed and signed here, checked here before anybody believes them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

from lanshare.domain.control_messages import SignedMessage
from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.groups import MEMBERS, NAME, WEIGHED, Change
from lanshare.domain.message import ChatMessage, Delivery, MessageId, MessageKind
from lanshare.domain.peer import PeerId, clean_name, id_of_digest, is_full_id, key_bytes
from lanshare.domain.transfer import Direction
from lanshare.trust.identity import Identity, id_of_key, verify
from lanshare.wire import limits
from lanshare.wire.frames import Text
from lanshare.wire.records import canonical, group_conversation, pair_conversation, record_digest

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Text)
_FAR = 2**52
"""A Lamport number or sequence beyond this is no count of messages; taking it over would end the conversation."""


_SIGN = 16
"""Code points of a reaction: the longest emoji sequences in use have ten."""


def _kind(word: str) -> MessageKind:
    """A kind that a later version may know is shown as the text that it carries."""
    return MessageKind(word) if word in set(MessageKind) else MessageKind.TEXT


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
    clock: tuple[int, int, tuple[bytes, ...]],
    now: datetime.datetime,
    kind: MessageKind = MessageKind.TEXT,
    about: bytes = b"",
    delivery: Delivery = Delivery.QUEUED,
    group: bool = False,
) -> SignedMessage:
    """A signed record for `peer`. `clock`: the highest Lamport number, our last sequence, digests of what we saw last.

    `about`: the digest of the record that it answers or reacts to. `group`: `peer` is one.
    """
    lamport, sequence, parents = clock
    blank = Text(
        author=identity.public_key,
        conversation=key_bytes(peer) if group else pair_conversation(identity.id, peer),
        id=bytes.fromhex(message),
        sequence=sequence + 1,
        parents=parents,
        lamport=lamport + 1,
        sent_at_ms=int(now.timestamp() * 1000),
        body=text,
        signature=b"",
        kind=kind.value,
        about=about,
    )
    record = msgspec.structs.replace(blank, signature=identity.sign(canonical(blank)))
    return _texted(record, peer, identity.id, Direction.OUT, delivery)


def group_of(identity: Identity, founding: MessageId) -> PeerId:
    """The group that we found by a record of this id."""
    return id_of_digest(group_conversation(identity.public_key, bytes.fromhex(founding)))


def edited(identity: Identity, peer: PeerId, old: bytes, text: str) -> SignedMessage:
    """A record of ours that nobody has yet, with another text in its place."""
    return _signed_anew(identity, peer, msgspec.structs.replace(frame_of(old), body=text, signature=b""))


def renamed(identity: Identity, peer: PeerId, old: bytes, names: Mapping[bytes, bytes]) -> SignedMessage | None:
    """A record of ours that nobody has yet, naming others by the digests that they have now; None if it names none of
    these. `names`: digest before -> digest now.
    """
    frame = frame_of(old)
    if frame.about not in names and not any(one in names for one in frame.parents):
        return None
    parents = tuple(names.get(one, one) for one in frame.parents)
    about = names.get(frame.about, frame.about)
    return _signed_anew(
        identity, peer, msgspec.structs.replace(frame, parents=parents, about=about, signature=b"")
    )


def _signed_anew(identity: Identity, peer: PeerId, blank: Text) -> SignedMessage:
    record = msgspec.structs.replace(blank, signature=identity.sign(canonical(blank)))
    return _texted(record, peer, identity.id, Direction.OUT, Delivery.QUEUED)


def frame_of(record: bytes) -> Text:
    """The frame that carries a stored record."""
    return _decoder.decode(record)


def digest_of(record: bytes) -> bytes:
    """How other records name a stored record."""
    return record_digest(frame_of(record))


def _decoded(record: bytes) -> Text:
    try:
        return _decoder.decode(record)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, ValueError) as error:
        raise ProtocolError("no record") from error


def read(frame: Text, me: PeerId, peer: PeerId) -> SignedMessage:
    """A record that a peer says; ProtocolError if it is forged, altered or out of place.

    In our conversation with it, it is the author. A record of a group may be anybody's: whoever has it hands it on.
    """
    author = id_of_key(frame.author)
    if frame.conversation == pair_conversation(me, peer):
        if author != peer:
            raise ProtocolError("a text by somebody else")
        if frame.kind in (MessageKind.FOUND, MessageKind.CHANGE):
            raise ProtocolError("a group of two")
        conversation = peer
    else:
        conversation = id_of_digest(frame.conversation)
    if frame.kind == MessageKind.REACTION and (len(frame.about) != 32 or len(frame.body) > _SIGN):
        raise ProtocolError("a reaction to nothing, or no sign")
    if frame.kind in (MessageKind.FOUND, MessageKind.CHANGE) and len(_encoder.encode(frame)) > limits.CIRCLE_RECORD:
        raise ProtocolError("a change of a group that is too long")
    if frame.lamport > _FAR or frame.sequence > _FAR:
        raise ProtocolError("a text beyond all counting")
    if frame.kind == MessageKind.FOUND and frame.conversation != group_conversation(frame.author, frame.id):
        raise ProtocolError("a group that somebody else founded")
    if not verify(frame.author, frame.signature, canonical(frame)):
        raise ProtocolError("a text whose signature does not fit")
    direction = Direction.OUT if author == me else Direction.IN
    return _texted(frame, conversation, author, direction, Delivery.RECEIVED)


def restored(record: bytes, me: PeerId, peers: Sequence[PeerId] = ()) -> SignedMessage:
    """A record from a saved conversation; ProtocolError unless it is signed by its author.

    Of a conversation of two, `peers` are those that it may be with.
    """
    frame = _decoded(record)
    author = id_of_key(frame.author)
    with_whom = next(
        (one for one in (author, *peers) if one != me and frame.conversation == pair_conversation(me, one)), None
    )
    if with_whom is None:
        return read(frame, me, PeerId(""))
    if author not in (me, with_whom) or not verify(frame.author, frame.signature, canonical(frame)):
        raise ProtocolError("a text whose signature does not fit")
    direction = Direction.OUT if author == me else Direction.IN
    return _texted(frame, with_whom, author, direction, Delivery.RECEIVED)


def read_circle(records: Sequence[bytes], me: PeerId) -> tuple[SignedMessage, ...]:
    """Records that found and change one group; ProtocolError if they are of several, or not what they say."""
    frames = []
    for record in records:
        frame = _decoded(record)
        if frame.kind not in (MessageKind.FOUND, MessageKind.CHANGE):
            raise ProtocolError("a text among those about members")
        frames.append(frame)
    if len({one.conversation for one in frames}) != 1:
        raise ProtocolError("records of several groups")
    return tuple(read(one, me, PeerId("")) for one in frames)


class _Body(msgspec.Struct, forbid_unknown_fields=False):
    name: Annotated[str, msgspec.Meta(max_length=NAME)] = ""
    add: Annotated[tuple[str, ...], msgspec.Meta(max_length=MEMBERS)] = ()
    remove: Annotated[tuple[str, ...], msgspec.Meta(max_length=MEMBERS)] = ()


_bodies = msgspec.json.Decoder(_Body)


def change_body(name: str, add: Sequence[PeerId], remove: Sequence[PeerId]) -> str:
    """The text of a record that founds or changes a group."""
    return msgspec.json.encode(_Body(clean_name(name)[:NAME], tuple(add), tuple(remove))).decode("utf-8")


def change_of(record: bytes) -> Change:
    """What a stored record about a group's members says; one that says nothing sensible changes nothing."""
    frame = _decoder.decode(record)
    try:
        body = _bodies.decode(frame.body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        body = _Body()
    author = id_of_key(frame.author)
    add = tuple(PeerId(one) for one in body.add if is_full_id(one))
    remove = tuple(PeerId(one) for one in body.remove if is_full_id(one))
    return Change(
        (frame.lamport, str(author), frame.id.hex()), author, frame.kind == MessageKind.FOUND,
        clean_name(body.name)[:NAME], add, remove, record_digest(frame), frame.parents,
        weight=1 + len(frame.body.encode("utf-8")) // WEIGHED,
    )


def _texted(record: Text, peer: PeerId, author: PeerId, direction: Direction, delivery: Delivery) -> SignedMessage:
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
        kind=_kind(record.kind),
        about=record.about.hex(),
    )
    return SignedMessage(message, record.sequence, _encoder.encode(record), record_digest(record))


def stored(record: bytes, peer: PeerId) -> SignedMessage:
    """A record from the store, ready to be said again. `peer`: its conversation."""
    frame = frame_of(record)
    return _texted(frame, peer, id_of_key(frame.author), Direction.OUT, Delivery.QUEUED)
