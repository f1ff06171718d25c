"""Transfers before and beside their bytes: frames of the control link."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from lanshare.domain.offer import DEPTH
from lanshare.wire import limits
from lanshare.wire.frames.fields import Count, DigestOrNone, FrameStruct, Id128, Id128OrNone, Name, Signed64, Word


class Top(FrameStruct, frozen=True):
    """One top-level name of an offer."""

    name: Name
    kind: Literal["file", "folder"]
    files: Count
    bytes: Count


class Offer(FrameStruct, frozen=True):
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


class Answer(FrameStruct, frozen=True):
    """Yes: dial me with Attach(push), or ask me to dial with Fetch. No: `code` says why."""

    transfer: Id128
    accepted: bool
    code: Word = ""


class Cancel(FrameStruct, frozen=True):
    """This transfer ends here, at the will of a person or because it cannot go on; `code` says which."""

    transfer: Id128
    code: Word


class Fetch(FrameStruct, frozen=True):
    """I cannot dial you: dial me, with Attach(pull)."""

    transfer: Id128


class Listed(FrameStruct, frozen=True):
    """An entry of an offer."""

    parts: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=DEPTH)]
    kind: Literal["file", "folder", "link"]
    size: Count
    mtime_ns: Signed64


class Listing(FrameStruct, frozen=True):
    """Entries of an offer from index `first` on, so that its receiver can see what is new before saying yes.

    `last`: no further Listing follows; the rest of a long list is not shown.
    """

    transfer: Id128
    first: Count
    entries: Annotated[tuple[Listed, ...], Meta(max_length=limits.LISTED_AT_ONCE)]
    last: bool


class Pause(FrameStruct, frozen=True):
    """My person wants this transfer to rest, or to go on."""

    transfer: Id128
    paused: bool


class Later(FrameStruct, frozen=True):
    """This transfer waits here for a while, and goes on by itself; why."""

    transfer: Id128
    code: Word


class Finished(FrameStruct, frozen=True):
    """I have it all, durable: said again when the sender asks for a transfer that is over."""

    transfer: Id128
    files: Count
    failed: Count
    bytes: Count
