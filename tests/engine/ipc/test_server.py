"""The door: a shell in another process hears and asks as if the engine were its own."""

from __future__ import annotations

import queue
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.engine.assemble import Engine
from lanshare.engine.ipc.server import RemoteEngine, connect
from lanshare.engine.options import Options
from lanshare.store.profile_paths import places
from tests.harness.engines import free_port
from tests.harness.made import PEER


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A running one."""
    one = Engine(Options(profile=tmp_path, port=free_port(), name="Anna", interfaces=("127.0.0.1",)))
    yield one
    one.close()


def test_a_shell_gets_a_snapshot_asks_and_hears_the_end(engine: Engine) -> None:
    events: queue.SimpleQueue[e.Event] = queue.SimpleQueue()
    lost = threading.Event()
    channel = connect(engine.places)
    assert channel is not None
    remote = RemoteEngine(channel, False, events.put, lost.set)
    remote.start()
    snapshot = events.get(timeout=10)
    assert isinstance(snapshot, e.Snapshot)
    assert snapshot.me.id == engine.node.id
    remote.submit(c.SendText(MessageId("ab" * 16), PEER, "from next door"))
    while not isinstance(event := events.get(timeout=10), e.MessageQueued):
        pass
    assert event.text == "from next door"
    engine.close()
    assert lost.wait(10)
    remote.close()


@pytest.mark.warns("a shell was cut")
def test_a_shell_that_talks_nonsense_is_cut_and_the_engine_goes_on(engine: Engine) -> None:
    for first in (b'{"version":99,"window":false}', b'{"version":1,"window":false}'):
        channel = connect(engine.places)
        assert channel is not None
        channel.send(first)
        channel.send(b"nonsense")
        while channel.receive() is not None:
            pass
        channel.join()
    again = connect(engine.places)
    assert again is not None
    again.join()


def test_nobody_is_at_home(tmp_path: Path) -> None:
    where = places(tmp_path)
    where.prepare()
    assert connect(where) is None
    where.door.write_text("junk")
    assert connect(where) is None


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes have no modes")
def test_the_door_is_private(engine: Engine) -> None:
    where = engine.places
    sockets = [path for path in where.data.rglob("*") if stat.S_ISSOCK(path.lstat().st_mode)]
    assert sockets or "sock" in where.door.read_text()
    for path in [where.door, *sockets]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(where.data.stat().st_mode) == 0o700
