"""Who is in a group follows from the records alone, in whatever order they came."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.groups import MEMBERS, Change, fold
from lanshare.domain.peer import PeerId

GROUP = PeerId("g" * 52)
A, B, C, D = (PeerId(letter * 52) for letter in "abcd")


def change(lamport: int, author: PeerId, add: tuple[PeerId, ...] = (), remove: tuple[PeerId, ...] = (),
           name: str = "", founds: bool = False) -> Change:
    """A record."""
    return Change((lamport, author, f"{lamport:032x}"), author, founds, name, add, remove)


FOUND = change(1, A, (B, C), name="us", founds=True)


def members(*changes: Change) -> tuple[PeerId, ...]:
    """Who is in it."""
    group = fold(GROUP, changes)
    assert group is not None
    return group.members


def test_the_founder_and_whom_he_adds_are_in_it() -> None:
    group = fold(GROUP, [FOUND])
    assert group is not None
    assert (group.name, group.members) == ("us", (A, B, C))
    assert fold(GROUP, [change(2, A, (B,))]) is None, "nothing is founded"


def test_of_two_who_remove_each_other_the_first_in_the_order_stays() -> None:
    first, second = change(5, B, remove=(C,)), change(5, C, remove=(B,))
    group = fold(GROUP, [second, FOUND, first])
    assert group is not None
    assert group.members == (A, B)
    assert group.void == {second.order[2]}
    assert group.knows(C)


def test_whoever_is_no_member_changes_nothing_until_he_is() -> None:
    early, late = change(3, D, remove=(A,)), change(7, D, name="mine")
    assert members(FOUND, early) == (A, B, C)
    group = fold(GROUP, [FOUND, early, late, change(6, A, (D,))])
    assert group is not None
    assert (group.members, group.name) == ((A, B, C, D), "mine")
    assert group.since[D] == (6, A, f"{6:032x}"), "he sees what stands behind that"


def test_who_leaves_and_is_added_again_sees_from_then_on() -> None:
    group = fold(GROUP, [FOUND, change(4, B, remove=(B,)), change(8, A, (B,))])
    assert group is not None
    assert group.members == (A, B, C)
    assert group.since[B][0] == 8
    assert B not in group.former


def test_it_never_grows_beyond_its_bound() -> None:
    crowd = tuple(PeerId(f"{number:052}") for number in range(400))
    assert len(members(FOUND, change(2, A, crowd))) == MEMBERS


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from([A, B, C, D]), st.sampled_from([A, B, C, D]),
                          st.booleans()), max_size=12), st.randoms())
def test_the_order_of_arrival_does_not_matter(steps: list[tuple[int, PeerId, PeerId, bool]],
                                              chance: random.Random) -> None:
    changes = [FOUND] + [
        Change((lamport, by, f"{at:032x}"), by, False, f"n{at}", (who,) if adds else (), () if adds else (who,))
        for at, (lamport, by, who, adds) in enumerate(steps)
    ]
    shuffled = list(changes)
    chance.shuffle(shuffled)
    assert fold(GROUP, changes) == fold(GROUP, shuffled)
