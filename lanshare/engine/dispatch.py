"""Routes: which handlers a value goes to, by its type.

A service registers what it answers to. A type may have several handlers; they are called in the order in which they
were registered. Before the engine starts, check() makes sure that no member of the union is without one, so that
nothing is ever dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, get_args

from lanshare.domain.control_messages import ControlMessage
from lanshare.domain.errors import LocalMisuse
from lanshare.domain.peer import PeerId
from lanshare.engine.effects import Effect
from lanshare.engine.inbox import InboxItem

T = TypeVar("T")
U = TypeVar("U")
P = ParamSpec("P")

Follows = Iterable[Effect] | None
"""What a handler returns: effects to be carried out, in order."""


class Routes(Generic[U, P]):
    """A table from the types of one union to handlers that get the value and the same further arguments."""

    def __init__(self, union: UnionType | type) -> None:
        self._kinds: frozenset[type] = frozenset(get_args(union))
        self._handlers: dict[type, list[Callable[..., Follows]]] = {}

    def on(self, kind: type[T], handler: Callable[Concatenate[T, P], Follows]) -> None:
        """Call `handler` for values of this type. LocalMisuse if the type is none of the union's."""
        if kind not in self._kinds:
            raise LocalMisuse(f"{kind.__name__} is not routed here")
        self._handlers.setdefault(kind, []).append(handler)

    def check(self) -> None:
        """LocalMisuse if a type has no handler."""
        missing = sorted(kind.__name__ for kind in self._kinds - self._handlers.keys())
        if missing:
            raise LocalMisuse(f"nobody handles {', '.join(missing)}")

    def __call__(self, value: U, *args: P.args, **kwargs: P.kwargs) -> list[Effect]:
        """The effects of all its handlers. LocalMisuse if it has none."""
        handlers: list[Callable[..., Any]] | None = self._handlers.get(type(value))
        if handlers is None:
            raise LocalMisuse(f"nobody handles {type(value).__name__}")
        follows: list[Effect] = []
        for handler in handlers:
            if answered := handler(value, *args, **kwargs):
                follows.extend(answered)
        return follows


@dataclass(slots=True)
class Dispatch:
    """Where services register: for what lies in the inbox, what peers say, and what services return."""

    items: Routes[InboxItem, [float]] = field(default_factory=lambda: Routes(InboxItem))
    """Handlers get the item and the time (seconds, monotonic)."""

    heard: Routes[ControlMessage, [PeerId, float]] = field(default_factory=lambda: Routes(ControlMessage))
    """Handlers get the message, who said it, and the time. Nothing of a blocked device comes here."""

    effects: Routes[Effect, []] = field(default_factory=lambda: Routes(Effect))
    """Handlers carry an effect out, and may return others that follow at once."""

    def check(self) -> None:
        """LocalMisuse if something could come that nobody handles."""
        for routes in (self.items, self.heard, self.effects):
            routes.check()


class Service(Protocol):
    """A part of the engine that owns some state, and is called by the engine's thread alone."""

    def register(self, to: Dispatch) -> None:
        """Say what it answers to."""

    def tick(self, now: float) -> list[Effect]:
        """What is due by now."""

    def next_time(self) -> float | None:
        """When something is due next, if anything is."""
