"""Answers of what a sending asked for: its walk, its list, what the store knows of it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from lanshare.domain.commands import SendFiles
from lanshare.domain.control_messages import Listing
from lanshare.domain.offer import Offer, Skipped
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Transfer, TransferId


class SendLooked(Struct, frozen=True):
    """Whether a transfer that may have been asked for already is over."""

    command: SendFiles
    found: Transfer | None


class Counted(Struct, frozen=True):
    """More of a tree to send has been walked."""

    transfer: TransferId
    offer: Offer
    skipped: int


class ScanEnded(Struct, frozen=True):
    """The walk is over, or failed with `code`. `skipped`: why there is nothing at all to send."""

    transfer: TransferId
    code: str = ""
    detail: str = ""
    skipped: tuple[Skipped, ...] = ()


class RetryLooked(Struct, frozen=True):
    """What the store knows of a sending to be tried again."""

    new: TransferId
    peer: PeerId
    sources: tuple[Path, ...]
    only: tuple[str, ...] = ()
    after: TransferId | None = None
    room: str = ""


class ListedPart(Struct, frozen=True):
    """Some of a sending's list was read."""

    said: Listing
