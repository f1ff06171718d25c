"""What may still come of a transfer: the answer's allowance, from the first byte to the last, over all its tries.

Counted at the beginning of each file, by the size that it announces; what comes to nothing is given back. Folders and
links are bounded by their top-level names alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from lanshare.domain.errors import Code
from lanshare.domain.offer import Allowance
from lanshare.files.faults import DiskFault


class Budget:
    """Files and bytes that were taken, against what was allowed. `allowed` None: nothing is bounded here."""

    def __init__(self, allowed: Allowance | None) -> None:
        self._allowed = allowed
        self._files = 0
        self._bytes = 0
        self._tops: set[str] = set()

    def begin(self, files: int, size: int) -> None:
        """What earlier tries have left counts."""
        self._files += files
        self._bytes += size

    def allow(self, allowed: Allowance) -> None:
        """All of the offer is counted by now. DiskFault if more than that has come already."""
        self._allowed = allowed
        self._check(self._files, self._bytes)

    def take(self, parts: Sequence[str], files: int, size: int) -> None:
        """An entry begins. DiskFault MORE_THAN_OFFERED, and nothing is taken, if it is more than was accepted."""
        self._check_top(parts[0])
        self._check(self._files + files, self._bytes + size)
        self._files += files
        self._bytes += size

    def give_back(self, size: int) -> None:
        """A file that was taken came to nothing."""
        self._files -= 1
        self._bytes -= size

    def _check(self, files: int, size: int) -> None:
        if self._allowed is not None and not self._allowed.allows(files, size):
            raise DiskFault(Code.MORE_THAN_OFFERED)

    def _check_top(self, name: str) -> None:
        allowed = self._allowed
        if allowed is None or name in self._tops or name in allowed.tops:
            return
        # An offer lists its first names and counts the others.
        if len(self._tops) >= allowed.names - len(allowed.tops):
            raise DiskFault(Code.MORE_THAN_OFFERED)
        self._tops.add(name)
