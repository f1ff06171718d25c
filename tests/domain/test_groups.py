"""Who is in a group follows from what the authors of its records had seen, in whatever order and however dated.

Small histories are tried by exhaustion: all that three members can do, with every view that they can have of it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from lanshare import wire
from lanshare.domain import groups
from lanshare.domain.groups import MEMBERS, PARENTS, Change, Folded, Group, fold, sorted_once
from lanshare.domain.peer import PeerId

GROUP = PeerId("g" * 52)
A, B, C, D, E = (PeerId(letter * 52) for letter in "abcde")


def change(
    author: PeerId, seen: Sequence[Change] = (), add: tuple[PeerId, ...] = (), remove: tuple[PeerId, ...] = (),
    name: str = "", founds: bool = False, lamport: int = 0, number: int = 0,
) -> Change:
    """A record; `seen` are those that it names."""
    parents = tuple(one.digest for one in seen)
    lamport = lamport or 1 + max((one.order[0] for one in seen), default=0)
    body = repr((author, parents, add, remove, name, founds, lamport, number)).encode()
    digest = hashlib.sha256(body).digest()
    return Change((lamport, author, digest.hex()[:32]), author, founds, name, add, remove, digest, parents)


FOUND = change(A, add=(B, C), name="us", founds=True)


def folded(*changes: Change) -> Folded:
    """What they come to."""
    one = fold(GROUP, changes)
    assert one is not None
    return one


def members(*changes: Change) -> tuple[PeerId, ...]:
    """Who is in it."""
    return folded(*changes).group.members


def test_the_founder_and_whom_he_adds_are_in_it_the_founder_first() -> None:
    one = folded(FOUND)
    assert (one.group.name, one.group.members, one.heads) == ("us", (A, B, C), (FOUND.digest,))
    assert fold(GROUP, [change(A, add=(B,))]) is None, "nothing is founded"


def test_a_removed_member_undoes_nothing_however_it_dates_its_record() -> None:
    """The attack of the second reading: an earlier number, and parents from before the removal."""
    removal = change(A, [FOUND], remove=(C,), lamport=9)
    for lamport, seen in itertools.product((1, 2, 9, 99), ([FOUND], [], [removal])):
        forged = change(C, seen, remove=(A, B), add=(D,), name="mine", lamport=lamport)
        one = folded(FOUND, removal, forged)
        assert (one.group.members, one.group.name) == ((A, B), "us")
        assert one.void == {forged.order}
        chained = change(D, [forged], remove=(A,), lamport=lamport)
        assert folded(FOUND, removal, forged, chained).group.members == (A, B)


def test_whoever_came_in_earlier_removes_whoever_came_in_later_and_not_the_other_way_round() -> None:
    assert members(FOUND, change(B, [FOUND], remove=(C,))) == (A, B)
    for junior, senior in ((B, A), (C, A), (C, B)):
        vain = change(junior, [FOUND], remove=(senior,), add=(D,), name="mine")
        one = folded(FOUND, vain)
        assert (one.group.members, one.group.name) == ((A, B, C), "us")
        assert one.void == {vain.order}, "nothing of it counts"
    later = change(C, [FOUND], add=(D,))
    assert members(FOUND, later, change(B, [later], remove=(D,))) == (A, B, C), "C's guest came in after B"
    assert members(FOUND, later, change(D, [later], remove=(C,))) == (A, B, C, D)
    group = folded(FOUND, later).group
    assert [group.may_remove(B, one) for one in (A, B, C, D)] == [False, True, True, True]
    assert not group.may_remove(PeerId("x" * 52), D)


def test_what_the_remover_had_seen_of_a_member_stays_and_what_not_does_not() -> None:
    seen, unseen = change(C, [FOUND], add=(D,)), change(C, [FOUND], name="quick")
    removal = change(A, [seen], remove=(C,))
    one = folded(FOUND, seen, unseen, removal)
    assert (one.group.members, one.group.name) == ((A, B, D), "us")
    assert one.void == {unseen.order}


def test_of_two_who_remove_each_other_at_once_the_one_who_came_in_first_stays() -> None:
    for first, second in ((A, B), (B, C)):
        mine, theirs = change(first, [FOUND], remove=(second,)), change(second, [FOUND], remove=(first,))
        one = folded(FOUND, mine, theirs)
        assert first in one.group.members
        assert second not in one.group.members
        assert one.void == {theirs.order}


def test_of_two_names_at_once_the_more_senior_ones_counts_and_a_later_one_always() -> None:
    one, other = change(B, [FOUND], name="B's", lamport=2), change(C, [FOUND], name="C's", lamport=9)
    assert folded(FOUND, one, other).group.name == "B's"
    assert folded(FOUND, one, other, change(C, [one, other], name="both seen")).group.name == "both seen"


def test_whoever_leaves_and_is_added_again_sees_from_then_on_and_says_again() -> None:
    leaves = change(B, [FOUND], remove=(B,))
    back = change(C, [leaves], add=(B,), lamport=8)
    says = change(B, [back], name="back")
    one = folded(FOUND, leaves, back, says)
    assert (set(one.group.members), one.group.name) == ({A, B, C}, "back")
    assert one.group.since[B][0] == 8
    assert B not in one.group.former
    assert one.group.members[-1] == B, "it came in again behind C, who may remove it now"
    assert B not in members(FOUND, leaves, back, says, change(C, [says], remove=(B,)))
    assert B not in members(FOUND, leaves, change(C, [FOUND], add=(B,))), "C had not seen that it left"


def test_it_never_grows_beyond_its_bound() -> None:
    crowd = tuple(PeerId(f"{number:052}") for number in range(400))
    assert len(members(FOUND, change(A, [FOUND], add=crowd))) == MEMBERS


def test_a_record_names_what_its_author_is_in_by_and_what_it_saw_last() -> None:
    """Also where a member has made more ends than a record may name: its removal has seen the record it acts by."""
    comes = change(B, [FOUND], add=(D,))
    ends = [change(C, [FOUND], name=f"end {number}", number=number) for number in range(PARENTS * 3)]
    for number in range(40):
        ends.append(change(C, [ends[-1]], name=f"chain {number}", number=number))
    one = folded(FOUND, comes, *ends)
    parents = one.parents(D)
    assert len(parents) <= PARENTS
    assert parents[0] == comes.digest
    named = [some for some in (FOUND, comes, *ends) if some.digest in parents]
    assert folded(FOUND, comes, *ends, change(D, named, name="D's")).void == set()


def test_no_hostile_set_of_records_costs_more_than_a_look_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same one added over and over, and each of his records judged anew for each time."""
    looked = [0]
    real = groups._Fold._is_senior

    def counted(self: groups._Fold, peer: PeerId, at: int) -> bool:
        looked[0] += 1
        return real(self, peer, at)

    monkeypatch.setattr(groups._Fold, "_is_senior", counted)
    crowd = tuple(PeerId(f"{number:052}".replace("0", "q")) for number in range(MEMBERS))
    adds = [change(B, [FOUND], add=(D,) * MEMBERS, number=number) for number in range(50)]
    vain = [change(D, adds[:8], remove=(*crowd, A), number=number) for number in range(200)]
    one = folded(FOUND, *adds, *vain)
    assert set(one.group.members) == {A, B, C, D}
    assert len(one.void) == len(vain)
    assert looked[0] <= len(vain) * (MEMBERS + 1)


def test_floods_of_ends_and_leaves_do_not_keep_seniors_from_acting() -> None:
    removal = change(A, [FOUND], remove=(B,))
    chain = [change(C, [FOUND], name="x")]
    for number in range(60):
        chain.append(change(C, [chain[-1]], name="x", number=number))
    leaves = [change(C, [chain[-1]], remove=(C,), number=number) for number in range(40)]
    everything = [FOUND, removal, *chain, *leaves]
    one = folded(*everything)
    assert len(one.void.intersection(leave.order for leave in leaves)) == len(leaves) - 1, "it leaves once"
    back = change(A, [some for some in everything if some.digest in one.parents(A)], add=(B,))
    assert members(*everything, back) == (A, B)


def test_a_record_that_does_nothing_counts_for_nothing_and_one_that_leaves_in_vain_leaves_not() -> None:
    both = change(C, [FOUND], remove=(C, A))
    assert members(FOUND, both) == (A, B, C), "nothing of it counts, not even that it leaves"
    first, second = change(A, [FOUND], add=(D,), lamport=2), change(B, [FOUND], add=(E,), lamport=2)
    unseen = change(E, [second], remove=(D,))
    one = folded(FOUND, first, second, unseen)
    assert D in one.group.members
    assert one.void == {unseen.order}


def test_one_member_does_not_lock_out_the_guests_of_the_others() -> None:
    many = [change(B, [FOUND], add=(E,) * MEMBERS, number=number) for number in range(40)]
    guest = change(C, [FOUND], add=(D,))
    removal = change(A, many[:8], remove=(B, E))
    assert D in members(FOUND, *many, guest, removal)


def test_what_was_there_before_records_named_what_was_seen_goes_on_as_it_was() -> None:
    """Then each was later than all of a lower number, and anyone removed anyone."""
    def older(lamport: int, author: PeerId, **what: tuple[PeerId, ...]) -> Change:
        return replace(change(author, lamport=lamport, **what), older=True)  # type: ignore[arg-type]

    before = [replace(FOUND, older=True), older(2, C, add=(D,)), older(3, B, remove=(A,)), older(4, A, remove=(B,))]
    one = folded(*before)
    assert one.group.members == (B, C, D)
    assert one.void == {before[3].order}
    assert one.parents(D)[0] == before[1].digest
    last = [some for some in before if some.digest in one.parents(B)]
    removal = change(B, last, remove=(C,))
    assert members(*before, removal) == (B, D)
    for lamport in (2, 3, 99):
        for forged in (
            change(A, before[:1], remove=(B,), lamport=lamport), change(C, before[:2], add=(A,), lamport=lamport)
        ):
            assert members(*before, removal, forged) == (B, D)


# --- small histories, by exhaustion


@dataclass(frozen=True)
class History:
    """Records in the order in which they were signed, and of each the ones that its author had seen, as bits."""

    records: tuple[Change, ...]
    seen: tuple[int, ...]


def views(history: History) -> Iterator[int]:
    """Every set of records that somebody may have: with each also what its author had seen."""
    count = len(history.records)
    for bits in range(1, 1 << count, 2):  # nobody has anything without the founding record
        if all(not bits >> at & 1 or history.seen[at] & ~bits == 0 for at in range(count)):
            yield bits


def some(history: History, bits: int) -> list[Change]:
    """The records of a view."""
    return [one for at, one in enumerate(history.records) if bits >> at & 1]


def deeds(stands: Group, author: PeerId, honest: bool) -> Iterator[tuple[tuple[PeerId, ...], tuple[PeerId, ...], str]]:
    """What a member may do (or, forging, try): add, remove, rename."""
    for other in (A, B, C):
        if honest:
            if stands.may_remove(author, other):
                yield (), (other,), ""
            if other not in stands.members:
                yield (other,), (), ""
        else:
            yield (), (other,), ""
            yield (other,), (), ""
    yield (), (), f"{author[0]}'s"
    if not honest:
        yield (A, B, C), (), "all"
        yield (D,), (A, B), "mine"


def said_in(history: History, bits: int, author: PeerId, deed: tuple[tuple[PeerId, ...], tuple[PeerId, ...], str],
            parents: Sequence[Change], lamport: int = 0) -> History:
    """The history with one record more."""
    add, remove, name = deed
    one = change(author, parents, add, remove, name, lamport=lamport, number=len(history.records))
    return History((*history.records, one), (*history.seen, bits))


def grown(history: History) -> Iterator[History]:
    """Every history with one honest record more: signed by a member, of whatever view it may have of the rest."""
    for bits in views(history):
        view = some(history, bits)
        stands = folded(*view)
        for author in stands.group.members:
            parents = [one for one in view if one.digest in stands.parents(author)]
            for deed in deeds(stands.group, author, honest=True):
                yield said_in(history, bits, author, deed, parents)


def histories(length: int) -> list[History]:
    """All honest ones of so many records, the founding one among them."""
    found: list[History] = [History((FOUND,), (0,))]
    for _ in range(length - 1):
        found = [longer for one in found for longer in grown(one)]
    return found


def forgeries(history: History, author: PeerId) -> Iterator[Change]:
    """Every record that somebody may sign behind a history, claiming any view of it and any date."""
    for bits in views(history):
        view = some(history, bits)
        for deed in deeds(folded(*view).group, author, honest=False):
            for lamport in (1, 50):
                yield said_in(history, bits, author, deed, view, lamport).records[-1]


def left_by_itself(history: History, author: PeerId) -> bool:
    """Whether it left once of its own will."""
    void = folded(*history.records).void
    return any(one.author == author and author in one.remove and one.order not in void for one in history.records)


def takes_back_its_own(history: History, author: PeerId, after: Group) -> bool:
    """Whether a group is what the history comes to without some of what this author did, but for the author itself."""
    own = [one for one in history.records if one.author == author and not one.founds and author not in one.remove]
    emptied = [
        folded(*(replace(one, name="", add=(), remove=()) if one in left else one for one in history.records)).group
        for count in range(len(own) + 1) for left in itertools.combinations(own, count)
    ]
    return any(others(one, author) == others(after, author) for one in emptied)


def others(group: Group, author: PeerId) -> tuple[str, dict[PeerId, object]]:
    """A group as far as this one is not concerned."""
    return group.name, {peer: since for peer, since in group.since.items() if peer != author}


def check_forgeries(history: History, chained: bool) -> int:
    """Whoever is out gains nothing, and nobody gains anything over whoever is more senior; how many were tried."""
    before = folded(*history.records)
    tried = 0
    for author in (A, B, C):
        for forged in forgeries(history, author):
            tried += 1
            after = folded(*history.records, forged)
            if author not in before.group.members:
                if after.group != before.group:
                    assert left_by_itself(history, author), "whoever was removed changes nothing"
                    assert takes_back_its_own(history, author, after.group), "whoever left takes back what is its own"
                if chained and forged.add == (D,):
                    friend = change(D, [forged], remove=(A, B, C), name="D's")
                    assert folded(*history.records, forged, friend) == replace(
                        after, void=after.void | {friend.order}
                    ), "and nobody on its word"
            else:
                earlier = before.group.members.index(author) + (author in after.group.members)
                if after.group.members[:earlier] != before.group.members[:earlier]:
                    # It left, was added again, and takes back what it had done before that: nothing else.
                    assert left_by_itself(history, author), "nothing happens to whoever came in earlier"
                    assert takes_back_its_own(history, author, after.group)
    return tried


def check_orders(history: History, orders: Iterable[Sequence[Change]]) -> None:
    """Equal records come to the same."""
    once = folded(*history.records)
    for order in orders:
        assert folded(*order) == once


def test_all_histories_of_up_to_four_records_fold_alike_in_all_orders_and_no_forged_one_gains() -> None:
    count = tried = 0
    for length in (1, 2, 3, 4):
        for history in histories(length):
            count += 1
            check_orders(history, itertools.permutations(history.records))
            if length < 4:
                tried += check_forgeries(history, chained=True)
    print(f"{count} histories, {tried} forged records")
    assert count > 2000
    assert tried > 20_000


def test_all_histories_of_five_records_with_one_of_them_forged() -> None:
    """Four honest records and a forged one; a sample of the many, another one at each run."""
    seed = random.randrange(10**9)
    print(f"LANSHARE_SEED={seed}")
    chance = random.Random(seed)
    four = histories(4)
    for history in chance.sample(four, 120):
        check_forgeries(history, chained=False)
    for history in chance.sample(four, 60):
        for longer in itertools.islice(grown(history), 20):
            check_orders(longer, itertools.permutations(longer.records))


@pytest.mark.soak
def test_all_histories_of_five_records_by_exhaustion() -> None:
    """fold() works on what sorted_once() makes of its records: so that one is tried in all orders, fold() in two."""
    four = histories(4)
    tried = sum(check_forgeries(history, chained=True) for history in four)
    count = 0
    for history in four:
        for longer in grown(history):
            count += 1
            records = sorted_once(longer.records)
            assert all(sorted_once(order) == records for order in itertools.permutations(longer.records))
            check_orders(longer, [longer.records[::-1]])
    print(f"{count} histories of five in all orders, {tried} forged records behind those of four")
    assert count > 100_000


def test_longer_histories_fold_alike_in_every_order_and_whoever_is_out_gains_nothing() -> None:
    seed = random.randrange(10**9)
    print(f"LANSHARE_SEED={seed}")
    for number in range(10_000):
        chance = random.Random(seed + number)
        held: dict[PeerId, list[Change]] = {one: [FOUND] for one in (A, B, C, D)}
        for step in range(chance.randint(3, 14)):
            author = chance.choice((A, B, C, D))
            stands = folded(*held[author])
            if author in stands.group.members:
                deed = chance.choice([*deeds(stands.group, author, honest=True), ((D,), (), "")])
                parents = [one for one in held[author] if one.digest in stands.parents(author)]
                held[author].append(change(author, parents, *deed, number=step))
            other = chance.choice((A, B, C, D))
            held[other] = list(dict.fromkeys([*held[other], *held[author]]))
        everything = list(dict.fromkeys(itertools.chain.from_iterable(held.values())))
        once = folded(*everything)
        chance.shuffle(everything)
        assert folded(*everything) == once
        for author in (A, B, C, D):
            if author in once.group.members:
                continue
            view = chance.sample(everything, min(len(everything), chance.randint(1, 4)))
            deed = chance.choice(list(deeds(once.group, author, honest=False)))
            forged = change(author, [FOUND, *view], *deed, lamport=chance.randint(1, 20), number=99)
            after = folded(*everything, forged).group
            if after != once.group:
                history = History(tuple(everything), ())
                assert left_by_itself(history, author), (seed + number, author)
                assert takes_back_its_own(history, author, after), (seed + number, author)


def test_ten_thousand_changes_with_a_thousand_forged_ones_come_to_what_the_honest_ones_do() -> None:
    """A renames and removes, B renames; C was removed early and signs a thousand records of each other kind."""
    honest = [FOUND, change(A, [FOUND], remove=(C,), number=1)]
    for number in range(2, 9000):
        honest.append(change((A, B)[number % 2], [honest[-1]], name=f"name {number}", number=number))
    chance = random.Random(7)
    forged: list[Change] = []
    for number in range(1000):
        seen = chance.choice([[FOUND], [honest[1]], chance.sample(honest, 2), forged[-1:], []])
        deed = chance.choice([((D, E), (), ""), ((), (A,), ""), ((), (A, B), "mine"), ((C,), (), ""), ((), (), "mine")])
        author = chance.choice([C, C, D])
        forged.append(change(author, seen, *deed, lamport=chance.randrange(1, 10**6), number=number))
    everything = [*honest, *forged]
    once = folded(*honest)
    assert (once.group.name, once.group.members) == ("name 8999", (A, B))
    for _ in range(3):
        chance.shuffle(everything)
        after = folded(*everything)
        assert (after.group, after.void) == (once.group, frozenset(one.order for one in forged))


def many(author: PeerId, first: Change, weights: Sequence[int], letter: str = "n") -> list[Change]:
    """One record after the other, each a new name."""
    records = [first]
    for number, weight in enumerate(weights):
        made = change(author, [records[-1]], name=f"{letter}{number}", number=number)
        records.append(replace(made, weight=weight))
    return records[1:]


def test_of_each_member_so_much_counts_and_of_all_together_the_most_seniors_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(groups, "SHARE", 20)
    monkeypatch.setattr(groups, "WHOLE", 50)
    mine = many(B, FOUND, [1] * 30)
    one = folded(FOUND, *mine)
    assert (one.group.name, len(one.void)) == ("n19", 10)
    heavy = many(C, FOUND, [7] * 4, "c")
    assert folded(FOUND, *heavy).group.name == "c1", "a third one would weigh 21"
    removal, back = change(A, [mine[-1], heavy[-1]], remove=(B,)), change(B, [mine[-1]], remove=(B,))
    assert folded(FOUND, *mine, *heavy, removal).group.members == (A, C), "who is not at the end of its own acts on"
    assert B not in folded(FOUND, *mine, back).group.members, "nobody is kept from leaving"
    late = many(A, FOUND, [2] * 10, "a")
    one = folded(FOUND, *mine, *heavy, *late)
    assert len(one.void) == 10 + 3, "20 of A, 20 of B, and 7 of C's 14 are within 50"
    assert {order[1] for order in one.void} == {B, C}


def test_whoever_is_out_takes_nobodys_room_and_none_of_its_own_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was removed signs as many as it likes, with the lowest numbers, of what it had seen: its own guest stays."""
    monkeypatch.setattr(groups, "SHARE", 20)
    guest = change(C, many(C, FOUND, [1] * 10)[-1:], add=(D,), number=77)
    mine = [*many(C, FOUND, [1] * 10), guest]
    removal = change(A, [guest], remove=(C,))
    for seen in ([FOUND], [mine[0]], [guest], []):
        forged = [change(C, seen, name=f"x{number}", lamport=1, number=number) for number in range(60)]
        one = folded(FOUND, *mine, removal, *forged)
        assert one.group.members == (A, B, D)
        assert one.void == frozenset(record.order for record in forged)
    # While it is in it, it can do so: it takes back what it did itself, as by removing its guest.
    forged = [change(C, [FOUND], name=f"x{number}", lamport=1, number=number) for number in range(60)]
    assert folded(FOUND, *mine, *forged).group.members == (A, B, C)


def test_what_names_something_that_is_not_here_waits_for_it() -> None:
    """Mallory signs a removal, shows only what she signed behind it, and the removal when she is out."""
    hidden = change(B, [FOUND], remove=(C,), number=1)
    shown = change(B, [hidden], name="shown", number=2)
    after = change(A, [FOUND], name="after", number=3)
    one = folded(FOUND, shown, after)
    assert (one.group.name, set(one.void)) == ("after", {shown.order})
    behind = change(C, [shown], name="behind", number=4)
    assert folded(FOUND, shown, behind).void == {shown.order, behind.order}, "nor does what is behind it count"
    both = folded(FOUND, shown, hidden, behind)
    assert both.group.members == (A, B)
    assert shown.order not in both.void


def test_what_authors_had_seen_is_told_also_where_it_counts_for_nothing() -> None:
    junk = change(D, [FOUND], name="a stranger's", number=1)
    names = change(B, [junk], name="B's", number=2)
    one = folded(FOUND, junk, names)
    assert (one.group.name, set(one.void), set(one.witnesses)) == ("B's", {junk.order}, {junk.order})
    alone = folded(FOUND, change(D, [FOUND], name="x", number=3))
    assert alone.witnesses == frozenset()


def test_what_is_beyond_the_share_is_the_same_in_every_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "SHARE", 4)
    monkeypatch.setattr(groups, "WHOLE", 7)
    monkeypatch.setattr(groups, "LEAST", 0)
    chance = random.Random(5)
    for _ in range(200):
        records = [FOUND]
        for number in range(14):
            seen = chance.sample(records, min(len(records), 2))
            deed = chance.choice([((), (), f"n{number}"), ((chance.choice((D, E)),), (), ""), ((), (C,), "")])
            made = change(chance.choice((A, B, C, D)), seen, *deed, number=number)
            records.append(replace(made, weight=chance.randint(1, 3)))
        once = folded(*records)
        weights = dict.fromkeys((A, B, C, D, E), 0)
        for one in records[1:]:
            if one.order not in once.void and one.author not in one.remove:
                weights[one.author] += one.weight
        assert max(weights.values()) <= 4
        assert sum(weights.values()) <= 7
        for _ in range(5):
            chance.shuffle(records)
            assert folded(*records) == once


def test_the_paper_tells_what_records_come_to() -> None:
    paper = Path(wire.__file__).with_name("PROTOCOL.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```json\n(\{\n \"groups\".*?)```", paper, re.DOTALL)
    told = json.loads(block)["groups"]
    assert len(told) >= 8
    for case in told:
        records: dict[str, Change] = {}
        for one in case["records"]:
            ids = {letter: PeerId(letter * 52) for letter in "abcdm"}
            records[one["is"]] = change(
                ids[one["by"]], [records[seen] for seen in one["seen"]], tuple(ids[x] for x in one.get("add", "")),
                tuple(ids[x] for x in one.get("remove", "")), one.get("name", ""), one.get("founds", False),
                one["lamport"], len(records),
            )
        one = folded(*records.values())
        assert "".join(peer[0] for peer in one.group.members) == case["members"], case["what"]
        assert one.group.name == case["name"], case["what"]
        void = [ident for ident, record in records.items() if record.order in one.void]
        assert void == case["void"], case["what"]


def test_nobody_reads_what_was_said_before_it_came_in_whatever_number_it_signs() -> None:
    """Whoever is in it signs its own addition anew, or a friend's, with a number from before its time."""
    entry = change(A, [FOUND], add=(D,), lamport=7)
    honest = folded(FOUND, entry).group.since[D]
    backdated = change(D, [FOUND, entry], add=(D,), lamport=2)
    assert folded(FOUND, entry, backdated).group.since[D] == honest
    friend = change(D, [FOUND, entry], add=(E,), lamport=2)
    assert folded(FOUND, entry, friend).group.since[E] >= honest
