"""Ledger: what a staging folder knows of itself, one checked line for each thing that happened.

A line is a CRC-32 and a JSON object whose `note` names its kind; `Line` lists the kinds. Reading stops at the first
line that is torn or altered, and forgets the rest: what is not noted was not done. A kind of another version is passed
over.
Paths are of names as they lie below the destination; none that is read is believed before names.stays() saw it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from lanshare.files.folder import Folder
from lanshare.files.lines import framed, unframed

NAME: Final = "journal"

Index = Annotated[int, Meta(ge=0)]
Hexadecimal = Annotated[str, Meta(pattern="^([0-9a-f]{2})*$")]
Words = tuple[str, ...]


class _Note(Struct, frozen=True, tag_field="note", omit_defaults=True):
    """A kind of line."""


class _Item(Struct, frozen=True, array_like=True, gc=False):
    """One file of a line about many."""


class TopPlaced(_Note, frozen=True, tag="top"):
    """What comes below a top-level name goes to this folder. `merged`: it was there. `followed`: an earlier transfer
    made it. Else it is about to be made."""

    top: str
    place: str
    merged: bool = False
    followed: bool = False


class TopCame(_Note, frozen=True, tag="came"):
    """A top-level name came that the offer did not list."""

    top: str


class FolderMade(_Note, frozen=True, tag="made"):
    """We made a folder."""

    path: Words


class EntryDone(_Note, frozen=True, tag="done"):
    """A folder, or a link, is at its place."""

    index: Index


class FolderDone(_Note, frozen=True, tag="folder"):
    """The same of a folder, with the time that it is to get, in ns."""

    index: Index
    path: Words
    mtime: int


class FileBegun(_Note, frozen=True, tag="begun"):
    """A file of more than one chunk was begun: its part may be worth checking."""

    index: Index


class NotAlike(_Note, frozen=True, tag="unlike"):
    """A file that seemed to be here is another one."""

    index: Index


class Whole(_Item, frozen=True):
    """A file is whole in staging: the name that it is to get, its content id in hexadecimal, its part's time in ns."""

    index: Index
    size: Index
    path: Words
    content: Hexadecimal
    mtime: int


class Wholes(_Note, frozen=True, tag="wholes"):
    """Files that are whole in staging."""

    files: tuple[Whole, ...]


class Intended(_Item, frozen=True):
    """A file is about to get its final name."""

    index: Index
    size: Index
    path: Words


class Intentions(_Note, frozen=True, tag="files"):
    """Files that are about to get their final names, once this line is durable."""

    files: tuple[Intended, ...]


class IntentVoid(_Note, frozen=True, tag="void"):
    """What was noted of this file's final name does not hold."""

    index: Index


class Same(_Item, frozen=True):
    """A file needs no name: the very same one lies there."""

    index: Index
    size: Index


class Sames(_Note, frozen=True, tag="sames"):
    """Files that need no name."""

    files: tuple[Same, ...]


class FolderBegun(_Note, frozen=True, tag="new"):
    """A folder that is not at the destination grows in staging; this is to be its path. The first of a number is the
    outermost, the others are in it."""

    number: Index
    path: Words
    private: bool = False


class NewFile(_Item, frozen=True):
    """A file is whole in such a folder, under its final name: its content id in hexadecimal, its time in ns."""

    index: Index
    size: Index
    name: str
    content: Hexadecimal
    mtime: int


class NewFiles(_Note, frozen=True, tag="within"):
    """Files that are whole in a folder at this path, which is such a folder or lies below it."""

    number: Index
    path: Words
    files: tuple[NewFile, ...]


class FoldersPlaced(_Note, frozen=True, tag="placed"):
    """Such folders are about to get their places, with all that was noted in them, once this line is durable."""

    numbers: tuple[Index, ...]


class FoldersLeft(_Note, frozen=True, tag="left"):
    """Such folders could not get their places as a whole: what is in them goes by itself, and only those folders are
    ours that we make at the destination."""

    numbers: tuple[Index, ...]


class LinkTold(_Note, frozen=True, tag="link"):
    """A link is to be made when all else is there."""

    index: Index
    path: Words
    target: str


class LinkMade(_Note, frozen=True, tag="linked"):
    """We made a link."""

    path: Words
    target: str


class MovedAside(_Note, frozen=True, tag="aside"):
    """A file of the person's is about to be moved out of the way."""

    path: Words
    to: Words


Line = (
    TopPlaced | TopCame | FolderMade | EntryDone | FolderDone | FileBegun | NotAlike | Wholes | Intentions | IntentVoid
    | Sames | FolderBegun | NewFiles | FoldersPlaced | FoldersLeft | LinkTold | LinkMade | MovedAside
)
"""What a line says."""

Note = (
    TopPlaced | TopCame | FolderMade | EntryDone | FolderDone | FileBegun | NotAlike | Whole | Intended | IntentVoid
    | Same | FolderBegun | NewFiles | FoldersPlaced | FoldersLeft | LinkTold | LinkMade | MovedAside
)
"""What happened: of a line about many files, one note for each, but for those in one folder."""

_DECODER: Final = msgspec.json.Decoder(Line)
_ENCODER: Final = msgspec.json.Encoder()


class Ledger:
    """An open ledger. OSErrors are the caller's matter."""

    def __init__(self, stage: Folder) -> None:
        self._waiting: list[bytes] = []
        self._fd = stage.open_file(NAME, os.O_RDWR | os.O_CREAT | os.O_APPEND)

    def add(self, line: Line) -> None:
        """Append a line; a killed process leaves it, a power cut only after sync()."""
        self.later(line)
        self.flush()

    def later(self, line: Line) -> None:
        """Append a line with the next flush(): a killed process may take it along."""
        self._waiting.append(encoded(line))

    def flush(self) -> None:
        """Write what waits, all of it or nothing."""
        if not self._waiting:
            return
        lines = b"".join(self._waiting)
        self._waiting.clear()
        written = os.write(self._fd, lines)
        if written != len(lines):
            os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def sync(self) -> None:
        """Make all lines durable."""
        self.flush()
        os.fsync(self._fd)

    def recover(self, kinds: Sequence[type[_Note]] = ()) -> Iterator[Note]:
        """What every good line says, from the first one; the file ends behind the last of them afterwards. `kinds`:
        only of these."""
        heads = tuple(_ENCODER.encode({"note": kind.__struct_config__.tag})[:-1] for kind in kinds)
        self.flush()
        good = 0
        with os.fdopen(os.dup(self._fd), "rb") as lines:
            lines.seek(0)
            for line in lines:
                body = unframed(line)
                if body is None:
                    break
                good += len(line)
                if not heads or body.startswith(heads):
                    yield from _notes(body)
        if os.fstat(self._fd).st_size != good:
            os.ftruncate(self._fd, good)

    def close(self) -> None:
        """Write what waits and give the descriptor back."""
        if self._fd >= 0:
            try:
                self.flush()
            except OSError:
                pass  # what is not noted was not done
            os.close(self._fd)
            self._fd = -1


def encoded(line: Line) -> bytes:
    """A line as it stands in a ledger."""
    return framed(_ENCODER.encode(line))


def read(path: Path) -> Iterator[Note]:
    """What a copy of a ledger says, up to its first bad line; nothing if it cannot be read."""
    try:
        with path.open("rb") as lines:
            for line in lines:
                body = unframed(line)
                if body is None:
                    return
                yield from _notes(body)
    except OSError:
        return


class OurFolders:
    """Which folders at the destination are ours, from the notes in their order."""

    def __init__(self) -> None:
        self._made: list[Words] = []
        self._begun: dict[int, list[Words]] = {}
        self._placed: set[int] = set()
        self._left: set[int] = set()

    def heard(self, note: Note) -> None:
        """One more note."""
        match note:
            case FolderMade(path=path):
                self._made.append(path)
            case FolderBegun(number=number, path=path):
                self._begun.setdefault(number, []).append(path)
            case FoldersPlaced(numbers=numbers):
                self._placed.update(numbers)
            case FoldersLeft(numbers=numbers):
                self._left.update(numbers)
            case _:
                pass

    def paths(self) -> list[Words]:
        """They; none is believed before names.stays() saw it."""
        whole = [path for number in self._placed - self._left for path in self._begun.get(number, ())]
        return [*self._made, *whole]


def _notes(body: bytes) -> Iterator[Note]:
    """What a line says: of one about many files, a note for each; of another version's, nothing."""
    try:
        line = _DECODER.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return
    if isinstance(line, Wholes | Intentions | Sames):
        yield from line.files
    else:
        yield line
