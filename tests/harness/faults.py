"""Calls of the operating system that fail when they are told to: by an error, or because the process is no more."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any, Final

import pytest

from lanshare.files import folder

ERRNOS: Final = (errno.EIO, errno.ENOSPC, errno.EMFILE, errno.EACCES, errno.EROFS, errno.EINTR)
CALLS: Final = (
    "open", "read", "write", "pread", "readv", "lseek", "ftruncate", "fsync", "fstat", "stat", "mkdir", "rmdir", "link",
    "unlink", "rename", "listdir", "utime", "fchmod", "symlink", "readlink", "scandir",
)


class Dead(BaseException):
    """The process is killed here: nothing of it runs any more."""


class Faulty:
    """Counts the calls below lanshare's files; the `at`-th one fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.at = -1
        self.error: Callable[[], BaseException] = Dead
        self.half = False
        """A write that fails writes half of its bytes first."""

        self.hit = ""
        for name in CALLS:
            monkeypatch.setattr(os, name, self._wrapped(name, getattr(os, name)))
        monkeypatch.setattr(folder, "_rename_exclusive", self._wrapped("rename", folder._rename_exclusive))
        for kind in (folder.HandleFolder, folder.PathFolder):
            monkeypatch.setattr(kind, "sync_all", self._wrapped("syncfs", kind.sync_all))
        # What these sets hold are the functions themselves.
        for name in ("supports_dir_fd", "supports_fd", "supports_follow_symlinks"):
            monkeypatch.setattr(os, name, getattr(os, name) | {getattr(os, one) for one in CALLS})

    def fail(self, at: int, error: Callable[[], BaseException], half: bool = False) -> None:
        """Begin to count; let the `at`-th call from now on fail."""
        self.count, self.at, self.error, self.half, self.hit = 0, at, error, half, ""

    def stop(self) -> None:
        """All is well again."""
        self.at = -1

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            if self.at < 0:
                return real(*arguments, **more)
            self.count += 1
            dead = self.error is Dead and self.count > self.at
            if self.count == self.at or dead:
                self.hit = self.hit or name
                if self.half and name == "write" and not dead:
                    real(arguments[0], arguments[1][: len(arguments[1]) // 2])
                raise self.error()
            return real(*arguments, **more)

        return call
