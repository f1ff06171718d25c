"""What the engine needs from outside its thread: time, a store, links, and what it hands to those who run data links.

Tests put their own in these places.
"""

from __future__ import annotations

import datetime
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from msgspec import Struct

from lanshare.domain.commands import SkipFile
from lanshare.domain.control_messages import ControlMessage
from lanshare.domain.errors import Code
from lanshare.domain.offer import Allowance, Destination
from lanshare.domain.transfer import TransferId
from lanshare.exchange.control import SayBye
from lanshare.exchange.handshake import DeviceInfo
from lanshare.exchange.throttle import Throttle

LinkItem = ControlMessage | DeviceInfo | SayBye | SkipFile | Allowance
"""What may be posted to the owner of a link."""


class LinkHandle(Protocol):
    """What the engine may do with a link that another thread owns."""

    def post(self, item: LinkItem) -> bool:
        """Hand it something to send; False if it has ended."""

    def abort(self, code: Code = Code.CANCELLED) -> None:
        """End it soon."""


class DataLinkSpec(Struct, frozen=True, kw_only=True):
    """All that whoever moves a transfer over one data link needs to know, dialled by us or by the peer."""

    epoch: int
    """Tells this holder of the transfer's data link from those before and after it."""

    sources: tuple[Path, ...] = ()
    """What is sent; empty: it is received."""

    landing: Destination | None = None
    """Where what is received goes."""

    tops: tuple[str, ...] = ()
    """The top-level names of what is received."""

    after: TransferId | None = None
    """It is what did not arrive of this earlier transfer."""

    throttles: tuple[Throttle, ...] = ()
    aside: frozenset[str] = frozenset()
    """Files that were put aside: they come last, or later."""

    allowed: Allowance | None = None
    """All that may come of it; None: it is not bounded here."""

    manifest: Path | None = None
    """The list of what is sent; the job runner knows where it lies."""

    receipt: Path | None = None
    """Where it is written down what was received under which names; likewise."""


class LeaseReply:
    """Where a link that the peer dialled waits for its lease, or for the code of a no. What comes after the wait was
    given up is not taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: SimpleQueue[DataLinkSpec | Code] = SimpleQueue()
        self._given_up = False

    def put(self, answer: DataLinkSpec | Code) -> bool:
        """From the engine: False if nobody waits any more."""
        with self._lock:
            if self._given_up:
                return False
            self._queue.put(answer)
            return True

    def take(self, timeout: float) -> DataLinkSpec | Code | None:
        """From the link's owner, who waits for so many seconds: None if there was no answer in time."""
        try:
            return self._queue.get(timeout=timeout)
        except Empty:
            with self._lock:
                self._given_up = True
                return None if self._queue.empty() else self._queue.get()


class Clock(Protocol):
    """Time, as the engine sees it."""

    def now(self) -> float:
        """Seconds, monotonic."""

    def wall(self) -> datetime.datetime:
        """The date and time, in UTC."""


class StorePort(Protocol):
    """The store, as the engine sees it. `then` is called on the store's thread: it may only post."""

    def write(
        self, operation: Callable[[sqlite3.Connection], Any], then: Callable[[Any], None] | None,
        lost: Callable[[], None] | None = None, is_early: bool = False,
    ) -> None:
        """Write; call `then` with the result once it is durable, or `lost` if it cannot be. `is_early`: just before."""

    def read(
        self, operation: Callable[[sqlite3.Connection], Any], then: Callable[[Any], None],
        lost: Callable[[], None] | None = None,
    ) -> None:
        """Read; call `then` with the result, or `lost` if there is none."""

    def compact(self, then: Callable[[Any], None]) -> None:
        """Take what was deleted out of the file too; call `then` with whether that went well."""

    def flush(self) -> None:
        """Take what was deleted out of the file's journal."""
