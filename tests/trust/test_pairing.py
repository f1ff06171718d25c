"""Six digits: the same on both sides, bound to both keys and both nonces; no search finds a way around them."""

from __future__ import annotations

import hashlib
import random
import struct

from lanshare.trust.identity import Identity
from lanshare.trust.pairing import commitment, digits, fits

ANNA, BOB, MALLORY = Identity.create().id, Identity.create().id, Identity.create().id
ONE, TWO = bytes(range(32)), bytes(range(32, 64))


def test_a_commitment_fits_its_nonce_its_persons_and_their_roles_alone() -> None:
    committed = commitment(ONE, ANNA, BOB)
    assert fits(committed, ONE, ANNA, BOB)
    for nonce, initiator, responder in ((TWO, ANNA, BOB), (ONE, BOB, ANNA), (ONE, ANNA, MALLORY), (ONE, MALLORY, BOB)):
        assert not fits(committed, nonce, initiator, responder)


def test_the_digits_depend_on_every_part_and_are_six() -> None:
    shown = {
        digits(ANNA, BOB, ONE, TWO), digits(BOB, ANNA, ONE, TWO), digits(ANNA, MALLORY, ONE, TWO),
        digits(ANNA, BOB, TWO, ONE), digits(ANNA, BOB, ONE, ONE),
    }
    assert len(shown) == 5
    assert all(len(one) == 6 and one.isdigit() for one in shown)


def test_one_between_two_devices_can_only_guess() -> None:
    """Mallory answers each side with her own key; both nonces she meets are fixed before she knows them."""
    chance = random.Random(4)
    hits = 0
    for _ in range(50_000):
        na, nb, nm, nn = (chance.randbytes(32) for _ in range(4))
        hits += digits(ANNA, MALLORY, na, nm) == digits(MALLORY, BOB, nn, nb)
    assert hits <= 2, "0.05 hits are to be expected"


def test_the_vector_of_the_protocol_paper() -> None:
    initiator, responder = "a" * 52, "b" * 52

    def joined(*parts: bytes) -> bytes:
        return b"".join(struct.pack(">I", len(part)) + part for part in parts)

    head = (b"lanshare/1 pairing", b"commit", ONE, initiator.encode(), responder.encode())
    assert commitment(ONE, initiator, responder) == hashlib.sha256(joined(*head)).digest()  # type: ignore[arg-type]
    tail = (b"lanshare/1 pairing", b"digits", initiator.encode(), responder.encode(), ONE, TWO)
    number = int.from_bytes(hashlib.sha256(joined(*tail)).digest()[:8], "big") % 1_000_000
    assert digits(initiator, responder, ONE, TWO) == f"{number:06}"  # type: ignore[arg-type]
