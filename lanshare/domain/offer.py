"""What is offered and how it is answered; names no wire type, so that other protocols can carry it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

from msgspec import Struct

NAME_BYTES: Final = 255
"""UTF-8 bytes in one path component: NAME_MAX of every common file system."""

PATH_BYTES: Final = 4096
"""UTF-8 bytes in one path: PATH_MAX on Linux."""

DEPTH: Final = 64
"""Components in one path. Real trees seen are below 40; 60 must work."""

ENTRIES: Final = 10_000_000
"""Files, folders and what is left out in one transfer: ten times the largest tree tried. A longer list ends its
transfer once the walk comes to it: Code.LIST_TOO_LONG."""


TIME_BOUND: Final = 2**63 - 1
"""The furthest time of modification in ns since 1970: 11 April 2262. One at the bound is a time that did not fit."""


class EntryKind(StrEnum):
    """What lies at a path. LINK: a symbolic link that stays inside its own offer's tree."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


class FileEntry(Struct, frozen=True):
    """One thing to send: its relative path in parts, bytes, and modification time in ns since 1970.

    `target`: where a link leads. `executable`: its owner may execute it. `private`: nobody but its owner may read it.
    """

    parts: tuple[str, ...]
    kind: EntryKind
    size: int
    mtime_ns: int
    target: str = ""
    executable: bool = False
    private: bool = False


class TopEntry(Struct, frozen=True):
    """A top-level name of an offer, with what is counted of it so far."""

    name: str
    kind: EntryKind
    files: int
    bytes: int


class Offer(Struct, frozen=True):
    """What a peer wants to send. It grows while its tree is walked, until `complete`.

    `tops` holds the first names only; `names` counts them all. `room`: the group in whose conversation it is sent;
    empty for none.
    """

    tops: tuple[TopEntry, ...]
    names: int
    files: int
    bytes: int
    complete: bool
    room: str = ""


class Allowance(Struct, frozen=True):
    """What a person, or a rule, has said yes to: all that may come of a transfer, over all its tries.

    `files`, `bytes`: None while an offer that may grow is still being counted. `tops`: the names that were listed,
    `names`: how many top-level names there are in all.
    """

    tops: tuple[str, ...]
    names: int
    files: int | None = None
    bytes: int | None = None

    def covers(self, offer: Offer) -> bool:
        """Whether an offer stays within what was allowed."""
        return (
            self.allows(offer.files, offer.bytes)
            and offer.names <= self.names
            and (set(self.tops).issuperset(top.name for top in offer.tops) or self.names > len(self.tops))
        )

    def allows(self, files: int, size: int) -> bool:
        """Whether so many files of so many bytes in all may come."""
        return (self.files is None or files <= self.files) and (self.bytes is None or size <= self.bytes)


def allowance_of(offer: Offer, grows: bool) -> Allowance:
    """What a yes to an offer allows. `grows`: what it comes to while it is counted was accepted beforehand.

    Bytes are allowed as they were shown: "915 MB" is everything that a person would have read as 915 MB, so that a log
    that goes on being written does not ask twice.
    """
    tops = tuple(top.name for top in offer.tops)
    if grows and not offer.complete:
        return Allowance(tops, offer.names)
    return Allowance(tops, offer.names, offer.files, offer.bytes + shown_alike(offer.bytes))


def shown_alike(size: int) -> int:
    """Bytes by which a size may be exceeded and still be shown the same, in decimal units with three digits at most."""
    unit = 1
    while size >= 1000 * unit and unit < 10**12:
        unit *= 1000
    if unit == 1:
        return 0
    return unit // 2 if size >= 100 * unit else unit // 20


class ConflictPolicy(StrEnum):
    """What happens where another file has the name already. Nothing is ever overwritten: REPLACE moves it aside."""

    KEEP = "keep"
    SKIP = "skip"
    REPLACE = "replace"


class Destination(Struct, frozen=True):
    """Where an accepted offer goes. `disk` names the file system that it was begun on, once that is known."""

    folder: Path
    clash: ConflictPolicy = ConflictPolicy.KEEP
    disk: str = ""
    execute: bool = False
    """Files may keep the right to be executed."""

    sorts: bool = False
    """The folder is one of those below the receiving one into which what comes is sorted."""


class Skipped(Struct, frozen=True):
    """Something that was not sent or not kept, and why (a Code's value)."""

    path: str
    code: str
