"""The digests of a large source as far as it was read, kept beside its transfer's list.

If the file is untouched since (device, inode, size, both times), a resumed transfer need not read again what the
receiver keeps. If anything about the memo is off, it is as if there were none.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from lanshare.files.folder import BINARY

_DIGEST: Final = 32
_LINE: Final = 256

LEAST: Final = 64 * 1024 * 1024
"""Bytes from which a file is worth a memo: hashing less takes a tenth of a second."""


def memo_path(manifest: Path) -> Path:
    """Where the memo of a transfer lies."""
    return manifest.with_name(f"{manifest.name}.digests")


class Memo:
    """The memo of one transfer; it holds the digests of one file at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def read(self, stamp: list[int]) -> list[bytes]:
        """The digests kept for the file with this stamp; empty if there are none."""
        try:
            data = self._path.read_bytes()
        except OSError:
            return []
        try:
            fits = json.loads(data[:_LINE]) == stamp
        except ValueError:
            return []
        return [data[at : at + _DIGEST] for at in range(_LINE, len(data) - _DIGEST + 1, _DIGEST)] if fits else []

    def begin(self, stamp: list[int], digests: list[bytes]) -> None:
        """From now on it is about the file with this stamp."""
        self.close()
        try:
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, 0o600)
            os.write(self._fd, json.dumps(stamp).encode("ascii").ljust(_LINE) + b"".join(digests))
        except OSError:
            self.close()

    def add(self, digest: bytes) -> None:
        """One chunk more was read."""
        if self._fd >= 0:
            try:
                os.write(self._fd, digest)
            except OSError:
                self.close()

    def close(self) -> None:
        """Give the descriptor back; the memo stays."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
