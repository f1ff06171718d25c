"""We are the sink, and some of what comes may be here: the source lists, we say what seems to be it, it tells its own.

Both read at the same time, and only the source tells a content id: one that was told ours could say that it has the
very same. Its list comes in pieces that we ask for one by one, so that neither side holds more than a few.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Final

from lanshare.domain.errors import ProtocolError
from lanshare.domain.offer import ENTRIES, ConflictPolicy, EntryKind, FileEntry
from lanshare.files.faults import disk_fault
from lanshare.files.sink.compare import Alike, Have, Matching, Unwanted
from lanshare.files.sink.staging import Staging
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits

_PIECES: Final = 3
"""Pieces of the source's list that are asked for ahead."""

_TURN: Final = 256 * 1024

_LARGE: Final = 1024 * 1024
"""Bytes from which the source is told at once that a file is being read, so that it reads it at the same time."""

_OVER: Final = object()


class Comparing:
    """One comparison, before the first byte. Faults of the disk are DiskFaults."""

    def __init__(
        self, staging: Staging, clash: ConflictPolicy, count: Callable[[Sequence[str], int, int], None]
    ) -> None:
        """`count`: told of each entry of the list (path, files, bytes), before it is looked for; DiskFault if it is
        not of what was accepted."""
        self.unwanted: list[Unwanted] = []
        """What is not to be sent, since the last step; whoever counts it takes it from here."""

        self.same: list[Have] = []
        """What is the same, likewise."""

        self._clash, self._staging, self._count = clash, staging, count
        try:
            self._matching = Matching(staging, clash)
        except OSError as error:
            raise disk_fault(error) from error
        self._listed = 0
        self._whole = False
        self._pieces: deque[tuple[int, list[FileEntry]]] = deque()
        self._piece: Generator[Alike | Have | Unwanted | None, None, None] | None = None
        self._reading: int | None = None
        """The entry that we said to have, and read."""

        self._read: dict[int, Have] = {}
        """What we have read; the source has not told its own."""

        self._paths: set[tuple[str, ...]] = set()
        """What was alike: each is told of once, so that nobody may try one content after the other."""

        self._theirs: dict[int, bytes] = {}
        """What the source told of what we read still."""

        self._agreed: list[Have] = []
        """What both have, in folders of which that is no proof; it counts if they are merged in the end."""

    def begin(self, outlet: Outlet) -> None:
        """Ask for the first pieces."""
        for _ in range(_PIECES):
            outlet.say(f.Compare())

    @property
    def done(self) -> bool:
        """All is compared and answered."""
        return self._whole and not self._pieces and self._piece is None and not self._read

    @property
    def waits(self) -> bool:
        """Whether nothing can be done before the source has said more."""
        if len(self._read) >= limits.OUTSTANDING // 2 and self._reading is None:
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
        for entry in entries:
            self._count(entry.parts, int(entry.kind is EntryKind.FILE), entry.size)
        self._pieces.append((frame.first, entries))
        self._listed += len(entries)
        self._whole = frame.last

    def answered(self, frame: f.Contents) -> None:
        """What the source has at the place of what we have."""
        for index, content in frame.files:
            if index in self._theirs or (index not in self._read and index != self._reading):
                raise ProtocolError("content that was not asked for")
            self._theirs[index] = content
            self._settle(index)
        self._end()

    def step(self, outlet: Outlet, seconds: float) -> None:
        """Compare for a while, and say what we have."""
        until = time.monotonic() + seconds
        have: list[int] = []
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
            elif isinstance(found, Alike):
                if found.path in self._paths:
                    raise ProtocolError("one path listed twice")
                self._paths.add(found.path)
                have.append(found.index)
                self._reading = found.index
                if found.size >= _LARGE:
                    break  # it is to be read on both sides at the same time
            elif isinstance(found, Have):
                self._reading = None
                self._read[found.index] = found
                self._settle(found.index)
            elif isinstance(found, Unwanted):
                self.unwanted.append(found)
            if time.monotonic() >= until or outlet.unsent > _TURN:
                break
        if have:
            outlet.say(f.Have(tuple(have)))
        self._end()

    def close(self) -> None:
        """Give handles back."""
        if self._piece is not None:
            self._piece.close()
            self._piece = None
        self._matching.close()

    # --- inside

    def _settle(self, index: int) -> None:
        """Compare what both have, once both have read it."""
        if index not in self._read or index not in self._theirs:
            return
        have, theirs = self._read.pop(index), self._theirs.pop(index)
        if have.content and have.content == theirs and not self._staging.tops.guessed:
            self._matching.agrees(have)
            (self.same if self._matching.is_merged(have) else self._agreed).append(have)
            return
        if have.content and theirs:
            self._staging.unlike(index)
        if self._clash is ConflictPolicy.SKIP:
            self.unwanted.append(Unwanted(index, have.entry))

    def _end(self) -> None:
        """When all is compared it is known which folders are merged."""
        if self._agreed and self.done:
            self.same += [have for have in self._agreed if self._matching.is_merged(have)]
            self._agreed.clear()
