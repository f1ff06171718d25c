"""What the node tells its shells: past tense, frozen. Field names are the JSON of the command line: stable."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lanshare.domain.message import Conversation, MessageId, Moment, Quote
from lanshare.domain.offer import Offer, Skipped
from lanshare.domain.peer import ORDINARY, Peer, PeerId, Rules
from lanshare.domain.settings import Settings
from lanshare.domain.transfer import Transfer, TransferId


@dataclass(frozen=True, slots=True)
class Me:
    """This device."""

    id: PeerId
    name: str
    kind: str
    port: int
    addresses: tuple[str, ...]
    download_folder: str
    visibility: str = "everyone"
    visible_left: float = 0.0
    """Seconds for which `visibility` holds; 0: for good."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a shell needs when it joins; sent once, first."""

    me: Me
    peers: tuple[Peer, ...]
    transfers: tuple[Transfer, ...]
    conversations: tuple[Conversation, ...]
    settings: Settings
    window_open: bool
    troubles: tuple[NetworkTroubled, ...] = ()
    overrides: tuple[str, ...] = ()
    groups: tuple[GroupChanged, ...] = ()
    drafts: dict[PeerId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MeChanged:
    """This device's name, port, addresses or visibility changed."""

    me: Me


@dataclass(frozen=True, slots=True)
class PeerAppeared:
    """A device can be reached now."""

    id: PeerId
    name: str
    kind: str
    addresses: tuple[str, ...]
    trust: str
    online: bool
    system: str = ""
    alias: str = ""
    rules: Rules = ORDINARY
    note: str = ""


@dataclass(frozen=True, slots=True)
class PeerChanged:
    """A device has a new name, address, trust level or presence."""

    id: PeerId
    name: str
    kind: str
    addresses: tuple[str, ...]
    trust: str
    online: bool
    system: str = ""
    alias: str = ""
    rules: Rules = ORDINARY
    note: str = ""


@dataclass(frozen=True, slots=True)
class PeerVanished:
    """A device can be reached no longer."""

    id: PeerId
    name: str


@dataclass(frozen=True, slots=True)
class AddressFailed:
    """Nobody of ours answered at an address that a person typed."""

    address: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class OfferReceived:
    """A peer asks to send something; answer with AnswerOffer. Silence declines nothing: the question stays open
    until the peer goes or withdraws it."""

    transfer: TransferId
    peer: PeerId
    name: str
    files: int
    bytes: int
    offer: Offer
    free: int


@dataclass(frozen=True, slots=True)
class OfferGrew:
    """More of an offer has been counted."""

    transfer: TransferId
    peer: PeerId
    offer: Offer


@dataclass(frozen=True, slots=True)
class OfferCompared:
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


@dataclass(frozen=True, slots=True)
class OfferWithdrawn:
    """The question is void: the sender took it back, went away, or somebody else answered it."""

    transfer: TransferId
    peer: PeerId
    code: str


@dataclass(frozen=True, slots=True)
class TransferQueued:
    """A transfer exists; it starts as soon as it can."""

    transfer: TransferId
    peer: PeerId
    direction: str
    offer: Offer
    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class TransferStarted:
    """The first byte moves."""

    transfer: TransferId
    peer: PeerId
    direction: str


@dataclass(frozen=True, slots=True)
class TransferProgressed:
    """bytes: done so far, what was kept from earlier included; rate in bytes per second. May be dropped.

    file: the path of the one that moves now, "" between two.
    """

    transfer: TransferId
    bytes: int
    total: int
    rate: float
    file: str = ""


@dataclass(frozen=True, slots=True)
class TransferProfiled:
    """What is slow: shares of the time so far in per cent. May be dropped."""

    transfer: TransferId
    source_disk: int
    work: int
    network: int
    target_disk: int


@dataclass(frozen=True, slots=True)
class TransferVerifying:
    """All bytes are over; the receiver makes them durable."""

    transfer: TransferId


@dataclass(frozen=True, slots=True)
class TransferWaiting:
    """It stands, keeps what it has and goes on by itself."""

    transfer: TransferId
    peer: PeerId
    code: str
    message: str
    bytes: int
    total: int


@dataclass(frozen=True, slots=True)
class TransferPaused:
    """It rests until a person lets it go on. by: us, or peer."""

    transfer: TransferId
    peer: PeerId
    by: str
    message: str
    bytes: int
    total: int


@dataclass(frozen=True, slots=True)
class TransferJoined:
    """What was asked for under `transfer` is under way already, as `into`: that one goes on."""

    transfer: TransferId
    into: TransferId


@dataclass(frozen=True, slots=True)
class ReceiveUndone:
    """What was received lies in `folder` now; `restored` files came back, `left` were changed since and stayed."""

    transfer: TransferId
    peer: PeerId
    files: int
    restored: int
    left: int
    folder: str
    message: str


@dataclass(frozen=True, slots=True)
class TransferFinished:
    """Verified and durable at the receiver. state: done, or partial if some files failed (`skipped` says which).

    `notes`: files that arrived, but not in every respect as they were (their code says in which).
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


@dataclass(frozen=True, slots=True)
class TransferRead:
    """The other person has seen what we sent."""

    transfer: TransferId
    peer: PeerId


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """It ended without success. state: failed, declined or cancelled."""

    transfer: TransferId
    peer: PeerId
    state: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class MessageQueued:
    """A message of ours is stored here and will be delivered."""

    message: MessageId
    peer: PeerId
    text: str
    sent_at: datetime
    position: int
    quote: Quote | None = None
    state: str = "queued"
    order: str = ""
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class MessageSending:
    """A message of ours is on its way; it can be changed no longer."""

    message: MessageId
    peer: PeerId


@dataclass(frozen=True, slots=True)
class MessageSpread:
    """So many of the other members of a group have our message by now."""

    message: MessageId
    peer: PeerId
    have: int
    of: int


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """A group is new, or has other members or another name. `mine`: this device is in it. `added`: it just came in."""

    group: PeerId
    name: str
    members: tuple[PeerId, ...]
    mine: bool
    added: bool = False


@dataclass(frozen=True, slots=True)
class GroupAsked:
    """Somebody who is not known here would have us in a group."""

    group: PeerId
    name: str
    peer: PeerId
    by: str
    members: int


@dataclass(frozen=True, slots=True)
class GroupRefused:
    """A group was not founded or changed, and why."""

    group: PeerId
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ConversationSaved:
    """A conversation was written to a folder, or not: then `code` says why."""

    peer: PeerId
    folder: str
    moments: int
    files: int
    missing: int
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class ConversationTaken:
    """Of a saved conversation so many messages are new here, and so many were refused."""

    path: str
    messages: int
    refused: int
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class PeerTyping:
    """Somebody writes to us; `peer` is the conversation. Holds for a few seconds."""

    peer: PeerId
    author: PeerId


@dataclass(frozen=True, slots=True)
class MessageRead:
    """The other person has seen our message."""

    message: MessageId
    peer: PeerId


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """A queued message says something else now."""

    message: MessageId
    peer: PeerId
    text: str


@dataclass(frozen=True, slots=True)
class MessageTakenBack:
    """A message is gone from this device: taken back before it was sent, or deleted here."""

    message: MessageId
    peer: PeerId


@dataclass(frozen=True, slots=True)
class MessageStays:
    """A message could not be changed or taken back, as it is on its way or there already."""

    message: MessageId
    peer: PeerId
    message_text: str


@dataclass(frozen=True, slots=True)
class MessageReacted:
    """Somebody put a sign to a message, or took his away (""). `message`: the one that it stands at."""

    message: MessageId
    peer: PeerId
    author: PeerId
    sign: str


@dataclass(frozen=True, slots=True)
class MessageDelivered:
    """The peer stored our message durably."""

    message: MessageId
    peer: PeerId


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """The message cannot be delivered as it is."""

    message: MessageId
    peer: PeerId
    code: str
    message_text: str = ""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A peer's message is stored here."""

    message: MessageId
    peer: PeerId
    name: str
    text: str
    sent_at: datetime
    position: int
    quote: Quote | None = None
    author: PeerId | None = None
    order: str = ""
    late: bool = False
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class ConversationRead:
    """Nothing of this conversation is unread any more."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class HistoryLoaded:
    """A page, oldest first; `more` if there is something before it."""

    request: int
    peer: PeerId | None
    moments: tuple[Moment, ...]
    more: bool
    found: bool = False
    """It is what a search found, not a page."""


@dataclass(frozen=True, slots=True)
class HistoryErased:
    """What was said and sent with a device (all of them if None) is gone. `whole`: from the file on disk, too."""

    peer: PeerId | None
    whole: bool


@dataclass(frozen=True, slots=True)
class IdentityChanged:
    """A known device's name or id is used with another key: nothing was sent to it."""

    name: str
    known: PeerId
    seen: PeerId


@dataclass(frozen=True, slots=True)
class IdentityCloned:
    """One key is used by two devices at the same time, as when a disk or a profile was copied. `ours`: our own key."""

    peer: PeerId
    name: str
    ours: bool
    message: str


@dataclass(frozen=True, slots=True)
class IdentityRenewed:
    """This device has a new key from its next start on, which follows; the old one lies at `old`."""

    old: str


@dataclass(frozen=True, slots=True)
class ExchangedTold:
    """What was exchanged with a device so far, as far as the history holds it. `since`: the first of it, if any."""

    peer: PeerId
    messages: int
    files: int
    bytes: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class PairingCodeReady:
    """Both screens show these digits now ("123 456"); answer with AnswerPairing. `ours`: this side asked for it."""

    peer: PeerId
    name: str
    code: str
    ours: bool


@dataclass(frozen=True, slots=True)
class PairingEnded:
    """A comparison ended without success; trust is as it was before."""

    peer: PeerId
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PeerVerified:
    """Both persons saw the same digits, or its full id was typed: this device is verified."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class PeerForgotten:
    """A device is known here no longer; what was exchanged with it stays in the history."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """The settings in force. `needs_restart` names fields that take effect at the next start."""

    settings: Settings
    needs_restart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingsRefused:
    """The settings were not taken; `field` names the one that is wrong."""

    field: str


@dataclass(frozen=True, slots=True)
class NetworkTroubled:
    """Something about the network or the profile that a person should know; an empty message: it is over."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class NetworkAsked:
    """A network that is new to this computer: until AnswerNetwork it shows itself to nobody there."""

    network: str
    label: str


@dataclass(frozen=True, slots=True)
class WindowRequested:
    """Somebody wants the window in front, with these paths ready to send."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EngineStopped:
    """The engine ends; nothing follows."""

    code: str


Event = (
    Snapshot
    | MeChanged
    | PeerAppeared
    | PeerChanged
    | PeerVanished
    | AddressFailed
    | OfferReceived
    | OfferGrew
    | OfferCompared
    | OfferWithdrawn
    | TransferQueued
    | TransferStarted
    | TransferProgressed
    | TransferProfiled
    | TransferVerifying
    | TransferWaiting
    | TransferPaused
    | TransferJoined
    | ReceiveUndone
    | TransferFinished
    | TransferRead
    | TransferFailed
    | MessageQueued
    | MessageSending
    | MessageSpread
    | GroupChanged
    | GroupAsked
    | GroupRefused
    | PeerTyping
    | ConversationSaved
    | ConversationTaken
    | MessageDelivered
    | MessageRead
    | MessageEdited
    | MessageTakenBack
    | MessageStays
    | MessageReacted
    | MessageRefused
    | MessageReceived
    | ConversationRead
    | HistoryLoaded
    | HistoryErased
    | IdentityChanged
    | IdentityCloned
    | IdentityRenewed
    | ExchangedTold
    | PairingCodeReady
    | PairingEnded
    | PeerVerified
    | PeerForgotten
    | SettingsChanged
    | SettingsRefused
    | NetworkTroubled
    | NetworkAsked
    | WindowRequested
    | EngineStopped
)
