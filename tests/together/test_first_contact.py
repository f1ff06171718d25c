"""What a stranger may not say yet waits, in order: nothing is thrown away because nobody has answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.engines import Device

COUNT = 6
"""More than the three prompts a minute that a stranger has."""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Device, Device]]:
    """Two who have never met."""
    anna, bob = Device(tmp_path, "Anna"), Device(tmp_path, "Bob")
    yield anna, bob
    anna.close()
    bob.close()


@pytest.mark.parametrize("restarted", ["neither", "writer", "reader"])
def test_what_a_stranger_says_too_early_waits_for_an_answer(pair: tuple[Device, Device], restarted: str) -> None:
    anna, bob = pair
    reading, writing = bob.receive(), anna.receive()
    for number in range(COUNT - 1):
        assert anna.run("text", f"127.0.0.1:{bob.port}", f"word {number}", "--no-wait")[0] == 0
    last = anna.start("text", f"127.0.0.1:{bob.port}", f"word {COUNT - 1}")
    last.wait_for("MessageWaiting")
    last.interrupt()
    states = {one["text"]: one["state"] for one in anna.history()}
    assert states["word 0"] == "delivered"
    assert states[f"word {COUNT - 1}"] == "queued", "it says that it waits, and may still be changed"
    if restarted == "writer":
        writing.interrupt()
        writing = anna.receive()
    elif restarted == "reader":
        reading.interrupt()
        reading = bob.receive()
    assert bob.run("text", "Anna", "who are you?")[0] == 0
    reading.wait_for("MessageReceived", lambda event: event["text"] == f"word {COUNT - 1}")
    came = [one["text"] for one in reading.heard() if one["event"] == "MessageReceived"]
    assert came == [f"word {number}" for number in range(COUNT - len(came), COUNT)], "nothing overtook another one"
    reading.interrupt()
    writing.interrupt()
    said = [one["text"] for one in bob.history() if one["text"].startswith("word")]
    assert said == [f"word {number}" for number in range(COUNT)]
