"""Messages: what is said, its place in a conversation, how far it got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction, Transfer

MessageId = NewType("MessageId", str)
"""128 random bits as 32 hexadecimal digits; unique together with its author."""


class Delivery(StrEnum):
    """How far a message got. DELIVERED: the other side stored it durably."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    RECEIVED = "received"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One text in a conversation. Shown in the order (lamport, author, id)."""

    id: MessageId
    peer: PeerId
    author: PeerId
    direction: Direction
    text: str
    sent_at: datetime
    lamport: int
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Moment:
    """One row of a timeline: a message or a transfer, at `position` (the order of arrival in this store)."""

    position: int
    at: datetime
    message: ChatMessage | None = None
    transfer: Transfer | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The newest thing said or sent with a peer, for the list of devices."""

    peer: PeerId
    preview: str
    at: datetime
    unread: int
