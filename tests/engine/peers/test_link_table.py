"""Links: which of two stays, what a lost one leaves, and when it is dialled again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lanshare.domain.events import (
    PeerChanged,
    PeerVanished,
)
from lanshare.domain.peer import SHORT, Address
from lanshare.engine.effects import CloseLink, Effect, Offline
from lanshare.engine.inbox import LinkDown
from lanshare.engine.peers.registry import Peers
from tests.harness.peer_book import BIG, HERE, ME, SMALL, Link, told, up


def test_of_two_crossing_links_the_one_dialled_by_the_smaller_id_stays() -> None:
    for peer, kept_is_ours in ((BIG, True), (SMALL, False)):
        for ours_first in (True, False):
            peers = Peers(ME)
            ours, theirs = Link(), Link()
            notes = [up(peer, True, link=ours), up(peer, False, link=theirs)]
            effects: list[Effect] = []
            for note in notes if ours_first else notes[::-1]:
                effects += peers.link_table.opened(note, 0.0, 0)
            hung = [one.link for one in effects if isinstance(one, CloseLink)]
            assert hung == [theirs if kept_is_ours else ours]
            assert peers.link(peer) is (ours if kept_is_ours else theirs)


def test_a_new_run_of_the_peer_replaces_the_old_link() -> None:
    peers = Peers(ME)
    old, new = Link(), Link()
    peers.link_table.opened(up(BIG, True, link=old), 0.0, 0)
    effects = peers.link_table.opened(up(BIG, False, run=b"2" * 16, link=new), 1.0, 0)
    assert CloseLink(old) in effects
    assert peers.link(BIG) is new
    assert peers.link_table.closed(LinkDown(BIG, old, False, ""), 1.1) == []


def test_a_lost_link_has_a_moments_grace_and_a_goodbye_has_none() -> None:
    peers = Peers(ME)
    link = Link()
    peers.link_table.opened(up(BIG, True, link=link), 0.0, 0)
    assert not told(peers.link_table.closed(LinkDown(BIG, link, False, ""), 1.0), PeerVanished)
    effects = peers.link_table.opened(up(BIG, True), 1.2, 0)
    assert told(effects, PeerChanged)
    assert not told(peers.tick(9.0), PeerVanished)
    again = peers.link(BIG)
    assert again is not None
    effects = peers.link_table.closed(LinkDown(BIG, again, True, ""), 10.0)
    assert told(effects, PeerVanished)
    assert Offline(BIG) in effects


def redials(peers: Peers, count: int, left: bool, worked: bool) -> list[float]:
    """How long it takes each time until a link is dialled again, if it lives for half a second."""
    now, waits = 0.0, []
    for _ in range(count):
        link = Link()
        peers.link_table.opened(up(BIG, True, link=link), now, 0)
        if worked:
            peers.worked(BIG)
        now += 0.5
        peers.link_table.closed(LinkDown(BIG, link, left, ""), now)
        waits.append(round(peers.dials.targets[BIG[:SHORT]].next_try - now, 3))
        now += waits[-1]
    return waits


def test_a_link_that_breaks_over_and_over_is_dialled_later_and_later() -> None:
    waits = redials(Peers(ME), 12, left=False, worked=False)
    assert waits[:2] == [0.1, 0.1]
    assert waits == sorted(waits)
    assert waits[-1] == 8.0, "somebody waits for it"


@pytest.mark.parametrize(("left", "worked"), [(True, False), (False, True)])
def test_a_link_that_was_of_use_or_ended_in_good_order_does_not_count(left: bool, worked: bool) -> None:
    assert len(set(redials(Peers(ME), 12, left, worked))) == 1


def test_a_typed_host_and_where_it_is_in_truth_are_both_remembered_by_whichever_link_stays() -> None:
    for first in (True, False):
        peers = Peers(ME)
        if first:
            peers.link_table.opened(replace(up(BIG, False), address=Address("10.0.0.5", 4)), 1.0, 0)
        peers.add_address("office.lan", 1.0)
        peers.link_table.opened(replace(up(BIG, True), address=Address("office.lan", 17717), met=HERE), 2.0, 0)
        assert {str(HERE), "office.lan:17717"} <= set(peers.rows[BIG].addresses)
