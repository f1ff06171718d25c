"""The SQLite file: made, brought up to today's version, set aside if damaged. The one opener of connections."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Final

from lanshare.domain.errors import Code, LanshareError
from lanshare.store.schema import INDEXED, MIGRATIONS, SCHEMA, VERSION
from lanshare.store.search_text import folded

LARGE: Final = 32 * 1024 * 1024
"""Bytes of a database from which on looking through all of it would hold up the start: 0.7 s for a million messages."""
BUSY: Final = 5000
"""Milliseconds that a statement waits for another one's lock."""


def connect(path: Path, read_only: bool = False) -> sqlite3.Connection:
    """A connection with our pragmas; autocommit, so that groups are ours to open and close."""
    if read_only:
        link = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    else:
        link = sqlite3.connect(path, isolation_level=None)
    link.execute(f"PRAGMA busy_timeout = {BUSY}")
    if not read_only:
        link.execute("PRAGMA journal_mode = WAL")
        link.execute("PRAGMA synchronous = FULL")
        link.execute("PRAGMA secure_delete = ON")
    link.execute("PRAGMA trusted_schema = OFF")
    return link


def prepare(path: Path) -> bool:
    """Make the database ready: create, migrate. True if a damaged one was moved aside, its content kept.

    LanshareError DATABASE_NEWER if a later lanshare made it: it is left untouched.
    """
    damaged = False
    if path.exists() and not _sound(path):
        _move_aside(path)
        damaged = True
    if not path.exists():
        path.touch(mode=0o600)
    link = connect(path)
    try:
        (version,) = link.execute("PRAGMA user_version").fetchone()
        if version == 0:
            # In one transaction: each would wait for the disk. There is nothing to be indexed yet.
            whole = SCHEMA + "".join(MIGRATIONS[step] for step in range(2, VERSION + 1))
            link.executescript(f"BEGIN; {whole} PRAGMA user_version = {VERSION}; COMMIT;")
            version = VERSION
        for step in range(version + 1, VERSION + 1):
            link.executescript(f"BEGIN; {MIGRATIONS[step]}")
            if step == INDEXED:
                _index(link)
            link.execute(f"PRAGMA user_version = {step}")
            link.execute("COMMIT")
    finally:
        link.close()
    return damaged


def _index(link: sqlite3.Connection) -> None:
    """Fill the index of words anew: the beginnings of words have one of their own from here on."""
    rows = link.execute(
        "SELECT timeline.position, messages.text FROM timeline JOIN messages ON messages.author = timeline.author AND"
        " messages.id = timeline.message WHERE messages.kind = 'text'"
    )
    link.executemany("INSERT INTO search (rowid, body) VALUES (?, ?)", ((row[0], folded(row[1])) for row in rows))


def is_current(path: Path) -> bool:
    """Whether the database is of today's version. LanshareError DATABASE_NEWER if a later lanshare made it."""
    link = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        (version,) = link.execute("PRAGMA user_version").fetchone()
    finally:
        link.close()
    if version > VERSION:
        raise LanshareError(Code.DATABASE_NEWER, str(path))
    return bool(version == VERSION)


def _sound(path: Path) -> bool:
    try:
        link = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            (version,) = link.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise LanshareError(Code.DATABASE_NEWER, str(path))
            if path.stat().st_size > LARGE and not suspected(path).exists():
                # The whole is looked through while the engine works: see Store._check.
                return bool(link.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
            sound = bool(link.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
            suspected(path).unlink(missing_ok=True)
            return sound
        finally:
            link.close()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "unable to open" in str(error):
            raise LanshareError(Code.PROFILE_UNWRITABLE, str(path)) from error
        return False


def suspected(path: Path) -> Path:
    """A file that is there if damage was found while the engine worked: the next start looks closely."""
    return path.with_name(f"{path.name}-suspect")


def _move_aside(path: Path) -> None:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}{suffix}"))
