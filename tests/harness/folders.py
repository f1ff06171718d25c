"""What folders and files can do on this system: tests that need more say so, with the reason."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

from lanshare.files.folder import HANDLES, HandleFolder, PathFolder

HERE: Final[Any] = HandleFolder if HANDLES else PathFolder
"""The kind of folder that this system has: tests open folders with it, or put something in place of its methods."""


def _links() -> bool:
    """Whether a symbolic link can be made and is one: not on Windows without the right to, nor under Wine 8."""
    with tempfile.TemporaryDirectory() as name:
        link = Path(name) / "link"
        try:
            link.symlink_to("target")
        except OSError:
            return False
        return link.is_symlink()


def odd_name(name: bytes) -> str:
    """A name that is no text of UTF-8: bytes on POSIX, an unpaired surrogate (of which Windows lets a name be made)."""
    return name.decode(errors="surrogateescape")


LINKS: Final = pytest.mark.skipif(not _links(), reason="there are no symbolic links here")
PIPES: Final = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
MODES: Final = pytest.mark.skipif(sys.platform == "win32", reason="rights of owner, group and others are POSIX")
POSIX: Final = pytest.mark.skipif(not HANDLES, reason="folders have no handles here")
