"""The dialler's proof of identity inside an open TLS channel. The acceptor is proven by TLS itself; one that hides
shows a throwaway certificate there, and proves itself here, after the dialler.

The signature covers both certificates and both nonces, so that it fits this channel and no other: an attacker who
ends TLS on both sides and relays the messages has another server certificate (PROTOCOL.md, Proof).
"""

from __future__ import annotations

import hashlib
from typing import Final

from lanshare.domain.canonical import joined
from lanshare.domain.errors import ProtocolError
from lanshare.trust.identity import Identity, key_of_certificate, verify

DOMAIN: Final = b"lanshare/1 peer-auth"


def transcript(server: bytes, client: bytes, server_nonce: bytes, client_nonce: bytes, hidden: bytes = b"") -> bytes:
    """What the dialler signs, or, with its own certificate as `hidden`, an acceptor that hides; certificates in DER.
    32 bytes."""
    return hashlib.sha256(
        joined(
            DOMAIN,
            *((b"server", hashlib.sha256(hidden).digest()) if hidden else (b"client",)),
            hashlib.sha256(server).digest(),
            hashlib.sha256(client).digest(),
            server_nonce,
            client_nonce,
        )
    ).digest()


def prove(identity: Identity, server: bytes, server_nonce: bytes, client_nonce: bytes) -> bytes:
    """We are the dialler: our signature for this channel."""
    return identity.sign(transcript(server, identity.certificate, server_nonce, client_nonce))


def check(server: bytes, client: bytes, server_nonce: bytes, client_nonce: bytes, signature: bytes) -> bytes:
    """We are the acceptor: the dialler's public key. ProtocolError if it does not hold it."""
    key = key_of_certificate(client)
    if not verify(key, signature, transcript(server, client, server_nonce, client_nonce)):
        raise ProtocolError("a proof that does not fit this channel")
    return key


def reveal(identity: Identity, veil: bytes, client: bytes, server_nonce: bytes, client_nonce: bytes) -> bytes:
    """We are an acceptor that hides: our signature, for the dialler with this certificate."""
    return identity.sign(transcript(veil, client, server_nonce, client_nonce, identity.certificate))


def check_revealed(
    veil: bytes, client: bytes, server_nonce: bytes, client_nonce: bytes, certificate: bytes, signature: bytes
) -> bytes:
    """We are the dialler: the public key of an acceptor that hid. ProtocolError if it does not hold it."""
    key = key_of_certificate(certificate)
    if not verify(key, signature, transcript(veil, client, server_nonce, client_nonce, certificate)):
        raise ProtocolError("a proof that does not fit this channel")
    return key
