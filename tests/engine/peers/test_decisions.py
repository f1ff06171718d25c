"""What a person decides of a device, and what becomes of it by that."""

from __future__ import annotations

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.events import (
    IdentityChanged,
    PeerAppeared,
    PeerChanged,
    PeerForgotten,
)
from lanshare.domain.peer import DeviceKind, PeerPolicy, Permission, TrustLevel
from lanshare.engine.effects import CloseLink, Dial, Offline
from lanshare.engine.inbox import DialEnded, LinkDown
from lanshare.engine.peers.registry import Peers
from lanshare.net.announcement import Sighting
from tests.harness.peer_book import BIG, HERE, ME, OTHER, SMALL, Link, known, told, up


def test_a_device_set_up_anew_takes_the_place_of_the_old_one_and_is_not_verified() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    peers.decisions.change(BIG, "My Bob", PeerPolicy(files=Permission.ACCEPT))
    peers.decisions.verify(BIG)
    peers.link_table.opened(up(OTHER, False, "bob"), 1.0, 0)
    effects = peers.decisions.settle(BIG, OTHER, True)
    assert told(effects, PeerForgotten) == [PeerForgotten(BIG)]
    row = peers.rows[OTHER]
    assert (row.alias, row.trust, row.rules) == ("My Bob", TrustLevel.KNOWN, PeerPolicy())
    assert peers.decisions.settle(BIG, OTHER, True) == []


def test_a_blocked_device_is_cut_off_until_it_is_let_in_again() -> None:
    peers = Peers(ME)
    link = Link()
    peers.link_table.opened(up(BIG, True, link=link), 0.0, 0)
    effects = peers.decisions.block(BIG, True)
    assert CloseLink(link) in effects
    assert Offline(BIG) in effects
    assert peers.next_time() is None, "nobody dials it"
    again = Link()
    assert peers.link_table.opened(up(BIG, False, link=again), 1.0, 0) == [CloseLink(again)]
    peers.decisions.block(BIG, False)
    assert told(peers.link_table.opened(up(BIG, False), 2.0, 0), PeerAppeared)
    assert peers.rows[BIG].trust is TrustLevel.KNOWN


def test_a_forgotten_device_is_a_stranger_when_it_comes_again() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    link = Link()
    peers.seen(Sighting(BIG[:8], "Bob", DeviceKind.LAPTOP, (HERE,)), 0.0)
    peers.link_table.opened(up(BIG, True, link=link), 0.0, 0)
    effects = peers.decisions.forget(BIG)
    assert CloseLink(link) in effects
    assert told(effects, PeerForgotten) == [PeerForgotten(BIG)]
    assert peers.link_table.closed(LinkDown(BIG, link, False, ""), 0.5) == []
    assert Dial(BIG[:8], (HERE,), BIG[:8], by_itself=True) in peers.tick(1.0), "it is still announced"
    peers.link_table.opened(up(BIG, True), 1.5, 0)
    assert peers.rows[BIG].trust is TrustLevel.STRANGER


def test_an_impostor_that_never_got_in_is_blocked_all_the_same() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    peers.want(BIG, 0.0)
    assert told(peers.dial_ended(DialEnded(BIG[:8], Code.IDENTITY_CHANGED, "", OTHER), 1.0), IdentityChanged)
    peers.decisions.settle(BIG, OTHER, False)
    assert peers.known()[0][OTHER] is TrustLevel.BLOCKED
    link = Link()
    assert peers.link_table.opened(up(OTHER, False, link=link), 2.0, 0) == [CloseLink(link)]


@pytest.mark.parametrize("after", [0.5, 2.9])
def test_nobody_is_befriended_while_it_is_not_clear_whose_name_it_bears(after: float) -> None:
    peers = Peers(ME)
    peers.load([known(name="office")], 0.0)
    peers.link_table.opened(up(OTHER, False, "Office"), after, 0)
    assert peers.decisions.befriend(OTHER) == []
    effects = peers.tick(4.0)
    assert [(one.known, one.seen) for one in told(effects, IdentityChanged)] == [(BIG, OTHER)]  # type: ignore[attr-defined]
    assert peers.rows[OTHER].trust is TrustLevel.STRANGER


def test_whoever_has_no_row_any_more_can_be_blocked_all_the_same() -> None:
    peers = Peers(ME)
    assert told(peers.decisions.block(OTHER, True), PeerChanged) or peers.rows[OTHER].trust is TrustLevel.BLOCKED
    assert peers.trust(OTHER) is TrustLevel.BLOCKED
    assert peers.decisions.block(SMALL, False) == [], "and whoever was not blocked is not known by that"
