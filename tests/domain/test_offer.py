"""What a yes allows: what was shown, and nothing beyond."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lanshare.domain.offer import Allowance, EntryKind, Offer, TopEntry, allowance_of, shown_alike
from lanshare.engine.presentation.user_messages import decimal


def offer(
    files: int = 3, size: int = 100, tops: tuple[str, ...] = ("a", "b"), names: int = 2, whole: bool = True
) -> Offer:
    """An offer."""
    return Offer(tuple(TopEntry(one, EntryKind.FILE, 1, 1) for one in tops), names, files, size, whole)


@pytest.mark.parametrize(
    ("other", "covered"),
    [
        (offer(), True), (offer(files=2), True), (offer(size=0), True), (offer(tops=("a",), names=1), True),
        (offer(files=4), False), (offer(size=101), False), (offer(tops=("a", "c")), False), (offer(names=3), False),
    ],
)
def test_an_allowance_covers_what_is_no_more_than_it(other: Offer, covered: bool) -> None:
    assert allowance_of(offer(), False).covers(other) is covered


def test_what_may_grow_is_bounded_once_it_is_counted() -> None:
    growing = allowance_of(offer(whole=False), True)
    assert growing.covers(offer(files=10**6, size=10**12))
    assert not growing.covers(offer(tops=("a", "c"))), "the names were chosen before anything was counted"
    assert not allowance_of(offer(whole=True), True).covers(offer(size=101))


def test_of_many_names_the_first_are_told_and_the_others_counted() -> None:
    many = Allowance(("a",), 5, 3, 100)
    assert many.covers(offer(tops=("b", "c"), names=5))
    assert not many.covers(offer(tops=("b",), names=6))


def value(shown: str) -> tuple[float, float]:
    """What a shown size comes to, and its unit."""
    number, unit = shown.split()
    scale = 1000.0 ** ["B", "kB", "MB", "GB", "TB"].index(unit)
    return float(number) * scale, scale


@example(999_500_000_000)
@example(999_999)
@given(st.integers(0, 10**16))
def test_bytes_are_bound_as_they_are_shown(size: int) -> None:
    """As "1000 GB" and "1.0 TB" are the same, what is compared is what they come to."""
    more = shown_alike(size)
    assert more == 0 if size < 1000 else more <= size // 20
    (first, unit), (last, _) = value(decimal(size)), value(decimal(size + more))
    assert last - first <= (1.0 if first >= 100 * unit else 0.11) * unit
