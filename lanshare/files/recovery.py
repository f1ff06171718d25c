"""What an earlier try left in staging: read from the ledger, checked against its digests, kept as far as it is true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, field

from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.ranges import Ranges
from lanshare.files import names
from lanshare.files.content import prefix_digest
from lanshare.files.destination import Placing, VerifiedFile
from lanshare.files.part import PartVerifier, content_of


class Kept(Struct, frozen=True):
    """What an earlier try left: confirmed entries, and the whole chunks of begun files (how many, and their digest)."""

    confirmed: tuple[tuple[int, int], ...]
    files: int
    length: int
    partials: dict[int, tuple[int, bytes]] = field(default_factory=dict)


class Recovery(Placing):
    """A transfer's staging folder as it was found: `_recover`, then `_check_wholes`, then `_check_begun`."""

    def __init__(self, destination: Path, clash: ConflictPolicy) -> None:
        super().__init__(destination, clash)
        self.files = 0
        self.bytes = 0
        self._batch: list[VerifiedFile] = []
        self._confirmed = Ranges()
        self._begun: set[int] = set()
        self.begins = 0
        """Notes of files that were begun, over all tries: each stays, whatever became of its file."""

        self._kept = Kept((), 0, 0)

    def _confirm(self, index: int, size: int) -> None:
        self._confirmed.add(index)
        self.files += 1
        self.bytes += size

    def _recover(self) -> list[VerifiedFile]:
        """Read the ledger; what was whole but has no final name yet, to be checked.

        What has its final name is not held in memory: there may be a hundred thousand of them.
        """
        voids = {note["void"]: at for at, note in enumerate(self._book.recover()) if "void" in note}
        wholes: dict[int, VerifiedFile] = {}
        links: dict[int, tuple[tuple[str, ...], str]] = {}
        chosen: dict[str, str] = {}
        for at, note in enumerate(self._book.recover()):
            index = note.get("whole", note.get("file"))
            if index is not None and (voids.get(index, -1) > at or index in self._confirmed):
                continue
            match note:
                case {"top": str(top), "as": str(name)} if names.stays((name,)):
                    self._tops[top] = chosen[top] = name
                    if note.get("merged"):
                        self._merged.add(top)
                    if note.get("merged") or note.get("followed"):
                        del chosen[top]
                case {"made": [*words]}:
                    self.uncounted += 1
                    if len(words) == 1:
                        chosen = {top: name for top, name in chosen.items() if name != words[0]}
                case {"unlike": int()}:
                    self._unlike += 1
                case {"begun": int(index)}:
                    self.begins += 1
                    self._begun.add(index)
                case {"done": int(index), "same": _, "size": int(size)}:
                    self._confirm(index, size)
                case {"done": int(index)}:
                    links.pop(index, None)
                    self._confirmed.add(index)
                case {
                    "whole": int(index), "size": int(size), "path": [*words], "id": str(content), "mtime": int(mtime)
                } if (path := names.stays(words)) is not None:
                    self._begun.discard(index)
                    if self._stage.exists(str(index)):
                        wholes[index] = VerifiedFile(index, path, size, bytes.fromhex(content), mtime)
                case {"file": int(index), "size": int(size), "path": [*words]} if (
                    path := names.stays(words)
                ) is not None:
                    self._recover_intent(index, path, size, wholes)
                case {"link": int(index), "path": [*words], "to": str(target)} if (
                    path := names.stays(words)
                ) is not None:
                    links[index] = (path, target)
                    self._linked[index] = (path, target)
                case {"came": str(top)}:
                    self.unlisted.add(top)
        self._links = [(index, *link) for index, link in links.items()]
        self.uncounted += len(self._linked)
        for top in chosen:
            del self._tops[top]
        self._unmade = chosen
        return list(wholes.values())

    def _recover_intent(self, index: int, path: tuple[str, ...], size: int, wholes: dict[int, VerifiedFile]) -> None:
        self._intents[index] = path
        if not self._has_its_name(index):
            return
        del self._intents[index]
        wholes.pop(index, None)
        if len(path) == 1:
            self._tops.setdefault(path[0], path[0])
        self._confirm(index, size)

    def _has_its_name(self, index: int) -> bool:
        """The part is gone, or is the same file as the one under the final name: the rename was done."""
        part = self._stage.stat(str(index))
        if part is None:
            return True
        final = self._stat(self._intents[index])
        if final is None or (final.st_dev, final.st_ino) != (part.st_dev, part.st_ino):
            return False
        self._remove_part(index)
        return True

    def _check_wholes(self, wholes: list[VerifiedFile]) -> Iterator[None]:
        """Put what is whole, and true, into the batch."""
        for whole in wholes:
            if self._stage.stat(str(whole.index)) is None:
                continue
            for found in content_of(self._stage, str(whole.index), whole.size):
                if found is None:
                    yield
                elif found == whole.content:
                    self._batch.append(whole)
                elif whole.index not in self._intents:
                    self._remove_part(whole.index)
            yield

    def _check_begun(self) -> Iterator[None]:
        """Check the chunks of the files that were under way."""
        for index in sorted(self._begun):
            if index in self._confirmed:
                continue
            keeping = PartVerifier(self._stage, index)
            try:
                while keeping.step():
                    yield
            finally:
                keeping.close()
            if keeping.good:
                self._kept.partials[index] = (len(keeping.good), prefix_digest(keeping.good))
        self._sweep()

    def _sweep(self) -> None:
        """Remove every other part: of a file that was cut before its first whole chunk nothing is gone on with, and
        what is not counted must not stay."""
        keep = {*self._kept.partials, *self._intents, *(whole.index for whole in self._batch)}
        for name in self._stage.names():
            number = name.partition(".")[0]
            if number.isdecimal() and int(number) not in keep:
                self._begun.discard(int(number))
                self._stage.remove(name)
