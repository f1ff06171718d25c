"""Who answers in whose place: alarms about keys, and their settling by a person. No I/O, no clock of its own.

An alarm is (known, seen): another key answered in the place of a known device, and nobody has decided. It is raised
when somebody bears the name of a known device that is away, answers at an address where a person expected it, or has
another key than the device that a person wants. What is announced raises none by itself: anybody may announce.

A known device counts as away only a moment after its link ended, so comparisons may have to wait: `tick` makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lanshare.domain.confusables import skeleton
from lanshare.domain.events import AddressReached, DuplicateKeyDetected, IdentityChanged, IdentitySettled
from lanshare.domain.peer import Address, PeerId, TrustLevel, short_id
from lanshare.engine.effects import (
    Effect,
    Publish,
    write,
)
from lanshare.engine.peers.record import REMEMBERED, PeerRecord
from lanshare.engine.presentation import user_messages
from lanshare.store import trustbook

AWAY: Final = 3.0
"""Seconds without a link after which a known device counts as away, so that whoever bears its name is an alarm: at the
start of an engine two honest devices of one name come one after the other."""

_ALARMS: Final = 8
"""Alarms kept for one known device, the oldest ones: more keys under its name are told, and are none to be befriended,
but do not take the place of those that a person may be looking at."""


@dataclass(slots=True)
class IdentityMonitor:
    """All alarms. `rows`: the registry's devices, which it compares."""

    rows: Mapping[PeerId, PeerRecord]
    alarms: dict[tuple[PeerId, PeerId], None] = field(default_factory=dict)
    """(known, seen), oldest first."""

    clones: set[PeerId] = field(default_factory=set)
    """Devices of which it was told that their key is used twice."""

    compare_at: float | None = None
    """When it is to be looked again whether a stranger bears the name of a known device that is away."""

    _reached: list[tuple[str, PeerId, Address | None]] = field(default_factory=list)
    """Typed addresses that were answered, of which is not clear yet whether the right device answered."""

    # --- look-ups

    def undecided(self) -> tuple[IdentityChanged, ...]:
        """The alarms that no person has decided."""
        return tuple(
            IdentityChanged(self.rows[known].name if known in self.rows else short_id(known), known, seen)
            for known, seen in self.alarms
        )

    def doubts(self, peer: PeerId) -> bool:
        """Whether another key answered in the place of this device, and nobody has decided."""
        return any(known == peer for known, _ in self.alarms)

    def accuses(self, row: PeerRecord) -> bool:
        """Whether it stands in the place of a known device, or may do so: that it is away is clear only in a moment."""
        return bool(row.accused) or any(seen == row.id for _, seen in self.alarms) or bool(self._namesakes(row))

    def knows_of(self, known: PeerId, seen: PeerId) -> bool:
        """Whether there is such an alarm, kept or only told."""
        return (known, seen) in self.alarms or (seen in self.rows and known in self.rows[seen].accused)

    # --- what happens

    def watch(self, now: float) -> None:
        """A device lost its link: whoever bears its name is looked at once it counts as away."""
        self.compare_at = now + AWAY if self.compare_at is None else self.compare_at

    def appeared(self, row: PeerRecord, now: float) -> list[Effect]:
        """It is there, or is called something else: an alarm if a known device of that name is away, now or soon."""
        effects: list[Effect] = []
        for other in self._namesakes(row):
            if other.away_since + AWAY <= now:
                effects += self._alarm(other, row.id)
            else:
                self._compare_by(other.away_since + AWAY)
        return effects

    def answered(self, typed: Iterable[str], row: PeerRecord, now: float, met: Address | None) -> list[Effect]:
        """Tell who answered at a typed address, once it is clear in whose place it did. `met`: where it is in truth."""
        effects: list[Effect] = []
        for address in typed:
            places = {address, str(met)}
            taken_for = self._namesakes(row)
            taken_for += [
                one
                for one in self.rows.values()
                if not one.online and one.id != row.id and one.dealt_with and one not in taken_for
                and not places.isdisjoint(one.addresses)
            ]
            open_ = [one for one in taken_for if one.away_since + AWAY > now]
            if open_:
                self._reached.append((address, row.id, met))
                self._compare_by(max(one.away_since for one in open_) + AWAY)
                continue
            known = taken_for[0] if taken_for else None
            if known is not None:
                # Said again at every try, whether it is new or not.
                again = Publish(IdentityChanged(known.name, known.id, row.id))
                effects += self._alarm(known, row.id) or [again]
            effects.append(Publish(AddressReached(address, row.id, known.id if known is not None else "")))
        return effects

    def other_key(
        self, expected: PeerId | None, seen: PeerId, at: Address | None, is_wanted: Callable[[PeerId], bool]
    ) -> list[Effect]:
        """All addresses of a device answered with another key: an alarm if a person wants that device.

        Where it is, anybody may announce: that alone accuses nobody, least of all a stranger who is here under its own
        name and whose address somebody gave away for another one's.
        """
        known = self.rows.get(expected) if expected is not None else None
        if known is None or not known.dealt_with or not is_wanted(known.id):
            return []
        other = self.rows.get(seen)
        hint_only = at is None or str(at) not in known.addresses
        if other is not None and (other.trust is not TrustLevel.STRANGER or (hint_only and other.online)):
            return []
        return self._alarm(known, seen)

    def began(self, row: PeerRecord, instance: bytes) -> list[Effect]:
        """Each run of an engine has an instance of its own: one that comes back after another one ran beside it."""
        if instance == row.instance:
            return []
        if instance in row.earlier:
            return self.copied(row.id, row.name, ours=False)
        if row.instance and len(row.earlier) < REMEMBERED:
            row.earlier.add(row.instance)
        return []

    def copied(self, peer: PeerId, name: str, ours: bool) -> list[Effect]:
        """Two computers have one key; told once."""
        if peer in self.clones:
            return []
        self.clones.add(peer)
        return [Publish(DuplicateKeyDetected(peer, name, ours, user_messages.cloned(name, ours)))]

    def drop(self, known: PeerId, seen: PeerId) -> list[Effect]:
        """A person has decided about an alarm."""
        self.alarms.pop((known, seen), None)
        if seen in self.rows:
            self.rows[seen].accused.discard(known)
        return [write(trustbook.settle_alarm, known, seen), Publish(IdentitySettled(known, seen))]

    def drop_about(self, peer: PeerId, also_known: bool) -> list[Effect]:
        """A decision about a device is one about whatever it was taken for. `also_known`: and about whoever stood in
        its place."""
        void = [alarm for alarm in self.alarms if alarm[1] == peer or (also_known and alarm[0] == peer)]
        return [effect for alarm in void for effect in self.drop(*alarm)]

    def tick(self, now: float) -> list[Effect]:
        """Look again at all that are there, and at typed addresses that were answered, if it is time to."""
        if self.compare_at is None or now < self.compare_at:
            return []
        self.compare_at = None
        effects = [effect for row in list(self.rows.values()) if row.online for effect in self.appeared(row, now)]
        reached, self._reached = self._reached, []
        for address, peer, met in reached:
            if (row := self.rows.get(peer)) is not None:
                effects += self.answered([address], row, now, met)
        return effects

    # --- inside

    def _compare_by(self, soon: float) -> None:
        self.compare_at = soon if self.compare_at is None else min(soon, self.compare_at)

    def _namesakes(self, row: PeerRecord) -> list[PeerRecord]:
        """Known devices without a link that a person would take this one for: it is a stranger, or was called something
        else when a person dealt with it."""
        if row.trust is TrustLevel.BLOCKED or (row.dealt_with and row.name == row.met_as):
            return []
        looks = skeleton(row.name)
        return [
            other
            for other in self.rows.values()
            if not other.online and other.id != row.id and other.dealt_with and looks in other.looks()
        ]

    def _alarm(self, known: PeerRecord, seen: PeerId) -> list[Effect]:
        """A new one. Where there are many for one device, it is told, and not kept."""
        if self.knows_of(known.id, seen):
            return []
        row = self.rows.get(seen)
        if row is not None:
            row.accused.add(known.id)
        told = Publish(IdentityChanged(known.name, known.id, seen))
        if sum(one == known.id for one, _ in self.alarms) >= _ALARMS:
            return [told]
        self.alarms[known.id, seen] = None
        kept = known.id
        return [write(trustbook.raise_alarm, kept, seen), told]
