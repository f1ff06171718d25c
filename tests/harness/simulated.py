"""Engines without threads, sockets or clocks: with real databases, joined by links that a test cuts at will.

What is said goes through the real frames and checks. An engine that is killed loses what was in its inbox and on its
links; its database keeps what was committed, as on a disk.
"""

from __future__ import annotations

import datetime
import itertools
import sqlite3
from collections import deque
from pathlib import Path
from typing import Any

from lanshare.domain import events as e
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.message import MessageKind
from lanshare.domain.peer import Address, DeviceKind, PeerId, TrustLevel
from lanshare.domain.settings import Settings
from lanshare.engine import inbox as n
from lanshare.engine.core import EngineCore
from lanshare.engine.deps import EngineDeps
from lanshare.engine.local_device import LocalDevice
from lanshare.exchange.control import Control
from lanshare.exchange.handshake import AuthenticatedPeer, DeviceInfo
from lanshare.store import groups, history, schema, trustbook
from lanshare.trust.identity import Identity
from lanshare.wire import codec
from lanshare.wire.frames import NUMBERS, Ping, Pong
from tests.harness.stepped import Runner

_PORTS = itertools.count(1)
SCHEMA = sqlite3.connect(":memory:", isolation_level=None)


def _fresh() -> sqlite3.Connection:
    """A database in memory, of today's version."""
    if not SCHEMA.execute("PRAGMA user_version").fetchone()[0]:
        SCHEMA.executescript(schema.SCHEMA)
        for step in range(2, schema.VERSION + 1):
            SCHEMA.executescript(schema.MIGRATIONS[step])
        SCHEMA.execute(f"PRAGMA user_version = {schema.VERSION}")
    link = sqlite3.connect(":memory:", isolation_level=None)
    SCHEMA.backup(link)
    return link


class Clock:
    """The world's time, and how far one engine's wall clock is off."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.off = datetime.timedelta()

    def now(self) -> float:
        return self._world.time

    def wall(self) -> datetime.datetime:
        return datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC) + datetime.timedelta(seconds=self.now()) + self.off


class Disk:
    """A Store that commits each write at once; results come when the world lets them."""

    def __init__(self, link: sqlite3.Connection, world: World) -> None:
        self.link, self._world = link, world

    def write(self, operation: Any, then: Any, lost: Any = None, is_early: bool = False) -> None:
        self.link.execute("BEGIN IMMEDIATE")
        try:
            result = operation(self.link)
        except BaseException:
            self.link.execute("ROLLBACK")
            raise
        self.link.execute("COMMIT")
        if then is not None:
            then(result)

    def read(self, operation: Any, then: Any, lost: Any = None) -> None:
        then(operation(self.link))

    def flush(self) -> None:
        """There is no file."""

    def compact(self, then: Any) -> None:
        then(True)


class End:
    """One end of a control link."""

    def __init__(self, engine: Engine, far: PeerId) -> None:
        self.engine, self.far = engine, far
        self.twin: End | None = None
        self.flying: deque[bytes] = deque()
        """Frames on their way to the other end."""

        self.open = True
        self.control = Control(engine.id, far, lambda said: engine.node.post(n.ControlReceived(far, said)))
        self.control.begin(self, 0.0)  # type: ignore[arg-type]

    # the link, as the node and the control exchange see it

    def post(self, item: object) -> bool:
        if self.open:
            self.control.on_post(item, 0.0)
        return self.open

    def abort(self, code: Code = Code.CANCELLED) -> None:
        """The node hangs up."""
        self.engine.world.cut(self)

    def say(self, frame: Any) -> None:
        if not isinstance(frame, Ping | Pong):
            self.flying.append(codec.encode(frame))

    def deliver(self) -> None:
        """One frame of ours arrives at the other end."""
        data = self.flying.popleft()
        assert self.twin is not None
        number = data[4]
        frame = codec.decode(number, memoryview(data)[5:])
        assert frame is not None
        assert number == NUMBERS[type(frame)]
        try:
            self.twin.control.on_frame(frame, 0.0)
        except LanshareError:
            self.engine.world.cut(self)


class Engine:
    """A device: its key and its database outlive its node."""

    def __init__(self, world: World, name: str, folder: Path) -> None:
        self.world, self.name = world, name
        self.identity = Identity.create()
        self.id = self.identity.id
        self.link = _fresh()
        self.clock = Clock(world)
        self._folder = folder
        self.events: list[e.Event] = []
        self.up = False
        self.start()

    def start(self) -> None:
        """A fresh node over what the database holds."""
        me = LocalDevice(self.identity, DeviceInfo(self.name, DeviceKind.LAPTOP, "Debian", 1, bytes(16)))
        self.node = EngineCore(
            EngineDeps(me, self.clock, Disk(self.link, self.world), Runner(self._folder), Settings(), None, self.name,
                  self._folder, next(_PORTS))
        )
        self.node.load(trustbook.all_peers(self.link), [], [], groups.load(self.link))
        self.node.subscribe(self.events.append)
        self.up = True

    def kill(self) -> None:
        """What it has in memory is gone."""
        self.up = False
        for end in self.world.ends_of(self):
            self.world.cut(end, told=False)

    def work(self, items: int = 10**6) -> None:
        """Let it do some of what lies in its inbox."""
        while self.up and items and not self.node._inbox.empty():
            self.node.step(self.node._inbox.get())
            items -= 1

    def texts(self, conversation: PeerId) -> list[tuple[str, str]]:
        """What is shown of a conversation: authors and texts, in order."""
        moments, _ = history.page(self.link, conversation, None, 100_000)
        said = [one.message for one in moments if one.message is not None]
        return [(one.author, one.text) for one in said if one.kind is MessageKind.TEXT]

    def groups(self) -> dict[PeerId, tuple[str, tuple[PeerId, ...]]]:
        """Its groups as they stand, and as its node has them in memory."""
        stored = {one.id: (one.name, one.members) for one in groups.load(self.link)}
        if self.up:
            assert {one.id: (one.name, one.members) for one in self.node._groups.rows.values()} == stored
        return stored


class World:
    """Engines, the links between them, and time."""

    def __init__(self, folder: Path, names: str) -> None:
        self.time = 0.0
        self.links: list[tuple[End, End]] = []
        self.engines = [Engine(self, name, folder) for name in names]
        for one, other in itertools.permutations(self.engines, 2):
            one.link.execute(
                "INSERT INTO peers (id, name, kind, system, trust, addresses, first_seen, last_seen)"
                " VALUES (?, ?, 'laptop', '', ?, '[]', 0, 0)",
                (other.id, other.name, TrustLevel.KNOWN),
            )
        for one in self.engines:
            one.start()

    def close(self) -> None:
        """It is over; so are its databases."""
        for one in self.engines:
            one.link.close()

    def ends_of(self, engine: Engine) -> list[End]:
        """Its ends of all links."""
        return [end for pair in self.links for end in pair if end.engine is engine]

    def linked(self, one: Engine, other: Engine) -> bool:
        """Whether they have a link."""
        return any({pair[0].engine, pair[1].engine} == {one, other} for pair in self.links)

    def join(self, one: Engine, other: Engine) -> None:
        """A control link between two that are up and have none."""
        if not (one.up and other.up) or self.linked(one, other):
            return
        ends = End(one, other.id), End(other, one.id)
        ends[0].twin, ends[1].twin = ends[1], ends[0]
        self.links.append(ends)
        for end in ends:
            far = other if end.engine is one else one
            facts = DeviceInfo(far.name, DeviceKind.LAPTOP, "Debian", 1, bytes(16))
            end.engine.node.post(
                n.LinkUp(AuthenticatedPeer(far.id, facts, "control"), end, end.engine is one, Address("127.0.0.1", 1))
            )

    def cut(self, end: End, told: bool = True) -> None:
        """A link is gone, with all that was on its way."""
        pair = next((one for one in self.links if end in one), None)
        if pair is None:
            return
        self.links.remove(pair)
        for one in pair:
            one.open = False
            one.flying.clear()
            if one.engine.up and (told or one is not end):
                one.engine.node.post(n.LinkDown(one.far, one, False, ""))

    def calm(self) -> None:
        """Everybody meets everybody, until nobody has anything to say any more."""
        for engine in self.engines:
            if not engine.up:
                engine.start()
        quiet = 0
        while quiet < 4:
            for one, other in itertools.combinations(self.engines, 2):
                self.join(one, other)
            moved = False
            for engine in self.engines:
                moved = moved or not engine.node._inbox.empty()
                engine.work()
            for pair in list(self.links):
                for end in pair:
                    while end.open and end.flying:
                        end.deliver()
                        moved = True
            self.time += 0.5
            for engine in self.engines:
                engine.node.step(None)
            quiet = 0 if moved else quiet + 1
