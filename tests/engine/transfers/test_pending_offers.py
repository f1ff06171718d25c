"""Questions: put once, answered once, few of a stranger."""

from __future__ import annotations

from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.transfer import TransferId
from lanshare.engine.prompt_limit import PromptRateLimiter
from lanshare.engine.transfers.pending_offers import PendingOffers
from lanshare.wire import limits

BOB, EVE = PeerId("b" * 52), PeerId("e" * 52)
ONE, TWO = TransferId("1" * 32), TransferId("2" * 32)


def test_the_first_answer_wins() -> None:
    questions = PendingOffers()
    questions.put(ONE, BOB)
    questions.put(TWO, BOB)
    assert questions.of(BOB) == [ONE, TWO]
    assert questions.answer(ONE)
    assert not questions.answer(ONE)
    assert questions.of(BOB) == [TWO]


def test_a_stranger_may_ask_one_thing_at_a_time_and_a_friend_is_not_held_up_by_it() -> None:
    questions = PendingOffers()
    assert questions.may_ask(EVE, TrustLevel.STRANGER, 0.0)
    questions.put(ONE, EVE)
    assert not questions.may_ask(EVE, TrustLevel.STRANGER, 0.0)
    assert questions.may_ask(BOB, TrustLevel.KNOWN, 0.0)
    for number in range(limits.OFFERS_PER_PEER):
        questions.put(TransferId(f"{number:032x}"), BOB)
    assert not questions.may_ask(BOB, TrustLevel.KNOWN, 0.0)


def test_a_stranger_comes_before_the_person_three_times_a_minute() -> None:
    prompts = PromptRateLimiter()
    assert [prompts.may(EVE, float(at)) for at in range(5)] == [True, True, True, False, False]
    assert prompts.may(BOB, 5.0)
    assert prompts.may(EVE, 60.5)
    assert not prompts.may(EVE, 60.6)
    assert prompts.may(EVE, 10.0), "a clock that was set back does not lock anybody out"


def test_new_keys_all_the_time_do_not_fill_the_screen() -> None:
    questions = PendingOffers(lambda peer: TrustLevel.STRANGER)
    shown = 0
    for number in range(1000):
        peer = PeerId(f"{number:052}")
        if questions.may_ask(peer, TrustLevel.STRANGER, 0.0):
            questions.put(TransferId(f"{number:032x}"), peer)
            shown += 1
    assert shown == limits.STRANGERS_OPEN
    prompts = PromptRateLimiter()
    assert sum(prompts.may(PeerId(f"{number:052}"), 0.0) for number in range(1000)) == limits.STRANGERS_PROMPTS
