"""The private local socket: messages both ways, nobody else's business, no end that hangs."""

from __future__ import annotations

import queue
import stat
import sys
import threading
from pathlib import Path

import pytest

from lanshare.net import local
from lanshare.net.local import Channel, LocalListener, connect

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets")


def echo(channel: Channel) -> None:
    """Say everything back."""
    while (data := channel.receive()) is not None:
        channel.send(data)


class Held:
    """A shell that reads nothing, and the engine's end of its channel."""

    def __init__(self, folder: Path) -> None:
        served: queue.SimpleQueue[Channel] = queue.SimpleQueue()
        self._over = threading.Event()

        def hold(channel: Channel) -> None:
            served.put(channel)
            self._over.wait(10)

        self._listener = LocalListener(str(folder / "s"), b"", hold)
        self._listener.start()
        shell = connect(str(folder / "s"), b"")
        assert shell is not None
        self._shell = shell
        self.channel = served.get(timeout=5)

    def close(self) -> None:
        """Let both go."""
        self._over.set()
        self._shell.join()
        self._listener.close()


def test_messages_of_any_size_go_both_ways_and_queued_ones_survive_the_close(tmp_path: Path) -> None:
    address = str(tmp_path / "s")
    listener = LocalListener(address, b"", echo)
    listener.start()
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600
    channel = connect(address, b"")
    assert channel is not None
    for size in (1, 70_000, 3_000_000):
        assert channel.send(b"x" * size)
        assert channel.receive() == b"x" * size
    channel.join()
    listener.close()
    assert connect(address, b"") is None


def test_a_shell_that_stops_reading_is_cut_and_the_engine_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_BACKLOG", 50)
    held = Held(tmp_path)
    channel = held.channel
    sent = 0
    while channel.send(b"y" * 100_000) and sent < 10_000:
        sent += 1
    assert 50 <= sent < 1000
    assert not channel.send(b"more")
    held.close()


def test_progress_may_be_dropped_when_a_shell_lags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_DROP_ABOVE", 5)
    held = Held(tmp_path)
    channel = held.channel
    while channel.send(b"z" * 100_000, may_drop=True):
        pass
    assert channel.send(b"an event that counts")
    held.close()


def test_a_file_left_by_a_crash_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("left over")
    listener = LocalListener(str(tmp_path / "s"), b"", echo)
    listener.start()
    (tmp_path / "s").unlink()
    listener.close()
