"""Whom to dial and when, by itself: whatever comes in whatever order, nobody is dialled twice at once or too often."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.errors import Code
from lanshare.domain.events import AddressFailed, NetworkTroubled
from lanshare.domain.peer import Address, DeviceKind, PeerId, TrustLevel, short_id
from lanshare.engine.effects import Dial, Effect, Publish
from lanshare.engine.inbox import DialEnded
from lanshare.engine.peers.dial_scheduler import BACKOFF, DialScheduler
from lanshare.net.announcement import Sighting

NAMES = [PeerId(letter * 52) for letter in "abcdefgh"]
HERE = Address("10.0.0.5", 17717)


@dataclasses.dataclass
class World:
    """The devices, as the scheduler asks about them."""

    there: set[PeerId] = dataclasses.field(default_factory=set)
    blocked: set[PeerId] = dataclasses.field(default_factory=set)
    hidden: bool = False

    def online(self, peer: PeerId) -> bool:
        return peer in self.there

    def trust(self, peer: PeerId) -> TrustLevel:
        return TrustLevel.BLOCKED if peer in self.blocked else TrustLevel.KNOWN

    def may_see(self, peer: PeerId | None) -> bool:
        return not self.hidden

    def is_awaited(self, peer: PeerId) -> bool:
        return False

    def remembered_addresses(self, peer: PeerId) -> tuple[list[Address], list[Address]]:
        return [], [HERE]

    def known_by_short(self, short: str) -> PeerId | None:
        return next((one for one in NAMES if short_id(one) == short), None)


def announced(peer: PeerId) -> Sighting:
    """What mDNS says of it."""
    return Sighting(short_id(peer), "Bob", DeviceKind.LAPTOP, (HERE,))


def dials(effects: list[Effect]) -> list[Dial]:
    """Whom to dial."""
    return [one for one in effects if isinstance(one, Dial)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["seen", "gone", "want", "ended", "up", "down", "block", "hide", "type", "tick"]),
        st.sampled_from(NAMES), st.floats(0.0, 3.0),
    ),
    max_size=60,
)


@given(STEPS)
def test_nobody_is_dialled_twice_at_once_nor_whoever_is_online_blocked_or_not_to_see_us(
    steps: list[tuple[str, PeerId, float]],
) -> None:
    world = World()
    scheduler = DialScheduler(world)
    now, under_way = 0.0, set[str]()
    for word, peer, seconds in steps:
        now += seconds
        told: list[Effect] = []
        match word:
            case "seen":
                told = scheduler.seen(announced(peer), now)
            case "gone":
                told = scheduler.gone(short_id(peer))
            case "want":
                scheduler.want(peer, now)
            case "ended" if under_way:
                key = sorted(under_way)[0]
                under_way.discard(key)
                told = scheduler.ended(scheduler.targets[key], DialEnded(key, Code.PEER_UNREACHABLE, "", None), now)
            case "up":
                world.there.add(peer)
            case "down":
                world.there.discard(peer)
            case "block":
                world.blocked ^= {peer}
            case "hide":
                world.hidden = not world.hidden
            case "type":
                told = scheduler.add_address(f"10.0.0.{ord(peer[0])}:7", now)
        for dial in [*dials(told), *dials(scheduler.tick(now))]:
            assert dial.target not in under_way
            under_way.add(dial.target)
            target = scheduler.targets[dial.target]
            assert target.typed or target.peer not in world.there
            assert target.peer not in world.blocked
            assert target.typed or target.wanted or not world.hidden
            assert dial.by_itself is not (bool(target.typed) or target.wanted)
        waits = scheduler.next_time()
        assert waits is None or waits > now, "whatever is due now was dialled"


def test_the_waits_grow_and_what_is_announced_anew_is_tried_soon() -> None:
    scheduler = DialScheduler(World())
    now, gaps, last = 0.0, [], 0.0
    assert dials(scheduler.seen(announced(NAMES[0]), now))
    for _ in range(len(BACKOFF) + 1):
        target = scheduler.targets[short_id(NAMES[0])]
        scheduler.ended(target, DialEnded(target.key, Code.PEER_UNREACHABLE, "", None), now)
        due = scheduler.next_time()
        assert due is not None
        now = due
        assert dials(scheduler.tick(now))
        gaps.append(now - last)
        last = now
    assert tuple(gaps) == (*BACKOFF, BACKOFF[-1])
    target.dialling = False
    assert dials(scheduler.seen(announced(NAMES[0]), now + 1.5)), "it is announced: it may be back"


def test_what_is_only_announced_has_a_share_of_all_dials() -> None:
    class Strangers(World):
        def known_by_short(self, short: str) -> PeerId | None:
            return None

    scheduler = DialScheduler(Strangers())
    told = Counter[int]()
    for number in range(4000):
        name = f"{number:08d}"
        effects = scheduler.seen(Sighting(name, "x", DeviceKind.LAPTOP, (HERE,)), number / 1000)
        told[number // 1000] += len(dials(effects))
    assert told[0] <= 131
    assert max(told[1], told[2], told[3]) <= 31
    scheduler.want(NAMES[0], 4.0)
    assert dials(scheduler.tick(4.0)), "a wish never waits behind them"


@pytest.mark.parametrize("text", ["", "10.0.0.5:port", "no such thing at all"])
def test_what_is_no_address_is_said_kindly_and_dialled_nowhere(text: str) -> None:
    scheduler = DialScheduler(World())
    (told,) = scheduler.add_address(text, 0.0)
    assert isinstance(told, Publish)
    assert isinstance(told.event, AddressFailed)
    assert scheduler.targets == {}


def test_of_many_that_do_not_answer_few_are_told_and_each_once() -> None:
    scheduler = DialScheduler(World())
    told: list[Effect] = []
    for peer in NAMES:
        scheduler.seen(announced(peer), 0.0)
        target = scheduler.targets[short_id(peer)]
        for number in range(4):
            told += scheduler.ended(target, DialEnded(target.key, Code.PEER_UNREACHABLE, "", None), float(number))
    troubles = [one.event for one in told if isinstance(one, Publish) and isinstance(one.event, NetworkTroubled)]
    assert len(troubles) == len({one.code for one in troubles}) == 3
