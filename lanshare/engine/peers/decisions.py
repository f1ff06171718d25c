"""What a person decides of a device: that it is known, who it is, what it is called, that it is blocked or forgotten.

Each decision is kept and told, settles what was asked about the device, and ends its link if it must.
"""

from __future__ import annotations

from dataclasses import dataclass

from lanshare.domain.events import PeerForgotten
from lanshare.domain.peer import PeerId, PeerPolicy, TrustLevel, clean_name, short_id
from lanshare.engine.effects import Effect, Publish, write
from lanshare.engine.peers.view import RegistryView
from lanshare.store import trustbook


@dataclass(slots=True)
class TrustDecisions:
    """Changes the rows of the registry, and says what follows."""

    peers: RegistryView

    def befriend(self, peer: PeerId) -> list[Effect]:
        """A stranger becomes known; not while it stands in the place of another device, which a person must decide."""
        row = self.peers.rows.get(peer)
        if row is None or row.trust is not TrustLevel.STRANGER or self.peers.identities.accuses(row):
            return []
        return self._trust(peer, TrustLevel.KNOWN)

    def verify(self, peer: PeerId) -> list[Effect]:
        """A device is who it says."""
        self.peers.row_of(peer)
        return self._trust(peer, TrustLevel.VERIFIED)

    def change(self, peer: PeerId, alias: str, rules: PeerPolicy) -> list[Effect]:
        """What the person calls it, and the rules for it."""
        row = self.peers.rows.get(peer)
        if row is None:
            return []
        row.alias, row.rules = clean_name(alias), rules
        return [self.peers.remember(row), Publish(row.changed())]

    def settle(self, known: PeerId, seen: PeerId, same: bool) -> list[Effect]:
        """The person says what an alarm was: the device set up anew, or somebody who pretends to be it."""
        if same and not self.peers.identities.knows_of(known, seen):
            return []
        settled = self.peers.identities.drop(known, seen)
        if not same:
            # It was refused before it could say anything of itself: blocked all the same.
            name = self.peers.rows[known].name if known in self.peers.rows else short_id(seen)
            self.peers.row_of(seen, name)
            return [*settled, *self.block(seen, True)]
        old = self.peers.rows.get(known)
        effects = [*settled, *self.forget(known)]
        row = self.peers.rows.get(seen)
        if row is not None and old is not None:
            row.alias = row.alias or old.alias
            effects += self._trust(seen, TrustLevel.KNOWN)
        return effects

    def block(self, peer: PeerId, blocked: bool) -> list[Effect]:
        """Have nothing to do with a device any more, or let it be known again."""
        row = self.peers.row_of(peer) if blocked else self.peers.rows.get(peer)
        if row is None or (row.trust is TrustLevel.BLOCKED) is blocked:
            return []
        if not blocked:
            self.peers.dials.have(peer)
            return self._trust(peer, TrustLevel.KNOWN)
        return [*self.peers.disconnect(row), *self._trust(peer, TrustLevel.BLOCKED)]

    def forget(self, peer: PeerId) -> list[Effect]:
        """A device is known no longer; what was exchanged with it stays."""
        row = self.peers.rows.pop(peer, None)
        if row is None:
            return []
        self.peers.version += 1
        return [
            *self.peers.identities.drop_about(peer, also_known=True),
            *self.peers.disconnect(row),
            write(trustbook.forget, peer),
            Publish(PeerForgotten(peer)),
        ]

    def _trust(self, peer: PeerId, level: TrustLevel) -> list[Effect]:
        row = self.peers.rows.get(peer)
        if row is None or row.trust is level:
            return []
        if not row.dealt_with or level is TrustLevel.VERIFIED:
            row.met_as = row.name
        row.trust = level
        self.peers.version += 1
        settled = self.peers.identities.drop_about(peer, also_known=False)
        return [*settled, self.peers.remember(row), Publish(row.changed())]
