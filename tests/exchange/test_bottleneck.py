"""What is slow: the side that does not wait is the slow one."""

from __future__ import annotations

import pytest

from lanshare.exchange.bottleneck import Profile, TimeShares
from lanshare.wire import frames as f
from tests.harness.sessions import attached
from tests.harness.wires import Ear


def measured(source: f.Timing, sink: f.Timing) -> tuple[TimeShares, TimeShares]:
    """How both ends see the same ten seconds."""
    found = []
    for is_source, ours, theirs in ((True, source, sink), (False, sink, source)):
        profile, ear = Profile(is_source), Ear()
        ear.session = attached()[0 if is_source else 1]
        ear.waited = 5.0
        profile.begin(100.0, ear.waited)
        assert profile.split() == TimeShares()
        assert not profile.tick(100.5, 0.0, ear)
        ear.waited = 5.0 + ours.waiting / 1000
        assert profile.tick(110.0, ours.disk / 1000, ear)
        assert ear.said == [ours]
        profile.heard(theirs)
        found.append(profile.split())
    return found[0], found[1]


@pytest.mark.parametrize(("source", "sink", "slowest"), [
    (f.Timing(7000, 2000, 1000), f.Timing(500, 1500, 8000), "source_disk"),
    (f.Timing(500, 1500, 8000), f.Timing(8000, 1500, 500), "target_disk"),
    (f.Timing(200, 800, 9000), f.Timing(300, 700, 9000), "network"),
    (f.Timing(500, 9000, 500), f.Timing(500, 6000, 3500), "work"),
])
def test_both_ends_name_the_same_slowest_part(source: f.Timing, sink: f.Timing, slowest: str) -> None:
    for split in measured(source, sink):
        shares = {name: getattr(split, name) for name in ("source_disk", "work", "network", "target_disk")}
        assert max(shares, key=lambda name: shares[name]) == slowest
        assert sum(shares.values()) == 100
