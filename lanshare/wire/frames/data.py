"""The bytes of a transfer: frames of a data link, from its source."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from lanshare.domain.offer import DEPTH, PATH_BYTES
from lanshare.wire import limits
from lanshare.wire.frames.fields import Count, Digest, FrameStruct, Id128, Index, Name, Signed64, Word


class Attach(FrameStruct, frozen=True):
    """First frame of a data link, from its dialler: which transfer, and whether the dialler pushes or pulls."""

    transfer: Id128
    direction: Literal["push", "pull"]


class Attached(FrameStruct, frozen=True):
    """From the data's receiver: what it holds already.

    `confirmed`: inclusive ranges of file indices that are durable. `partials`: files begun earlier, by index, with the
    number of whole chunks kept and what their digests hash to (blake3 over their concatenation).
    """

    confirmed: Annotated[tuple[tuple[Index, Index], ...], Meta(max_length=limits.RANGES)] = ()
    partials: Annotated[tuple[tuple[Index, Count, Digest], ...], Meta(max_length=limits.PARTIALS)] = ()


class Begin(FrameStruct, frozen=True):
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


class Data(FrameStruct, frozen=True):
    """Bytes of the file begun last. On the wire the body is the raw bytes, not MessagePack."""

    payload: memoryview


class Hole(FrameStruct, frozen=True):
    """So many zero bytes, which need not be stored."""

    length: Annotated[int, Meta(ge=1, le=limits.HOLE)]


class ChunkEnd(FrameStruct, frozen=True):
    """4 MiB are over, and this is their blake3. Not sent after a file's last chunk, which End covers."""

    digest: Digest


class End(FrameStruct, frozen=True):
    """The file is over; `content` is its content id (files/content.py)."""

    content: Digest


class FileAborted(FrameStruct, frozen=True):
    """The file begun last cannot be sent to its end: forget its part."""

    index: Index
    code: Word


class FilePaused(FrameStruct, frozen=True):
    """The file begun last rests for now, as one of our persons wants: keep its part, the others go on."""

    index: Index


class EntrySkipped(FrameStruct, frozen=True):
    """Something in the tree was not sent at all, and why."""

    path: Annotated[str, Meta(max_length=PATH_BYTES)]
    code: Word


class Packed(FrameStruct, frozen=True):
    """A small file, whole: its index, its name in the pack's folder, its content id, its bytes."""

    index: Index
    name: Name
    mtime_ns: Signed64
    executable: bool
    content: Digest
    data: Annotated[bytes, Meta(max_length=limits.PACKED)]
    private: bool = False


class Pack(FrameStruct, frozen=True):
    """Small files of one folder, in the order of their index."""

    folder: Annotated[tuple[Name, ...], Meta(max_length=DEPTH - 1)]
    files: Annotated[tuple[Packed, ...], Meta(min_length=1, max_length=limits.PACK_FILES)]


class Contents(FrameStruct, frozen=True):
    """Answers Have: the content ids of the source's own files; an empty one: it cannot be read as it was listed."""

    files: Annotated[
        tuple[tuple[Index, Annotated[bytes, Meta(max_length=32)]], ...], Meta(max_length=limits.LISTED_AT_ONCE)
    ]


class Noted(FrameStruct, frozen=True):
    """From either side: this entry is here, or was sent, but not in every respect as it was; and in which."""

    path: Annotated[str, Meta(max_length=PATH_BYTES)]
    code: Word


class AllSent(FrameStruct, frozen=True):
    """Nothing follows; make it durable and say Complete."""

    entries: Count
    bytes: Count


class Timing(FrameStruct, frozen=True):
    """Where a side's time went since the data link opened, in milliseconds: disk, cipher and CPU, waiting."""

    disk: Count
    work: Count
    waiting: Count
