"""The shells that listen: who gets events, and what a shell is told that joins. Called by the engine's thread alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from lanshare.domain.commands import OpenWindow
from lanshare.domain.errors import Code
from lanshare.domain.events import Event, NetworkTroubled, Snapshot, WindowRequested
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import (
    Effect,
    Publish,
    read,
)
from lanshare.engine.inbox import EventReady, JoinReady, Listener, Subscribe, Unsubscribe
from lanshare.store import history, outbox


class Shells:
    """Listeners, each with whether it is a window, and the troubles that hold at the moment."""

    def __init__(self, snapshot: Callable[[JoinReady, bool], Snapshot], asked: Callable[[], list[Event]]) -> None:
        """`snapshot`: the state for whoever joins, given whether a window listens already. `asked`: questions that are
        open, to be told behind it."""
        self._snapshot, self._asked = snapshot, asked
        self._listeners: dict[Listener, bool] = {}
        self.troubles: dict[str, NetworkTroubled] = {}

    def register(self, to: Dispatch) -> None:
        """See Service."""
        to.items.on(Subscribe, lambda item, now: [_look(item)])
        to.items.on(JoinReady, lambda item, now: self._join(item))
        to.items.on(Unsubscribe, lambda item, now: self._leave(item.listener))
        to.items.on(EventReady, lambda item, now: [Publish(item.event)])
        to.items.on(OpenWindow, lambda item, now: [Publish(WindowRequested(tuple(map(str, item.paths)), item.peer))])
        to.effects.on(Publish, lambda effect: self.tell(effect.event))

    def tick(self, now: float) -> list[Effect]:
        """See Service."""
        return []

    def next_time(self) -> float | None:
        """See Service."""
        return None

    def tell(self, event: Event) -> None:
        """Tell all. The end of a trouble that nobody was told of is not told."""
        if isinstance(event, NetworkTroubled) and not self._is_news(event):
            return
        for listener in list(self._listeners):
            listener(event)

    def end(self) -> None:
        """Tell nobody any more."""
        self._listeners.clear()

    def _is_news(self, event: NetworkTroubled) -> bool:
        if not event.message:
            return self.troubles.pop(event.code, None) is not None
        self.troubles[event.code] = event
        return True

    def _join(self, item: JoinReady) -> None:
        window_open = any(self._listeners.values())
        self._listeners[item.wanted.listener] = item.wanted.window
        for event in (self._snapshot(item, window_open), *self._asked()):
            item.wanted.listener(event)

    def _leave(self, listener: Listener) -> None:
        self._listeners.pop(listener, None)


def _look(wanted: Subscribe) -> Effect:
    return read(_join_ready, wanted)


def _join_ready(db: sqlite3.Connection, wanted: Subscribe) -> JoinReady:
    return JoinReady(wanted, tuple(history.conversations(db)), outbox.drafts(db))


def trouble(code: Code, sentence: str) -> Effect:
    """Tell that something is wrong; with an empty sentence: that it is well again."""
    return Publish(NetworkTroubled(code, sentence))
