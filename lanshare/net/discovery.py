"""Which addresses we have, and what is announced and looked for at them, on a thread of its own.

mdns.py says and hears it; it is loaded by this thread, so that nobody waits for it. Everything heard is a hint.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from lanshare.domain.errors import Code
from lanshare.domain.peer import PeerId, short_id
from lanshare.net.announcement import Announcement, Sighting
from lanshare.net.nearness import local_addresses

if TYPE_CHECKING:
    from lanshare.net.mdns import Mdns

_WATCH: Final = 2.0
_RETRY: Final = 10.0

_log = logging.getLogger(__name__)


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
        mdns: Mdns | None = None
        while not self._stopping:
            try:
                mdns = mdns or self._mdns()
                self._keep_up(mdns)
            except Exception as error:
                # Whatever an odd interface or name brings about: it is told, and begun anew, not the end of discovery.
                _log.warning("discovery begins anew: %s", type(error).__name__)
                if mdns is not None:
                    mdns.drop()
                self._changed((), Code.MDNS_BLOCKED)
                self._wake.wait(_RETRY)
                self._wake.clear()
        if mdns is not None:
            mdns.close()

    def _mdns(self) -> Mdns:
        from lanshare.net.mdns import Mdns

        return Mdns(
            self._own, lambda: self._me, lambda: self._held, lambda: not self._visible, self._interfaces,
            self._seen, self._lost,
        )

    def _keep_up(self, mdns: Mdns) -> None:
        """Follow our addresses and our name until close()."""
        addresses: tuple[str, ...] = ()
        place: object = None
        trouble: Code | None = None
        settling = False
        while not self._stopping:
            now = local_addresses(self._interfaces)
            where = self._place(now)
            moved = (now, where) != (addresses, place)
            if not mdns.is_open or moved or self._renamed or settling:
                self._renamed = False
                # A fresh IPv6 address cannot be bound until it has been checked for duplicates (RFC 4862, 5.4), a
                # second or so: look once more.
                settling = now != addresses and not self._interfaces and any(":" in one for one in now)
                self._held = self._held or (self._asks and bool(addresses) and moved)
                before, addresses, place = trouble, now, where
                trouble = mdns.refresh(now)
                if moved or trouble != before:
                    self._changed(addresses, trouble)
            self._wake.wait(_WATCH if mdns.is_open else _RETRY)
            self._wake.clear()
