"""What lies in the engine's inbox: commands of shells, and what internal threads post. One thread handles all of it."""

from __future__ import annotations

from lanshare.domain.commands import Command
from lanshare.engine.inbox.groups import (
    CircleLoaded,
    GroupMerged,
    Handed,
    Spreads,
    SpreadStored,
)
from lanshare.engine.inbox.links import (
    ControlReceived,
    DialEnded,
    Glanced,
    Gone,
    LinkDown,
    LinkUp,
    NetworkChanged,
)
from lanshare.engine.inbox.messages import (
    DeliveryStored,
    OutboxLoaded,
    SeenLooked,
    SeenStored,
    TakenSome,
    TextArrived,
    TextChanged,
    TextHeld,
    TextKnown,
    TextStored,
    TextUnkept,
)
from lanshare.engine.inbox.program import (
    AfterCommit,
    EventReady,
    JoinReady,
    Listener,
    Stop,
    StoreFailed,
    Subscribe,
    Unsubscribe,
)
from lanshare.engine.inbox.receiving import (
    Compared,
    DiskRoom,
    ListedLooked,
    OfferLooked,
    UndoLooked,
    Undone,
)
from lanshare.engine.inbox.sending import (
    Counted,
    ListedPart,
    RetryLooked,
    ScanEnded,
    SendLooked,
)
from lanshare.engine.inbox.transfers import (
    AnswerLooked,
    AttachAsked,
    CleanupDone,
    DiskSeen,
    RunEnded,
    TransferProgress,
    TransferStored,
    Verifying,
)
from lanshare.net.announcement import Sighting

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

__all__ = [
    "AfterCommit",
    "AnswerLooked",
    "AttachAsked",
    "CircleLoaded",
    "CleanupDone",
    "Compared",
    "ControlReceived",
    "Counted",
    "DeliveryStored",
    "DialEnded",
    "DiskRoom",
    "DiskSeen",
    "EventReady",
    "Glanced",
    "Gone",
    "GroupMerged",
    "Handed",
    "InboxItem",
    "JoinReady",
    "LinkDown",
    "LinkUp",
    "ListedLooked",
    "ListedPart",
    "Listener",
    "NetworkChanged",
    "OfferLooked",
    "OutboxLoaded",
    "RetryLooked",
    "RunEnded",
    "ScanEnded",
    "SeenLooked",
    "SeenStored",
    "SendLooked",
    "SpreadStored",
    "Spreads",
    "Stop",
    "StoreFailed",
    "Subscribe",
    "TakenSome",
    "TextArrived",
    "TextChanged",
    "TextHeld",
    "TextKnown",
    "TextStored",
    "TextUnkept",
    "TransferProgress",
    "TransferStored",
    "UndoLooked",
    "Undone",
    "Unsubscribe",
    "Verifying",
]
