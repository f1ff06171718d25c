"""The system ends a command (log-out, a service's stop, a closed terminal): all is kept and goes on by itself."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.engines import Device, final_files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by POSIX signals")

ENDS = ["SIGTERM", "SIGHUP"]


@pytest.fixture(autouse=True)
def signals_as_in_a_terminal() -> Iterator[None]:
    """What the tests start under (nohup, a script's background job) may ignore the signals that are sent here."""
    before = {name: signal.signal(signal.Signals[name], signal.SIG_DFL) for name in ENDS}
    yield
    for name, old in before.items():
        signal.signal(signal.Signals[name], old)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Device, Device]]:
    """Anna and Bob, who know each other."""
    anna, bob = Device(tmp_path, "Anna"), Device(tmp_path, "Bob")
    engine = bob.receive()
    assert anna.run("text", "Bob", "hello")[0] == 0
    engine.interrupt()
    yield anna, bob
    anna.close()
    bob.close()


@pytest.mark.parametrize("end", ENDS)
def test_a_sending_is_kept_and_goes_on(pair: tuple[Device, Device], tmp_path: Path, end: str) -> None:
    anna, bob = pair
    film = tmp_path / "film.bin"
    film.write_bytes(os.urandom(40 << 20))
    # Some five seconds, so that it cannot be over before the signal comes.
    (bob.folder / "settings.json").write_text(json.dumps({"receive_limit": 8_000_000}))
    receiving = bob.receive()
    sending = anna.start("send", "Bob", str(film))
    sending.wait_for("TransferStarted")
    sending.process.send_signal(signal.Signals[end])
    assert sending.end() == 130
    assert "goes on" in "".join(sending.errors)
    assert final_files(bob.into) == []
    runs = anna.receive()
    receiving.wait_for("TransferFinished", lambda event: event["state"] == "done", seconds=60)
    assert final_files(bob.into) == ["film.bin"]
    for one in (receiving, runs):
        one.process.send_signal(signal.Signals[end])
        assert one.end() == 0, "a service that is stopped has done its work"


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("words", [("peers", "--watch"), ("send", "Nobody", __file__), ("text", "Nobody", "x")])
def test_whatever_waits_ends_at_once_with_a_sentence(
    pair: tuple[Device, Device], end: str, words: tuple[str, ...]
) -> None:
    anna, bob = pair
    receiving = bob.receive()
    waiting = anna.start(*words)
    if words[0] == "peers":
        waiting.wait_for("PeerAppeared")
    waiting.process.send_signal(signal.Signals[end])
    assert waiting.end() in (130, 128 + signal.Signals[end], -signal.Signals[end])
    assert "Traceback" not in "".join(waiting.errors)
    receiving.interrupt()


def test_a_hang_up_that_is_ignored_stays_ignored(pair: tuple[Device, Device], tmp_path: Path) -> None:
    """`nohup lanshare receive`: the terminal is closed, and it goes on."""
    anna, bob = pair
    service = Device(tmp_path, "Bob", prefix=("nohup",), port=bob.port)
    receiving = service.receive()
    receiving.process.send_signal(signal.SIGHUP)
    assert anna.run("text", "Bob", "still there?")[0] == 0
    assert receiving.wait_for("MessageReceived")["text"] == "still there?"
    receiving.process.send_signal(signal.SIGTERM)
    assert receiving.end() == 0
