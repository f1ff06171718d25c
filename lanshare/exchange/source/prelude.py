"""Before the first byte: list what is asked for, and read our side of what the receiver has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from lanshare.domain.errors import ProtocolError
from lanshare.domain.offer import ENTRIES
from lanshare.exchange.source.dedup_source import Checking
from lanshare.exchange.source.manifest_pager import ManifestPager
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits

LIST_AGAIN: Final = 0.05
"""Seconds until the list is looked at again while the tree is still being walked."""


class Prelude:
    """It, for one data link."""

    def __init__(self, transfer: bytes, paths: Sequence[Path], manifest: Path, told: Callable[[int], None]) -> None:
        """`told`: heard of each entry whose content the receiver was told."""
        self._transfer, self._paths, self._manifest, self._told = transfer, paths, manifest, told
        self._listing: ManifestPager | None = None
        self._checking: Checking | None = None
        self._wanted = 0
        self._listed = 0
        self._whole = False
        self.again_at = 0.0
        """When the list is worth another look."""

    def compare(self) -> None:
        """A further piece of the list is wanted."""
        self._wanted += 1
        if self._listing is None:
            self._listing = ManifestPager(self._manifest, ENTRIES)

    def have(self, files: Sequence[int]) -> None:
        """The receiver has something alike at the places of these. ProtocolError if they were not listed."""
        if any(index >= self._listed for index in files):
            raise ProtocolError("has what was not listed")
        if self._checking is None:
            self._checking = Checking(self._paths, self._manifest)
        for index in files:
            self._checking.heard(index)

    def step(self, out: Outlet, now: float) -> bool:
        """Some of it; whether there was something to do."""
        done = False
        if (checking := self._checking) is not None:
            if checking.busy:
                checking.step()
                done = True
            contents = checking.answers()
            for at in range(0, len(contents), limits.LISTED_AT_ONCE):
                out.say(f.Contents(tuple(contents[at : at + limits.LISTED_AT_ONCE])))
            for index, content in contents:
                if content:
                    self._told(index)
        if self._listing is not None and self._wanted and not self._whole and now >= self.again_at:
            done = self._list(self._listing, out, now) or done
        return done

    def close(self) -> None:
        """Give descriptors back."""
        for held in (self._listing, self._checking):
            if held is not None:
                held.close()

    def _list(self, listing: ManifestPager, out: Outlet, now: float) -> bool:
        """List a frame's worth; the walk of the tree is waited for, as what is not listed cannot be compared."""
        piece = listing.piece()
        if piece is None:
            self.again_at = now + LIST_AGAIN
            return False
        listed = tuple(f.Listed(one.parts, one.kind.value, one.size, one.mtime_ns) for one in piece.entries)
        out.say(f.Listing(self._transfer, piece.first, listed, piece.last))
        self._wanted -= 1
        self._listed = piece.first + len(piece.entries)
        self._whole = piece.last
        return True
