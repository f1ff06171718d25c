"""A device as the registry keeps it: what it said of itself, how far it is trusted, and its control link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from lanshare.domain.confusables import skeleton
from lanshare.domain.events import PeerAppeared, PeerChanged
from lanshare.domain.peer import ORDINARY, Address, DeviceKind, Peer, PeerId, PeerPolicy, TrustLevel, parse_address
from lanshare.engine.ports import LinkHandle
from lanshare.store.trustbook import TrustEntry

REMEMBERED: Final = 8
"""Addresses kept for a device, the last good one first; and runs of it that are told apart."""

GRACE: Final = 0.6
"""Seconds a lost control link may be replaced in before the device is shown away: crossing links settle in this."""


@dataclass(slots=True)
class PeerRecord:
    """A device that has proven itself at some time."""

    id: PeerId
    name: str
    kind: DeviceKind
    system: str
    trust: TrustLevel
    addresses: list[str]
    last_seen: int = 0
    link: LinkHandle | None = None
    dialler: PeerId | None = None
    instance: bytes = b""
    earlier: set[bytes] = field(default_factory=set)
    """Runs of it that were followed by another one."""

    down_at: float | None = None
    """When its link was lost; for a moment it may be replaced, and nobody is told."""

    up_at: float = 0.0
    flaps: int = 0
    """Links in a row that ended soon after they had begun, and over which nothing was done: it is dialled later and
    later."""

    away_since: float = 0.0
    """Since when it has no link; of no meaning while it has one."""

    shown: bool = False
    alias: str = ""
    rules: PeerPolicy = ORDINARY
    note: str = ""
    met_as: str = ""
    """What it was called when a person here first dealt with it: that name stays its own."""

    accused: set[PeerId] = field(default_factory=set)
    """Known devices in whose place it answered in this run, and about which no person has decided."""

    key: bytes = b""
    """Its public key (SubjectPublicKeyInfo, DER), by which it is asked for while it hides; empty if it is not known."""

    @classmethod
    def remembered(cls, one: TrustEntry, now: float) -> PeerRecord:
        """One of the trust book, away since now."""
        return cls(
            one.id, one.name, one.kind, one.system, one.trust, list(one.addresses), one.last_seen, alias=one.alias,
            rules=one.rules, met_as=one.met_as, key=one.key, away_since=now,
        )

    @classmethod
    def stranger(cls, peer: PeerId, name: str, kind: DeviceKind = DeviceKind.UNKNOWN, system: str = "") -> PeerRecord:
        """One that is new."""
        return cls(peer, name, kind, system, TrustLevel.STRANGER, [])

    @property
    def online(self) -> bool:
        """Whether its control link is open."""
        return self.link is not None

    @property
    def dealt_with(self) -> bool:
        """Whether a person here has dealt with it."""
        return self.trust in (TrustLevel.KNOWN, TrustLevel.VERIFIED)

    def looks(self) -> frozenset[str]:
        """What its names look like."""
        return frozenset(skeleton(one) for one in (self.name, self.alias, self.met_as) if one)

    def met_at(self, *addresses: Address) -> None:
        """It was reached here: the likeliest address first."""
        self.addresses = list(dict.fromkeys((*map(str, addresses), *self.addresses)))[:REMEMBERED]

    def entry(self) -> TrustEntry:
        """What the trust book keeps of it."""
        return TrustEntry(
            self.id, self.name, self.kind, self.system, self.trust, tuple(self.addresses), self.last_seen, self.alias,
            self.rules, self.met_as, self.key,
        )

    def shows(self) -> Peer:
        """As a shell shows it."""
        return Peer(
            self.id, self.name, self.kind, tuple(self.addresses), self.trust, self.online, self.system, self.alias,
            self.rules, self.note, self.met_as,
        )

    def appeared(self) -> PeerAppeared:
        """It is there."""
        facts = (self.id, self.name, self.kind, tuple(self.addresses), self.trust, self.online, self.system)
        return PeerAppeared(*facts, self.alias, self.rules, self.note, self.met_as)

    def changed(self) -> PeerChanged:
        """Something about it is different."""
        facts = (self.id, self.name, self.kind, tuple(self.addresses), self.trust, self.online, self.system)
        return PeerChanged(*facts, self.alias, self.rules, self.note, self.met_as)


def parsed(texts: Iterable[str]) -> dict[Address, None]:
    """Addresses that were remembered, in their order; what is none is left out."""
    found: dict[Address, None] = {}
    for text in texts:
        try:
            found[parse_address(text)] = None
        except ValueError:
            continue
    return found
