"""The tables of transfers without an engine: what they see of the world, and what comes out of them."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from lanshare.domain.commands import AnswerOffer, SendFiles
from lanshare.domain.control_messages import Offered
from lanshare.domain.errors import Code
from lanshare.domain.offer import EntryKind, Offer, TopEntry
from lanshare.domain.peer import PeerId, PeerPolicy, TrustLevel
from lanshare.domain.settings import SortBy
from lanshare.domain.transfer import TransferId, TransferState
from lanshare.engine.effects import (
    AskRoom,
    DbWrite,
    Effect,
    Publish,
    SendControl,
)
from lanshare.engine.inbox import (
    AfterCommit,
    Counted,
    DiskRoom,
    EventReady,
    OfferLooked,
)
from lanshare.engine.transfers.service import Transfers
from lanshare.engine.transfers.table import TransferContext

BOB, EVE = PeerId("b" * 52), PeerId("e" * 52)

ID = TransferId("ab" * 16)

WALL = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)

OFFER = Offer((TopEntry("x", EntryKind.FILE, 1, 10),), 1, 1, 10, True)

GARDEN = "g" * 52


class Link:
    """A link that does nothing."""

    def post(self, item: object) -> bool:
        return True

    def abort(self, code: Code = Code.CANCELLED) -> None:
        """Nothing to end."""


class Setting:
    """A table and what it sees of the world."""

    def __init__(self) -> None:
        self.online = True
        self.rules = PeerPolicy()
        self.sort = SortBy.NOTHING
        self.free, self.room = 1000, 1000
        self.table = Transfers(
            TransferContext(
                online=lambda peer: self.online,
                name=lambda peer: "Bob",
                trust=lambda peer: TrustLevel.KNOWN,
                addresses=lambda peer: (),
                downloads=lambda: Path("/downloads"),
                sorted_into=lambda peer, offer, sort: self._sorted_into(sort),
                execute=lambda peer: False,
                rules=lambda peer: self.rules,
                shares=lambda room, peer: (room, peer) == (GARDEN, BOB),
                throttles=lambda peer, direction: (),
            )
        )

    def _sorted_into(self, sort: SortBy | None) -> str:
        chosen = self.sort if sort is None else sort
        return "" if chosen is SortBy.NOTHING else f"by {chosen}"

    def sending(self) -> None:
        """A sending whose offer is before the peer."""
        self.table.send(SendFiles(ID, BOB, (Path("/x"),)), 0.0, WALL)
        self.table.counted(Counted(ID, OFFER, 0))

    def receiving(self) -> None:
        """An accepted offer."""
        self.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL)
        self.table.answer(AnswerOffer(ID, True), 0.0)

    def asked(self, effects: list[Effect], now: float = 0.0) -> list[Effect]:
        """What comes of the room that is asked for, once it is told: at once, or behind what is to be durable."""
        found: list[Effect] = []
        for one in effects:
            later = one.then if isinstance(one, DbWrite) else None
            for inner in (one, *(later.effects if isinstance(later, AfterCommit) else ())):
                if isinstance(inner, AskRoom):
                    told = DiskRoom(inner.transfer, inner.why, inner.number, self.free, self.room)
                    found += self.table.disk_room(told, now)
        return found

    def state(self) -> TransferState:
        """Where it stands."""
        return self.table.rows[ID].transfer.state


def events(effects: list[Effect]) -> list[object]:
    """What is told, at once or once it is durable."""
    found: list[object] = []
    for one in effects:
        if isinstance(one, Publish):
            found.append(one.event)
        elif isinstance(one, DbWrite):
            note = one.then
            if isinstance(note, EventReady):
                found.append(note.event)
            elif isinstance(note, AfterCommit):
                found += [inner.event for inner in note.effects if isinstance(inner, Publish)]
    return found


def said(effects: list[Effect]) -> list[object]:
    """What is said to the peer."""
    return [one.said for one in effects if isinstance(one, SendControl)]


def kinds(found: list[object]) -> list[type]:
    """Their types."""
    return [type(one) for one in found]


@pytest.fixture
def setting() -> Setting:
    """A fresh one."""
    return Setting()
