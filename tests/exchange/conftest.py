"""What the tests of transfers share: a small tree with its list."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanshare.domain.transfer import CHUNK
from lanshare.files.source import manifest
from lanshare.files.source.tree import walk


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small tree with a file of several chunks."""
    top = tmp_path / "top"
    (top / "empty").mkdir(parents=True)
    (top / "sub").mkdir()
    for number in range(12):
        (top / "sub" / f"small {number}").write_bytes(os.urandom(number * 100))
    (top / "big").write_bytes(os.urandom(3 * CHUNK + 11))
    writer = manifest.ManifestWriter(tmp_path / "list")
    for item in walk([top]):
        writer.add(item)
    writer.finish()
    writer.close()
    return top
