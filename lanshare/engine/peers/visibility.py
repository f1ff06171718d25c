"""To whom this device shows itself: for good by the settings, or otherwise for a while. No clock of its own."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.settings import Visibility


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
class Showing:
    """The level in force."""

    lasting: Visibility
    _passing: Visibility | None = None
    _until: float = 0.0

    def level(self, now: float) -> Visibility:
        """What holds now."""
        if self._passing is not None and now >= self._until:
            self._passing = None
        return self._passing if self._passing is not None else self.lasting

    def for_a_while(self, level: Visibility, seconds: float, now: float) -> None:
        """Another level for so many seconds; 0: back to the lasting one."""
        self._passing, self._until = (level, now + seconds) if seconds > 0 else (None, 0.0)

    def left(self, now: float) -> float:
        """Seconds until the lasting level is in force again; 0 if it is."""
        return max(0.0, self._until - now) if self._passing is not None else 0.0

    def next_time(self) -> float | None:
        """When the level changes by itself."""
        return self._until if self._passing is not None else None


def access_policy(
    level: Visibility, trust: dict[PeerId, TrustLevel], present: frozenset[PeerId], keys: dict[PeerId, bytes]
) -> AccessPolicy:
    """Who may come in at this level."""
    friends = frozenset(peer for peer, one in trust.items() if one in (TrustLevel.KNOWN, TrustLevel.VERIFIED))
    blocked = frozenset(peer for peer, one in trust.items() if one is TrustLevel.BLOCKED)
    return AccessPolicy(level, friends, present, blocked, {one: key for one, key in keys.items() if one in friends})
