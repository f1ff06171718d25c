"""Who may come in, as the threads that accept links see it."""

from __future__ import annotations

from lanshare.domain.peer import PeerId
from lanshare.domain.settings import Visibility
from lanshare.engine.local_device import AccessPolicy

FRIEND, FOE, GUEST = (PeerId(letter * 52) for letter in "abc")


def test_whoever_is_blocked_never_comes_in_whatever_else_holds() -> None:
    for level in Visibility:
        policy = AccessPolicy(level, frozenset({FOE}), frozenset({FOE}), frozenset({FOE}))
        assert not policy.admits(FOE)


def test_a_friend_comes_in_where_known_devices_do_and_a_guest_stays() -> None:
    seen = {
        level: [AccessPolicy(level, frozenset({FRIEND}), frozenset({GUEST})).admits(one) for one in (FRIEND, GUEST)]
        for level in Visibility
    }
    assert seen == {
        Visibility.EVERYONE: [True, True], Visibility.KNOWN: [True, True], Visibility.NOBODY: [False, True]
    }
