"""To whom this device shows itself: by the settings, for a while otherwise, and by the networks that it is in.

`AccessPolicy` is what other threads see of it. `Exposure` keeps it up to date: after each step of the engine it
compares the level and the known devices with what was published last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lanshare.domain.commands import SetTemporaryVisibility
from lanshare.domain.errors import Code
from lanshare.domain.events import Event, Me, MeChanged, NetworkTroubled, NetworkTrustRequested
from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.settings import Visibility
from lanshare.engine.deps import EngineDeps
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import Effect, Publish
from lanshare.engine.inbox import NetworkChanged
from lanshare.engine.local_device import AccessPolicy
from lanshare.engine.peers.registry import Peers
from lanshare.engine.presentation import user_messages
from lanshare.net.networks import Network

_LONGEST: Final = 86_400.0
"""Seconds for which a person may choose another visibility."""


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


class Exposure:
    """Whom we show ourselves to, and which networks we are in."""

    def __init__(self, deps: EngineDeps, peers: Peers, downloads: Callable[[], Path]) -> None:
        self._deps, self._peers, self._downloads = deps, peers, downloads
        self._showing = Showing(deps.visible or deps.settings.visibility)
        self._networks = deps.networks
        self._addresses = deps.addresses
        self._told: tuple[Visibility, int] | None = None
        """The level, and the version of the known devices, that were published last."""

        self._is_awaited = False
        """Our addresses changed, and discovery waits for whether we are announced at them."""

    def register(self, to: Dispatch) -> None:
        """See Service."""
        to.items.on(NetworkChanged, self._network)
        to.items.on(SetTemporaryVisibility, self._show_for)

    def tick(self, now: float) -> list[Effect]:
        """Let the threads that accept and announce know whom we show ourselves to."""
        level = self.level(now)
        before, state = self._told, (level, self._peers.version)
        if state != before:
            self._told = state
            self._deps.me.admission = access_policy(level, *self._peers.known())
        is_another = before is None or before[0] is not level
        if is_another or self._is_awaited:
            self._is_awaited = False
            self._deps.announced(level is Visibility.EVERYONE)
        if not is_another:
            return []
        told = [] if before is None else [Publish(MeChanged(self.me(now)))]
        return [*self._peers.show(level), *told]

    def next_time(self) -> float | None:
        """See Service."""
        return self._showing.next_time()

    def level(self, now: float) -> Visibility:
        """To whom we show ourselves: on a network that is new to nobody, where we are not at home to known devices."""
        level = self._showing.level(now)
        if self._showing.left(now) > 0 or self._deps.visible is not None:
            return level
        if self._unasked():
            return Visibility.NOBODY
        answers = self._deps.settings.networks
        away = any(answers.get(one.id) is False for one in self._networks)
        return Visibility.KNOWN if away and level is Visibility.EVERYONE else level

    def set_lasting(self, level: Visibility) -> None:
        """The person chose another level for good; one for a while ends by that."""
        self._showing = Showing(level)

    def at_home(self) -> bool:
        """Whether all networks that we are in are ones where the person is at home."""
        answers = self._deps.settings.networks
        return bool(self._networks) and all(answers.get(one.id, False) for one in self._networks)

    def questions(self) -> list[Event]:
        """What the person is to be asked about the networks that we are in."""
        return [NetworkTrustRequested(one.id, one.label) for one in self._unasked()]

    def me(self, now: float) -> Me:
        """This device, as shells show it."""
        facts = self._deps.me.facts
        return Me(
            self._deps.me.identity.id, facts.name, facts.kind, self._deps.port, self._addresses,
            str(self._downloads()), self.level(now), round(self._showing.left(now), 1),
        )

    def _unasked(self) -> tuple[Network, ...]:
        if not self._deps.asks:
            return ()
        return tuple(one for one in self._networks if one.id not in self._deps.settings.networks)

    def _network(self, item: NetworkChanged, now: float) -> list[Effect]:
        fresh = [one for one in item.networks if one not in self._networks]
        self._addresses, self._networks = item.addresses, item.networks
        self._is_awaited = True
        effects: list[Effect] = [Publish(MeChanged(self.me(now)))]
        effects += [Publish(NetworkTrustRequested(one.id, one.label)) for one in self._unasked() if one in fresh]
        for code in (Code.MDNS_BLOCKED, Code.NO_NETWORK):
            sentence = user_messages.trouble(code, "") if code == item.trouble else ""
            effects.append(Publish(NetworkTroubled(code, sentence)))
        return effects

    def _show_for(self, item: SetTemporaryVisibility, now: float) -> list[Effect]:
        self._showing.for_a_while(item.level, min(item.seconds, _LONGEST), now)
        return [*self.tick(now), Publish(MeChanged(self.me(now)))]
