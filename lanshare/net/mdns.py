"""One responder and browser of mDNS (RFC 6762, 6763) on zeroconf: what it says of us, and what it hears.

discovery.py says when it is refreshed; everything heard here is a hint.

cooperating_responders=True skips the conflict probe (1 ms instead of 1.2 s): safe, because our instance name is made
of our key's hash. An interface that appears later needs update_interfaces() and a new browser; both were measured.

Loaded by the discovery thread: zeroconf, and asyncio with it, takes longer to load than a window may wait.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import os
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from zeroconf import (
    BadTypeInNameException,
    Error,
    InterfaceChoice,
    IPVersion,
    ServiceBrowser,
    ServiceInfo,
    Zeroconf,
)
from zeroconf._dns import DNSAddress, DNSService

from lanshare.domain.errors import Code
from lanshare.domain.peer import Address, DeviceKind, clean_name, short_id
from lanshare.net.announcement import Announcement, Sighting
from lanshare.net.mdns_threads import Callbacks, Resolver
from lanshare.net.nearness import is_beside, is_near, local_addresses
from lanshare.wire import limits
from lanshare.wire.frames import VERSION

SERVICE: Final = "_lanshare._tcp.local."
_DESCRIPTORS: Final = 8
"""That zeroconf needs besides one or two for each address."""

_TXT: Final = 255 - len("name=")
_HOSTS: Final = 8
"""Addresses of one announcement that are looked at."""

_RESOLVE_MS: Final = 1000
_INSTANCE: Final = re.compile(r"[a-z2-7]{8}")
"""Instance names of ours are short ids; whatever else is announced under our service is not for us."""

_log = logging.getLogger(__name__)


def fits(name: str) -> str:
    """As much of a name as a TXT entry holds: 255 bytes with its key (RFC 6763, 6.1). The whole is said in Hello."""
    return name.encode("utf-8", "replace")[:_TXT].decode("utf-8", "ignore")


class Mdns:
    """Announces and browses. Its methods are the discovery thread's; `seen` and `lost` are called on zeroconf's."""

    def __init__(
        self,
        own: str,
        me: Callable[[], Announcement | None],
        held: Callable[[], bool],
        hidden: Callable[[], bool],
        interfaces: Sequence[str],
        seen: Callable[[Sighting], None],
        lost: Callable[[str], None],
    ) -> None:
        """`own`: our short id. `me`: what is to be announced; None: browse only. `hidden`: nothing is announced.

        `held`: nor is it at new addresses, not even for the moment until they are taken up.
        """
        self._own = own
        self._me = me
        self._held = held
        self._hidden = hidden
        self._interfaces = tuple(interfaces)
        self._seen = seen
        self._lost = lost
        self._stopping = False
        self.ours: set[str] = set()
        """Addresses that this machine has, or had in this run."""

        self._zeroconf: Zeroconf | None = None
        self._info: ServiceInfo | None = None
        self._browser: ServiceBrowser | None = None
        self._known: OrderedDict[str, None] = OrderedDict()
        self._resolver = Resolver(self._resolve)

    @property
    def is_open(self) -> bool:
        """Whether it announces and browses now."""
        return self._zeroconf is not None

    def refresh(self, addresses: tuple[str, ...]) -> Code | None:
        """Open what is not open, and say and ask everything at these addresses; what keeps it from doing so."""
        self.ours.update(host.partition("%")[0] for host in addresses)
        try:
            if self._zeroconf is None:
                self._zeroconf = self._open()
            elif not self._interfaces:
                if self._held():
                    self._take_back(self._zeroconf)  # else it would be told to whoever asks on the new ones
                self._zeroconf.update_interfaces(InterfaceChoice.All)
            self._browse(self._zeroconf)
            self._register(self._zeroconf, addresses)
        except (Error, OSError, BadTypeInNameException) as error:
            _log.warning("mDNS: %s", type(error).__name__)
            if self._zeroconf is not None:
                self._zeroconf.close()
                self._zeroconf = self._info = self._browser = None
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            return Code.MDNS_BLOCKED if taken else Code.NO_NETWORK
        return None

    def close(self) -> None:
        """Say goodbye and stop, for good."""
        self._stopping = True
        self._resolver.close()
        if self._browser is not None:
            self._browser.cancel()
        if self._zeroconf is not None:
            with contextlib.suppress(Error, OSError):
                self._zeroconf.unregister_all_services()
            self._zeroconf.close()

    def drop(self) -> None:
        """Let everything go without a word, after a fault; refresh() opens it again."""
        zeroconf, self._zeroconf, self._info, self._browser = self._zeroconf, None, None, None
        if zeroconf is not None:
            with contextlib.suppress(Exception):
                zeroconf.close()

    def _open(self) -> Zeroconf:
        # Where it cannot open all it needs, zeroconf waits for ever for a thread of its own that has died.
        spare: list[int] = []
        try:
            for _ in range(_DESCRIPTORS + 2 * len(local_addresses(self._interfaces))):
                spare.append(os.open(os.devnull, os.O_RDONLY))
        finally:
            for one in spare:
                os.close(one)
        if self._interfaces:
            v6 = [":" in one for one in self._interfaces]
            version = IPVersion.All if any(v6) and not all(v6) else IPVersion.V6Only if all(v6) else IPVersion.V4Only
            return Zeroconf(interfaces=list(self._interfaces), ip_version=version)
        try:
            return Zeroconf(interfaces=InterfaceChoice.All, ip_version=IPVersion.All)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise
            return Zeroconf(interfaces=InterfaceChoice.All, ip_version=IPVersion.V4Only)

    def _browse(self, zeroconf: Zeroconf) -> None:
        old, self._browser = self._browser, None
        if old is not None:
            old.cancel()
        self._browser = ServiceBrowser(zeroconf, SERVICE, listener=Callbacks(self._on_service, self._on_gone))

    def _take_back(self, zeroconf: Zeroconf) -> None:
        if self._info is not None:
            zeroconf.unregister_service(self._info)
            self._info = None

    def _register(self, zeroconf: Zeroconf, addresses: tuple[str, ...]) -> None:
        me = self._me()
        if me is None:
            return
        if self._hidden() or self._held():
            self._take_back(zeroconf)
            return
        short = short_id(me.id)
        info = ServiceInfo(
            SERVICE,
            f"{short}.{SERVICE}",
            addresses=[ipaddress.ip_address(one.partition("%")[0]).packed for one in addresses],
            port=me.port,
            properties={"v": str(VERSION), "id": short, "name": fits(me.name), "kind": me.kind.value},
            server=f"lanshare-{short}.local.",
        )
        if self._info is None:
            zeroconf.register_service(info, cooperating_responders=True)
        else:
            zeroconf.update_service(info)
        self._info = info

    # --- zeroconf's threads

    def _on_service(self, zeroconf: Zeroconf, name: str) -> None:
        short = name.removesuffix(f".{SERVICE}")
        if self._stopping or not _INSTANCE.fullmatch(short):
            return
        if short == self._own:
            self._look_for_copies(zeroconf, name)
            return
        info = ServiceInfo(SERVICE, name)
        if info.load_from_cache(zeroconf) and info.parsed_scoped_addresses():
            self._told(info, short)
        else:
            # Asking takes its time; names that are nowhere must not hold up those that follow.
            self._resolver.ask(name)

    def _resolve(self, name: str) -> None:
        zeroconf = self._zeroconf
        if zeroconf is None or self._stopping:
            return
        info = ServiceInfo(SERVICE, name)
        if info.request(zeroconf, _RESOLVE_MS):
            self._told(info, name.removesuffix(f".{SERVICE}"))

    def _look_for_copies(self, zeroconf: Zeroconf, name: str) -> None:
        """Our own name with somebody else's address: is it a copy of us? Whoever dials it sees.

        All that is announced under the name is looked at: our own announcement is among it, and mDNS tells only once
        that there is another one.
        """
        me = self._me()
        if me is None:
            return
        found = [
            Address(_host_of(one), service.port)
            for service in zeroconf.cache.entries_with_name(name.lower())
            if isinstance(service, DNSService) and service.port
            for one in zeroconf.cache.entries_with_name(service.server_key)
            if isinstance(one, DNSAddress)
        ]
        if not found:
            self._resolver.ask(name)
        # Ours go first, so that they leave room for those of others, the latest of which come first.
        foreign = self._foreign(tuple(dict.fromkeys(reversed(found))))
        if addresses := tuple(one for one in foreign if is_near(one.host, self.ours))[:_HOSTS]:
            self._seen(Sighting(self._own, me.name, me.kind, addresses))

    def _told(self, info: ServiceInfo, short: str) -> None:
        self._known.pop(short, None)
        self._known[short] = None
        if len(self._known) > limits.SIGHTINGS:
            # Whoever was seen longest ago makes room: a friend among them has long been dialled.
            with contextlib.suppress(KeyError):
                self._lost(self._known.popitem(last=False)[0])
        properties = info.decoded_properties
        port = info.port
        if not port:
            return
        hosts = [one for one in info.parsed_scoped_addresses(IPVersion.All) if is_near(one, self.ours)]
        # A link-local address without its scope can hardly be dialled: last. Of many (a machine has bridges and
        # tunnels) those of our own networks are the ones to look at.
        hosts.sort(key=lambda host: (host.startswith("fe80") and "%" not in host, not is_beside(host, self.ours)))
        hosts = hosts[:_HOSTS]
        if not hosts:
            return
        addresses = tuple(Address(host, port) for host in hosts)
        if short == self._own and not (addresses := self._foreign(addresses)):
            return
        self._seen(
            Sighting(
                short[:64],
                clean_name(properties.get("name") or "", short),
                DeviceKind.of(properties.get("kind") or ""),
                addresses,
            )
        )

    def _foreign(self, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
        """Those that are not where we are announced ourselves."""
        me = self._me()
        assert me is not None
        return tuple(one for one in addresses if one.port != me.port or not self._is_ours(one.host))

    def _is_ours(self, host: str) -> bool:
        """Whether it is, or was in this run, an address of this machine: what we announced there is still about."""
        plain = host.partition("%")[0]
        return plain in self.ours or ipaddress.ip_address(plain).is_loopback

    def _on_gone(self, name: str) -> None:
        short = name.removesuffix(f".{SERVICE}")
        self._known.pop(short, None)
        if not self._stopping:
            self._lost(short)


def _host_of(record: DNSAddress) -> str:
    """Its address, with the scope without which a link-local one cannot be dialled."""
    host = ipaddress.ip_address(record.address)
    scoped = host.version == 6 and host.is_link_local and record.scope_id
    return f"{host}%{record.scope_id}" if scoped else str(host)
