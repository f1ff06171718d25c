"""Questions: put once, answered once, few of a stranger."""

from __future__ import annotations

from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.transfer import TransferId
from lanshare.node.questions import Questions
from lanshare.wire import limits

BOB, EVE = PeerId("b" * 52), PeerId("e" * 52)
ONE, TWO = TransferId("1" * 32), TransferId("2" * 32)


def test_the_first_answer_wins() -> None:
    questions = Questions()
    questions.put(ONE, BOB)
    questions.put(TWO, BOB)
    assert questions.of(BOB) == [ONE, TWO]
    assert questions.answer(ONE)
    assert not questions.answer(ONE)
    assert questions.of(BOB) == [TWO]


def test_a_stranger_may_ask_one_thing_at_a_time_and_a_friend_is_not_held_up_by_it() -> None:
    questions = Questions()
    assert questions.may_ask(EVE, TrustLevel.STRANGER)
    questions.put(ONE, EVE)
    assert not questions.may_ask(EVE, TrustLevel.STRANGER)
    assert questions.may_ask(BOB, TrustLevel.KNOWN)
    for number in range(limits.OFFERS_PER_PEER):
        questions.put(TransferId(f"{number:032x}"), BOB)
    assert not questions.may_ask(BOB, TrustLevel.KNOWN)
