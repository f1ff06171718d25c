"""Nothing is written, read or shown that the person did not agree to: every frame in every state, and floods."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.transfer import TransferId
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.frames import NUMBERS
from tests.harness.attacker import Attacker, Gone, offer
from tests.harness.sessions import example
from tests.hostile.conftest import Victim

STATES = ("unproven", "greeted", "control", "data", "attached to nothing")


def reach(attacker: Attacker, state: str) -> None:
    """Bring a link into a state that needs nobody's consent."""
    if state == "unproven":
        attacker.hear_kind(f.Challenge)
    elif state == "greeted":
        attacker.prove()
        attacker.hear_kind(f.Hello)
    elif state == "control":
        attacker.greet()
    else:
        attacker.greet("data")
        if state == "attached to nothing":
            attacker.say_raw(f.Attach, secrets.token_bytes(16), "push")


@pytest.mark.parametrize("state", STATES)
def test_every_frame_in_every_state_without_consent_writes_nothing(
    victim: Victim, alive: Callable[[], None], state: str
) -> None:
    inside, outside = victim.inside(), victim.outside()
    for kind in NUMBERS:
        with Attacker(victim.port) as attacker:
            try:
                reach(attacker, state)
                attacker.say(example(kind))
                attacker.say(f.Data(memoryview(b"x" * 1000)))
                attacker.is_cut()
            except (Gone, TimeoutError):
                pass
    assert (victim.inside(), victim.outside()) == (inside, outside)
    assert not (victim.root / ".lanshare-incoming").exists()


@pytest.mark.parametrize("direction", ["push", "pull"])
def test_a_transfer_that_nobody_agreed_to_cannot_be_attached_to(
    victim: Victim, mallory: Identity, alive: Callable[[], None], direction: str
) -> None:
    transfer = secrets.token_bytes(16)
    with Attacker(victim.port, mallory) as control:
        control.greet()
        control.say_raw(f.Offer, *offer(transfer, "a.txt"), b"")
        victim.wait_for(e.OfferReceived)
        control.keep()
        with Attacker(victim.port, mallory) as data, pytest.raises(Gone):
            data.attach(transfer, direction)
        victim.say(c.AnswerOffer(TransferId(transfer.hex()), False))
        victim.wait_for(e.TransferFailed)
        with Attacker(victim.port, mallory) as data, pytest.raises(Gone):
            data.attach(transfer, direction)
    assert not (victim.root / ".lanshare-incoming").exists()


def test_a_transfer_belongs_to_its_peer_alone(victim: Victim, mallory: Identity, alive: Callable[[], None]) -> None:
    with victim.accepted(mallory) as transfer:
        with Attacker(victim.port) as other, pytest.raises(Gone):
            other.attach(transfer)
        with Attacker(victim.port) as other:
            other.greet()
            other.say_raw(f.Cancel, transfer, "cancelled")
            other.say_raw(f.Pause, transfer, True)
            other.say_raw(f.Finished, transfer, 1, 0, 1)
            other.say(f.Ping(1))
            other.hear_kind(f.Pong)
        with Attacker(victim.port, mallory) as data:
            data.attach(transfer)


def test_a_second_file_behind_the_last_one_and_bytes_beyond_the_size_cost_the_link(
    victim: Victim, mallory: Identity, alive: Callable[[], None]
) -> None:
    for beyond in ("bytes", "again", "backwards", "after the end"):
        with victim.accepted(mallory) as transfer, Attacker(victim.port, mallory) as data:
            data.attach(transfer)
            data.say_raw(f.Begin, 5, ["a", "b"], "file", 1, 1, 0, "", False)
            if beyond == "bytes":
                data.say(f.Data(memoryview(b"xx")))
            elif beyond == "again":
                data.say_raw(f.Begin, 6, ["a", "c"], "file", 1, 1, 0, "", False)
            else:
                data.say_raw(f.FileAborted, 5, "x")
                if beyond == "after the end":
                    data.say(f.AllSent(6, 0))
                data.say_raw(f.Begin, 4, ["a", "d"], "file", 1, 1, 0, "", False)
            assert data.is_cut()
    assert not [one for one in victim.received() if one.name in ("b", "c", "d")]


def test_a_flood_of_questions_shows_one_and_lets_the_person_block(
    victim: Victim, mallory: Identity, alive: Callable[[], None]
) -> None:
    with Attacker(victim.port, mallory) as control:
        control.greet()
        for number in range(1000):
            control.say_raw(f.Offer, *offer(number.to_bytes(16, "big"), "a.txt"), b"")
            if number % 100 == 99:
                control.say(f.Ping(number))
                control.hear_kind(f.Pong)
        victim.say(c.BlockPeer(mallory.id))
        assert control.is_cut()
    victim.wait_for(e.PeerChanged, lambda one: one.trust == "blocked")
    asked = [one for one in victim.seen if isinstance(one, e.OfferReceived)]
    assert len(asked) == 1
    with Attacker(victim.port, mallory) as again, pytest.raises(Gone):
        again.greet()


def test_new_keys_all_the_time_do_not_fill_the_screen(victim: Victim, alive: Callable[[], None]) -> None:
    many: list[Attacker] = []
    try:
        for number in range(12):
            many.append(attacker := Attacker(victim.port))
            attacker.greet()
            attacker.say_raw(f.Offer, *offer(number.to_bytes(16, "big"), "a.txt"), b"")
        refused = 0
        for attacker in many:
            attacker.say(f.Ping(1))
            heard = attacker.hear_kind(f.Answer, f.Pong)
            refused += isinstance(heard, f.Answer) and heard.code == "peer-busy"
        assert refused >= len(many) - limits.STRANGERS_OPEN - 1
    finally:
        for attacker in many:
            attacker.close()


@pytest.mark.parametrize("length", [0, -1, 2**31, 2**32 - 1, 2**31 - 1, 64 * 1024 + 2, 1024 * 1024 * 1024])
def test_a_length_is_refused_before_anything_is_allocated_for_it(
    victim: Victim, alive: Callable[[], None], length: int
) -> None:
    for state in ("unproven", "control", "data"):
        for number in (1, 3, 32, 51, 200, 255):
            with Attacker(victim.port) as attacker:
                reach(attacker, state)
                attacker.say_body(number, b"", length)
                bounded = 1 <= length <= 64 * 1024 and state != "unproven"
                assert bounded or attacker.is_cut()


def test_whoever_is_not_proven_hears_nothing_in_clear(victim: Victim, alive: Callable[[], None]) -> None:
    tls_like = b"\x16\x03\x01\xff\xff" + b"\xff" * 100
    for said in (b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 64, tls_like, b"SSH-2.0-x\r\n", b"{}"):
        with socket.create_connection(("127.0.0.1", victim.port), timeout=15) as sock:
            sock.sendall(said)
            heard = b""
            try:
                while data := sock.recv(4096):
                    heard += data
            except ConnectionError:
                pass
            assert b"Bob" not in heard
            assert b"lanshare" not in heard
            assert heard[:1] in (b"", b"\x15"), "a TLS alert at most"


def test_an_unknown_frame_is_passed_over_and_a_malformed_one_costs_the_link(
    victim: Victim, alive: Callable[[], None]
) -> None:
    with Attacker(victim.port) as attacker:
        attacker.greet()
        attacker.say_body(200, b"anything")
        attacker.say(f.Ping(7))
        assert attacker.hear_kind(f.Pong).number == 7
        attacker.say_body(NUMBERS[f.Offer], b"\xc1\xc1")
        assert attacker.is_cut()


