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


def test_what_is_there_already_counts_as_done_and_not_as_speed() -> None:
    meter = Meter(done=1_000)
    meter.due(0.0)
    meter.keep(40_000_000_000)
    meter.add(500_000)
    assert meter.due(0.5)
    assert (meter.done, meter.moved) == (40_000_501_000, 500_000)
    assert meter.rate == pytest.approx(1_000_000)
