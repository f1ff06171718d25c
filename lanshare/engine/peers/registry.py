"""The devices: who is online, over which link, how far each is trusted. No I/O, no clock of its own.

A device is online while its control link is open; mDNS only says where to dial. The life of a link:

1. A sighting, a typed address or a wish makes a target, and the dial scheduler asks for a Dial (or somebody dials us).
2. LinkUp: TLS and greeting are done. It is refused if the device is blocked, or may not see us and is not wanted. If
   both dialled at once, the link that the smaller id dialled stays. Then the device is shown, and Online is said.
3. LinkDown: for a moment it may be replaced and nobody is told; then the device is shown away, and Offline is said.

`dials` (dial_scheduler) owns the targets, `identities` (identity_monitor) the alarms, `link_table` (link_table) what
becomes of links, `decisions` (decisions) what a person decides of a device; the devices themselves are here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from lanshare.domain import commands as c
from lanshare.domain.control_messages import Renamed
from lanshare.domain.events import (
    Event,
    IdentityChanged,
    MessageDelivered,
    PeerAppeared,
    PeerVanished,
    PeerVerified,
    TransferFinished,
)
from lanshare.domain.peer import Address, Peer, PeerId, PeerPolicy, Permission, TrustLevel, short_id
from lanshare.domain.settings import Visibility
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import (
    CloseLink,
    Effect,
    MarkKnown,
    Offline,
    Publish,
    Verify,
    write,
)
from lanshare.engine.inbox import DialEnded, Glanced, Gone, LinkDown, LinkUp
from lanshare.engine.peers.decisions import TrustDecisions
from lanshare.engine.peers.dial_scheduler import DialScheduler
from lanshare.engine.peers.identity_monitor import IdentityMonitor
from lanshare.engine.peers.link_table import LinkTable
from lanshare.engine.peers.record import GRACE, PeerRecord, parsed
from lanshare.engine.ports import LinkHandle
from lanshare.exchange.handshake import COPIED, OURSELVES
from lanshare.net.announcement import Sighting
from lanshare.store import trustbook
from lanshare.store.trustbook import TrustEntry
from lanshare.wire import limits


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
        self.decisions = TrustDecisions(self)
        self.link_table = LinkTable(self)
        self._has_pending, self._wall_ms = has_pending, wall_ms

    def register(self, to: Dispatch) -> None:
        """See Service."""
        items, effects = to.items, to.effects
        items.on(c.SendFiles, lambda item, now: self.want(item.peer, now))
        items.on(c.SendText, lambda item, now: self.want(item.peer, now))
        items.on(c.SeekPeer, lambda item, now: self.want(item.peer, now))
        items.on(c.RequestPairing, lambda item, now: self.want(item.peer, now))
        items.on(c.TrustPeer, lambda item, now: [*self.decisions.verify(item.peer), Publish(PeerVerified(item.peer))])
        items.on(c.ChangePeer, lambda item, now: self.decisions.change(item.peer, item.alias, item.rules))
        items.on(c.ResolveIdentityChange, lambda item, now: self.decisions.settle(item.known, item.seen, item.same))
        items.on(c.BlockPeer, lambda item, now: self.decisions.block(item.peer, item.blocked))
        items.on(c.ForgetPeer, lambda item, now: self.decisions.forget(item.peer))
        items.on(c.AddAddress, lambda item, now: self.add_address(item.address, now))
        items.on(Sighting, self.seen)
        items.on(Gone, lambda item, now: self.gone(item.short))
        items.on(LinkUp, lambda item, now: self.link_table.opened(item, now, self._wall_ms()))
        items.on(LinkDown, self.link_table.closed)
        items.on(Glanced, lambda item, now: self.glanced(item.target, item.peer, item.address, now))
        items.on(DialEnded, self.dial_ended)
        to.heard.on(Renamed, lambda said, peer, now: self.renamed(peer, said.name, said.note, now))
        effects.on(Verify, lambda effect: self.decisions.verify(effect.peer))
        effects.on(MarkKnown, lambda effect: self.decisions.befriend(effect.peer))
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
        return [self.remember(row), *self.identities.appeared(row, now), Publish(row.changed())]

    def tick(self, now: float) -> list[Effect]:
        """What time brings: dials that are due, devices whose grace is over, comparisons that waited."""
        effects: list[Effect] = []
        for row in self.rows.values():
            if row.down_at is not None and now - row.down_at >= GRACE:
                row.down_at = None
                effects.append(Publish(PeerVanished(row.id, row.name)))
                effects.append(Offline(row.id))
        return [*effects, *self.identities.tick(now), *self.dials.tick(now)]

    def next_time(self) -> float | None:
        """When tick() has something to do again."""
        times = [row.down_at + GRACE for row in self.rows.values() if row.down_at is not None]
        others = (self.dials.next_time(), self.identities.compare_at)
        return min((*times, *(one for one in others if one is not None)), default=None)

    # --- for the parts

    def row_of(self, peer: PeerId, name: str = "") -> PeerRecord:
        """Its row, also where it never had one, or was a stranger whose row made room for others."""
        return self.rows.setdefault(peer, PeerRecord.stranger(peer, name or short_id(peer)))

    def disconnect(self, row: PeerRecord) -> list[Effect]:
        """End what links us to a device."""
        self.dials.part(row.id, forgotten=row.id not in self.rows)
        link, row.link, row.down_at = row.link, None, None
        if link is None:
            return []
        return [CloseLink(link), Publish(PeerVanished(row.id, row.name)), Offline(row.id)]

    def make_room(self, room: int = 1) -> list[Effect]:
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

    def remember(self, row: PeerRecord) -> Effect:
        """Keep what is known of it."""
        return write(trustbook.remember, row.entry())

    # --- inside

    def _note_work(self, event: Event) -> None:
        if isinstance(event, MessageDelivered | TransferFinished):
            self.worked(event.peer)
