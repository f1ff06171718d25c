"""The greeting: both sides are proven before either says its name; versions are named when they differ."""

from __future__ import annotations

import pytest

from lanshare.domain.errors import Code, IdentityDiffers, LanshareError, ProtocolError, VersionDiffers
from lanshare.domain.peer import DeviceKind
from lanshare.exchange.greeting import Accepting, Dialling, Facts, refused
from lanshare.trust import proof
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from lanshare.wire.frames import Frame
from tests.harness.wires import Ear

ANNA, BOB, EVE = Identity.create(), Identity.create(), Identity.create()
FACTS = Facts("Anna\x1b[31m", DeviceKind.LAPTOP, "Debian", 1234, bytes(16))


def dialling(expect: str | None = None, server: Identity = BOB, me: Identity = ANNA) -> Dialling:
    """Anna dials whoever holds `server`'s key."""
    return Dialling(me, FACTS, "control", server.certificate, expect)


def greet(one: Dialling, other: Accepting) -> tuple[list[Frame], list[Frame]]:
    """Let both speak until neither has anything to say."""
    ours, theirs = Ear(), Ear(False)
    one.begin(ours, 0.0)
    other.begin(theirs, 0.0)
    done_ours = done_theirs = 0
    while len(ours.said) > done_ours or len(theirs.said) > done_theirs:
        for frame in theirs.said[done_theirs:]:
            done_theirs += 1
            one.on_frame(frame, 0.0)
        for frame in ours.said[done_ours:]:
            done_ours += 1
            other.on_frame(frame, 0.0)
    return ours.said, theirs.said


def test_both_learn_who_the_other_is_and_names_are_cleaned() -> None:
    one, other = dialling(BOB.id), Accepting(BOB, FACTS)
    greet(one, other)
    assert one.guest is not None
    assert other.guest is not None
    assert (one.guest.id, other.guest.id) == (BOB.id, ANNA.id)
    assert other.guest.facts.name == "Anna[31m"


def test_whoever_answers_with_another_key_hears_nothing() -> None:
    with pytest.raises(IdentityDiffers) as error:
        dialling(EVE.id)
    assert (error.value.expected, error.value.seen) == (EVE.id, BOB.id)
    with pytest.raises(IdentityDiffers):
        dialling(EVE.id[:8])


@pytest.mark.parametrize(("said", "detail"), [
    (f.Refusal("peer-unknown", f"ourselves {FACTS.instance.hex()}"), "ourselves"),
    (f.Refusal("peer-unknown", "ourselves " + "ab" * 16), "copied"),
    (f.Refusal("peer-unknown", "ourselves"), "ourselves"),
    (f.Refusal("peer-unknown", "ourselves " + "AB" * 16), "ourselves"),
    (f.Refusal("peer-unknown", "hello " + "ab" * 16), "ourselves"),
    (f.Hello(1, "Anna", "laptop", "", 1, bytes(16), "control"), "ourselves"),
])
def test_of_our_own_key_only_another_run_is_a_copy(said: f.Frame, detail: str) -> None:
    """Somebody may lead our dial back to us: then it is our own run that answers."""
    ours = dialling(server=ANNA)
    with pytest.raises(LanshareError) as error:
        ours.on_frame(said, 0.0)
    assert (error.value.code, error.value.detail) == (Code.PEER_UNKNOWN, detail)


def test_whoever_accepts_our_own_key_says_which_run_it_is() -> None:
    ours = Accepting(BOB, FACTS)
    ear = Ear(False)
    ours.begin(ear, 0.0)
    challenge = ear.said[0]
    assert isinstance(challenge, f.Challenge)
    nonce = bytes(32)
    signature = proof.prove(BOB, BOB.certificate, challenge.nonce, nonce)
    ours.on_frame(f.Proof(nonce, BOB.certificate, signature, 1, 1), 0.0)
    assert ear.said[-1] == f.Refusal("peer-unknown", f"ourselves {FACTS.instance.hex()}")


def test_a_blocked_device_hears_not_a_word_of_a_dial_of_ours() -> None:
    with pytest.raises(LanshareError) as error:
        Dialling(ANNA, FACTS, "control", BOB.certificate, None, {BOB.id})
    assert error.value.code is Code.BLOCKED


def test_a_dialler_that_cannot_prove_its_key_learns_no_name() -> None:
    other = Accepting(BOB, FACTS)
    ear = Ear(False)
    other.begin(ear, 0.0)
    with pytest.raises(ProtocolError):
        other.on_frame(f.Proof(bytes(32), EVE.certificate, bytes(64), 1, 1), 0.0)
    assert [type(one) for one in ear.said] == [f.Challenge]


def test_other_versions_are_named() -> None:
    with pytest.raises(VersionDiffers) as error:
        dialling().on_frame(f.Challenge(bytes(32), 2, 3), 0.0)
    assert "2-3" in error.value.detail
    other, ear = Accepting(BOB, FACTS), Ear(False)
    other.begin(ear, 0.0)
    other.on_frame(f.Proof(bytes(32), ANNA.certificate, b"", 2, 4), 0.0)
    assert ear.said[-1] == f.Refusal(Code.VERSION, "1-1 here, 2-4 there")
    assert other.done
    assert other.guest is None


def test_a_refusal_in_unknown_words_is_a_protocol_error() -> None:
    assert refused(f.Refusal("peer-busy")).code is Code.PEER_BUSY
    assert refused(f.Refusal("no such word")).code is Code.PROTOCOL
