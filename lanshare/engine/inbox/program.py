"""What shells and the end of the program put into the inbox, and what had to be durable first."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from lanshare.domain.events import Event
from lanshare.domain.message import Conversation
from lanshare.domain.peer import PeerId
from lanshare.engine.effects import Effect


class EventReady(Struct, frozen=True):
    """Tell the shells: something that had to be durable first is."""

    event: Event


class AfterCommit(Struct, frozen=True):
    """Something is durable: now these effects may follow."""

    effects: tuple[Effect, ...]


class StoreFailed(Struct, frozen=True):
    """Something could not be kept."""

    detail: str


Listener = Callable[[Event], None]
"""Called on the engine's thread: it posts, and never blocks."""


class Subscribe(Struct, frozen=True):
    """A shell wants the events from now on, a Snapshot first."""

    listener: Listener
    window: bool


class JoinReady(Struct, frozen=True):
    """What a shell that subscribes is to be told of the store is read."""

    wanted: Subscribe
    conversations: tuple[Conversation, ...]
    drafts: dict[PeerId, str]


class Unsubscribe(Struct, frozen=True):
    """It wants no more."""

    listener: Listener


class Stop(Struct, frozen=True):
    """The last thing in the inbox."""
