"""Hands each event to those who subscribed to its type, in the order of their subscription.

`check()` makes sure at the start that no type of event is forgotten: who does not show one says so by `passed_over`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, get_args

from lanshare.domain.errors import LocalMisuse
from lanshare.domain.events import Event

Handler = Callable[[Any], None]


class EventRouter:
    """Belongs to the window's thread."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[Handler]] = {kind: [] for kind in get_args(Event)}
        self._passed_over: set[type] = set()

    def on(self, kinds: type | Iterable[type], handler: Handler) -> None:
        """Call this with each event of these types. LocalMisuse if one of them is no event."""
        for kind in (kinds,) if isinstance(kinds, type) else kinds:
            if kind not in self._handlers:
                raise LocalMisuse(f"{kind.__name__} is no event")
            self._handlers[kind].append(handler)

    def pass_over(self, kinds: Iterable[type]) -> None:
        """The window shows nothing of these."""
        self._passed_over.update(kinds)

    def publish(self, event: Event) -> None:
        """Hand it over. LocalMisuse for what is no event."""
        handlers = self._handlers.get(type(event))
        if handlers is None:
            raise LocalMisuse(f"{type(event).__name__} is no event")
        for handler in handlers:
            handler(event)

    def check(self) -> None:
        """LocalMisuse if a type of event is neither heard nor passed over, or both."""
        for kind, handlers in self._handlers.items():
            if bool(handlers) is (kind in self._passed_over):
                raise LocalMisuse(f"{kind.__name__} is {'passed over, and heard' if handlers else 'heard by nobody'}")
