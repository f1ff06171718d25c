"""The frames of protocol version 1 as typed structs. A field added later goes last and has a default."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from lanshare.domain.offer import DEPTH, ENTRIES, NAME_BYTES, PATH_BYTES
from lanshare.wire import limits

VERSION: Final = 1
ALPN: Final = "lanshare/1"

Nonce = Annotated[bytes, Meta(min_length=32, max_length=32)]
Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
DigestOrNone = Annotated[bytes, Meta(max_length=32)]
Id128 = Annotated[bytes, Meta(min_length=16, max_length=16)]
Id128OrNone = Annotated[bytes, Meta(max_length=16)]
Word = Annotated[str, Meta(max_length=limits.WORD)]
Label = Annotated[str, Meta(max_length=limits.LABEL)]
Name = Annotated[str, Meta(max_length=NAME_BYTES)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Index = Annotated[int, Meta(ge=0, lt=ENTRIES)]
Signed64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Indices = Annotated[tuple[Index, ...], Meta(max_length=limits.LISTED_AT_ONCE)]
Small = Annotated[int, Meta(ge=0, le=65535)]


class _Frame(Struct, array_like=True, frozen=True, gc=False):
    """Encoded as a MessagePack array of the fields in order; further elements are ignored."""


class Challenge(_Frame, frozen=True):
    """Acceptor, first: prove who you are; I speak versions lowest..highest."""

    nonce: Nonce
    lowest: Small
    highest: Small


class Proof(_Frame, frozen=True):
    """Dialler: my certificate, and my signature over the transcript (trust/proof.py). Also from an acceptor that hides,
    once it knows the dialler."""

    nonce: Nonce
    certificate: Annotated[bytes, Meta(max_length=limits.CERTIFICATE)]
    signature: Annotated[bytes, Meta(max_length=128)]
    lowest: Small
    highest: Small


class Sealed(_Frame, frozen=True):
    """Dialler, to an acceptor that hides: its Proof, readable only by the device it wants (trust/sealing.py)."""

    point: Annotated[bytes, Meta(min_length=65, max_length=65)]
    body: Annotated[bytes, Meta(min_length=limits.SEALED, max_length=limits.SEALED)]


class Hello(_Frame, frozen=True):
    """Both, acceptor first, once identities are proven: what we are and can do."""

    version: Small
    name: Label
    kind: Word
    system: Label
    port: Small
    instance: Id128
    purpose: Literal["control", "data"]
    capabilities: Annotated[tuple[Word, ...], Meta(max_length=limits.CAPABILITIES)] = ()
    note: Label = ""


class Refusal(_Frame, frozen=True):
    """Either, at any time before data: no, and why; the link closes. Version trouble names both ranges in `detail`."""

    code: Word
    detail: Label = ""


class Ping(_Frame, frozen=True):
    """Are you there?"""

    number: Count


class Pong(_Frame, frozen=True):
    """I am."""

    number: Count


class Text(_Frame, frozen=True):
    """A signed message record (wire/records.py)."""

    author: Annotated[bytes, Meta(max_length=256)]
    conversation: Digest
    id: Id128
    sequence: Count
    parents: Annotated[tuple[Digest, ...], Meta(max_length=16)]
    lamport: Count
    sent_at_ms: Signed64
    body: Annotated[str, Meta(max_length=limits.TEXT)]
    signature: Annotated[bytes, Meta(max_length=128)]
    kind: Word = "text"
    about: Annotated[bytes, Meta(max_length=32)] = b""


class Stored(_Frame, frozen=True):
    """Your message is durable here."""

    id: Id128


class TextRefused(_Frame, frozen=True):
    """Your message was not kept, and why."""

    id: Id128
    code: Word


class Seen(_Frame, frozen=True):
    """My person has seen these messages and transfers of yours."""

    ids: Annotated[tuple[Id128, ...], Meta(min_length=1, max_length=limits.SEEN)]


class SeenKept(_Frame, frozen=True):
    """That these were seen is durable here: it need not be said again."""

    ids: Annotated[tuple[Id128, ...], Meta(min_length=1, max_length=limits.SEEN)]


class GroupRecords(_Frame, frozen=True):
    """All records, as their authors signed them, that found and change one group; in several frames if need be."""

    records: Annotated[tuple[Annotated[bytes, Meta(max_length=limits.CIRCLE_RECORD)], ...],
                       Meta(min_length=1, max_length=limits.CIRCLE)]


class AuthorRanges(_Frame, frozen=True):
    """Of one author's numbers in a conversation, the ranges that I have."""

    author: Digest
    ranges: Annotated[tuple[tuple[Count, Count], ...], Meta(max_length=limits.HELD_RANGES)]


class HistorySummary(_Frame, frozen=True):
    """What I have of a group: hand me what you have and I have not."""

    conversation: Digest
    held: Annotated[tuple[AuthorRanges, ...], Meta(max_length=limits.HELD)]


class Typing(_Frame, frozen=True):
    """My person writes, to you or in this group."""

    conversation: Digest


class Top(_Frame, frozen=True):
    """One top-level name of an offer."""

    name: Name
    kind: Literal["file", "folder"]
    files: Count
    bytes: Count


class PairBegin(_Frame, frozen=True):
    """Let us compare six digits: SHA-256 that fixes my nonce without telling it."""

    commitment: Digest


class PairAnswer(_Frame, frozen=True):
    """My nonce, now that yours is fixed."""

    nonce: Nonce


class PairReveal(_Frame, frozen=True):
    """The nonce that PairBegin fixed."""

    nonce: Nonce


class PairVerdict(_Frame, frozen=True):
    """My person sees the same digits on both screens, or does not."""

    same: bool


class PairStop(_Frame, frozen=True):
    """The comparison ends here, and why."""

    code: Word


class Offer(_Frame, frozen=True):
    """I would send you this. The same id again: more is counted by now, or I ask again after a break.

    `after`: it is what did not arrive of that earlier transfer; empty if it stands alone. `conversation`: of the group
    that it is sent to; empty if it is for you alone.
    """

    transfer: Id128
    tops: Annotated[tuple[Top, ...], Meta(max_length=limits.TOPS)]
    names: Count
    files: Count
    bytes: Count
    complete: bool
    after: Id128OrNone = b""
    conversation: DigestOrNone = b""


class Answer(_Frame, frozen=True):
    """Yes: dial me with Attach(push), or ask me to dial with Fetch. No: `code` says why."""

    transfer: Id128
    accepted: bool
    code: Word = ""


class Cancel(_Frame, frozen=True):
    """This transfer ends here, at the will of a person or because it cannot go on; `code` says which."""

    transfer: Id128
    code: Word


class Fetch(_Frame, frozen=True):
    """I cannot dial you: dial me, with Attach(pull)."""

    transfer: Id128


class Listed(_Frame, frozen=True):
    """An entry of an offer."""

    parts: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=DEPTH)]
    kind: Literal["file", "folder", "link"]
    size: Count
    mtime_ns: Signed64


class Listing(_Frame, frozen=True):
    """Entries of an offer from index `first` on, so that its receiver can see what is new before saying yes.

    `last`: no further Listing follows; the rest of a long list is not shown.
    """

    transfer: Id128
    first: Count
    entries: Annotated[tuple[Listed, ...], Meta(max_length=limits.LISTED_AT_ONCE)]
    last: bool


class Pause(_Frame, frozen=True):
    """My person wants this transfer to rest, or to go on."""

    transfer: Id128
    paused: bool


class Later(_Frame, frozen=True):
    """This transfer waits here for a while, and goes on by itself; why."""

    transfer: Id128
    code: Word


class Finished(_Frame, frozen=True):
    """I have it all, durable: said again when the sender asks for a transfer that is over."""

    transfer: Id128
    files: Count
    failed: Count
    bytes: Count


class Bye(_Frame, frozen=True):
    """I go, in good order."""

    code: Word = ""


class Attach(_Frame, frozen=True):
    """First frame of a data link, from its dialler: which transfer, and whether the dialler pushes or pulls."""

    transfer: Id128
    direction: Literal["push", "pull"]


class Attached(_Frame, frozen=True):
    """From the data's receiver: what it holds already.

    `confirmed`: inclusive ranges of file indices that are durable. `partials`: files begun earlier, by index, with the
    number of whole chunks kept and what their digests hash to (blake3 over their concatenation).
    """

    confirmed: Annotated[tuple[tuple[Index, Index], ...], Meta(max_length=limits.RANGES)] = ()
    partials: Annotated[tuple[tuple[Index, Count, Digest], ...], Meta(max_length=limits.PARTIALS)] = ()


class Begin(_Frame, frozen=True):
    """A file, folder or link starts. `offset`: a multiple of the chunk size; what lies before it is kept from earlier.

    `target`: where a link leads, relative, inside its own tree. `executable`: the owner may execute it. `private`:
    nobody but the owner may read it.
    """

    index: Index
    parts: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=DEPTH)]
    kind: Literal["file", "folder", "link"]
    size: Count
    mtime_ns: Signed64
    offset: Count = 0
    target: Annotated[str, Meta(max_length=PATH_BYTES)] = ""
    executable: bool = False
    private: bool = False


class Data(_Frame, frozen=True):
    """Bytes of the file begun last. On the wire the body is the raw bytes, not MessagePack."""

    payload: memoryview


class Hole(_Frame, frozen=True):
    """So many zero bytes, which need not be stored."""

    length: Annotated[int, Meta(ge=1, le=limits.HOLE)]


class ChunkEnd(_Frame, frozen=True):
    """4 MiB are over, and this is their blake3. Not sent after a file's last chunk, which End covers."""

    digest: Digest


class End(_Frame, frozen=True):
    """The file is over; `content` is its content id (files/content.py)."""

    content: Digest


class FileAborted(_Frame, frozen=True):
    """The file begun last cannot be sent to its end: forget its part."""

    index: Index
    code: Word


class FilePaused(_Frame, frozen=True):
    """The file begun last rests for now, as one of our persons wants: keep its part, the others go on."""

    index: Index


class EntrySkipped(_Frame, frozen=True):
    """Something in the tree was not sent at all, and why."""

    path: Annotated[str, Meta(max_length=PATH_BYTES)]
    code: Word


class Packed(_Frame, frozen=True):
    """A small file, whole: its index, its name in the pack's folder, its content id, its bytes."""

    index: Index
    name: Name
    mtime_ns: Signed64
    executable: bool
    content: Digest
    data: Annotated[bytes, Meta(max_length=limits.PACKED)]
    private: bool = False


class Pack(_Frame, frozen=True):
    """Small files of one folder, in the order of their index."""

    folder: Annotated[tuple[Name, ...], Meta(max_length=DEPTH - 1)]
    files: Annotated[tuple[Packed, ...], Meta(min_length=1, max_length=limits.PACK_FILES)]


class Contents(_Frame, frozen=True):
    """Answers Have: the content ids of the source's own files; an empty one: it cannot be read as it was listed."""

    files: Annotated[
        tuple[tuple[Index, Annotated[bytes, Meta(max_length=32)]], ...], Meta(max_length=limits.LISTED_AT_ONCE)
    ]


class Noted(_Frame, frozen=True):
    """From either side: this entry is here, or was sent, but not in every respect as it was; and in which."""

    path: Annotated[str, Meta(max_length=PATH_BYTES)]
    code: Word


class AllSent(_Frame, frozen=True):
    """Nothing follows; make it durable and say Complete."""

    entries: Count
    bytes: Count


class Have(_Frame, frozen=True):
    """From the data's receiver, before Attached: at the place of these entries lie files of their size and time, which
    it reads; tell what yours are (Contents)."""

    files: Indices


class Compare(_Frame, frozen=True):
    """From the data's receiver, before Attached: list the next piece of what you will send (Listing), once for each
    time it is said; some of it may be here."""


class Unwanted(_Frame, frozen=True):
    """From the data's receiver: do not send this entry, or no more of it, and why."""

    index: Index
    code: Word


class Timing(_Frame, frozen=True):
    """Where a side's time went since the data link opened, in milliseconds: disk, cipher and CPU, waiting."""

    disk: Count
    work: Count
    waiting: Count


class Confirmed(_Frame, frozen=True):
    """These entries (an inclusive range of indices) are verified and durable under their final names."""

    first: Index
    last: Index


class Failed(_Frame, frozen=True):
    """This entry could not be kept, and why; go on with the others."""

    index: Index
    code: Word


class Halt(_Frame, frozen=True):
    """From the data's receiver: nothing can be kept now (disk full, folder gone); stop and ask again later."""

    code: Word
    detail: Label = ""


class Complete(_Frame, frozen=True):
    """All is verified and durable, but for `failed` entries."""

    files: Count
    failed: Count
    bytes: Count


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
