"""An engine without threads, stepped by hand, with a real store and a runner that only notes what was asked of it."""


from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from lanshare.domain import events as e
from lanshare.domain.errors import Code
from lanshare.domain.peer import Address, DeviceKind
from lanshare.domain.settings import Settings
from lanshare.engine import inbox as n
from lanshare.engine.core import EngineCore
from lanshare.engine.deps import EngineDeps
from lanshare.engine.effects import JobEffect
from lanshare.engine.local_device import LocalDevice
from lanshare.exchange.handshake import AuthenticatedPeer, DeviceInfo
from lanshare.store import database
from lanshare.trust.identity import Identity

ANNA, BOB = Identity.create(), Identity.create()
WALL = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)


class Clock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def wall(self) -> datetime.datetime:
        return WALL


class Store:
    """A real database, used at once on the caller's thread."""

    def __init__(self, path: Path) -> None:
        database.prepare(path)
        self.link = database.connect(path)

    def write(self, operation: Any, then: Any, lost: Any = None, is_early: bool = False) -> None:
        result = operation(self.link)
        if then is not None:
            then(result)

    def read(self, operation: Any, then: Any, lost: Any = None) -> None:
        then(operation(self.link))

    def flush(self) -> None:
        """There is no file."""

    def compact(self, then: Any) -> None:
        then(True)


class Runner:
    """Notes what was asked."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[object] = []
        self._folder = folder

    def receipts(self) -> Path:
        return self._folder / "receipts"

    def start(self, effect: JobEffect) -> None:
        self.asked.append(effect)

    def keep_awake(self, wanted: bool) -> None:
        self.asked.append(("keep_awake", wanted))


class Link:
    """A control link that notes what was posted."""

    def __init__(self) -> None:
        self.posted: list[object] = []

    def post(self, item: object) -> bool:
        self.posted.append(item)
        return True

    def abort(self, code: Code = Code.CANCELLED) -> None:
        """Nothing to end."""


class Setting:
    """A node without threads."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.runner, self.store = Clock(), Runner(folder), Store(folder / "x.sqlite")
        me = LocalDevice(ANNA, DeviceInfo("Anna", DeviceKind.LAPTOP, "Debian", 1, bytes(16)))
        self.node = EngineCore(
            EngineDeps(me, self.clock, self.store, self.runner, Settings(), folder / "settings.json", "Anna",
                  folder, 17717)
        )
        self.events: list[e.Event] = []
        self.node.subscribe(self.events.append)
        self.run()

    def run(self) -> None:
        """Until the inbox is empty."""
        while not self.node._inbox.empty():
            self.node.step(self.node._inbox.get())

    def do(self, *items: Any) -> None:
        """Commands or notes."""
        for item in items:
            self.node.post(item)
        self.run()

    def names(self) -> list[str]:
        """What was told."""
        return [type(one).__name__ for one in self.events]

    def connect(self) -> Link:
        """Bob comes."""
        link = Link()
        facts = DeviceInfo("Bob", DeviceKind.SERVER, "Debian", 2, b"x" * 16)
        self.do(n.LinkUp(AuthenticatedPeer(BOB.id, facts, "control"), link, True, Address("10.0.0.2", 2)))
        return link
