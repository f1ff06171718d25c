"""Small private files, replaced as a whole: readers see the old one or the new one, never half of one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_BINARY: Final = getattr(os, "O_BINARY", 0)


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file of ours with this mode, durably; the old content stays until the new one is whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode != 0o600:
            draft.chmod(mode)
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
