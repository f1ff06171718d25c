"""How far and how fast: progress thinned at its source to ten a second, and a rate that follows but does not jump."""

from __future__ import annotations

from typing import Final

_EVERY: Final = 0.1
_MEMORY: Final = 2.0
"""Seconds over which the rate is smoothed."""


class Meter:
    """Counts bytes; due() says when to tell somebody. Times in seconds, rates in bytes per second."""

    def __init__(self, done: int = 0) -> None:
        self.done = done
        self.rate = 0.0
        self._last = -1.0
        self._last_done = done
        self._kept = done
        self._started = -1.0

    def add(self, count: int) -> None:
        """So many bytes more."""
        self.done += count

    def keep(self, count: int) -> None:
        """So many bytes more that are there already: done, but as nothing moved, the rate ignores them."""
        self.done += count
        self._last_done += count
        self._kept += count

    @property
    def moved(self) -> int:
        """Bytes that crossed the network."""
        return self.done - self._kept

    def due(self, now: float, force: bool = False) -> bool:
        """Whether progress should be told now; updates the rate if so."""
        if self._last < 0:
            self._last = self._started = now
            return force
        passed = now - self._last
        if passed < _EVERY and not force:
            return False
        if passed > 0:
            speed = (self.done - self._last_done) / passed
            weight = min(1.0, passed / min(_MEMORY, max(_EVERY, now - self._started)))
            self.rate += (speed - self.rate) * weight
        self._last, self._last_done = now, self.done
        return True
