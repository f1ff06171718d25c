"""What the parts of the registry see of it."""

from __future__ import annotations

from typing import Protocol

from lanshare.domain.peer import PeerId
from lanshare.engine.effects import Effect
from lanshare.engine.peers.dial_scheduler import DialScheduler
from lanshare.engine.peers.identity_monitor import IdentityMonitor
from lanshare.engine.peers.record import PeerRecord


class RegistryView(Protocol):
    """The registry, as link_table and decisions use it. They change its rows, and count that up in `version`."""

    me: PeerId
    rows: dict[PeerId, PeerRecord]
    version: int
    dials: DialScheduler
    identities: IdentityMonitor

    def may_see(self, peer: PeerId | None) -> bool: ...
    def row_of(self, peer: PeerId, name: str = "") -> PeerRecord: ...
    def remember(self, row: PeerRecord) -> Effect: ...
    def make_room(self, room: int = 1) -> list[Effect]: ...
    def disconnect(self, row: PeerRecord) -> list[Effect]: ...
    def tick(self, now: float) -> list[Effect]: ...
