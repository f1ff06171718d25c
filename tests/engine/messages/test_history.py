"""History is read by pages, marked as read, and goes when it is to go."""

from __future__ import annotations

import functools
import sqlite3
import threading
from pathlib import Path

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.control_messages import Stored
from lanshare.domain.message import MessageId
from lanshare.engine import inbox as n
from lanshare.engine.effects import CompactStore, DbWrite
from lanshare.engine.messages.history import HistoryService
from lanshare.store import outbox
from lanshare.store.threads import Store
from tests.harness.made import PEER, message
from tests.harness.stepped import BOB, Setting


def said(setting: Setting, number: int) -> MessageId:
    """A message of ours to Bob."""
    ident = MessageId(f"{number:032x}")
    setting.do(c.SendText(ident, BOB.id, f"text {number}"))
    return ident


def last(setting: Setting, kind: type[e.Event]) -> e.Event:
    """What was told of this kind last."""
    return [one for one in setting.events if isinstance(one, kind)][-1]


def test_a_page_and_a_search_answer_with_the_number_of_their_request(setting: Setting) -> None:
    for number in range(3):
        said(setting, number)
    setting.do(c.LoadHistory(7, BOB.id, None, 2))
    page = last(setting, e.HistoryLoaded)
    assert isinstance(page, e.HistoryLoaded)
    assert (page.request, page.more, len(page.moments), page.found) == (7, True, 2, False)
    setting.do(c.LoadHistory(8, BOB.id, None, 10, search="text"))
    found = last(setting, e.HistoryLoaded)
    assert isinstance(found, e.HistoryLoaded)
    assert (found.request, found.more, len(found.moments), found.found) == (8, False, 3, True)


def test_erased_history_is_told_once_it_is_out_of_the_file(setting: Setting) -> None:
    setting.connect()
    setting.do(n.ControlReceived(BOB.id, Stored(said(setting, 1))))
    setting.do(c.EraseHistory(BOB.id))
    assert last(setting, e.HistoryErased) == e.HistoryErased(BOB.id, True)
    setting.do(c.LoadHistory(1, BOB.id, None, 10))
    page = last(setting, e.HistoryLoaded)
    assert isinstance(page, e.HistoryLoaded)
    assert not page.moments


def test_what_is_erased_is_gone_from_the_disk_though_the_program_ends_at_once(
    setting: Setting, tmp_path: Path
) -> None:
    store = Store(tmp_path / "x.sqlite")
    (tmp_path / "receipts").mkdir()
    receipt = tmp_path / "receipts" / ("a" * 32)
    receipt.write_text("/home/anna/in")
    store.start(lambda error: None)
    secret = message(1, "a word that nobody else would write: xylograph")
    kept = threading.Event()
    store.write(lambda db: outbox.add(db, secret, 1, b"record", b"digest"), lambda _: kept.set())
    assert kept.wait(10)
    deps = setting.node._deps
    deps.store = store
    service = HistoryService(deps, lambda item: None)
    for effect in service._erase(PEER):
        if isinstance(effect, CompactStore):
            service._compact(effect)
        else:
            assert isinstance(effect, DbWrite)
            store.write(functools.partial(_done, effect), None)
    store.close()
    assert not receipt.exists()
    left = b"".join(path.read_bytes() for path in tmp_path.glob("x.sqlite*"))
    assert b"xylograph" not in left


def _done(effect: DbWrite, db: sqlite3.Connection) -> None:
    effect.work(db, *effect.args)


def test_a_draft_is_there_for_whoever_joins_next(setting: Setting) -> None:
    setting.do(c.SaveDraft(BOB.id, "half a thought"))
    joined: list[e.Event] = []
    setting.node.subscribe(joined.append)
    setting.run()
    assert isinstance(joined[0], e.Snapshot)
    assert joined[0].drafts == {BOB.id: "half a thought"}
