"""Answers of the store about messages: what is durable, and what was found."""

from __future__ import annotations

from msgspec import Struct

from lanshare.domain.control_messages import SignedMessage
from lanshare.domain.events import MessageReacted, MessageReceived
from lanshare.domain.groups import Group
from lanshare.domain.message import ChatMessage, Delivery, MessageId, Quote
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.engine.inbox.groups import SpreadStored


class TextKnown(Struct, frozen=True):
    """A message of ours that is asked to be sent is here already: where it lies, and how far it is."""

    message: ChatMessage
    position: int
    quote: Quote | None


class TextHeld(Struct, frozen=True):
    """A message of ours was not taken for now: it waits, and goes again in its order."""

    peer: PeerId
    message: MessageId


class TextUnkept(Struct, frozen=True):
    """A peer's message was not kept here, and never will be."""

    peer: PeerId
    message: MessageId


class TextStored(Struct, frozen=True):
    """A message of ours is durable. `group`: how the group it changes stands by it. `about`: what it reacts to."""

    texted: SignedMessage
    position: int
    quote: Quote | None = None
    group: Group | None = None
    about: MessageId | None = None
    delivered: tuple[MessageId, ...] = ()
    """As in GroupMerged."""


class TextArrived(Struct, frozen=True):
    """A message that `speaker` said is durable. `fresh`: it was not here before. `news`: what is told of it; None if it
    is kept for others only, or tells nothing."""

    message: MessageId
    peer: PeerId
    speaker: PeerId
    fresh: bool
    news: MessageReceived | MessageReacted | None = None


class TextChanged(Struct, frozen=True):
    """A queued message says something else now; `text` None: it could not be changed any more."""

    peer: PeerId
    message: MessageId
    text: str | None


class OutboxLoaded(Struct, frozen=True):
    """Messages that wait for a peer, as signed records, and which of them were queued until now."""

    peer: PeerId
    records: tuple[tuple[MessageId, bytes], ...]
    fresh: tuple[MessageId, ...] = ()


class SeenLooked(Struct, frozen=True):
    """Messages and transfers of a peer that were seen and of which it is not known that it knows."""

    peer: PeerId
    ids: tuple[str, ...]


class SeenStored(Struct, frozen=True):
    """That messages and transfers of ours were seen is durable: say so, and tell which were news."""

    peer: PeerId
    ids: tuple[str, ...]
    news: tuple[MessageId, ...]
    transfers: tuple[TransferId, ...]
    spread: tuple[SpreadStored, ...]


class DeliveryStored(Struct, frozen=True):
    """How far a message of ours got is durable."""

    peer: PeerId
    message: MessageId
    delivery: Delivery
    code: str = ""


class TakenSome(Struct, frozen=True):
    """Some records of a saved conversation are durable; of them `fresh` were not here. `number`: which import it is."""

    number: int
    fresh: int
