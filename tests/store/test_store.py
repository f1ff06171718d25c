"""The store: groups are durable before anybody hears, damage is set aside, a newer one is left alone."""

from __future__ import annotations

import datetime
import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.message import ChatMessage, Delivery, MessageId
from lanshare.domain.offer import Offer
from lanshare.domain.peer import DeviceKind, PeerId, TrustLevel
from lanshare.domain.settings import Appearance, Settings
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.store import database, history, journal, outbox, settings, trustbook
from lanshare.store.database import Store
from lanshare.store.folding import folded, query
from lanshare.store.lock import ProfileLock
from lanshare.store.places import places
from lanshare.store.trustbook import Acquaintance

ME, PEER = PeerId("m" * 52), PeerId("p" * 52)
NOW = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)


def message(number: int, text: str, out: bool = False) -> ChatMessage:
    """A message of the pair."""
    direction = Direction.OUT if out else Direction.IN
    delivery = Delivery.QUEUED if out else Delivery.RECEIVED
    author = ME if out else PEER
    return ChatMessage(MessageId(f"{number:032x}"), PEER, author, direction, text, NOW, number, delivery)


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    """A fresh database."""
    database.prepare(tmp_path / "x.sqlite")
    return database.connect(tmp_path / "x.sqlite")


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


def test_the_same_message_is_kept_once(db: sqlite3.Connection) -> None:
    assert outbox.add(db, message(1, "hi"), 1, b"", b"") == 1
    assert outbox.add(db, message(1, "other text"), 1, b"", b"") is None
    assert [one.message.text for one in history.page(db, PEER, None, 10)[0] if one.message] == ["hi"]
    db.close()


def test_pages_go_back_to_the_beginning(db: sqlite3.Connection) -> None:
    for number in range(1, 26):
        outbox.add(db, message(number, f"text {number}"), number, b"", b"")
    seen: list[str] = []
    before, more = None, True
    while more:
        page, more = history.page(db, PEER, before, 10)
        seen[:0] = [one.message.text for one in page if one.message]
        before = page[0].position
    assert seen == [f"text {number}" for number in range(1, 26)]
    assert history.conversations(db)[0].unread == 25
    history.mark_read(db, PEER)
    assert history.conversations(db)[0].unread == 0
    db.close()


@pytest.mark.parametrize(("text", "wanted"), [
    ("Der Käse ist im Kühlschrank", "kase"),
    ("Der Käse ist im Kühlschrank", "KÜHL"),
    ("明日東京で会いましょう", "東京"),
    ("안녕하세요 여러분", "여러"),
    ("see https://example.org/page", "example"),
])
def test_words_are_found_with_accents_folded_and_in_pairs(db: sqlite3.Connection, text: str, wanted: str) -> None:
    outbox.add(db, message(1, text), 1, b"", b"")
    outbox.add(db, message(2, "something else"), 2, b"", b"")
    assert [one.message.text for one in history.search(db, wanted, None, 10) if one.message] == [text]
    db.close()


def test_a_query_of_any_characters_is_no_syntax(db: sqlite3.Connection) -> None:
    outbox.add(db, message(1, 'quote " and * star'), 1, b"", b"")
    for text in ('"', "*", "a OR", "NEAR(", "-", "col:x", "'; DROP", "\x00"):
        history.search(db, text, None, 10)
    assert query('quote "') == '"quote"*'
    assert folded("ÀÉ") == "ae"
    db.close()


def test_a_transfer_lives_from_the_wish_to_the_end(db: sqlite3.Connection) -> None:
    name = Path(os.fsdecode(b"/tmp/not \xff text"))
    transfer = Transfer(
        TransferId("a" * 32), PEER, Direction.OUT, TransferState.QUEUED, Offer((), 1, 0, 0, True), NOW
    )
    journal.add(db, transfer, (name,))
    (left,) = journal.unfinished(db)
    assert (left.sources, left.accepted) == ((name,), False)
    journal.set_state(db, transfer.id, TransferState.WAITING, "peer-away")
    done = Transfer(transfer.id, PEER, Direction.OUT, TransferState.DONE, transfer.offer, NOW, files_done=3)
    journal.finish(db, done, 0, ())
    assert journal.unfinished(db) == []
    ended = journal.ended(db, transfer.id)
    assert ended is not None
    assert (ended[0], ended[1].state, ended[1].files_done) == (PEER, TransferState.DONE, 3)
    db.close()


def test_the_trust_book_remembers(db: sqlite3.Connection) -> None:
    one = Acquaintance(PEER, "Bob", DeviceKind.LAPTOP, "Debian", TrustLevel.STRANGER, ("10.0.0.1:17717",), 5)
    trustbook.remember(db, one)
    assert trustbook.all_peers(db) == [one]
    trustbook.forget_strangers(db, 6)
    assert trustbook.all_peers(db) == []
    db.close()


def test_a_damaged_database_is_moved_aside_with_its_content(tmp_path: Path) -> None:
    path = tmp_path / "lanshare.sqlite"
    junk = b"this is no database" * 1000
    path.write_bytes(junk)
    assert database.prepare(path) is True
    kept = [one for one in tmp_path.iterdir() if "damaged" in one.name]
    assert [one.read_bytes() for one in kept] == [junk]
    assert database.prepare(path) is False


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


def test_settings_are_kept_and_damaged_ones_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    chosen = Settings(name="Desk", port=20000, appearance=Appearance.DARK)
    settings.save(path, chosen)
    assert settings.load(path) == (chosen, False)
    path.write_text('{"port": "many"}')
    assert settings.load(path) == (Settings(), True)
    assert (tmp_path / "settings.damaged.json").exists()


def test_one_lock_at_a_time(tmp_path: Path) -> None:
    one, other = ProfileLock(tmp_path / "lock"), ProfileLock(tmp_path / "lock")
    assert one.take()
    assert not other.take()
    one.release()
    assert other.take()
    other.release()


def test_the_profile_is_private(tmp_path: Path) -> None:
    where = places(tmp_path / "profile")
    old = os.umask(0)
    try:
        where.prepare()
        database.prepare(where.database)
    finally:
        os.umask(old)
    assert stat.S_IMODE(where.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(where.database.stat().st_mode) == 0o600
