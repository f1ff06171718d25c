"""How a transfer that runs is doing, whichever way its bytes go."""

from __future__ import annotations

from msgspec import Struct

from lanshare.domain.offer import Skipped
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Transfer, TransferId
from lanshare.engine.ports import LeaseReply, LinkHandle
from lanshare.exchange.bottleneck import NOTHING_YET, TimeShares


class TransferProgress(Struct, frozen=True):
    """Progress of a running transfer."""

    transfer: TransferId
    bytes: int
    rate: float
    split: TimeShares = NOTHING_YET
    file: str = ""


class Verifying(Struct, frozen=True):
    """All bytes are over."""

    transfer: TransferId


class DiskSeen(Struct, frozen=True):
    """The file system that a transfer arrives on."""

    transfer: TransferId
    disk: str


class RunEnded(Struct, frozen=True):
    """A push, pull or served data link ended. With an empty `code` the transfer is complete."""

    transfer: TransferId
    epoch: int
    code: str
    detail: str = ""
    halted: bool = False
    files: int = 0
    failed: int = 0
    bytes: int = 0
    paths: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Skipped, ...] = ()
    unreachable: bool = False
    aside: frozenset[str] = frozenset()
    """Paths of the files that rest until the others are over; only where we send."""

    moved: int = 0
    """Bytes that crossed the network in this try."""


class AttachAsked(Struct, frozen=True):
    """A peer attached a data link for a transfer; the thread that serves it waits for the lease."""

    peer: PeerId
    transfer: TransferId
    push: bool
    link: LinkHandle
    reply: LeaseReply


class TransferStored(Struct, frozen=True):
    """A transfer's row is durable: now shells may hear of it."""

    transfer: TransferId


class CleanupDone(Struct, frozen=True):
    """What was kept for a transfer that is over is gone."""

    transfer: TransferId


class AnswerLooked(Struct, frozen=True):
    """A peer is ready for a transfer that is not under way here: what the store knows of it."""

    peer: PeerId
    found: Transfer | None
