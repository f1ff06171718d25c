"""What two devices say to each other about texts and offers, whatever protocol carries it."""

from __future__ import annotations

from dataclasses import dataclass

from lanshare.domain.message import ChatMessage, MessageId
from lanshare.domain.offer import FileEntry, Offer
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId


@dataclass(frozen=True, slots=True)
class Texted:
    """A message: `record` is its signed form as it travels, `digest` its name as a parent."""

    message: ChatMessage
    sequence: int
    record: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class TextKept:
    """Your message is durable here."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class TextTurnedDown:
    """Your message was not kept."""

    message: MessageId
    code: str


@dataclass(frozen=True, slots=True)
class TextsSeen:
    """My person has seen these messages and transfers of yours."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeenKept:
    """That these were seen is durable here."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Circled:
    """Records that found and change one group."""

    records: tuple[Texted, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody has of a group: ranges of numbers by author."""

    group: PeerId
    ranges: tuple[tuple[PeerId, tuple[tuple[int, int], ...]], ...]


@dataclass(frozen=True, slots=True)
class TypingSaid:
    """My person writes, to you or in this group: `conversation` is you, or the group."""

    conversation: PeerId


@dataclass(frozen=True, slots=True)
class Offered:
    """I would send you this. `after`: it is what did not arrive of that earlier transfer, and goes where that went."""

    transfer: TransferId
    offer: Offer
    after: TransferId | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """Yes or no to your offer."""

    transfer: TransferId
    accepted: bool
    code: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A transfer ends here before its time."""

    transfer: TransferId
    code: str


@dataclass(frozen=True, slots=True)
class FetchAsked:
    """I cannot reach you: come and fetch it."""

    transfer: TransferId


@dataclass(frozen=True, slots=True)
class HadAll:
    """I have all of it, durable, since earlier."""

    transfer: TransferId
    files: int
    failed: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Renamed:
    """I am called this now, with this beside it."""

    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """Entries of my offer from index `first` on; `last`: no more follow."""

    transfer: TransferId
    first: int
    entries: tuple[FileEntry, ...]
    last: bool


@dataclass(frozen=True, slots=True)
class Paused:
    """My person wants this to rest, or to go on."""

    transfer: TransferId
    paused: bool


@dataclass(frozen=True, slots=True)
class Postponed:
    """It waits here for a while and goes on by itself; why."""

    transfer: TransferId
    code: str


@dataclass(frozen=True, slots=True)
class PairBegun:
    """Let us compare six digits: this fixes my nonce."""

    commitment: bytes


@dataclass(frozen=True, slots=True)
class PairNonce:
    """My nonce, now that yours is fixed."""

    nonce: bytes


@dataclass(frozen=True, slots=True)
class PairRevealed:
    """The nonce that I had fixed."""

    nonce: bytes


@dataclass(frozen=True, slots=True)
class PairJudged:
    """My person sees the same digits as yours, or other ones."""

    same: bool


@dataclass(frozen=True, slots=True)
class PairStopped:
    """The comparison ends here, and why."""

    code: str


Said = (
    Renamed
    | Texted
    | TextKept
    | TextTurnedDown
    | TextsSeen
    | SeenKept
    | Circled
    | Held
    | TypingSaid
    | Offered
    | Answered
    | Ended
    | FetchAsked
    | HadAll
    | Listed
    | Paused
    | Postponed
    | PairBegun
    | PairNonce
    | PairRevealed
    | PairJudged
    | PairStopped
)
