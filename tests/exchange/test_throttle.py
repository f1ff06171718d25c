"""Speed limits: shared between links, changed at any time, none where none is set."""

from __future__ import annotations

import pytest

from lanshare.exchange.throttle import Throttle


def sent(throttle: Throttle, links: int, seconds: float, piece: int = 100_000) -> int:
    """Bytes that so many links send in so many seconds if each keeps to its word."""
    next_at, total = [0.0] * links, 0
    while min(next_at) < seconds:
        one = next_at.index(min(next_at))
        now = next_at[one]
        next_at[one] = max(throttle.take(piece, now), now + 0.0001)
        total += piece
    return total


@pytest.mark.parametrize("links", [1, 2, 7])
def test_together_they_keep_to_the_limit(links: int) -> None:
    total = sent(Throttle(lambda: 10_000_000), links, 20.0)
    assert total == pytest.approx(200_000_000, rel=0.03)


def test_two_links_get_about_the_same() -> None:
    throttle = Throttle(lambda: 1_000_000)
    next_at, shares = [0.0, 0.0], [0, 0]
    while min(next_at) < 60.0:
        one = next_at.index(min(next_at))
        next_at[one] = throttle.take(100_000, next_at[one])
        shares[one] += 1
    assert shares[0] == pytest.approx(shares[1], rel=0.1)


def test_no_limit_is_no_limit_and_a_change_counts_at_once() -> None:
    rate = 0
    throttle = Throttle(lambda: rate)
    assert throttle.take(10**12, 5.0) == 5.0
    rate = 1000
    assert throttle.take(1000, 5.0) > 5.5
