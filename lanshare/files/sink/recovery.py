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
    FoldersLeft,
    FoldersPlaced,
    Intended,
    IntentVoid,
    LinkTold,
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
from lanshare.files.sink.stage import Stage, VerifiedFile
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

        self._begun: dict[int, list[FolderBegun]] = {}
        """New folders that were begun over all tries, each with the folders in it."""

        self._grown: dict[int, dict[int, VerifiedFile]] = {}
        """What was whole in each of them and may be in staging, by index."""

        self._numbers: dict[int, int] = {}
        """In which of them each of these is."""

        self._left: set[int] = set()
        """Those whose files were to go one by one."""

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
                case FolderBegun(number=number, path=words) if names.stays(words) is not None:
                    self._folders.count += 1
                    self._begun.setdefault(number, []).append(note)
                case NewFiles(path=words) if names.stays(words) is not None:
                    self._read_new(note, at, voids)
                case FoldersPlaced(numbers=numbers):
                    self._read_placed(numbers)
                case FoldersLeft(numbers=numbers):
                    self._left.update(numbers)
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
            if not self._new.waits(whole):
                continue
            content = b""
            for found in content_of(folder, name, whole.size):
                if found is None:
                    yield
                else:
                    content = found
            if content == whole.content:
                batch.append(whole)
            elif whole.number >= 0:
                # Its note must not count once its folder has its place.
                self._placing.give_up(whole.index)
                self._new.remove(whole)
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

    def _read_new(self, note: NewFiles, at: int, voids: dict[int, int]) -> None:
        """Files that were whole in a new folder."""
        begun = self._begun.get(note.number)
        if not begun or note.path[: len(begun[0].path)] != begun[0].path:
            return
        grown = self._grown.setdefault(note.number, {})
        for one in note.files:
            index = one.index
            if voids.get(index, -1) > at or index in self._arrived.confirmed or names.stays((one.name,)) is None:
                continue
            self._arrived.begun.discard(index)
            self._numbers[index] = note.number
            grown[index] = VerifiedFile(
                index, (*note.path, one.name), one.size, bytes.fromhex(one.content), one.mtime, note.number
            )

    def _read_placed(self, numbers: Sequence[int]) -> None:
        """New folders were about to get their places: those that are gone have them. They are not held in memory."""
        for number in numbers:
            if number in self._begun and not self._new.has(number):
                for whole in self._grown.pop(number, {}).values():
                    del self._numbers[whole.index]
                    self._arrived.confirm(whole.index, whole.size)

    def _take_up_new(self) -> None:
        """What is left of new folders waits for its place again, with what was whole in it."""
        for number, begun in self._begun.items():
            if not self._new.has(number):
                continue
            grown = self._grown.get(number, {})
            files = {whole.path for whole in grown.values()}
            if not self._new.adopt(number, begun, files, number in self._left):
                continue
            for whole in grown.values():
                intent = self._placing.intents.get(whole.index)
                if intent is not None and self._has_its_name(whole, intent):
                    del self._placing.intents[whole.index]
                    self._arrived.confirm(whole.index, whole.size)
                elif self._new.waits(whole):
                    self._wholes[whole.index] = whole
                else:
                    self._placing.give_up(whole.index)  # a power cut took it: its note must not count
        self._new.forget(self._begun)
        self._begun, self._grown, self._numbers = {}, {}, {}

    def _read_intent(self, index: int, path: Path, size: int) -> None:
        self._placing.intents[index] = path
        if index in self._numbers:
            return  # it waits, or waited, in a new folder that is looked into later
        if not self._has_its_name(VerifiedFile(index, path, size), path):
            return
        del self._placing.intents[index]
        self._wholes.pop(index, None)
        self._placing.lies(path, path[0])
        self._arrived.confirm(index, size)

    def _has_its_name(self, whole: VerifiedFile, path: Path) -> bool:
        """What waited is gone, or is the same file as the one under the final name: the rename was done."""
        if not self._new.waits(whole):
            return True
        folder, name = self._new.part(whole)
        part = folder.stat(name)
        final = self._folders.stat(path)
        if part is None or final is None or (final.st_dev, final.st_ino) != (part.st_dev, part.st_ino):
            return False
        self._new.remove(whole)
        return True
