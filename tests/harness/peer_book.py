"""Devices, links and announcements for tests of the registry."""

from __future__ import annotations

from lanshare.domain.errors import Code
from lanshare.domain.events import (
    AddressReached,
)
from lanshare.domain.peer import Address, DeviceKind, PeerId, TrustLevel
from lanshare.engine.effects import Effect, Publish
from lanshare.engine.inbox import LinkUp
from lanshare.exchange.handshake import AuthenticatedPeer, DeviceInfo
from lanshare.store.trustbook import TrustEntry

ME, BIG, SMALL, OTHER = PeerId("m" * 52), PeerId("z" * 52), PeerId("a" * 52), PeerId("q" * 52)
HERE = Address("10.0.0.5", 17717)


class Link:
    """A link that does nothing."""

    def post(self, item: object) -> bool:
        return True

    def abort(self, code: Code = Code.CANCELLED) -> None:
        """Nothing to end."""


def up(peer: PeerId, dialled: bool, name: str = "Bob", run: bytes = b"1" * 16, link: Link | None = None) -> LinkUp:
    """A control link opened."""
    facts = DeviceInfo(name, DeviceKind.LAPTOP, "Debian", 17717, run)
    return LinkUp(AuthenticatedPeer(peer, facts, "control"), link or Link(), dialled, HERE)


def told(effects: list[Effect], kind: type) -> list[object]:
    """The events of a kind among effects."""
    return [one.event for one in effects if isinstance(one, Publish) and isinstance(one.event, kind)]


def known(peer: PeerId = BIG, name: str = "Bob") -> TrustEntry:
    """A device of the trust book."""
    return TrustEntry(peer, name, DeviceKind.LAPTOP, "Debian", TrustLevel.KNOWN, (str(HERE),), 0)


def reached(effects: list[Effect]) -> list[tuple[str, PeerId, str]]:
    """Who answered at typed addresses, and in whose place."""
    return [(one.address, one.peer, one.known) for one in told(effects, AddressReached)]  # type: ignore[attr-defined]
