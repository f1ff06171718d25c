"""What the store's tests share: a fresh database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.store import database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A fresh database."""
    database.prepare(tmp_path / "x.sqlite")
    link = database.connect(tmp_path / "x.sqlite")
    yield link
    link.close()
