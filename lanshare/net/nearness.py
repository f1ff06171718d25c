"""Our own addresses; which announced one may be that of a device here; and in which order a device's addresses are
tried: those in our own networks first, bridges of containers last.

A machine with Docker announces an address for each bridge, and every one of them looks like a LAN.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Final

import ifaddr
from msgspec import Struct

from lanshare.domain.peer import Address

_VIRTUAL: Final = re.compile(r"docker|br-|virbr|veth|vmnet|vboxnet|cni|flannel|lxc|lxd|podman|vEthernet", re.IGNORECASE)
_SHARED: Final = ipaddress.ip_network("100.64.0.0/10")
"""What providers and overlay networks hand out (RFC 6598)."""

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FIRST, OWN, FAR, NEVER = 0, 1, 2, 3


class Reach(Struct, frozen=True):
    """Our own networks: those of real adapters, those of bridges and the like, and our addresses in them."""

    real: tuple[_Network, ...]
    virtual: tuple[_Network, ...]
    own: frozenset[str]

    def rank(self, host: str) -> int:
        """How likely a host is reached, the likeliest lowest. A name, which is still to be looked up, is likely."""
        plain, scoped, _ = host.partition("%")
        try:
            address = ipaddress.ip_address(plain)
        except ValueError:
            return FIRST
        bridged = any(address in one for one in self.virtual if one.version == address.version)
        if address.is_loopback or (plain in self.own and not bridged):
            return OWN  # another profile on this machine
        if address.is_link_local:
            return FIRST if scoped or address.version == 4 else NEVER
        if any(address in one for one in self.real if one.version == address.version):
            return FIRST
        return NEVER if bridged else FAR


def reach(interfaces: Sequence[str] = ()) -> Reach:
    """The networks that this machine is in now. With `interfaces`, only those of these addresses."""
    real: list[_Network] = []
    virtual: list[_Network] = []
    own: set[str] = set()
    wanted = {one.partition("%")[0] for one in interfaces}
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            host = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            try:
                network = ipaddress.ip_network(f"{host}/{ip.network_prefix}", strict=False)
            except ValueError:
                continue  # an adapter that says something odd of itself
            if wanted and host not in wanted:
                continue
            own.add(host)
            (virtual if _VIRTUAL.match(adapter.nice_name or adapter.name or "") else real).append(network)
    return Reach(tuple(real), tuple(virtual), frozenset(own))


def nearest_first(addresses: Iterable[Address], here: Reach) -> list[Address]:
    """The same addresses in the order in which to try them; equals keep theirs."""
    return sorted(addresses, key=lambda one: here.rank(one.host))


def local_addresses(interfaces: Sequence[str] = ()) -> tuple[str, ...]:
    """This machine's addresses, or those of `interfaces`; loopback only where there is nothing else."""
    if interfaces:
        return tuple(interfaces)
    found = []
    for address in (ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips):
        if isinstance(address, tuple):
            host, _, scope = address
            found.append(f"{host}%{scope}" if scope else host)
        else:
            found.append(address)
    outward = [one for one in dict.fromkeys(found) if not ipaddress.ip_address(one.partition("%")[0]).is_loopback]
    return tuple(sorted(outward, key=lambda one: (":" in one, one))) or ("127.0.0.1",)


def is_near(host: str, ours: Iterable[str]) -> bool:
    """Whether an announced address may be one of a device here: anybody may announce any host of the Internet."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    if address.is_loopback:
        return any(ipaddress.ip_address(one).is_loopback for one in ours)
    if address.is_private or address.is_link_local or (address.version == 4 and address in _SHARED):
        return True
    return is_beside(host, ours)


def is_beside(host: str, ours: Iterable[str]) -> bool:
    """Whether this may be on a network that one of our own addresses is on."""
    address = ipaddress.ip_address(host.partition("%")[0])
    length = (24 if address.is_private else 16) if address.version == 4 else 64
    return any(
        address in ipaddress.ip_network(f"{one}/{length}", strict=False)
        for one in ours
        if ipaddress.ip_address(one).version == address.version
    )
