"""Content ids: what a file's bytes are called. A file is chunks of 4 MiB, each with its blake3.

id = blake3(domain ‖ size as 8 bytes, big-endian ‖ the chunks' digests). Holes count as the zeros they read as.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from blake3 import blake3

from lanshare.domain.transfer import CHUNK

DOMAIN: Final = b"lanshare/1 content"
_ZEROS: Final = bytes(256 * 1024)
_PIECE: Final = 8192

Buffer = bytes | bytearray | memoryview


@lru_cache(maxsize=1)
def zero_chunk() -> bytes:
    """The digest of a chunk of zeros."""
    return blake3(bytes(CHUNK)).digest()


def prefix_digest(digests: Iterable[bytes]) -> bytes:
    """One digest for the first chunks of a file: how a receiver says what it kept."""
    return _hashed(b"", digests)


def content_id(size: int, digests: Iterable[bytes]) -> bytes:
    """The content id of a file of `size` bytes with these chunk digests."""
    return _hashed(DOMAIN + size.to_bytes(8, "big"), digests)


def _hashed(head: bytes, digests: Iterable[bytes]) -> bytes:
    """The blake3 of a head and digests, a piece at a time: a file of 16 TiB has 128 MiB of them."""
    found = blake3(head)
    waiting = iter(digests)
    while piece := b"".join(itertools.islice(waiting, _PIECE)):
        found.update(piece)
    return found.digest()


def chunk_digest(data: Buffer) -> bytes:
    """The digest of a chunk, or of a file's end."""
    return blake3(data).digest()


def small_id(data: Buffer) -> bytes:
    """The content id of a file that is one chunk at most."""
    digest = blake3(data).digest() if len(data) else b""
    return blake3(DOMAIN + len(data).to_bytes(8, "big") + digest).digest()


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
                self._close(zero_chunk())
                continue
            piece = min(count, self.to_boundary, len(_ZEROS))
            self.update(memoryview(_ZEROS)[:piece])
            count -= piece

    def digest_of(self, chunk: int) -> bytes:
        """The digest of a finished chunk, or of the one at hand as if it ended here."""
        return self.digests[chunk] if chunk < len(self.digests) else self._hash.digest()

    def id(self) -> bytes:
        """The content id of all that was counted; nothing may be counted in afterwards."""
        if self._filled:
            self._close(self._hash.digest())
        return content_id(self.size, self.digests)

    def _close(self, digest: bytes) -> None:
        self.digests.append(digest)
        self._hash = blake3()
        self._filled = 0
