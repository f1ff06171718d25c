"""Discovery on loopback: two find each other, a new name is heard, a goodbye too; a blocked port is said so."""

from __future__ import annotations

import errno
import ipaddress
import queue
import threading
import time
from typing import Any

import pytest
import zeroconf
from zeroconf import ServiceInfo

from lanshare.domain.errors import Code
from lanshare.domain.peer import DeviceKind, PeerId
from lanshare.net import discovery
from lanshare.net.discovery import Announcement, Discovery, Sighting
from lanshare.net.nearness import local_addresses
from lanshare.wire import limits

LOOP = ("127.0.0.1",)
ANNA, BOB = PeerId("a" * 52), PeerId("b" * 52)


class Ears:
    """What a Discovery told."""

    def __init__(self) -> None:
        self.seen: queue.SimpleQueue[Sighting] = queue.SimpleQueue()
        self.lost: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.changed: queue.SimpleQueue[tuple[tuple[str, ...], Code | None]] = queue.SimpleQueue()

    def discovery(self, me: Announcement | None, own: PeerId) -> Discovery:
        """A started one."""
        one = Discovery(
            me, own, LOOP, self.seen.put, self.lost.put, lambda addresses, code: self.changed.put((addresses, code))
        )
        one.start()
        return one


def test_two_find_each_other_hear_a_new_name_and_a_goodbye() -> None:
    ears, others = Ears(), Ears()
    anna = ears.discovery(Announcement(ANNA, "Anna", DeviceKind.LAPTOP, 1111), ANNA)
    bob = others.discovery(Announcement(BOB, "Bob", DeviceKind.SERVER, 2222), BOB)
    sighting = ears.seen.get(timeout=10)
    assert (sighting.short, sighting.name, sighting.kind) == ("b" * 8, "Bob", DeviceKind.SERVER)
    assert [str(one) for one in sighting.addresses] == ["127.0.0.1:2222"]
    assert others.seen.get(timeout=10).short == "a" * 8
    bob.announce(Announcement(BOB, "Robert", DeviceKind.SERVER, 2222))
    while ears.seen.get(timeout=10).name != "Robert":
        pass
    bob.close()
    assert ears.lost.get(timeout=10) == "b" * 8
    anna.close()


def test_who_only_looks_is_not_seen() -> None:
    ears, others = Ears(), Ears()
    anna = ears.discovery(Announcement(ANNA, "Anna", DeviceKind.LAPTOP, 1111), ANNA)
    looker = others.discovery(None, BOB)
    assert others.seen.get(timeout=10).short == "a" * 8
    looker.close()
    anna.close()
    assert ears.seen.empty()


@pytest.mark.warns("mDNS: OSError")
@pytest.mark.parametrize(("number", "code"), [
    (errno.EADDRINUSE, Code.MDNS_BLOCKED),
    (errno.ENETUNREACH, Code.NO_NETWORK),
])
def test_when_mdns_cannot_start_the_reason_is_told_and_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, number: int, code: Code
) -> None:
    real = zeroconf.Zeroconf
    tries: list[int] = []

    def sometimes(*arguments: Any, **more: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise OSError(number, "no")
        return real(*arguments, **more)

    monkeypatch.setattr(discovery, "Zeroconf", sometimes)
    monkeypatch.setattr(discovery, "_RETRY", 0.05)
    ears = Ears()
    one = ears.discovery(Announcement(ANNA, "Anna", DeviceKind.LAPTOP, 1111), ANNA)
    assert ears.changed.get(timeout=10) == (LOOP, code)
    assert ears.changed.get(timeout=10) == (LOOP, None)
    one.close()


def test_the_named_interfaces_are_our_addresses() -> None:
    assert local_addresses(("10.1.2.3",)) == ("10.1.2.3",)
    assert local_addresses() == ("127.0.0.1",), "in a namespace with loopback alone"


def test_our_own_name_at_another_address_is_told_and_at_ours_it_is_not() -> None:
    ears, others = Ears(), Ears()
    anna = ears.discovery(Announcement(ANNA, "Anna", DeviceKind.LAPTOP, 1111), ANNA)
    bob = others.discovery(Announcement(BOB, "Bob", DeviceKind.SERVER, 2222), BOB)
    assert ears.seen.get(timeout=10).short == "b" * 8
    assert ears.seen.empty(), "we do not see ourselves"
    copy = Ears().discovery(Announcement(ANNA, "Anna", DeviceKind.LAPTOP, 3333), PeerId("c" * 52))
    sighting = ears.seen.get(timeout=10)
    assert sighting.short == "a" * 8
    assert [str(one) for one in sighting.addresses] == ["127.0.0.1:3333"]
    for one in (copy, bob, anna):
        one.close()


def test_names_that_are_nowhere_or_none_of_ours_hold_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    going = threading.Event()

    class Slow(ServiceInfo):
        def request(self, *arguments: object, **more: object) -> bool:
            asked.append(self.name)
            going.wait(10)
            return False

    monkeypatch.setattr(discovery, "ServiceInfo", Slow)
    ears = Ears()
    one = ears.discovery(Announcement(ANNA, "Anna", DeviceKind.LAPTOP, 1111), ANNA)
    assert ears.changed.get(timeout=10) == (LOOP, None)
    zc = one._zeroconf
    assert zc is not None
    began = time.monotonic()
    for short in ("bad name", "x", "z" * 8, "y" * 8, "w" * 8):
        one._on_service(zc, f"{short}.{discovery.SERVICE}")
    bob = Ears().discovery(Announcement(BOB, "Bob", DeviceKind.SERVER, 2222), BOB)
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
    one = Discovery(None, ANNA, LOOP, ears.seen.put, ears.lost.put, lambda addresses, code: None)
    for letter in "bcdbe":
        name = f"{letter * 8}.{discovery.SERVICE}"
        one._told(ServiceInfo(discovery.SERVICE, name, addresses=[b"\x0a\x00\x00\x01"], port=1), letter * 8)
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
    one = Discovery(None, ANNA, LOOP, ears.seen.put, ears.lost.put, lambda addresses, code: None)
    one._ours = {"192.168.1.20", "203.0.113.5", "2001:db8:1:2::5"}
    host = ipaddress.ip_address(announced.partition("%")[0])
    name = f"{'b' * 8}.{discovery.SERVICE}"
    one._told(ServiceInfo(discovery.SERVICE, name, addresses=[host.packed], port=1), "b" * 8)
    assert ears.seen.empty() is not near


def test_of_many_addresses_eight_are_looked_at() -> None:
    ears = Ears()
    one = Discovery(None, ANNA, LOOP, ears.seen.put, ears.lost.put, lambda addresses, code: None)
    many = [bytes([10, 0, 0, number]) for number in range(1, 100)]
    name = f"{'b' * 8}.{discovery.SERVICE}"
    one._told(ServiceInfo(discovery.SERVICE, name, addresses=many, port=1), "b" * 8)
    assert len(ears.seen.get(timeout=1).addresses) == 8


def test_of_a_machine_with_many_bridges_the_address_that_is_beside_us_is_looked_at() -> None:
    ears = Ears()
    one = Discovery(None, ANNA, LOOP, ears.seen.put, ears.lost.put, lambda addresses, code: None)
    one._ours = {"192.168.1.7", "172.17.0.1"}
    many = [bytes([172, number, 0, 1]) for number in range(16, 32)] + [bytes([192, 168, 1, 50]), bytes([100, 80, 1, 1])]
    name = f"{'b' * 8}.{discovery.SERVICE}"
    one._told(ServiceInfo(discovery.SERVICE, name, addresses=many, port=1), "b" * 8)
    found = [address.host for address in ears.seen.get(timeout=1).addresses]
    assert len(found) == 8
    assert "192.168.1.50" in found[:2]


class Told:
    """Stands in for Zeroconf: notes what is announced, taken back, and when it listens on other interfaces."""

    def __init__(self, **_: object) -> None:
        self.calls: queue.SimpleQueue[str] = TOLD

    def register_service(self, info: ServiceInfo, **_: object) -> None:
        self.calls.put("announced")

    def update_service(self, info: ServiceInfo) -> None:
        self.calls.put("announced")

    def unregister_service(self, info: ServiceInfo) -> None:
        self.calls.put("taken back")

    def update_interfaces(self, which: object) -> None:
        self.calls.put("on the new network")

    def unregister_all_services(self) -> None:
        """At the end."""

    def close(self) -> None:
        """At the end."""


TOLD: queue.SimpleQueue[str] = queue.SimpleQueue()


@pytest.mark.parametrize("other", ["addresses", "network of the same addresses"])
@pytest.mark.parametrize("asks", [True, False])
def test_a_network_that_may_be_asked_about_is_told_nothing_before(
    monkeypatch: pytest.MonkeyPatch, asks: bool, other: str
) -> None:
    addresses, network = ("10.0.0.5",), "home"
    monkeypatch.setattr(discovery, "Zeroconf", Told)
    monkeypatch.setattr(discovery, "ServiceBrowser", lambda *_, **__: None)
    monkeypatch.setattr(discovery, "local_addresses", lambda interfaces: addresses)
    monkeypatch.setattr(discovery, "_WATCH", 0.01)
    ears = Ears()
    me = Announcement(ANNA, "Anna", DeviceKind.LAPTOP, 1111)
    changed = ears.changed.put
    one = Discovery(
        me, ANNA, (), ears.seen.put, ears.lost.put, lambda now, code: changed((now, code)), asks, lambda now: network
    )
    one.start()
    assert TOLD.get(timeout=10) == "announced"
    assert ears.changed.get(timeout=10)[0] == addresses
    if other == "addresses":
        addresses = ("10.9.9.9",)
    else:
        network = "elsewhere"
    assert ears.changed.get(timeout=10)[0] == addresses
    calls = [TOLD.get(timeout=10), TOLD.get(timeout=10)]
    if asks:
        assert calls == ["taken back", "on the new network"]
        assert TOLD.empty()
        one.show(True)
        calls = [TOLD.get(timeout=10)]
        while calls[-1] != "announced":
            calls.append(TOLD.get(timeout=10))
    else:
        assert calls == ["on the new network", "announced"]
    one.close()
    while not TOLD.empty():
        TOLD.get()
