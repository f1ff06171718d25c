"""A proof that only one device can read: so that whoever took its place does not learn who asks for it.

ECIES as in PROTOCOL.md, "Hidden devices": ECDH of a key made for this once with the reader's own, HKDF-SHA256,
AES-256-GCM. The key is used once, so the nonce is zero. All sealed texts have one length.
"""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lanshare.domain.canonical import joined
from lanshare.trust.identity import Identity

_DOMAIN: Final = b"lanshare/1 sealed proof"
_ROOM: Final = 2400
"""Bytes of what is sealed, its length (2 bytes) before it and zeros behind it. A tag of 16 bytes follows it."""

_ONCE: Final = bytes(12)


def key_of(secret: bytes, point: bytes, reader: bytes, veil: bytes, nonce: bytes) -> bytes:
    """The key (32 bytes) of one sealed text. `secret`: what `point` and the `reader`'s key (SubjectPublicKeyInfo, DER)
    have in common; `veil`: the certificate (DER) of the channel; `nonce`: that of its Challenge."""
    bound = joined(_DOMAIN, point, hashlib.sha256(reader).digest(), hashlib.sha256(veil).digest(), nonce)
    return HKDF(hashes.SHA256(), 32, salt=None, info=bound).derive(secret)


def seal(reader: bytes, veil: bytes, nonce: bytes, text: bytes) -> tuple[bytes, bytes]:
    """For the device with this public key (SubjectPublicKeyInfo, DER): a point, and `text` sealed. ValueError if the
    key is none, or the text is too long."""
    key = serialization.load_der_public_key(reader)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a P-256 key")
    if len(text) > _ROOM - 2:
        raise ValueError("too long to be sealed")
    once = ec.generate_private_key(ec.SECP256R1())
    point = once.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    secret = once.exchange(ec.ECDH(), key)
    padded = (len(text).to_bytes(2) + text).ljust(_ROOM, b"\0")
    return point, AESGCM(key_of(secret, point, reader, veil, nonce)).encrypt(_ONCE, padded, None)


def unseal(identity: Identity, veil: bytes, nonce: bytes, point: bytes, sealed: bytes) -> bytes | None:
    """What was sealed for us, for this channel; None if it is not for us. Takes as long either way."""
    try:
        secret = identity.agree(point)
        key = key_of(secret, point, identity.public_key, veil, nonce)
        padded = AESGCM(key).decrypt(_ONCE, sealed, None)
    except (ValueError, InvalidTag):
        return None
    length = int.from_bytes(padded[:2])
    return padded[2 : 2 + length] if length <= _ROOM - 2 else None
