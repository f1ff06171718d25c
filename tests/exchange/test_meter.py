"""The meter: ten times a second at most, and a rate that follows."""

from __future__ import annotations

import pytest

from lanshare.exchange.meter import Meter


def test_progress_is_told_ten_times_a_second_at_most() -> None:
    meter = Meter()
    told = 0
    for step in range(1000):
        meter.add(100)
        told += meter.due(step / 1000)
    assert 8 <= told <= 10
    assert meter.due(1.0001, force=True)


def test_the_rate_follows_a_steady_stream_and_a_change() -> None:
    meter = Meter(done=5_000_000)
    now = 0.0
    for _ in range(50):
        meter.due(now)
        meter.add(100_000)
        now += 0.1
    assert meter.rate == pytest.approx(1_000_000, rel=0.05)
    assert meter.done == 10_000_000
    for _ in range(100):
        meter.due(now)
        meter.add(10_000)
        now += 0.1
    assert meter.rate == pytest.approx(100_000, rel=0.05)
