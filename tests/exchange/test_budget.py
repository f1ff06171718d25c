"""The budget of a transfer: random entries never get past what was allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.errors import Code
from lanshare.domain.offer import Allowance
from lanshare.exchange.budget import Budget
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


def test_what_earlier_tries_left_counts_and_what_is_counted_late_binds_too() -> None:
    budget = Budget(Allowance(("a",), 1, None, None))
    budget.begin(5, 500)
    budget.take(("a",), 1, 10**12)
    with pytest.raises(DiskFault) as more:
        budget.allow(Allowance(("a",), 1, 6, 600))
    assert more.value.code is Code.MORE_THAN_OFFERED
    Budget(None).take(("anything",), 10**9, 10**18)
