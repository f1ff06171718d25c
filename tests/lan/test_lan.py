"""Three hosts in network namespaces: real mDNS, real addresses, a cable that is pulled."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.engines import Device, Process
from tests.harness.lan import Lan, cannot

REASON = cannot()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "a LAN can be made")
NAMES = ("anna", "bob", "carl")


@pytest.fixture
def lan() -> Iterator[Lan]:
    """A fresh LAN."""
    one = Lan()
    yield one
    one.close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Device]]:
    """Makes devices on hosts and ends them whatever happens."""
    made: list[Device] = []

    def one(lan: Lan, name: str, space: str, folder: str = "") -> Device:
        device = Device(tmp_path / folder, name, lan.prefix(space), interface="", port=17717)
        made.append(device)
        return device

    yield one
    for device in made:
        device.close()


@pytest.fixture
def hosts(lan: Lan, tmp_path: Path) -> Iterator[dict[str, Device]]:
    """Three devices, each on its host, all interfaces, the default port."""
    devices: dict[str, Device] = {}
    for number, name in enumerate(NAMES, 1):
        space = lan.host(name)
        lan.plug(space, "eth0", f"10.77.0.{number}/24")
        devices[name] = Device(tmp_path, name, lan.prefix(space), interface="", port=17717)
    yield devices
    for device in devices.values():
        device.close()


def appeared(process: Process, name: str) -> dict[str, Any]:
    """Wait until a device is seen."""
    return process.wait_for("PeerAppeared", lambda event: event["name"] == name and event["online"])


def test_all_see_each_other_and_a_file_goes_from_each_to_each(hosts: dict[str, Device], tmp_path: Path) -> None:
    running = {name: device.receive() for name, device in hosts.items()}
    for name, process in running.items():
        seen: set[str] = set()
        while len(seen) < 2:
            event = process.wait_for("PeerAppeared")
            seen.add(event["name"])
        assert seen == set(NAMES) - {name}
    for sender in NAMES:
        for receiver in set(NAMES) - {sender}:
            path = tmp_path / f"from {sender} to {receiver}"
            path.write_text(f"{sender} -> {receiver}" * 1000)
            assert hosts[sender].run("send", receiver, str(path))[0] == 0
            assert (hosts[receiver].into / path.name).read_bytes() == path.read_bytes()
    for process in running.values():
        assert process.interrupt() == 130


def test_a_killed_device_is_shown_away_within_10_seconds_and_a_quitting_one_at_once(
    hosts: dict[str, Device], lan: Lan
) -> None:
    anna, bob, carl = (hosts[name].receive() for name in NAMES)
    appeared(anna, "bob")
    carl.wait_for("PeerAppeared")
    # A pulled cable: no goodbye, no reset reaches anybody.
    lan.link(hosts["bob"].prefix[3], "eth0", False)
    started = time.monotonic()
    anna.wait_for("PeerVanished", lambda event: event["name"] == "bob")
    assert time.monotonic() - started < 10
    bob.kill()
    carl.interrupt()
    anna.wait_for("PeerVanished", lambda event: event["name"] == "carl")
    anna.interrupt()


def test_a_changed_address_is_no_alarm(hosts: dict[str, Device], lan: Lan) -> None:
    anna, bob = hosts["anna"].receive(), hosts["bob"].receive()
    appeared(anna, "bob")
    assert hosts["bob"].run("text", "anna", "before")[0] == 0
    lan.address(hosts["bob"].prefix[3], "eth0", "10.77.0.99/24")
    anna.wait_for("PeerChanged", lambda event: any("10.77.0.99" in one for one in event["addresses"]))
    assert hosts["anna"].run("text", "bob", "after")[0] == 0
    for process in (anna, bob):
        process.interrupt()
        assert "IdentityChanged" not in process.names()


def test_two_interfaces_and_one_that_appears_later(
    lan: Lan, tmp_path: Path, make: Callable[..., Device]
) -> None:
    """Bob is on two networks; Carl is on the second one only, and gets his address after he started."""
    spaces = {name: lan.host(name) for name in NAMES}
    lan.plug(spaces["anna"], "eth0", "10.77.0.1/24", "br0")
    lan.plug(spaces["bob"], "eth0", "10.77.0.2/24", "br0")
    lan.plug(spaces["bob"], "eth1", "10.88.0.2/24", "br1")
    devices = {name: make(lan, name, space) for name, space in spaces.items()}
    anna, bob, carl = (devices[name].receive() for name in NAMES)
    appeared(anna, "bob")
    lan.plug(spaces["carl"], "eth0", "10.88.0.3/24", "br1")
    appeared(carl, "bob")
    appeared(bob, "carl")
    (tmp_path / "x").write_bytes(b"over the second network")
    assert devices["carl"].run("send", "bob", str(tmp_path / "x"))[0] == 0
    assert (devices["bob"].into / "x").read_bytes() == b"over the second network"
    for process in (anna, bob, carl):
        process.interrupt()


def test_ipv6_alone_is_enough(lan: Lan, make: Callable[..., Device]) -> None:
    spaces = {name: lan.host(name) for name in ("anna", "bob")}
    for number, space in enumerate(spaces.values(), 1):
        lan.plug(space, "eth0", f"fd77::{number}/64")
    devices = {name: make(lan, name, space) for name, space in spaces.items()}
    anna, bob = devices["anna"].receive(), devices["bob"].receive()
    assert ":" in appeared(anna, "bob")["addresses"][0].rpartition(":")[0]
    assert devices["anna"].run("text", "bob", "over IPv6")[0] == 0
    for process in (anna, bob):
        process.interrupt()


def test_two_devices_of_one_name_are_two(lan: Lan, make: Callable[..., Device]) -> None:
    spaces = [lan.host(name) for name in NAMES]
    devices = []
    for number, space in enumerate(spaces, 1):
        lan.plug(space, "eth0", f"10.77.0.{number}/24")
        devices.append(make(lan, "laptop", space, str(number)))
    running = [device.receive() for device in devices]
    ids = {running[0].wait_for("PeerAppeared")["id"] for _ in range(2)}
    assert len(ids) == 2
    joined = devices[0].start("text", "laptop", "which of them?")
    assert joined.end() == 2
    assert "several devices" in "".join(joined.errors)
    for process in running:
        process.interrupt()


def test_where_mdns_is_taken_known_devices_are_still_reached(hosts: dict[str, Device], lan: Lan) -> None:
    anna, bob = hosts["anna"].receive(), hosts["bob"].receive()
    appeared(anna, "bob")
    assert hosts["anna"].run("text", "bob", "we know each other")[0] == 0
    anna.interrupt()
    # Another stack holds port 5353 for itself alone on Anna's host (as avahi's disallow-other-stacks does).
    holder = _holder(hosts["anna"])
    try:
        again = hosts["anna"].receive()
        appeared(again, "bob")
        if "mdns-blocked" not in [one.get("code") for one in again.heard()]:
            again.wait_for("NetworkTroubled", lambda event: event["code"] == "mdns-blocked")
        assert hosts["anna"].run("text", "bob", "still")[0] == 0
        again.interrupt()
    finally:
        holder.kill()
        holder.wait()
    bob.interrupt()


def _holder(device: Device) -> Any:
    import subprocess
    import sys

    code = (
        "import socket, time, sys\n"
        "a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind(('', 5353))\n"
        "b = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\n"
        "b.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1); b.bind(('::', 5353))\n"
        "print('held', flush=True); time.sleep(120)\n"
    )
    process = subprocess.Popen([*device.prefix, sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.stdout.close()
    return process


def test_a_cable_pulled_in_mid_transfer_waits_and_goes_on_when_it_is_back(
    hosts: dict[str, Device], lan: Lan, tmp_path: Path
) -> None:
    """The peer falls silent: no reset, no goodbye. Both sides say so by their own deadlines."""
    source = tmp_path / "big.bin"
    block = os.urandom(1024 * 1024)
    with source.open("wb") as file:
        for number in range(700):
            file.write(number.to_bytes(8, "big") + block[8:])
    receiving = hosts["bob"].receive("--count", "1")
    sending = hosts["anna"].start("send", "bob", str(source))
    sending.wait_for("TransferProgressed", lambda event: event["bytes"] > 30_000_000)
    lan.link(hosts["bob"].prefix[3], "eth0", False)
    for side in (sending, receiving):
        assert side.wait_for("TransferWaiting")["code"] == "peer-away"
    assert not (hosts["bob"].into / "big.bin").exists()
    lan.link(hosts["bob"].prefix[3], "eth0", True)
    assert sending.end() == 0
    assert receiving.end() == 0
    assert (hosts["bob"].into / "big.bin").read_bytes() == source.read_bytes()


def test_a_copied_profile_is_noticed_by_the_copies_or_by_a_third(hosts: dict[str, Device]) -> None:
    hosts["anna"].run("id")
    hosts["bob"].folder.mkdir(parents=True)
    key = next(hosts["anna"].folder.glob("*.pem"))
    (hosts["bob"].folder / key.name).write_bytes(key.read_bytes())
    (hosts["bob"].folder / key.name).chmod(0o600)
    running = {name: device.receive() for name, device in hosts.items()}
    deadline = time.monotonic() + 40
    told: dict[str, Any] = {}
    while not told and time.monotonic() < deadline:
        for name, process in running.items():
            process.told.wait(0.1)
            told.update((name, one) for one in process.heard() if one["event"] == "DuplicateKeyDetected")
    assert told, {name: process.names() for name, process in running.items()}
    for name, event in told.items():
        assert event["ours"] is (name != "carl")


@pytest.mark.parametrize("how", ["it comes later", "it goes and comes back"])
def test_a_network_that_was_not_there_is_no_copy_of_ourselves(
    lan: Lan, make: Callable[..., Device], how: str
) -> None:
    here, there = lan.host("anna"), lan.host("bob")
    lan.plug(there, "eth0", "10.66.0.2/24")
    if how == "it goes and comes back":
        lan.plug(here, "eth0", "10.66.0.1/24")
    anna, bob = make(lan, "anna", here).receive(), make(lan, "bob", there).receive()
    if how == "it comes later":
        lan.plug(here, "eth0", "10.66.0.1/24")
    else:
        appeared(anna, "bob")
        lan.drop(here, "eth0")
        anna.wait_for("PeerVanished")
        lan.address(here, "eth0", "10.66.0.1/24")
    appeared(anna, "bob")
    appeared(bob, "anna")
    for process in (anna, bob):
        process.interrupt()
        told = [one for one in process.heard() if one["event"] in ("DuplicateKeyDetected", "IdentityChanged")]
        assert told == []
