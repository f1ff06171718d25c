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

_STALE: Final = 120.0
"""Seconds after which a group of which nothing more comes is not kept together any longer: it is told at meetings."""

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

    records: dict[bytes, SignedMessage] = field(default_factory=dict)
    size: int = 0
    at: float = 0.0
    """When the last one came."""

    def add(self, records: Sequence[SignedMessage], room: int) -> bool:
        """Those that are new, as many as there is room for, in bytes; whether there was room for all."""
        for one in records:
            if one.digest in self.records:
                continue
            room -= len(one.record)
            if room < 0 or len(self.records) >= limits.GROUP_RECORDS:
                return False
            self.records[one.digest] = one
            self.size += len(one.record)
        return True


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
        self._lost: dict[Key, None] = {}
        """Of whom something was passed over."""

        self._founded: dict[Key, float] = {}
        """Who took us into which group, and when."""

    def add(self, peer: PeerId, records: Sequence[SignedMessage]) -> None:
        """A peer says something of a group of ours. What there is no room for is passed over, and asked for again."""
        turn = self._turn(peer)
        key = (peer, records[0].message.peer)
        waits = self._waiting.setdefault(key, KeptRecords())
        taken = sum(kept.size for (other, _), kept in self._waiting.items() if self._turn(other) == turn)
        if not waits.add(records, limits.GROUP_WAITING - taken):
            self._lost[key] = None
        if not waits.records:
            del self._waiting[key]

    def collect(self, peer: PeerId, records: Sequence[SignedMessage], most: int, now: float) -> None:
        """The same of a group that is not ours: what came in this frame and those before it, the founding one first.

        `most`: bytes. Two groups at most, of different speakers, may have more than others, as long as more comes.
        """
        for other in [one for one, kept in self._parts.items() if now - kept.at > _STALE]:
            self._forget(other)
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
        before, parts.at = len(parts.records), now
        parts.add(records, most - parts.size)
        if len(parts.records) > before:
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
            records = tuple((waited or self._parts[key]).records.values())
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

    def lost(self) -> list[Key]:
        """Whose records of which group were passed over, now that there is room again."""
        busy = {self._turn(peer) for peer, _ in self._waiting}
        found = [key for key in self._lost if self._turn(key[0]) not in busy]
        for key in found:
            del self._lost[key]
        return found

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
