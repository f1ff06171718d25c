"""What lies in the engine's inbox: commands of shells, and what internal threads post. One thread handles all of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from lanshare.domain.commands import Command, SendFiles
from lanshare.domain.control_messages import ControlMessage, Listing, Offered, SignedMessage
from lanshare.domain.errors import Code
from lanshare.domain.events import Event, MessageReacted, MessageReceived, ReceiveUndone
from lanshare.domain.groups import Group
from lanshare.domain.message import ChatMessage, Conversation, Delivery, MessageId, Quote
from lanshare.domain.offer import Offer, Skipped
from lanshare.domain.peer import Address, PeerId
from lanshare.domain.transfer import Transfer, TransferId
from lanshare.engine.effects import Effect
from lanshare.engine.ports import LeaseReply, LinkHandle
from lanshare.exchange.bottleneck import NOTHING_YET, TimeShares
from lanshare.exchange.handshake import AuthenticatedPeer
from lanshare.net.discovery import Sighting
from lanshare.net.networks import Network
from lanshare.store.outbox import Kept


class LinkUp(Struct, frozen=True):
    """A control link is open. `address`: as it was dialled, or where it came from; `met`: the other end as it is in
    truth, whatever was dialled."""

    guest: AuthenticatedPeer
    link: LinkHandle
    dialled: bool
    address: Address
    met: Address | None = None


class LinkDown(Struct, frozen=True):
    """A control link ended. `left`: the peer said goodbye."""

    peer: PeerId
    link: LinkHandle
    left: bool
    code: str


class DialEnded(Struct, frozen=True):
    """A dial came to nothing. `seen`: the id that answered instead of the one asked for, and at which address."""

    target: str
    code: Code
    detail: str
    seen: PeerId | None
    at: Address | None = None


class TextKnown(Struct, frozen=True):
    """A message of ours that is asked to be sent is here already: where it lies, and how far it is."""

    message: ChatMessage
    position: int
    quote: Quote | None


class TextHeld(Struct, frozen=True):
    """A message of ours was not taken for now: it waits, and goes again in its order."""

    peer: PeerId
    message: MessageId


class TextUnkept(Struct, frozen=True):
    """A peer's message was not kept here, and never will be."""

    peer: PeerId
    message: MessageId


class SendLooked(Struct, frozen=True):
    """Whether a transfer that may have been asked for already is over."""

    command: SendFiles
    found: Transfer | None


class Glanced(Struct, frozen=True):
    """A device showed its key at this address, and was told nothing."""

    target: str
    peer: PeerId
    address: Address


class Gone(Struct, frozen=True):
    """mDNS says goodbye for a short id: a hint."""

    short: str


class NetworkChanged(Struct, frozen=True):
    """Our addresses, what is wrong with mDNS if something is, and the networks that we are in."""

    addresses: tuple[str, ...]
    trouble: Code | None
    networks: tuple[Network, ...] = ()


class ControlReceived(Struct, frozen=True):
    """The peer said something on its control link. `done` is called once it is dealt with."""

    peer: PeerId
    said: ControlMessage
    link: LinkHandle | None = None
    done: Callable[[], None] | None = None


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


class OfferLooked(Struct, frozen=True):
    """What the store knows of an offer's transfer."""

    peer: PeerId
    said: Offered
    found: Transfer | None


class ListedLooked(Struct, frozen=True):
    """A listing, behind the look at the store that its offer waits for."""

    peer: PeerId
    said: Listing


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


class TextStored(Struct, frozen=True):
    """A message of ours is durable. `group`: how the group it changes stands by it. `about`: what it reacts to."""

    texted: SignedMessage
    position: int
    quote: Quote | None = None
    group: Group | None = None
    about: MessageId | None = None
    delivered: tuple[MessageId, ...] = ()
    """As in GroupMerged."""


class TextArrived(Struct, frozen=True):
    """A message that `speaker` said is durable. `fresh`: it was not here before. `news`: what is told of it; None if it
    is kept for others only, or tells nothing."""

    message: MessageId
    peer: PeerId
    speaker: PeerId
    fresh: bool
    news: MessageReceived | MessageReacted | None = None


class TextChanged(Struct, frozen=True):
    """A queued message says something else now; `text` None: it could not be changed any more."""

    peer: PeerId
    message: MessageId
    text: str | None


class OutboxLoaded(Struct, frozen=True):
    """Messages that wait for a peer, as signed records, and which of them were queued until now."""

    peer: PeerId
    records: tuple[tuple[MessageId, bytes], ...]
    fresh: tuple[MessageId, ...] = ()


class Handed(Struct, frozen=True):
    """Records of a group that a member has not, to be said to it, and which of ours were queued until now."""

    group: PeerId
    peer: PeerId
    records: tuple[bytes, ...]
    fresh: tuple[MessageId, ...]
    news: tuple[SpreadStored, ...]


class SpreadStored(Struct, frozen=True):
    """A member has (or read) a message of ours: so many of so many do."""

    group: PeerId
    message: MessageId
    have: int
    of: int
    read: bool = False
    whole: bool = False


class Spreads(Struct, frozen=True):
    """Several of these."""

    notes: tuple[SpreadStored, ...]


class GroupMerged(Struct, frozen=True):
    """Records about a group came from a peer; `group` None: it is none of ours."""

    speaker: PeerId
    group: Group | None
    arrived: tuple[tuple[ChatMessage, Kept], ...]
    delivered: tuple[MessageId, ...] = ()
    """Messages of ours that all have by now, as somebody who had not is no member any more."""

    gone: tuple[MessageId, ...] = ()
    """Records that counted and do no more."""

    fresh: bool = True
    """Whether any of them was new."""


class CircleLoaded(Struct, frozen=True):
    """What is to be said about a group, and to whom."""

    group: PeerId
    peers: tuple[PeerId, ...]
    records: tuple[bytes, ...]
    held: tuple[tuple[PeerId, tuple[tuple[int, int], ...]], ...]


class SeenLooked(Struct, frozen=True):
    """Messages and transfers of a peer that were seen and of which it is not known that it knows."""

    peer: PeerId
    ids: tuple[str, ...]


class SeenStored(Struct, frozen=True):
    """That messages and transfers of ours were seen is durable: say so, and tell which were news."""

    peer: PeerId
    ids: tuple[str, ...]
    news: tuple[MessageId, ...]
    transfers: tuple[TransferId, ...]
    spread: tuple[SpreadStored, ...]


class DeliveryStored(Struct, frozen=True):
    """How far a message of ours got is durable."""

    peer: PeerId
    message: MessageId
    delivery: Delivery
    code: str = ""


class TakenSome(Struct, frozen=True):
    """Some records of a saved conversation are durable; of them `fresh` were not here. `number`: which import it is."""

    number: int
    fresh: int


class EventReady(Struct, frozen=True):
    """Tell the shells: something that had to be durable first is."""

    event: Event


class TransferStored(Struct, frozen=True):
    """A transfer's row is durable: now shells may hear of it."""

    transfer: TransferId


class CleanupDone(Struct, frozen=True):
    """What was kept for a transfer that is over is gone."""

    transfer: TransferId


class AfterCommit(Struct, frozen=True):
    """Something is durable: now these effects may follow."""

    effects: tuple[Effect, ...]


class AnswerLooked(Struct, frozen=True):
    """A peer is ready for a transfer that is not under way here: what the store knows of it."""

    peer: PeerId
    found: Transfer | None


class StoreFailed(Struct, frozen=True):
    """Something could not be kept."""

    detail: str


Listener = Callable[[Event], None]
"""Called on the engine's thread: it posts, and never blocks."""


class Subscribe(Struct, frozen=True):
    """A shell wants the events from now on, a Snapshot first."""

    listener: Listener
    window: bool


class JoinReady(Struct, frozen=True):
    """What a shell that subscribes is to be told of the store is read."""

    wanted: Subscribe
    conversations: tuple[Conversation, ...]
    drafts: dict[PeerId, str]


class Unsubscribe(Struct, frozen=True):
    """It wants no more."""

    listener: Listener


class Stop(Struct, frozen=True):
    """The last thing in the inbox."""


InboxItem = (
    Command
    | Sighting
    | LinkUp
    | LinkDown
    | DialEnded
    | TextKnown
    | TextHeld
    | TextUnkept
    | SendLooked
    | Glanced
    | Gone
    | NetworkChanged
    | ControlReceived
    | Counted
    | ScanEnded
    | TransferProgress
    | Verifying
    | DiskSeen
    | RunEnded
    | AttachAsked
    | OfferLooked
    | ListedLooked
    | RetryLooked
    | ListedPart
    | Compared
    | DiskRoom
    | UndoLooked
    | Undone
    | TextStored
    | TextArrived
    | TextChanged
    | OutboxLoaded
    | Handed
    | Spreads
    | GroupMerged
    | CircleLoaded
    | SeenLooked
    | SeenStored
    | DeliveryStored
    | TakenSome
    | EventReady
    | TransferStored
    | CleanupDone
    | AfterCommit
    | AnswerLooked
    | StoreFailed
    | Subscribe
    | JoinReady
    | Unsubscribe
    | Stop
)
"""All that may lie in the inbox."""
