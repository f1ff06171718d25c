"""Lines that carry their own check: a CRC-32 in front of a JSON text, so that a torn or altered one is noticed."""

from __future__ import annotations

import zlib


def framed(body: bytes) -> bytes:
    """`body` as a checked line."""
    return b"%08x %s\n" % (zlib.crc32(body), body)


def unframed(line: bytes) -> bytes | None:
    """What a checked line holds; None if it is torn or altered."""
    check, _, body = line.rstrip(b"\n").partition(b" ")
    return body if line.endswith(b"\n") and check == b"%08x" % zlib.crc32(body) else None
