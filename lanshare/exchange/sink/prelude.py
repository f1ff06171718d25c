"""Before the first byte: check what earlier tries left, a turn at a time, and find what is here already."""

from __future__ import annotations

from typing import Final

from lanshare.domain.errors import Code, ProtocolError
from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.ranges import Ranges
from lanshare.exchange.sink.budget import Budget
from lanshare.exchange.sink.dedup_sink import Comparing
from lanshare.exchange.sink.report import Report
from lanshare.files.sink.staging import Staging
from lanshare.net.link import Outlet
from lanshare.wire import frames as f

_SLICE: Final = 0.05
"""Seconds of checking before the link is looked after again."""


class Prelude:
    """It, for one data link. DiskFault if the disk fails, or if more is listed than was accepted."""

    def __init__(
        self, staging: Staging, clash: ConflictPolicy, known: tuple[str, ...], listed: Budget, report: Report
    ) -> None:
        """`known`: the offer's top-level names, if it is to be found out what of it is here already. `listed`: what the
        source may list."""
        self._staging, self._clash, self._known, self._listed, self._report = staging, clash, known, listed, report
        self._comparing: Comparing | None = None
        self.unwanted = Ranges()
        """Entries that are not to come, as the person keeps another file of that name."""

    @property
    def waits(self) -> bool:
        """Whether nothing can be done before the source has said more."""
        return self._comparing is not None and self._comparing.waits

    def step(self, out: Outlet, now: float) -> bool:
        """A turn of it; True when all is known."""
        if self._staging.check(_SLICE):
            return False
        known, self._known = self._known, ()
        if known and self._staging.tops.worth_comparing(known):
            self._listed.begin(0, 0, self._staging.tops.unlisted)
            self._comparing = Comparing(self._staging, self._clash, self._listed.take)
            self._comparing.begin(out)
            return False
        if self._comparing is None:
            return True
        self._compare(self._comparing, out)
        if not self._comparing.done:
            return False
        self.close()
        self._staging.commit(now)  # Attached tells
        return True

    def listed(self, frame: f.Listing) -> None:
        """A piece of the source's list. ProtocolError if it was not asked for."""
        if self._comparing is None:
            raise ProtocolError("a list that was not asked for")
        self._comparing.listed(frame)

    def contents(self, frame: f.Contents) -> None:
        """Content ids of the source's files. ProtocolError if they were not asked for."""
        if self._comparing is None:
            raise ProtocolError("content that was not asked for")
        self._comparing.answered(frame)

    def close(self) -> None:
        """Give descriptors back."""
        if self._comparing is not None:
            self._comparing.close()
            self._comparing = None

    def _compare(self, comparing: Comparing, out: Outlet) -> None:
        comparing.step(out, _SLICE)
        for one in comparing.unwanted:
            self.unwanted.add(one.index)
            self._report.missed("/".join(one.entry.parts), Code.ALREADY_THERE)
            out.say(f.Unwanted(one.index, Code.ALREADY_THERE))
        comparing.unwanted.clear()
        for have in comparing.same:
            self._staging.same(have.index, have.entry.parts, have.entry.size, have.path[-1])
        comparing.same.clear()
