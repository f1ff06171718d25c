"""The canonical bytes of a message record, and the conversation it belongs to.

What is signed is what is hashed: any relay can check a record by its author's key alone (PROTOCOL.md, Records).
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final

from lanshare.domain.canonical import joined
from lanshare.wire.frames import Text

DOMAIN: Final = b"lanshare/1 message"
PAIR: Final = b"lanshare/1 pair"
GROUP: Final = b"lanshare/1 group"


def pair_conversation(one: str, other: str) -> bytes:
    """The conversation of two devices, from their ids in either order: 32 bytes."""
    first, second = sorted((one, other))
    return hashlib.sha256(joined(PAIR, first.encode("ascii"), second.encode("ascii"))).digest()


def group_conversation(founder_key: bytes, founding: bytes) -> bytes:
    """The conversation of a group, from its founder's key and the id of the record that founds it: 32 bytes.

    Nobody else can found it, and the founder no second one of this name.
    """
    return hashlib.sha256(joined(GROUP, founder_key, founding)).digest()


def canonical(record: Text) -> bytes:
    """The bytes that an author signs: all fields but the signature, in order, behind the domain."""
    return joined(
        DOMAIN,
        record.author,
        record.conversation,
        record.id,
        struct.pack(">Q", record.sequence),
        b"".join(record.parents),
        struct.pack(">Q", record.lamport),
        struct.pack(">q", record.sent_at_ms),
        record.body.encode("utf-8"),
        record.kind.encode("utf-8"),
        record.about,
    )


def record_digest(record: Text) -> bytes:
    """How later records name this one as a parent: 32 bytes."""
    return hashlib.sha256(canonical(record)).digest()
