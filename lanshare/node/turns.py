"""The queue: large sendings to one peer take turns, in an order that a person may change. No I/O, only effects.

Small ones, messages and what goes to other peers never wait: one large sending fills a link as well as two do, and
two at once only make both late. Only what holds the same folder as one that moves waits for that, whatever its size:
side by side each would find no folder there yet, and make one of its own.
"""

from __future__ import annotations

from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.offer import EntryKind
from lanshare.domain.peer import PeerId
from lanshare.domain.talk import Postponed
from lanshare.domain.transfer import Direction, TransferId, TransferState
from lanshare.node.effects import Effect, EndRun, Keep, Say
from lanshare.node.table import Row, Table
from lanshare.store import journal

LARGE: Final = 256 * 1024 * 1024
"""Bytes still to be sent from which a sending takes turns: seconds of a fast network."""


class Turns(Table):
    """The side of the table that knows whose turn it is."""

    __slots__ = ()

    def go_first(self, transfer: TransferId) -> list[Effect]:
        """A person wants a sending to go before the others to its peer: the one that moves gives way to it."""
        row = self.rows.get(transfer)
        if row is None or not row.turn:
            return []
        peer = row.transfer.peer
        row.rank = rank = min(one.rank for one in self._queue(peer)) - 1
        effects: list[Effect] = [Keep(lambda db: journal.set_rank(db, transfer, rank))]
        if (other := self._before(row)) is not None:
            other.turn = True
            effects += [Say(peer, Postponed(other.transfer.id, Code.TURN)), EndRun(other.transfer.id)]
        return effects

    def heard_postponed(self, peer: PeerId, said: Postponed) -> list[Effect]:
        """The sender has something else to send first."""
        row = self._mine(peer, said.transfer, Direction.IN)
        if row is None or not row.accepted or row.paused or said.code != Code.TURN:
            return []
        row.turn = True
        return [] if row.running else self._away(row, Code.TURN)

    def _before(self, row: Row) -> Row | None:
        """The sending that this one has to wait for."""
        large = _is_large(row)
        others = (one for one in self._queue(row.transfer.peer) if one is not row and one.running)
        return next((one for one in others if (large and _is_large(one)) or _share_folder(row, one)), None)

    def _queue(self, peer: PeerId) -> list[Row]:
        """The sendings to a peer in the order of their turns."""
        rows = [
            row for row in self.rows.values()
            if row.transfer.peer == peer and row.transfer.direction is Direction.OUT
        ]
        return sorted(rows, key=lambda row: (row.rank, row.transfer.started_at))

    def _take_turn(self, row: Row) -> list[Effect]:
        """Run an accepted sending, or let it wait for its turn."""
        if self._before(row) is None:
            row.turn = False
            return self._run(row)
        row.turn = True
        return [Say(row.transfer.peer, Postponed(row.transfer.id, Code.TURN)), *self._away(row, Code.TURN)]

    def _next_turn(self, peer: PeerId) -> list[Effect]:
        """Something ended: whoever waits for its turn may have it."""
        effects: list[Effect] = []
        for row in self._queue(peer):
            waits = row.turn and not row.running and not row.paused
            if waits and row.transfer.state is TransferState.WAITING and self._before(row) is None:
                row.turn = False
                effects += self._run(row)
        return effects


def _is_large(row: Row) -> bool:
    return row.transfer.offer.bytes - row.transfer.done_bytes >= LARGE


def _share_folder(row: Row, other: Row) -> bool:
    both = {path.name for path in set(row.sources) & set(other.sources)}
    return any(top.kind is EntryKind.FOLDER and top.name in both for top in row.transfer.offer.tops)
