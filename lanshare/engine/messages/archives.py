"""Conversations that are saved into a folder, and saved ones that are taken in again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from lanshare.domain.commands import ImportConversation, SaveConversation
from lanshare.domain.peer import PeerId
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import (
    Effect,
    Publish,
    Save,
    write,
)
from lanshare.engine.inbox import TakenSome

if TYPE_CHECKING:
    from lanshare.engine.messages.archive import ArchiveImport


class Archives:
    """Imports under way, by number: each takes in some records at a time, so that other writes come in between."""

    def __init__(
        self, me: PeerId, names: Callable[[], dict[PeerId, str]], peers: Callable[[], list[PeerId]],
        groups: Callable[[], list[PeerId]],
    ) -> None:
        """`names` of all devices and groups; `peers` and `groups` that there are."""
        self._me, self._names, self._peers, self._groups = me, names, peers, groups
        self._numbers = count()
        self._imports: dict[int, ArchiveImport] = {}

    def register(self, to: Dispatch) -> None:
        """See Service."""
        to.items.on(SaveConversation, lambda item, now: [Save(item.peer, item.folder, self._names())])
        to.items.on(ImportConversation, lambda item, now: [self._begin(item)])
        to.items.on(TakenSome, self._taken)

    def tick(self, now: float) -> list[Effect]:
        """See Service."""
        return []

    def next_time(self) -> float | None:
        """See Service."""
        return None

    def give_up(self) -> list[Effect]:
        """Something could not be kept: no import goes on."""
        given_up, self._imports = list(self._imports.values()), {}
        return [Publish(one.given_up()) for one in given_up]

    def rest(self) -> list[Effect]:
        """The engine ends: what is left of each, in one write."""
        return [write(one.rest) for one in self._imports.values()]

    def _begin(self, command: ImportConversation) -> Effect:
        from lanshare.engine.messages.archive import ArchiveImport  # loaded once somebody takes a conversation in

        peers = self._peers()
        number = next(self._numbers)
        self._imports[number] = ArchiveImport(command.path, self._me, peers, {*peers, *self._groups()})
        return self._some(number)

    def _taken(self, item: TakenSome, now: float) -> list[Effect]:
        one = self._imports.get(item.number)
        if one is None:
            return []  # told already that it could not be kept
        if (told := one.kept(item.fresh)) is None:
            return [self._some(item.number)]
        del self._imports[item.number]
        return [Publish(told)]

    def _some(self, number: int) -> Effect:
        return write(_take_some, self._imports[number], number)


def _take_some(db: sqlite3.Connection, one: ArchiveImport, number: int) -> TakenSome:
    return TakenSome(number, one.some(db))
