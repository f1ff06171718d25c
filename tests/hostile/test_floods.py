"""A thousand announcements a second of each forged kind, while a friend sends: it is found, its files come whole."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.domain.peer import PeerId
from lanshare.trust.identity import Identity
from tests.harness.engines import Device, tree_of
from tests.hostile.announcing import SERVICE, Forger, announced, claim, head, lies, record

AT_LEAST = 3000
"""Announcements that are said before the friend is done, at some thousand a second."""

NOBODIES = [Identity.create().id for _ in range(20)]
Kind = Callable[[random.Random, PeerId, PeerId, int], bytes]


def goodbye(peer: PeerId) -> bytes:
    """Says that this device is gone."""
    name = peer[:8].encode()
    full = bytes([len(name)]) + name + SERVICE
    return head(0, 1) + record(SERVICE, 12, full).replace((4500).to_bytes(4), bytes(4))


KINDS: dict[str, Kind] = {
    "new devices": lambda chance, bob, anna, port: announced(chance.getrandbits(32)),
    "lies": lambda chance, bob, anna, port: chance.choice(lies()),
    "questions": lambda chance, bob, anna, port: head(1) + SERVICE + b"\x00\x0c\x00\x01",
    "ones own id elsewhere": lambda chance, bob, anna, port: claim(bob, port, name=b"Bob %d" % chance.getrandbits(20)),
    "the friend elsewhere": lambda chance, bob, anna, port: claim(
        anna, chance.choice([port, 9]), f"127.0.{chance.randrange(9)}.{chance.randrange(1, 250)}"
    ),
    "the friend's goodbye": lambda chance, bob, anna, port: goodbye(anna),
    "the friend's name": lambda chance, bob, anna, port: claim(chance.choice(NOBODIES), port, name=b"Anna"),
}

@pytest.mark.parametrize("kind", KINDS)
def test_a_friends_file_comes_through(kind: str, tmp_path: Path) -> None:
    bob, anna = Device(tmp_path, "Bob"), Device(tmp_path, "Anna")
    his, hers = (PeerId(str(one.run("id")[1][0]["id"])) for one in (bob, anna))
    content = random.Random(kind).randbytes(20_000_000)
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(content)
    engine = bob.receive()
    assert anna.run("text", f"127.0.0.1:{bob.port}", "it is me")[0] == 0
    before = engine.peak_memory()
    forger, stop, said = Forger(), threading.Event(), [0]
    many = threading.Event()

    def flood() -> None:
        chance = random.Random(7)
        while not stop.is_set():
            began = time.monotonic()
            for _ in range(100):
                forger.say(KINDS[kind](chance, his, hers, bob.port))
            said[0] += 100
            if said[0] >= AT_LEAST:
                many.set()
            stop.wait(max(0.0, began + 0.08 - time.monotonic()))

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        assert anna.run("send", his, str(tmp_path / "one"))[0] == 0
        assert many.wait(60)
        assert anna.run("send", his, str(tmp_path / "two"))[0] == 0
    finally:
        stop.set()
        thread.join()
        forger.close()
        grown = engine.peak_memory() - before
        engine.interrupt()
        bob.close()
        anna.close()
    assert tree_of(bob.into) == {"one": content, "two": content}
    assert grown < 60_000_000
    assert not {"IdentityChanged", "DuplicateKeyDetected"} & set(engine.names())
