"""Small private files, replaced as a whole."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from lanshare.store.atomic_file import replace_file


def test_the_new_content_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "key"
    replace_file(path, b"old")
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_content_stays_when_the_new_cannot_be_made_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    replace_file(path, b"old")

    def broken(fd: int) -> None:
        raise OSError(5, "input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="input/output"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
