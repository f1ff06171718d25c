"""The proof fits one channel, one pair of nonces, one key; PROTOCOL.md's vector pins its bytes."""

from __future__ import annotations

import hashlib

import pytest

from lanshare.domain.errors import ProtocolError
from lanshare.trust.identity import Identity
from lanshare.trust.proof import check, check_revealed, prove, reveal, transcript

SERVER, NS, NC = Identity.create(), bytes(range(32)), bytes(range(32, 64))


def test_the_holder_of_the_key_is_proven() -> None:
    client = Identity.create()
    signature = prove(client, SERVER.certificate, NS, NC)
    assert check(SERVER.certificate, client.certificate, NS, NC, signature) == client.public_key


def test_a_replay_a_relay_and_a_stolen_certificate_are_refused() -> None:
    client, mallory = Identity.create(), Identity.create()
    signature = prove(client, SERVER.certificate, NS, NC)
    for server, certificate, ns, nc, given in (
        (SERVER.certificate, client.certificate, NC, NC, signature),
        (SERVER.certificate, client.certificate, NS, NS, signature),
        (mallory.certificate, client.certificate, NS, NC, signature),
        (SERVER.certificate, client.certificate, NS, NC, prove(mallory, SERVER.certificate, NS, NC)),
        (SERVER.certificate, client.certificate, NS, NC, b""),
    ):
        with pytest.raises(ProtocolError):
            check(server, certificate, ns, nc, given)


def test_no_single_bit_may_flip() -> None:
    client = Identity.create()
    signature = bytearray(prove(client, SERVER.certificate, NS, NC))
    for bit in range(0, len(signature) * 8, 5):
        signature[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(ProtocolError):
            check(SERVER.certificate, client.certificate, NS, NC, bytes(signature))
        signature[bit // 8] ^= 1 << (bit % 8)


def test_the_transcript_of_the_protocol_paper() -> None:
    parts = [b"lanshare/1 peer-auth", b"client", hashlib.sha256(b"S").digest(), hashlib.sha256(b"C").digest(), NS, NC]
    by_hand = hashlib.sha256(b"".join(len(one).to_bytes(4, "big") + one for one in parts)).digest()
    assert transcript(b"S", b"C", NS, NC) == by_hand


def test_one_that_hid_is_proven_to_this_dialler_on_this_channel_and_to_no_other() -> None:
    hidden, client, veil, mallory = (Identity.create() for _ in range(4))
    signature = reveal(hidden, veil.certificate, client.certificate, NS, NC)
    good = [veil.certificate, client.certificate, NS, NC, hidden.certificate, signature]
    altered = signature[:-1] + bytes([signature[-1] ^ 1])
    others = [mallory.certificate, mallory.certificate, NC, NS, mallory.certificate, altered]

    def checked(of: list[bytes]) -> bytes:
        one, other, ns, nc, certificate, given = of
        return check_revealed(one, other, ns, nc, certificate, given)

    assert checked(good) == hidden.public_key
    for at, other in enumerate(others):
        with pytest.raises(ProtocolError):
            checked([*good[:at], other, *good[at + 1 :]])
    with pytest.raises(ProtocolError):
        checked([*good[:-1], prove(hidden, veil.certificate, NS, NC)])
