"""Speed limits for those who want them: for all that leaves or reaches this device, and for each peer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

_BURST: Final = 0.25
"""Seconds' worth of bytes that may go at once after a rest: enough that a small file is not held up."""


class Throttle:
    """A token bucket that several links share. Rates in bytes per second; 0: no limit."""

    def __init__(self, rate: Callable[[], int]) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._free_at = 0.0

    def take(self, count: int, now: float) -> float:
        """Count bytes that were sent or received at `now`; when the next may follow."""
        rate = self._rate()
        if rate <= 0:
            return now
        with self._lock:
            self._free_at = max(self._free_at, now - _BURST) + count / rate
            return self._free_at
