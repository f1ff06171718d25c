"""We are the sink, and some of what comes may be here: the source lists, we say what we have, it says if it is that.

Its list comes in pieces that we ask for one by one, so that neither side holds more than a few.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator
from typing import Final

from lanshare.domain.errors import ProtocolError
from lanshare.domain.offer import ENTRIES, Clash, EntryKind, FileEntry
from lanshare.files.compare import Have, Matching, Unwanted
from lanshare.files.faults import disk_fault
from lanshare.files.staging import Staging
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits

_PIECES: Final = 3
"""Pieces of the source's list that are asked for ahead."""

_TURN: Final = 256 * 1024

_OVER: Final = object()


class Comparing:
    """One comparison, before the first byte. Faults of the disk are DiskFaults."""

    def __init__(self, staging: Staging, clash: Clash) -> None:
        self.unwanted: list[Unwanted] = []
        """What is not to be sent, since the last step; whoever counts it takes it from here."""

        try:
            self._matching = Matching(staging, clash)
        except OSError as error:
            raise disk_fault(error) from error
        self._listed = 0
        self._whole = False
        self._pieces: deque[tuple[int, list[FileEntry]]] = deque()
        self._piece: Generator[Have | Unwanted | None, None, None] | None = None
        self._open: dict[int, Have] = {}

    def begin(self, outlet: Outlet) -> None:
        """Ask for the first pieces."""
        for _ in range(_PIECES):
            outlet.say(f.Compare())

    @property
    def done(self) -> bool:
        """All is compared and answered."""
        return self._whole and not self._pieces and self._piece is None and not self._open

    @property
    def waits(self) -> bool:
        """Whether nothing can be done before the source has said more."""
        if len(self._open) >= limits.OUTSTANDING // 2:
            return True
        return self._piece is None and not self._pieces and not self.done

    def listed(self, frame: f.Listing) -> None:
        """A piece of what the source will send."""
        waiting = len(self._pieces) + (self._piece is not None)
        if self._whole or frame.first != self._listed or waiting >= _PIECES:
            raise ProtocolError("a list that was not asked for")
        if self._listed + len(frame.entries) > ENTRIES:
            raise ProtocolError("too long a list")
        entries = [FileEntry(one.parts, EntryKind(one.kind), one.size, one.mtime_ns) for one in frame.entries]
        self._pieces.append((frame.first, entries))
        self._listed += len(entries)
        self._whole = frame.last

    def answered(self, frame: f.Same) -> list[Have]:
        """What the source says of what we have: that which is the same."""
        for index in frame.differ:
            if self._open.pop(index, None) is None:
                raise ProtocolError("unlike nothing")
        same: list[Have] = []
        for index in frame.same:
            have = self._open.pop(index, None)
            if have is None:
                raise ProtocolError("the same as nothing")
            same.append(have)
        return same

    def step(self, outlet: Outlet, seconds: float) -> None:
        """Compare for a while, and say what we have."""
        until = time.monotonic() + seconds
        have: list[tuple[int, bytes]] = []
        while len(have) < limits.LISTED_AT_ONCE:
            if self._piece is None:
                if not self._pieces:
                    break
                self._piece = self._matching.piece(*self._pieces.popleft())
            try:
                found = next(self._piece, _OVER)
            except OSError as error:
                raise disk_fault(error) from error
            if found is _OVER:
                self._piece = None
                if not self._whole:
                    outlet.say(f.Compare())
                elif not self._pieces:
                    self._matching.finish()
            elif isinstance(found, Have):
                have.append((found.index, found.content))
                if not found.content:
                    break  # it is to be read on both sides at the same time
                self._open[found.index] = found
            elif isinstance(found, Unwanted):
                self.unwanted.append(found)
            if time.monotonic() >= until or outlet.unsent > _TURN:
                break
        if have:
            outlet.say(f.Have(tuple(have)))

    def close(self) -> None:
        """Give handles back."""
        if self._piece is not None:
            self._piece.close()
            self._piece = None
        self._matching.close()
