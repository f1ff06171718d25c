"""How several byte strings become the one that is hashed or signed."""

from __future__ import annotations

import struct


def joined(*parts: bytes) -> bytes:
    """The parts one after the other, each behind its length as 4 bytes, big-endian: no two lists join alike."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)
