"""Which network this is: by the gateway where the kernel tells it, else by our addresses; nothing for loopback."""

from __future__ import annotations

import pytest

from lanshare.net import networks

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0
"""
NEIGHBOURS = """IP address       HW type     Flags       HW address            Mask     Device
192.168.1.1      0x1         0x2         AA:bb:cc:00:11:22     *        wlan0
192.168.1.7      0x1         0x2         de:ad:be:ef:00:00     *        wlan0
"""


def tables(monkeypatch: pytest.MonkeyPatch, routes: str, neighbours: str) -> None:
    """What the kernel says."""
    monkeypatch.setattr(networks, "_read", lambda path: routes if "route" in str(path) else neighbours)


def test_the_gateways_hardware_address_names_a_network() -> None:
    assert networks.gateways(ROUTES, NEIGHBOURS) == ["aa:bb:cc:00:11:22"]
    assert networks.gateways(ROUTES, NEIGHBOURS.replace("AA:bb:cc:00:11:22", "00:00:00:00:00:00")) == []
    assert networks.gateways("", "") == []


def test_two_networks_of_the_same_addresses_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for hardware in ("aa:bb:cc:00:11:22", "11:22:33:44:55:66"):
        tables(monkeypatch, ROUTES, NEIGHBOURS.replace("AA:bb:cc:00:11:22", hardware))
        (one,) = networks.current(("192.168.1.20", "fe80::1%wlan0"))
        assert one.label == "192.168.1.0/24"
        assert "aa:bb" not in one.id
        seen.append(one.id)
    assert len(set(seen)) == 2


def test_without_a_gateway_the_addresses_have_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    tables(monkeypatch, "", "")
    one, other = networks.current(("10.1.2.3", "192.168.7.9", "fd00::5"))
    assert (one.label, other.label) == ("10.1.2.0/24", "192.168.7.0/24")
    assert networks.current(("10.1.2.77",)) == (one,)
    (alone,) = networks.current(("fd00::5",))
    assert alone.label == "fd00::/64"


@pytest.mark.parametrize(("routes", "neighbours"), [
    (ROUTES, NEIGHBOURS.replace("AA:bb:cc:00:11:22", "00:00:00:00:00:00")),
    (ROUTES, ""),
    (ROUTES.replace("00000000\t0101A8C0", "000000AC\t0101A8C0"), NEIGHBOURS),
])
def test_where_no_router_shows_a_network_is_asked_about_at_every_start(
    monkeypatch: pytest.MonkeyPatch, routes: str, neighbours: str
) -> None:
    """Any other one may have the same addresses: a yes that was said about one holds for no other."""
    tables(monkeypatch, routes, neighbours)
    (one,) = networks.current(("192.168.1.20",))
    assert networks.current(("192.168.1.20",)) == (one,), "but not every time that it is looked at"
    monkeypatch.setattr(networks, "_ONCE", "another start")
    (other,) = networks.current(("192.168.1.20",))
    assert (one.label, one.id != other.id) == (other.label, True)


SILENT = NEIGHBOURS.replace("AA:bb:cc:00:11:22", "00:00:00:00:00:00")
HERE = ("192.168.1.20",)


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_router_that_is_silent_for_a_while_is_still_the_one_that_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Time()
    watch = networks.NetworkWatch(clock=clock)
    tables(monkeypatch, ROUTES, SILENT)
    before = watch.look(HERE)
    tables(monkeypatch, ROUTES, NEIGHBOURS)
    home = watch.look(HERE)
    assert home != before, "it is known once it has shown"
    tables(monkeypatch, ROUTES, SILENT)
    for _ in range(100):
        clock.now += 2.0
        assert watch.look(HERE) == home
    assert watch.look(("192.168.1.21",)) != home, "at other addresses it may be another one"
    assert watch.look(HERE) != home, "and then it has to show again"
    tables(monkeypatch, ROUTES, NEIGHBOURS.replace("AA:bb:cc:00:11:22", "11:22:33:44:55:66"))
    elsewhere = watch.look(HERE)
    assert elsewhere != home
    assert watch.found == elsewhere


@pytest.mark.parametrize(("seconds", "times"), [(100.0, 1), (600.0, 1), (2.0, 200)])
def test_a_router_that_stays_silent_or_was_not_looked_for_is_not_taken_for_the_one_that_was_seen(
    monkeypatch: pytest.MonkeyPatch, seconds: float, times: int
) -> None:
    """The computer slept, and woke elsewhere with the same address; or somebody keeps a router silent."""
    clock = Time()
    watch = networks.NetworkWatch(clock=clock)
    tables(monkeypatch, ROUTES, NEIGHBOURS)
    home = watch.look(HERE)
    tables(monkeypatch, ROUTES, SILENT)
    for _ in range(times):
        clock.now += seconds
        found = watch.look(HERE)
    assert found != home


def test_a_router_that_the_kernel_does_not_know_yet_is_touched_until_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    touched: list[str] = []

    def touch(router: str) -> None:
        touched.append(router)
        if len(touched) == 2:
            tables(monkeypatch, ROUTES, NEIGHBOURS)

    tables(monkeypatch, ROUTES, SILENT)
    (found,) = networks.NetworkWatch(touch).look(HERE)
    assert touched == ["192.168.1.1", "192.168.1.1"]
    assert (found,) == networks.current(HERE), "nobody is asked about a network that is known"
    tables(monkeypatch, "", "")
    networks.NetworkWatch(touch).look(HERE)
    assert len(touched) == 2, "without a route nobody is touched"
    tables(monkeypatch, ROUTES, SILENT)
    networks.NetworkWatch(touch).look(("127.0.0.1", "::1"))
    assert len(touched) == 2, "nor by one that is held to loopback"


def test_loopback_is_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    tables(monkeypatch, ROUTES, NEIGHBOURS)
    assert networks.current(("127.0.0.1", "::1")) == ()


@pytest.mark.parametrize(
    "addresses", [("fe80::1%eth0",), ("127.0.0.1", "169.254.7.9"), ("169.254.7.9", "fe80::1%eth0")]
)
def test_a_network_without_a_router_is_a_new_one_at_every_start(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    """Nothing tells it from any other one: a yes that was said about one holds for no other."""
    tables(monkeypatch, "", "")
    (one,) = networks.current(addresses)
    assert networks.current(addresses) == (one,), "but not every time that it is looked at"
    monkeypatch.setattr(networks, "_ONCE", "another start")
    (other,) = networks.current(addresses)
    assert one.label == other.label
    assert one.id != other.id
