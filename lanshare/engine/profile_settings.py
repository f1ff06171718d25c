"""The person's settings while the engine runs: what follows from them, and what a change of them sets off."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from msgspec.structs import replace

from lanshare.domain.commands import AnswerNetwork, ChangeSettings, RenewIdentity
from lanshare.domain.errors import Code
from lanshare.domain.events import IdentityRenewed, MeChanged, SettingsChanged, SettingsRefused
from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.settings import Settings, checked
from lanshare.domain.transfer import Direction
from lanshare.engine.deps import EngineDeps
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import (
    Effect,
    Publish,
    write,
)
from lanshare.engine.inbox import EventReady, StoreFailed
from lanshare.engine.peers.registry import Peers
from lanshare.engine.peers.visibility import Exposure
from lanshare.engine.presentation import user_messages
from lanshare.engine.shells import trouble
from lanshare.exchange.throttle import Throttle
from lanshare.store import settings as settings_file


class ProfileSettings:
    """Applies settings. The one in force lies in the deps, so that whoever holds them sees it."""

    def __init__(self, deps: EngineDeps, peers: Peers, exposure: Exposure) -> None:
        self._deps, self._peers, self._exposure = deps, peers, exposure
        self._throttles = {
            Direction.OUT: Throttle(lambda: deps.settings.speed_limit),
            Direction.IN: Throttle(lambda: deps.settings.receive_limit),
        }
        self._peer_throttles: dict[tuple[PeerId, Direction], Throttle] = {}

    def register(self, to: Dispatch) -> None:
        """See Service."""
        to.items.on(ChangeSettings, lambda item, now: self.change(item.settings, now))
        to.items.on(AnswerNetwork, self._answer)
        to.items.on(RenewIdentity, lambda item, now: self._renew())

    def tick(self, now: float) -> list[Effect]:
        """See Service."""
        return []

    def next_time(self) -> float | None:
        """See Service."""
        return None

    def may_execute(self, peer: PeerId) -> bool:
        """Whether what this device sends may keep the right to be executed."""
        return self._deps.settings.keep_executable and self._peers.trust(peer) is TrustLevel.VERIFIED

    def throttles(self, peer: PeerId, direction: Direction) -> tuple[Throttle, ...]:
        """All that hold for a transfer with this device: the one for all, and its own."""
        own = self._peer_throttles.get((peer, direction))
        if own is None:
            own = Throttle(lambda: self._peers.rows[peer].rules.speed if peer in self._peers.rows else 0)
            self._peer_throttles[peer, direction] = own
        return (self._throttles[direction], own)

    def change(self, settings: Settings, now: float) -> list[Effect]:
        """Other settings: in force at once, told when they are saved; refused as a whole if one is out of range."""
        try:
            checked(settings)
        except ValueError as error:
            return [Publish(SettingsRefused(str(error)))]
        deps, old = self._deps, self._deps.settings
        deps.settings = settings
        if settings.visibility is not old.visibility:
            self._exposure.set_lasting(settings.visibility)
        renamed = settings.name != old.name and "name" not in deps.overrides
        if renamed:
            deps.me.facts = replace(deps.me.facts, name=settings.name or deps.default_name)
            deps.renamed(deps.me.facts.name)
        if renamed or settings.away_note != old.away_note:
            deps.me.facts = replace(deps.me.facts, note=settings.away_note)
            for link in self._peers.links():
                link.post(deps.me.facts)
        restart = ("port",) if settings.port != deps.port and "port" not in deps.overrides else ()
        told = Publish(MeChanged(self._exposure.me(now)))
        path = deps.settings_path
        return [told] if path is None else [write(_save, path, SettingsChanged(settings, restart)), told]

    def _answer(self, item: AnswerNetwork, now: float) -> list[Effect]:
        settings = self._deps.settings
        return self.change(replace(settings, networks=settings.networks | {item.network: item.home}), now)

    def _renew(self) -> list[Effect]:
        """A new key; whoever runs this engine starts it anew with it."""
        try:
            self._deps.renew()
        except OSError as error:
            code = Code.PROFILE_UNWRITABLE
            return [trouble(code, user_messages.trouble(code, error.strerror or ""))]
        return [Publish(IdentityRenewed())]


def _save(db: sqlite3.Connection, path: Path, event: SettingsChanged) -> EventReady | StoreFailed:
    """In the store's thread, as the disk may be slow."""
    try:
        settings_file.save(path, event.settings)
    except OSError:
        return StoreFailed("the settings could not be saved")
    return EventReady(event)
