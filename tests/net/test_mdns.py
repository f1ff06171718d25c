"""What is believed of what is announced, how much of it, and that nothing in it holds up the rest."""

from __future__ import annotations

import ipaddress
import queue
import threading
import time

import pytest
from zeroconf import ServiceInfo

from lanshare.domain.peer import DeviceKind, PeerId
from lanshare.net import mdns
from lanshare.net.announcement import Announcement, Sighting
from lanshare.net.mdns import Mdns
from lanshare.wire import limits

LOOP = ("127.0.0.1",)


class Ears:
    """What an Mdns told."""

    def __init__(self) -> None:
        self.seen: queue.SimpleQueue[Sighting] = queue.SimpleQueue()
        self.lost: queue.SimpleQueue[str] = queue.SimpleQueue()

    def mdns(self, own: str = "a" * 8, me: Announcement | None = None) -> Mdns:
        """One that is not open yet."""
        return Mdns(own, lambda: me, lambda: False, lambda: False, LOOP, self.seen.put, self.lost.put)


def test_names_that_are_nowhere_or_none_of_ours_hold_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    going = threading.Event()

    class Slow(ServiceInfo):
        def request(self, *arguments: object, **more: object) -> bool:
            asked.append(self.name)
            going.wait(10)
            return False

    monkeypatch.setattr(mdns, "ServiceInfo", Slow)
    ears = Ears()
    one = ears.mdns()
    assert one.refresh(LOOP) is None
    zc = one._zeroconf
    assert zc is not None
    began = time.monotonic()
    for short in ("bad name", "x", "z" * 8, "y" * 8, "w" * 8):
        one._on_service(zc, f"{short}.{mdns.SERVICE}")
    bob = Ears().mdns("b" * 8, Announcement(PeerId("b" * 52), "Bob", DeviceKind.SERVER, 2222))
    assert bob.refresh(LOOP) is None
    assert ears.seen.get(timeout=10).short == "b" * 8
    assert time.monotonic() - began < 9.0, "before any of those was given up"
    going.set()
    bob.close()
    one.close()
    assert {name.partition(".")[0] for name in asked} <= {"z" * 8, "y" * 8, "w" * 8}
    assert asked


def test_whoever_was_seen_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIGHTINGS", 3)
    ears = Ears()
    one = ears.mdns()
    for letter in "bcdbe":
        name = f"{letter * 8}.{mdns.SERVICE}"
        one._told(ServiceInfo(mdns.SERVICE, name, addresses=[b"\x0a\x00\x00\x01"], port=1), letter * 8)
    assert ears.lost.get(timeout=1) == "c" * 8
    assert ears.lost.empty()
    assert [ears.seen.get(timeout=1).short[0] for _ in range(5)] == list("bcdbe")


@pytest.mark.parametrize(("announced", "near"), [
    ("192.168.7.9", True), ("10.200.3.4", True), ("172.16.9.9", True), ("169.254.3.4", True), ("fe80::1%eth0", True),
    ("fd00::7", True), ("203.0.113.77", True), ("2001:db8:1:2::99", True),
    ("8.8.8.8", False), ("9.255.0.1", False), ("2001:4860:4860::8888", False), ("127.0.0.1", False), ("::1", False),
    ("224.0.0.251", False), ("ff02::fb", False), ("0.0.0.0", False), ("::", False), ("255.255.255.255", False),
])
def test_only_addresses_that_may_be_here_are_believed_to_be_worth_a_look(announced: str, near: bool) -> None:
    """Anybody may announce any host of the Internet, or a service of this very machine."""
    ears = Ears()
    one = ears.mdns()
    one.ours = {"192.168.1.20", "203.0.113.5", "2001:db8:1:2::5"}
    host = ipaddress.ip_address(announced.partition("%")[0])
    name = f"{'b' * 8}.{mdns.SERVICE}"
    one._told(ServiceInfo(mdns.SERVICE, name, addresses=[host.packed], port=1), "b" * 8)
    assert ears.seen.empty() is not near


def test_of_many_addresses_eight_are_looked_at() -> None:
    ears = Ears()
    one = ears.mdns()
    many = [bytes([10, 0, 0, number]) for number in range(1, 100)]
    name = f"{'b' * 8}.{mdns.SERVICE}"
    one._told(ServiceInfo(mdns.SERVICE, name, addresses=many, port=1), "b" * 8)
    assert len(ears.seen.get(timeout=1).addresses) == 8


def test_of_a_machine_with_many_bridges_the_address_that_is_beside_us_is_looked_at() -> None:
    ears = Ears()
    one = ears.mdns()
    one.ours = {"192.168.1.7", "172.17.0.1"}
    many = [bytes([172, number, 0, 1]) for number in range(16, 32)] + [bytes([192, 168, 1, 50]), bytes([100, 80, 1, 1])]
    name = f"{'b' * 8}.{mdns.SERVICE}"
    one._told(ServiceInfo(mdns.SERVICE, name, addresses=many, port=1), "b" * 8)
    found = [address.host for address in ears.seen.get(timeout=1).addresses]
    assert len(found) == 8
    assert "192.168.1.50" in found[:2]
