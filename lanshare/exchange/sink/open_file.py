"""Which bytes may come now: one file at a time, none beyond what was announced, a digest behind each full chunk."""

from __future__ import annotations

from lanshare.domain.errors import ProtocolError
from lanshare.domain.transfer import CHUNK
from lanshare.wire import frames as f


class OpenFile:
    """The file that moves now, or none. Whoever breaks the order gets a ProtocolError."""

    def __init__(self) -> None:
        self.begun: f.Begin | None = None
        self.passed_over = False
        """Its bytes are not kept: it is here already, or cannot be."""

        self._left = 0
        self._due = False
        """A chunk that is not the last one is full: its ChunkEnd comes next."""

    @property
    def path(self) -> str:
        """Its path; empty without one."""
        return "/".join(self.begun.parts) if self.begun is not None else ""

    def must_be_none(self, what: str) -> None:
        """Nothing but its bytes may come within a file."""
        if self.begun is not None:
            raise ProtocolError(what)

    def open(self, begun: f.Begin, passed_over: bool = False) -> None:
        """It begins behind what is kept of it."""
        self.begun, self.passed_over = begun, passed_over
        self._left, self._due = begun.size - begun.offset, False

    def takes(self, count: int, hole: bool) -> bool:
        """So many bytes of it come; whether they are to be kept."""
        if self.begun is None:
            raise ProtocolError("bytes without a file")
        if self._due:
            raise ProtocolError("bytes behind a full chunk whose digest was not said")
        if count > self._left:
            raise ProtocolError("more bytes than announced")
        at = self.begun.size - self._left
        to_boundary = CHUNK - at % CHUNK
        if count > to_boundary and not (hole and at % CHUNK == 0 and count % CHUNK == 0):
            raise ProtocolError("bytes across a chunk's end")
        self._left -= count
        # Behind a file's last chunk comes its End.
        self._due = (at + count) % CHUNK == 0 and self._left > 0
        return not self.passed_over

    def chunk(self) -> bool:
        """A chunk's digest comes; whether it is to be compared."""
        if self.begun is None or not self._due:
            raise ProtocolError("a chunk's end where no chunk ends")
        self._due = False
        return not self.passed_over

    def close(self, what: str, index: int | None = None) -> tuple[f.Begin, bool]:
        """It is over, its bytes whole or not; which it was, and whether it was kept. `index`: of which that is said."""
        begun, kept = self.begun, not self.passed_over
        if begun is None or index not in (None, begun.index):
            raise ProtocolError(what)
        self.begun, self.passed_over = None, False
        return begun, kept
