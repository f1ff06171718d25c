"""Announcements as a hostile device would make them: loops, lies and floods. A friend is found all the same."""

from __future__ import annotations

import random
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from tests.harness.engines import PATIENCE, Device
from tests.harness.shells import Shell
from tests.hostile.announcing import SERVICE, Forger, announced, head, lies


@pytest.fixture
def forger() -> Iterator[Forger]:
    """A hostile device."""
    one = Forger()
    yield one
    one.close()


def test_lies_loops_and_floods_of_announcements_keep_no_friend_away(forger: Forger, tmp_path: Path) -> None:
    bob = Device(tmp_path, "Bob")
    full = bob.run("id")[1][0]["id"]
    engine = bob.receive()
    before = engine.peak_memory()
    stop, many = threading.Event(), threading.Event()
    said = [0]

    def flood() -> None:
        chance = random.Random(7)
        false = lies()
        while not stop.is_set() and said[0] < 60_000:
            said[0] += 1
            kind = said[0] % 4
            if kind == 0:
                forger.say(announced(chance.getrandbits(32)))
            elif kind == 1:
                forger.say(chance.choice(false))
            elif kind == 2:
                packet = bytearray(announced(chance.getrandbits(32)))
                for _ in range(chance.randint(1, 8)):
                    packet[chance.randrange(len(packet))] = chance.getrandbits(8)
                forger.say(bytes(packet))
            else:
                forger.say(head(1, 0, 0, 0) + SERVICE + b"\x00\x0c\x00\x01")
            if said[0] == 2000:
                many.set()
            if said[0] % 5 == 0:
                stop.wait(0.01)

    thread = threading.Thread(target=flood)
    thread.start()
    anna = None
    try:
        for packet in lies():
            forger.say(packet)
        assert many.wait(60)
        anna = Shell(tmp_path / "anna", "Anna")
        # On a machine that is busy with other things the flood itself takes most of what is left.
        seen = anna.wait_for(e.PeerAppeared, lambda one: one.id == full, 4 * PATIENCE)
        anna.say(c.SendText(MessageId(secrets.token_hex(16)), seen.id, "through the noise"))
        assert engine.wait_for("MessageReceived")["text"] == "through the noise"
        grown = engine.peak_memory() - before
    finally:
        stop.set()
        thread.join()
        if anna is not None:
            anna.host.close()
        engine.interrupt()
        bob.close()
    print(f"{said[0]} packets, grown by {grown / 1024 / 1024:.1f} MiB")
    assert said[0] >= 2000
    assert grown < 100 * 1024 * 1024
