"""Strangers cannot starve friends: silent, slow and garbage connections by the hundred, and all is given back."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.wire import frames as f
from tests.harness.attacker import Attacker, Gone, offer
from tests.harness.engines import Device
from tests.harness.shells import Shell, met
from tests.hostile.conftest import Victim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.0/8 is loopback as a whole on Linux only")


def descriptors() -> int:
    """How many are open in this process."""
    return len(os.listdir("/proc/self/fd"))


def settled(count: Callable[[], int]) -> int:
    """A number once it has stayed for two seconds, as things of our own still begin and end; at the latest after 20."""
    deadline, since, last = time.monotonic() + 20, time.monotonic(), count()
    while time.monotonic() < min(deadline, since + 2):
        threading.Event().wait(0.1)
        if (now := count()) != last:
            since, last = time.monotonic(), now
    return last


def given_back(files: int, threads: int) -> None:
    """Waits until no more is open than there was, then checks it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (descriptors() > files + 5 or threading.active_count() > threads + 2):
        threading.Event().wait(0.1)
    assert descriptors() <= files + 5
    assert threading.active_count() <= threads + 2


class Crowd:
    """500 that say nothing, 200 that say one byte of a TLS greeting now and then, 100 that say nonsense; each from its
    own address of 127.0.0.0/8."""

    def __init__(self, port: int) -> None:
        self._sockets: list[socket.socket] = []
        self._slow: list[socket.socket] = []
        self._stop = threading.Event()
        for number in range(800):
            sock = socket.socket()
            self._sockets.append(sock)
            sock.bind((f"127.0.{1 + number // 200}.{1 + number % 200}", 0))
            sock.settimeout(5)
            try:
                sock.connect(("127.0.0.1", port))
                if number % 8 < 2:
                    self._slow.append(sock)
                elif number % 8 == 2:
                    sock.sendall(b"nonsense" * 100)
            except OSError:
                pass
        self._thread = threading.Thread(target=self._dribble)
        self._thread.start()

    def _dribble(self) -> None:
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
        for turn in range(len(hello)):
            for sock in self._slow:
                with contextlib.suppress(OSError):
                    sock.send(hello[turn : turn + 1])
            if self._stop.wait(0.2):
                return

    def close(self) -> None:
        """All go."""
        self._stop.set()
        self._thread.join()
        for sock in self._sockets:
            sock.close()


def test_a_friend_gets_in_while_hundreds_say_nothing_or_nonsense_slowly(victim: Victim, tmp_path: Path) -> None:
    base_files, base_threads = settled(descriptors), settled(threading.active_count)
    crowd = Crowd(victim.port)
    try:
        began = time.monotonic()
        anna = Shell(tmp_path / "anna", "Anna")
        try:
            bob = met(anna, victim)
            anna.say(c.SendText(MessageId(secrets.token_hex(16)), bob.id, "through the crowd"))
            assert victim.wait_for(e.MessageReceived).text == "through the crowd"
            print(f"a friend was in after {time.monotonic() - began:.2f} s")
        finally:
            anna.host.close()
    finally:
        crowd.close()
    given_back(base_files, base_threads)


def test_floods_of_sound_but_useless_frames_do_not_grow_the_engine(tmp_path: Path) -> None:
    """Over the wire, against an engine in a process of its own: its peak memory stays under its cap."""
    bob = Device(tmp_path, "Bob")
    engine = bob.receive()
    before = engine.peak_memory()
    listed = [[["x" * 200, str(number)], "file", 1, 1] for number in range(100)]
    try:
        for _ in range(4):
            with Attacker(bob.port) as control:
                control.greet()
                for turn in range(400):
                    transfer = secrets.token_bytes(16)
                    try:
                        control.say_raw(f.Offer, *offer(transfer, *(f"n{one}" for one in range(60))), b"")
                        control.say_raw(f.Listing, transfer, 0, listed, False)
                        control.say(f.Ping(turn))
                        control.drain()
                    except Gone:
                        break
        with Attacker(bob.port) as last:
            last.greet()
            last.say(f.Ping(1))
            last.hear_kind(f.Pong)
        grown = engine.peak_memory() - before
    finally:
        engine.interrupt()
        bob.close()
    print(f"grown by {grown / 1024 / 1024:.1f} MiB")
    assert grown < 200 * 1024 * 1024


def held_links(port: int) -> int:
    """Connections that a listener of this machine still has: waiting to be accepted, or open on its side."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    established, begun, hung_up = "01", "03", "08"  # include/net/tcp_states.h
    return sum(row[1].endswith(f":{port:04X}") and row[3] in (established, begun, hung_up) for row in rows)


def knock(port: int, count: int) -> None:
    """That many connections, one after the other, gone as soon as they are made; back when nobody holds one of them."""
    for number in range(count):
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.settimeout(5)
            sock.bind((f"127.0.{1 + number // 200 % 50}.{1 + number % 200}", 0))
            sock.connect(("127.0.0.1", port))
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and held_links(port):
        threading.Event().wait(0.1)
    assert not held_links(port)


@pytest.mark.parametrize("count", [1500, pytest.param(10_000, marks=pytest.mark.soak)])
def test_connections_opened_and_closed_leave_nothing_behind(victim: Victim, count: int) -> None:
    # What an engine opens for itself, when first asked, is there before the counting.
    with Attacker(victim.port) as first:
        first.greet()
    knock(victim.port, 100)
    base_files, base_threads = settled(descriptors), settled(threading.active_count)
    knock(victim.port, count)
    given_back(base_files, base_threads)
