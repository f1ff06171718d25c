"""What two devices say to each other about texts and offers, whatever protocol carries it."""

from __future__ import annotations

from msgspec import Struct

from lanshare.domain.message import ChatMessage, MessageId
from lanshare.domain.offer import FileEntry, Offer
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId


class SignedMessage(Struct, frozen=True):
    """A message: `record` is its signed form as it travels, `digest` its name as a parent."""

    message: ChatMessage
    sequence: int
    record: bytes
    digest: bytes


class Stored(Struct, frozen=True):
    """Your message is durable here."""

    message: MessageId


class TextRefused(Struct, frozen=True):
    """Your message was not kept."""

    message: MessageId
    code: str


class Seen(Struct, frozen=True):
    """My person has seen these messages and transfers of yours."""

    ids: tuple[str, ...]


class SeenKept(Struct, frozen=True):
    """That these were seen is durable here."""

    ids: tuple[str, ...]


class GroupRecords(Struct, frozen=True):
    """Records that found and change one group."""

    records: tuple[SignedMessage, ...]


class HistorySummary(Struct, frozen=True):
    """What somebody has of a group: ranges of numbers by author."""

    group: PeerId
    ranges: tuple[tuple[PeerId, tuple[tuple[int, int], ...]], ...]


class Typing(Struct, frozen=True):
    """My person writes, to you or in this group: `conversation` is you, or the group."""

    conversation: PeerId


class Offered(Struct, frozen=True):
    """I would send you this. `after`: it is what did not arrive of that earlier transfer, and goes where that went."""

    transfer: TransferId
    offer: Offer
    after: TransferId | None = None


class Answer(Struct, frozen=True):
    """Yes or no to your offer."""

    transfer: TransferId
    accepted: bool
    code: str = ""


class Cancel(Struct, frozen=True):
    """A transfer ends here before its time."""

    transfer: TransferId
    code: str


class Fetch(Struct, frozen=True):
    """I cannot reach you: come and fetch it."""

    transfer: TransferId


class Finished(Struct, frozen=True):
    """I have all of it, durable, since earlier."""

    transfer: TransferId
    files: int
    failed: int
    bytes: int


class Renamed(Struct, frozen=True):
    """I am called this now, with this beside it; and which lanshare I run, if that is told."""

    name: str
    note: str = ""
    release: str = ""


class Listing(Struct, frozen=True):
    """Entries of my offer from index `first` on; `last`: no more follow."""

    transfer: TransferId
    first: int
    entries: tuple[FileEntry, ...]
    last: bool


class Pause(Struct, frozen=True):
    """My person wants this to rest, or to go on."""

    transfer: TransferId
    paused: bool


class Later(Struct, frozen=True):
    """It waits here for a while and goes on by itself; why."""

    transfer: TransferId
    code: str


class PairBegin(Struct, frozen=True):
    """Let us compare six digits: this fixes my nonce."""

    commitment: bytes


class PairAnswer(Struct, frozen=True):
    """My nonce, now that yours is fixed."""

    nonce: bytes


class PairReveal(Struct, frozen=True):
    """The nonce that I had fixed."""

    nonce: bytes


class PairVerdict(Struct, frozen=True):
    """My person sees the same digits as yours, or other ones."""

    same: bool


class PairStop(Struct, frozen=True):
    """The comparison ends here, and why."""

    code: str


ControlMessage = (
    Renamed
    | SignedMessage
    | Stored
    | TextRefused
    | Seen
    | SeenKept
    | GroupRecords
    | HistorySummary
    | Typing
    | Offered
    | Answer
    | Cancel
    | Fetch
    | Finished
    | Listing
    | Pause
    | Later
    | PairBegin
    | PairAnswer
    | PairReveal
    | PairVerdict
    | PairStop
)
