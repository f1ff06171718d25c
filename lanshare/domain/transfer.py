"""A transfer's states and the table of their legal moves: what is not listed is an error of ours."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from msgspec import Struct

from lanshare.domain.errors import LocalMisuse
from lanshare.domain.offer import Offer, Skipped
from lanshare.domain.peer import PeerId

TransferId = NewType("TransferId", str)
"""128 random bits as 32 hexadecimal digits, chosen by the sender."""


CHUNK: Final = 4 * 1024 * 1024
"""Bytes of a file under one digest: part of the content id, so it never changes."""

SMALL: Final = 64 * 1024
"""Bytes up to which a file is read, sent and written whole."""


class Direction(StrEnum):
    """Seen from this device."""

    IN = "in"
    OUT = "out"


class TransferState(StrEnum):
    """Where a transfer stands. WAITING: the peer is away, or the disk is; it goes on by itself. PAUSED: a person
    of either side wants it to rest."""

    QUEUED = "queued"
    OFFERED = "offered"
    CONNECTING = "connecting"
    MOVING = "moving"
    VERIFYING = "verifying"
    WAITING = "waiting"
    PAUSED = "paused"
    DONE = "done"
    PARTIAL = "partial"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    FAILED = "failed"


FINAL = frozenset(
    {
        TransferState.DONE,
        TransferState.PARTIAL,
        TransferState.DECLINED,
        TransferState.CANCELLED,
        TransferState.FAILED,
    }
)

_ENDS = {TransferState.CANCELLED, TransferState.FAILED, TransferState.PAUSED}

MOVES: dict[TransferState, frozenset[TransferState]] = {
    TransferState.QUEUED: frozenset({TransferState.OFFERED, TransferState.WAITING} | _ENDS),
    TransferState.OFFERED: frozenset(
        {TransferState.CONNECTING, TransferState.WAITING, TransferState.DECLINED, TransferState.DONE,
         TransferState.PARTIAL} | _ENDS,
    ),
    TransferState.CONNECTING: frozenset(
        {TransferState.MOVING, TransferState.WAITING, TransferState.DECLINED, TransferState.DONE,
         TransferState.PARTIAL} | _ENDS,
    ),
    TransferState.MOVING: frozenset(
        {TransferState.VERIFYING, TransferState.WAITING, TransferState.DONE, TransferState.PARTIAL} | _ENDS,
    ),
    TransferState.VERIFYING: frozenset(
        {TransferState.DONE, TransferState.PARTIAL, TransferState.WAITING} | _ENDS,
    ),
    TransferState.WAITING: frozenset(
        {TransferState.QUEUED, TransferState.OFFERED, TransferState.CONNECTING, TransferState.MOVING,
         TransferState.DONE, TransferState.PARTIAL, TransferState.DECLINED} | _ENDS,
    ),
    TransferState.PAUSED: frozenset(
        {TransferState.WAITING, TransferState.DONE, TransferState.PARTIAL, TransferState.DECLINED} | _ENDS,
    ),
    **{state: frozenset() for state in FINAL},
}


def transition(old: TransferState, new: TransferState) -> TransferState:
    """`new`, if a transfer may go there from `old`; LocalMisuse if not."""
    if new not in MOVES[old]:
        raise LocalMisuse(f"a transfer cannot go from {old} to {new}")
    return new


class Transfer(Struct, frozen=True):
    """A transfer as a shell shows it. Sizes in bytes; `done_bytes` counts what was kept from earlier.

    `files_failed` may be more than `skipped` names. `read`: the other person has seen what we sent.
    """

    id: TransferId
    peer: PeerId
    direction: Direction
    state: TransferState
    offer: Offer
    started_at: datetime
    done_bytes: int = 0
    files_done: int = 0
    files_failed: int = 0
    code: str = ""
    detail: str = ""
    paths: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Skipped, ...] = ()
    seconds: float = 0.0
    rate: float = 0.0
    read: bool = False

    @property
    def conversation(self) -> PeerId:
        """Where it is shown: in the group that it was sent to, else with the peer."""
        return PeerId(self.offer.room) if self.offer.room else self.peer
