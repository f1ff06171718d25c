"""One disk read for many receivers: what one sending read of a file, others that send the same file now may take.

A file that only one sending has open costs nothing extra. The ring is bounded: whoever lags behind reads for itself.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

BLOCKS: Final = 32
"""Blocks of up to 256 KiB that are held for each file that goes to several peers: 8 MiB."""


class ReadCache:
    """The last blocks read of one file."""

    def __init__(self) -> None:
        self.users = 0
        self._lock = threading.Lock()
        self._blocks: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def take(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` with what was read at `offset`, if just that much of it was; the count, else 0."""
        with self._lock:
            block = self._blocks.get((offset, len(buffer)))
        if block is None:
            return 0
        buffer[: len(block)] = block
        return len(block)

    def put(self, offset: int, wanted: int, data: memoryview) -> None:
        """Keep what was read at `offset` when so much was wanted; nobody else is there: nothing is kept."""
        if self.users < 2:
            return
        with self._lock:
            self._blocks[(offset, wanted)] = bytes(data)
            while len(self._blocks) > BLOCKS:
                self._blocks.popitem(last=False)


_rings: dict[tuple[int, ...], ReadCache] = {}
_guard: Final = threading.Lock()


def join(stamp: list[int]) -> ReadCache:
    """The ring of the file with this stamp, for as long as it is open."""
    with _guard:
        ring = _rings.setdefault(tuple(stamp), ReadCache())
        ring.users += 1
        return ring


def leave(stamp: list[int], ring: ReadCache) -> None:
    """This sending has closed the file."""
    with _guard:
        ring.users -= 1
        if ring.users <= 0:
            _rings.pop(tuple(stamp), None)
