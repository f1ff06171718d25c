"""The table of devices: who is online, which of two crossing links stays, what is an alarm and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from lanshare.domain.errors import Code
from lanshare.domain.events import (
    DuplicateKeyDetected,
    IdentityChanged,
    NetworkTroubled,
    PeerAppeared,
    PeerVanished,
)
from lanshare.domain.peer import Address, DeviceKind, PeerId, PeerPolicy, Permission, TrustLevel, parse_address
from lanshare.domain.settings import Visibility
from lanshare.engine.effects import CloseLink, DbWrite, Dial, Online
from lanshare.engine.inbox import DialEnded, LinkDown
from lanshare.engine.peers.registry import Peers
from lanshare.exchange.handshake import COPIED, OURSELVES
from lanshare.net.announcement import Sighting
from lanshare.store import database, trustbook
from lanshare.wire import limits
from tests.harness.peer_book import BIG, HERE, ME, OTHER, Link, known, reached, told, up


def test_a_sighting_is_dialled_and_a_link_makes_it_appear() -> None:
    peers = Peers(ME)
    effects = peers.seen(Sighting(BIG[:8], "Bob", DeviceKind.LAPTOP, (HERE,)), 0.0)
    assert effects == [Dial(BIG[:8], (HERE,), BIG[:8], by_itself=True)]
    effects = peers.link_table.opened(up(BIG, True), 0.1, 0)
    assert len(told(effects, PeerAppeared)) == 1
    assert Online(BIG) in effects


def test_a_changed_address_or_a_stale_one_is_no_alarm() -> None:
    peers = Peers(ME)
    peers.load([known(), known(OTHER, "Carl")], 0.0)
    peers.tick(0.0)
    effects = peers.dial_ended(DialEnded(BIG[:8], Code.IDENTITY_CHANGED, "", OTHER), 1.0)
    assert not told(effects, IdentityChanged)
    effects = peers.link_table.opened(up(BIG, False), 2.0, 0)
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
    assert CloseLink(note.link) in peers.link_table.opened(note, 7.0, 0)
    assert not peers.online(OTHER)
    wanted = Peers(ME)
    wanted.load([known()], -10.0)
    wanted.show(Visibility.NOBODY)
    (dial,) = [one for one in wanted.want(BIG, 1.0) if isinstance(one, Dial)]
    assert not dial.by_itself
    wanted.link_table.opened(up(BIG, True), 2.0, 0)
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
    honest.link_table.opened(up(OTHER, False, "Carl"), 0.0, 0)
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
    assert told(peers.link_table.opened(up(OTHER, False, "bob"), 1.0, 0), IdentityChanged)
    both = Peers(ME)
    both.load([known()], -10.0)
    both.link_table.opened(up(BIG, False), 0.5, 0)
    assert not told(both.link_table.opened(up(OTHER, False, "Bob"), 1.0, 0), IdentityChanged)


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
    effects = peers.link_table.opened(up(BIG, True), now, 0)
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
    peers.decisions.change(BIG, "My Bob", lasting)
    assert peers.name(BIG) == "My Bob"
    assert peers.rules(BIG, 0).files is Permission.ASK, "only known"
    peers.decisions.verify(BIG)
    assert peers.rules(BIG, 4999) == lasting
    assert peers.rules(BIG, 5000).files is Permission.ASK
    peers.decisions.change(BIG, "My Bob", replace(lasting, at_home=True))
    assert peers.rules(BIG, 0, home=True).files is Permission.ACCEPT
    assert peers.rules(BIG, 0, home=False).files is Permission.ASK
    peers.decisions.change(BIG, "My Bob", lasting)
    peers.link_table.opened(up(OTHER, False, "bob"), 1.0, 0)
    assert peers.rules(BIG, 0).files is Permission.ASK, "somebody may be pretending"
    peers.decisions.settle(BIG, OTHER, False)
    assert peers.rules(BIG, 0) == lasting
    assert peers.rows[OTHER].trust is TrustLevel.BLOCKED
    assert peers.rules(OTHER, 0) == PeerPolicy(Permission.BLOCK, Permission.BLOCK)


def test_whoever_shows_himself_to_nobody_dials_nobody_unless_a_person_wants_it() -> None:
    peers = Peers(ME)
    peers.load([known()], -10.0)
    links = {BIG: Link(), OTHER: Link()}
    for peer, link in links.items():
        peers.link_table.opened(up(peer, True, name=peer[:3], link=link), 0.0, 0)
    assert peers.show(Visibility.KNOWN) == [CloseLink(links[OTHER])]
    assert CloseLink(links[BIG]) in peers.show(Visibility.NOBODY)
    peers.link_table.closed(LinkDown(BIG, links[BIG], False, ""), 1.0)
    assert not [one for one in peers.tick(60.0) if isinstance(one, Dial)]
    assert [one.target for one in peers.want(BIG, 61.0) if isinstance(one, Dial)] == [BIG[:8]]


def test_a_run_that_comes_back_after_another_one_is_a_copied_key() -> None:
    peers = Peers(ME)
    runs = [b"1" * 16, b"2" * 16, b"3" * 16]
    for run in runs:
        effects = peers.link_table.opened(up(BIG, False, run=run), 0.0, 0)
        assert told(effects, DuplicateKeyDetected) == [], "a restart is no copy"
    assert told(
        peers.link_table.opened(up(BIG, False, run=runs[2]), 0.0, 0), DuplicateKeyDetected
    ) == [], "nor is a new link of one run"
    (alarm,) = told(peers.link_table.opened(up(BIG, False, run=runs[0]), 0.0, 0), DuplicateKeyDetected)
    assert isinstance(alarm, DuplicateKeyDetected)
    assert (alarm.peer, alarm.ours) == (BIG, False)
    again = peers.link_table.opened(up(BIG, False, run=runs[1]), 0.0, 0)
    assert told(again, DuplicateKeyDetected) == [], "once is enough"


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


@pytest.mark.parametrize("trust", [TrustLevel.STRANGER, TrustLevel.KNOWN, TrustLevel.VERIFIED])
@pytest.mark.parametrize("typed", ["10.0.0.5:17717", "office.lan:17717", "[::ffff:10.0.0.5]:17717", "0.0.0.0:17717"])
def test_another_key_at_a_friends_address_is_an_alarm_however_it_is_spelled(trust: TrustLevel, typed: str) -> None:
    peers = Peers(ME)
    peers.load([known(), replace(known(OTHER, "zed"), trust=trust, addresses=(), met_as="zed")], 0.0)
    for at in (10.0, 20.0):
        peers.add_address(typed, at)
        note = replace(up(OTHER, True, "zed"), address=parse_address(typed), met=HERE)
        effects = peers.link_table.opened(note, at + 1, 0)
        assert reached(effects) == [(str(parse_address(typed)), OTHER, BIG)]
        assert [(one.known, one.seen) for one in told(effects, IdentityChanged)] == [(BIG, OTHER)]  # type: ignore[attr-defined]
        peers.link_table.closed(LinkDown(OTHER, note.link, False, ""), at + 2)
    assert list(peers.identities.alarms) == [(BIG, OTHER)]


def test_however_many_keys_come_first_the_next_one_is_an_alarm_too() -> None:
    peers = Peers(ME)
    peers.load([known(name="office")], 0.0)
    for number in range(20):
        peer = PeerId(f"{chr(ord('a') + number)}" * 52)
        note = up(peer, False, "office")
        effects = peers.link_table.opened(note, 10.0 + number, 0)
        assert [one.seen for one in told(effects, IdentityChanged)] == [peer]  # type: ignore[attr-defined]
        assert peers.decisions.befriend(peer) == []
        peers.link_table.closed(LinkDown(peer, note.link, False, ""), 10.5 + number)
    kept = [seen[0] for _, seen in peers.identities.alarms]
    assert kept == list("abcdefgh"), "the first ones stay before the person's eyes"


def test_many_keys_take_no_decision_away_and_leave_no_impostor_to_be_befriended() -> None:
    peers = Peers(ME)
    peers.load([known(name="office")], 0.0)
    keys = [PeerId(letter * 52) for letter in "abcdefghijk"]
    for number, peer in enumerate(keys):
        peers.link_table.opened(up(peer, False, "office"), 10.0 + number, 0)
    peers.link_table.opened(up(BIG, False, "office"), 30.0, 0)
    assert [peers.decisions.befriend(peer) for peer in keys] == [[]] * len(keys), "also when the device itself is back"
    for peer in (keys[0], keys[-1]):
        peers.decisions.settle(BIG, peer, same=False)
        assert peers.rows[peer].trust is TrustLevel.BLOCKED
    assert BIG in peers.rows


@pytest.mark.parametrize("trust", [TrustLevel.KNOWN, TrustLevel.VERIFIED])
def test_a_known_device_that_takes_the_name_of_another_is_an_alarm_and_twins_are_none(trust: TrustLevel) -> None:
    peers = Peers(ME)
    twin, other = PeerId("t" * 52), replace(known(OTHER, "zed"), trust=trust, met_as="zed")
    peers.load([replace(known(name="office"), met_as="office"), other,
                replace(known(twin, "office"), trust=trust, met_as="office")], 0.0)
    assert not told(peers.link_table.opened(up(twin, False, "office"), 10.0, 0), IdentityChanged)
    peers.link_table.opened(up(OTHER, False, "zed"), 10.0, 0)
    effects = peers.renamed(OTHER, "office", "", 11.0)
    assert [(one.known, one.seen) for one in told(effects, IdentityChanged)] == [(BIG, OTHER)]  # type: ignore[attr-defined]


def test_the_name_that_a_device_was_met_by_stays_its_own_over_restarts(tmp_path: Path) -> None:
    database.prepare(tmp_path / "db")
    link = database.connect(tmp_path / "db")
    peers = Peers(ME)
    peers.link_table.opened(up(BIG, True, "office"), 1.0, 0)
    for effect in [*peers.decisions.befriend(BIG), *peers.renamed(BIG, "zentrale", "", 2.0)]:
        if isinstance(effect, DbWrite):
            effect.work(link, *effect.args)
    again = Peers(ME)
    again.load(trustbook.all_peers(link), 0.0)
    link.close()
    effects = again.link_table.opened(up(OTHER, False, "office"), 10.0, 0)
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
        effects = [*peers.link_table.opened(note, 0.0, 0), *peers.link_table.closed(away, 0.0)]
        appeared += [one.id for one in told(effects, PeerAppeared) if isinstance(one, PeerAppeared)]
        vanished += [one.id for one in told(effects, PeerVanished) if isinstance(one, PeerVanished)]
    assert vanished == appeared[: len(vanished)]
    assert len(vanished) >= 39
    assert len(peers.rows) == len(appeared) - len(vanished), "whoever is not kept was told as gone"
