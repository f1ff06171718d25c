"""Messages: kept once each, ours until the peer stored them."""

from __future__ import annotations

import sqlite3

from lanshare.domain.message import Delivery
from lanshare.store import history, outbox
from tests.harness.made import ME, PEER, message


def test_the_same_message_is_kept_once(db: sqlite3.Connection) -> None:
    assert outbox.add(db, message(1, "hi"), 1, b"", b"") == 1
    assert outbox.add(db, message(1, "other text"), 1, b"", b"") is None
    assert [one.message.text for one in history.page(db, PEER, None, 10)[0] if one.message] == ["hi"]


def test_what_nobody_confirmed_waits_in_order_until_it_is_confirmed(db: sqlite3.Connection) -> None:
    for number in (1, 2, 3):
        outbox.add(db, message(number, f"text {number}", out=True), number, b"record %d" % number, b"d%d" % number)
    assert [record for _, _, record in outbox.queued(db, PEER)] == [b"record 1", b"record 2", b"record 3"]
    assert outbox.clock(db, PEER, ME) == (3, 3, b"d3")
    two = message(2, "").id
    assert outbox.set_delivery(db, ME, two, Delivery.DELIVERED, PEER)
    assert not outbox.set_delivery(db, ME, two, Delivery.REFUSED, PEER), "what is delivered stays so"
    assert [ident for _, ident, _ in outbox.queued(db)] == [message(1, "").id, message(3, "").id]
    found = outbox.find(db, ME, two)
    assert found is not None
    assert found.delivery is Delivery.DELIVERED
    assert outbox.find(db, PEER, two) is None


def test_a_confirmation_by_somebody_else_changes_nothing(db: sqlite3.Connection) -> None:
    outbox.add(db, message(1, "hi", out=True), 1, b"", b"")
    assert not outbox.set_delivery(db, ME, message(1, "").id, Delivery.DELIVERED, ME)
    assert len(outbox.queued(db)) == 1
