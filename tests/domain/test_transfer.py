"""A transfer's states: which moves are legal."""

from __future__ import annotations

import pytest

from lanshare.domain.errors import LocalMisuse
from lanshare.domain.transfer import FINAL, MOVES, TransferState, transition


def test_what_is_over_stays_over_and_every_state_can_end() -> None:
    for state in FINAL:
        assert MOVES[state] == frozenset()
    for state in set(TransferState) - FINAL:
        assert TransferState.CANCELLED in MOVES[state]
        assert TransferState.FAILED in MOVES[state]
    with pytest.raises(LocalMisuse):
        transition(TransferState.DONE, TransferState.MOVING)
