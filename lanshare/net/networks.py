"""Which network this is, so that a person is asked once about each: by the hardware address of its router.

Only hashes of that are kept. Linux tells the router; elsewhere our addresses have to do (not verified there). On Linux
a network whose router does not show is one that nothing tells from any other of the same addresses: it is asked about
anew at every start.
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import secrets
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

_ROUTES: Final = Path("/proc/net/route")
_NEIGHBOURS: Final = Path("/proc/net/arp")
_UP_GATEWAY: Final = 0x3


_GAP: Final = 30.0
"""Seconds without a look after which what was seen before does not count."""

_LONG: Final = 300.0
"""Seconds for which a router that does not show is still the one that was seen."""

_TOUCHES, _TOUCH = 4, 0.02
"""How often a router that does not show is touched, and the seconds in which it may answer."""

_ONCE: Final = secrets.token_hex(16)


class Network(Struct, frozen=True):
    """A network: `id` is 16 hexadecimal digits, `label` what a person may recognise it by."""

    id: str
    label: str


class NetworkWatch:
    """The networks that we are in, looked at again and again, by one thread: another one may have the same addresses.

    A router that does not show for a while, as it begins anew, is still the one that was seen at these addresses; not
    for long, and not if nobody looked meanwhile: the computer slept, and may be elsewhere.
    """

    def __init__(
        self, touch: Callable[[str], None] | None = None, clock: Callable[[], float] = lambda: _boottime()
    ) -> None:
        """`touch` makes the system find out the hardware address of a router. `clock`: seconds, sleep included."""
        self.found: tuple[Network, ...] = ()
        """As it was looked at last."""

        self._touch, self._clock = touch, clock
        self._addresses: tuple[str, ...] = ()
        self._hardware: list[str] = []
        self._shown_at = self._looked_at = -_LONG

    def look(self, addresses: Sequence[str]) -> tuple[Network, ...]:
        """The networks that these addresses of ours are in now; none for loopback alone."""
        routes, now = _read(_ROUTES), self._clock()
        hardware = gateways(routes, _read(_NEIGHBOURS))
        if not hardware and self._touch is not None and any(map(_is_outward, addresses)):
            hardware = _touched(routes, self._touch)
        if hardware:
            self._shown_at = now
        elif tuple(addresses) == self._addresses and now - self._looked_at < _GAP and now - self._shown_at < _LONG:
            hardware = self._hardware
        self._addresses, self._hardware, self._looked_at = tuple(addresses), hardware, now
        self.found = _networks(addresses, hardware, bool(routes))
        return self.found


def _is_outward(address: str) -> bool:
    return not ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _touched(routes: str, touch: Callable[[str], None]) -> list[str]:
    """The routers that show once they were touched; none if there is no route to one."""
    wanted = routers(routes)
    for _ in range(_TOUCHES if wanted else 0):
        for one in wanted:
            touch(one)
        time.sleep(_TOUCH)
        if hardware := gateways(routes, _read(_NEIGHBOURS)):
            return hardware
    return []


def touch(router: str) -> None:
    """Have the system ask for a router's hardware address: by an empty datagram to its discard port (RFC 863)."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.sendto(b"", (router, 9))
    except OSError:
        pass  # then it does not show


def _boottime() -> float:
    """Seconds, also those in which the computer slept."""
    if sys.platform != "linux":
        return time.monotonic()
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def current(addresses: Sequence[str]) -> tuple[Network, ...]:
    """The networks that these addresses of ours are in, looked at once."""
    return NetworkWatch().look(addresses)


def _networks(addresses: Sequence[str], hardware: Sequence[str], tells: bool) -> tuple[Network, ...]:
    """`hardware`: of our routers. `tells`: whether this system says which those are."""
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
    if hardware:
        return tuple(Network(_hash(one), labels[0]) for one in hardware)
    return tuple(Network(_hash(_ONCE + label if tells else label), label) for label in labels)


def routers(routes: str) -> set[str]:
    """The addresses of the default gateways, from the kernel's table (proc(5))."""
    wanted = set()
    for line in routes.splitlines()[1:]:
        words = line.split()
        with contextlib.suppress(ValueError):  # a line that is not as proc(5) says
            if len(words) > 3 and words[1] == "00000000" and int(words[3], 16) & _UP_GATEWAY == _UP_GATEWAY:
                wanted.add(str(ipaddress.ip_address(bytes.fromhex(words[2])[::-1])))
    return wanted


def gateways(routes: str, neighbours: str) -> list[str]:
    """The hardware addresses of the default gateways, from the kernel's two tables (proc(5))."""
    wanted = routers(routes)
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
