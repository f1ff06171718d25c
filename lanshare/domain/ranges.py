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
        at = bisect.bisect_right(ranges, (number, 2**62))
        first = last = number
        end = at
        if at and ranges[at - 1][1] >= number - 1:
            at -= 1
            first, last = ranges[at][0], max(number, ranges[at][1])
        if end < len(ranges) and ranges[end][0] == number + 1:
            last = ranges[end][1]
            end += 1
        ranges[at:end] = [(first, last)]

    def add_range(self, first: int, last: int) -> None:
        """Put all numbers from `first` to `last` in."""
        if first > last:
            return
        ranges = self.ranges
        begin = bisect.bisect_left(ranges, first, key=lambda one: one[1] + 1)
        end = bisect.bisect_right(ranges, last, key=lambda one: one[0] - 1)
        if begin < end:
            first, last = min(first, ranges[begin][0]), max(last, ranges[end - 1][1])
        ranges[begin:end] = [(first, last)]

    def __contains__(self, number: int) -> bool:
        if not self.ranges or number > self.ranges[-1][1]:
            return False
        at = bisect.bisect_right(self.ranges, (number, 2**62)) - 1
        return at >= 0 and self.ranges[at][1] >= number
