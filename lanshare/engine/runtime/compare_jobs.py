"""Jobs that compare what a peer listed of an offer with what is here: for the person alone, nothing is told."""

from __future__ import annotations

import base64
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from lanshare.domain.control_messages import Listing
from lanshare.domain.offer import EntryKind
from lanshare.engine.effects import (
    Compare,
    CompareAgain,
)
from lanshare.engine.inbox import (
    Compared,
)
from lanshare.files.folder import Folder, open_folder
from lanshare.files.sink.compare import Likeness, compare
from lanshare.files.space import free_bytes

_DIFFERING: Final = 20
"""Names of differing files that a question shows."""

_log = logging.getLogger(__name__)


class CompareJob:
    """Count how what a peer listed relates to what is in a folder, and keep it for another look."""

    def __init__(
        self, effect: Compare, kept: Path, tally: Callable[[], Compared], done: Callable[[Compared], None]
    ) -> None:
        """`tally`: what was counted of the pieces before."""
        self._effect, self._kept, self._tally, self._done = effect, kept, tally, done

    def cancel(self) -> None:
        """It takes no time worth cancelling."""

    def run(self) -> None:
        """What cannot be compared counts as new: it will be received beside whatever is there."""
        said = self._effect.said
        first = said.first == 0
        try:
            self._kept.parent.mkdir(mode=0o700, exist_ok=True)
            with open(self._kept, "wb" if first else "ab", opener=_privately) as file:
                file.write(base64.b64encode(msgspec.msgpack.encode(said)) + b"\n")
        except OSError as error:
            _log.info("an offer's list was not kept: %s", error.strerror)
        tally = Compared(said.transfer, 0, 0, 0, 0, 0, ()) if first else self._tally()
        self._done(_looked(tally, self._effect.folder, said))


class CompareAgainJob:
    """Count the same for another folder, from what was kept."""

    def __init__(self, effect: CompareAgain, kept: Path, done: Callable[[Compared], None]) -> None:
        self._effect, self._kept, self._done = effect, kept, done

    def cancel(self) -> None:
        """It takes no time worth cancelling."""

    def run(self) -> None:
        """Nothing that was kept: then nothing is told."""
        tally = Compared(self._effect.transfer, 0, 0, 0, 0, 0, ())
        try:
            with self._kept.open("rb") as lines:
                for line in lines:
                    said = msgspec.msgpack.decode(base64.b64decode(line), type=Listing)
                    tally = _looked(tally, self._effect.folder, said)
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            _log.info("an offer was not compared again: %s", type(error).__name__)
            return
        self._done(tally)


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _looked(tally: Compared, folder: Path, said: Listing) -> Compared:
    try:
        try:
            root = open_folder(folder)
        except FileNotFoundError:
            root = None
        try:
            return replace(_tallied(tally, root, said), free=free_bytes(folder))
        finally:
            if root is not None:
                root.close()
    except OSError as error:
        _log.warning("an offer was not compared: %s", error.strerror)
        return tally


def _tallied(tally: Compared, root: Folder | None, said: Listing) -> Compared:
    counts = {Likeness.NEW: [0, 0], Likeness.SAME: [0, 0], Likeness.DIFFERS: [0, 0]}
    differing = list(tally.differing)
    numbered = enumerate(said.entries, said.first)
    found = compare(root, numbered) if root is not None else ((n, entry, Likeness.NEW) for n, entry in numbered)
    for _, entry, likeness in found:
        if entry.kind is not EntryKind.FILE:
            continue
        counts[likeness][0] += 1
        counts[likeness][1] += entry.size
        if likeness is Likeness.DIFFERS and len(differing) < _DIFFERING:
            differing.append("/".join(entry.parts))
    new, same, differs = counts[Likeness.NEW], counts[Likeness.SAME], counts[Likeness.DIFFERS]
    return Compared(
        tally.transfer,
        tally.new + new[0],
        tally.same + same[0],
        tally.differs + differs[0],
        tally.new_bytes + new[1] + differs[1],
        tally.same_bytes + same[1],
        tuple(differing),
    )
