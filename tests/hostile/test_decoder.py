"""Pictures that are made to harm: they are decoded in a process that can do nothing and ends whatever it is given."""

from __future__ import annotations

import os
import random
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from lanshare.domain.peer import PeerId
from lanshare.qt import decoding
from lanshare.qt.decoding import Decoder
from lanshare.qt.qr import code_of
from lanshare.qt.timeline import preview
from tests.hostile.images import gif, look, png, saved

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")
MUTATIONS = float(os.environ.get("LANSHARE_MUTATIONS", "10"))
"""Seconds of mutated pictures; soak: 600."""

MIB = 1024 * 1024


@pytest.fixture
def one() -> Iterator[Decoder]:
    """A decoder of the test's own."""
    made = Decoder()
    yield made
    made.close()


def text_bomb() -> bytes:
    """Text chunks that unfold: half a megabyte that took 2.4 GB and killed the program."""
    packer = zlib.compressobj(9)
    words = b"".join(packer.compress(b"a" * MIB) for _ in range(40)) + packer.flush()
    return png(*((b"zTXt", b"Comment%d\0\0" % number + words) for number in range(30)))


def memory() -> int:
    """Bytes of this process in memory."""
    with open("/proc/self/statm", encoding="ascii") as sizes:
        return int(sizes.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_bombs_cost_the_window_nothing_and_the_next_picture_comes(one: Decoder, tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(saved("png"))
    assert not look(one, tmp_path / "good.png").isNull()
    base = memory()
    bombs = (("text.png", text_bomb()), ("wide.png", png(size=(50_000, 1500))), ("torn.jpg", saved("jpeg")[:900]))
    for name, data in bombs:
        (tmp_path / name).write_bytes(data)
        began = time.monotonic()
        look(one, tmp_path / name)
        assert time.monotonic() - began < 4 * decoding.SECONDS, "it was given up"
        assert memory() - base < 20 * MIB, name
    assert not look(one, tmp_path / "good.png").isNull()


@pytest.mark.timeout(120 + MUTATIONS)
def test_mutated_pictures_neither_grow_the_window_nor_hold_it_up(qtbot: QtBot, tmp_path: Path) -> None:
    """Each is asked for by a card, while timers of the window go on."""
    seed = random.randrange(10**9)
    print(f"LANSHARE_SEED={seed}")
    chance = random.Random(seed)
    sound = {"png": saved("png"), "jpg": saved("jpeg"), "webp": saved("webp"), "bmp": saved("bmp", 64, 64)}
    sound["gif"] = gif()
    loader = preview.Loader()
    done = [0]  # a number: a list of paths would be what grows

    def count_one(path: str, image: object) -> None:
        done[0] += 1

    loader.loaded.connect(count_one)
    ticks = [time.monotonic()]
    latest = [0.0]

    def tick() -> None:
        now = time.monotonic()
        latest[0] = max(latest[0], now - ticks[0])
        ticks[0] = now

    timer = QTimer()
    timer.timeout.connect(tick)
    (tmp_path / "first.png").write_bytes(sound["png"])
    loader.ask(str(tmp_path / "first.png"))
    qtbot.waitUntil(lambda: done[0] == 1, timeout=60_000)
    base, until, asked = memory(), time.monotonic() + MUTATIONS, 1
    ticks[0] = time.monotonic()
    timer.start(20)
    while time.monotonic() < until:
        ending = chance.choice(list(sound))
        data = bytearray(sound[ending])
        for _ in range(chance.choice((1, 1, 3, 30))):
            data[chance.randrange(len(data))] = chance.getrandbits(8)
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        path = tmp_path / f"{asked}.{ending}"
        path.write_bytes(data)
        loader.ask(str(path))
        asked += 1
        qtbot.waitUntil(lambda count=asked: done[0] == count, timeout=60_000)  # type: ignore[misc]
        path.unlink()
    timer.stop()
    loader.close()
    grown = (memory() - base) / MIB
    print(f"{asked} pictures, window grown by {grown:.1f} MiB, latest timer {latest[0] * 1000:.0f} ms")
    assert asked > 20
    assert memory() - base < 20 * MIB


def test_a_code_is_read_there_too_and_nothing_else_is_said(one: Decoder, tmp_path: Path) -> None:
    peer = PeerId("a2" * 26)
    code_of(peer, 400).save(str(tmp_path / "code.png"))
    (tmp_path / "none.png").write_bytes(saved("png"))
    (tmp_path / "bomb.png").write_bytes(text_bomb())
    assert one.code(str(tmp_path / "code.png")) == peer
    assert one.code(str(tmp_path / "none.png")) == ""
    assert one.code(str(tmp_path / "bomb.png")) in ("", peer)
