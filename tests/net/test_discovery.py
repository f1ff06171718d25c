"""Discovery on loopback: two find each other, a new name is heard, a goodbye too; a blocked port is said so."""

from __future__ import annotations

import errno
import queue
from typing import Any

import pytest
import zeroconf
from zeroconf import ServiceInfo

from lanshare.domain.errors import Code
from lanshare.domain.peer import DeviceKind, PeerId
from lanshare.net import discovery, mdns
from lanshare.net.announcement import Announcement, Sighting
from lanshare.net.discovery import Discovery
from lanshare.net.nearness import local_addresses

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

    monkeypatch.setattr(mdns, "Zeroconf", sometimes)
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
    monkeypatch.setattr(mdns, "Zeroconf", Told)
    monkeypatch.setattr(mdns, "ServiceBrowser", lambda *_, **__: None)
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
