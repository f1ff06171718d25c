"""Messages: what is said, its place in a conversation, how far it got."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from msgspec import Struct

from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction, Transfer

MessageId = NewType("MessageId", str)
"""128 random bits as 32 hexadecimal digits; unique together with its author."""


class Delivery(StrEnum):
    """How far a message got. QUEUED: nobody but us has it, so it can still be changed or taken back. SENDING: it was
    put on the wire and is not confirmed. DELIVERED: the other side, in a group every member, stored it durably. READ:
    its person, or every member's, has seen it.
    """

    QUEUED = "queued"
    SENDING = "sending"
    DELIVERED = "delivered"
    READ = "read"
    RECEIVED = "received"
    REFUSED = "refused"


class MessageKind(StrEnum):
    """What a message is. REACTION: its text is a sign that stands at the message it is about; "" takes it away.

    FOUND and CHANGE make a group and say who is in it (domain/groups.py).
    """

    TEXT = "text"
    REACTION = "reaction"
    FOUND = "found"
    CHANGE = "change"


CONTROL = frozenset({MessageKind.FOUND, MessageKind.CHANGE})
"""What tells about a group instead of saying something in it."""


TEXT_MOST: Final = 1024 * 1024
"""UTF-8 bytes of one message: a long log pasted into the chat passes, a flood does not."""

QUOTED: Final = 200
"""Code points of a message that a quote of it shows."""


class Quote(Struct, frozen=True):
    """The message that another one answers, as far as it is here."""

    id: MessageId
    author: PeerId
    text: str


class ChatMessage(Struct, frozen=True):
    """One text in a conversation. Shown in the order (lamport, author, id).

    `about`: the digest, in hexadecimal, of the message that this one answers or reacts to; "" for none. `reactions`:
    who put which sign to it. `late`: it came after messages that it stands before. `spread`: of a message of ours in a
    group, how many members have it.
    """

    id: MessageId
    peer: PeerId
    author: PeerId
    direction: Direction
    text: str
    sent_at: datetime
    lamport: int
    delivery: Delivery
    kind: MessageKind = MessageKind.TEXT
    about: str = ""
    quote: Quote | None = None
    reactions: tuple[tuple[PeerId, str], ...] = ()
    late: bool = False
    spread: int = 0

    @property
    def order(self) -> str:
        """Its place among all of its conversation, the same for everyone who holds it."""
        return place(self.lamport, f"{self.author}{self.id}")


def place(lamport: int, tie: str) -> str:
    """A place in a conversation, as text that sorts."""
    return f"{lamport:016x}{tie}"


class TimelineItem(Struct, frozen=True):
    """One row of a timeline: a message or a transfer. `position` names it in this store; `order` is its place."""

    position: int
    at: datetime
    message: ChatMessage | None = None
    transfer: Transfer | None = None
    order: str = ""
    unread: bool = False


class Conversation(Struct, frozen=True):
    """The newest thing said or sent with a peer, for the list of devices."""

    peer: PeerId
    preview: str
    at: datetime
    unread: int


class SearchQuery(Struct, frozen=True):
    """What is searched for. `words` each also as a beginning; `kind`: text, link, file, image, or all; times in ms."""

    words: str
    peer: PeerId | None = None
    kind: str = ""
    since: int | None = None
    until: int | None = None
