"""Which entries of a sending were ever put before its receiver: only of these is it believed that they are there.

An appended file of ranges beside the sending's list. It outlives a kill; after a power cut the last lines may be
missing, and what they named is sent once more, which costs time and nothing else.
"""

from __future__ import annotations

import os
from pathlib import Path

from lanshare.domain.ranges import Ranges
from lanshare.files.folder import BINARY


def sent_path(manifest: Path) -> Path:
    """Where it lies, for a list."""
    return manifest.with_name(f"{manifest.name}.sent")


class SentLog:
    """The indices that were sent, or agreed to be the same, in this try and the ones before."""

    def __init__(self, path: Path) -> None:
        """OSError if it cannot be written: then nothing may be sent."""
        self.known = Ranges()
        self.versions: dict[int, tuple[int, int]] = {}
        """Size and time of entries that went in another version than the one they were listed in."""

        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | BINARY, 0o600)
        good = 0
        with open(path, "rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # it was cut short, and may say too much
                good += len(line)
                fields = line.split()
                if len(fields) == 2 and all(one.isdigit() for one in fields):
                    self.known.add_range(int(fields[0]), int(fields[1]))
                elif len(fields) == 3 and all(one.removeprefix(b"-").isdigit() for one in fields):
                    self.versions[int(fields[0])] = (int(fields[1]), int(fields[2]))
        os.ftruncate(self._fd, good)

    def add(self, first: int, last: int) -> None:
        """These are put before the receiver now."""
        self.known.add_range(first, last)
        os.write(self._fd, b"%d %d\n" % (first, last))

    def add_version(self, index: int, size: int, mtime_ns: int) -> None:
        """This one goes in another version than the one it was listed in."""
        self.versions[index] = (size, mtime_ns)
        os.write(self._fd, b"%d %d %d\n" % (index, size, mtime_ns))

    def close(self) -> None:
        """Give the descriptor back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
