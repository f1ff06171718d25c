"""Pages of what was said, and finding it again."""

from __future__ import annotations

import datetime
import sqlite3
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from lanshare.domain.message import Delivery, SearchQuery
from lanshare.domain.offer import Offer
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.store import database, history, journal, outbox
from lanshare.store.threads import Store
from tests.harness.made import NOW, PEER, message
from tests.harness.steps import counted


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
    assert [one.message.text for one in history.search(db, SearchQuery(wanted), 10) if one.message] == [text]


def test_what_is_erased_is_gone_from_pages_search_and_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    database.prepare(path)
    store = Store(path)
    other = PeerId("w" * 52)
    waiting = replace(message(3, "still queued words", True), delivery=Delivery.QUEUED)
    stays = replace(message(4, "somebody else's words"), peer=other)
    for number, one in enumerate((message(1, "the erased words"), message(2, "more erased words"), waiting, stays), 1):
        store.write(lambda db, one=one, number=number: outbox.add(db, one, number, one.text.encode(), b""))  # type: ignore[misc]
    gone: list[object] = []
    store.write(lambda db: history.erase(db, PEER), gone.append)
    store.compact(gone.append)
    store.start(lambda error: None)
    store.close()
    assert gone == [[], True]
    link = database.connect(path)
    left = [one.message.text for one in history.page(link, None, None, 10)[0] if one.message]
    assert left == ["still queued words", "somebody else's words"]
    assert history.search(link, SearchQuery("erased"), 10) == []
    assert len(history.search(link, SearchQuery("words"), 10)) == 2
    assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    link.close()
    on_disk = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert b"erased" not in on_disk
    assert b"still queued words" in on_disk


def test_an_id_that_another_peer_chose_as_well_takes_nothing_of_theirs_along(db: sqlite3.Connection) -> None:
    mine = message(1, "the friend's words")
    other = replace(mine, peer=PeerId("w" * 52), author=PeerId("w" * 52), text="the stranger's words")
    outbox.add(db, mine, 1, b"", b"")
    outbox.add(db, other, 1, b"", b"")
    history.erase(db, other.peer)
    left = [one.message.text for one in history.page(db, None, None, 10)[0] if one.message]
    assert left == ["the friend's words"]
    assert len(history.search(db, SearchQuery("words"), 10)) == 1


def test_transfers_that_are_over_go_and_others_stay(db: sqlite3.Connection) -> None:
    for letter, state in (("a", TransferState.DONE), ("b", TransferState.WAITING)):
        ident = TransferId(letter * 32)
        one = Transfer(ident, PEER, Direction.OUT, state, Offer((), 0, 0, 0, True), NOW)
        journal.add(db, one)
    assert history.erase(db, None) == [TransferId("a" * 32)]
    assert [one.transfer.id for one in history.page(db, None, None, 9)[0] if one.transfer] == [TransferId("b" * 32)]


def test_of_two_authors_messages_with_one_id_only_the_seen_one_is_read(db: sqlite3.Connection) -> None:
    """An id is its author's choice: a member may take that of another one's message."""
    group, anna, mallory = PeerId("g" * 52), PeerId("v" * 52), PeerId("w" * 52)
    for author in (anna, mallory):
        outbox.add(db, replace(message(1, "one id"), peer=group, author=author), 1, b"", b"")
    ident = message(1, "").id
    assert history.mark_read(db, group, [(ident, None)]) == 2, "that would be a transfer"
    assert history.mark_read(db, group, [(ident, mallory)]) == 1
    assert history.untold(db, anna, 9) == []
    assert history.untold(db, mallory, 9) == [ident]
    assert history.mark_read(db, group, [(ident, anna)]) == 0


def test_what_is_not_to_stay_goes_once_it_is_read_and_delivered(db: sqlite3.Connection) -> None:
    outbox.add(db, message(1, "old and read"), 1, b"", b"")
    now = datetime.datetime.now(datetime.UTC)
    sent = replace(message(2, "old and delivered", True), delivery=Delivery.DELIVERED, sent_at=now)
    outbox.add(db, sent, 2, b"", b"")
    history.mark_read(db, PEER)
    outbox.add(db, message(3, "not read yet"), 3, b"", b"")
    outbox.add(db, message(4, "still queued", True), 4, b"", b"")
    other = replace(message(5, "of another"), peer=PeerId("w" * 52), author=PeerId("w" * 52))
    outbox.add(db, other, 1, b"", b"")
    later = int(now.timestamp() * 1000) + 90_000_000
    assert history.expire(db, later) == {}, "nobody asked for it"
    history.keep_for(db, PEER, 86_400)
    assert history.expire(db, later - 86_400_000) == {}
    assert list(history.expire(db, later)) == [PEER]
    left = [one.message.text for one in history.page(db, None, None, 10)[0] if one.message]
    assert left == ["not read yet", "still queued", "of another"]
    assert history.search(db, SearchQuery("old"), 10) == []
    history.keep_for(db, PEER, 0)
    history.mark_read(db, PEER)
    assert history.expire(db, later) == {}


@pytest.mark.parametrize("days", [-20_000, -2, 0, 2, 20_000])
@pytest.mark.parametrize("hidden", [False, True])
def test_how_long_it_stays_counts_from_when_it_came_whatever_its_author_says(
    db: sqlite3.Connection, days: int, hidden: bool
) -> None:
    now = datetime.datetime.now(datetime.UTC)
    said = replace(message(1, "dated"), sent_at=now + datetime.timedelta(days))
    outbox.add(db, said, 1, b"", b"", hidden=hidden)
    history.mark_read(db, PEER)
    history.keep_for(db, PEER, 3600)
    came = int(now.timestamp() * 1000)
    assert history.expire(db, came + 3_000_000) == {}
    assert history.expire(db, came + 4_000_000) == {PEER: (said.id,)}
    assert db.execute("SELECT count(*) FROM messages").fetchone() == (0,)


@pytest.mark.parametrize("by", ["the hour", "the person, who wants it to stay from now on"])
def test_what_has_expired_is_gone_from_the_file_while_it_is_in_use(tmp_path: Path, by: str) -> None:
    """With many that stay: the index of words is in several parts by then."""
    path = tmp_path / "x.sqlite"
    database.prepare(path)
    store = Store(path)
    store.start(lambda error: None)
    other = PeerId("w" * 52)
    for number in range(1, 400):
        said = message(number, f"expiring{number} words")
        stays = replace(message(1000 + number, f"staying{number} words"), peer=other, author=other)
        for one, at in ((said, number), (stays, number)):
            store.write(lambda db, one=one, at=at: outbox.add(db, one, at, one.text.encode(), b""))  # type: ignore[misc]
    store.write(lambda db: history.mark_read(db, PEER))
    store.write(lambda db: history.keep_for(db, PEER, 1))
    done = threading.Event()
    later = int(datetime.datetime.now().timestamp() * 1000) + 10_000
    store.write(lambda db: history.expire(db, later))
    store.write(history.tidy if by == "the hour" else lambda db: history.keep_for(db, PEER, 0))
    store.flush()
    store.write(lambda db: None, lambda nothing: done.set())
    assert done.wait(60)
    on_disk = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    store.close()
    assert b"expiring" not in on_disk
    assert b"staying399" in on_disk


def test_words_in_one_conversation_cost_what_is_found_and_not_what_was_said_there(db: sqlite3.Connection) -> None:
    def work(count: int) -> int:
        """Steps of SQLite's machine, in tens, for one search among so many messages."""
        have = db.execute("SELECT count(*) FROM messages").fetchone()[0]
        for number in range(have + 1, count + 1):
            outbox.add(db, message(number, f"word {'needle' if number % 100 == 0 else number}"), number, b"", b"")
        with counted(db) as steps:
            found = history.search(db, SearchQuery("needle", PEER), 5)
        assert len(found) == 5
        return steps.count

    few = work(500)
    assert work(2500) < 3 * few, "five times as much was said"


def test_what_expires_costs_as_much_as_expires(db: sqlite3.Connection) -> None:
    def work(count: int) -> int:
        """For so many messages that expire at once."""
        for number in range(1, count + 1):
            outbox.add(db, message(count * 10 + number, f"word {number}"), count * 10 + number, b"", b"")
        history.mark_read(db, PEER)
        history.keep_for(db, PEER, 1)
        later = int(datetime.datetime.now().timestamp() * 1000) + 10_000
        with counted(db) as steps:
            (gone,) = history.expire(db, later).values()
        assert len(gone) == count
        return steps.count

    few = work(200)
    assert work(1600) < 12 * few, "eight times as much"
