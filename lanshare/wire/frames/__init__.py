"""The frames of protocol version 1 as typed structs. A field added later goes last and has a default."""

from __future__ import annotations

from typing import Final

from lanshare.wire.frames.data import (
    AllSent,
    Attach,
    Attached,
    Begin,
    ChunkEnd,
    Contents,
    Data,
    End,
    EntrySkipped,
    FileAborted,
    FilePaused,
    Hole,
    Noted,
    Pack,
    Packed,
    Timing,
)
from lanshare.wire.frames.fields import (
    ALPN,
    VERSION,
    Count,
    Digest,
    DigestOrNone,
    FrameStruct,
    Id128,
    Id128OrNone,
    Index,
    Indices,
    Label,
    Name,
    Nonce,
    Signed64,
    Small,
    Word,
)
from lanshare.wire.frames.greeting import (
    Bye,
    Challenge,
    Hello,
    Ping,
    Pong,
    Proof,
    Refusal,
    Sealed,
)
from lanshare.wire.frames.messages import (
    AuthorRanges,
    GroupRecords,
    HistorySummary,
    Seen,
    SeenKept,
    Stored,
    Text,
    TextRefused,
    Typing,
)
from lanshare.wire.frames.offers import (
    Answer,
    Cancel,
    Fetch,
    Finished,
    Later,
    Listed,
    Listing,
    Offer,
    Pause,
    Top,
)
from lanshare.wire.frames.pairing import (
    PairAnswer,
    PairBegin,
    PairReveal,
    PairStop,
    PairVerdict,
)
from lanshare.wire.frames.receipts import (
    Compare,
    Complete,
    Confirmed,
    Failed,
    Halt,
    Have,
    Unwanted,
)

Frame = (
    Challenge
    | Proof
    | Sealed
    | Hello
    | Refusal
    | Ping
    | Pong
    | Text
    | Stored
    | TextRefused
    | Seen
    | SeenKept
    | GroupRecords
    | HistorySummary
    | Typing
    | PairBegin
    | PairAnswer
    | PairReveal
    | PairVerdict
    | PairStop
    | Offer
    | Answer
    | Cancel
    | Fetch
    | Finished
    | Listing
    | Pause
    | Later
    | Bye
    | Attach
    | Attached
    | Begin
    | Data
    | Hole
    | ChunkEnd
    | End
    | FileAborted
    | FilePaused
    | EntrySkipped
    | AllSent
    | Noted
    | Contents
    | Pack
    | Have
    | Compare
    | Unwanted
    | Timing
    | Confirmed
    | Failed
    | Halt
    | Complete
)

NUMBERS: Final[dict[type[Frame], int]] = {
    Challenge: 1,
    Proof: 2,
    Hello: 3,
    Refusal: 4,
    Ping: 5,
    Pong: 6,
    Bye: 7,
    Sealed: 8,
    Text: 16,
    Stored: 17,
    TextRefused: 18,
    Seen: 19,
    SeenKept: 20,
    GroupRecords: 21,
    HistorySummary: 22,
    Typing: 23,
    PairBegin: 24,
    PairAnswer: 25,
    PairReveal: 26,
    PairVerdict: 27,
    PairStop: 28,
    Offer: 32,
    Answer: 33,
    Cancel: 34,
    Fetch: 35,
    Finished: 36,
    Listing: 37,
    Pause: 38,
    Later: 39,
    Attach: 48,
    Attached: 49,
    Begin: 50,
    Data: 51,
    Hole: 52,
    ChunkEnd: 53,
    End: 54,
    FileAborted: 55,
    EntrySkipped: 56,
    AllSent: 57,
    Contents: 58,
    Timing: 59,
    Pack: 60,
    FilePaused: 61,
    Confirmed: 64,
    Failed: 65,
    Halt: 66,
    Complete: 67,
    Have: 68,
    Unwanted: 69,
    Compare: 70,
    Noted: 71,
}
"""The type byte of each frame. 80 (Probe) and 81 (DialBack) are reserved for the connection doctor."""

__all__ = [
    "ALPN",
    "AllSent",
    "Answer",
    "Attach",
    "Attached",
    "AuthorRanges",
    "Begin",
    "Bye",
    "Cancel",
    "Challenge",
    "ChunkEnd",
    "Compare",
    "Complete",
    "Confirmed",
    "Contents",
    "Count",
    "Data",
    "Digest",
    "DigestOrNone",
    "End",
    "EntrySkipped",
    "Failed",
    "Fetch",
    "FileAborted",
    "FilePaused",
    "Finished",
    "Frame",
    "FrameStruct",
    "GroupRecords",
    "Halt",
    "Have",
    "Hello",
    "HistorySummary",
    "Hole",
    "Id128",
    "Id128OrNone",
    "Index",
    "Indices",
    "Label",
    "Later",
    "Listed",
    "Listing",
    "NUMBERS",
    "Name",
    "Nonce",
    "Noted",
    "Offer",
    "Pack",
    "Packed",
    "PairAnswer",
    "PairBegin",
    "PairReveal",
    "PairStop",
    "PairVerdict",
    "Pause",
    "Ping",
    "Pong",
    "Proof",
    "Refusal",
    "Sealed",
    "Seen",
    "SeenKept",
    "Signed64",
    "Small",
    "Stored",
    "Text",
    "TextRefused",
    "Timing",
    "Top",
    "Typing",
    "Unwanted",
    "VERSION",
    "Word",
]
