"""Records about groups that were said to us and are not merged yet: kept until their turn comes, within bounds. No I/O.

To merge is to fold all that is known of a group once more, so it costs with the group's size. Whoever says records
rests between two merges for a time that grows with it: however many a member signs, the store has time for all else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

from lanshare.domain.control_messages import SignedMessage
from lanshare.domain.message import MessageKind
from lanshare.domain.peer import PeerId
from lanshare.wire import limits

EACH: Final = 0.0001
"""Seconds between two merges for one speaker, for all that the records of the group weigh: see Change.weight. A merge
takes a fifth of it, measured."""

_PARTS: Final = 32
"""Groups that are not ours yet of which something is kept, for each turn. The oldest one makes room."""

_LARGE: Final = 2
"""Of all these, how many may be larger than GROUP_COLLECTED."""

Key = tuple[PeerId, PeerId]
"""Who says it, and the group."""


class DueRecords(Struct, frozen=True):
    """Records that have their turn. `is_new`: of a group that is not ours."""

    speaker: PeerId
    group: PeerId
    records: tuple[SignedMessage, ...]
    is_new: bool


@dataclass(slots=True)
class KeptRecords:
    """Records of one group, and their bytes."""

    records: list[SignedMessage] = field(default_factory=list)
    size: int = 0

    def add(self, records: Sequence[SignedMessage], room: int) -> bool:
        """As many as there is room for, in bytes; whether it was any."""
        before = self.size
        for one in records:
            if self.size + len(one.record) - before > room:
                break
            self.records.append(one)
            self.size += len(one.record)
        return self.size > before


class GroupRecordQueue:
    """What waits to be merged. `turn`: with whom a speaker takes turns, by any name: those with one name rest together,
    as keys cost nothing."""

    def __init__(self, turn: Callable[[PeerId], str]) -> None:
        self._turn = turn
        self._rests: dict[str, float] = {}
        """By turn, until when."""

        self._merging: dict[Key, str] = {}
        """What the store has just now, and whose turn it is by that."""

        self._waiting: dict[Key, KeptRecords] = {}
        self._parts: dict[Key, KeptRecords] = {}
        """Of groups that are not ours: all that came, as only together they may tell that we are in it."""

        self._untried: dict[Key, None] = {}
        self._founded: dict[Key, float] = {}
        """Who took us into which group, and when."""

    def add(self, peer: PeerId, records: Sequence[SignedMessage]) -> None:
        """A peer says something of a group of ours. What there is no room for is passed over: it is told again."""
        turn = self._turn(peer)
        key = (peer, records[0].message.peer)
        waits = self._waiting.setdefault(key, KeptRecords())
        taken = sum(kept.size for (other, _), kept in self._waiting.items() if self._turn(other) == turn)
        waits.add(records, limits.GROUP_WAITING - taken)
        if not waits.records:
            del self._waiting[key]

    def collect(self, peer: PeerId, records: Sequence[SignedMessage], most: int) -> None:
        """The same of a group that is not ours: what came in this frame and those before it, the founding one first.

        `most`: bytes. Two groups at most, of different speakers, may have more than others.
        """
        key = (peer, records[0].message.peer)
        if any(one.message.kind is MessageKind.FOUND for one in records):
            self._forget(key)
        elif key not in self._parts:
            return  # without the founding one nothing can be said of it
        large = [one for one, kept in self._parts.items() if one != key and kept.size > limits.GROUP_COLLECTED]
        if len(large) >= _LARGE or any(speaker == peer for speaker, _ in large):
            most = limits.GROUP_COLLECTED
        turn = self._turn(peer)
        same = [one for one in self._parts if self._turn(one[0]) == turn]
        if key not in self._parts and len(same) >= _PARTS:
            self._forget(same[0])
        parts = self._parts.setdefault(key, KeptRecords())
        if parts.add(records, most - parts.size):
            self._untried[key] = None

    def due(self, now: float) -> list[DueRecords]:
        """What has its turn: for each turn one group's records, to be given to the store. See merged()."""
        found: list[DueRecords] = []
        for key in [*self._waiting, *self._untried]:
            turn = self._turn(key[0])
            if turn in self._merging.values() or self._rests.get(turn, now) > now:
                continue
            waited = self._waiting.pop(key, None)
            if waited is None:
                del self._untried[key]
            records = tuple((waited or self._parts[key]).records)
            found.append(DueRecords(*key, records, waited is None))
            self._merging[key] = turn
        return found

    def merged(self, peer: PeerId, group: PeerId, is_ours: bool, weight: int, now: float) -> None:
        """The store is done with it. `weight`: of what it looked at."""
        turn = self._merging.pop((peer, group), self._turn(peer))
        self._rests = {one: at for one, at in self._rests.items() if at > now}
        self._rests[turn] = max(self._rests.get(turn, now), now + weight * EACH)
        if is_ours:
            self._forget((peer, group))

    def may_found(self, peer: PeerId, group: PeerId, now: float) -> bool:
        """Whether this known device may take us into one more group just now; it says so again at every meeting."""
        self._founded = {key: at for key, at in self._founded.items() if 0.0 <= now - at < limits.PROMPTS_WITHIN}
        if (peer, group) in self._founded:
            return True
        if sum(who == peer for who, _ in self._founded) >= limits.GROUPS_FOUNDED:
            return False
        self._founded[peer, group] = now
        return True

    @property
    def is_busy(self) -> bool:
        """Whether anything waits, or is being merged."""
        return bool(self._waiting or self._untried or self._merging)

    def next_time(self) -> float | None:
        """When due() has something."""
        turns = {self._turn(peer) for peer, _ in [*self._waiting, *self._untried]} - set(self._merging.values())
        return min((self._rests.get(turn, 0.0) for turn in turns), default=None)

    def _forget(self, key: Key) -> None:
        self._parts.pop(key, None)
        self._untried.pop(key, None)
