"""The control links of the devices: which one stays, who is there by it, and for how long one may be missing.

See registry for the life of a link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.events import AddressFailed
from lanshare.domain.peer import Address, TrustLevel
from lanshare.engine.effects import CloseLink, Effect, Online, Publish
from lanshare.engine.inbox import LinkDown, LinkUp
from lanshare.engine.peers.dial_scheduler import BACKOFF
from lanshare.engine.peers.record import GRACE, PeerRecord
from lanshare.engine.peers.view import RegistryView
from lanshare.engine.presentation import user_messages

_STEADY: Final = 10.0
"""Seconds after which a link counts as one that held."""

_FLAPS: Final = 2
"""Links that may break soon after one another, as where two cross or a Wi-Fi roams, before a dial waits longer."""

_FLAP_STEPS: Final = 4
"""Of the growing waits only so many: somebody waits for what is to be sent over the next link."""


@dataclass(slots=True)
class LinkTable:
    """Takes links in and out of the rows of the registry."""

    peers: RegistryView

    def opened(self, note: LinkUp, now: float, wall_ms: int) -> list[Effect]:
        """A control link is open: it stays, or the one we have does."""
        guest, facts = note.guest, note.guest.facts
        forgotten: list[Effect] = []
        row = self.peers.rows.get(guest.id)
        if row is None:
            forgotten = self.peers.make_room()
            row = self.peers.rows[guest.id] = PeerRecord.stranger(guest.id, facts.name, facts.kind, facts.system)
        typed = self.peers.dials.typed(note)
        if row.trust is TrustLevel.BLOCKED:
            sentence = user_messages.ended(Code.BLOCKED, row.alias or row.name)
            return [*(Publish(AddressFailed(one, Code.BLOCKED, sentence)) for one in typed), CloseLink(note.link)]
        if not self._is_welcome(note, bool(typed)):
            return [*forgotten, CloseLink(note.link)]  # it greeted while we still showed ourselves to it
        if note.dialled:
            # As it is in truth first; what was typed may mean another one tomorrow.
            row.met_at(*filter(None, (note.met, note.address)) if note.address.port else ())
        elif facts.port:
            row.met_at(Address(note.address.host, facts.port))
        dialler = self.peers.me if note.dialled else guest.id
        effects: list[Effect] = []
        if row.link is not None:
            same_run = row.instance == facts.instance
            if same_run and row.dialler != dialler and row.dialler == min(self.peers.me, guest.id):
                reached = self.peers.dials.reached(note)
                return [*reached, CloseLink(note.link), *self.peers.identities.answered(typed, row, now, note.met)]
            effects.append(CloseLink(row.link))
        else:
            row.up_at = now
        again = row.down_at is not None
        was_online = row.online or again
        effects += self.peers.identities.began(row, facts.instance)
        row.link, row.dialler, row.instance, row.down_at = note.link, dialler, facts.instance, None
        self.peers.version += 1
        row.name, row.kind, row.system = facts.name, facts.kind, facts.system
        row.note, row.key = facts.note, guest.key or row.key
        row.last_seen, row.shown = wall_ms, True
        return [
            *effects,
            *forgotten,
            *self.peers.dials.reached(note),
            self.peers.remember(row),
            *self.peers.identities.appeared(row, now),
            Publish(row.changed() if was_online else row.appeared()),
            *self.peers.identities.answered(typed, row, now, note.met),
            Online(row.id, again),
        ]

    def closed(self, note: LinkDown, now: float) -> list[Effect]:
        """A control link ended; unless it was replaced, the device is away, after a moment's grace."""
        row = self.peers.rows.get(note.peer)
        if row is None or row.link is not note.link:
            return []
        row.link = None
        self.peers.version += 1
        row.away_since = now
        self.peers.identities.watch(now)
        row.down_at = now if not note.left else now - 2 * GRACE
        if not note.left:
            row.flaps = row.flaps + 1 if now - row.up_at < _STEADY else 0
        delay = 2.0 if note.left else 0.1
        if row.flaps > _FLAPS:
            delay = max(delay, BACKOFF[min(row.flaps - _FLAPS, _FLAP_STEPS) - 1])
        self.peers.dials.lost(row.id, now + delay, note.left)
        return [*self.peers.make_room(room=0), *self.peers.tick(now)]

    def _is_welcome(self, note: LinkUp, typed: bool) -> bool:
        """Whether a link of this device may stay: it may see us, or a person wants it."""
        target = self.peers.dials.of(note.guest.id)
        wanted = target is not None and target.wanted
        if note.dialled:
            wanted = typed or self.peers.dials.is_wanted(note.guest.id)
        return wanted or self.peers.may_see(note.guest.id)
