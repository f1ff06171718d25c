"""Breaks of the wire in the middle of a transfer: pulled for a while, a new address, and a proxy that does harm."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.engines import ROOT, Device, Process, environment
from tests.harness.lan import Lan, cannot
from tests.harness.pairs import big_file, moving

REASON = cannot()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "there are namespaces")
SIZE = 700_000_000
SOON = 30.0
"""Seconds within which a transfer ends or says why it waits."""


@pytest.fixture
def lan() -> Iterator[Lan]:
    """A fresh LAN."""
    one = Lan()
    yield one
    one.close()


class Pair:
    """Two hosts on one bridge, with a transfer under way."""

    def __init__(self, lan: Lan, folder: Path) -> None:
        self.lan, self.spaces = lan, (lan.host("a"), lan.host("b"))
        for number, space in enumerate(self.spaces, start=1):
            lan.plug(space, "eth0", f"10.77.0.{number}/24")
        self.anna = Device(folder, "Anna", lan.prefix(self.spaces[0]), "")
        self.bob = Device(folder, "Bob", lan.prefix(self.spaces[1]), "")
        self.source = big_file(folder, SIZE)
        self.receiving = self.bob.receive()
        self.sending = self.anna.start("send", "Bob", str(self.source), "--wait", "120")
        moving(self.receiving, 20_000_000)

    def finish(self) -> None:
        """It comes to its end, byte for byte."""
        assert self.sending.end() == 0, self.sending.names()
        self.receiving.wait_for("TransferFinished")
        assert (self.bob.into / "big.bin").read_bytes() == self.source.read_bytes()
        assert os.listdir(self.bob.into) in (["big.bin"], ["big.bin", ".lanshare-incoming"])

    def close(self) -> None:
        """End both."""
        self.anna.close()
        self.bob.close()


@pytest.mark.parametrize("seconds", [2, 10, 40])
def test_a_link_that_is_down_for_a_while_costs_only_that_while(lan: Lan, tmp_path: Path, seconds: int) -> None:
    pair = Pair(lan, tmp_path)
    try:
        lan.link(pair.spaces[1], "eth0", False)
        pulled = time.monotonic()
        if seconds > 9:
            for side in (pair.sending, pair.receiving):
                waiting = side.wait_for("TransferWaiting")
                assert waiting["code"] == "peer-away"
                assert "kept" in waiting["message"]
            assert time.monotonic() - pulled < SOON
        # The time without a link is what this test is about; nothing is synchronised by it.
        threading.Event().wait(max(0.0, seconds - (time.monotonic() - pulled)))
        lan.link(pair.spaces[1], "eth0", True)
        pair.finish()
    finally:
        pair.close()


def test_a_receiver_that_comes_back_under_another_address_gets_the_rest(lan: Lan, tmp_path: Path) -> None:
    pair = Pair(lan, tmp_path)
    try:
        lan.address(pair.spaces[1], "eth0", "10.77.0.99/24")
        pair.finish()
    finally:
        pair.close()


class Proxied:
    """Two hosts that see each other only through a proxy between them; only the sender can dial."""

    def __init__(self, lan: Lan, folder: Path, mode: str, count: int) -> None:
        a, b, middle = lan.host("a"), lan.host("b"), lan.host("p")
        lan.plug(a, "eth0", "10.77.1.1/24", "br1")
        lan.plug(middle, "eth1", "10.77.1.9/24", "br1")
        lan.plug(b, "eth0", "10.77.2.1/24", "br2")
        lan.plug(middle, "eth2", "10.77.2.9/24", "br2")
        self.anna = Device(folder, "Anna", lan.prefix(a), "")
        self.bob = Device(folder, "Bob", lan.prefix(b), "")
        self.source = big_file(folder, 300_000_000)
        self.receiving = self.bob.receive()
        self.proxy = subprocess.Popen(
            [*lan.prefix(middle), sys.executable, "-m", "tests.harness.proxy", "10.77.1.9", "5000", "10.77.2.1",
             str(self.bob.port), mode, str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(""), cwd=ROOT, text=True,
        )
        assert self.proxy.stdout is not None
        assert self.proxy.stdout.readline() == "ready\n"

    def send(self) -> Process:
        """Through the proxy."""
        return self.anna.start("send", "10.77.1.9:5000", str(self.source), "--wait", "120")

    def tell(self, word: str) -> None:
        """To the proxy."""
        assert self.proxy.stdin is not None
        self.proxy.stdin.write(f"{word}\n")
        self.proxy.stdin.flush()

    def finish(self, sending: Process) -> None:
        """It comes to its end, byte for byte."""
        assert sending.end() == 0, sending.names()
        assert (self.bob.into / "big.bin").read_bytes() == self.source.read_bytes()

    def close(self) -> str:
        """End all three; what the proxy did."""
        self.anna.close()
        self.bob.close()
        said, _ = self.proxy.communicate()
        return str(said)


@pytest.mark.parametrize("mode", ["slice", "reset", "flip"])
def test_a_wire_that_does_harm_costs_time_and_nothing_else(lan: Lan, tmp_path: Path, mode: str) -> None:
    proxied = Proxied(lan, tmp_path, mode, 4)
    try:
        proxied.finish(proxied.send())
    finally:
        said = proxied.close()
    if mode != "slice":
        assert said.count(mode) == 4, "the wire did no harm"


def test_a_wire_that_stalls_is_told_and_waited_for(lan: Lan, tmp_path: Path) -> None:
    proxied = Proxied(lan, tmp_path, "clean", 0)
    try:
        sending = proxied.send()
        moving(proxied.receiving, 10_000_000)
        proxied.tell("stall")
        stalled = time.monotonic()
        for side in (sending, proxied.receiving):
            assert side.wait_for("TransferWaiting")["code"] == "peer-away"
        assert time.monotonic() - stalled < SOON
        proxied.tell("go")
        proxied.finish(sending)
    finally:
        proxied.close()
