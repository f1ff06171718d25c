"""Strangers come before the person so often, and no more."""

from __future__ import annotations

from lanshare.domain.peer import PeerId
from lanshare.engine.prompt_limit import PromptRateLimiter
from lanshare.wire import limits

ONE, OTHER = PeerId("a" * 52), PeerId("b" * 52)


def test_each_stranger_has_its_share_of_a_minute() -> None:
    limit = PromptRateLimiter()
    assert [limit.may(ONE, float(at)) for at in range(limits.STRANGER_PROMPTS + 1)] == [
        *[True] * limits.STRANGER_PROMPTS, False
    ]
    assert limit.may(OTHER, 5.0)
    assert limit.may(ONE, limits.PROMPTS_WITHIN + 10.0)


def test_what_follows_a_refusal_at_once_is_refused_as_well() -> None:
    limit = PromptRateLimiter()
    for at in range(limits.STRANGER_PROMPTS):
        limit.may(ONE, float(at))
    late = limits.PROMPTS_WITHIN - 0.5
    assert not limit.may(ONE, late)
    assert not limit.may(ONE, late + 1.0), "the minute is over, but what it is said behind was refused just now"
    assert limit.may(ONE, late + 4.0)
