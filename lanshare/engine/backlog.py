"""What a control link has heard and the engine has not dealt with yet: above a bound the link is not read.

Without it one peer could fill the inbox and the store's queue faster than they are worked off, and nobody else would be
heard any more. The link's thread adds; the engine's and the store's threads take away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from lanshare.domain.control_messages import ControlMessage, GroupRecords, Listing, SignedMessage
from lanshare.engine.effects import DbRead, DbWrite, Effect
from lanshare.wire import limits

_STUCK = 5.0
"""Seconds without any progress after which what is missing is given up: its write was not kept, and nobody says so."""

_FEW = 256
"""Bytes that a short message is reckoned as."""


class Backlog:
    """Of one link."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items = self._bytes = 0
        self._progress = time.monotonic()

    @property
    def full(self) -> bool:
        """Whether no more should be read for now."""
        with self._lock:
            if self._items and time.monotonic() - self._progress > _STUCK:
                self._items = self._bytes = 0
            return self._items >= limits.BACKLOG_ITEMS or self._bytes >= limits.BACKLOG_BYTES

    def add(self, said: ControlMessage) -> Callable[[], None]:
        """One more was heard; what is returned is to be called once, when it is dealt with."""
        size = _size(said)
        with self._lock:
            if not self._items:
                self._progress = time.monotonic()
            self._items += 1
            self._bytes += size

        def done() -> None:
            with self._lock:
                self._items = max(0, self._items - 1)
                self._bytes = max(0, self._bytes - size)
                self._progress = time.monotonic()

        return done


def dealt_with(effects: Iterable[Effect], done: Callable[[], None]) -> list[Effect]:
    """The same effects; `done` is called when the last one of them that asks the store is over."""
    asked = list(effects)
    waits = [at for at, one in enumerate(asked) if isinstance(one, DbWrite | DbRead)]
    if not waits:
        done()
        return asked
    last = asked[waits[-1]]
    assert isinstance(last, DbWrite | DbRead)
    asked[waits[-1]] = replace(last, over=done)
    return asked


def _size(said: ControlMessage) -> int:
    if isinstance(said, SignedMessage):
        return len(said.record)
    if isinstance(said, GroupRecords):
        return sum(len(one.record) for one in said.records)
    if isinstance(said, Listing):
        return _FEW * len(said.entries)
    return _FEW
