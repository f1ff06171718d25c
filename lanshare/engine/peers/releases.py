"""Which releases of lanshare the devices here run that a person knows. No server is asked: they tell each other.

Ours is told to known devices alone, in a Hello of its own once a link is up: a stranger could look up its faults.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import lanshare
from lanshare.domain.control_messages import Renamed
from lanshare.domain.events import NewerReleaseSeen
from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import Effect, Online, Publish
from lanshare.engine.ports import LinkHandle
from lanshare.exchange.handshake import DeviceInfo

_RELEASE: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}")
_DEALT: Final = (TrustLevel.KNOWN, TrustLevel.VERIFIED)


class Releases:
    """The newest one that was heard of, if it is newer than this."""

    def __init__(
        self, facts: Callable[[], DeviceInfo], name: Callable[[PeerId], str], trust: Callable[[PeerId], TrustLevel],
        link: Callable[[PeerId], LinkHandle | None], ours: str = lanshare.__version__,
    ) -> None:
        self._facts, self._name, self._trust, self._link, self._ours = facts, name, trust, link, ours
        self.newest: NewerReleaseSeen | None = None

    def register(self, to: Dispatch) -> None:
        """See Service."""
        to.effects.on(Online, lambda effect: self._tell(effect.peer))
        to.heard.on(Renamed, lambda said, peer, now: self.heard(peer, said.release))

    def tick(self, now: float) -> list[Effect]:
        """See Service."""
        return []

    def next_time(self) -> float | None:
        """See Service."""
        return None

    def heard(self, peer: PeerId, release: str) -> list[Effect]:
        """A device says which one it runs."""
        if self._trust(peer) not in _DEALT or not _RELEASE.fullmatch(release):
            return []
        newest = self.newest.release if self.newest is not None else self._ours
        if _numbers(release) <= _numbers(newest):
            return []
        self.newest = NewerReleaseSeen(peer, self._name(peer), release)
        return [Publish(self.newest)]

    def _tell(self, peer: PeerId) -> None:
        if self._trust(peer) in _DEALT and (link := self._link(peer)) is not None:
            link.post(self._facts().of_release(self._ours))


def _numbers(release: str) -> tuple[int, ...]:
    found = [int(part) for part in re.findall(r"[0-9]+", release.partition("+")[0])]
    while found and not found[-1]:
        found.pop()
    return tuple(found)
