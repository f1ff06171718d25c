"""The budget of a transfer: random entries never get past what was allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.errors import Code
from lanshare.domain.offer import Allowance
from lanshare.exchange.sink.budget import Budget
from lanshare.files.faults import DiskFault

ENTRIES = st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 40), st.booleans()), max_size=40)


@given(ENTRIES, st.integers(1, 5), st.integers(0, 10), st.integers(0, 200))
def test_no_order_of_entries_gets_past_it(
    entries: list[tuple[str, int, bool]], names: int, files: int, size: int
) -> None:
    budget = Budget(Allowance(("a", "b")[:names], names, files, size))
    taken: list[tuple[str, int]] = []
    for top, length, lost in entries:
        try:
            budget.take((top, "x"), 1, length)
        except DiskFault:
            continue
        if lost:
            budget.give_back(length)
        else:
            taken.append((top, length))
    assert len(taken) <= files
    assert sum(length for _, length in taken) <= size
    assert len({top for top, _ in taken} - {"a", "b"}) <= max(0, names - 2)


@given(
    st.dictionaries(st.integers(0, 5), st.integers(0, 40), max_size=5),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 60)), max_size=8, unique_by=lambda one: one[0]),
    st.integers(0, 6), st.integers(0, 150),
)
def test_what_rests_counts_until_it_goes_on(
    resting: dict[int, int], entries: list[tuple[int, int]], files: int, size: int
) -> None:
    left = dict(resting)
    budget = Budget(Allowance(("a",), 1, files, size))
    budget.begin(0, 0, (), resting)
    for index in budget.overdrawn():
        del left[index]
    taken: dict[int, int] = {}
    for index, length in entries:
        try:
            budget.take(("a", str(index)), 1, length, index)
        except DiskFault:
            continue
        taken[index] = length
        left.pop(index, None)
    assert len(taken) + len(left) <= files
    assert sum(taken.values()) + sum(left.values()) <= size


def test_names_of_earlier_tries_count_however_this_disk_spells_them() -> None:
    budget = Budget(Allowance(("a:",), 2, 9, 9), lambda name: name.replace(":", "_"))
    budget.begin(2, 2, ("a_", "b_"))
    budget.take(("a:", "x"), 1, 0)
    budget.take(("b:", "x"), 1, 0)
    with pytest.raises(DiskFault):
        budget.take(("c:", "x"), 1, 0)


def test_what_earlier_tries_left_counts_and_what_is_counted_late_binds_too() -> None:
    budget = Budget(Allowance(("a",), 1, None, None))
    budget.begin(5, 500)
    budget.take(("a",), 1, 10**12)
    with pytest.raises(DiskFault) as more:
        budget.allow(Allowance(("a",), 1, 6, 600))
    assert more.value.code is Code.MORE_THAN_OFFERED
    Budget(None).take(("anything",), 10**9, 10**18)


def test_a_further_link_knows_what_earlier_ones_brought_and_nothing_else_is_forgotten() -> None:
    told: list[str] = []
    budget = Budget(Allowance(("a", "b"), 3, 9, 9), came=told.append)
    for name in ("a", "x", "b", "x"):
        budget.take((name, "file"), 1, 0)
    assert told == ["x"], "what was listed need not be remembered"
    again = Budget(Allowance(("a", "b"), 3, 9, 9))
    again.begin(0, 0, told)
    again.take(("x", "file"), 1, 0)
    with pytest.raises(DiskFault):
        again.take(("y", "file"), 1, 0)
