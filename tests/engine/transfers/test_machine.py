"""A transfer's steps: which are legal, and what a step changes."""

from __future__ import annotations

import datetime
from itertools import product

import pytest

from lanshare.domain.errors import LocalMisuse
from lanshare.domain.offer import Offer
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import FINAL, Direction, Transfer, TransferId, TransferState
from lanshare.engine.transfers.machine import ENDS, LIVE, STEPS, Step, TrackedTransfer, led_to


def tracked(state: TransferState) -> TrackedTransfer:
    """A transfer in this state."""
    wall = datetime.datetime(2026, 11, 28, tzinfo=datetime.UTC)
    return TrackedTransfer(
        Transfer(TransferId("ab" * 16), PeerId("b" * 52), Direction.OUT, state, Offer((), 0, 0, 0, False), wall)
    )


def test_what_is_over_stays_over_and_every_state_can_end() -> None:
    assert set(STEPS) == set(Step)
    assert set(ENDS) == FINAL
    for state, step in product(FINAL, Step):
        with pytest.raises(LocalMisuse):
            led_to(state, step)
    for state in LIVE:
        assert led_to(state, Step.CANCEL) is TransferState.CANCELLED
        assert led_to(state, Step.FAIL) is TransferState.FAILED
    for state, step in ENDS.items():
        assert STEPS[step][1] is state


def test_every_state_can_be_reached_and_none_leads_nowhere() -> None:
    reached = {TransferState.QUEUED}
    for _ in TransferState:
        reached |= {target for allowed, target in STEPS.values() if reached & allowed}
    assert reached == set(TransferState)


@pytest.mark.parametrize(("state", "step"), list(product(TransferState, Step)))
def test_a_step_changes_all_or_nothing(state: TransferState, step: Step) -> None:
    one = tracked(state)
    allowed, target = STEPS[step]
    if state in allowed:
        assert one.step(step, code="x") is one.transfer
        assert (one.transfer.state, one.transfer.code) == (target, "x")
    else:
        with pytest.raises(LocalMisuse):
            one.step(step, code="x")
        assert (one.transfer.state, one.transfer.code) == (state, "")
    assert one.over is (one.transfer.state in FINAL)


def test_a_data_link_has_one_holder_at_a_time() -> None:
    link = tracked(TransferState.CONNECTING).link
    assert (link.take(), link.held) == (1, True)
    link.since = 3.0
    link.release(5.5, 100)
    assert (link.held, link.seconds, link.moved) == (False, 2.5, 100)
    link.release(9.0, 10)
    assert (link.take(), link.seconds, link.moved) == (2, 2.5, 110), "time that was counted is counted once"
