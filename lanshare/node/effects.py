"""What the node's tables ask for: they change nothing but themselves; the node carries this out, in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lanshare.domain.events import Event
from lanshare.domain.message import Delivery, MessageId, MessageKind
from lanshare.domain.offer import Landing
from lanshare.domain.peer import Address, PeerId
from lanshare.domain.talk import Listed, Said
from lanshare.domain.transfer import TransferId
from lanshare.exchange.throttle import Throttle
from lanshare.node.notes import LinkHandle


@dataclass(frozen=True, slots=True)
class Tell:
    """Publish to the shells."""

    event: Event


@dataclass(frozen=True, slots=True)
class Say:
    """Say to a peer, if it is online."""

    peer: PeerId
    said: Said


@dataclass(frozen=True, slots=True)
class Keep:
    """Write to the store; then put what `then` makes of the result into the inbox."""

    operation: Callable[[sqlite3.Connection], Any]
    then: Callable[[Any], object] | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Read from the store; then put what `then` makes of the result into the inbox."""

    operation: Callable[[sqlite3.Connection], Any]
    then: Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Compose:
    """Sign and keep a message of ours, then TextStored. `about`: the message that it answers or reacts to.

    `delivery`: how far it is at once. `group`: `peer` is one, and with kind FOUND not even that yet.
    """

    peer: PeerId
    message: MessageId
    text: str
    delivery: Delivery = Delivery.QUEUED
    kind: MessageKind = MessageKind.TEXT
    about: MessageId | None = None
    group: bool = False


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Sign a queued message of ours anew, with another text; then TextChanged."""

    peer: PeerId
    message: MessageId
    text: str


@dataclass(frozen=True, slots=True)
class Save:
    """Write a conversation into a new folder in this one; `names` of all who may have said something in it."""

    peer: PeerId
    folder: Path
    names: dict[PeerId, str]


@dataclass(frozen=True, slots=True)
class ReadHere:
    """The person has seen a conversation."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Resend:
    """Say a stored record to a peer. `conversation`: where it belongs, the peer itself if none is given."""

    peer: PeerId
    record: bytes
    conversation: PeerId | None = None


@dataclass(frozen=True, slots=True)
class Dial:
    """Open a control link to whoever `expect` (an id or its beginning; None: anybody) is, at these addresses."""

    target: str
    addresses: tuple[Address, ...]
    expect: str | None


@dataclass(frozen=True, slots=True)
class Scan:
    """Walk the paths of a sending and write its list. `only`: these entries of them. `again`: a finished list grows by
    what is new."""

    transfer: TransferId
    paths: tuple[Path, ...]
    only: frozenset[str] = frozenset()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Dial a data link for a transfer: push it if there are `sources`, else pull it to its `landing`."""

    transfer: TransferId
    peer: PeerId
    epoch: int
    addresses: tuple[Address, ...]
    sources: tuple[Path, ...] = ()
    landing: Landing | None = None
    tops: tuple[str, ...] = ()
    after: TransferId | None = None
    throttles: tuple[Throttle, ...] = ()
    aside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ListOffer:
    """Read a sending's list and say it, so that the peer can see what is new."""

    transfer: TransferId


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare what a peer listed with what is in a folder."""

    said: Listed
    folder: Path


@dataclass(frozen=True, slots=True)
class CompareAgain:
    """Compare all that a peer listed of an offer so far with what is in another folder."""

    transfer: TransferId
    folder: Path


@dataclass(frozen=True, slots=True)
class Undo:
    """Move what a finished transfer put into a folder aside."""

    transfer: TransferId
    peer: PeerId
    folder: Path


@dataclass(frozen=True, slots=True)
class PostRun:
    """Post something to the link that runs a transfer."""

    transfer: TransferId
    item: object


@dataclass(frozen=True, slots=True)
class EndRun:
    """Abort the job or the link that runs a transfer; RunEnded follows."""

    transfer: TransferId


@dataclass(frozen=True, slots=True)
class Discard:
    """Remove what is kept of an unfinished transfer: its list, or its staging folder."""

    transfer: TransferId
    destination: Path | None


@dataclass(frozen=True, slots=True)
class Hang:
    """End a link."""

    link: LinkHandle


@dataclass(frozen=True, slots=True)
class Online:
    """A peer is there: what waits for it may go. `again`: its link was lost for a moment, and with it the path."""

    peer: PeerId
    again: bool = False


@dataclass(frozen=True, slots=True)
class Offline:
    """A peer is gone."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Verify:
    """Two persons compared six digits: this device is who it says."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Befriend:
    """The person dealt with this device of his own will: a stranger becomes known."""

    peer: PeerId


Effect = (
    Tell
    | Say
    | Keep
    | Look
    | Compose
    | Rewrite
    | ReadHere
    | Save
    | Resend
    | Dial
    | Scan
    | Run
    | ListOffer
    | Compare
    | CompareAgain
    | Undo
    | PostRun
    | EndRun
    | Discard
    | Hang
    | Online
    | Offline
    | Befriend
    | Verify
)
