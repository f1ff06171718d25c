"""Groups: who is in them, and how that follows from the records that found and change them.

What counts is what an author had seen when it signed a record (its causal past, by the digests that records name),
never a number that its author chooses, nor when a record arrived. Members have a seniority: the founder comes first,
then those whom the founder added, in that order, then those whom they added. Everyone may add and rename; whoever came
in earlier may remove whoever came in later. What a removed member said that its remover had not seen counts for
nothing, so a record that is signed behind a removal, whatever its date, gains nobody anything.

That members of longer standing win against backdated records is known as a seniority ranking, and that a removal wins
over what is done beside it as strong removal, in the literature on access control without a server.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from lanshare.domain.peer import PeerId

MEMBERS = 256
"""Members of a group at most: everyone keeps a link with everyone."""

NAME = 64
"""Characters of a group's name."""

PARENTS: Final = 16
"""Digests that a record may name."""

ENTRIES: Final = 2048
"""Times that somebody was added, of one group, that are looked at: more than a group ever needs, and a bound."""

AGAIN: Final = 16
"""Of these, of one person: the most senior ones."""

SHARE: Final = 6000
"""What the records of one member that count may weigh together: see Change.weight. No person gives so many changes."""

WHOLE: Final = 12_000
"""The same of all members; the most senior ones' come first. It bounds what a group costs everyone who is in it."""

LEAST: Final = 8
"""What the records of each member may weigh at least, also if those of more senior ones fill the whole."""

WEIGHED: Final = 512
"""Bytes of a record's body that weigh as much as the record itself."""

_ENDS: Final = 2
"""Records of one author among those that a new record names."""

Order = tuple[int, str, str]
"""A record's place among the texts of its conversation: Lamport number, author, id."""


class Change(Struct, frozen=True):
    """One record that founds or changes a group.

    `name`: "" leaves it. A member that leaves removes itself. `parents`: digests of the records that its author had
    seen last. `older`: it was kept before there were such digests, so it is later than all older ones before it.
    `weight`: one, and one more for each full WEIGHED bytes of its body.
    """

    order: Order
    author: PeerId
    founds: bool
    name: str
    add: tuple[PeerId, ...]
    remove: tuple[PeerId, ...]
    digest: bytes = b""
    parents: tuple[bytes, ...] = ()
    older: bool = False
    weight: int = 1


class Group(Struct, frozen=True):
    """A group as it stands. `members`: the most senior first. `since`: the place from which on each may see what was
    said. `former`: who was a member once.
    """

    id: PeerId
    name: str
    members: tuple[PeerId, ...]
    since: dict[PeerId, Order]
    former: frozenset[PeerId] = frozenset()

    def knows(self, peer: PeerId) -> bool:
        """Whether this device is or was a member: what it says in the group may be older than its end."""
        return peer in self.members or peer in self.former

    def may_remove(self, peer: PeerId, other: PeerId) -> bool:
        """Whether a member may remove this other one: itself, and whoever came in later."""
        if peer not in self.members or other not in self.members:
            return False
        return peer == other or self.members.index(peer) < self.members.index(other)


class Folded(Struct, frozen=True):
    """What records come to. `void`: those that count for nothing. `heads`: digests of those that count and that no
    other one had seen, the most senior authors' first, two of each at most. `entries`: by member, the record that it is
    in by. `last`: the last record of each that counts. `spent`: the members of whom no more can count. `witnesses`:
    those that count for nothing, and that authors of records which count had seen: whoever lacks them judges otherwise.
    """

    group: Group
    void: frozenset[Order]
    heads: tuple[bytes, ...]
    entries: dict[PeerId, bytes]
    last: dict[PeerId, bytes]
    spent: frozenset[PeerId] = frozenset()
    witnesses: frozenset[Order] = frozenset()

    def parents(self, author: PeerId) -> tuple[bytes, ...]:
        """What a record that this member signs now is to name."""
        own = [one for one in (self.entries.get(author), self.last.get(author)) if one]
        return tuple(dict.fromkeys([*own, *self.heads]))[:PARENTS]


def fold(group: PeerId, changes: Iterable[Change]) -> Folded | None:
    """What these records come to, whatever order they came in; None without the record that founds the group."""
    records = sorted_once(changes)
    found = next((at for at, one in enumerate(records) if one.founds), None)
    return _Fold(group, records, found).result() if found is not None else None


def sorted_once(changes: Iterable[Change]) -> list[Change]:
    """Each record once, in the one order in which they are looked at: fold() sees nothing of the order they came in."""
    different = {one.digest or one.order: one for one in changes}
    return sorted(different.values(), key=lambda one: (one.order, one.digest))


class _Fold:
    """One run. Records are numbers; a set of them is an int with their bits."""

    def __init__(self, group: PeerId, records: Sequence[Change], found: int) -> None:
        self._group, self._records, self._found = group, records, found
        self._past, self._lacking = _pasts(records, found)
        self._valid = 1 << found
        self._kicks: dict[PeerId, int] = {}
        """By member, the records that remove it and count."""

        self._waiting: list[tuple[int, Order, int, PeerId, int]] = []
        """Entries to look at, the most senior first: the rank of who added, where, and which record it was."""

        self._living: dict[PeerId, list[int]] = {}
        self._seen: set[PeerId] = set()
        self._names: list[tuple[int, int]] = []
        self._ranks: dict[int, int] = {found: 0}
        """By record that counts, the rank of its author."""

        self._places: dict[PeerId, list[tuple[int, int]]] = {}
        """By member, ranks and entries that were looked at."""

        self._vain = 0
        """Records that remove somebody more senior."""

        self._name = records[found].name
        self._spent = Counter[PeerId]()
        """By member, what its records that count weigh, but for those by which it leaves."""

        self._weighs = 0

    def result(self) -> Folded:
        if any(one.older for one in self._records):
            self._begin_with_older()
        else:
            self._enter(-1, 0, self._records[self._found].author, self._found)
        mine: dict[PeerId, list[int]] = {}
        for at, one in enumerate(self._records):
            if not one.founds and not one.older and at not in self._lacking:
                mine.setdefault(one.author, []).append(at)
        rank = 0
        while self._waiting and rank < ENTRIES:
            _, _, _, peer, entry = heapq.heappop(self._waiting)
            self._member(rank, peer, entry, mine.get(peer, ()))
            rank += 1
        return self._told()

    def _begin_with_older(self) -> None:
        """Those who were in a group before its records told what their authors had seen are in it still."""
        since: dict[PeerId, int] = {}
        older = [at for at, one in enumerate(self._records) if one.older]
        for at in older:
            one = self._records[at]
            if at == self._found:
                since = dict.fromkeys((one.author, *one.add), at)
            elif not one.founds and one.author in since:
                self._valid |= 1 << at
                self._name = one.name or self._name
                for peer in one.add:
                    if peer not in since and len(since) < MEMBERS:
                        since[peer] = at
                for peer in one.remove:
                    since.pop(peer, None)
                    self._seen.add(peer)
            self._seen.update(since)
        for place, (peer, at) in enumerate(sorted(since.items(), key=lambda one: one[1])):
            self._enter(-1, place, peer, at)

    def _enter(self, rank: int, place: int, peer: PeerId, entry: int) -> None:
        if len(self._places.get(peer, ())) >= AGAIN:
            return
        heapq.heappush(self._waiting, (rank, self._records[entry].order, place, peer, entry))

    def _member(self, rank: int, peer: PeerId, entry: int, said: Sequence[int]) -> None:
        """What somebody did by having come in with this record. All who are more senior were looked at before."""
        if rank == 0 and not self._records[entry].older:
            for place, other in enumerate(self._records[entry].add):
                self._enter(rank, place, other, entry)
        if len(self._places.setdefault(peer, [])) >= AGAIN:
            return
        self._seen.add(peer)
        kicks = self._kicks.get(peer, 0) & ~self._past[entry]
        done = self._valid | self._vain
        mine = [at for at in said if self._past[at] >> entry & 1 and not done >> at & 1]
        mine = [at for at in self._in_sight(mine, kicks) if not self._removes_a_senior(peer, at)]
        leaves = [at for at in mine if peer in self._records[at].remove]
        leaves = [at for at in leaves if not any(self._past[at] >> other & 1 for other in leaves)]
        for at in leaves:
            kicks |= 1 << at
        for at in [*self._within_share(peer, self._in_sight(mine, kicks)), *leaves[:1]]:
            one = self._records[at]
            self._valid |= 1 << at
            self._ranks[at] = rank
            if len(leaves) > 1 and at in leaves:
                continue  # whoever leaves twice at once leaves, and says nothing else by it
            if one.name:
                self._names.append((rank, at))
            for place, other in enumerate(dict.fromkeys(one.add)):
                self._enter(rank, place, other, at)
            for other in one.remove:
                self._kicks[other] = self._kicks.get(other, 0) | 1 << at
        for at in leaves:
            self._kicks[peer] = self._kicks.get(peer, 0) | 1 << at
        self._places[peer].append((rank, entry))
        if not kicks:
            self._living.setdefault(peer, []).append(entry)

    def _within_share(self, peer: PeerId, records: Sequence[int]) -> Sequence[int]:
        """Those of a member's records that its share has room for, the first ones by their order. Whoever is out takes
        no room by dating something back: what its remover had not seen is not among these."""
        room = max(min(SHARE - self._spent[peer], WHOLE - self._weighs), min(SHARE, LEAST) - self._spent[peer])
        for place, at in enumerate(records):
            if self._records[at].weight > room:
                records = records[:place]
                break
            room -= self._records[at].weight
        weighs = sum(self._records[at].weight for at in records)
        self._spent[peer] += weighs
        self._weighs += weighs
        return records

    def _removes_a_senior(self, peer: PeerId, at: int) -> bool:
        if any(other != peer and self._is_senior(other, at) for other in dict.fromkeys(self._records[at].remove)):
            self._vain |= 1 << at
            return True
        return False

    def _is_senior(self, peer: PeerId, at: int) -> bool:
        """Whether this one is in the group, as the author of a record saw it, and came in earlier than the author."""
        past = self._past[at]
        kicks = self._kicks.get(peer, 0) & past
        return any(
            past >> entry & 1 and not self._taken(rank, kicks & ~self._past[entry])
            for rank, entry in self._places.get(peer, ())
        )

    def _taken(self, rank: int, kicks: int) -> bool:
        """Whether one of these removals is by somebody more senior than this rank, or its own leaving."""
        while kicks:
            at = kicks.bit_length() - 1
            kicks ^= 1 << at
            if self._ranks.get(at, -1) <= rank:
                return True
        return False

    def _in_sight(self, records: Iterable[int], kicks: int) -> list[int]:
        """Those of these records that all of whoever removed their author had seen."""
        seen = -1
        while kicks:
            at = kicks.bit_length() - 1
            kicks ^= 1 << at
            seen &= self._past[at]
        return [at for at in records if seen >> at & 1]

    def _told(self) -> Folded:
        self._pass_over_what_did_nothing()
        records, valid = self._records, self._valid
        living = dict(list(self._living.items())[:MEMBERS])
        counts = [at for at in range(len(records)) if valid >> at & 1]
        behind = 0
        last: dict[PeerId, int] = {}
        for at in counts:
            behind |= self._past[at]
            before = last.get(records[at].author)
            if before is None or self._past[at] >> before & 1:
                last[records[at].author] = at
        ends = sorted(
            (at for at in counts if not behind >> at & 1),
            key=lambda at: (self._ranks.get(at, -1), -(self._past[at] & valid).bit_count(), records[at].order),
        )
        of = Counter[PeerId]()
        heads = []
        for at in ends:
            of[records[at].author] += 1
            if of[records[at].author] <= _ENDS:
                heads.append(at)
        void = frozenset(one.order for at, one in enumerate(records) if not valid >> at & 1)
        witnesses = frozenset(one.order for at, one in enumerate(records) if behind >> at & 1) & void
        group = Group(
            self._group, self._newest_name(), tuple(living),
            {peer: min(map(self._place, entries)) for peer, entries in living.items()},
            frozenset(self._seen - set(living)),
        )
        entries = {peer: records[at[0]].digest for peer, at in living.items()}
        told = {peer: records[at].digest for peer, at in last.items()}
        heads_told = tuple(records[at].digest for at in heads)
        full = min(SHARE, LEAST) if self._weighs >= WHOLE else SHARE
        spent = frozenset(one for one in living if self._spent[one] >= full)
        return Folded(group, void, heads_told, entries, told, spent, witnesses)

    def _place(self, entry: int) -> Order:
        """Where somebody came in: behind all that the record had seen, whatever number it bears itself."""
        place, past = self._records[entry].order, self._past[entry]
        while past:
            at = past.bit_length() - 1
            past ^= 1 << at
            place = max(place, self._records[at].order)
        return place

    def _pass_over_what_did_nothing(self) -> None:
        """A removal that takes nobody's place is none."""
        for at, one in enumerate(self._records):
            rank = self._ranks.get(at, -1)
            if not self._valid >> at & 1 or one.founds or one.older or one.name or one.add or not one.remove:
                continue
            if one.author not in one.remove and not any(
                behind > rank and not self._past[entry] >> at & 1
                for other in one.remove
                for behind, entry in self._places.get(other, ())
            ):
                self._valid &= ~(1 << at)

    def _newest_name(self) -> str:
        """Of names that were given without knowing of each other, that of the most senior one."""
        behind = 0
        for _, at in self._names:
            behind |= self._past[at]
        newest = [(rank, at) for rank, at in self._names if not behind >> at & 1]
        if not newest:
            return self._name
        first = min(rank for rank, _ in newest)
        return self._records[max(at for rank, at in newest if rank == first)].name


def _pasts(records: Sequence[Change], found: int) -> tuple[list[int], set[int]]:
    """Of each record, all those that its author had seen. Nobody says anything without the founding one. And which
    name something that is not here, or that names such a one: they wait for it."""
    past = [0] * len(records)
    number = {one.digest: at for at, one in enumerate(records) if one.digest}
    older = 0
    for at, record in enumerate(records):
        if record.older:
            past[at] = older
            older |= 1 << at
    waits = {
        at: {number[digest] for digest in one.parents if digest in number and not records[number[digest]].older} - {at}
        for at, one in enumerate(records)
        if not one.older and at != found
    }
    lacking = {
        at for at, one in enumerate(records)
        if not one.older and at != found and any(digest not in number for digest in one.parents)
    }
    after: dict[int, list[int]] = {}
    for at, before in waits.items():
        for one in before:
            after.setdefault(one, []).append(at)
    ready = [at for at, before in waits.items() if before <= {found}]
    for at in waits:
        waits[at].discard(found)
    while ready:
        at = ready.pop()
        seen = 1 << found
        for digest in records[at].parents:
            if (parent := number.get(digest)) is not None and parent != at:
                seen |= past[parent] | 1 << parent
        past[at] = seen
        for later in after.get(at, ()):
            if at in lacking:
                lacking.add(later)
            waits[later].discard(at)
            if not waits[later]:
                ready.append(later)
    return past, lacking
