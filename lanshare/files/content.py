"""Content ids: what a file's bytes are called. A file is chunks of 4 MiB, each with its blake3.

id = blake3(domain ‖ size as 8 bytes, big-endian ‖ the chunks' digests). Holes count as the zeros they read as.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from blake3 import blake3

from lanshare.domain.transfer import CHUNK

DOMAIN: Final = b"lanshare/1 content"
_ZEROS: Final = bytes(256 * 1024)

Buffer = bytes | bytearray | memoryview


@lru_cache(maxsize=1)
def _zero_chunk() -> bytes:
    return blake3(bytes(CHUNK)).digest()


def prefix_digest(digests: Iterable[bytes]) -> bytes:
    """One digest for the first chunks of a file: how a receiver says what it kept."""
    return blake3(b"".join(digests)).digest()


def content_id(size: int, digests: Iterable[bytes]) -> bytes:
    """The content id of a file of `size` bytes with these chunk digests."""
    return blake3(b"".join((DOMAIN, size.to_bytes(8, "big"), *digests))).digest()


def small_id(data: Buffer) -> bytes:
    """The content id of a file that is one chunk at most."""
    return content_id(len(data), (blake3(data).digest(),) if len(data) else ())


class Content:
    """A running content id. `digests` holds the finished chunks' digests."""

    def __init__(self, digests: Iterable[bytes] = ()) -> None:
        self.digests = list(digests)
        self.size = len(self.digests) * CHUNK
        self._hash = blake3()
        self._filled = 0

    @property
    def to_boundary(self) -> int:
        """Bytes until the chunk at hand is full."""
        return CHUNK - self._filled

    def update(self, data: Buffer) -> None:
        """Count `data` in; at most `to_boundary` bytes of it."""
        self._hash.update(data)
        self._filled += len(data)
        self.size += len(data)
        if self._filled == CHUNK:
            self._close(self._hash.digest())

    def zeros(self, count: int) -> None:
        """Count `count` zero bytes in, of any number: whole chunks of them cost nothing."""
        while count:
            if self._filled == 0 and count >= CHUNK:
                self.size += CHUNK
                count -= CHUNK
                self._close(_zero_chunk())
                continue
            piece = min(count, self.to_boundary, len(_ZEROS))
            self.update(memoryview(_ZEROS)[:piece])
            count -= piece

    def id(self) -> bytes:
        """The content id of all that was counted; nothing may be counted in afterwards."""
        if self._filled:
            self._close(self._hash.digest())
        return content_id(self.size, self.digests)

    def _close(self, digest: bytes) -> None:
        self.digests.append(digest)
        self._hash = blake3()
        self._filled = 0
