"""The two threads over the SQLite file: one writer that commits in groups, one read-only reader.

A write's `then` runs after its group is durable (WAL, synchronous=FULL), on the writer's thread: it only posts. An
early one runs just before: see Store.write.
A commit beside a disk writing at full speed was measured at 190-270 ms (p99): nobody else may wait for that.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lanshare.store import database

_GROUP: Final = 256
_PATIENCE: Final = 0.02
"""Seconds for which a group of early ones alone, for which nobody waits, is left open for others that come."""

_AGAIN: Final = (0.05, 0.2, 0.5, 1.0)
"""Seconds before a write that the disk refused is tried again; then it is given up and said."""

_PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
Operation = Callable[[sqlite3.Connection], Any]
Then = Callable[[Any], None]
Lost = Callable[[], None]

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Work:
    """What one of the two threads is asked for. See Store.write and Store.read."""

    operation: Operation
    then: Then | None = None
    lost: Lost | None = None
    is_early: bool = False
    is_told: bool = False
    """Whether `then` was called before: a group that is tried again tells nobody twice."""


class Store:
    """The two threads over one database file. write() and read() may be called from any thread and never block."""

    def __init__(self, path: Path) -> None:
        """Open, or make, the database; prepare() was called before."""
        self._path = path
        self._writes: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_loop, name="store")
        self._reader = threading.Thread(target=self._read_loop, name="reader")
        self._checker = threading.Thread(target=self._check, name="check")
        self._ahead: deque[Work | None] = deque()
        """Writes that were taken out of the queue already, and come first."""

        self._settling = threading.Lock()
        """Held while a group with an early one is open: no read begins that would not see it."""

        self._checking: sqlite3.Connection | None = None
        self._failed: Callable[[Exception], None] = lambda error: None

    def start(self, failed: Callable[[Exception], None]) -> None:
        """Start both threads; `failed` hears of writes that could not be kept."""
        self._failed = failed
        self._writer.start()
        self._reader.start()
        if self._path.stat().st_size > database.LARGE:
            self._checker.start()

    def write(
        self, operation: Operation, then: Then | None = None, lost: Lost | None = None, is_early: bool = False
    ) -> None:
        """Run `operation` in the next group; `then` gets its result once that group is durable. `lost` is called if it
        cannot be.

        `is_early`: `then` is called, once, as soon as the operation has run, and the group may stay open for a moment
        (_PATIENCE). For what stays true even if it is not kept, and is found out again: that a device has our message.
        Reads that begin later see it all the same, unless the disk refuses the group: then once it is tried again.
        """
        self._writes.put(Work(operation, then, lost, is_early))

    def compact(self, then: Then) -> None:
        """After the writes before: make the file hold nothing of what was deleted, the journal included; True if so."""
        self._writes.put(Work(_compact, then))

    def flush(self) -> None:
        """After the writes before: the journal beside the file holds nothing of what was deleted. Cheaper than
        compact(); what a reader keeps from being taken out now goes at the next writes."""
        self._writes.put(Work(_flush))

    def read(self, operation: Operation, then: Then, lost: Lost | None = None) -> None:
        """Run `operation` on the read-only connection; `then` gets its result on the reader's thread. `lost` is called
        if there is none."""
        self._reads.put(Work(operation, then, lost))
        if self._settling.locked():
            self._writes.put(Work(_nothing))  # the open group is waited for

    def close(self) -> None:
        """Commit what is queued, then stop both threads."""
        self._writes.put(None)
        self._reads.put(None)
        if self._checking is not None:
            self._checking.interrupt()
        for thread in (self._writer, self._reader, self._checker):
            if thread.ident is not None:
                thread.join()

    def _check(self) -> None:
        """Look through a large database beside the work; damage is told, and dealt with at the next start."""
        try:
            self._checking = link = database.connect(self._path, read_only=True)
            try:
                found = link.execute("PRAGMA quick_check(1)").fetchone()
            finally:
                self._checking = None
                link.close()
            if found == ("ok",):
                return
            error: sqlite3.Error = sqlite3.DatabaseError(str(found))
        except sqlite3.Error as failure:
            if getattr(failure, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                return
            error = failure
        _log.error("the history is damaged: %s", type(error).__name__)
        database.suspected(self._path).touch()
        self._failed(error)

    def _write_loop(self) -> None:
        link = database.connect(self._path)
        running = True
        while running:
            group = [self._ahead.popleft() if self._ahead else self._writes.get()]
            while len(group) < _GROUP and None not in group:
                try:
                    group.append(self._writes.get_nowait())
                except queue.Empty:
                    break
            work = [item for item in group if item is not None]
            running = len(work) == len(group)
            self._commit(link, work, running)
        link.close()

    def _commit(self, link: sqlite3.Connection, work: list[Work], may_wait: bool = False) -> None:
        if not work:
            return
        for at, one in enumerate(work):
            if one.operation in _OUTSIDE:
                self._commit(link, work[:at])
                done = one.operation(link)
                if one.then is not None:
                    one.then(done)
                self._commit(link, work[at + 1 :])
                return
        tries = 0
        while True:
            try:
                results = self._group(link, work, may_wait and not tries)
                break
            except Exception as error:  # whatever it was, the thread must go on to the next one
                with contextlib.suppress(sqlite3.Error):
                    if link.in_transaction:
                        link.execute("ROLLBACK")
                tries += 1
                if _may_pass(error) and tries <= len(_AGAIN):
                    time.sleep(_AGAIN[tries - 1])
                    continue
                if len(work) > 1:
                    # One bad write must not take its neighbours with it.
                    for item in work:
                        self._commit(link, [item])
                    return
                _log.error("a write was not kept: %s", type(error).__name__)
                self._failed(error)
                if (lost := work[0].lost) is not None and not work[0].is_told:
                    lost()
                return
        for then, result in results:
            then(result)

    def _group(self, link: sqlite3.Connection, work: list[Work], may_wait: bool) -> list[tuple[Then, Any]]:
        """One group, durable when this returns; its results for those who still wait for them.

        `may_wait`: as long as all are early ones, whatever comes soon is added to `work` and shares the commit.
        """
        results: list[tuple[Then, Any]] = []
        until = time.monotonic() + _PATIENCE
        link.execute("BEGIN IMMEDIATE")
        with contextlib.ExitStack() as settling:
            if any(one.is_early for one in work):
                settling.enter_context(self._settling)
            run = 0
            while run < len(work):
                one = work[run]
                result = one.operation(link)
                if one.then is not None and not one.is_early:
                    results.append((one.then, result))
                elif one.then is not None and not one.is_told:
                    one.is_told = True
                    one.then(result)
                run += 1
                patience = until - time.monotonic()
                is_open = may_wait and len(work) < _GROUP and patience > 0
                if run == len(work) and is_open and all(other.is_early for other in work):
                    self._join(work, patience)
            link.execute("COMMIT")
        return results

    def _join(self, work: list[Work], patience: float) -> None:
        """Add the next one to an open group, if it comes within so many seconds and can be in one."""
        with contextlib.suppress(queue.Empty):
            item = self._writes.get(timeout=patience)
            if item is None or item.operation in _OUTSIDE:
                self._ahead.append(item)
            else:
                work.append(item)

    def _read_loop(self) -> None:
        link = database.connect(self._path, read_only=True)
        while (item := self._reads.get()) is not None:
            assert item.then is not None
            with self._settling:
                pass
            try:
                try:
                    result = item.operation(link)
                except sqlite3.Error as error:
                    if not _may_pass(error):
                        raise
                    time.sleep(_AGAIN[-1])
                    result = item.operation(link)
                item.then(result)
            except Exception as error:  # whatever it was, the thread must go on to the next one
                _log.error("a read failed: %s", type(error).__name__)
                self._failed(error)
                if item.lost is not None:
                    item.lost()
        link.close()


def _nothing(link: sqlite3.Connection) -> None:
    """A write that ends an open group."""


def _compact(link: sqlite3.Connection) -> bool:
    """Outside of any group: VACUUM cannot be undone."""
    try:
        link.execute("VACUUM")
        return _checkpoint(link)
    except sqlite3.Error as error:
        _log.error("what was erased is still in the file: %s", type(error).__name__)
        return False


def _flush(link: sqlite3.Connection) -> bool:
    """Outside of any group, too; True if nobody was in the way: no reader is waited for."""
    try:
        link.execute("PRAGMA busy_timeout = 0")
        return _checkpoint(link)
    except sqlite3.Error as error:
        _log.warning("what has expired is still in the journal: %s", type(error).__name__)
        return False
    finally:
        link.execute(f"PRAGMA busy_timeout = {database.BUSY}")


_OUTSIDE: Final = (_compact, _flush)
"""What is no part of a group."""


def _checkpoint(link: sqlite3.Connection) -> bool:
    busy, _, _ = link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _may_pass(error: Exception) -> bool:
    """Whether the disk, not the statement, is at fault: it may be well again in a moment."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _PASSING
