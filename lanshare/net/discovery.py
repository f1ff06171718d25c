"""Announce and browse by mDNS (RFC 6762, 6763). The one user of zeroconf. Everything heard here is a hint.

cooperating_responders=True skips the conflict probe (1 ms instead of 1.2 s): safe, because our instance name is made
of our key's hash. An interface that appears later needs update_interfaces() and a new browser; both were measured.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct
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
from lanshare.domain.peer import Address, DeviceKind, PeerId, clean_name, short_id
from lanshare.net.mdns_threads import Callbacks, Resolver
from lanshare.net.nearness import is_beside, is_near, local_addresses
from lanshare.wire import limits
from lanshare.wire.frames import VERSION

SERVICE: Final = "_lanshare._tcp.local."
_WATCH: Final = 2.0
_DESCRIPTORS: Final = 8
"""That zeroconf needs besides one or two for each address."""

_RETRY: Final = 10.0
_TXT: Final = 255 - len("name=")
_HOSTS: Final = 8
"""Addresses of one announcement that are looked at."""

_RESOLVE_MS: Final = 1000
_INSTANCE: Final = re.compile(r"[a-z2-7]{8}")
"""Instance names of ours are short ids; whatever else is announced under our service is not for us."""

_log = logging.getLogger(__name__)


class Announcement(Struct, frozen=True):
    """What we say of ourselves on the network."""

    id: PeerId
    name: str
    kind: DeviceKind
    port: int


class Sighting(Struct, frozen=True):
    """What a device said of itself: hints only, never trusted."""

    short: str
    name: str
    kind: DeviceKind
    addresses: tuple[Address, ...]


def fits(name: str) -> str:
    """As much of a name as a TXT entry holds: 255 bytes with its key (RFC 6763, 6.1). The whole is said in Hello."""
    return name.encode("utf-8", "replace")[:_TXT].decode("utf-8", "ignore")


class Discovery:
    """Keeps us announced and the network browsed until close(). Callbacks come from its threads and must only post."""

    def __init__(
        self,
        me: Announcement | None,
        own: PeerId,
        interfaces: Sequence[str],
        seen: Callable[[Sighting], None],
        lost: Callable[[str], None],
        changed: Callable[[tuple[str, ...], Code | None], None],
        asks: bool = False,
        place: Callable[[tuple[str, ...]], object] = lambda addresses: None,
    ) -> None:
        """`me` None: browse without announcing. `changed` hears our addresses, and what is wrong with mDNS if it is.

        `place`: which network our addresses are in, looked at every few seconds: another one may have the same.
        `asks`: where either changes, nothing is announced until show() was called again: the network may be one that a
        person is to be asked about first.
        """
        self._me = me
        self._own = short_id(own)
        self._interfaces = tuple(interfaces)
        self._seen = seen
        self._lost = lost
        self._changed = changed
        self._wake = threading.Event()
        self._stopping = False
        self._renamed = False
        self._visible = True
        self._asks = asks
        self._place = place
        self._held = False
        """Nothing is announced until it is said whether we show ourselves at our present addresses."""

        self._ours: set[str] = set()
        """Addresses that this machine has, or had in this run."""

        self._zeroconf: Zeroconf | None = None
        self._info: ServiceInfo | None = None
        self._browser: ServiceBrowser | None = None
        self._known: OrderedDict[str, None] = OrderedDict()
        self._resolver = Resolver(self._resolve)
        self._thread = threading.Thread(target=self._run, name="discovery")

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def announce(self, me: Announcement) -> None:
        """Announce another name or port from now on."""
        if self._me is not None and me != self._me:
            self._me = me
            self._renamed = True
            self._wake.set()

    def show(self, visible: bool) -> None:
        """Be announced from now on, or not; browsing goes on."""
        if visible != self._visible or self._held:
            self._visible, self._held = visible, False
            self._renamed = True
            self._wake.set()

    def close(self) -> None:
        """Say goodbye and stop."""
        self._stopping = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    # --- the discovery thread

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._keep_up()
            except Exception as error:
                # Whatever an odd interface or name brings about: it is told, and begun anew, not the end of discovery.
                _log.warning("discovery begins anew: %s", type(error).__name__)
                self._drop()
                self._changed((), Code.MDNS_BLOCKED)
                self._wake.wait(_RETRY)
                self._wake.clear()
        self._resolver.close()
        if self._browser is not None:
            self._browser.cancel()
        if self._zeroconf is not None:
            with contextlib.suppress(Error, OSError):
                self._zeroconf.unregister_all_services()
            self._zeroconf.close()

    def _drop(self) -> None:
        zeroconf, self._zeroconf, self._info, self._browser = self._zeroconf, None, None, None
        if zeroconf is not None:
            with contextlib.suppress(Exception):
                zeroconf.close()

    def _keep_up(self) -> None:
        """Follow our addresses and our name until close()."""
        addresses: tuple[str, ...] = ()
        place: object = None
        trouble: Code | None = None
        settling = False
        while not self._stopping:
            now = local_addresses(self._interfaces)
            self._ours.update(host.partition("%")[0] for host in now)
            where = self._place(now)
            moved = (now, where) != (addresses, place)
            if self._zeroconf is None or moved or self._renamed or settling:
                self._renamed = False
                # A fresh IPv6 address cannot be bound until it has been checked for duplicates (RFC 4862, 5.4), a
                # second or so: look once more.
                settling = now != addresses and not self._interfaces and any(":" in one for one in now)
                self._held = self._held or (self._asks and bool(addresses) and moved)
                before, addresses, place = trouble, now, where
                trouble = self._refresh(now)
                if moved or trouble != before:
                    self._changed(addresses, trouble)
            self._wake.wait(_WATCH if self._zeroconf is not None else _RETRY)
            self._wake.clear()

    def _refresh(self, addresses: tuple[str, ...]) -> Code | None:
        try:
            if self._zeroconf is None:
                self._zeroconf = self._open()
            elif not self._interfaces:
                if self._held:
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
        me = self._me
        if me is None:
            return
        if not self._visible or self._held:
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
        me = self._me
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
        if addresses := tuple(one for one in foreign if is_near(one.host, self._ours))[:_HOSTS]:
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
        hosts = [one for one in info.parsed_scoped_addresses(IPVersion.All) if is_near(one, self._ours)]
        # A link-local address without its scope can hardly be dialled: last. Of many (a machine has bridges and
        # tunnels) those of our own networks are the ones to look at.
        hosts.sort(key=lambda host: (host.startswith("fe80") and "%" not in host, not is_beside(host, self._ours)))
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
        assert self._me is not None
        return tuple(one for one in addresses if one.port != self._me.port or not self._is_ours(one.host))

    def _is_ours(self, host: str) -> bool:
        """Whether it is, or was in this run, an address of this machine: what we announced there is still about."""
        plain = host.partition("%")[0]
        return plain in self._ours or ipaddress.ip_address(plain).is_loopback

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
