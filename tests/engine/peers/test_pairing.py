"""Who compares digits with whom: once at a time, a minute each, three a minute; loud when it goes wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from lanshare.domain.control_messages import PairAnswer, PairBegin, PairReveal, PairStop, PairVerdict
from lanshare.domain.errors import Code
from lanshare.domain.events import PairingCodeReady, PairingEnded, PeerVerified
from lanshare.domain.peer import PeerId
from lanshare.engine.effects import Effect, Publish, SendControl, Verify
from lanshare.engine.peers.pairing import TRIES, Pairings, Spoken

LOW, HIGH, EVE = PeerId("a" * 52), PeerId("q" * 52), PeerId("e" * 52)


@dataclass
class Two:
    """Two tables; what one says the other hears at once."""

    tables: dict[PeerId, Pairings] = field(default_factory=dict)
    told: dict[PeerId, list[object]] = field(default_factory=dict)
    now: float = 0.0

    def __post_init__(self) -> None:
        for me in (LOW, HIGH):
            self.tables[me] = Pairings(me, lambda peer: "Bob", lambda peer: True)
            self.told[me] = []

    def do(self, me: PeerId, effects: list[Effect]) -> None:
        """Carry out what a table asks for."""
        other = HIGH if me == LOW else LOW
        for one in effects:
            if isinstance(one, Publish):
                self.told[me].append(one.event)
            elif isinstance(one, Verify):
                self.told[me].append(one)
            elif isinstance(one, SendControl):
                assert one.peer == other
                said = one.said
                assert isinstance(said, PairBegin | PairAnswer | PairReveal | PairVerdict | PairStop)
                self.do(other, self.tables[other].heard(me, said, self.now))

    def begin(self, me: PeerId = LOW) -> None:
        """One asks the other."""
        self.do(me, self.tables[me].request(HIGH if me == LOW else LOW, self.now))

    def answer(self, me: PeerId, same: bool) -> None:
        """A person's verdict."""
        self.do(me, self.tables[me].answer(HIGH if me == LOW else LOW, same))

    def codes(self) -> list[str]:
        """The digits on both screens."""
        return [one.code for told in self.told.values() for one in told if isinstance(one, PairingCodeReady)]

    def ends(self, me: PeerId) -> list[str]:
        """How comparisons ended."""
        return [one.code for one in self.told[me] if isinstance(one, PairingEnded)]


def test_two_who_agree_are_verified_on_both_sides() -> None:
    two = Two()
    two.begin()
    one, other = two.codes()
    assert one == other
    assert len(one) == 7
    two.answer(LOW, True)
    assert not [one for one in two.told[LOW] if isinstance(one, Verify)]
    two.answer(HIGH, True)
    assert two.told[LOW][-2:] == [Verify(HIGH), PeerVerified(HIGH)]
    assert two.told[HIGH][-2:] == [Verify(LOW), PeerVerified(LOW)]
    assert two.tables[LOW].next_time() is None


@pytest.mark.parametrize("who", [LOW, HIGH])
def test_other_digits_are_said_loudly_on_both_sides(who: PeerId) -> None:
    two = Two()
    two.begin()
    two.answer(who, False)
    assert two.ends(LOW) == two.ends(HIGH) == [Code.PAIR_DIFFERS]
    two.answer(HIGH if who == LOW else LOW, True)
    assert not [one for told in two.told.values() for one in told if isinstance(one, Verify)]


def test_both_asking_at_once_is_one_comparison() -> None:
    two = Two()
    first, second = two.tables[LOW].request(HIGH, 0.0), two.tables[HIGH].request(LOW, 0.0)
    two.do(LOW, first)
    two.do(HIGH, second)
    one, other = two.codes()
    assert one == other


class Crossing:
    """Two tables over a link that another one replaces in the middle: what was under way on the first may be lost."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.tables = {me: Pairings(me, lambda peer: "Bob", lambda peer: True) for me in (LOW, HIGH)}
        self.told: dict[PeerId, list[object]] = {LOW: [], HIGH: []}
        self.link = {LOW: 1, HIGH: 1}
        self.under_way: dict[tuple[PeerId, int], list[Spoken]] = {
            (to, link): [] for to in (LOW, HIGH) for link in (1, 2)
        }

    def do(self, me: PeerId, effects: list[Effect]) -> None:
        """Carry out what a table asks for; its person says yes to whatever digits are shown."""
        other = HIGH if me == LOW else LOW
        for one in effects:
            if isinstance(one, SendControl):
                assert isinstance(one.said, PairBegin | PairAnswer | PairReveal | PairVerdict | PairStop)
                self.under_way[other, self.link[me]].append(one.said)
            elif isinstance(one, Publish):
                self.told[me].append(one.event)
                if isinstance(one.event, PairingCodeReady):
                    self.do(me, self.tables[me].answer(other, True))

    def switch(self, me: PeerId) -> None:
        """The second link is the one from now on."""
        if self.link[me] == 1:
            self.link[me] = 2
            other = HIGH if me == LOW else LOW
            for to in (LOW, HIGH):
                lost = self.under_way[to, 1]
                del lost[self.chance.randint(0, len(lost)) :]
            self.do(me, self.tables[me].peer_up(other))

    def hear(self, me: PeerId, link: int) -> None:
        """The next word that came by a link."""
        if self.under_way[me, link]:
            if link == 2:
                self.switch(me)
            said = self.under_way[me, link].pop(0)
            self.do(me, self.tables[me].heard(HIGH if me == LOW else LOW, said, 0.0))


def test_a_link_that_replaces_another_loses_no_comparison_and_raises_no_alarm() -> None:
    for seed in range(3000):
        chance = random.Random(seed)
        both = Crossing(chance)
        wishes = chance.sample([LOW, HIGH], chance.choice([1, 2, 2]))
        switches = [LOW, HIGH]
        while wishes or switches or any(both.under_way.values()):
            step = chance.randrange(8)
            if step == 0 and wishes:
                me = wishes.pop()
                if not both.told[me]:  # nobody asks for what is on the screen already
                    both.do(me, both.tables[me].request(HIGH if me == LOW else LOW, 0.0))
            elif step == 1 and switches:
                both.switch(switches.pop(chance.randrange(len(switches))))
            else:
                both.hear(chance.choice([LOW, HIGH]), chance.choice([1, 2]))
        told = [both.told[me] for me in (LOW, HIGH)]
        assert not [one for some in told for one in some if isinstance(one, PairingEnded)], seed
        codes = {one.code for some in told for one in some if isinstance(one, PairingCodeReady)}
        assert len(codes) == 1, seed
        assert all(any(isinstance(one, PeerVerified) for one in some) for some in told), seed


def test_a_word_again_is_answered_as_before_and_nothing_else_is_heard_twice() -> None:
    table = Pairings(HIGH, lambda peer: "Bob", lambda peer: True)
    (answer,) = table.heard(LOW, PairBegin(bytes(32)), 0.0)
    assert table.heard(LOW, PairBegin(bytes(32)), 1.0) == [answer]
    assert table.heard(LOW, PairBegin(b"x" * 32), 1.0) == [SendControl(LOW, PairStop(Code.PAIR_TOO_OFTEN))]
    table.give_up(LOW)
    assert table.heard(LOW, PairBegin(bytes(32)), 2.0) == [SendControl(LOW, PairStop(Code.PAIR_ENDED))], "a late echo"
    assert table.peer_up(LOW) == []


def test_a_minute_is_all_and_both_sides_hear_it() -> None:
    two = Two()
    two.begin()
    assert two.tables[LOW].next_time() == 60.0
    assert two.tables[LOW].tick(59.9) == []
    two.do(LOW, two.tables[LOW].tick(60.0))
    assert two.ends(LOW) == [Code.PAIR_TIMEOUT]
    assert two.ends(HIGH) == [Code.PAIR_ENDED]
    two.answer(LOW, True)
    two.answer(HIGH, True)
    assert not [one for told in two.told.values() for one in told if isinstance(one, Verify)]


def test_three_a_minute_and_no_more_even_for_a_peer_that_does_not_count() -> None:
    table = Pairings(LOW, lambda peer: "Eve", lambda peer: True)
    for number in range(TRIES):
        (answer,) = table.heard(EVE, PairBegin(bytes(32)), float(number))
        assert isinstance(answer, SendControl)
        assert isinstance(answer.said, PairAnswer)
        table.heard(EVE, PairReveal(bytes(32)), float(number))
        assert table.run is None, "a nonce that was not committed to"
    assert table.heard(EVE, PairBegin(bytes(32)), 5.0) == [SendControl(EVE, PairStop(Code.PAIR_TOO_OFTEN))]
    (answer,) = table.heard(EVE, PairBegin(bytes(32)), 61.0)
    assert isinstance(answer, SendControl)
    assert isinstance(answer.said, PairAnswer)


def test_a_second_device_waits_while_one_is_compared() -> None:
    two = Two()
    two.begin()
    assert two.tables[LOW].heard(EVE, PairBegin(bytes(32)), 1.0) == [SendControl(EVE, PairStop(Code.PAIR_TOO_OFTEN))]
    (told,) = two.tables[LOW].request(EVE, 1.0)
    assert isinstance(told, Publish)
    assert isinstance(told.event, PairingEnded)
    assert two.tables[LOW].heard(EVE, PairVerdict(True), 1.0) == [], "not its comparison"
    assert two.tables[LOW].answer(EVE, True) == []


def test_a_peer_that_goes_or_gives_up_ends_it() -> None:
    two = Two()
    two.begin()
    two.do(LOW, two.tables[LOW].peer_down(HIGH))
    assert two.ends(LOW) == [Code.PEER_AWAY]
    other = Two()
    other.begin()
    other.do(HIGH, other.tables[HIGH].give_up(LOW))
    assert other.ends(LOW) == [Code.PAIR_ENDED]


def test_nobody_is_compared_with_who_is_away() -> None:
    table = Pairings(LOW, lambda peer: "Bob", lambda peer: False)
    (told,) = table.request(HIGH, 0.0)
    assert isinstance(told, Publish)
    assert isinstance(told.event, PairingEnded)
    assert told.event.code == Code.PEER_AWAY


def test_a_strangers_comparison_is_a_prompt_like_any_other() -> None:
    table = Pairings(LOW, lambda peer: "Eve", lambda peer: True, lambda peer: False)
    assert table.heard(EVE, PairBegin(bytes(32)), 0.0) == [SendControl(EVE, PairStop(Code.PAIR_TOO_OFTEN))]
    assert table.run is None


def test_a_yes_to_digits_that_are_shown_no_more_shows_the_present_ones() -> None:
    two = Two()
    two.begin()
    (code, _) = two.codes()
    table = two.tables[LOW]
    other = "000 000" if code != "000 000" else "000 001"
    (told,) = table.answer(HIGH, True, other)
    assert isinstance(told, Publish)
    assert isinstance(told.event, PairingCodeReady)
    assert told.event.code == code
    assert table.run is not None
    assert table.run.ours is None, "nothing was answered"
    assert any(isinstance(one, SendControl) for one in table.answer(HIGH, True, code))
