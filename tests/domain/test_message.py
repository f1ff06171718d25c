"""A message's place among all of its conversation sorts as text does."""

from __future__ import annotations

from lanshare.domain.message import place
from tests.harness.made import message


def test_places_sort_by_number_then_author_then_id() -> None:
    ordered = [place(9, "b1"), place(10, "a2"), place(10, "b1"), place(255, "a"), place(256, "a")]
    assert sorted(set(ordered)) == ordered
    one = message(3, "x")
    assert one.order == place(one.lamport, f"{one.author}{one.id}")
