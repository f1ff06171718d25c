"""Answers of what a receiving asked for: the store, the disk, what is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct

from lanshare.domain.control_messages import Listing, Offered
from lanshare.domain.events import ReceiveUndone
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Transfer, TransferId


class OfferLooked(Struct, frozen=True):
    """What the store knows of an offer's transfer."""

    peer: PeerId
    said: Offered
    found: Transfer | None


class ListedLooked(Struct, frozen=True):
    """A listing, behind the look at the store that its offer waits for."""

    peer: PeerId
    said: Listing


class Compared(Struct, frozen=True):
    """How what was listed of an offer so far relates to what is here: files and bytes."""

    transfer: TransferId
    new: int
    same: int
    differs: int
    new_bytes: int
    same_bytes: int
    differing: tuple[str, ...]
    free: int = 0
    """Bytes on the disk of the folder that it was compared with; 0 if nobody can tell."""


class DiskRoom(Struct, frozen=True):
    """How much room the disk of a receiving's folder has, as AskRoom asked: 0 if nobody can tell."""

    transfer: TransferId
    why: Literal["question", "retry"]
    number: int
    free: int
    room: int
    """What of it a large transfer may take."""


class UndoLooked(Struct, frozen=True):
    """What the store knows of a receiving that is to be undone."""

    found: Transfer
    folder: Path


class Undone(Struct, frozen=True):
    """What was received lies aside."""

    event: ReceiveUndone
