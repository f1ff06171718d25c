"""The table of devices: who was seen where, who is online, whom to dial when. No I/O, no clock of its own.

A device is online while its control link is open; mDNS only says where to dial.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from lanshare.domain import commands as c
from lanshare.domain.confusables import skeleton
from lanshare.domain.control_messages import Renamed
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    AddressFailed,
    AddressReached,
    DuplicateKeyDetected,
    Event,
    IdentityChanged,
    IdentitySettled,
    MessageDelivered,
    NetworkTroubled,
    PeerAppeared,
    PeerChanged,
    PeerForgotten,
    PeerVanished,
    PeerVerified,
    TransferFinished,
)
from lanshare.domain.peer import (
    ORDINARY,
    Address,
    DeviceKind,
    Peer,
    PeerId,
    PeerPolicy,
    Permission,
    TrustLevel,
    clean_name,
    parse_address,
    short_id,
)
from lanshare.domain.settings import Visibility
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import CloseLink, DbWrite, Dial, Effect, MarkKnown, Offline, Online, Publish, Verify
from lanshare.engine.inbox import DialEnded, Glanced, Gone, LinkDown, LinkUp
from lanshare.engine.ports import LinkHandle
from lanshare.engine.presentation import user_messages
from lanshare.exchange.handshake import COPIED, OURSELVES
from lanshare.net.discovery import Sighting
from lanshare.store import trustbook
from lanshare.store.trustbook import TrustEntry
from lanshare.wire import limits

_BACKOFF: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_GRACE: Final = 0.6
"""Seconds a lost control link may be replaced in before the device is shown away: crossing links settle in this."""

_REMEMBERED: Final = 8
"""Addresses kept for a device, the last good one first."""

_TARGETS: Final = 4096
_TRIES_BURST: Final = 100.0
_TRIES_A_SECOND: Final = 30.0
"""Dials to devices that are only announced: a whole class at once, then so many, so that names without a device behind
them cost no more than that."""

_AWAY: Final = 3.0
"""Seconds without a link after which a known device counts as away, so that whoever bears its name is an alarm: at the
start of an engine two honest devices of one name come one after the other."""

_ALARMS: Final = 8
"""Alarms kept for one known device, the oldest ones: more keys under its name are told, and are none to be befriended,
but do not take the place of those that a person may be looking at."""

_GLANCE_EVERY: Final = 3.0
"""Seconds between two looks at a device that is only browsed."""

_HINTED: Final = 1.0
"""Seconds between two dials to one device that announcements bring about: anybody may announce it, at any place."""

_STEADY: Final = 10.0
"""Seconds after which a link counts as one that held."""

_FLAPS: Final = 2
"""Links that may break soon after one another, as where two cross or a Wi-Fi roams, before a dial waits longer."""

_FLAP_STEPS: Final = 4
"""Of the growing waits only so many: somebody waits for what is to be sent over the next link."""

_TROUBLES: Final = 3
"""Devices that are announced and do not answer, told at once: more would be a flood, not news."""


@dataclass(slots=True)
class Row:
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

    @property
    def dealt_with(self) -> bool:
        """Whether a person here has dealt with it."""
        return self.trust in (TrustLevel.KNOWN, TrustLevel.VERIFIED)

    def looks(self) -> frozenset[str]:
        """What its names look like."""
        return frozenset(skeleton(one) for one in (self.name, self.alias, self.met_as) if one)


@dataclass(slots=True)
class Target:
    """A device to dial, by its short id (or by a typed address)."""

    key: str
    peer: PeerId | None = None
    sighting: Sighting | None = None
    typed: Address | None = None
    dialling: bool = False
    tries: int = 0
    next_try: float = 0.0
    dialled_at: float = -math.inf
    troubled: bool = False
    wanted: bool = False
    """A person wants this device now: an answer by another key is then worth an alarm."""

    listed: bool = False
    """Browsing: shells were told that it is there."""


@dataclass(slots=True)
class Peers:
    """The table. `browse_only`: show what mDNS says and dial nobody."""

    me: PeerId
    browse_only: bool = False
    rows: dict[PeerId, Row] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    alarms: dict[tuple[PeerId, PeerId], None] = field(default_factory=dict)
    """(known, seen), oldest first: another key answered in the place of a known device, and nobody has decided."""

    clones: set[PeerId] = field(default_factory=set)
    level: Visibility = Visibility.EVERYONE
    version: int = 0
    """Grows with every change of trust or presence."""

    _tries: float = _TRIES_BURST
    _tries_at: float = 0.0
    _compare_at: float | None = None
    """When it is to be looked again whether a stranger bears the name of a known device that is away."""

    _reached: list[tuple[str, PeerId, Address | None]] = field(default_factory=list)
    """Typed addresses that were answered, of which is not clear yet whether the right device answered."""

    has_pending: Callable[[PeerId], bool] = lambda peer: False
    """Whether something that a person began waits for this device: then it is wanted, also over restarts."""

    wall_ms: Callable[[], int] = lambda: 0
    """Milliseconds since 1970."""

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
        items.on(LinkUp, lambda item, now: self.up(item, now, self.wall_ms()))
        items.on(LinkDown, self.down)
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
        return row is not None and row.link is not None

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
        doubtful = row.trust is not TrustLevel.VERIFIED or any(known == peer for known, _ in self.alarms)
        doubtful = doubtful or (rules.at_home and not home)
        if rules.files is Permission.ACCEPT and (doubtful or 0 < rules.until <= wall_ms):
            return replace(rules, files=Permission.ASK)
        return rules

    def addresses(self, peer: PeerId) -> tuple[Address, ...]:
        """Where to dial it, the likeliest first."""
        row = self.rows.get(peer)
        target = self.targets.get(short_id(peer))
        found: dict[Address, None] = {}
        if row is not None and row.addresses and row.link is not None:
            found.update(_parsed(row.addresses[:1]))
        if target is not None and target.sighting is not None:
            found.update(dict.fromkeys(target.sighting.addresses))
        if row is not None:
            found.update(_parsed(row.addresses))
        return tuple(found)

    def known(self) -> tuple[dict[PeerId, TrustLevel], frozenset[PeerId], dict[PeerId, bytes]]:
        """How far each device is trusted, who is online, and whose public key is known."""
        rows = self.rows.values()
        return (
            {row.id: row.trust for row in rows},
            frozenset(row.id for row in rows if row.link is not None),
            {row.id: row.key for row in rows if row.key},
        )

    def show(self, level: Visibility) -> list[Effect]:
        """Show ourselves to others than before: links to those who may not see us any more end."""
        self.level = level
        ended: list[Effect] = []
        for row in self.rows.values():
            target = self.targets.get(short_id(row.id))
            if row.link is not None and not self._may_see(row.id) and not (target is not None and target.wanted):
                ended.append(CloseLink(row.link))
        return ended

    def _may_see(self, peer: PeerId | None) -> bool:
        """Whether this device may see us: we dial it by ourselves, and it may stay if it dials us."""
        if self.level is Visibility.EVERYONE:
            return True
        row = self.rows.get(peer) if peer is not None else None
        known = row is not None and row.trust in (TrustLevel.KNOWN, TrustLevel.VERIFIED)
        return self.level is Visibility.KNOWN and known

    def shown(self, talked: frozenset[PeerId] = frozenset()) -> tuple[Peer, ...]:
        """All devices worth showing: online, or dealt with before; `talked`: those with a conversation or a draft."""
        return tuple(
            Peer(
                row.id, row.name, row.kind, tuple(row.addresses), row.trust, row.link is not None, row.system,
                row.alias, row.rules, row.note, row.met_as,
            )
            for row in self.rows.values()
            if row.link is not None or row.shown or row.trust is not TrustLevel.STRANGER or row.id in talked
        )

    # --- what happens

    def load(
        self, book: Iterable[TrustEntry], now: float, alarms: Iterable[tuple[PeerId, PeerId]] = ()
    ) -> None:
        """What earlier engines remembered."""
        self.alarms = dict.fromkeys(alarms)
        for one in book:
            row = Row(one.id, one.name, one.kind, one.system, one.trust, list(one.addresses), one.last_seen)
            row.alias, row.rules, row.met_as, row.away_since = one.alias, one.rules, one.met_as, now
            row.key = one.key
            self.rows[one.id] = row
            self.version += 1
            if one.trust in (TrustLevel.KNOWN, TrustLevel.VERIFIED):
                self.targets[short_id(one.id)] = Target(short_id(one.id), one.id, next_try=now)

    def await_again(self, peer: PeerId) -> None:
        """Something waits for this device since an earlier engine."""
        if (target := self.targets.get(short_id(peer))) is not None and target.peer == peer:
            target.wanted = True

    def seen(self, sighting: Sighting, now: float) -> list[Effect]:
        """mDNS says a device is there."""
        target = self.targets.get(sighting.short)
        if target is None:
            if len(self.targets) >= _TARGETS and not self._make_room():
                return []
            target = self.targets[sighting.short] = Target(sighting.short, self._known_by_short(sighting.short))
        fresh = target.sighting != sighting
        target.sighting = sighting
        if target.peer is not None and self.online(target.peer):
            return []
        if fresh or not target.dialling:
            target.tries = 0
            target.next_try = max(now, target.dialled_at + _HINTED)
        return self._dial(target, now)

    def gone(self, short: str) -> list[Effect]:
        """mDNS says a device left: only a hint, its control link knows better."""
        target = self.targets.get(short)
        if target is None:
            return []
        name = target.sighting.name if target.sighting else short
        target.sighting = None
        effects: list[Effect] = []
        if target.listed and target.peer is not None:
            target.listed = False
            effects.append(Publish(PeerVanished(target.peer, name)))
        if target.troubled:
            target.troubled = False
            effects.append(self._calm(target))
        if target.peer is None and not target.dialling:
            del self.targets[short]
        return effects

    def add_address(self, text: str, now: float) -> list[Effect]:
        """A person typed an address."""
        try:
            address = parse_address(text)
        except ValueError:
            sentence = f"{text.strip()[:80]!r} is not an address. Type for example 192.168.1.20 or 192.168.1.20:17717."
            return [Publish(AddressFailed(text, Code.PEER_UNKNOWN, sentence))]
        target = self.targets.setdefault(str(address), Target(str(address), typed=address))
        target.next_try, target.tries = now, 0
        return self.tick(now)

    def glanced(self, key: str, peer: PeerId, address: Address, now: float) -> list[Effect]:
        """Browsing: a device has shown its key; nothing was told to it."""
        target = self.targets.get(key)
        if target is None:
            return []
        target.dialling, target.tries, target.next_try = False, 0, now + _GLANCE_EVERY
        fresh = not target.listed or target.peer != peer
        target.peer, target.listed = peer, True
        row, seen = self.rows.get(peer), target.sighting
        if not fresh or seen is None:
            return []
        addresses = tuple(dict.fromkeys((str(address), *map(str, seen.addresses))))
        if row is None:
            return [Publish(PeerAppeared(peer, seen.name, seen.kind, addresses, TrustLevel.STRANGER, True))]
        return [
            Publish(
                PeerAppeared(
                    peer, seen.name, row.kind, addresses, row.trust, True, row.system, row.alias, row.rules, row.note,
                    row.met_as,
                )
            )
        ]

    def want(self, peer: PeerId, now: float) -> list[Effect]:
        """A person wants to reach this device now."""
        row = self.rows.get(peer)
        if row is None or row.link is not None:
            return []
        target = self.targets.setdefault(short_id(peer), Target(short_id(peer), peer))
        target.peer, target.wanted = peer, True
        target.next_try = min(target.next_try, now)
        return self.tick(now)

    def up(self, note: LinkUp, now: float, wall_ms: int) -> list[Effect]:
        """A control link is open: it stays, or the one we have does."""
        forgotten: list[Effect] = []
        guest = note.guest
        row = self.rows.get(guest.id)
        if row is None:
            forgotten = self._forget_strangers()
            facts = guest.facts
            row = self.rows[guest.id] = Row(guest.id, facts.name, facts.kind, facts.system, TrustLevel.STRANGER, [])
        effects: list[Effect] = []
        typed = self._typed(note)
        if row.trust is TrustLevel.BLOCKED:
            sentence = user_messages.ended(Code.BLOCKED, row.alias or row.name)
            return [*(Publish(AddressFailed(one, Code.BLOCKED, sentence)) for one in typed), CloseLink(note.link)]
        target = self.targets.get(short_id(row.id))
        wanted = target is not None and target.wanted
        if note.dialled:
            wanted = bool(typed) or (target is not None and self._is_wanted(target))
        if not wanted and not self._may_see(row.id):
            return [*forgotten, CloseLink(note.link)]  # it greeted while we still showed ourselves to it
        dialler = self.me if note.dialled else guest.id
        self._met_at(row, note)
        if row.link is not None:
            same_run = row.instance == guest.facts.instance
            if same_run and row.dialler != dialler and row.dialler == min(self.me, guest.id):
                return [*self._settled(note), CloseLink(note.link), *self._reach(typed, row, now, note.met)]
            effects.append(CloseLink(row.link))
        if row.link is None:
            row.up_at = now
        was_online = row.link is not None or row.down_at is not None
        again = row.down_at is not None
        effects += self._cloned(row, guest.facts.instance)
        row.link, row.dialler, row.instance = note.link, dialler, guest.facts.instance
        self.version += 1
        row.down_at = None
        row.name, row.kind, row.system = guest.facts.name, guest.facts.kind, guest.facts.system
        row.note, row.key = guest.facts.note, guest.key or row.key
        row.last_seen, row.shown = wall_ms, True
        effects += [*forgotten, *self._settled(note)]
        effects.append(self._remember(row))
        effects += self._lookalike(row, now)
        effects.append(Publish(self._changed(row) if was_online else self._appeared(row)))
        effects += self._reach(typed, row, now, note.met)
        effects.append(Online(row.id, again))
        return effects

    def _met_at(self, row: Row, note: LinkUp) -> None:
        """Remember where it can be reached: as it is in truth first; what was typed may mean another one tomorrow."""
        reachable = note.address if note.dialled else Address(note.address.host, note.guest.facts.port)
        if reachable.port:
            met = note.met if note.dialled and note.met is not None else reachable
            row.addresses = list(dict.fromkeys((str(met), str(reachable), *row.addresses)))[:_REMEMBERED]

    def down(self, note: LinkDown, now: float) -> list[Effect]:
        """A control link ended; unless it was replaced, the device is away, after a moment's grace."""
        row = self.rows.get(note.peer)
        if row is None or row.link is not note.link:
            return []
        row.link = None
        self.version += 1
        row.away_since = now
        self._compare_at = now + _AWAY if self._compare_at is None else self._compare_at
        row.down_at = now if not note.left else now - 2 * _GRACE
        target = self.targets.setdefault(short_id(row.id), Target(short_id(row.id), row.id))
        if not note.left:
            row.flaps = row.flaps + 1 if now - row.up_at < _STEADY else 0
        delay = 2.0 if note.left else 0.1
        if row.flaps > _FLAPS:
            delay = max(delay, _BACKOFF[min(row.flaps - _FLAPS, _FLAP_STEPS) - 1])
        target.peer, target.tries, target.next_try = row.id, 0, now + delay
        if note.left:
            target.sighting = None
        return [*self._forget_strangers(room=0), *self.tick(now)]

    def _note_work(self, event: Event) -> None:
        if isinstance(event, MessageDelivered | TransferFinished):
            self.worked(event.peer)

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
        return [self._remember(row), *self._lookalike(row, now), Publish(self._changed(row))]

    def befriend(self, peer: PeerId) -> list[Effect]:
        """A stranger becomes known; not while it stands in the place of another device, which a person must decide.

        Also not before it is clear whether it does: a known device counts as away only after a moment.
        """
        row = self.rows.get(peer)
        if row is None or row.trust is not TrustLevel.STRANGER or row.accused:
            return []
        if any(seen == peer for _, seen in self.alarms):
            return []
        if self._namesakes(row):
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
        return [self._remember(row), Publish(self._changed(row))]

    def settle(self, known: PeerId, seen: PeerId, same: bool) -> list[Effect]:
        """The person says what an alarm was: the device set up anew, or somebody who pretends to be it."""
        listed = (known, seen) in self.alarms
        if same and not listed and (seen not in self.rows or known not in self.rows[seen].accused):
            return []
        settled = self._drop_alarm(known, seen)
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

    def _row_of(self, peer: PeerId, name: str = "") -> Row:
        """Its row, also where it never had one, or was a stranger whose row made room for others."""
        fresh = Row(peer, name or short_id(peer), DeviceKind.UNKNOWN, "", TrustLevel.STRANGER, [])
        return self.rows.setdefault(peer, fresh)

    def block(self, peer: PeerId, blocked: bool) -> list[Effect]:
        """Have nothing to do with a device any more, or let it be known again."""
        row = self._row_of(peer) if blocked else self.rows.get(peer)
        if row is None or (row.trust is TrustLevel.BLOCKED) is blocked:
            return []
        if not blocked:
            self.targets.setdefault(short_id(peer), Target(short_id(peer), peer))
            return self._trust(peer, TrustLevel.KNOWN)
        return [*self._part(row), *self._trust(peer, TrustLevel.BLOCKED)]

    def forget(self, peer: PeerId) -> list[Effect]:
        """A device is known no longer; what was exchanged with it stays."""
        row = self.rows.pop(peer, None)
        if row is None:
            return []
        self.version += 1
        void = [alarm for alarm in self.alarms if peer in alarm]
        return [
            *(effect for alarm in void for effect in self._drop_alarm(*alarm)),
            *self._part(row),
            DbWrite(lambda db: trustbook.forget(db, peer)),
            Publish(PeerForgotten(peer)),
        ]

    def _part(self, row: Row) -> list[Effect]:
        """End what links us to a device."""
        target = self.targets.pop(short_id(row.id), None)
        if target is not None and target.sighting is not None and row.id not in self.rows:
            # It is still announced: let it come again, as anybody may.
            self.targets[target.key] = Target(target.key, sighting=target.sighting, next_try=target.next_try)
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
        # To trust a device, or to block it, is a decision about whatever it was taken for.
        void = [alarm for alarm in self.alarms if alarm[1] == peer]
        settled = [effect for alarm in void for effect in self._drop_alarm(*alarm)]
        return [*settled, self._remember(row), Publish(self._changed(row))]

    def dial_ended(self, note: DialEnded, now: float) -> list[Effect]:
        """A dial came to nothing: try again later, and say what a person should know."""
        target = self.targets.get(note.target)
        if target is None:
            return []
        target.dialling = False
        if target.typed is not None and target.peer is None:
            del self.targets[note.target]
            own = note.detail in (OURSELVES, COPIED)
            sentence = (
                "That is this device's own address." if own else user_messages.ended(
                    note.code, note.target, note.detail
                )
            )
            copied = self._alarm_clone(self.me, "", ours=True) if note.detail == COPIED else []
            return [Publish(AddressFailed(note.target, note.code, sentence)), *copied]
        target.tries += 1
        target.next_try = now + _BACKOFF[min(target.tries, len(_BACKOFF)) - 1]
        if target.listed and target.tries >= 2 and target.peer is not None:
            # Browsing: it was there, and two looks in a row found nobody.
            target.listed = False
            name = target.sighting.name if target.sighting is not None else short_id(target.peer)
            return [Publish(PeerVanished(target.peer, name))]
        if note.detail in (OURSELVES, COPIED):
            del self.targets[note.target]
            return self._alarm_clone(self.me, "", ours=True) if note.detail == COPIED else []
        effects: list[Effect] = []
        if note.seen is not None:
            effects += self._imposter(target, note.seen, note.at)
        elif (
            target.sighting is not None
            and target.tries == 2
            and not target.troubled
            and sum(one.troubled for one in self.targets.values()) < _TROUBLES
        ):
            target.troubled = True
            where = ", ".join(str(one) for one in target.sighting.addresses[:2])
            code = Code.VERSION if note.code is Code.VERSION else Code.PEER_UNREACHABLE
            detail = note.detail if code is Code.VERSION else where
            sentence = user_messages.trouble(code, detail, target.sighting.name)
            effects.append(Publish(NetworkTroubled(f"{code}:{target.key}", sentence)))
        if target.sighting is None and target.peer is None:
            del self.targets[note.target]
        return effects

    def tick(self, now: float) -> list[Effect]:
        """What time brings: dials that are due, devices whose grace is over."""
        effects: list[Effect] = []
        for row in self.rows.values():
            if row.down_at is not None and now - row.down_at >= _GRACE:
                row.down_at = None
                effects.append(Publish(PeerVanished(row.id, row.name)))
                effects.append(Offline(row.id))
        if self._compare_at is not None and now >= self._compare_at:
            effects += self._compare(now)
        for target in self.targets.values():
            effects += self._dial(target, now)
        return effects

    def next_time(self) -> float | None:
        """When tick() has something to do again."""
        times = [row.down_at + _GRACE for row in self.rows.values() if row.down_at is not None]
        times += [target.next_try for target in self.targets.values() if self._due(target)]
        times += [self._compare_at] if self._compare_at is not None else []
        return min(times, default=None)

    # --- inside

    def _dial(self, target: Target, now: float) -> list[Effect]:
        """Try to reach a device, if it is time to."""
        if now < target.next_try or not self._due(target):
            return []
        addresses = self._where(target)
        if not addresses:
            target.next_try = now + _BACKOFF[-1]
            return []
        if target.peer is None and target.typed is None and not self._may_try(now):
            target.next_try = now + 1.0
            return []
        target.dialling, target.dialled_at = True, now
        expect = target.peer or (None if target.typed else PeerId(target.key))
        by_itself = not self._is_wanted(target) and target.typed is None
        return [Dial(target.key, addresses, expect, glance=self.browse_only, by_itself=by_itself)]

    def _may_try(self, now: float) -> bool:
        self._tries = min(_TRIES_BURST, self._tries + (now - self._tries_at) * _TRIES_A_SECOND)
        self._tries_at = now
        if self._tries < 1.0:
            return False
        self._tries -= 1.0
        return True

    def _make_room(self) -> bool:
        """Forget a device that is only announced and did not answer: the one that was tried most."""
        strangers = [
            one for one in self.targets.values() if not (one.peer or one.typed or one.dialling or one.troubled)
        ]
        if not strangers:
            return False
        del self.targets[max(strangers, key=lambda one: one.tries).key]
        return True

    def _forget_strangers(self, room: int = 1) -> list[Effect]:
        """Keys cost nothing, so strangers that went away are remembered up to a number. `room`: for so many more."""
        away = [one for one in self.rows.values() if one.link is None and one.trust is TrustLevel.STRANGER]
        effects: list[Effect] = []
        for row in sorted(away, key=lambda one: one.away_since)[: max(0, len(away) + room - limits.STRANGERS_KEPT)]:
            if row.down_at is not None:
                effects += [Publish(PeerVanished(row.id, row.name)), Offline(row.id)]
            del self.rows[row.id]
            self.targets.pop(short_id(row.id), None)
            effects.append(self._drop_stranger(row.id))
        return effects

    def _drop_stranger(self, peer: PeerId) -> Effect:
        return DbWrite(lambda db: trustbook.forget_stranger(db, peer))

    def _is_wanted(self, target: Target) -> bool:
        return target.wanted or (target.peer is not None and self.has_pending(target.peer))

    def _due(self, target: Target) -> bool:
        """Whether this device is to be dialled at all."""
        if target.dialling or (target.peer is not None and self.online(target.peer)):
            return False
        row = self.rows.get(target.peer) if target.peer is not None else None
        if row is not None and row.trust is TrustLevel.BLOCKED:
            return False
        if self.browse_only:
            return target.sighting is not None
        return target.wanted or target.typed is not None or self._may_see(target.peer)

    def _where(self, target: Target) -> tuple[Address, ...]:
        if target.peer is not None:
            return self.addresses(target.peer)
        if target.typed is not None:
            return (target.typed,)
        return target.sighting.addresses if target.sighting is not None else ()

    def _settled(self, note: LinkUp) -> list[Effect]:
        """The targets that led to this device are reached."""
        effects: list[Effect] = []
        short = short_id(note.guest.id)
        target = self.targets.setdefault(short, Target(short, note.guest.id))
        target.peer = note.guest.id
        if note.dialled:
            target.dialling = False
            for key in [key for key, one in self.targets.items() if one.typed == note.address and key != short]:
                del self.targets[key]
        target.tries = 0
        target.wanted = False
        if target.troubled:
            target.troubled = False
            effects.append(self._calm(target))
        return effects

    def _calm(self, target: Target) -> Effect:
        return Publish(NetworkTroubled(f"{Code.PEER_UNREACHABLE}:{target.key}", ""))

    def _imposter(self, target: Target, seen: PeerId, at: Address | None) -> list[Effect]:
        """All addresses of a device that a person wants answered with another key.

        Where it is, anybody may announce: that alone accuses nobody, least of all a stranger who is here under its own
        name and whose address somebody gave away for another one's.
        """
        known = self.rows.get(target.peer) if target.peer is not None else None
        if known is None or known.trust not in (TrustLevel.KNOWN, TrustLevel.VERIFIED):
            return []
        stale = seen in self.rows and self.rows[seen].trust is not TrustLevel.STRANGER
        hint_only = at is None or str(at) not in known.addresses
        wanted = target.wanted or self.has_pending(known.id)
        if stale or not wanted or (hint_only and self.online(seen)):
            return []
        return self._alarm(known, seen)

    def _lookalike(self, row: Row, now: float) -> list[Effect]:
        """It bears the name of another, known device: an alarm if that is away, now or in a moment."""
        effects: list[Effect] = []
        for other in self._namesakes(row):
            if other.away_since + _AWAY <= now:
                effects += self._alarm(other, row.id)
            else:
                soon = other.away_since + _AWAY
                self._compare_at = soon if self._compare_at is None else min(soon, self._compare_at)
        return effects

    def _namesakes(self, row: Row) -> list[Row]:
        """Known devices without a link that a person would take this one for: it is a stranger, or was called something
        else when a person dealt with it."""
        if row.trust is TrustLevel.BLOCKED or (row.dealt_with and row.name == row.met_as):
            return []
        looks = skeleton(row.name)
        return [
            other
            for other in self.rows.values()
            if other.link is None and other.id != row.id and other.dealt_with and looks in other.looks()
        ]

    def _compare(self, now: float) -> list[Effect]:
        """Look again at all strangers that are there, and at typed addresses that were answered."""
        self._compare_at = None
        effects = [
            effect
            for row in list(self.rows.values())
            if row.link is not None
            for effect in self._lookalike(row, now)
        ]
        reached, self._reached = self._reached, []
        for address, peer, met in reached:
            if (row := self.rows.get(peer)) is not None:
                effects += self._reach([address], row, now, met)
        return effects

    def _typed(self, note: LinkUp) -> list[str]:
        """The addresses that a person typed and that this link answers."""
        if not note.dialled:
            return []
        return [key for key, one in self.targets.items() if one.typed == note.address]

    def _reach(self, typed: list[str], row: Row, now: float, met: Address | None) -> list[Effect]:
        """Tell who answered at a typed address, once it is clear in whose place it did. `met`: where it is in truth."""
        effects: list[Effect] = []
        for address in typed:
            places = {address, str(met)}
            taken_for = self._namesakes(row)
            taken_for += [
                one
                for one in self.rows.values()
                if one.link is None and one.id != row.id and one.dealt_with and one not in taken_for
                and not places.isdisjoint(one.addresses)
            ]
            open_ = [one for one in taken_for if one.away_since + _AWAY > now]
            if open_:
                self._reached.append((address, row.id, met))
                soon = max(one.away_since for one in open_) + _AWAY
                self._compare_at = soon if self._compare_at is None else min(soon, self._compare_at)
                continue
            known = taken_for[0] if taken_for else None
            if known is not None:
                # Said again at every try, whether it is new or not.
                again = Publish(IdentityChanged(known.name, known.id, row.id))
                effects += self._alarm(known, row.id) or [again]
            effects.append(Publish(AddressReached(address, row.id, known.id if known is not None else "")))
        return effects

    def _cloned(self, row: Row, instance: bytes) -> list[Effect]:
        """Each run of an engine has an instance of its own: one that comes back after another one ran beside it."""
        if instance == row.instance:
            return []
        if instance in row.earlier:
            return self._alarm_clone(row.id, row.name, ours=False)
        if row.instance and len(row.earlier) < _REMEMBERED:
            row.earlier.add(row.instance)
        return []

    def _alarm_clone(self, peer: PeerId, name: str, ours: bool) -> list[Effect]:
        if peer in self.clones:
            return []
        self.clones.add(peer)
        return [Publish(DuplicateKeyDetected(peer, name, ours, user_messages.cloned(name, ours)))]

    def _alarm(self, known: Row, seen: PeerId) -> list[Effect]:
        """A new one. Where there are many for one device, it is told, and not kept."""
        row = self.rows.get(seen)
        if (known.id, seen) in self.alarms or (row is not None and known.id in row.accused):
            return []
        if row is not None:
            row.accused.add(known.id)
        told = Publish(IdentityChanged(known.name, known.id, seen))
        if sum(one == known.id for one, _ in self.alarms) >= _ALARMS:
            return [told]
        self.alarms[known.id, seen] = None
        return [self._keep_alarm(known.id, seen), told]

    def _keep_alarm(self, known: PeerId, seen: PeerId) -> Effect:
        return DbWrite(lambda db: trustbook.raise_alarm(db, known, seen))

    def _drop_alarm(self, known: PeerId, seen: PeerId) -> list[Effect]:
        self.alarms.pop((known, seen), None)
        if seen in self.rows:
            self.rows[seen].accused.discard(known)
        return [DbWrite(lambda db: trustbook.settle_alarm(db, known, seen)), Publish(IdentitySettled(known, seen))]

    def undecided(self) -> tuple[IdentityChanged, ...]:
        """The alarms that no person has decided."""
        return tuple(
            IdentityChanged(self.rows[known].name if known in self.rows else short_id(known), known, seen)
            for known, seen in self.alarms
        )

    def _known_by_short(self, short: str) -> PeerId | None:
        found = [peer for peer in self.rows if short_id(peer) == short]
        return found[0] if len(found) == 1 else None

    def _remember(self, row: Row) -> Effect:
        one = TrustEntry(row.id, row.name, row.kind, row.system, row.trust, tuple(row.addresses), row.last_seen,
                           row.alias, row.rules, row.met_as, row.key)
        return DbWrite(lambda db: trustbook.remember(db, one))

    def _appeared(self, row: Row) -> PeerAppeared:
        online = row.link is not None
        facts = (row.id, row.name, row.kind, tuple(row.addresses), row.trust, online, row.system)
        return PeerAppeared(*facts, row.alias, row.rules, row.note, row.met_as)

    def _changed(self, row: Row) -> PeerChanged:
        online = row.link is not None
        facts = (row.id, row.name, row.kind, tuple(row.addresses), row.trust, online, row.system)
        return PeerChanged(*facts, row.alias, row.rules, row.note, row.met_as)


def _parsed(texts: Iterable[str]) -> dict[Address, None]:
    found: dict[Address, None] = {}
    for text in texts:
        try:
            found[parse_address(text)] = None
        except ValueError:
            continue
    return found


