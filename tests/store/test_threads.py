"""The store's threads: groups are durable before anybody hears, early ones are told once, and nobody is held up."""

from __future__ import annotations

import functools
import queue
import sqlite3
import threading
from pathlib import Path

import pytest

from lanshare.store import database, outbox, threads
from lanshare.store.threads import Store
from tests.harness.made import message
from tests.harness.screen import until


def test_a_write_is_durable_before_then_is_called(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    database.prepare(path)
    store = Store(path)
    store.start(lambda error: None)
    seen: list[int] = []
    heard = threading.Event()

    def then(position: object) -> None:
        other = database.connect(path, read_only=True)
        seen.append(other.execute("SELECT count(*) FROM messages").fetchone()[0])
        other.close()
        heard.set()

    store.write(lambda link: outbox.add(link, message(1, "hi"), 1, b"r", b"d"), then)
    assert heard.wait(10)
    store.close()
    assert seen == [1]


def test_an_early_one_is_told_before_it_is_durable_and_whoever_reads_from_then_on_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group that would stay open for an hour is closed for a reader."""
    monkeypatch.setattr(threads, "_PATIENCE", 3600.0)
    path = tmp_path / "x.sqlite"
    database.prepare(path)
    store = Store(path)
    seen: list[int] = []
    found: queue.SimpleQueue[object] = queue.SimpleQueue()

    def count(link: sqlite3.Connection) -> object:
        return link.execute("SELECT count(*) FROM messages").fetchone()[0]

    def then(kept: object) -> None:
        assert kept is not None
        other = database.connect(path, read_only=True)
        seen.append(other.execute("SELECT count(*) FROM messages").fetchone()[0])
        other.close()
        store.read(count, found.put)
        with pytest.raises(queue.Empty):
            found.get(timeout=0.3)  # as long as a read that did not wait would take a hundred times

    store.write(lambda link: outbox.add(link, message(1, "hi"), 1, b"r", b"d"), then, is_early=True)
    store.start(lambda error: None)
    assert found.get(timeout=10) == 1
    store.close()
    assert seen == [0]


@pytest.mark.parametrize("ends", ["write", "flush", "close"])
def test_an_open_group_of_early_ones_ends_with_whatever_comes_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    monkeypatch.setattr(threads, "_PATIENCE", 3600.0)
    path = tmp_path / "x.sqlite"
    database.prepare(path)
    commits = 0

    def counted(link: sqlite3.Connection) -> None:
        def look(statement: str) -> None:
            nonlocal commits
            commits += statement == "COMMIT"

        link.set_trace_callback(look)

    store = Store(path)
    told: queue.SimpleQueue[object] = queue.SimpleQueue()
    store.write(counted, told.put, is_early=True)
    store.start(lambda error: None)
    assert told.get(timeout=10) is None
    for number in range(1, 6):
        kept = functools.partial(outbox.add, message=message(number, "hi"), sequence=number, record=b"", digest=b"")
        store.write(kept, told.put, is_early=True)
        told.get(timeout=10)
    assert commits == 0
    if ends == "write":
        store.write(lambda link: link.execute("SELECT count(*) FROM messages").fetchone(), told.put)
        assert told.get(timeout=10) == (5,)
        assert commits == 1
    elif ends == "flush":
        store.flush()
    store.close()
    other = database.connect(path, read_only=True)
    assert other.execute("SELECT count(*) FROM messages").fetchone() == (5,)
    other.close()


@pytest.mark.parametrize("bound", ["_GROUP", "_PATIENCE"])
def test_early_ones_without_end_do_not_keep_a_group_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    """What was told has to be on the disk soon, also if nobody reads or writes anything else."""
    monkeypatch.setattr(threads, "_PATIENCE", 3600.0 if bound == "_GROUP" else 0.02)
    monkeypatch.setattr(threads, "_GROUP", 10 if bound == "_GROUP" else 10**9)
    database.prepare(tmp_path / "x.sqlite")
    store = Store(tmp_path / "x.sqlite")
    is_over = threading.Event()

    def again(found: object) -> None:
        if not is_over.is_set():
            store.write(lambda link: None, again, is_early=True)

    store.write(lambda link: outbox.add(link, message(1, "hi"), 1, b"", b""), again, is_early=True)
    again(None)
    store.start(lambda error: None)
    other = database.connect(tmp_path / "x.sqlite", read_only=True)
    try:
        until(lambda: other.execute("SELECT count(*) FROM messages").fetchone() == (1,), "the group is closed")
    finally:
        is_over.set()
        other.close()
        store.close()


def test_an_open_group_ends_by_itself_soon(tmp_path: Path) -> None:
    database.prepare(tmp_path / "x.sqlite")
    store = Store(tmp_path / "x.sqlite")
    store.write(lambda link: outbox.add(link, message(1, "hi"), 1, b"", b""), is_early=True)
    store.start(lambda error: None)
    other = database.connect(tmp_path / "x.sqlite", read_only=True)
    until(lambda: other.execute("SELECT count(*) FROM messages").fetchone() == (1,), "the group is closed")
    other.close()
    store.close()


def test_an_early_one_is_told_once_however_often_its_group_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "_AGAIN", (0.0,))
    database.prepare(tmp_path / "x.sqlite")
    store = Store(tmp_path / "x.sqlite")
    told: list[object] = []
    tries: list[int] = []

    def refused(link: sqlite3.Connection) -> None:
        tries.append(1)
        if len(tries) == 1:
            error = sqlite3.OperationalError("full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

    store.write(lambda link: "kept", told.append, is_early=True)
    store.write(refused)
    store.start(lambda error: None)
    store.close()
    assert (told, len(tries)) == (["kept"], 2)


def test_what_was_told_early_and_could_not_be_kept_is_a_trouble_and_not_taken_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database.prepare(tmp_path / "x.sqlite")
    store = Store(tmp_path / "x.sqlite")
    told: list[object] = []
    failed: list[Exception] = []

    def kept(link: sqlite3.Connection) -> str:
        no = sqlite3.SQLITE_DENY
        link.set_authorizer(lambda what, how, *_: no if (what, how) == (sqlite3.SQLITE_TRANSACTION, "COMMIT") else 0)
        return "kept"

    store.write(kept, told.append, lambda: told.append("lost"), is_early=True)
    store.start(failed.append)
    store.close()
    caplog.clear()
    assert (told, len(failed)) == (["kept"], 1)


def test_one_bad_write_does_not_take_its_neighbours_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database.prepare(tmp_path / "x.sqlite")
    store = Store(tmp_path / "x.sqlite")
    failed: list[Exception] = []
    done: list[object] = []
    store.write(lambda link: outbox.add(link, message(1, "one"), 1, b"", b""), done.append)
    store.write(lambda link: link.execute("INSERT INTO nowhere VALUES (1)"))
    store.write(lambda link: outbox.add(link, message(2, "two"), 2, b"", b""), done.append)
    store.start(failed.append)
    store.close()
    caplog.clear()
    assert (len(failed), len(done)) == (1, 2)


def test_whoever_waits_for_what_cannot_be_done_is_told_and_both_threads_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not of a disk alone: whatever a write or a read raises."""
    database.prepare(tmp_path / "x.sqlite")
    store = Store(tmp_path / "x.sqlite")
    told: queue.SimpleQueue[str] = queue.SimpleQueue()

    def deep(link: sqlite3.Connection) -> None:
        raise RecursionError("too deep")

    store.start(lambda error: told.put(type(error).__name__))
    for ask in (store.write, store.read):
        ask(deep, lambda found: told.put("found"), lambda: told.put("lost"))
        ask(lambda link: link.execute("SELECT 1").fetchone(), lambda found: told.put(f"went on: {found}"))
        assert [told.get(timeout=10) for _ in range(3)] == ["RecursionError", "lost", "went on: (1,)"]
    store.close()
    caplog.clear()


def test_a_large_history_is_looked_through_beside_the_work_and_damage_is_dealt_with_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database, "LARGE", 1000)
    path = tmp_path / "x.sqlite"
    database.prepare(path)
    link = database.connect(path)
    for number in range(400):
        outbox.add(link, message(number + 1, "some words " * 40), number + 1, b"r" * 300, number.to_bytes(32, "big"))
    link.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * 20_000)
    assert not database.prepare(path), "it starts at once"
    told = threading.Event()
    store = Store(path)
    store.start(lambda error: told.set())
    assert told.wait(20)
    store.close()
    caplog.clear()
    assert database.prepare(path), "and is moved aside at the next start"
    assert len(list(tmp_path.glob("x.damaged-*"))) >= 1
    assert not database.prepare(path)


@pytest.mark.warns("what has expired is still in the journal")
def test_a_journal_that_cannot_be_emptied_costs_that_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, for one: what is written afterwards is kept all the same."""
    def full(link: sqlite3.Connection) -> bool:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(threads, "_checkpoint", full)
    path = tmp_path / "x.sqlite"
    database.prepare(path)
    store = Store(path)
    store.start(lambda error: None)
    store.flush()
    kept = threading.Event()
    store.write(lambda link: outbox.add(link, message(1, "hi"), 1, b"r", b"d"), lambda result: kept.set())
    assert kept.wait(60)
    store.close()


def test_a_reader_does_not_hold_up_what_is_written_behind_a_flush(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    database.prepare(path)
    reader = database.connect(path, read_only=True)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM messages").fetchone()
    link = database.connect(path)
    outbox.add(link, message(1, "hi"), 1, b"r", b"d")
    asked: list[str] = []
    link.set_trace_callback(asked.append)
    assert not threads._flush(link), "the reader is in the way"
    assert asked[0] == "PRAGMA busy_timeout = 0"
    assert asked[-1] == f"PRAGMA busy_timeout = {database.BUSY}"
    reader.close()
    assert threads._flush(link)
    link.close()
