"""Small files that come whole: into a new folder under their final names, else into staging as parts.

There may be a million of them, so what is the same for all files of a folder is found out once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.offer import DEPTH, PATH_BYTES
from lanshare.files import names
from lanshare.files.content import Buffer, small_id
from lanshare.files.faults import UNFIT, DiskFault, disk_fault
from lanshare.files.folder import HAS_BARRIER
from lanshare.files.sink.batch import Batch
from lanshare.files.sink.destination import Placing
from lanshare.files.sink.made_folders import Path
from lanshare.files.sink.new_folders import NewFolders
from lanshare.files.sink.stage import Stage, VerifiedFile
from lanshare.files.sink.top_names import TopNames
from lanshare.files.small import write_small

_COMMON: Final = range(2**31 * 10**9)
"""Times, in ns, that every file system has a number for: what they differ in is how finely they count."""


class SmallFiles:
    """They, for one transfer. `spend` is told of bytes before they are written."""

    def __init__(
        self, stage: Stage, new: NewFolders, tops: TopNames, placing: Placing, batch: Batch, system: names.System,
        spend: Callable[[int], None],
    ) -> None:
        self._stage, self._new, self._tops, self._placing, self._batch = stage, new, tops, placing, batch
        self._system, self._spend = system, spend
        self.disk_seconds = 0.0
        """Time that the disk took."""

        self._sent: Path | None = None
        """The folder of the file before, as it was sent; then as this disk can hold it, its length in bytes, and with
        its top-level name as it is called here."""

        self._above: Path = ()
        self._length = 0
        self._placed: Path = ()
        self._exact = False
        """Whether this file system was seen to keep times to the ns: then they need not be read again."""

    def put(
        self, index: int, above: Path, name: str, data: Buffer, content: bytes, mtime_ns: int, executable: bool = False,
        private: bool = False,
    ) -> None:
        """A whole file. NameRefused if its name cannot be kept, DiskFault CONTENT_DIFFERS if it is another one."""
        safe = self._safe(above, name)
        if small_id(data) != content:
            raise DiskFault(Code.CONTENT_DIFFERS, f"{len(data)} bytes")
        self._spend(len(data))
        began = time.perf_counter()
        try:
            if index in self._placing.intents:
                self._placing.unintend(index)
            if not self._put_in_new(index, safe, data, content, mtime_ns, executable, private):
                kept_ns = self._put_as_part(index, data, mtime_ns, executable, private)
                self._batch.whole(index, (*self._above, safe), len(data), content, kept_ns)
        except OSError as error:
            raise disk_fault(error) from error
        self.disk_seconds += time.perf_counter() - began

    def _safe(self, above: Path, name: str) -> str:
        """A file's name as this disk can hold it; that of its folder is kept for the next one."""
        if not above:
            self._sent, self._above = above, ()
            return self._placing.safe((name,))[0]
        if above != self._sent:
            self._sent = None
            if len(above) >= DEPTH:
                raise names.NameRefused(f"a path of {len(above) + 1} components")
            self._above, self._length = names.safe_folder(above, self._system)
            self._placed = ()
            self._sent = above
        safe = names.safe_name(name, self._system)
        if self._length + 4 * len(safe) >= PATH_BYTES and self._length + len(safe.encode("utf-8")) >= PATH_BYTES:
            raise names.NameRefused("a path of more than 4096 bytes")
        if safe != name or self._above != above:
            self._placing.lose("/".join((*above, name)), Code.NAME_MAPPED)
        return safe

    def _put_in_new(
        self, index: int, safe: str, data: Buffer, content: bytes, mtime_ns: int, executable: bool, private: bool
    ) -> bool:
        """Give it its final name in a new folder at once; False if it has to wait as a part."""
        above = self._above
        if len(above) < 2:
            return False
        if not self._placed:
            try:
                self._placed = self._tops.placed(above)
            except OSError as error:
                if error.errno not in UNFIT:
                    raise
                return False  # whoever gives names to parts says so
        placed = self._placed
        try:
            folder = self._new.folder(placed)
            if folder is None:
                return False
            exact = self._exact and mtime_ns in _COMMON
            kept_ns = write_small(folder, safe, data, mtime_ns, executable, not HAS_BARRIER, private, exact)
        except FileExistsError:
            return False  # the same name to this file system: it gets a number when it gets its name
        except OSError as error:
            self._new.spoil((*placed, safe))
            if error.errno not in UNFIT:
                raise
            self._batch.refuse(index, (*above, safe))
            return True
        # Only a time that is no multiple of 2 or of 5 shows that nothing was rounded.
        self._exact = self._exact or (kept_ns == mtime_ns and mtime_ns % 2 == 1 and mtime_ns % 5 != 0)
        self._batch.new(VerifiedFile(index, (*placed, safe), len(data), content, kept_ns, self._new.number(placed)))
        return True

    def _put_as_part(self, index: int, data: Buffer, mtime_ns: int, executable: bool, private: bool) -> int:
        """Write it under its number, in the place of what an earlier try left; the time that this file system keeps."""
        folder, name = self._stage.folder, str(index)
        try:
            return write_small(folder, name, data, mtime_ns, executable, not HAS_BARRIER, private)
        except FileExistsError:
            folder.remove(name)
            return write_small(folder, name, data, mtime_ns, executable, not HAS_BARRIER, private)
