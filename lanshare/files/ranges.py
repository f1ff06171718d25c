"""Ranges: a set of numbers as inclusive ranges, cheap while they come in order."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ranges:
    """A set of numbers; `ranges` holds them sorted, and none touches the next."""

    ranges: list[tuple[int, int]] = field(default_factory=list)

    def add(self, number: int) -> None:
        """Put one number in."""
        ranges = self.ranges
        if ranges:
            first, last = ranges[-1]
            if last + 1 == number:
                ranges[-1] = (first, number)
                return
        if number not in self:
            ranges.append((number, number))
            self._merge()

    def __contains__(self, number: int) -> bool:
        at = bisect.bisect_right(self.ranges, (number, 2**62)) - 1
        return at >= 0 and self.ranges[at][1] >= number

    def _merge(self) -> None:
        merged: list[tuple[int, int]] = []
        for first, last in sorted(self.ranges):
            if merged and merged[-1][1] + 1 >= first:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        self.ranges = merged
