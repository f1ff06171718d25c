"""A group that a stranger would have us in is asked about once."""

from __future__ import annotations

from lanshare.domain.peer import PeerId
from lanshare.engine.messages.invitations import Invitations

EVE = PeerId("e" * 52)


def group(number: int) -> PeerId:
    """One of many."""
    return PeerId(f"{number:052}")


def test_a_no_holds_and_a_yes_tells_what_was_said() -> None:
    asked = Invitations()
    for number in (1, 2):
        asked.ask(group(number), EVE, ())
    assert asked.answer(group(1), False) is None
    assert asked.answer(group(2), True) == (EVE, ())
    assert asked.answer(group(2), True) is None, "once"
    assert asked.answer(group(3), True) is None, "nobody asked"
    assert [asked.knows(group(number)) for number in (1, 2, 3)] == [True, False, False]


def test_what_is_open_is_bounded_and_no_flood_of_questions_makes_a_no_forgotten() -> None:
    asked = Invitations()
    asked.ask(group(0), EVE, ())
    asked.answer(group(0), False)
    for number in range(1, 1000):
        asked.ask(group(number), EVE, ())
    assert asked.knows(group(0))
    assert [number for number in range(1, 1000) if asked.knows(group(number))] == list(range(968, 1000))
