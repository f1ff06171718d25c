"""A comparison as it is spoken: the order holds, a changed nonce breaks it, both must agree."""

from __future__ import annotations

import pytest

from lanshare.domain.control_messages import ControlMessage, PairAnswer, PairBegin, PairReveal, PairVerdict
from lanshare.exchange.pairing import Pairing, PairingBroken
from lanshare.trust.identity import Identity

ANNA, BOB = Identity.create().id, Identity.create().id


def answered(said: ControlMessage | None) -> ControlMessage:
    """There was an answer."""
    assert said is not None
    return said


def pair() -> tuple[Pairing, Pairing]:
    """Anna asks Bob."""
    return Pairing(ANNA, BOB, True), Pairing(BOB, ANNA, False)


def shown() -> tuple[Pairing, Pairing]:
    """Both show their digits."""
    anna, bob = pair()
    nonce = answered(bob.hear(anna.begin()))
    assert bob.hear(answered(anna.hear(nonce))) is None
    return anna, bob


def test_both_show_the_same_and_are_verified_once_both_agree() -> None:
    anna, bob = shown()
    assert anna.code == bob.code
    assert len(anna.code) == 6
    bob.hear(anna.judge(True))
    assert [one.verified for one in (anna, bob)] == [False, False]
    anna.hear(bob.judge(True))
    assert [one.verified for one in (anna, bob)] == [True, True]


def test_one_who_sees_other_digits_verifies_nobody() -> None:
    anna, bob = shown()
    anna.judge(True)
    anna.hear(bob.judge(False))
    assert not anna.verified


def test_another_nonce_than_the_committed_one_breaks_it() -> None:
    anna, bob = pair()
    anna.hear(answered(bob.hear(anna.begin())))
    with pytest.raises(PairingBroken):
        bob.hear(PairReveal(bytes(32)))
    assert bob.code == ""


@pytest.mark.parametrize("said", [PairBegin(bytes(32)), PairReveal(bytes(32)), PairVerdict(True)])
def test_the_initiator_hears_nothing_but_a_nonce_first(said: ControlMessage) -> None:
    anna, _ = pair()
    anna.begin()
    with pytest.raises(PairingBroken):
        anna.hear(said)


@pytest.mark.parametrize("said", [PairAnswer(bytes(32)), PairReveal(bytes(32)), PairVerdict(True)])
def test_the_responder_tells_its_nonce_to_a_commitment_alone(said: ControlMessage) -> None:
    _, bob = pair()
    with pytest.raises(PairingBroken):
        bob.hear(said)


def test_nothing_is_said_twice() -> None:
    anna, bob = shown()
    for side, said in ((bob, anna.begin()), (anna, PairAnswer(bytes(32))), (bob, PairReveal(bytes(32)))):
        with pytest.raises(PairingBroken):
            side.hear(said)
    anna.hear(PairVerdict(True))
    with pytest.raises(PairingBroken):
        anna.hear(PairVerdict(True))
