"""The greeting: both sides are proven before either says its name; versions are named when they differ."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lanshare.domain.errors import Code, IdentityDiffers, LanshareError, ProtocolError, VersionDiffers
from lanshare.domain.peer import DeviceKind, PeerId
from lanshare.exchange.handshake import Accepting, DeviceInfo, Dialling, refused
from lanshare.trust import proof, sealing
from lanshare.trust.identity import Identity
from lanshare.wire import codec, limits
from lanshare.wire import frames as f
from lanshare.wire.frames import Frame
from tests.harness.wires import Ear

ANNA, BOB, EVE = Identity.create(), Identity.create(), Identity.create()
FACTS = DeviceInfo("Anna\x1b[31m", DeviceKind.LAPTOP, "Debian", 1234, bytes(16))


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


VEIL = Identity.veil()
HIDDEN = f.Refusal(Code.HIDDEN)


def hidden(admits: Callable[[PeerId], bool] = lambda peer: True) -> Accepting:
    """Bob, who shows a throwaway certificate."""
    return Accepting(BOB, FACTS, admits, VEIL)


def asking(expect: str | None, keys: dict[PeerId, bytes], me: Identity = ANNA) -> Dialling:
    """Dials what shows a throwaway certificate."""
    return Dialling(me, FACTS, "control", VEIL.certificate, expect, (), keys)


@pytest.mark.parametrize("expect", [BOB.id, None])
def test_one_that_hides_proves_itself_to_whom_it_admits(expect: str | None) -> None:
    one, other = asking(expect, {BOB.id: BOB.public_key}), hidden()
    ours, theirs = greet(one, other)
    assert [type(frame) for frame in ours] == [f.Sealed if expect else f.Proof, f.Hello]
    assert [type(frame) for frame in theirs] == [f.Challenge, f.Proof, f.Hello]
    assert one.guest is not None
    assert other.guest is not None
    assert (one.guest.id, one.guest.key) == (BOB.id, BOB.public_key)
    assert (other.guest.id, other.guest.key) == (ANNA.id, ANNA.public_key)


def test_nobody_is_told_who_asks_but_the_one_that_is_asked_for() -> None:
    others: list[tuple[str, dict[PeerId, bytes]]] = [
        (BOB.id, {}), (BOB.id, {EVE.id: EVE.public_key}), (BOB.id[:8], {BOB.id: BOB.public_key}),
    ]
    for expect, keys in others:
        with pytest.raises(LanshareError) as error:
            asking(expect, keys)
        assert error.value.code is Code.HIDDEN
    one, ear = asking(EVE.id, {EVE.id: EVE.public_key}), Ear()
    one.begin(ear, 0.0)
    one.on_frame(f.Challenge(bytes(32), 1, 1), 0.0)
    [said] = ear.said
    assert isinstance(said, f.Sealed)
    assert ANNA.public_key[-64:] not in said.body
    assert ANNA.id.encode() not in said.body


def no_proof(challenge: f.Challenge) -> f.Sealed:
    return f.Sealed(*sealing.seal(BOB.public_key, VEIL.certificate, challenge.nonce, b"no proof"))


def another_version(challenge: f.Challenge) -> f.Sealed:
    body = codec.encode(f.Proof(bytes(32), ANNA.certificate, b"", 2, 4))[codec.HEADER.size :]
    return f.Sealed(*sealing.seal(BOB.public_key, VEIL.certificate, challenge.nonce, body))


def a_stolen_certificate(challenge: f.Challenge) -> f.Sealed:
    signature = proof.prove(EVE, VEIL.certificate, challenge.nonce, bytes(32))
    body = codec.encode(f.Proof(bytes(32), ANNA.certificate, signature, 1, 1))[codec.HEADER.size :]
    return f.Sealed(*sealing.seal(BOB.public_key, VEIL.certificate, challenge.nonce, body))


def a_certificate_that_is_none(challenge: f.Challenge) -> f.Sealed:
    body = codec.encode(f.Proof(bytes(32), b"none", b"", 1, 1))[codec.HEADER.size :]
    return f.Sealed(*sealing.seal(BOB.public_key, VEIL.certificate, challenge.nonce, body))


def honest(who: Identity, reader: Identity) -> Callable[[f.Challenge], f.Frame]:
    """What a dialler says to the one it believes to be there."""

    def say(challenge: f.Challenge) -> f.Frame:
        one, ear = asking(reader.id, {reader.id: reader.public_key}, who), Ear()
        one.begin(ear, 0.0)
        one.on_frame(challenge, 0.0)
        return ear.said[0]

    return say


SAID: dict[str, Callable[[f.Challenge], f.Frame]] = {
    "for another": honest(EVE, ANNA),
    "for him, by a stranger": honest(EVE, BOB),
    "for him, by himself": honest(BOB, BOB),
    "for him, no proof": no_proof,
    "for him, of another version": another_version,
    "for him, with a stolen certificate": a_stolen_certificate,
    "for him, with a certificate that is none": a_certificate_that_is_none,
    "garbage": lambda challenge: f.Sealed(bytes(65), bytes(limits.SEALED)),
}


@pytest.mark.parametrize("name", SAID)
def test_a_stranger_sees_no_difference_whatever_it_knows_and_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One and the same answer, after one and the same work."""
    checks: list[bytes] = []
    check = proof.check

    def counted(*arguments: bytes) -> bytes:
        checks.append(arguments[1])
        return check(*arguments)

    monkeypatch.setattr(proof, "check", counted)
    other, ear = hidden(lambda peer: peer == ANNA.id), Ear(False)
    other.begin(ear, 0.0)
    challenge = ear.said[0]
    assert isinstance(challenge, f.Challenge)
    other.on_frame(SAID[name](challenge), 5.0)
    assert ear.said[1:] == [], "the work that it was is not seen"
    due = other.on_time(5.0)
    assert due is not None
    assert 5.05 < due < 6.0
    assert (other.on_time(due), other.on_time(due + 1.0)) == (None, None)
    assert ear.said[1:] == [HIDDEN]
    assert (other.done, other.guest, len(checks)) == (True, None, 1)


def test_what_hides_and_proves_to_be_another_one_is_not_the_one() -> None:
    one, ear = asking(EVE.id, {EVE.id: BOB.public_key}), Ear()
    with pytest.raises(IdentityDiffers):
        greet_with(one, ear)
    name = f.Hello(1, "B", "laptop", "", 1, bytes(16), "control")
    for bad in (f.Proof(bytes(32), BOB.certificate, bytes(70), 1, 1), name):
        one = asking(None, {})
        one.begin(Ear(), 0.0)
        one.on_frame(f.Challenge(bytes(32), 1, 1), 0.0)
        with pytest.raises(ProtocolError):
            one.on_frame(bad, 0.0)


def greet_with(one: Dialling, ear: Ear) -> None:
    """Greet the hidden Bob."""
    other, theirs = hidden(), Ear(False)
    one.begin(ear, 0.0)
    other.begin(theirs, 0.0)
    one.on_frame(theirs.said[0], 0.0)
    other.on_frame(ear.said[0], 0.0)
    other.on_time(1.0)
    for frame in theirs.said[1:]:
        one.on_frame(frame, 0.0)


def test_one_that_does_not_hide_proves_nothing_twice() -> None:
    one = dialling(BOB.id)
    one.begin(Ear(), 0.0)
    with pytest.raises(ProtocolError):
        one.on_frame(f.Proof(bytes(32), BOB.certificate, bytes(70), 1, 1), 0.0)


@pytest.mark.parametrize(("blocked", "me", "code"), [
    ({BOB.id}, ANNA, Code.BLOCKED), (set(), BOB, Code.HIDDEN),
])
def test_a_blocked_one_and_ourselves_are_found_out_behind_the_veil(
    blocked: set[str], me: Identity, code: Code
) -> None:
    one = Dialling(me, FACTS, "control", VEIL.certificate, None, blocked)
    with pytest.raises(LanshareError) as error:
        greet_with(one, Ear())
    assert error.value.code is code


@pytest.mark.parametrize("hides_at", [0, 1])
def test_a_dial_that_began_before_we_hid_tells_nothing_more(hides_at: int) -> None:
    """Before the proof, and before the name."""
    open_ = True
    one = Dialling(ANNA, FACTS, "control", BOB.certificate, BOB.id, may_tell=lambda peer: open_ and peer == BOB.id)
    ours, theirs = Ear(), Ear(False)
    other = Accepting(BOB, FACTS)
    one.begin(ours, 0.0)
    other.begin(theirs, 0.0)
    if hides_at:
        one.on_frame(theirs.said[0], 0.0)
        other.on_frame(ours.said[0], 0.0)
    open_ = False
    with pytest.raises(LanshareError) as error:
        one.on_frame(theirs.said[hides_at], 0.0)
    assert error.value.code == Code.HIDDEN
    assert len(ours.said) == hides_at
