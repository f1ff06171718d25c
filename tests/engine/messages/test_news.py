"""What is told of a message that came: itself, or what it does to another one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from lanshare.domain.events import MessageReacted, MessageReceived
from lanshare.domain.message import ChatMessage, MessageKind
from lanshare.engine.messages import news
from lanshare.store import database, outbox
from tests.harness.made import PEER, message

DIGEST = bytes(32)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An empty store."""
    database.prepare(tmp_path / "x.sqlite")
    link = database.connect(tmp_path / "x.sqlite")
    yield link
    link.close()


def kept(db: sqlite3.Connection, said: ChatMessage, digest: bytes = DIGEST) -> outbox.Kept:
    """It, as it came to lie."""
    found = outbox.add(db, said, 1, b"record", digest)
    assert found is not None
    return found


def test_a_text_is_told_whole(db: sqlite3.Connection) -> None:
    one = message(1, "hi")
    lies = kept(db, one)
    told = news.read(db, one, lies, "Bob")
    assert told == MessageReceived(
        one.id, PEER, "Bob", "hi", one.sent_at, lies.position, None, one.author, lies.order, lies.late, MessageKind.TEXT
    )


def test_an_answer_comes_with_what_it_answers_if_that_is_here(db: sqlite3.Connection) -> None:
    asked = message(1, "when?")
    answer = replace(message(2, "at ten"), about=DIGEST.hex())
    before = news.read(db, answer, outbox.Kept(1, False, "x"), "Bob")
    kept(db, asked)
    after = news.read(db, answer, outbox.Kept(1, False, "x"), "Bob")
    assert isinstance(before, MessageReceived)
    assert isinstance(after, MessageReceived)
    assert before.quote is None
    assert after.quote is not None
    assert (after.quote.id, after.quote.text) == (asked.id, "when?")


def test_a_reaction_is_told_of_what_it_is_about_and_not_at_all_without(db: sqlite3.Connection) -> None:
    liked = message(1, "a joke")
    sign = replace(message(2, "+1"), about=DIGEST.hex(), kind=MessageKind.REACTION)
    lies = outbox.Kept(0, False, "x")
    assert news.read(db, sign, lies, "Bob") is None
    kept(db, liked)
    assert news.read(db, sign, lies, "Bob") == MessageReacted(liked.id, PEER, sign.author, "+1")
    nothing = replace(sign, about="")
    assert news.read(db, nothing, lies, "Bob") is None
