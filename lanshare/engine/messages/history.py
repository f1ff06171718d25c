"""What is kept of conversations: pages of it, what was read, how long it stays, and how it goes for good."""

from __future__ import annotations

from collections.abc import Callable

from lanshare.domain import commands as c
from lanshare.domain.events import HistoryErased
from lanshare.domain.peer import PeerId
from lanshare.engine.deps import EngineDeps
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import (
    CompactStore,
    Effect,
    FlushStore,
    read,
    write,
)
from lanshare.engine.inbox import EventReady, InboxItem
from lanshare.engine.messages import store_work
from lanshare.store import history, outbox

_EXPIRE_EVERY = 3600.0
"""Seconds between two looks for what is not to stay any longer."""

_AFTER_READING = 5.0
"""Seconds for which what is kept only until it was read stays, so that it can be told that it was."""


class HistoryService:
    """Reads and takes out of the history. Its one state is when it looks for what has expired, and tidies up."""

    def __init__(self, deps: EngineDeps, post: Callable[[InboxItem], None]) -> None:
        self._deps, self._post = deps, post
        self._expire_at = self._tidy_at = 0.0

    def register(self, to: Dispatch) -> None:
        """See Service."""
        to.items.on(c.LoadHistory, lambda item, now: [read(store_work.page, item)])
        to.items.on(c.EraseHistory, lambda item, now: self._erase(item.peer))
        to.items.on(c.MarkRead, self._mark_read)
        to.items.on(c.SetRetention, self._retain)
        to.items.on(c.SaveDraft, lambda item, now: [write(outbox.keep_draft, item.peer, item.text)])
        to.items.on(c.RequestPeerStats, lambda item, now: [read(store_work.exchanged, item.peer)])
        to.effects.on(CompactStore, self._compact)

    def tick(self, now: float) -> list[Effect]:
        """Take out what has expired, once in a while."""
        effects: list[Effect] = []
        if now >= self._expire_at:
            self._expire_at = now + _EXPIRE_EVERY
            effects.append(self._expire())
        if now >= self._tidy_at:
            self._tidy_at = now + _EXPIRE_EVERY
            effects.append(write(store_work.tidy))
        return effects

    def next_time(self) -> float | None:
        """See Service."""
        return min(self._expire_at, self._tidy_at)

    def _mark_read(self, item: c.MarkRead, now: float) -> list[Effect]:
        self._expire_at = min(self._expire_at, now + _AFTER_READING)
        return [write(store_work.mark_read, item)]

    def _retain(self, item: c.SetRetention, now: float) -> list[Effect]:
        return [write(history.keep_for, item.peer, item.seconds), FlushStore(), self._expire()]

    def _erase(self, peer: PeerId | None) -> list[Effect]:
        """History goes, from the file on disk and with the receipts. All is queued at once: a program that ends now
        does all of it."""
        receipts = self._deps.runner.receipts()
        return [write(store_work.erase, peer), CompactStore(peer), write(store_work.sweep_receipts, receipts)]

    def _compact(self, effect: CompactStore) -> None:
        post, peer = self._post, effect.peer
        self._deps.store.compact(lambda whole: post(EventReady(HistoryErased(peer, bool(whole)))))

    def _expire(self) -> Effect:
        return write(store_work.expire, int(self._deps.clock.wall().timestamp() * 1000))
