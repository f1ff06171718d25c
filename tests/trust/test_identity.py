"""Keys and ids: stable, refused when they are not what they claim."""

from __future__ import annotations

import pytest

from lanshare.domain.errors import ProtocolError
from lanshare.domain.peer import peer_id
from lanshare.trust.identity import Identity, id_of_certificate, id_of_key, key_of_certificate, same, verify


def test_an_identity_survives_being_kept() -> None:
    made = Identity.create()
    again = Identity(made.pem)
    assert (again.id, again.certificate, again.public_key) == (made.id, made.certificate, made.public_key)
    assert peer_id(made.id) == id_of_certificate(made.certificate) == id_of_key(made.public_key)


def test_a_signature_fits_its_key_and_its_bytes_alone() -> None:
    one, other = Identity.create(), Identity.create()
    signature = one.sign(b"said")
    assert verify(one.public_key, signature, b"said")
    assert not verify(other.public_key, signature, b"said")
    assert not verify(one.public_key, signature, b"sa1d")
    assert not verify(b"no key", signature, b"said")


@pytest.mark.parametrize("junk", [b"", b"\x30\x03\x02\x01\x00", b"x" * 2048])
def test_a_certificate_that_is_none_is_a_protocol_error(junk: bytes) -> None:
    with pytest.raises(ProtocolError):
        key_of_certificate(junk)


def test_the_key_file_of_another_certificate_is_refused() -> None:
    one, other = Identity.create(), Identity.create()
    mixed = one.pem.split(b"-----BEGIN CERTIFICATE")[0] + b"-----BEGIN CERTIFICATE" + other.pem.split(
        b"-----BEGIN CERTIFICATE"
    )[1]
    with pytest.raises(ValueError, match="another"):
        Identity(mixed)


def test_ids_are_compared_whole() -> None:
    assert same("abc", "abc")
    assert not same("abc", "abd")
    assert not same("abc", "ab")
