"""What the receiver may know of a transfer: what earlier tries put before it, and in which version.

Only of that is its word believed that it has it: it could not have it from us otherwise.
"""

from __future__ import annotations

from lanshare.domain.offer import FileEntry
from lanshare.domain.ranges import Ranges
from lanshare.files.source.sent import SentLog


class Told:
    """They, over all tries. `log` None: only this try counts."""

    def __init__(self, log: SentLog | None) -> None:
        self._log = log
        self._before = Ranges(list(log.known.ranges)) if log is not None else Ranges()
        self._logged = -1
        self._range = 0
        self._confirmed: tuple[tuple[int, int], ...] = ()
        self._ahead: dict[tuple[str, ...], tuple[int, int]] = {}
        """Files that went in another version than the one they were listed in: size and time of that."""

    def attached(self, confirmed: tuple[tuple[int, int], ...]) -> None:
        """What the receiver says that it has, in rising order."""
        self._confirmed = confirmed

    def had(self, index: int, entry: FileEntry) -> bool:
        """Whether the receiver has this entry, asked in rising order."""
        if self._log is not None and index not in self._before:
            return False
        ranges = self._confirmed
        while self._range < len(ranges) and ranges[self._range][1] < index:
            self._range += 1
        if self._range == len(ranges) or ranges[self._range][0] > index:
            return False
        if self._log is not None and index in self._log.versions:
            self._ahead[entry.parts] = self._log.versions[index]
        return True

    def went(self, entry: FileEntry) -> bool:
        """Whether it changed after it was listed, went as it is now, and was listed again."""
        return bool(self._ahead) and self._ahead.get(entry.parts) == (entry.size, entry.mtime_ns)

    def content(self, index: int) -> None:
        """The content of an entry is told: the receiver may say now that it has it."""
        if self._log is not None:
            self._log.add(index, index)
            self._before.add(index)

    def version(self, index: int, entry: FileEntry, size: int, mtime_ns: int) -> None:
        """A file goes out as it is now, which may not be as it was listed."""
        if (size, mtime_ns) != (entry.size, entry.mtime_ns):
            self._ahead[entry.parts] = (size, mtime_ns)
            if self._log is not None:
                self._log.add_version(index, size, mtime_ns)

    def forget(self, entry: FileEntry) -> None:
        """A file did not go to its end."""
        self._ahead.pop(entry.parts, None)

    def until(self, index: int) -> None:
        """All up to this one is about to be said."""
        if index > self._logged:
            if self._log is not None:
                self._log.add(self._logged + 1, index)
            self._logged = index

    def close(self) -> None:
        """Give descriptors back."""
        if self._log is not None:
            self._log.close()
