"""What of a receiving did not come, or not in every respect as it was: bounded lists, and a count of all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.offer import Skipped
from lanshare.files.sink.destination import LOSSES
from lanshare.wire import frames as f

_NOTED: Final = 1000
"""Characters of a path that is told beside a note."""

_OURS: Final = (Code.EXECUTE_DROPPED, Code.TIME_LOST)
"""Losses that are ours, whoever named the path before."""


class Report:
    """It, for one try."""

    def __init__(self) -> None:
        self.failed: list[Skipped] = []
        """The first entries that were not kept; `failed_count` tells how many there are."""

        self.failed_count = 0
        self.losses: list[Skipped] = []

    def missed(self, path: str, code: str) -> None:
        """An entry was not kept."""
        self.failed_count += 1
        if len(self.failed) < LOSSES:
            self.failed.append(Skipped(path, code))

    def lose(self, path: str, code: str) -> None:
        """Something of an entry could not be kept, or was not sent."""
        if len(self.losses) < LOSSES:
            self.losses.append(Skipped(path, code))

    def close(self, of_the_disk: Iterable[tuple[str, Code]]) -> list[f.Noted]:
        """Add what the disk could not hold; what the source is to be told: all losses that it has not told us of."""
        theirs = set(self.losses)
        for path, code in of_the_disk:
            self.lose(path, code)
        told = (loss for loss in self.losses if loss not in theirs or loss.code in _OURS)
        return [f.Noted(loss.path[-_NOTED:], loss.code) for loss in told]
