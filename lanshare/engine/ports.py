"""What the engine needs from outside its thread: time, a store, links. Tests put their own in these places."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable
from typing import Any, Protocol

from lanshare.domain.commands import SkipFile
from lanshare.domain.control_messages import ControlMessage
from lanshare.domain.errors import Code
from lanshare.domain.offer import Allowance
from lanshare.exchange.control import SayBye
from lanshare.exchange.handshake import DeviceInfo

LinkItem = ControlMessage | DeviceInfo | SayBye | SkipFile | Allowance
"""What may be posted to the owner of a link."""


class LinkHandle(Protocol):
    """What the engine may do with a link that another thread owns."""

    def post(self, item: LinkItem) -> bool:
        """Hand it something to send; False if it has ended."""

    def abort(self, code: Code = Code.CANCELLED) -> None:
        """End it soon."""


class Clock(Protocol):
    """Time, as the engine sees it."""

    def now(self) -> float:
        """Seconds, monotonic."""

    def wall(self) -> datetime.datetime:
        """The date and time, in UTC."""


class StorePort(Protocol):
    """The store, as the engine sees it. `then` is called on the store's thread: it may only post."""

    def write(self, operation: Callable[[sqlite3.Connection], Any], then: Callable[[Any], None] | None) -> None:
        """Write; call `then` with the result once it is durable."""

    def read(self, operation: Callable[[sqlite3.Connection], Any], then: Callable[[Any], None]) -> None:
        """Read; call `then` with the result."""

    def compact(self, then: Callable[[Any], None]) -> None:
        """Take what was deleted out of the file too; call `then` with whether that went well."""
