"""Pages of what was said, and finding it again."""

from __future__ import annotations

import sqlite3

import pytest

from lanshare.store import history, outbox
from tests.harness.made import PEER, message


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
    assert [one.message.text for one in history.search(db, wanted, None, 10) if one.message] == [text]
