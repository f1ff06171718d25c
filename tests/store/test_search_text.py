"""How text becomes words that can be found."""

from __future__ import annotations

import sqlite3

from lanshare.domain.message import SearchQuery
from lanshare.store import history, outbox
from lanshare.store.search_text import folded, query
from tests.harness.made import message


def test_a_query_of_any_characters_is_no_syntax(db: sqlite3.Connection) -> None:
    outbox.add(db, message(1, 'quote " and * star'), 1, b"", b"")
    for text in ('"', "*", "a OR", "NEAR(", "-", "col:x", "'; DROP", "\x00"):
        history.search(db, SearchQuery(text), 10)
    assert query('quote "') == '"quote"*'
    assert folded("ÀÉ") == "ae"


def test_runs_of_chinese_become_pairs() -> None:
    assert folded("東京都").split() == ["東京", "京都"]
    assert query("京") == '"京"*'
