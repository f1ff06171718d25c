"""The devices: who is online, over which link, how far each is trusted. No I/O, no clock of its own.

A device is online while its control link is open; mDNS only says where to dial. The life of a link:

1. A sighting, a typed address or a wish makes a target, and the dial scheduler asks for a Dial (or somebody dials us).
2. LinkUp: TLS and greeting are done. It is refused if the device is blocked, or may not see us and is not wanted. If
   both dialled at once, the link that the smaller id dialled stays. Then the device is shown, and Online is said.
3. LinkDown: for a moment it may be replaced and nobody is told; then the device is shown away, and Offline is said.

`dials` (dial_scheduler) owns the targets, `identities` (identity_monitor) the alarms; the devices themselves are here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from lanshare.domain import commands as c
from lanshare.domain.control_messages import Renamed
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    AddressFailed,
    Event,
    IdentityChanged,
    MessageDelivered,
    PeerAppeared,
    PeerForgotten,
    PeerVanished,
    PeerVerified,
    TransferFinished,
)
from lanshare.domain.peer import Address, Peer, PeerId, PeerPolicy, Permission, TrustLevel, clean_name, short_id
from lanshare.domain.settings import Visibility
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import (
    CloseLink,
    Effect,
    MarkKnown,
    Offline,
    Online,
    Publish,
    Verify,
    write,
)
from lanshare.engine.inbox import DialEnded, Glanced, Gone, LinkDown, LinkUp
from lanshare.engine.peers.dial_scheduler import BACKOFF, DialScheduler
from lanshare.engine.peers.identity_monitor import IdentityMonitor
from lanshare.engine.peers.record import PeerRecord, parsed
from lanshare.engine.ports import LinkHandle
from lanshare.engine.presentation import user_messages
from lanshare.exchange.handshake import COPIED, OURSELVES
from lanshare.net.discovery import Sighting
from lanshare.store import trustbook
from lanshare.store.trustbook import TrustEntry
from lanshare.wire import limits

_GRACE: Final = 0.6
"""Seconds a lost control link may be replaced in before the device is shown away: crossing links settle in this."""

_STEADY: Final = 10.0
"""Seconds after which a link counts as one that held."""

_FLAPS: Final = 2
"""Links that may break soon after one another, as where two cross or a Wi-Fi roams, before a dial waits longer."""

_FLAP_STEPS: Final = 4
"""Of the growing waits only so many: somebody waits for what is to be sent over the next link."""


class Peers:
    """The devices, their links and trust."""

    def __init__(
        self, me: PeerId, browse_only: bool = False, has_pending: Callable[[PeerId], bool] = lambda peer: False,
        wall_ms: Callable[[], int] = lambda: 0,
    ) -> None:
        """`browse_only`: show what mDNS says and link with nobody. `has_pending`: whether something that a person
        began waits for a device: then it is wanted, also over restarts. `wall_ms`: milliseconds since 1970."""
        self.me = me
        self.rows: dict[PeerId, PeerRecord] = {}
        self.level = Visibility.EVERYONE
        self.version = 0
        """Grows with every change of trust or presence."""

        self.dials = DialScheduler(self, browse_only)
        self.identities = IdentityMonitor(self.rows)
        self._has_pending, self._wall_ms = has_pending, wall_ms

    def register(self, to: Dispatch) -> None:
        """See Service."""
        items, effects = to.items, to.effects
        items.on(c.SendFiles, lambda item, now: self.want(item.peer, now))
        items.on(c.SendText, lambda item, now: self.want(item.peer, now))
        items.on(c.SeekPeer, lambda item, now: self.want(item.peer, now))
        items.on(c.RequestPairing, lambda item, now: self.want(item.peer, now))
        items.on(c.TrustPeer, lambda item, now: [*self.verify(item.peer), Publish(PeerVerified(item.peer))])
        items.on(c.ChangePeer, lambda item, now: self.change(item.peer, item.alias, item.rules))
        items.on(c.ResolveIdentityChange, lambda item, now: self.settle(item.known, item.seen, item.same))
        items.on(c.BlockPeer, lambda item, now: self.block(item.peer, item.blocked))
        items.on(c.ForgetPeer, lambda item, now: self.forget(item.peer))
        items.on(c.AddAddress, lambda item, now: self.add_address(item.address, now))
        items.on(Sighting, self.seen)
        items.on(Gone, lambda item, now: self.gone(item.short))
        items.on(LinkUp, lambda item, now: self.link_opened(item, now, self._wall_ms()))
        items.on(LinkDown, self.link_closed)
        items.on(Glanced, lambda item, now: self.glanced(item.target, item.peer, item.address, now))
        items.on(DialEnded, self.dial_ended)
        to.heard.on(Renamed, lambda said, peer, now: self.renamed(peer, said.name, said.note, now))
        effects.on(Verify, lambda effect: self.verify(effect.peer))
        effects.on(MarkKnown, lambda effect: self.befriend(effect.peer))
        effects.on(Publish, lambda effect: self._note_work(effect.event))

    # --- look-ups

    def trust(self, peer: PeerId) -> TrustLevel:
        """How far a device is trusted."""
        row = self.rows.get(peer)
        return row.trust if row is not None else TrustLevel.STRANGER

    def links(self) -> list[LinkHandle]:
        """All control links that are open."""
        return [row.link for row in self.rows.values() if row.link is not None]

    def online(self, peer: PeerId) -> bool:
        """Whether its control link is open."""
        row = self.rows.get(peer)
        return row is not None and row.online

    def link(self, peer: PeerId) -> LinkHandle | None:
        """Its control link, if it is online."""
        row = self.rows.get(peer)
        return row.link if row is not None else None

    def name(self, peer: PeerId) -> str:
        """What to call it."""
        row = self.rows.get(peer)
        return (row.alias or row.name) if row is not None else short_id(peer)

    def rules(self, peer: PeerId, wall_ms: int, home: bool = True) -> PeerPolicy:
        """What holds for this device now: nothing is accepted unasked from one that is not verified or is in doubt."""
        row = self.rows.get(peer)
        if row is None or row.trust is TrustLevel.BLOCKED:
            return PeerPolicy(Permission.BLOCK, Permission.BLOCK)
        rules = row.rules
        doubtful = row.trust is not TrustLevel.VERIFIED or self.identities.doubts(peer)
        doubtful = doubtful or (rules.at_home and not home)
        if rules.files is Permission.ACCEPT and (doubtful or 0 < rules.until <= wall_ms):
            return replace(rules, files=Permission.ASK)
        return rules

    def addresses(self, peer: PeerId) -> tuple[Address, ...]:
        """Where to dial it, the likeliest first."""
        return self.dials.addresses(peer)

    def remembered_addresses(self, peer: PeerId) -> tuple[list[Address], list[Address]]:
        """Where it is online, and where it was ever."""
        row = self.rows.get(peer)
        if row is None:
            return [], []
        return list(parsed(row.addresses[:1]) if row.online else ()), list(parsed(row.addresses))

    def is_awaited(self, peer: PeerId) -> bool:
        """Whether something that a person began waits for it."""
        return self._has_pending(peer)

    def known_by_short(self, short: str) -> PeerId | None:
        """The one device whose id begins so."""
        found = [peer for peer in self.rows if short_id(peer) == short]
        return found[0] if len(found) == 1 else None

    def known(self) -> tuple[dict[PeerId, TrustLevel], frozenset[PeerId], dict[PeerId, bytes]]:
        """How far each device is trusted, who is online, and whose public key is known."""
        rows = self.rows.values()
        return (
            {row.id: row.trust for row in rows},
            frozenset(row.id for row in rows if row.online),
            {row.id: row.key for row in rows if row.key},
        )

    def may_see(self, peer: PeerId | None) -> bool:
        """Whether this device may see us: we dial it by ourselves, and it may stay if it dials us."""
        if self.level is Visibility.EVERYONE:
            return True
        row = self.rows.get(peer) if peer is not None else None
        return self.level is Visibility.KNOWN and row is not None and row.dealt_with

    def shown(self, talked: frozenset[PeerId] = frozenset()) -> tuple[Peer, ...]:
        """All devices worth showing: online, or dealt with before; `talked`: those with a conversation or a draft."""
        return tuple(
            row.shows()
            for row in self.rows.values()
            if row.online or row.shown or row.trust is not TrustLevel.STRANGER or row.id in talked
        )

    def undecided(self) -> tuple[IdentityChanged, ...]:
        """The alarms that no person has decided."""
        return self.identities.undecided()

    # --- what earlier engines left

    def load(
        self, book: Iterable[TrustEntry], now: float, alarms: Iterable[tuple[PeerId, PeerId]] = ()
    ) -> None:
        """What earlier engines remembered."""
        self.identities.alarms = dict.fromkeys(alarms)
        for one in book:
            row = self.rows[one.id] = PeerRecord.remembered(one, now)
            self.version += 1
            if row.dealt_with:
                self.dials.expect(one.id, now)

    def await_again(self, peer: PeerId) -> None:
        """Something waits for this device since an earlier engine."""
        self.dials.await_again(peer)

    # --- who is to be dialled

    def seen(self, sighting: Sighting, now: float) -> list[Effect]:
        """mDNS says a device is there."""
        return self.dials.seen(sighting, now)

    def gone(self, short: str) -> list[Effect]:
        """mDNS says a device left."""
        return self.dials.gone(short)

    def add_address(self, text: str, now: float) -> list[Effect]:
        """A person typed an address."""
        return self.dials.add_address(text, now) or self.tick(now)

    def want(self, peer: PeerId, now: float) -> list[Effect]:
        """A person wants to reach this device now."""
        if peer not in self.rows or self.online(peer):
            return []
        self.dials.want(peer, now)
        return self.tick(now)

    def glanced(self, key: str, peer: PeerId, address: Address, now: float) -> list[Effect]:
        """Browsing: a device has shown its key; nothing was told to it."""
        sighting, fresh = self.dials.glanced(key, peer, now)
        if sighting is None or not fresh:
            return []
        row = self.rows.get(peer)
        addresses = tuple(dict.fromkeys((str(address), *map(str, sighting.addresses))))
        if row is None:
            return [Publish(PeerAppeared(peer, sighting.name, sighting.kind, addresses, TrustLevel.STRANGER, True))]
        return [Publish(replace(row.appeared(), name=sighting.name, addresses=addresses, online=True))]

    def dial_ended(self, note: DialEnded, now: float) -> list[Effect]:
        """A dial came to nothing: try again later, and say what a person should know."""
        target = self.dials.targets.get(note.target)
        if target is None:
            return []
        was_listed, typed = target.listed, target.peer is None and target.typed is not None
        effects = self.dials.ended(target, note, now)
        if was_listed and not target.listed:
            return effects
        if note.detail == COPIED:
            return effects + self.identities.copied(self.me, "", ours=True)
        if note.seen is not None and not typed and note.detail != OURSELVES:
            effects += self.identities.other_key(target.peer, note.seen, note.at, self.dials.is_wanted)
        return effects

    # --- links

    def show(self, level: Visibility) -> list[Effect]:
        """Show ourselves to others than before: links to those who may not see us any more end."""
        self.level = level
        ended: list[Effect] = []
        for row in self.rows.values():
            target = self.dials.of(row.id)
            wanted = target is not None and target.wanted
            if row.link is not None and not self.may_see(row.id) and not wanted:
                ended.append(CloseLink(row.link))
        return ended

    def link_opened(self, note: LinkUp, now: float, wall_ms: int) -> list[Effect]:
        """A control link is open: it stays, or the one we have does."""
        guest, facts = note.guest, note.guest.facts
        forgotten: list[Effect] = []
        row = self.rows.get(guest.id)
        if row is None:
            forgotten = self._forget_strangers()
            row = self.rows[guest.id] = PeerRecord.stranger(guest.id, facts.name, facts.kind, facts.system)
        typed = self.dials.typed(note)
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
        dialler = self.me if note.dialled else guest.id
        effects: list[Effect] = []
        if row.link is not None:
            same_run = row.instance == facts.instance
            if same_run and row.dialler != dialler and row.dialler == min(self.me, guest.id):
                reached = self.dials.reached(note)
                return [*reached, CloseLink(note.link), *self.identities.answered(typed, row, now, note.met)]
            effects.append(CloseLink(row.link))
        else:
            row.up_at = now
        again = row.down_at is not None
        was_online = row.online or again
        effects += self.identities.began(row, facts.instance)
        row.link, row.dialler, row.instance, row.down_at = note.link, dialler, facts.instance, None
        self.version += 1
        row.name, row.kind, row.system = facts.name, facts.kind, facts.system
        row.note, row.key = facts.note, guest.key or row.key
        row.last_seen, row.shown = wall_ms, True
        return [
            *effects,
            *forgotten,
            *self.dials.reached(note),
            self._remember(row),
            *self.identities.appeared(row, now),
            Publish(row.changed() if was_online else row.appeared()),
            *self.identities.answered(typed, row, now, note.met),
            Online(row.id, again),
        ]

    def link_closed(self, note: LinkDown, now: float) -> list[Effect]:
        """A control link ended; unless it was replaced, the device is away, after a moment's grace."""
        row = self.rows.get(note.peer)
        if row is None or row.link is not note.link:
            return []
        row.link = None
        self.version += 1
        row.away_since = now
        self.identities.watch(now)
        row.down_at = now if not note.left else now - 2 * _GRACE
        if not note.left:
            row.flaps = row.flaps + 1 if now - row.up_at < _STEADY else 0
        delay = 2.0 if note.left else 0.1
        if row.flaps > _FLAPS:
            delay = max(delay, BACKOFF[min(row.flaps - _FLAPS, _FLAP_STEPS) - 1])
        self.dials.lost(row.id, now + delay, note.left)
        return [*self._forget_strangers(room=0), *self.tick(now)]

    def worked(self, peer: PeerId) -> None:
        """Something was done with it: its link is of use, however short it lives."""
        if (row := self.rows.get(peer)) is not None:
            row.flaps = 0

    def renamed(self, peer: PeerId, name: str, note: str, now: float) -> list[Effect]:
        """It is called something else now."""
        row = self.rows.get(peer)
        if row is None or (row.name, row.note) == (name, note):
            return []
        row.name, row.note = name, note
        return [self._remember(row), *self.identities.appeared(row, now), Publish(row.changed())]

    def tick(self, now: float) -> list[Effect]:
        """What time brings: dials that are due, devices whose grace is over, comparisons that waited."""
        effects: list[Effect] = []
        for row in self.rows.values():
            if row.down_at is not None and now - row.down_at >= _GRACE:
                row.down_at = None
                effects.append(Publish(PeerVanished(row.id, row.name)))
                effects.append(Offline(row.id))
        return [*effects, *self.identities.tick(now), *self.dials.tick(now)]

    def next_time(self) -> float | None:
        """When tick() has something to do again."""
        times = [row.down_at + _GRACE for row in self.rows.values() if row.down_at is not None]
        others = (self.dials.next_time(), self.identities.compare_at)
        return min((*times, *(one for one in others if one is not None)), default=None)

    # --- trust

    def befriend(self, peer: PeerId) -> list[Effect]:
        """A stranger becomes known; not while it stands in the place of another device, which a person must decide."""
        row = self.rows.get(peer)
        if row is None or row.trust is not TrustLevel.STRANGER or self.identities.accuses(row):
            return []
        return self._trust(peer, TrustLevel.KNOWN)

    def verify(self, peer: PeerId) -> list[Effect]:
        """A device is who it says."""
        self._row_of(peer)
        return self._trust(peer, TrustLevel.VERIFIED)

    def change(self, peer: PeerId, alias: str, rules: PeerPolicy) -> list[Effect]:
        """What the person calls it, and the rules for it."""
        row = self.rows.get(peer)
        if row is None:
            return []
        row.alias, row.rules = clean_name(alias), rules
        return [self._remember(row), Publish(row.changed())]

    def settle(self, known: PeerId, seen: PeerId, same: bool) -> list[Effect]:
        """The person says what an alarm was: the device set up anew, or somebody who pretends to be it."""
        if same and not self.identities.knows_of(known, seen):
            return []
        settled = self.identities.drop(known, seen)
        if not same:
            # It was refused before it could say anything of itself: blocked all the same.
            name = self.rows[known].name if known in self.rows else short_id(seen)
            self._row_of(seen, name)
            return [*settled, *self.block(seen, True)]
        old = self.rows.get(known)
        effects = [*settled, *self.forget(known)]
        row = self.rows.get(seen)
        if row is not None and old is not None:
            row.alias = row.alias or old.alias
            effects += self._trust(seen, TrustLevel.KNOWN)
        return effects

    def block(self, peer: PeerId, blocked: bool) -> list[Effect]:
        """Have nothing to do with a device any more, or let it be known again."""
        row = self._row_of(peer) if blocked else self.rows.get(peer)
        if row is None or (row.trust is TrustLevel.BLOCKED) is blocked:
            return []
        if not blocked:
            self.dials.have(peer)
            return self._trust(peer, TrustLevel.KNOWN)
        return [*self._disconnect(row), *self._trust(peer, TrustLevel.BLOCKED)]

    def forget(self, peer: PeerId) -> list[Effect]:
        """A device is known no longer; what was exchanged with it stays."""
        row = self.rows.pop(peer, None)
        if row is None:
            return []
        self.version += 1
        return [
            *self.identities.drop_about(peer, also_known=True),
            *self._disconnect(row),
            write(trustbook.forget, peer),
            Publish(PeerForgotten(peer)),
        ]

    # --- inside

    def _note_work(self, event: Event) -> None:
        if isinstance(event, MessageDelivered | TransferFinished):
            self.worked(event.peer)

    def _is_welcome(self, note: LinkUp, typed: bool) -> bool:
        """Whether a link of this device may stay: it may see us, or a person wants it."""
        target = self.dials.of(note.guest.id)
        wanted = target is not None and target.wanted
        if note.dialled:
            wanted = typed or self.dials.is_wanted(note.guest.id)
        return wanted or self.may_see(note.guest.id)

    def _row_of(self, peer: PeerId, name: str = "") -> PeerRecord:
        """Its row, also where it never had one, or was a stranger whose row made room for others."""
        return self.rows.setdefault(peer, PeerRecord.stranger(peer, name or short_id(peer)))

    def _disconnect(self, row: PeerRecord) -> list[Effect]:
        """End what links us to a device."""
        self.dials.part(row.id, forgotten=row.id not in self.rows)
        link, row.link, row.down_at = row.link, None, None
        if link is None:
            return []
        return [CloseLink(link), Publish(PeerVanished(row.id, row.name)), Offline(row.id)]

    def _trust(self, peer: PeerId, level: TrustLevel) -> list[Effect]:
        row = self.rows.get(peer)
        if row is None or row.trust is level:
            return []
        if not row.dealt_with or level is TrustLevel.VERIFIED:
            row.met_as = row.name
        row.trust = level
        self.version += 1
        settled = self.identities.drop_about(peer, also_known=False)
        return [*settled, self._remember(row), Publish(row.changed())]

    def _forget_strangers(self, room: int = 1) -> list[Effect]:
        """Keys cost nothing, so strangers that went away are remembered up to a number. `room`: for so many more."""
        away = [one for one in self.rows.values() if not one.online and one.trust is TrustLevel.STRANGER]
        effects: list[Effect] = []
        for row in sorted(away, key=lambda one: one.away_since)[: max(0, len(away) + room - limits.STRANGERS_KEPT)]:
            if row.down_at is not None:
                effects += [Publish(PeerVanished(row.id, row.name)), Offline(row.id)]
            del self.rows[row.id]
            self.dials.drop(row.id)
            effects.append(write(trustbook.forget_stranger, row.id))
        return effects

    def _remember(self, row: PeerRecord) -> Effect:
        return write(trustbook.remember, row.entry())
