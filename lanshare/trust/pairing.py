"""Six digits that two people compare: commit, answer, reveal. No I/O.

The initiator commits to its nonce before it sees the other's, so neither side can search for a nonce that makes two
different pairs of keys show the same digits: one blind try in a million for each run (ZRTP, RFC 6189 4.4.1.1;
PROTOCOL.md, Pairing, has test vectors).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from lanshare.domain.canonical import joined
from lanshare.domain.peer import PeerId

DOMAIN: Final = b"lanshare/1 pairing"
NONCE: Final = 32
"""Bytes of a nonce."""


def commitment(nonce: bytes, initiator: PeerId, responder: PeerId) -> bytes:
    """What the initiator says first: 32 bytes that fix its nonce without telling it."""
    return hashlib.sha256(joined(DOMAIN, b"commit", nonce, initiator.encode(), responder.encode())).digest()


def fits(committed: bytes, nonce: bytes, initiator: PeerId, responder: PeerId) -> bool:
    """Whether a revealed nonce is the one that was committed to."""
    return hmac.compare_digest(committed, commitment(nonce, initiator, responder))


def digits(initiator: PeerId, responder: PeerId, initiator_nonce: bytes, responder_nonce: bytes) -> str:
    """The six digits that both sides show: "000000" to "999999"."""
    hashed = hashlib.sha256(
        joined(DOMAIN, b"digits", initiator.encode(), responder.encode(), initiator_nonce, responder_nonce)
    ).digest()
    return f"{int.from_bytes(hashed[:8], 'big') % 1_000_000:06}"
