"""What anybody can announce is believed by nobody: it accuses no one, offers no dangerous button, and costs little."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId
from lanshare.trust.identity import Identity
from tests.harness.attacker import Attacker
from tests.harness.engines import free_port
from tests.harness.screen import until
from tests.harness.shells import Shell
from tests.hostile.announcing import Forger, claim
from tests.hostile.conftest import Victim, verified_and_away


@pytest.fixture
def forger() -> Iterator[Forger]:
    """A hostile device."""
    one = Forger()
    yield one
    one.close()


class Ear:
    """Counts who dials it, and leads the dial on to another port if it has one."""

    def __init__(self, lead_to: int = 0) -> None:
        self.dials, self._lead_to = 0, lead_to
        self.over: list[bool] = []
        """One for each direction in which all was passed on; two threads add to it."""

        self._sock = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._sock.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def _listen(self) -> None:
        while True:
            try:
                one, _ = self._sock.accept()
            except OSError:
                return
            self.dials += 1
            self._open.append(one)
            if self._lead_to:
                other = socket.create_connection(("127.0.0.1", self._lead_to))
                self._open.append(other)
                for ends in ((one, other), (other, one)):
                    self._threads.append(threading.Thread(target=self._pass_on, args=ends))
                    self._threads[-1].start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        self.over.append(True)

    def close(self) -> None:
        """Be gone."""
        for one in (self._sock, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def ears() -> Iterator[Callable[[int], Ear]]:
    """Makes them."""
    made: list[Ear] = []

    def make(lead_to: int) -> Ear:
        made.append(Ear(lead_to))
        return made[-1]

    yield make
    for one in made:
        one.close()


def until_heard(forger: Forger, packets: list[bytes], ready: Callable[[], object], what: str) -> None:
    """Announce again and again until something is so: a datagram may get lost on a busy machine."""

    def again() -> object:
        for packet in packets:
            forger.say(packet)
        return ready()

    until(again, what)


def settled(victim: Victim) -> None:
    """Whatever came before has been dealt with."""
    victim.say(c.LoadHistory(9, None))
    victim.wait_for(e.HistoryLoaded, lambda one: one.request == 9)


def test_our_own_dial_led_back_to_us_is_no_copied_key(
    victim: Victim, forger: Forger, ears: Callable[[int], Ear], alive: Callable[[], None]
) -> None:
    ear = ears(victim.port)
    told = [claim(victim.wait_id(), ear.port)]
    until_heard(forger, told, lambda: len(ear.over) >= 2, "that he looked there, and found himself")
    settled(victim)
    assert not [one for one in victim.seen if isinstance(one, e.DuplicateKeyDetected)]


def test_whoever_bears_our_name_is_looked_at_however_early_it_is_announced(
    forger: Forger, ears: Callable[[int], Ear], tmp_path: Path
) -> None:
    """Before our own announcement, between its parts, and behind it: what is known already is no news to mDNS."""
    port = free_port()
    first = Shell(tmp_path / "victim", "Bob", port)
    me = PeerId(first.host_id)
    first.host.close()
    ear, over = ears(port), threading.Event()

    def forge() -> None:
        while not over.wait(0.02):
            forger.say(claim(me, ear.port))

    thread = threading.Thread(target=forge)
    thread.start()
    again = Shell(tmp_path / "victim", "Bob", port)
    try:
        until(lambda: len(ear.over) >= 2, "that he looked there")
    finally:
        over.set()
        thread.join()
        again.host.close()


def test_another_engine_with_our_key_is_a_copied_key(victim: Victim, forger: Forger, tmp_path: Path) -> None:
    """What is proven is said all the same."""
    there = tmp_path / "stolen"
    there.mkdir(mode=0o700)
    (there / "device.pem").write_bytes((victim.profile / "device.pem").read_bytes())
    (there / "device.pem").chmod(0o600)
    thief = Shell(there, "Thief", free_port())
    try:
        assert thief.wait_for(e.Snapshot).me.id == victim.wait_id()
        told = [claim(victim.wait_id(), thief.port)]

        def copies() -> list[e.DuplicateKeyDetected]:
            settled(victim)
            return [one for one in victim.seen if isinstance(one, e.DuplicateKeyDetected)]

        until_heard(forger, told, copies, "that there is a copy of the key")
        assert copies()[0].ours
    finally:
        thief.host.close()


def test_an_honest_strangers_address_given_away_for_a_friends_makes_it_no_impostor(
    victim: Victim, mallory: Identity, forger: Forger, tmp_path: Path, alive: Callable[[], None]
) -> None:
    verified_and_away(victim, mallory, "Anna")
    honest = Shell(tmp_path / "honest", "Carl", free_port())
    try:
        carl = honest.wait_for(e.Snapshot).me.id
        victim.wait_for(e.PeerAppeared, lambda one: one.id == carl)
        for _ in range(3):
            forger.say(claim(mallory.id, honest.port, name=b"Anna"))
            settled(victim)
        victim.say(c.SendText(MessageId("ab" * 16), mallory.id, "for Anna alone"))
        victim.wait_for(e.MessageQueued)
        forger.say(claim(mallory.id, honest.port, name=b"Anna again"))
        settled(victim)
        assert not [one for one in victim.seen if isinstance(one, e.IdentityChanged)]
        honest.say(c.LoadHistory(9, None))
        honest.wait_for(e.HistoryLoaded)
        assert not [one for one in honest.seen if isinstance(one, e.MessageReceived)]
    finally:
        honest.host.close()


def test_a_blocked_device_is_not_even_looked_at(
    victim: Victim, mallory: Identity, forger: Forger, ears: Callable[[int], Ear]
) -> None:
    with Attacker(victim.port, mallory) as link:
        link.greet()
        victim.wait_for(e.PeerAppeared, lambda one: one.id == mallory.id)
        victim.say(c.BlockPeer(mallory.id))
        victim.wait_for(e.PeerChanged, lambda one: one.trust == "blocked")
    blocked, other = ears(0), ears(0)
    told = [claim(mallory.id, blocked.port), claim(Identity.create().id, other.port)]
    until_heard(forger, told, lambda: other.dials > 0, "that others are looked at")
    settled(victim)
    assert blocked.dials == 0


def test_whatever_is_announced_costs_one_dial_a_second_for_each_device(
    victim: Victim, mallory: Identity, forger: Forger, ears: Callable[[int], Ear], alive: Callable[[], None]
) -> None:
    """1,000 claims of one id, each another one."""
    ear = ears(0)
    for number in range(1000):
        forger.say(claim(mallory.id, ear.port, name=b"Bob %d" % number))
    until(lambda: ear.dials > 0, "that it is looked at")
    settled(victim)
    assert ear.dials <= 12
