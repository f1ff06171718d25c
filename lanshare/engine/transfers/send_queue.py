"""The queue: large sendings to one peer take turns, in an order that a person may change. No I/O, only effects.

Small ones, messages and what goes to other peers never wait: one large sending fills a link as well as two do, and
two at once only make both late. Only what holds the same folder as one that moves waits for that, whatever its size:
side by side each would find no folder there yet, and make one of its own.
"""

from __future__ import annotations

from typing import Final

from lanshare.domain.control_messages import Later
from lanshare.domain.errors import Code
from lanshare.domain.offer import EntryKind
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction, TransferId, TransferState
from lanshare.engine.effects import (
    Effect,
    EndRun,
    SendControl,
    write,
)
from lanshare.engine.transfers.machine import TrackedTransfer
from lanshare.engine.transfers.table import TransferTable
from lanshare.store import journal

LARGE: Final = 256 * 1024 * 1024
"""Bytes still to be sent from which a sending takes turns: seconds of a fast network."""


class Turns(TransferTable):
    """The side of the table that knows whose turn it is."""

    __slots__ = ()

    def go_first(self, transfer: TransferId) -> list[Effect]:
        """A person wants a sending to go before the others to its peer: those in its way give way to it."""
        row = self.rows.get(transfer)
        if row is None or not row.turn.waits or row.rest.wanted or row.transfer.direction is not Direction.OUT:
            return []
        peer = row.transfer.peer
        row.turn.rank = rank = min(one.turn.rank for one in self._queue(peer)) - 1
        effects: list[Effect] = [write(journal.set_rank, transfer, rank)]
        for other in self._in_the_way(row):
            other.turn.waits = True
            effects += [SendControl(peer, Later(other.transfer.id, Code.TURN)), EndRun(other.transfer.id)]
        return effects

    def heard_postponed(self, peer: PeerId, said: Later) -> list[Effect]:
        """The sender has something else to send first."""
        row = self._mine(peer, said.transfer, Direction.IN)
        if row is None or not row.consent.given or row.rest.wanted or said.code != Code.TURN:
            return []
        row.turn.waits = True
        return [] if row.link.held else self._away(row, Code.TURN)

    def _in_the_way(self, row: TrackedTransfer) -> list[TrackedTransfer]:
        """The sendings that move and that this one has to wait for."""
        moving = (one for one in self._queue(row.transfer.peer) if one is not row and one.link.held)
        return [one for one in moving if _exclude(row, one)]

    def _queue(self, peer: PeerId) -> list[TrackedTransfer]:
        """The sendings to a peer in the order of their turns."""
        rows = [
            row for row in self.rows.values()
            if row.transfer.peer == peer and row.transfer.direction is Direction.OUT
        ]
        return sorted(rows, key=lambda row: (row.turn.rank, row.transfer.started_at))

    def _take_turn(self, row: TrackedTransfer) -> list[Effect]:
        """Run an accepted sending, or let it wait for its turn."""
        if not self._in_the_way(row):
            row.turn.waits = False
            return self._run(row)
        row.turn.waits = True
        return [SendControl(row.transfer.peer, Later(row.transfer.id, Code.TURN)), *self._away(row, Code.TURN)]

    def _next_turn(self, peer: PeerId) -> list[Effect]:
        """Something ended: whoever waits for its turn may have it, but none overtakes one that it would hold up."""
        effects: list[Effect] = []
        waiting: list[TrackedTransfer] = []
        for row in self._queue(peer):
            ready = row.turn.waits and not row.link.held and not row.rest.wanted
            if not ready or row.transfer.state is not TransferState.WAITING:
                continue
            if self._in_the_way(row) or any(_exclude(row, one) for one in waiting):
                waiting.append(row)
            else:
                row.turn.waits = False
                effects += self._run(row)
        return effects


def _exclude(row: TrackedTransfer, other: TrackedTransfer) -> bool:
    """Whether these two sendings to one peer do not move at the same time."""
    return (_is_large(row) and _is_large(other)) or _share_folder(row, other)


def _is_large(row: TrackedTransfer) -> bool:
    return row.transfer.offer.bytes - row.transfer.done_bytes >= LARGE


def _share_folder(row: TrackedTransfer, other: TrackedTransfer) -> bool:
    both = {path.name for path in set(row.sources) & set(other.sources)}
    tops = (*row.transfer.offer.tops, *other.transfer.offer.tops)
    return bool(both) and any(top.kind is EntryKind.FOLDER and top.name in both for top in tops)
