"""A transfer as it is shown: in whose conversation."""

from __future__ import annotations

import datetime

import pytest

from lanshare.domain.offer import Offer
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import FINAL, Direction, Transfer, TransferId, TransferState

BOB, GARDEN = PeerId("b" * 52), PeerId("g" * 52)


@pytest.mark.parametrize(("room", "where"), [("", BOB), (GARDEN, GARDEN)])
def test_it_is_shown_where_it_was_sent(room: str, where: PeerId) -> None:
    wall = datetime.datetime(2026, 11, 28, tzinfo=datetime.UTC)
    offer = Offer((), 0, 0, 0, False, room)
    one = Transfer(TransferId("ab" * 16), BOB, Direction.IN, TransferState.OFFERED, offer, wall)
    assert one.conversation == where


def test_what_waits_or_rests_is_not_over() -> None:
    assert {TransferState.WAITING, TransferState.PAUSED, TransferState.OFFERED}.isdisjoint(FINAL)
    assert {TransferState.DONE, TransferState.PARTIAL, TransferState.DECLINED} < FINAL
