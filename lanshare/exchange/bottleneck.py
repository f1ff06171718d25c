"""What is slow: where the time of a running transfer goes, from what both sides measure of themselves.

Each side splits its time into disk, waiting for the other, and the rest (cipher, hash, interpreter). Where both wait
at once it is the network; a side whose disk is slow does not wait, while the other one does.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from lanshare.net.link import Outlet
from lanshare.wire import frames as f

_EVERY: Final = 1.0


class TimeShares(Struct, frozen=True):
    """Shares of a transfer's time in per cent; together 100, or all 0 if nothing is known yet."""

    source_disk: int = 0
    work: int = 0
    network: int = 0
    target_disk: int = 0


NOTHING_YET: Final = TimeShares()


class Profile:
    """One side's clock: tells the other side once a second, and splits the time with what that one told."""

    def __init__(self, source: bool) -> None:
        self._source = source
        self._began = 0.0
        self._next = 0.0
        self._before = 0.0
        self._ours = f.Timing(0, 0, 0)
        self._theirs: f.Timing | None = None

    def begin(self, now: float, waited: float) -> None:
        """The first byte may move; what the link waited until then does not count."""
        self._began, self._next, self._before = now, now + _EVERY, waited

    def heard(self, said: f.Timing) -> None:
        """What the other side measured."""
        self._theirs = said

    def tick(self, now: float, disk: float, outlet: Outlet) -> bool:
        """Once a second: measure, and tell the other side if it is the turn for that; whether it was time."""
        if not self._began or now < self._next:
            return False
        self._next = now + _EVERY
        whole = now - self._began
        waited = min(outlet.waited - self._before, whole)
        work = max(0.0, whole - waited - disk)
        self._ours = f.Timing(int(disk * 1000), int(work * 1000), int(waited * 1000))
        if outlet.session.may_send(f.Timing):
            outlet.say(self._ours)
        return True

    def split(self) -> TimeShares:
        """Where the time goes, as far as both sides told."""
        ours, theirs = self._ours, self._theirs
        if theirs is None:
            return NOTHING_YET
        source, sink = (ours, theirs) if self._source else (theirs, ours)
        parts = (source.disk, max(source.work, sink.work), min(source.waiting, sink.waiting), sink.disk)
        whole = sum(parts)
        if not whole:
            return NOTHING_YET
        shares = [part * 100 // whole for part in parts]
        shares[shares.index(max(shares))] += 100 - sum(shares)
        return TimeShares(*shares)
