"""What an earlier try left in staging: read from the ledger, checked against its digests, kept as far as it is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lanshare.domain.ranges import Ranges
from lanshare.files import names
from lanshare.files.content import prefix_digest
from lanshare.files.sink.destination import Placing
from lanshare.files.sink.ledger import (
    EntryDone,
    FileBegun,
    FolderBegun,
    FolderDone,
    FolderMade,
    FoldersPlaced,
    Intended,
    IntentVoid,
    LinkTold,
    NewFile,
    NewFiles,
    NotAlike,
    Same,
    TopCame,
    TopPlaced,
    Whole,
)
from lanshare.files.sink.made_folders import MadeFolders, Path
from lanshare.files.sink.new_folders import NewFolders
from lanshare.files.sink.part import PartVerifier, content_of
from lanshare.files.sink.stage import GROWING, Stage, VerifiedFile
from lanshare.files.sink.top_names import TopNames


@dataclass(slots=True)
class Arrived:
    """What of a transfer is here, over all tries."""

    confirmed: Ranges = field(default_factory=Ranges)
    """Entries that are verified and durable, by index."""

    files: int = 0
    length: int = 0
    """How many these are, and their bytes."""

    begun: set[int] = field(default_factory=set)
    """Files whose parts may hold something of them."""

    begins: int = 0
    """Notes of files that were begun: each stays, whatever became of its file."""

    partials: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    """Of files that were begun, how many whole chunks are good, and their digest."""

    def confirm(self, index: int, size: int) -> None:
        """A file is verified and durable."""
        self.confirmed.add(index)
        self.files += 1
        self.length += size


class Recovery:
    """Takes up what an earlier try left: read() once, then check() until it is through."""

    def __init__(
        self, stage: Stage, folders: MadeFolders, new: NewFolders, tops: TopNames, placing: Placing, arrived: Arrived
    ) -> None:
        self._stage, self._folders, self._new, self._tops = stage, folders, new, tops
        self._placing, self._arrived = placing, arrived
        self._wholes: dict[int, VerifiedFile] = {}
        """What was whole and has no final name, by index. What has its name is not held in memory: there may be a
        hundred thousand of them."""

        self._growing: dict[int, Path] = {}
        """New folders that may be in staging, and where each is to come to lie."""

        self._grown: dict[int, dict[int, VerifiedFile]] = {}
        """What was whole in each of them, by index."""

        self._renamed: set[int] = set()
        """Those that were about to get their places: what is not in them any more has its final name."""

        self._links: dict[int, tuple[Path, str]] = {}
        self._chosen: dict[str, str] = {}
        """Places of top-level names that may not have been made."""

    def read(self) -> None:
        """Read the ledger. OSError if that is not possible."""
        voids = {note.index: at for at, note in enumerate(self._stage.book.recover()) if isinstance(note, IntentVoid)}
        confirmed = self._arrived.confirmed
        for at, note in enumerate(self._stage.book.recover()):
            match note:
                case Whole() | Intended() if voids.get(note.index, -1) > at or note.index in confirmed:
                    continue
                case Whole(path=words) if (path := names.stays(words)) is not None:
                    self._read_whole(note, path)
                case Intended(index=index, size=size, path=words) if (path := names.stays(words)) is not None:
                    self._read_intent(index, path, size)
                case FolderBegun(number=number, path=words) if (path := names.stays(words)) is not None:
                    self._growing[number], self._grown[number] = path, {}
                case NewFiles(path=words) if names.stays(words) is not None:
                    self._read_new(note, {index for index, since in voids.items() if since > at} if voids else set())
                case FoldersPlaced(numbers=numbers):
                    self._read_placed(numbers)
                case Same(index=index, size=size):
                    self._arrived.confirm(index, size)
                case EntryDone(index=index) | FolderDone(index=index):
                    self._links.pop(index, None)
                    confirmed.add(index)
                case LinkTold(index=index, path=words, target=target) if (path := names.stays(words)) is not None:
                    self._links[index] = self._placing.linked[index] = (path, target)
                case FileBegun(index=index):
                    self._arrived.begins += 1
                    self._arrived.begun.add(index)
                case NotAlike():
                    self._tops.unlike += 1
                case TopCame(top=top):
                    self._tops.unlisted.add(top)
                case TopPlaced() | FolderMade():
                    self._read_place(note)
        self._take_up_new()
        self._placing.links = [(index, *link) for index, link in self._links.items()]
        for top in self._chosen:
            del self._tops.places[top]
        self._tops.unmade = self._chosen

    def check(self, batch: list[VerifiedFile]) -> Iterator[None]:
        """Check what is whole, and put what is true into the batch."""
        for whole in self._wholes.values():
            folder, name = self._new.part(whole)
            if folder.stat(name) is None:
                continue
            content = b""
            for found in content_of(folder, name, whole.size):
                if found is None:
                    yield
                else:
                    content = found
            if content == whole.content:
                batch.append(whole)
            elif whole.index not in self._placing.intents:
                self._new.remove(whole)  # it is closed by now: Windows removes nothing that is open
            yield
        self._wholes = {}

    def check_begun(self, batch: list[VerifiedFile]) -> Iterator[None]:
        """Check the chunks of the files that were under way; every part that neither holds some of them nor is one of
        the batch goes: what is not counted must not stay."""
        arrived = self._arrived
        for index in sorted(arrived.begun):
            if index in arrived.confirmed:
                continue
            keeping = PartVerifier(self._stage.folder, index)
            try:
                while keeping.step():
                    yield
            finally:
                keeping.close()
            if keeping.good:
                arrived.partials[index] = (len(keeping.good), prefix_digest(keeping.good))
        keep = {*arrived.partials, *self._placing.intents, *(whole.index for whole in batch)}
        for name in self._stage.folder.names():
            number = name.partition(".")[0]
            if number.isdecimal() and int(number) not in keep:
                arrived.begun.discard(int(number))
                self._stage.folder.remove(name)

    # --- inside

    def _read_place(self, note: TopPlaced | FolderMade) -> None:
        if isinstance(note, FolderMade):
            self._folders.count += 1
            if len(note.path) == 1:
                made = note.path[0]
                self._folders.tops.add(made)
                self._chosen = {top: name for top, name in self._chosen.items() if name != made}
        elif names.stays((note.place,)):
            self._tops.places[note.top] = self._chosen[note.top] = note.place
            if note.merged:
                self._tops.merged.add(note.top)
            if note.merged or note.followed:
                del self._chosen[note.top]

    def _read_whole(self, note: Whole, path: Path) -> None:
        self._arrived.begun.discard(note.index)
        if self._stage.folder.exists(str(note.index)):
            content = bytes.fromhex(note.content)
            self._wholes[note.index] = VerifiedFile(note.index, path, note.size, content, note.mtime)

    def _read_new(self, note: NewFiles, void: set[int]) -> None:
        """Files that were whole in a new folder; `void`: not these."""
        outermost = self._growing.get(note.number)
        if outermost is None or note.path[: len(outermost)] != outermost:
            return
        for one in note.files:
            if one.index in void or one.index in self._arrived.confirmed or names.stays((one.name,)) is None:
                continue
            self._grown[note.number][one.index] = VerifiedFile(
                one.index, (*note.path, one.name), one.size, bytes.fromhex(one.content), one.mtime, note.number
            )

    def _read_placed(self, numbers: Sequence[int]) -> None:
        """New folders were about to get their places: those that are gone have them. They are not held in memory."""
        for number in numbers:
            if number not in self._growing:
                continue
            if self._stage.folder.exists(f"{GROWING}{number}"):
                self._renamed.add(number)
                continue
            del self._growing[number]
            for whole in self._grown.pop(number).values():
                self._arrived.confirm(whole.index, whole.size)

    def _take_up_new(self) -> None:
        """What is left of new folders goes on growing, with what was whole in it."""
        for number, path in self._growing.items():
            if not self._stage.folder.exists(f"{GROWING}{number}"):
                continue
            grown = self._grown[number]
            there = self._new.adopt(number, path, {whole.path for whole in grown.values()})
            for whole in grown.values():
                if whole.path in there and not self._was_given(whole):
                    self._wholes[whole.index] = whole
                elif number in self._renamed:
                    self._arrived.confirm(whole.index, whole.size)
        self._new.forget(self._growing)
        self._growing, self._grown = {}, {}

    def _was_given(self, whole: VerifiedFile) -> bool:
        """Whether one that was to go by itself has its final name; if not, what was noted of that does not hold."""
        if whole.index not in self._placing.intents:
            return False
        if self._has_its_name(whole, self._placing.intents[whole.index]):
            del self._placing.intents[whole.index]
            return True
        self._placing.give_up(whole.index)
        again = NewFile(whole.index, whole.size, whole.path[-1], whole.content.hex(), whole.mtime_ns)
        self._stage.book.later(NewFiles(whole.number, whole.path[:-1], (again,)))
        return False

    def _read_intent(self, index: int, path: Path, size: int) -> None:
        self._placing.intents[index] = path
        if any(index in grown for grown in self._grown.values()):
            return  # it waits, or waited, in a new folder that is looked into later
        if not self._has_its_name(VerifiedFile(index, path, size), path):
            return
        del self._placing.intents[index]
        self._wholes.pop(index, None)
        self._placing.lies(path, path[0])
        self._arrived.confirm(index, size)

    def _has_its_name(self, whole: VerifiedFile, path: Path) -> bool:
        """What waited is gone, or is the same file as the one under the final name: the rename was done."""
        folder, name = self._new.part(whole)
        part = folder.stat(name)
        if part is None:
            return True
        final = self._folders.stat(path)
        if final is None or (final.st_dev, final.st_ino) != (part.st_dev, part.st_ino):
            return False
        self._new.remove(whole)
        return True
