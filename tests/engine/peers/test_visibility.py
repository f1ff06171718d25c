"""To whom we show ourselves: for good, for a while, and what the accepting threads make of it."""

from __future__ import annotations

import pytest

from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.settings import Visibility
from lanshare.engine.peers.visibility import Showing, access_policy

FRIEND, STRANGER, FOE, GUEST = (PeerId(letter * 52) for letter in "abcd")
TRUST = {FRIEND: TrustLevel.VERIFIED, STRANGER: TrustLevel.STRANGER, FOE: TrustLevel.BLOCKED}


@pytest.mark.parametrize(
    ("level", "admitted"),
    [
        (Visibility.EVERYONE, {FRIEND, STRANGER, GUEST}),
        (Visibility.KNOWN, {FRIEND, GUEST}),
        (Visibility.NOBODY, {GUEST}),
    ],
)
def test_who_may_come_in(level: Visibility, admitted: set[PeerId]) -> None:
    door = access_policy(level, TRUST, frozenset({GUEST}), {FRIEND: b"f", STRANGER: b"s", FOE: b"b"})
    assert {peer for peer in (FRIEND, STRANGER, FOE, GUEST) if door.admits(peer)} == admitted
    assert door.hides is (level is not Visibility.EVERYONE)
    assert door.keys == {FRIEND: b"f"}, "a stranger is not asked for by its key"


def test_a_while_is_over_by_itself() -> None:
    showing = Showing(Visibility.KNOWN)
    assert showing.next_time() is None
    showing.for_a_while(Visibility.EVERYONE, 600.0, 100.0)
    assert (showing.level(699.0), showing.left(400.0), showing.next_time()) == (Visibility.EVERYONE, 300.0, 700.0)
    assert showing.level(700.0) is Visibility.KNOWN
    assert showing.next_time() is None
    showing.for_a_while(Visibility.NOBODY, 600.0, 800.0)
    showing.for_a_while(Visibility.EVERYONE, 0.0, 801.0)
    assert showing.level(802.0) is Visibility.KNOWN
