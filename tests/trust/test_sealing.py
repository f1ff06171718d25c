"""What is sealed can be read by one device, on one channel, and tells nobody else anything."""

from __future__ import annotations

import os

import pytest

from lanshare.trust.identity import Identity
from lanshare.trust.sealing import seal, unseal

READER, VEIL, NONCE = Identity.create(), Identity.veil(), bytes(range(32))


@pytest.mark.parametrize("text", [b"", b"proof", os.urandom(2398)])
def test_the_reader_reads_it_and_its_length_is_always_the_same(text: bytes) -> None:
    point, sealed = seal(READER.public_key, VEIL.certificate, NONCE, text)
    assert (len(point), len(sealed)) == (65, 2416)
    assert unseal(READER, VEIL.certificate, NONCE, point, sealed) == text


def test_nobody_else_and_on_no_other_channel() -> None:
    point, sealed = seal(READER.public_key, VEIL.certificate, NONCE, b"proof")
    assert unseal(Identity.create(), VEIL.certificate, NONCE, point, sealed) is None
    assert unseal(READER, Identity.veil().certificate, NONCE, point, sealed) is None
    assert unseal(READER, VEIL.certificate, bytes(32), point, sealed) is None
    other, _ = seal(READER.public_key, VEIL.certificate, NONCE, b"proof")
    assert unseal(READER, VEIL.certificate, NONCE, other, sealed) is None


@pytest.mark.parametrize("at", [0, 1, 64])
def test_a_point_that_is_none_is_not_for_us(at: int) -> None:
    point, sealed = seal(READER.public_key, VEIL.certificate, NONCE, b"proof")
    broken = bytearray(point)
    broken[at] ^= 0xFF
    assert unseal(READER, VEIL.certificate, NONCE, bytes(broken), sealed) is None
    assert unseal(READER, VEIL.certificate, NONCE, bytes(65), sealed) is None


def test_no_byte_may_change() -> None:
    point, sealed = seal(READER.public_key, VEIL.certificate, NONCE, b"proof")
    for at in (0, 1, 2, 1000, 2399, 2400, 2415):
        broken = bytearray(sealed)
        broken[at] ^= 1
        assert unseal(READER, VEIL.certificate, NONCE, point, bytes(broken)) is None


def test_two_of_one_text_have_nothing_in_common() -> None:
    one, other = (seal(READER.public_key, VEIL.certificate, NONCE, b"proof") for _ in range(2))
    assert one[0] != other[0]
    same = sum(a == b for a, b in zip(one[1], other[1], strict=True))
    assert same < 100, "of 2,416 about 9 by chance"


@pytest.mark.parametrize("key", [b"", b"no key", VEIL.certificate])
def test_for_what_is_no_key_nothing_is_sealed(key: bytes) -> None:
    with pytest.raises(ValueError):
        seal(key, VEIL.certificate, NONCE, b"proof")
    with pytest.raises(ValueError, match="too long"):
        seal(READER.public_key, VEIL.certificate, NONCE, bytes(2399))
