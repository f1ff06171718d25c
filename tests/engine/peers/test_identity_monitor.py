"""Alarms by themselves: raised for whoever stands in another one's place, kept in bounds, settled as a person says."""

from __future__ import annotations

import pytest

from lanshare.domain.events import AddressReached, DuplicateKeyDetected, IdentityChanged
from lanshare.domain.peer import Address, DeviceKind, PeerId, TrustLevel
from lanshare.engine.effects import Effect, Publish
from lanshare.engine.peers.identity_monitor import AWAY, IdentityMonitor
from lanshare.engine.peers.record import PeerRecord

BOB, EVE = PeerId("b" * 52), PeerId("e" * 52)
HERE = Address("10.0.0.5", 17717)


class Link:
    """A link that does nothing."""

    def post(self, item: object) -> bool:
        return True

    def abort(self, code: object = None) -> None:
        """Nothing to end."""


def record(peer: PeerId, name: str, trust: TrustLevel, online: bool, away_since: float = 0.0) -> PeerRecord:
    """A device."""
    row = PeerRecord(peer, name, DeviceKind.LAPTOP, "", trust, [str(HERE)], away_since=away_since, met_as=name)
    row.link = Link() if online else None
    return row


def monitor(*rows: PeerRecord) -> IdentityMonitor:
    """With these devices."""
    return IdentityMonitor({row.id: row for row in rows})


def alarms(effects: list[Effect]) -> list[tuple[PeerId, PeerId]]:
    """Those that were told."""
    events = [one.event for one in effects if isinstance(one, Publish)]
    return [(one.known, one.seen) for one in events if isinstance(one, IdentityChanged)]


@pytest.mark.parametrize(("trust", "online", "name", "alarmed"), [
    (TrustLevel.KNOWN, False, "Bob", True), (TrustLevel.VERIFIED, False, "B0B", True),
    (TrustLevel.STRANGER, False, "Bob", False), (TrustLevel.BLOCKED, False, "Bob", False),
    (TrustLevel.KNOWN, True, "Bob", False), (TrustLevel.KNOWN, False, "Carl", False),
])
def test_whoever_bears_the_name_of_a_known_device_that_is_away_is_an_alarm(
    trust: TrustLevel, online: bool, name: str, alarmed: bool
) -> None:
    eve = record(EVE, name, TrustLevel.STRANGER, True)
    watch = monitor(record(BOB, "Bob", trust, online), eve)
    assert alarms(watch.appeared(eve, AWAY)) == ([(BOB, EVE)] if alarmed else [])
    assert watch.accuses(eve) is alarmed
    assert watch.doubts(BOB) is alarmed
    assert alarms(watch.appeared(eve, AWAY + 1.0)) == [], "told once"


def test_a_device_that_just_went_counts_as_away_only_in_a_moment() -> None:
    eve = record(EVE, "Bob", TrustLevel.STRANGER, True)
    watch = monitor(record(BOB, "Bob", TrustLevel.KNOWN, False, away_since=10.0), eve)
    assert alarms(watch.appeared(eve, 10.5)) == []
    assert watch.accuses(eve), "it may stand in its place: nobody befriends it by the way"
    assert watch.compare_at == 10.0 + AWAY
    assert watch.tick(10.0 + AWAY - 0.1) == []
    assert alarms(watch.tick(10.0 + AWAY)) == [(BOB, EVE)]
    assert watch.compare_at is None


@pytest.mark.parametrize(("wanted", "at", "seen", "alarmed"), [
    (True, HERE, TrustLevel.STRANGER, True), (False, HERE, TrustLevel.STRANGER, False),
    (True, HERE, TrustLevel.KNOWN, False), (True, Address("10.0.0.9", 7), TrustLevel.STRANGER, False),
    (True, None, None, True),
])
def test_another_key_is_an_alarm_where_a_person_wants_the_device(
    wanted: bool, at: Address | None, seen: TrustLevel | None, alarmed: bool
) -> None:
    rows = [record(BOB, "Bob", TrustLevel.KNOWN, False)]
    rows += [record(EVE, "Eve", seen, True)] if seen is not None else []
    told = monitor(*rows).other_key(BOB, EVE, at, lambda peer: wanted)
    assert alarms(told) == ([(BOB, EVE)] if alarmed else [])


def test_who_answers_at_a_typed_address_is_said_with_whose_place_it_is() -> None:
    eve = record(EVE, "Eve", TrustLevel.STRANGER, True)
    watch = monitor(record(BOB, "Bob", TrustLevel.KNOWN, False), eve)
    for _ in range(2):
        effects = watch.answered([str(HERE)], eve, AWAY, None)
        assert alarms(effects) == [(BOB, EVE)], "at every try"
        (reached,) = [
            one.event for one in effects if isinstance(one, Publish) and isinstance(one.event, AddressReached)
        ]
        assert (reached.peer, reached.known) == (EVE, BOB)


def test_a_settled_alarm_is_gone_for_both() -> None:
    eve = record(EVE, "Bob", TrustLevel.STRANGER, True)
    watch = monitor(record(BOB, "Bob", TrustLevel.KNOWN, False), eve)
    watch.appeared(eve, AWAY)
    assert watch.knows_of(BOB, EVE)
    watch.drop_about(EVE, also_known=False)
    assert not watch.knows_of(BOB, EVE)
    assert watch.undecided() == ()
    watch.appeared(eve, AWAY)
    watch.drop_about(BOB, also_known=False)
    assert watch.knows_of(BOB, EVE), "it is about Eve, and only she was taken for another one"
    watch.drop_about(BOB, also_known=True)
    assert not watch.knows_of(BOB, EVE)


def test_a_run_that_comes_back_is_a_copied_key_and_told_once() -> None:
    bob = record(BOB, "Bob", TrustLevel.KNOWN, False)
    watch = monitor(bob)
    told: list[Effect] = []
    for run in (b"1", b"2", b"1", b"2", b"1"):
        told += watch.began(bob, run)
        bob.instance = run
    assert [type(one.event) for one in told if isinstance(one, Publish)] == [DuplicateKeyDetected]
