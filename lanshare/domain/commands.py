"""What a shell asks of the engine: imperative, frozen. The engine answers with events, never with a return value."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from lanshare.domain.message import MessageId
from lanshare.domain.offer import ConflictPolicy, Offer
from lanshare.domain.peer import PeerId, PeerPolicy
from lanshare.domain.settings import Settings, SortBy, Visibility
from lanshare.domain.transfer import TransferId


class SendFiles(Struct, frozen=True):
    """Offer files and folders to a peer. The shell chooses the id, so it can follow what it asked for.

    Paths are absolute. `room`: the group in whose conversation it is shown, here and there, if both are in it.
    """

    transfer: TransferId
    peer: PeerId
    paths: tuple[Path, ...]
    room: str = ""
    again: bool = False
    """It may have been asked for already, of an engine that is gone: what became of it is told again."""


class SendText(Struct, frozen=True):
    """Say something to a peer; kept and delivered later if the peer is away."""

    message: MessageId
    peer: PeerId
    text: str
    about: MessageId | None = None
    """The message of this conversation that it answers."""


class CompareOffer(Struct, frozen=True):
    """Compare an offer that is asked about with what is in another folder; OfferCompared follows."""

    transfer: TransferId
    folder: Path


class React(Struct, frozen=True):
    """Put a sign (an emoji; "" takes it away) to a message of a conversation; MessageReacted follows."""

    message: MessageId
    peer: PeerId
    about: MessageId
    sign: str


class CreateGroup(Struct, frozen=True):
    """Found a group; `founding` becomes the id of its first record. GroupChanged follows."""

    founding: MessageId
    name: str
    members: tuple[PeerId, ...]


class AnswerGroup(Struct, frozen=True):
    """Be in a group that a stranger would have us in, or not; GroupChanged follows a yes."""

    group: PeerId
    joins: bool


class ChangeGroup(Struct, frozen=True):
    """Add, remove, rename; removing oneself is leaving. GroupChanged follows, or GroupRefused."""

    message: MessageId
    group: PeerId
    name: str = ""
    add: tuple[PeerId, ...] = ()
    remove: tuple[PeerId, ...] = ()


class SetRetention(Struct, frozen=True):
    """How long what is said in a conversation stays here, in seconds; 0: for ever, 1: only until it was read."""

    peer: PeerId
    seconds: int


class SaveConversation(Struct, frozen=True):
    """Write a conversation into a new folder in this one; ConversationSaved follows."""

    peer: PeerId
    folder: Path


class ImportConversation(Struct, frozen=True):
    """Take in the messages of a saved conversation that are not here; ConversationImported follows."""

    path: Path


class SeekPeer(Struct, frozen=True):
    """A person wants to reach a known device now: it is dialled at once, and another key in its place is an alarm."""

    peer: PeerId


class SaveDraft(Struct, frozen=True):
    """Keep what is written and not sent; "" forgets it."""

    peer: PeerId
    text: str


class NotifyTyping(Struct, frozen=True):
    """Tell a peer, or the members of a group, that somebody writes here; said at most now and then."""

    peer: PeerId


class EditText(Struct, frozen=True):
    """Change a message that is still queued; MessageEdited follows, or EditRejected if it is on its way already."""

    message: MessageId
    peer: PeerId
    text: str


class UnsendMessage(Struct, frozen=True):
    """Take back a message that is still queued; MessageUnsent or EditRejected follows."""

    message: MessageId
    peer: PeerId


class DeleteMessage(Struct, frozen=True):
    """Take a message out of this device's history for good; the other side keeps its own. MessageUnsent follows."""

    message: MessageId
    peer: PeerId


class AnswerOffer(Struct, frozen=True):
    """Accept (into a folder, or the download folder if None) or decline. The first answer wins.

    A yes allows what was `shown`; if that is not what is offered by now, or comes to be, the question is put again.
    Without `shown` it allows what is offered at the moment in which it is applied. With `grows` it allows what it comes
    to while it is counted. `sort` None: as the settings say, if no folder was chosen.
    """

    transfer: TransferId
    accepted: bool
    into: Path | None = None
    clash: ConflictPolicy = ConflictPolicy.KEEP
    grows: bool = False
    shown: Offer | None = None
    sort: SortBy | None = None


class CancelTransfer(Struct, frozen=True):
    """End a transfer from this side; what is verified stays, what is partial goes."""

    transfer: TransferId


class PauseTransfer(Struct, frozen=True):
    """Let a transfer rest until ResumeTransfer, from either side; it stays so over restarts."""

    transfer: TransferId


class ResumeTransfer(Struct, frozen=True):
    """Let a paused transfer go on; one that waits tries again at once, or goes before the others of its peer."""

    transfer: TransferId


class SkipFile(Struct, frozen=True):
    """Do not go on with the one file of a transfer that moves now, if it still is `path`; the others go on.

    `later`: it only rests. Once the others are over, the transfer is paused until ResumeTransfer.
    """

    transfer: TransferId
    path: str
    later: bool = False


class UndoReceive(Struct, frozen=True):
    """Move what a finished transfer put here into a dated folder, and bring back what it replaced."""

    transfer: TransferId


class RetryTransfer(Struct, frozen=True):
    """Offer again, under a new id, what did not arrive: the files that failed, or all after a failed, declined or
    cancelled sending."""

    transfer: TransferId
    new: TransferId


class RequestPairing(Struct, frozen=True):
    """Compare six digits with a device; PairingCodeReady or PairingEnded follows."""

    peer: PeerId


class AnswerPairing(Struct, frozen=True):
    """Whether the person sees the same digits on both screens; None: no comparison after all.

    `code`: the digits that were shown. Where others are by now, they are shown, and nothing is answered.
    """

    peer: PeerId
    same: bool | None
    code: str = ""


class TrustPeer(Struct, frozen=True):
    """The person has the device's full id from elsewhere, typed or as a QR code: PeerVerified follows."""

    peer: PeerId


class SetTemporaryVisibility(Struct, frozen=True):
    """Show this device to others than the settings say, for so many seconds (0: as the settings say). MeChanged."""

    level: Visibility
    seconds: float


class AnswerNetwork(Struct, frozen=True):
    """What a NetworkTrustRequested was about: the person is at home there, or shows this device to known ones only."""

    network: str
    home: bool


class ChangePeer(Struct, frozen=True):
    """What the person calls a device ("": as it calls itself), and the rules for it. PeerChanged follows."""

    peer: PeerId
    alias: str
    rules: PeerPolicy


class ResolveIdentityChange(Struct, frozen=True):
    """What an IdentityChanged is: the known device set up anew (`same`), or somebody who pretends."""

    known: PeerId
    seen: PeerId
    same: bool


class BlockPeer(Struct, frozen=True):
    """Have nothing to do with a device any more, or (`blocked` False) let it be known again."""

    peer: PeerId
    blocked: bool = True


class ForgetPeer(Struct, frozen=True):
    """Forget a device and how far it was trusted; PeerForgotten follows. If it comes again it is a stranger."""

    peer: PeerId


class AddAddress(Struct, frozen=True):
    """Look for a device at an address a person typed; PeerAppeared or AddressFailed follows."""

    address: str


class LoadHistory(Struct, frozen=True):
    """Ask for a page of a conversation (all of them if `peer` is None) before a position; HistoryLoaded follows."""

    request: int
    peer: PeerId | None
    before: int | None = None
    limit: int = 60
    search: str = ""
    kind: str = ""
    """Of what is searched: text, link, file, image; "" all."""

    since: datetime | None = None
    until: datetime | None = None
    around: int | None = None
    """A page with this position in its middle, instead of the newest one."""


class EraseHistory(Struct, frozen=True):
    """Take out for good what was said and sent with a device (all of them if None) and is over; HistoryErased follows.

    The received files stay where they are.
    """

    peer: PeerId | None


class RequestPeerStats(Struct, frozen=True):
    """How much was said and sent with a device? PeerStats follows."""

    peer: PeerId


class RenewIdentity(Struct, frozen=True):
    """Make this device a new one: another key and id. IdentityRenewed follows, then the engine starts anew."""


class MarkRead(Struct, frozen=True):
    """The person has seen these of a conversation, or all (None); ConversationRead follows.

    `seen`: messages by id and author, for an id is its author's choice; transfers by id and None.
    """

    peer: PeerId
    seen: tuple[tuple[str, PeerId | None], ...] | None = None


class ChangeSettings(Struct, frozen=True):
    """Replace the settings; SettingsChanged or SettingsRefused follows."""

    settings: Settings


class OpenWindow(Struct, frozen=True):
    """Bring the window of this profile to the front, with files ready to send, or (`peer`) sent to that device."""

    paths: tuple[Path, ...] = ()
    peer: PeerId | None = None


Command = (
    SendFiles
    | SeekPeer
    | SendText
    | CompareOffer
    | React
    | CreateGroup
    | AnswerGroup
    | ChangeGroup
    | SetRetention
    | SaveConversation
    | ImportConversation
    | SaveDraft
    | NotifyTyping
    | EditText
    | UnsendMessage
    | DeleteMessage
    | AnswerOffer
    | CancelTransfer
    | PauseTransfer
    | ResumeTransfer
    | SkipFile
    | UndoReceive
    | RetryTransfer
    | RequestPairing
    | AnswerPairing
    | TrustPeer
    | SetTemporaryVisibility
    | AnswerNetwork
    | ChangePeer
    | ResolveIdentityChange
    | BlockPeer
    | ForgetPeer
    | AddAddress
    | LoadHistory
    | EraseHistory
    | RequestPeerStats
    | RenewIdentity
    | MarkRead
    | ChangeSettings
    | OpenWindow
)
