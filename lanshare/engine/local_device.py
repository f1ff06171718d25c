"""Who we are on every link, and who may come in. Replaced as a whole by the engine's thread, read by the links'."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct

from lanshare.domain.peer import PeerId
from lanshare.domain.settings import Visibility
from lanshare.exchange.handshake import DeviceInfo
from lanshare.trust.identity import Identity


class AccessPolicy(Struct, frozen=True):
    """Who may come in, as the threads that accept links need to know it. Replaced as a whole."""

    level: Visibility = Visibility.EVERYONE
    friends: frozenset[PeerId] = frozenset()
    present: frozenset[PeerId] = frozenset()
    """Whoever we talk to already, because our person wanted to."""

    blocked: frozenset[PeerId] = frozenset()
    keys: dict[PeerId, bytes] = {}
    """Public keys (SubjectPublicKeyInfo, DER) of devices that are known: a hidden one is asked for by its key."""

    @property
    def hides(self) -> bool:
        """Whether a stranger may not learn who we are."""
        return self.level is not Visibility.EVERYONE

    def admits(self, peer: PeerId) -> bool:
        """Whether this proven device is told who we are."""
        if peer in self.blocked:
            return False
        if peer in self.present or self.level is Visibility.EVERYONE:
            return True
        return self.level is Visibility.KNOWN and peer in self.friends


@dataclass(slots=True)
class LocalDevice:
    """Who we are on every link, and who may come in. Both are replaced as a whole when they change."""

    identity: Identity
    facts: DeviceInfo
    admission: AccessPolicy = field(default_factory=AccessPolicy)
