"""In which order addresses are tried: our own networks first, bridges last, whatever their number."""

from __future__ import annotations

import ipaddress
import random

from lanshare.domain.peer import Address
from lanshare.net.nearness import Reach, nearest_first, reach

HERE = Reach(
    (ipaddress.ip_network("192.168.1.0/24"), ipaddress.ip_network("2001:db8:1::/64")),
    (ipaddress.ip_network("172.17.0.0/16"),),
    frozenset({"192.168.1.5", "172.17.0.1"}),
)


def test_the_useful_one_of_many_bridges_is_the_first() -> None:
    bridges = [Address(f"172.{number}.0.1") for number in range(17, 39)]
    useful = Address("192.168.1.20")
    for seed in range(20):
        mixed = [*bridges, useful]
        random.Random(seed).shuffle(mixed)
        order = nearest_first(mixed, HERE)
        assert order[0] == useful
        assert order[-1] == Address("172.17.0.1") or order[-1].host.startswith("172.17"), "our own bridge's network"


def test_each_kind_has_its_place_and_equals_keep_theirs() -> None:
    kinds = ["192.168.1.20", "2001:db8:1::7", "host.lan", "fe80::1%eth0", "192.168.1.5", "127.0.0.1", "10.8.0.2",
             "2001:db8:9::1", "172.17.0.9", "fe80::1"]
    assert [one.host for one in nearest_first(map(Address, kinds), HERE)] == kinds
    same = [Address("192.168.1.20"), Address("192.168.1.3"), Address("192.168.1.9")]
    assert nearest_first(same, HERE) == same


def test_what_this_machine_says_of_itself_is_understood() -> None:
    assert reach(("127.0.0.1",)).own <= {"127.0.0.1"}
    assert reach().rank("127.0.0.1") in (0, 1)
