"""Whoever pretends to be somebody else is found out before a word is said: swaps, relays, replays, downgrades."""

from __future__ import annotations

import secrets
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId
from lanshare.exchange import message_records
from lanshare.store import database
from lanshare.trust import pairing, proof
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from tests.harness.attacker import Attacker, Gone
from tests.harness.shells import Shell, met
from tests.hostile.conftest import Victim
from tests.hostile.impostor import CANARY, Impostor


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[Shell]:
    """Somebody honest."""
    one = Shell(tmp_path / "anna", "Anna")
    yield one
    one.host.close()


def test_another_key_in_bobs_place_gets_not_one_byte_and_raises_the_alarm(
    victim: Victim, anna: Shell, tmp_path: Path
) -> None:
    bob = met(anna, victim)
    anna.say(c.SendText(MessageId(secrets.token_hex(16)), bob.id, "hello"))
    anna.wait_for(e.MessageDelivered)
    victim.host.close()
    anna.wait_for(e.PeerVanished)
    impostor = Impostor(victim.port, Identity.create().pem, tmp_path)
    try:
        anna.say(c.SendText(MessageId(secrets.token_hex(16)), bob.id, CANARY))
        alarm = anna.wait_for(e.IdentityChanged)
        assert (alarm.known, alarm.name) == (bob.id, "Bob")
        assert impostor.came.is_set()
        assert impostor.told == b"", "not even our own certificate"
    finally:
        impostor.close()


def test_a_stolen_certificate_without_its_key_does_not_even_shake_hands(
    victim: Victim, anna: Shell, tmp_path: Path
) -> None:
    bob = met(anna, victim)
    with Attacker(victim.port) as attacker:
        certificate = attacker.sock.getpeercert(True)
    assert certificate is not None
    key = Identity.create().pem
    stolen = key[: key.index(b"-----BEGIN CERTIFICATE")] + ssl.DER_cert_to_PEM_cert(certificate).encode()
    with pytest.raises(ssl.SSLError):
        Impostor(0, stolen, tmp_path)
    assert bob.name == "Bob"


def test_a_relayed_proof_does_not_fit_the_other_channel(victim: Victim, alive: Callable[[], None]) -> None:
    """Mallory lets an honest device dial her, and says its proof to Bob as her own."""
    honest, mallory = Identity.create(), Identity.create()
    with Attacker(victim.port) as to_bob:
        challenge = to_bob.hear_kind(f.Challenge)
        nonce = secrets.token_bytes(32)
        # The honest one signs for the certificate that it sees, which is Mallory's, and for Bob's nonce.
        signature = proof.prove(honest, mallory.certificate, challenge.nonce, nonce)
        to_bob.say(f.Proof(nonce, honest.certificate, signature, 1, 1))
        with pytest.raises(Gone):
            to_bob.hear_kind(f.Hello)


@pytest.mark.parametrize("what", ["replay", "other certificate", "empty", "flipped", "long"])
def test_a_proof_that_is_not_ones_own_is_refused(victim: Victim, alive: Callable[[], None], what: str) -> None:
    honest = Identity.create()
    with Attacker(victim.port) as first:
        old = first.hear_kind(f.Challenge)
        certificate = first.sock.getpeercert(True)
        assert certificate is not None
        nonce = secrets.token_bytes(32)
        replayed = proof.prove(honest, certificate, old.nonce, nonce)
    with Attacker(victim.port) as second:
        challenge = second.hear_kind(f.Challenge)
        signature = proof.prove(honest, certificate, challenge.nonce, nonce)
        said = {
            "replay": (honest.certificate, replayed),
            "other certificate": (Identity.create().certificate, signature),
            "empty": (honest.certificate, b""),
            "flipped": (honest.certificate, bytes([signature[0] ^ 1]) + signature[1:]),
            "long": (honest.certificate + bytes(2048), signature),
        }[what]
        second.say_raw(f.Proof, nonce, said[0], said[1], 1, 1)
        with pytest.raises(Gone):
            second.hear_kind(f.Hello)


def test_our_own_key_reflected_at_us_is_refused(victim: Victim, alive: Callable[[], None]) -> None:
    own = Identity((victim.profile / "device.pem").read_bytes())
    with Attacker(victim.port, own) as mirror:
        mirror.prove()
        assert mirror.hear_kind(f.Refusal, f.Hello).__class__ is f.Refusal


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2])
def test_an_older_tls_is_no_way_in(victim: Victim, alive: Callable[[], None], version: ssl.TLSVersion) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = version
    context.set_alpn_protocols(["lanshare/1"])
    with socket.create_connection(("127.0.0.1", victim.port), timeout=10) as plain, pytest.raises(OSError):
        context.wrap_socket(plain)


def test_a_name_is_nobody(victim: Victim, anna: Shell, alive: Callable[[], None]) -> None:
    """A stranger with a friend's name and padding stays a stranger, and shares nothing of the friend's."""
    met(anna, victim)
    anna.say(c.SendText(MessageId(secrets.token_hex(16)), victim.wait_id(), "hello"))
    victim.wait_for(e.MessageReceived)
    for name in ("Anna", " Anna ", "Anna\u200b", "Anna\u202e", "\tAnna\n"):
        with Attacker(victim.port) as attacker:
            attacker.greet(name=name)
            seen = victim.wait_for(e.PeerAppeared, lambda one, who=attacker.identity.id: one.id == who)  # type: ignore[misc]
            assert (seen.name, seen.trust) == ("Anna", "stranger")


def test_digits_in_the_wrong_order_verify_nobody(victim: Victim, alive: Callable[[], None]) -> None:
    orders: list[list[f.Frame]] = [
        [f.PairAnswer(bytes(32))], [f.PairReveal(bytes(32))], [f.PairVerdict(True)],
        [f.PairBegin(bytes(32)), f.PairVerdict(True)],
        [f.PairBegin(bytes(32)), f.PairReveal(bytes(32)), f.PairVerdict(True)],
        [f.PairBegin(bytes(32)), f.PairBegin(bytes(32))],
    ]
    for order in orders:
        with Attacker(victim.port) as attacker:
            attacker.greet()
            for frame in order:
                attacker.say(frame)
            attacker.say(f.Ping(1))
            attacker.hear_kind(f.Pong)
    victim.say(c.LoadHistory(1, None))
    victim.wait_for(e.HistoryLoaded)
    assert not [one for one in victim.seen if isinstance(one, e.PeerVerified | e.PairingCodeReady)]


def test_a_forged_message_of_somebody_else_is_not_kept(victim: Victim, anna: Shell, alive: Callable[[], None]) -> None:
    """A record names its author by key and is signed: another's cannot be made, changed or passed on as one's own."""
    met(anna, victim)
    message = MessageId(secrets.token_hex(16))
    anna.say(c.SendText(message, victim.wait_id(), "mine"))
    victim.wait_for(e.MessageReceived)
    link = database.connect(victim.profile / "lanshare.sqlite", read_only=True)
    (record,) = link.execute("SELECT record FROM messages").fetchone()
    link.close()
    frame = message_records.frame_of(record)
    forged = f.Text(frame.author, frame.conversation, bytes(16), 2, (), 2, 2, "forged", frame.signature)
    with Attacker(victim.port) as attacker:
        attacker.greet()
        attacker.say(forged)
        assert attacker.is_cut()
    with Attacker(victim.port) as attacker:
        attacker.greet()
        attacker.say(frame)
        attacker.say(f.Ping(1))
        attacker.hear_kind(f.Pong)
        assert not [one for one in attacker.drain() if isinstance(one, f.Stored)], "it is none of hers"
    assert len([one for one in victim.seen if isinstance(one, e.MessageReceived)]) == 1


def test_one_between_two_who_compare_digits_cannot_make_them_the_same(victim: Victim, anna: Shell) -> None:
    """She talks to both, and each believes to talk to the other."""
    met(anna, victim)
    codes: list[str] = []
    with Attacker(victim.port) as to_bob, Attacker(anna.port) as to_anna:
        to_bob.greet(name="Anna")
        to_anna.greet(name="Bob")
        anna.wait_for(e.PeerAppeared, lambda one: one.id == to_anna.identity.id)
        # Anna compares first: she has committed to her nonce, and Mallory passes that very commitment on.
        anna.say(c.RequestPairing(PeerId(to_anna.identity.id)))
        begin = to_anna.hear_kind(f.PairBegin)
        to_bob.say(begin)
        answer = to_bob.hear_kind(f.PairAnswer)
        to_anna.say(answer)
        to_bob.say(to_anna.hear_kind(f.PairReveal))
        to_bob.say(f.Ping(1))
        to_bob.hear_kind(f.Pong)
        codes.append(anna.wait_for(e.PairingCodeReady).code)
        # What Anna committed to was bound to both names: from Mallory's mouth it does not fit.
        assert victim.wait_for(e.PairingEnded).code == "pair-broken"
        # So she commits to a nonce of her own with Bob: the digits are whatever they are.
        nonce = secrets.token_bytes(32)
        to_bob.say(f.PairBegin(pairing.commitment(nonce, to_bob.identity.id, victim.wait_id())))
        to_bob.hear_kind(f.PairAnswer)
        to_bob.say(f.PairReveal(nonce))
        codes.append(victim.wait_for(e.PairingCodeReady).code)
        assert codes[0] != codes[1], "one in a million, or broken"
        anna.say(c.AnswerPairing(PeerId(to_anna.identity.id), False))
        to_anna.say(f.PairVerdict(True))
        to_bob.say(f.PairVerdict(True))
        victim.say(c.AnswerPairing(PeerId(to_bob.identity.id), False))
        assert anna.wait_for(e.PairingEnded).code == "pair-differs"
        assert victim.wait_for(e.PairingEnded).code == "pair-differs"
    assert not [one for one in (*anna.seen, *victim.seen) if isinstance(one, e.PeerVerified)]
