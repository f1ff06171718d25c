"""What an offer's top-level names are called at their destination: each gets one place, for all that comes below it.

A name that is taken gets a number, once. A folder is merged into one that is there already only if that was chosen or
proven (see files/sink/compare), or if an earlier transfer of the same put the rest of it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lanshare.domain.errors import Code
from lanshare.files import names
from lanshare.files.faults import DiskFault
from lanshare.files.sink import ledger
from lanshare.files.sink.ledger import TopCame, TopPlaced
from lanshare.files.sink.made_folders import MadeFolders
from lanshare.files.sink.stage import Stage

GUESSES: Final = 256
"""Files of a transfer that seemed to be here and were not, until nothing more counts as being here: contents of few
bytes could be found out otherwise."""


class TopNames:
    """They, for one transfer."""

    def __init__(self, destination: Path, stage: Stage, folders: MadeFolders, system: names.System) -> None:
        self._destination, self._stage, self._folders, self._system = destination, stage, folders, system
        self.places: dict[str, str] = {}
        """The place of each name that has one."""

        self.unmade: dict[str, str] = {}
        """Places that an earlier try chose for folders, without having noted that it made them."""

        self.merged: set[str] = set()
        self.lying: list[str] = []
        """Folders that are there as they were offered, so that nothing was to be made."""

        self.unlisted: set[str] = set()
        """Names that came, over all tries, though the offer did not list them."""

        self.unlike = 0
        """Files that seemed to be here and were not, over all tries."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The final paths used so far."""
        return tuple(self._destination / name for name in (*self.places.values(), *self.lying))

    def spelled(self, top: str) -> str:
        """A name as this disk can hold it; one that it cannot hold is left as it is."""
        try:
            return names.safe_top(top, self._system)
        except names.NameRefused:
            return top

    def came(self, top: str) -> None:
        """Remember a name, as spelled() says it, that was in no list of the offer."""
        if top not in self.unlisted:
            self.unlisted.add(top)
            self._stage.note(TopCame(top))

    def merge(self, top: str, place: str) -> None:
        """Put what comes below this name into a folder that is there already, unless it has its place."""
        if top not in self.places:
            self.places[top] = place
            self._stage.note(TopPlaced(top, place, merged=True))
        if self.places[top] == place:
            self.merged.add(top)

    def follow(self, receipt: Path) -> None:
        """Put what comes where an earlier transfer put the rest of it; its receipt tells where."""
        if self.places:
            return
        for note in ledger.read(receipt):
            match note:
                case TopPlaced(top=top, place=place) if names.stays((place,)) and self._folders.is_folder(place):
                    self.places[top] = place
                    self._stage.note(TopPlaced(top, place, followed=True))

    def is_place(self, name: str) -> bool:
        """Whether what comes below some name is put into this folder."""
        return name in self.places.values()

    def worth_comparing(self, tops: Sequence[str]) -> bool:
        """Whether some of what comes under these names may be here already."""
        if self.merged:
            return True
        if self.guessed:
            return False
        for top in tops:
            try:
                safe = names.safe_top(top)
                if safe not in self.places and self._folders.root.exists(safe):
                    return True
            except (names.NameRefused, OSError):
                continue
        return False

    @property
    def guessed(self) -> bool:
        """Whether so much was not the same that nothing counts as the same any more."""
        return self.unlike >= GUESSES

    def merges(self, top: str) -> bool:
        """Whether what comes below this name goes to the place that has it already."""
        safe = names.safe_top(top)
        return safe in self.merged or safe not in self.places

    def placed(self, safe: tuple[str, ...], folder: bool = False, private: bool = False) -> tuple[str, ...]:
        """The path with its top-level name as it is called here: a name that is taken gets a number, once.

        A top-level folder is made when its name is chosen, so that it is ours and no other that came in between.
        """
        top = safe[0]
        if len(safe) == 1 and not folder and top not in self.places:
            return safe
        if top not in self.places:
            self._make(top, private and len(safe) == 1)
        return (self.places[top], *safe[1:])

    def _make(self, top: str, private: bool) -> None:
        root = self._folders.root
        name = self.unmade.pop(top, "")
        if name and self._folders.is_empty(name):
            # Most likely it is ours, made by a try that was killed before it could note so; nothing is in it.
            self.places[top] = name
            self._folders.have_made((name,))
            return
        taken = set(self.places.values())
        for number in range(100_000):
            name = names.numbered(top, number)
            if name in taken or root.exists(name):
                continue
            self._stage.note(TopPlaced(top, name))
            try:
                root.make(name, private)
            except FileExistsError:
                continue
            self.places[top] = name
            self._folders.fresh.add((name,))
            self._folders.have_made((name,))
            return
        raise DiskFault(Code.NAME_REFUSED, top)
