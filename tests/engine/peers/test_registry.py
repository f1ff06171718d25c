"""The table of devices: who is online, which of two crossing links stays, what is an alarm and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from lanshare.domain.errors import Code
from lanshare.domain.events import (
    AddressReached,
    DuplicateKeyDetected,
    IdentityChanged,
    NetworkTroubled,
    PeerAppeared,
    PeerChanged,
    PeerForgotten,
    PeerVanished,
)
from lanshare.domain.peer import SHORT, Address, DeviceKind, PeerId, PeerPolicy, Permission, TrustLevel, parse_address
from lanshare.domain.settings import Visibility
from lanshare.engine.effects import CloseLink, DbWrite, Dial, Effect, Offline, Online, Publish
from lanshare.engine.inbox import DialEnded, LinkDown, LinkUp
from lanshare.engine.peers.registry import Peers
from lanshare.exchange.handshake import COPIED, OURSELVES, AuthenticatedPeer, DeviceInfo
from lanshare.net.discovery import Sighting
from lanshare.store import database, trustbook
from lanshare.store.trustbook import TrustEntry
from lanshare.wire import limits

ME, BIG, SMALL, OTHER = PeerId("m" * 52), PeerId("z" * 52), PeerId("a" * 52), PeerId("q" * 52)
HERE = Address("10.0.0.5", 17717)


class Link:
    """A link that does nothing."""

    def post(self, item: object) -> bool:
        return True

    def abort(self, code: Code = Code.CANCELLED) -> None:
        """Nothing to end."""


def up(peer: PeerId, dialled: bool, name: str = "Bob", run: bytes = b"1" * 16, link: Link | None = None) -> LinkUp:
    """A control link opened."""
    facts = DeviceInfo(name, DeviceKind.LAPTOP, "Debian", 17717, run)
    return LinkUp(AuthenticatedPeer(peer, facts, "control"), link or Link(), dialled, HERE)


def told(effects: list[Effect], kind: type) -> list[object]:
    """The events of a kind among effects."""
    return [one.event for one in effects if isinstance(one, Publish) and isinstance(one.event, kind)]


def known(peer: PeerId = BIG, name: str = "Bob") -> TrustEntry:
    """A device of the trust book."""
    return TrustEntry(peer, name, DeviceKind.LAPTOP, "Debian", TrustLevel.KNOWN, (str(HERE),), 0)


def test_a_sighting_is_dialled_and_a_link_makes_it_appear() -> None:
    peers = Peers(ME)
    effects = peers.seen(Sighting(BIG[:8], "Bob", DeviceKind.LAPTOP, (HERE,)), 0.0)
    assert effects == [Dial(BIG[:8], (HERE,), BIG[:8], by_itself=True)]
    effects = peers.link_opened(up(BIG, True), 0.1, 0)
    assert len(told(effects, PeerAppeared)) == 1
    assert Online(BIG) in effects


def test_of_two_crossing_links_the_one_dialled_by_the_smaller_id_stays() -> None:
    for peer, kept_is_ours in ((BIG, True), (SMALL, False)):
        for ours_first in (True, False):
            peers = Peers(ME)
            ours, theirs = Link(), Link()
            notes = [up(peer, True, link=ours), up(peer, False, link=theirs)]
            effects: list[Effect] = []
            for note in notes if ours_first else notes[::-1]:
                effects += peers.link_opened(note, 0.0, 0)
            hung = [one.link for one in effects if isinstance(one, CloseLink)]
            assert hung == [theirs if kept_is_ours else ours]
            assert peers.link(peer) is (ours if kept_is_ours else theirs)


def test_a_new_run_of_the_peer_replaces_the_old_link() -> None:
    peers = Peers(ME)
    old, new = Link(), Link()
    peers.link_opened(up(BIG, True, link=old), 0.0, 0)
    effects = peers.link_opened(up(BIG, False, run=b"2" * 16, link=new), 1.0, 0)
    assert CloseLink(old) in effects
    assert peers.link(BIG) is new
    assert peers.link_closed(LinkDown(BIG, old, False, ""), 1.1) == []


def test_a_lost_link_has_a_moments_grace_and_a_goodbye_has_none() -> None:
    peers = Peers(ME)
    link = Link()
    peers.link_opened(up(BIG, True, link=link), 0.0, 0)
    assert not told(peers.link_closed(LinkDown(BIG, link, False, ""), 1.0), PeerVanished)
    effects = peers.link_opened(up(BIG, True), 1.2, 0)
    assert told(effects, PeerChanged)
    assert not told(peers.tick(9.0), PeerVanished)
    again = peers.link(BIG)
    assert again is not None
    effects = peers.link_closed(LinkDown(BIG, again, True, ""), 10.0)
    assert told(effects, PeerVanished)
    assert Offline(BIG) in effects


def redials(peers: Peers, count: int, left: bool, worked: bool) -> list[float]:
    """How long it takes each time until a link is dialled again, if it lives for half a second."""
    now, waits = 0.0, []
    for _ in range(count):
        link = Link()
        peers.link_opened(up(BIG, True, link=link), now, 0)
        if worked:
            peers.worked(BIG)
        now += 0.5
        peers.link_closed(LinkDown(BIG, link, left, ""), now)
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


def test_a_changed_address_or_a_stale_one_is_no_alarm() -> None:
    peers = Peers(ME)
    peers.load([known(), known(OTHER, "Carl")], 0.0)
    peers.tick(0.0)
    effects = peers.dial_ended(DialEnded(BIG[:8], Code.IDENTITY_CHANGED, "", OTHER), 1.0)
    assert not told(effects, IdentityChanged)
    effects = peers.link_opened(up(BIG, False), 2.0, 0)
    assert not told(effects, IdentityChanged)


def test_a_stranger_at_a_remembered_address_alarms_only_when_the_device_is_wanted() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    peers.tick(0.0)
    assert not told(peers.dial_ended(DialEnded(BIG[:8], Code.IDENTITY_CHANGED, "", OTHER), 1.0), IdentityChanged)
    peers.want(BIG, 2.0)
    effects = peers.dial_ended(DialEnded(BIG[:8], Code.IDENTITY_CHANGED, "", OTHER), 3.0)
    assert told(effects, IdentityChanged) == [IdentityChanged("Bob", BIG, OTHER)]


def test_a_dial_that_nobody_wanted_ends_where_we_hide_by_then_and_says_so() -> None:
    peers = Peers(ME)
    (dial,) = peers.seen(Sighting(OTHER[:8], "Carl", DeviceKind.LAPTOP, (HERE,)), 0.0)
    assert isinstance(dial, Dial)
    assert dial.by_itself
    peers.show(Visibility.NOBODY)
    note = up(OTHER, True, "Carl")
    assert CloseLink(note.link) in peers.link_opened(note, 7.0, 0)
    assert not peers.online(OTHER)
    wanted = Peers(ME)
    wanted.load([known()], -10.0)
    wanted.show(Visibility.NOBODY)
    (dial,) = [one for one in wanted.want(BIG, 1.0) if isinstance(one, Dial)]
    assert not dial.by_itself
    wanted.link_opened(up(BIG, True), 2.0, 0)
    assert wanted.online(BIG)


def test_what_waits_since_an_earlier_run_makes_a_device_wanted() -> None:
    ended = DialEnded(BIG[:8], Code.IDENTITY_CHANGED, "", OTHER)
    text, transfer = Peers(ME), Peers(ME, has_pending=lambda peer: peer == BIG)
    for peers in (text, transfer):
        peers.load([known()], -10.0)
    text.await_again(BIG)
    for peers in (text, transfer):
        peers.tick(0.0)
        assert told(peers.dial_ended(ended, 1.0), IdentityChanged) == [IdentityChanged("Bob", BIG, OTHER)]


def test_whoever_claims_a_known_id_without_its_key_is_an_alarm() -> None:
    """Announcing it is nothing: only where a person wants it, and whoever answers is not here under its own name."""
    there = Address("10.0.0.66")
    peers = Peers(ME)
    peers.load([known()], -10.0)
    peers.seen(Sighting(BIG[:8], "Bob", DeviceKind.LAPTOP, (there,)), 0.0)
    ended = DialEnded(BIG[:8], Code.IDENTITY_CHANGED, "", OTHER, there)
    assert not told(peers.dial_ended(ended, 1.0), IdentityChanged)
    peers.want(BIG, 2.0)
    assert told(peers.dial_ended(ended, 3.0), IdentityChanged) == [IdentityChanged("Bob", BIG, OTHER)]
    honest = Peers(ME)
    honest.load([known()], -10.0)
    honest.link_opened(up(OTHER, False, "Carl"), 0.0, 0)
    honest.want(BIG, 2.0)
    honest.seen(Sighting(BIG[:8], "Bob", DeviceKind.LAPTOP, (there,)), 2.0)
    assert not told(honest.dial_ended(ended, 3.0), IdentityChanged), "its address was given away for Bob's"
    ended = replace(ended, at=HERE)
    assert told(honest.dial_ended(ended, 4.0), IdentityChanged), "where Bob himself had been met"


def test_announcements_of_one_device_bring_about_a_dial_a_second() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    dials = 0
    for turn in range(1000):
        now = turn / 100
        effects = peers.seen(Sighting(BIG[:8], "Bob", DeviceKind.LAPTOP, (Address(f"10.0.{turn % 250}.9"),)), now)
        for _ in effects:
            dials += 1
            peers.dial_ended(DialEnded(BIG[:8], Code.PEER_UNREACHABLE, "", None), now)
    assert 5 <= dials <= 11


@pytest.mark.parametrize("how", ["announced", "wanted", "remembered"])
def test_a_blocked_device_is_never_dialled(how: str) -> None:
    peers = Peers(ME)
    peers.load([replace(known(), trust=TrustLevel.BLOCKED)], -10.0)
    if how == "announced":
        effects = peers.seen(Sighting(BIG[:8], "Bob", DeviceKind.LAPTOP, (HERE,)), 0.0)
    else:
        effects = peers.want(BIG, 0.0) if how == "wanted" else []
    for now in (0.0, 1.0, 60.0):
        effects += peers.tick(now)
    assert [one for one in effects if isinstance(one, Dial)] == []


def test_a_known_name_with_a_new_key_is_an_alarm_only_while_its_device_is_away() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    assert told(peers.link_opened(up(OTHER, False, "bob"), 1.0, 0), IdentityChanged)
    both = Peers(ME)
    both.load([known()], -10.0)
    both.link_opened(up(BIG, False), 0.5, 0)
    assert not told(both.link_opened(up(OTHER, False, "Bob"), 1.0, 0), IdentityChanged)


def test_a_device_that_shows_itself_but_does_not_answer_is_said_once_and_taken_back() -> None:
    peers = Peers(ME)
    peers.seen(Sighting(BIG[:8], "Bob", DeviceKind.LAPTOP, (HERE,)), 0.0)
    said: list[object] = []
    now = 0.0
    for _ in range(4):
        said += told(peers.dial_ended(DialEnded(BIG[:8], Code.PEER_UNREACHABLE, "", None), now), NetworkTroubled)
        now += 60
        peers.tick(now)
    assert len(said) == 1
    assert "firewall" in str(said[0])
    effects = peers.link_opened(up(BIG, True), now, 0)
    assert [one.message for one in told(effects, NetworkTroubled) if isinstance(one, NetworkTroubled)] == [""]


def test_forged_announcements_do_not_grow_the_table_without_end() -> None:
    peers = Peers(ME)
    for number in range(6000):
        peers.seen(Sighting(f"{number:08}", "x", DeviceKind.LAPTOP, (HERE,)), 0.0)
    assert len(peers.dials.targets) <= 4096


def test_a_verified_device_is_accepted_unasked_only_as_long_as_the_rules_say_and_nothing_is_in_doubt() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    lasting = PeerPolicy(files=Permission.ACCEPT, until=5000)
    peers.change(BIG, "My Bob", lasting)
    assert peers.name(BIG) == "My Bob"
    assert peers.rules(BIG, 0).files is Permission.ASK, "only known"
    peers.verify(BIG)
    assert peers.rules(BIG, 4999) == lasting
    assert peers.rules(BIG, 5000).files is Permission.ASK
    peers.change(BIG, "My Bob", replace(lasting, at_home=True))
    assert peers.rules(BIG, 0, home=True).files is Permission.ACCEPT
    assert peers.rules(BIG, 0, home=False).files is Permission.ASK
    peers.change(BIG, "My Bob", lasting)
    peers.link_opened(up(OTHER, False, "bob"), 1.0, 0)
    assert peers.rules(BIG, 0).files is Permission.ASK, "somebody may be pretending"
    peers.settle(BIG, OTHER, False)
    assert peers.rules(BIG, 0) == lasting
    assert peers.rows[OTHER].trust is TrustLevel.BLOCKED
    assert peers.rules(OTHER, 0) == PeerPolicy(Permission.BLOCK, Permission.BLOCK)


def test_a_device_set_up_anew_takes_the_place_of_the_old_one_and_is_not_verified() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    peers.change(BIG, "My Bob", PeerPolicy(files=Permission.ACCEPT))
    peers.verify(BIG)
    peers.link_opened(up(OTHER, False, "bob"), 1.0, 0)
    effects = peers.settle(BIG, OTHER, True)
    assert told(effects, PeerForgotten) == [PeerForgotten(BIG)]
    row = peers.rows[OTHER]
    assert (row.alias, row.trust, row.rules) == ("My Bob", TrustLevel.KNOWN, PeerPolicy())
    assert peers.settle(BIG, OTHER, True) == []


def test_a_blocked_device_is_cut_off_until_it_is_let_in_again() -> None:
    peers = Peers(ME)
    link = Link()
    peers.link_opened(up(BIG, True, link=link), 0.0, 0)
    effects = peers.block(BIG, True)
    assert CloseLink(link) in effects
    assert Offline(BIG) in effects
    assert peers.next_time() is None, "nobody dials it"
    again = Link()
    assert peers.link_opened(up(BIG, False, link=again), 1.0, 0) == [CloseLink(again)]
    peers.block(BIG, False)
    assert told(peers.link_opened(up(BIG, False), 2.0, 0), PeerAppeared)
    assert peers.rows[BIG].trust is TrustLevel.KNOWN


def test_a_forgotten_device_is_a_stranger_when_it_comes_again() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    link = Link()
    peers.seen(Sighting(BIG[:8], "Bob", DeviceKind.LAPTOP, (HERE,)), 0.0)
    peers.link_opened(up(BIG, True, link=link), 0.0, 0)
    effects = peers.forget(BIG)
    assert CloseLink(link) in effects
    assert told(effects, PeerForgotten) == [PeerForgotten(BIG)]
    assert peers.link_closed(LinkDown(BIG, link, False, ""), 0.5) == []
    assert Dial(BIG[:8], (HERE,), BIG[:8], by_itself=True) in peers.tick(1.0), "it is still announced"
    peers.link_opened(up(BIG, True), 1.5, 0)
    assert peers.rows[BIG].trust is TrustLevel.STRANGER


def test_whoever_shows_himself_to_nobody_dials_nobody_unless_a_person_wants_it() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    links = {BIG: Link(), OTHER: Link()}
    for peer, link in links.items():
        peers.link_opened(up(peer, True, name=peer[:3], link=link), 0.0, 0)
    assert peers.show(Visibility.KNOWN) == [CloseLink(links[OTHER])]
    assert CloseLink(links[BIG]) in peers.show(Visibility.NOBODY)
    peers.link_closed(LinkDown(BIG, links[BIG], False, ""), 1.0)
    assert not [one for one in peers.tick(60.0) if isinstance(one, Dial)]
    assert [one.target for one in peers.want(BIG, 61.0) if isinstance(one, Dial)] == [BIG[:8]]


def test_an_impostor_that_never_got_in_is_blocked_all_the_same() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    peers.want(BIG, 0.0)
    assert told(peers.dial_ended(DialEnded(BIG[:8], Code.IDENTITY_CHANGED, "", OTHER), 1.0), IdentityChanged)
    peers.settle(BIG, OTHER, False)
    assert peers.known()[0][OTHER] is TrustLevel.BLOCKED
    link = Link()
    assert peers.link_opened(up(OTHER, False, link=link), 2.0, 0) == [CloseLink(link)]


def test_a_run_that_comes_back_after_another_one_is_a_copied_key() -> None:
    peers = Peers(ME)
    runs = [b"1" * 16, b"2" * 16, b"3" * 16]
    for run in runs:
        effects = peers.link_opened(up(BIG, False, run=run), 0.0, 0)
        assert told(effects, DuplicateKeyDetected) == [], "a restart is no copy"
    assert told(
        peers.link_opened(up(BIG, False, run=runs[2]), 0.0, 0), DuplicateKeyDetected
    ) == [], "nor is a new link of one run"
    (alarm,) = told(peers.link_opened(up(BIG, False, run=runs[0]), 0.0, 0), DuplicateKeyDetected)
    assert isinstance(alarm, DuplicateKeyDetected)
    assert (alarm.peer, alarm.ours) == (BIG, False)
    assert told(peers.link_opened(up(BIG, False, run=runs[1]), 0.0, 0), DuplicateKeyDetected) == [], "once is enough"


def test_another_run_with_our_own_key_is_a_copy_of_us_and_our_own_run_led_back_to_us_is_none() -> None:
    peers = Peers(ME)
    dials = peers.seen(Sighting(ME[:8], "me", DeviceKind.LAPTOP, (HERE,)), 0.0)
    assert dials == [Dial(ME[:8], (HERE,), ME[:8], by_itself=True)]
    led_back = DialEnded(ME[:8], Code.PEER_UNKNOWN, OURSELVES, None)
    assert told(peers.dial_ended(led_back, 0.0), DuplicateKeyDetected) == [], "anybody may lead our own dial back to us"
    peers.seen(Sighting(ME[:8], "me", DeviceKind.LAPTOP, (HERE,)), 5.0)
    (alarm,) = told(peers.dial_ended(DialEnded(ME[:8], Code.PEER_UNKNOWN, COPIED, None), 6.0), DuplicateKeyDetected)
    assert isinstance(alarm, DuplicateKeyDetected)
    assert (alarm.peer, alarm.ours) == (ME, True)
    peers.add_address("10.0.0.5", 0.0)
    note = DialEnded(str(HERE), Code.PEER_UNKNOWN, OURSELVES, None)
    assert told(peers.dial_ended(note, 0.0), DuplicateKeyDetected) == []


def test_names_that_nobody_answers_to_cost_a_bounded_number_of_tries_and_notices_and_keep_no_friend_away() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    dials: list[Dial] = []
    troubles: list[object] = []
    for number in range(6000):
        now = number / 1000
        short = f"{number:08}"
        effects = peers.seen(Sighting(short, "Bob", DeviceKind.LAPTOP, (HERE,)), now)
        for dial in [one for one in effects if isinstance(one, Dial)]:
            dials.append(dial)
            for turn in range(2):
                failed = peers.dial_ended(DialEnded(dial.target, Code.PEER_UNREACHABLE, "", None), now + turn)
                troubles += told(failed, NetworkTroubled)
    assert 100 <= len(dials) <= 100 + 6 * 30 + 1
    assert 1 <= len(troubles) <= 3
    friend = peers.seen(Sighting(BIG[:8], "Bob", DeviceKind.LAPTOP, (HERE,)), 6.0)
    assert friend == [Dial(BIG[:8], (HERE,), BIG, by_itself=True)]
    assert len(peers.dials.targets) <= 4096
    assert "00005999" in peers.dials.targets, "who came last is not refused for those that were nowhere"


def reached(effects: list[Effect]) -> list[tuple[str, PeerId, str]]:
    """Who answered at typed addresses, and in whose place."""
    return [(one.address, one.peer, one.known) for one in told(effects, AddressReached)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("trust", [TrustLevel.STRANGER, TrustLevel.KNOWN, TrustLevel.VERIFIED])
@pytest.mark.parametrize("typed", ["10.0.0.5:17717", "office.lan:17717", "[::ffff:10.0.0.5]:17717", "0.0.0.0:17717"])
def test_another_key_at_a_friends_address_is_an_alarm_however_it_is_spelled(trust: TrustLevel, typed: str) -> None:
    peers = Peers(ME)
    peers.load([known(), replace(known(OTHER, "zed"), trust=trust, addresses=(), met_as="zed")], 0.0)
    for at in (10.0, 20.0):
        peers.add_address(typed, at)
        note = replace(up(OTHER, True, "zed"), address=parse_address(typed), met=HERE)
        effects = peers.link_opened(note, at + 1, 0)
        assert reached(effects) == [(str(parse_address(typed)), OTHER, BIG)]
        assert [(one.known, one.seen) for one in told(effects, IdentityChanged)] == [(BIG, OTHER)]  # type: ignore[attr-defined]
        peers.link_closed(LinkDown(OTHER, note.link, False, ""), at + 2)
    assert list(peers.identities.alarms) == [(BIG, OTHER)]


def test_a_typed_host_and_where_it_is_in_truth_are_both_remembered_by_whichever_link_stays() -> None:
    for first in (True, False):
        peers = Peers(ME)
        if first:
            peers.link_opened(replace(up(BIG, False), address=Address("10.0.0.5", 4)), 1.0, 0)
        peers.add_address("office.lan", 1.0)
        peers.link_opened(replace(up(BIG, True), address=Address("office.lan", 17717), met=HERE), 2.0, 0)
        assert {str(HERE), "office.lan:17717"} <= set(peers.rows[BIG].addresses)


@pytest.mark.parametrize("after", [0.5, 2.9])
def test_nobody_is_befriended_while_it_is_not_clear_whose_name_it_bears(after: float) -> None:
    peers = Peers(ME)
    peers.load([known(name="office")], 0.0)
    peers.link_opened(up(OTHER, False, "Office"), after, 0)
    assert peers.befriend(OTHER) == []
    effects = peers.tick(4.0)
    assert [(one.known, one.seen) for one in told(effects, IdentityChanged)] == [(BIG, OTHER)]  # type: ignore[attr-defined]
    assert peers.rows[OTHER].trust is TrustLevel.STRANGER


def test_however_many_keys_come_first_the_next_one_is_an_alarm_too() -> None:
    peers = Peers(ME)
    peers.load([known(name="office")], 0.0)
    for number in range(20):
        peer = PeerId(f"{chr(ord('a') + number)}" * 52)
        note = up(peer, False, "office")
        effects = peers.link_opened(note, 10.0 + number, 0)
        assert [one.seen for one in told(effects, IdentityChanged)] == [peer]  # type: ignore[attr-defined]
        assert peers.befriend(peer) == []
        peers.link_closed(LinkDown(peer, note.link, False, ""), 10.5 + number)
    kept = [seen[0] for _, seen in peers.identities.alarms]
    assert kept == list("abcdefgh"), "the first ones stay before the person's eyes"


def test_many_keys_take_no_decision_away_and_leave_no_impostor_to_be_befriended() -> None:
    peers = Peers(ME)
    peers.load([known(name="office")], 0.0)
    keys = [PeerId(letter * 52) for letter in "abcdefghijk"]
    for number, peer in enumerate(keys):
        peers.link_opened(up(peer, False, "office"), 10.0 + number, 0)
    peers.link_opened(up(BIG, False, "office"), 30.0, 0)
    assert [peers.befriend(peer) for peer in keys] == [[]] * len(keys), "also when the device itself is back"
    for peer in (keys[0], keys[-1]):
        peers.settle(BIG, peer, same=False)
        assert peers.rows[peer].trust is TrustLevel.BLOCKED
    assert BIG in peers.rows


def test_whoever_has_no_row_any_more_can_be_blocked_all_the_same() -> None:
    peers = Peers(ME)
    assert told(peers.block(OTHER, True), PeerChanged) or peers.rows[OTHER].trust is TrustLevel.BLOCKED
    assert peers.trust(OTHER) is TrustLevel.BLOCKED
    assert peers.block(SMALL, False) == [], "and whoever was not blocked is not known by that"


@pytest.mark.parametrize("trust", [TrustLevel.KNOWN, TrustLevel.VERIFIED])
def test_a_known_device_that_takes_the_name_of_another_is_an_alarm_and_twins_are_none(trust: TrustLevel) -> None:
    peers = Peers(ME)
    twin, other = PeerId("t" * 52), replace(known(OTHER, "zed"), trust=trust, met_as="zed")
    peers.load([replace(known(name="office"), met_as="office"), other,
                replace(known(twin, "office"), trust=trust, met_as="office")], 0.0)
    assert not told(peers.link_opened(up(twin, False, "office"), 10.0, 0), IdentityChanged)
    peers.link_opened(up(OTHER, False, "zed"), 10.0, 0)
    effects = peers.renamed(OTHER, "office", "", 11.0)
    assert [(one.known, one.seen) for one in told(effects, IdentityChanged)] == [(BIG, OTHER)]  # type: ignore[attr-defined]


def test_the_name_that_a_device_was_met_by_stays_its_own_over_restarts(tmp_path: Path) -> None:
    database.prepare(tmp_path / "db")
    link = database.connect(tmp_path / "db")
    peers = Peers(ME)
    peers.link_opened(up(BIG, True, "office"), 1.0, 0)
    for effect in [*peers.befriend(BIG), *peers.renamed(BIG, "zentrale", "", 2.0)]:
        if isinstance(effect, DbWrite):
            effect.work(link, *effect.args)
    again = Peers(ME)
    again.load(trustbook.all_peers(link), 0.0)
    link.close()
    effects = again.link_opened(up(OTHER, False, "office"), 10.0, 0)
    assert [(one.known, one.seen) for one in told(effects, IdentityChanged)] == [(BIG, OTHER)]  # type: ignore[attr-defined]


def test_a_stranger_that_is_forgotten_in_its_moments_grace_is_told_as_gone() -> None:
    peers = Peers(ME)
    appeared: list[str] = []
    vanished: list[str] = []
    for number in range(limits.STRANGERS_KEPT + 40):
        stranger = PeerId(f"{number:052x}".replace("0", "q").replace("1", "r").replace("8", "t").replace("9", "u"))
        link = Link()
        note = up(stranger, False, f"Device {number}", link=link)
        away = LinkDown(stranger, link, left=False, code=Code.PEER_AWAY)
        effects = [*peers.link_opened(note, 0.0, 0), *peers.link_closed(away, 0.0)]
        appeared += [one.id for one in told(effects, PeerAppeared) if isinstance(one, PeerAppeared)]
        vanished += [one.id for one in told(effects, PeerVanished) if isinstance(one, PeerVanished)]
    assert vanished == appeared[: len(vanished)]
    assert len(vanished) >= 39
    assert len(peers.rows) == len(appeared) - len(vanished), "whoever is not kept was told as gone"
