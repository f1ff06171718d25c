"""What the receiver says counts for what was sent, once."""

from __future__ import annotations

import pytest

from lanshare.domain.errors import ProtocolError
from lanshare.domain.offer import Skipped
from lanshare.exchange.source.in_flight import InFlight


def three() -> InFlight:
    """A folder and two files went out."""
    flight = InFlight()
    for index, name in enumerate(("top", "top/a", "top/b")):
        flight.begin(index, name)
    flight.sent(1, 10)
    flight.sent(2, 20)
    return flight


@pytest.mark.parametrize("ranges", [[(0, 2)], [(0, 0), (1, 1), (2, 2)], [(0, 2), (0, 2)], [(0, 1_000_000)]])
def test_each_file_counts_once_however_it_is_confirmed(ranges: list[tuple[int, int]]) -> None:
    flight = three()
    for first, last in ranges:
        flight.confirm(first, last)
    assert (flight.files, flight.bytes, bool(flight)) == (2, 30, False)


def test_what_failed_or_was_taken_back_does_not_count_and_is_not_awaited() -> None:
    flight = three()
    flight.fail(1, "disk-full")
    assert flight.take(2) == "top/b"
    flight.confirm(0, 2)
    assert (flight.files, flight.bytes, bool(flight)) == (0, 0, False)
    assert flight.failed == [Skipped("top/a", "disk-full")]


@pytest.mark.parametrize("index", [1, 7])
def test_nothing_fails_that_is_not_awaited(index: int) -> None:
    flight = three()
    flight.confirm(0, 1)
    with pytest.raises(ProtocolError):
        flight.fail(index, "x")
    assert flight.failed == []


def test_a_file_that_is_not_out_whole_is_no_file_yet() -> None:
    flight = InFlight()
    flight.begin(0, "big")
    flight.confirm(0, 0)
    assert flight.files == 0
