"""Which network this is, so that a person is asked once about each: by its gateway's hardware address, else by ours.

Only hashes of that are kept. Linux tells the gateway; elsewhere our addresses have to do (not verified there).
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

_ROUTES: Final = Path("/proc/net/route")
_NEIGHBOURS: Final = Path("/proc/net/arp")
_UP_GATEWAY: Final = 0x3


_ONCE: Final = secrets.token_hex(16)


class Network(Struct, frozen=True):
    """A network: `id` is 16 hexadecimal digits, `label` what a person may recognise it by."""

    id: str
    label: str


def current(addresses: Sequence[str]) -> tuple[Network, ...]:
    """The networks that these addresses of ours are in; none for loopback alone.

    One without a router has nothing that tells it from any other: it is a new one each time that lanshare starts.
    """
    ours = [ipaddress.ip_address(one.partition("%")[0]) for one in addresses]
    ours = [one for one in ours if not one.is_loopback]
    outward = [one for one in ours if not one.is_link_local]
    if ours and not outward:
        label = next((_label(one) for one in ours if one.version == 4), _label(ours[0]))
        return (Network(_hash(_ONCE + label), label),)
    labels = list(dict.fromkeys(_label(one) for one in outward if one.version == 4)) or list(
        dict.fromkeys(_label(one) for one in outward)
    )
    if not labels:
        return ()
    hardware = gateways(_read(_ROUTES), _read(_NEIGHBOURS))
    if hardware:
        return tuple(Network(_hash(one), labels[0]) for one in hardware)
    return tuple(Network(_hash(label), label) for label in labels)


def gateways(routes: str, neighbours: str) -> list[str]:
    """The hardware addresses of the default gateways, from the kernel's two tables (proc(5))."""
    wanted = set()
    for line in routes.splitlines()[1:]:
        words = line.split()
        with contextlib.suppress(ValueError):  # a line that is not as proc(5) says
            if len(words) > 3 and words[1] == "00000000" and int(words[3], 16) & _UP_GATEWAY == _UP_GATEWAY:
                wanted.add(str(ipaddress.ip_address(bytes.fromhex(words[2])[::-1])))
    found = []
    for line in neighbours.splitlines()[1:]:
        words = line.split()
        if len(words) > 3 and words[0] in wanted and words[3] != "00:00:00:00:00:00":
            found.append(words[3].lower())
    return sorted(set(found))


def _label(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    length = 24 if address.version == 4 else 64
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))


def _hash(text: str) -> str:
    return hashlib.sha256(f"lanshare network {text}".encode()).hexdigest()[:16]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
