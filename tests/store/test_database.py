"""The file: damage is set aside, an older one is brought up, a newer one is left alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.message import SearchQuery
from lanshare.store import database, history, outbox, schema
from tests.harness.made import ME, PEER


def test_a_damaged_database_is_moved_aside_with_its_content(tmp_path: Path) -> None:
    path = tmp_path / "lanshare.sqlite"
    junk = b"this is no database" * 1000
    path.write_bytes(junk)
    assert database.prepare(path) is True
    kept = [one for one in tmp_path.iterdir() if "damaged" in one.name]
    assert [one.read_bytes() for one in kept] == [junk]
    assert database.prepare(path) is False


def test_an_older_database_is_brought_up_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "lanshare.sqlite"
    link = sqlite3.connect(path)
    link.executescript(f"{schema.SCHEMA} PRAGMA user_version = 1;")
    link.execute(
        "INSERT INTO transfers (id, peer, direction, state, offer, started_at) VALUES ('a', 'p', 'in', 'done', '{}', 1)"
    )
    link.commit()
    link.close()
    assert database.prepare(path) is False
    link = database.connect(path)
    assert link.execute("SELECT id, clash, paused FROM transfers").fetchall() == [("a", "keep", 0)]
    assert link.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    link.close()


def test_a_newer_database_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "lanshare.sqlite"
    database.prepare(path)
    link = sqlite3.connect(path)
    link.execute("PRAGMA user_version = 99")
    link.close()
    before = path.read_bytes()
    with pytest.raises(LanshareError) as error:
        database.prepare(path)
    assert error.value.code is Code.DATABASE_NEWER
    assert path.read_bytes() == before


def test_a_history_of_the_version_before_is_taken_over_with_its_order_and_its_words(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    link = sqlite3.connect(path)
    link.executescript(f"{schema.SCHEMA} {schema.MIGRATIONS[2]} PRAGMA user_version = 2;")
    for number, (author, text) in enumerate((("p", "first"), ("m", "still queued"), ("p", "third")), 1):
        link.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, x'', ?)",
            (author * 52, f"{number:032x}", PEER, "in" if author == "p" else "out", text, number, number, number,
             "received" if author == "p" else "queued", number.to_bytes(32, "big")),
        )
        link.execute("INSERT INTO timeline (peer, at, message) VALUES (?, ?, ?)", (PEER, number, f"{number:032x}"))
        link.execute("INSERT INTO search (rowid, body) VALUES (?, ?)", (number, text))
    link.execute("INSERT INTO timeline (position, peer, at, transfer) VALUES (9, ?, 9, 'x')", (PEER,))
    link.commit()
    link.close()
    assert not database.is_current(path)
    assert not database.prepare(path)
    assert database.is_current(path)
    link = database.connect(path)
    shown = [one.message.text for one in history.page(link, PEER, None, 10)[0] if one.message]
    assert shown == ["first", "still queued", "third"]
    assert [len(history.search(link, SearchQuery(words), 9)) for words in ("st", "thi", "nothing")] == [1, 1, 0]
    assert outbox.clock(link, PEER, ME) == (3, 2, ((3).to_bytes(32, "big"),))
    assert [ident for _, ident in outbox.waiting(link)] == [f"{2:032x}"]
    order = [row[0] for row in link.execute("SELECT position FROM timeline ORDER BY lamport, tie")]
    assert order == [1, 2, 3, 9], "the transfer stays behind what was there before it"
    link.close()
