"""How much work the database has with something, counted and not timed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


class Steps:
    """Steps of SQLite's machine, in tens."""

    def __init__(self) -> None:
        self.count = 0

    def one(self) -> int:
        """Ten more; 0, as SQLite is to go on."""
        self.count += 1
        return 0


@contextmanager
def counted(db: sqlite3.Connection) -> Iterator[Steps]:
    """Count them while the block runs."""
    steps = Steps()
    db.set_progress_handler(steps.one, 10)
    try:
        yield steps
    finally:
        db.set_progress_handler(None, 0)
