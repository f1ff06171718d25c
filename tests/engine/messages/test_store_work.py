"""What the services of messages have the store do: what is found there, is what goes into the inbox."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from msgspec.structs import replace

from lanshare.domain.control_messages import SignedMessage
from lanshare.domain.events import EditRejected, HistoryErased, MessageUnsent
from lanshare.domain.message import ChatMessage, Delivery
from lanshare.domain.offer import Offer
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.engine.effects import FlushStore, Publish, ReadHere
from lanshare.engine.inbox import AfterCommit, DeliveryStored, EventReady, SeenLooked, TextArrived, TextHeld, TextUnkept
from lanshare.engine.messages import store_work
from lanshare.store import history, journal, outbox
from tests.harness.made import ME, NOW, PEER, message

ONE = message(1, "hi", out=True)


def kept(db: sqlite3.Connection, one: ChatMessage, delivery: Delivery) -> None:
    """It is in the store, as far as this."""
    assert outbox.add(db, replace(one, delivery=delivery), 1, b"record", b"digest" + one.id.encode()) is not None


def signed(one: ChatMessage, digest: bytes = b"digest") -> SignedMessage:
    """It, as its author said it."""
    return SignedMessage(one, 1, b"record", digest)


def test_ours_is_taken_back_only_while_nobody_can_have_it(db: sqlite3.Connection) -> None:
    kept(db, ONE, Delivery.QUEUED)
    assert store_work.take_back(db, ME, ONE.id, PEER) == EventReady(MessageUnsent(ONE.id, PEER))
    kept(db, message(2, "on its way", out=True), Delivery.SENDING)
    for ident in (message(2, "").id, message(3, "never was").id):
        found = store_work.take_back(db, ME, ident, PEER)
        assert isinstance(found.event, EditRejected)


def test_a_text_of_theirs_is_new_once_and_confirmed_as_often_as_it_is_said(db: sqlite3.Connection) -> None:
    one = signed(message(1, "hello"))
    first = store_work.keep_text(db, PEER, one, "Bob")
    assert isinstance(first, TextArrived)
    assert first.fresh
    assert first.news is not None
    again = store_work.keep_text(db, PEER, one, "Bob")
    assert again == TextArrived(one.message.id, PEER, PEER, False, None)
    other = signed(message(1, "another text with its id"), b"another")
    assert store_work.keep_text(db, PEER, other, "Bob") == TextUnkept(PEER, one.message.id)


def test_what_became_of_ours_is_told_only_if_it_was_on_its_way(db: sqlite3.Connection) -> None:
    assert store_work.hold(db, ME, ONE.id, PEER) is None
    assert store_work.refuse(db, ME, ONE.id, PEER, "declined") is None
    assert store_work.delivered(db, ME, ONE.id, PEER) is None
    kept(db, ONE, Delivery.SENDING)
    assert store_work.hold(db, ME, ONE.id, PEER) == TextHeld(PEER, ONE.id)
    assert store_work.take_waiting(db, PEER, -1).fresh == (ONE.id,)
    assert store_work.delivered(db, ME, ONE.id, PEER) == DeliveryStored(PEER, ONE.id, Delivery.DELIVERED)
    assert store_work.refuse(db, ME, ONE.id, PEER, "declined") is None, "it has it"
    two = message(2, "no", out=True)
    kept(db, two, Delivery.SENDING)
    refused = store_work.refuse(db, ME, two.id, PEER, "declined")
    assert refused == DeliveryStored(PEER, two.id, Delivery.REFUSED, "declined")


def test_what_waits_is_taken_in_order_and_no_more_of_it_than_asked_for(db: sqlite3.Connection) -> None:
    for number in (1, 2, 3):
        kept(db, message(number, "x", out=True), Delivery.QUEUED)
    first = store_work.take_waiting(db, PEER, 1)
    assert [ident for ident, _ in first.records] == [message(1, "").id]
    every = store_work.take_waiting(db, PEER, -1)
    assert [ident for ident, _ in every.records] == [message(number, "").id for number in (1, 2, 3)]
    assert every.fresh == (message(2, "").id, message(3, "").id), "the first was on its way before"


def test_what_was_seen_is_told_until_the_other_side_knows(db: sqlite3.Connection) -> None:
    one = message(1, "theirs")
    kept(db, one, Delivery.RECEIVED)
    assert store_work.find_untold(db, PEER) is None
    history.mark_read(db, PEER)
    assert store_work.find_untold(db, PEER) == SeenLooked(PEER, (one.id,))
    assert store_work.told_seen(db, PEER, (one.id,)) == AfterCommit((ReadHere(PEER),))
    assert store_work.find_untold(db, PEER) is None
    assert store_work.told_seen(db, PEER, (one.id,)) is None, "what was not news starts nothing anew"


def test_ours_that_were_seen_are_told_once(db: sqlite3.Connection) -> None:
    kept(db, ONE, Delivery.DELIVERED)
    assert store_work.see(db, ME, (ONE.id,), PEER).news == (ONE.id,)
    assert store_work.see(db, ME, (ONE.id,), PEER).news == ()
    assert store_work.see(db, ME, (ONE.id,), PeerId("s" * 52)).news == (), "a third one has seen nothing"


def test_what_is_past_its_time_is_told_with_what_is_left_and_leaves_the_journal(db: sqlite3.Connection) -> None:
    now = int(NOW.timestamp() * 1000)
    assert store_work.expire(db, now) is None
    kept(db, message(1, "old"), Delivery.RECEIVED)
    history.mark_read(db, PEER)
    history.keep_for(db, PEER, 1)
    found = store_work.expire(db, now + 10**12)
    assert found is not None
    first, told = found.effects
    assert first == FlushStore()
    assert isinstance(told, Publish)
    assert isinstance(told.event, HistoryErased)
    assert told.event.gone == (message(1, "").id,)


def test_receipts_go_with_the_transfers_that_are_in_the_journal_no_more(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    ids = [TransferId(f"{number:032x}") for number in (1, 2)]
    offer = Offer((), 0, 0, 0, True)
    journal.add(db, Transfer(ids[0], PEER, Direction.IN, TransferState.DONE, offer, NOW))
    receipts = tmp_path / "receipts"
    receipts.mkdir()
    for name in (*ids, "something else"):
        (receipts / name).write_text("x")
    store_work.sweep_receipts(db, receipts)
    assert sorted(path.name for path in receipts.iterdir()) == [ids[0], "something else"]
    store_work.erase(db, PEER)
    store_work.sweep_receipts(db, receipts)
    store_work.sweep_receipts(db, tmp_path / "no such folder")
    assert [path.name for path in receipts.iterdir()] == ["something else"]
