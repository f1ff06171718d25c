"""Ranges: whatever the order in which numbers come, they are the set, sorted, none touching the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.ranges import Ranges


@given(st.lists(st.integers(0, 60), max_size=80))
def test_it_is_the_set_in_the_shortest_form(numbers: list[int]) -> None:
    ranges = Ranges()
    for number in numbers:
        ranges.add(number)
    assert [number for first, last in ranges.ranges for number in range(first, last + 1)] == sorted(set(numbers))
    assert all(one[1] + 1 < other[0] for one, other in zip(ranges.ranges, ranges.ranges[1:], strict=False))
    assert all((number in ranges) == (number in set(numbers)) for number in range(-1, 62))
