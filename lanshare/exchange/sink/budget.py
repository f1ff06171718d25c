"""What may still come of a transfer: the answer's allowance, from the first byte to the last, over all its tries.

Counted at the beginning of each file, by the size that it announces; what comes to nothing is given back. What rests
(a file that was put aside, or that a lost link cut) is counted by what lies on the disk. Offers do not count folders
and links: of them, and of entries that a source says it cannot send, so many may come as honest trees have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.offer import DEPTH, ENTRIES, Allowance
from lanshare.files.faults import DiskFault

UNCOUNTED: Final = 20_000
"""Folders and links, or skipped entries, beside those that the accepted files account for: empty folders, mostly."""


class Budget:
    """Files and bytes that were taken, against what was allowed. `allowed` None: nothing is bounded here."""

    def __init__(
        self, allowed: Allowance | None, spelled: Callable[[str], str] = str,
        came: Callable[[str], None] = lambda name: None,
    ) -> None:
        """`spelled`: a top-level name as begin() is told of it. `came`: told of each that the offer did not list, so
        that it can be told to begin() of a further try."""
        self._allowed = allowed
        self._spelled = spelled
        self._came = came
        self._entries = 0
        self._files = 0
        self._bytes = 0
        self._skipped = 0
        self._tops: set[str] = set()
        self._resting: dict[int, int] = {}

    def begin(self, files: int, size: int, tops: Iterable[str] = (), resting: Mapping[int, int] | None = None) -> None:
        """What earlier tries have left counts: whole files and their bytes, the top-level names that the offer did not
        list, and the bytes of the files that were begun, by index."""
        self._files += files
        self._bytes += size
        listed = map(self._spelled, self._allowed.tops) if self._allowed is not None else ()
        self._tops |= set(tops).difference(listed)
        self._resting = dict(resting or {})

    def allow(self, allowed: Allowance) -> None:
        """All of the offer is counted by now. DiskFault if more than that has come already."""
        self._allowed = allowed
        self._check(self._files, self._bytes)

    def take(self, parts: Sequence[str], files: int, size: int, index: int = -1) -> None:
        """An entry begins. DiskFault MORE_THAN_OFFERED, and nothing is taken, if it is more than was accepted.

        `index`: what rests of it is part of it.
        """
        self._check_top(parts[0])
        if not files:
            self._entries += 1
            self.check_uncounted(self._entries)
            return
        resting = self._resting.pop(index, None)
        try:
            self._check(self._files + files, self._bytes + size)
        except DiskFault:
            if resting is not None:
                self._resting[index] = resting
            raise
        self._files += files
        self._bytes += size

    def skip(self) -> None:
        """An entry is said not to come. DiskFault MORE_THAN_OFFERED if there were too many of them."""
        self._skipped += 1
        self.check_uncounted(self._skipped)

    def check_uncounted(self, count: int) -> None:
        """So many folders and links were made in all. DiskFault MORE_THAN_OFFERED if that is more than could be."""
        files = self._allowed.files if self._allowed is not None else None
        most = ENTRIES if files is None else min(ENTRIES, UNCOUNTED + DEPTH * files)
        if count > most:
            raise DiskFault(Code.MORE_THAN_OFFERED)

    def give_back(self, size: int) -> None:
        """A file that was taken came to nothing."""
        self._files -= 1
        self._bytes -= size

    def overdrawn(self) -> list[int]:
        """What of the resting files has to go, so that all that lies on the disk was accepted; it counts no more."""
        gone: list[int] = []
        allowed = self._allowed
        while allowed is not None and self._resting and not allowed.allows(
            self._files + len(self._resting), self._bytes + sum(self._resting.values())
        ):
            index = max(self._resting, key=lambda one: self._resting[one])
            del self._resting[index]
            gone.append(index)
        return gone

    def _check(self, files: int, size: int) -> None:
        resting = self._resting
        if self._allowed is not None and not self._allowed.allows(files + len(resting), size + sum(resting.values())):
            raise DiskFault(Code.MORE_THAN_OFFERED)

    def _check_top(self, name: str) -> None:
        allowed = self._allowed
        if allowed is None or name in allowed.tops or (spelled := self._spelled(name)) in self._tops:
            return
        # An offer lists its first names and counts the others.
        if len(self._tops) >= allowed.names - len(allowed.tops):
            raise DiskFault(Code.MORE_THAN_OFFERED)
        self._tops.add(spelled)
        self._came(spelled)
