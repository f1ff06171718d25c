"""A transfer as it is shown, and the states that it may be in; engine/transfers/machine says how it moves."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from msgspec import Struct

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
