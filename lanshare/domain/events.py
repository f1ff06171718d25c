"""What the engine tells its shells: past tense, frozen. Field names are the JSON of the command line: stable."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from lanshare.domain.message import Conversation, MessageId, Quote, TimelineItem
from lanshare.domain.offer import Offer, Skipped
from lanshare.domain.peer import ORDINARY, Peer, PeerId, PeerPolicy
from lanshare.domain.settings import Settings
from lanshare.domain.transfer import Transfer, TransferId


class Me(Struct, frozen=True):
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


class Snapshot(Struct, frozen=True):
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
    alarms: tuple[IdentityChanged, ...] = ()
    """What no person has decided yet."""


class MeChanged(Struct, frozen=True):
    """This device's name, port, addresses or visibility changed."""

    me: Me


class PeerAppeared(Struct, frozen=True):
    """A device can be reached now. `met_as`: what it was called when a person here first dealt with it."""

    id: PeerId
    name: str
    kind: str
    addresses: tuple[str, ...]
    trust: str
    online: bool
    system: str = ""
    alias: str = ""
    rules: PeerPolicy = ORDINARY
    note: str = ""
    met_as: str = ""


class PeerChanged(Struct, frozen=True):
    """A device has a new name, address, trust level or presence."""

    id: PeerId
    name: str
    kind: str
    addresses: tuple[str, ...]
    trust: str
    online: bool
    system: str = ""
    alias: str = ""
    rules: PeerPolicy = ORDINARY
    note: str = ""
    met_as: str = ""


class PeerVanished(Struct, frozen=True):
    """A device can be reached no longer."""

    id: PeerId
    name: str


class AddressFailed(Struct, frozen=True):
    """Nobody of ours answered at an address that a person typed."""

    address: str
    code: str
    message: str


class AddressReached(Struct, frozen=True):
    """The device that answered at an address that a person typed. `known`: the known device in whose place it
    answered, with another key ("" if there is none): then nothing may be sent to it by that address."""

    address: str
    peer: PeerId
    known: PeerId | str = ""


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


class MessageQueued(Struct, frozen=True):
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


class MessageSending(Struct, frozen=True):
    """A message of ours is on its way; it can be changed no longer."""

    message: MessageId
    peer: PeerId


class MessageWaiting(Struct, frozen=True):
    """A message of ours waits although its device is there, and goes by itself; `explanation` says for what."""

    message: MessageId
    peer: PeerId
    code: str
    explanation: str


class GroupDeliveryProgress(Struct, frozen=True):
    """So many of the other members of a group have our message by now."""

    message: MessageId
    peer: PeerId
    have: int
    of: int


class GroupChanged(Struct, frozen=True):
    """A group is new, or has other members or another name. `mine`: this device is in it. `added`: it just came in.

    `members`: the most senior first; each may remove those behind it.
    """

    group: PeerId
    name: str
    members: tuple[PeerId, ...]
    mine: bool
    added: bool = False


class GroupReversed(Struct, frozen=True):
    """Changes of a group that counted do no more, as whoever made them had been removed without knowing it. `out` is no
    longer in it, `back` is again."""

    group: PeerId
    out: tuple[PeerId, ...]
    back: tuple[PeerId, ...]
    message: str


class GroupAsked(Struct, frozen=True):
    """Somebody who is not known here would have us in a group."""

    group: PeerId
    name: str
    peer: PeerId
    by: str
    members: int


class GroupRefused(Struct, frozen=True):
    """A group was not founded or changed, and why."""

    group: PeerId
    code: str
    message: str


class ConversationSaved(Struct, frozen=True):
    """A conversation was written to a folder, or not: then `code` says why."""

    peer: PeerId
    folder: str
    moments: int
    files: int
    missing: int
    code: str = ""
    message: str = ""


class ConversationImported(Struct, frozen=True):
    """Of a saved conversation so many messages are new here, and so many were refused: `strangers` of them as they
    belong to nobody who is known here. `transfers`: entries about files, which are passed over."""

    path: str
    messages: int
    refused: int
    code: str = ""
    message: str = ""
    strangers: int = 0
    transfers: int = 0


class PeerTyping(Struct, frozen=True):
    """Somebody writes to us; `peer` is the conversation. Holds for a few seconds."""

    peer: PeerId
    author: PeerId


class MessageRead(Struct, frozen=True):
    """The other person has seen our message."""

    message: MessageId
    peer: PeerId


class MessageEdited(Struct, frozen=True):
    """A queued message says something else now."""

    message: MessageId
    peer: PeerId
    text: str


class MessageUnsent(Struct, frozen=True):
    """A message is gone from this device: taken back before it was sent, or deleted here."""

    message: MessageId
    peer: PeerId


class EditRejected(Struct, frozen=True):
    """A message could not be changed or taken back, as it is on its way or there already."""

    message: MessageId
    peer: PeerId
    message_text: str


class MessageReacted(Struct, frozen=True):
    """Somebody put a sign to a message, or took theirs away (""). `message`: the one that it stands at."""

    message: MessageId
    peer: PeerId
    author: PeerId
    sign: str


class MessageDelivered(Struct, frozen=True):
    """The peer stored our message durably."""

    message: MessageId
    peer: PeerId


class MessageRefused(Struct, frozen=True):
    """The message cannot be delivered as it is."""

    message: MessageId
    peer: PeerId
    code: str
    message_text: str = ""


class MessageReceived(Struct, frozen=True):
    """Somebody's message is stored here. `peer`: the conversation, a device or a group. `author`: who wrote it, in a
    group; ourselves too, as others hand our own words back. `kind`: a MessageKind, so not only texts."""

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


class ConversationRead(Struct, frozen=True):
    """Something of this conversation was seen: so much of it is unread now."""

    peer: PeerId
    unread: int = 0


class HistoryLoaded(Struct, frozen=True):
    """A page, oldest first; `more` if there is something before it."""

    request: int
    peer: PeerId | None
    moments: tuple[TimelineItem, ...]
    more: bool
    found: bool = False
    """It is what a search found, not a page."""


class HistoryErased(Struct, frozen=True):
    """What was said and sent with a device (all of them if None) is gone. `whole`: from the file on disk, too.

    `gone`: only these messages, whose time was over, and `left` is what the list says of the conversation now.
    """

    peer: PeerId | None
    whole: bool
    gone: tuple[str, ...] | None = None
    left: Conversation | None = None


class IdentityChanged(Struct, frozen=True):
    """A known device's name or id is used with another key: nothing was sent to it."""

    name: str
    known: PeerId
    seen: PeerId


class IdentitySettled(Struct, frozen=True):
    """A person has decided what an alarm was: nothing stands against this device any more."""

    known: PeerId
    seen: PeerId


class DuplicateKeyDetected(Struct, frozen=True):
    """One key is used by two devices at the same time, as when a disk or a profile was copied. `ours`: our own key."""

    peer: PeerId
    name: str
    ours: bool
    message: str


class IdentityRenewed(Struct, frozen=True):
    """This device has a new key from its next start on, which follows. The old one is gone; `old` is always empty."""

    old: str = ""


class PeerStats(Struct, frozen=True):
    """What was exchanged with a device so far, as far as the history holds it. `since`: the first of it, if any."""

    peer: PeerId
    messages: int
    files: int
    bytes: int
    since: datetime | None


class PairingCodeReady(Struct, frozen=True):
    """Both screens show these digits now ("123 456"); answer with AnswerPairing. `ours`: this side asked for it."""

    peer: PeerId
    name: str
    code: str
    ours: bool


class PairingEnded(Struct, frozen=True):
    """A comparison ended without success; trust is as it was before."""

    peer: PeerId
    code: str
    message: str


class PeerVerified(Struct, frozen=True):
    """Both persons saw the same digits, or its full id was typed: this device is verified."""

    peer: PeerId


class PeerForgotten(Struct, frozen=True):
    """A device is known here no longer; what was exchanged with it stays in the history."""

    peer: PeerId


class SettingsChanged(Struct, frozen=True):
    """The settings in force. `needs_restart` names fields that take effect at the next start."""

    settings: Settings
    needs_restart: tuple[str, ...] = ()


class SettingsRefused(Struct, frozen=True):
    """The settings were not taken; `field` names the one that is wrong."""

    field: str


class NetworkTroubled(Struct, frozen=True):
    """Something about the network or the profile that a person should know; an empty message: it is over."""

    code: str
    message: str


class NetworkTrustRequested(Struct, frozen=True):
    """A network that is new to this computer: until AnswerNetwork it shows itself to nobody there."""

    network: str
    label: str


class WindowRequested(Struct, frozen=True):
    """Somebody wants the window in front, with these paths ready to send."""

    paths: tuple[str, ...]


class EngineStopped(Struct, frozen=True):
    """The engine ends; nothing follows."""

    code: str


Event = (
    Snapshot
    | MeChanged
    | PeerAppeared
    | PeerChanged
    | PeerVanished
    | AddressFailed
    | AddressReached
    | OfferReceived
    | OfferGrew
    | OfferCompared
    | OfferWithdrawn
    | TransferQueued
    | TransferStands
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
    | MessageWaiting
    | GroupDeliveryProgress
    | GroupChanged
    | GroupReversed
    | GroupAsked
    | GroupRefused
    | PeerTyping
    | ConversationSaved
    | ConversationImported
    | MessageDelivered
    | MessageRead
    | MessageEdited
    | MessageUnsent
    | EditRejected
    | MessageReacted
    | MessageRefused
    | MessageReceived
    | ConversationRead
    | HistoryLoaded
    | HistoryErased
    | IdentityChanged
    | IdentitySettled
    | DuplicateKeyDetected
    | IdentityRenewed
    | PeerStats
    | PairingCodeReady
    | PairingEnded
    | PeerVerified
    | PeerForgotten
    | SettingsChanged
    | SettingsRefused
    | NetworkTroubled
    | NetworkTrustRequested
    | WindowRequested
    | EngineStopped
)
