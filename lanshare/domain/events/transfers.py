"""Events about offers and transfers."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from lanshare.domain.offer import Offer, Skipped
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId


class OfferReceived(Struct, frozen=True):
    """A peer asks to send something; answer with AnswerOffer. Silence declines nothing: the question stays open
    until the peer goes or withdraws it."""

    transfer: TransferId
    peer: PeerId
    name: str
    files: int
    bytes: int
    offer: Offer
    free: int


class OfferGrew(Struct, frozen=True):
    """More of an offer has been counted."""

    transfer: TransferId
    peer: PeerId
    offer: Offer


class OfferCompared(Struct, frozen=True):
    """What accepting would mean: files that are new here, that seem to be here already, and that differ from one of
    the same name. `complete`: all of the offer was compared. `free`: bytes on the disk where it would go."""

    transfer: TransferId
    peer: PeerId
    new: int
    same: int
    differs: int
    new_bytes: int
    same_bytes: int
    differing: tuple[str, ...]
    complete: bool
    free: int


class OfferWithdrawn(Struct, frozen=True):
    """The question is void: the sender took it back, went away, or somebody else answered it."""

    transfer: TransferId
    peer: PeerId
    code: str


class TransferQueued(Struct, frozen=True):
    """A transfer exists; it starts as soon as it can."""

    transfer: TransferId
    peer: PeerId
    direction: str
    offer: Offer
    at: datetime
    state: str


class TransferStands(Struct, frozen=True):
    """Where a transfer stands now, told at every step that no other event tells. `code`: why, if there is a why."""

    transfer: TransferId
    peer: PeerId
    state: str
    code: str = ""


class TransferStarted(Struct, frozen=True):
    """The first byte moves."""

    transfer: TransferId
    peer: PeerId
    direction: str


class TransferProgressed(Struct, frozen=True):
    """bytes: done so far, what was kept from earlier included; rate in bytes per second. May be dropped.

    file: the path of the one that moves now, "" between two.
    """

    transfer: TransferId
    bytes: int
    total: int
    rate: float
    file: str = ""


class TransferProfiled(Struct, frozen=True):
    """What is slow: shares of the time so far in per cent. May be dropped."""

    transfer: TransferId
    source_disk: int
    work: int
    network: int
    target_disk: int


class TransferVerifying(Struct, frozen=True):
    """All bytes are over; the receiver makes them durable."""

    transfer: TransferId


class TransferWaiting(Struct, frozen=True):
    """It stands, keeps what it has and goes on by itself."""

    transfer: TransferId
    peer: PeerId
    code: str
    message: str
    bytes: int
    total: int


class TransferPaused(Struct, frozen=True):
    """It rests until a person lets it go on. by: us, or peer."""

    transfer: TransferId
    peer: PeerId
    by: str
    message: str
    bytes: int
    total: int


class TransferJoined(Struct, frozen=True):
    """What was asked for under `transfer` is under way already, as `into`: that one goes on."""

    transfer: TransferId
    into: TransferId


class ReceiveUndone(Struct, frozen=True):
    """What was received lies in `folder` now; `restored` files came back, `left` were changed since and stayed."""

    transfer: TransferId
    peer: PeerId
    files: int
    restored: int
    left: int
    folder: str
    message: str


class TransferFinished(Struct, frozen=True):
    """Verified and durable at the receiver. state: done, or partial if some files failed (`skipped` says which).

    `notes`: files that arrived, but not in every respect as they were (their code says in which). `moved`: bytes that
    crossed the network since the engine started, in `seconds`; the rest was there before.
    """

    transfer: TransferId
    peer: PeerId
    direction: str
    state: str
    files: int
    files_failed: int
    bytes: int
    seconds: float
    verified: bool
    paths: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Skipped, ...] = ()
    moved: int = 0


class TransferRead(Struct, frozen=True):
    """The other person has seen what we sent."""

    transfer: TransferId
    peer: PeerId


class CommandEnded(Struct, frozen=True):
    """The command that was to run after a receiving ended, or could not be run. With an empty `code`: well."""

    transfer: TransferId
    peer: PeerId
    code: str
    message: str


class TransferFailed(Struct, frozen=True):
    """It ended without success. state: failed, declined or cancelled. `skipped`: what could not be sent or kept, and
    why, if that is what it failed by; `files_failed` is how many, also of those that it does not name."""

    transfer: TransferId
    peer: PeerId
    state: str
    code: str
    message: str
    skipped: tuple[Skipped, ...] = ()
    files_failed: int = 0
