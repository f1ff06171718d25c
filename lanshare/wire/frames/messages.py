"""Words, and what a group is: frames of the control link."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from lanshare.wire import limits
from lanshare.wire.frames.fields import Count, Digest, FrameStruct, Id128, Signed64, Word


class Text(FrameStruct, frozen=True):
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


class Stored(FrameStruct, frozen=True):
    """Your message is durable here."""

    id: Id128


class TextRefused(FrameStruct, frozen=True):
    """Your message was not kept, and why."""

    id: Id128
    code: Word


class Seen(FrameStruct, frozen=True):
    """My person has seen these messages and transfers of yours."""

    ids: Annotated[tuple[Id128, ...], Meta(min_length=1, max_length=limits.SEEN)]


class SeenKept(FrameStruct, frozen=True):
    """That these were seen is durable here: it need not be said again."""

    ids: Annotated[tuple[Id128, ...], Meta(min_length=1, max_length=limits.SEEN)]


class GroupRecords(FrameStruct, frozen=True):
    """All records, as their authors signed them, that found and change one group; in several frames if need be."""

    records: Annotated[tuple[Annotated[bytes, Meta(max_length=limits.CIRCLE_RECORD)], ...],
                       Meta(min_length=1, max_length=limits.CIRCLE)]


class AuthorRanges(FrameStruct, frozen=True):
    """Of one author's numbers in a conversation, the ranges that I have."""

    author: Digest
    ranges: Annotated[tuple[tuple[Count, Count], ...], Meta(max_length=limits.HELD_RANGES)]


class HistorySummary(FrameStruct, frozen=True):
    """What I have of a group: hand me what you have and I have not."""

    conversation: Digest
    held: Annotated[tuple[AuthorRanges, ...], Meta(max_length=limits.HELD)]


class Typing(FrameStruct, frozen=True):
    """My person writes, to you or in this group."""

    conversation: Digest
