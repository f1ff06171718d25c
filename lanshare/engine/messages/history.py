"""What is kept of conversations: pages of it, what was read, how long it stays, and how it goes for good."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable

from lanshare.domain import commands as c
from lanshare.domain.events import ConversationRead, Event, HistoryErased, HistoryLoaded
from lanshare.domain.message import SearchQuery
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.engine.deps import EngineDeps
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import DbRead, DbWrite, Effect, Publish, ReadHere
from lanshare.engine.inbox import AfterCommit, EventReady, InboxItem
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
        to.items.on(c.LoadHistory, lambda item, now: [_page(item)])
        to.items.on(c.EraseHistory, lambda item, now: [self._erase(item.peer)])
        to.items.on(c.MarkRead, self._mark_read)
        to.items.on(c.SetRetention, self._retain)
        to.items.on(c.SaveDraft, lambda item, now: [DbWrite(lambda db: outbox.keep_draft(db, item.peer, item.text))])
        to.items.on(
            c.RequestPeerStats, lambda item, now: [DbRead(lambda db: history.exchanged(db, item.peer), EventReady)]
        )

    def tick(self, now: float) -> list[Effect]:
        """Take out what has expired, once in a while."""
        effects: list[Effect] = []
        if now >= self._expire_at:
            self._expire_at = now + _EXPIRE_EVERY
            effects.append(self._expire())
        if now >= self._tidy_at:
            self._tidy_at = now + _EXPIRE_EVERY
            store = self._deps.store
            effects.append(DbWrite(history.tidy, lambda done: store.flush() if done else None))
        return effects

    def next_time(self) -> float | None:
        """See Service."""
        return min(self._expire_at, self._tidy_at)

    def _mark_read(self, item: c.MarkRead, now: float) -> list[Effect]:
        self._expire_at = min(self._expire_at, now + _AFTER_READING)
        peer = item.peer
        return [
            DbWrite(
                lambda db: history.mark_read(db, peer, item.seen),
                lambda left: AfterCommit((Publish(ConversationRead(peer, left)), ReadHere(peer))),
            )
        ]

    def _retain(self, item: c.SetRetention, now: float) -> list[Effect]:
        store = self._deps.store
        return [
            DbWrite(lambda db: history.keep_for(db, item.peer, item.seconds), lambda _: store.flush()), self._expire()
        ]

    def _erase(self, peer: PeerId | None) -> Effect:
        """History goes, from the file on disk and with the receipts; a receiving that was can be undone no more."""
        deps, post = self._deps, self._post

        def gone(transfers: list[TransferId]) -> None:
            for transfer in transfers:
                deps.runner.papers(transfer)[1].unlink(missing_ok=True)
            deps.store.compact(lambda whole: post(EventReady(HistoryErased(peer, bool(whole)))))

        return DbWrite(lambda db: history.erase(db, peer), gone)

    def _expire(self) -> Effect:
        now_ms = int(self._deps.clock.wall().timestamp() * 1000)

        def work(db: sqlite3.Connection) -> tuple[HistoryErased, ...]:
            gone = history.expire(db, now_ms)
            left = {one.peer: one for one in history.conversations(db)} if gone else {}
            return tuple(HistoryErased(peer, True, messages, left.get(peer)) for peer, messages in gone.items())

        store = self._deps.store

        def told(changed: tuple[Event, ...]) -> AfterCommit | None:
            if changed:
                store.flush()
            return AfterCommit(tuple(map(Publish, changed))) if changed else None

        return DbWrite(work, told)


def _page(command: c.LoadHistory) -> Effect:
    is_search = bool(command.search or command.kind)

    def operation(db: sqlite3.Connection) -> HistoryLoaded:
        if is_search:
            times = (_ms(command.since), _ms(command.until))
            wanted = SearchQuery(command.search, command.peer, command.kind, *times)
            found, more = history.search(db, wanted, command.limit), False
        else:
            found, more = history.page(db, command.peer, command.before, command.limit, command.around)
        return HistoryLoaded(command.request, command.peer, tuple(found), more, is_search)

    return DbRead(operation, EventReady)


def _ms(when: datetime.datetime | None) -> int | None:
    return int(when.timestamp() * 1000) if when is not None else None
