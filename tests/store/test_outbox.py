"""Messages: kept once each, ours until the peer stored them."""

from __future__ import annotations

import sqlite3

from msgspec.structs import replace

from lanshare.domain.message import Delivery, MessageId, MessageKind, SearchQuery
from lanshare.store import history, outbox
from tests.harness.made import ME, PEER, message


def test_the_same_message_is_kept_once(db: sqlite3.Connection) -> None:
    assert outbox.add(db, message(1, "hi"), 1, b"", b"") == outbox.Kept(1, False, message(1, "").order)
    assert outbox.add(db, message(1, "other text"), 1, b"", b"") is None
    assert [one.message.text for one in history.page(db, PEER, None, 10)[0] if one.message] == ["hi"]


def test_what_nobody_confirmed_waits_in_order_until_it_is_confirmed(db: sqlite3.Connection) -> None:
    for number in (1, 2, 3):
        outbox.add(db, message(number, f"text {number}", out=True), number, b"record %d" % number, b"d%d" % number)
    taken, fresh = outbox.take(db, PEER)
    assert [record for _, record in taken] == [b"record 1", b"record 2", b"record 3"]
    assert fresh == [message(number, "").id for number in (1, 2, 3)]
    assert outbox.take(db, PEER) == (taken, []), "they are on their way, and said again until they are confirmed"
    assert outbox.clock(db, PEER, ME) == (3, 3, (b"d3",))
    two = message(2, "").id
    assert outbox.set_delivery(db, ME, two, Delivery.DELIVERED, PEER)
    assert not outbox.set_delivery(db, ME, two, Delivery.REFUSED, PEER), "what is delivered stays so"
    assert [ident for _, ident in outbox.waiting(db)] == [message(1, "").id, message(3, "").id]
    found = outbox.find(db, ME, two)
    assert found is not None
    assert found.delivery is Delivery.DELIVERED
    assert outbox.find(db, PEER, two) is None


def test_a_confirmation_by_somebody_else_changes_nothing(db: sqlite3.Connection) -> None:
    outbox.add(db, message(1, "hi", out=True), 1, b"", b"")
    assert not outbox.set_delivery(db, ME, message(1, "").id, Delivery.DELIVERED, ME)
    assert len(outbox.waiting(db)) == 1


def test_a_late_message_stands_in_its_place_and_one_of_a_peer_that_counts_anew_at_the_end(
    db: sqlite3.Connection,
) -> None:
    for number in (2, 3, 5):
        outbox.add(db, message(number, f"text {number}"), number, b"", b"")
    assert outbox.add(db, message(4, "late"), 4, b"", b"") == outbox.Kept(4, True, message(4, "").order)
    anew = replace(message(1, "after a loss"), id=MessageId("ee" * 16))
    kept = outbox.add(db, anew, 2, b"", b"")
    assert kept is not None
    assert not kept.late
    shown = [one.message for one in history.page(db, PEER, None, 10)[0] if one.message]
    assert [one.text for one in shown] == ["text 2", "text 3", "late", "text 5", "after a loss"]
    assert [one.late for one in shown] == [False, False, True, False, False]


def test_numbers_that_were_used_are_not_used_again_after_all_was_erased(db: sqlite3.Connection) -> None:
    for number in (1, 2, 3):
        outbox.add(db, replace(message(number, "x", out=True), delivery=Delivery.DELIVERED), number, b"", b"")
    history.erase(db, None)
    assert history.page(db, PEER, None, 10) == ([], False)
    assert outbox.clock(db, PEER, ME) == (3, 3, ())


def test_a_queued_message_can_be_changed_and_taken_back_and_is_found_by_its_new_words(db: sqlite3.Connection) -> None:
    one = message(1, "old words", out=True)
    outbox.add(db, one, 1, b"record", b"digest")
    assert outbox.queued_record(db, ME, one.id, PEER) == b"record"
    outbox.change(db, replace(one, text="new words"), b"other", b"other")
    assert history.search(db, SearchQuery("old"), 10) == []
    assert len(history.search(db, SearchQuery("new"), 10)) == 1
    outbox.take(db, PEER)
    assert outbox.queued_record(db, ME, one.id, PEER) is None, "it is on its way"
    assert not outbox.remove(db, one.id, PEER)
    assert outbox.set_delivery(db, ME, one.id, Delivery.DELIVERED, PEER)
    assert outbox.set_read(db, ME, [one.id], PEER) == [one.id]
    assert outbox.set_read(db, ME, [one.id], PEER) == []
    assert outbox.remove(db, one.id, PEER)
    assert history.search(db, SearchQuery("new"), 10) == []


def test_a_reaction_stands_at_its_message_and_an_empty_one_takes_it_away(db: sqlite3.Connection) -> None:
    one = message(1, "hi", out=True)
    outbox.add(db, one, 1, b"", b"d" * 32)
    for number, sign in ((2, "\N{THUMBS UP SIGN}"), (3, "")):
        reaction = replace(
            message(number, sign), kind=MessageKind.REACTION, about=(b"d" * 32).hex(), id=MessageId(f"{number:032x}")
        )
        assert outbox.add(db, reaction, number, b"", b"r%d" % number) == outbox.Kept(0, False, "")
        (shown,) = [moment.message for moment in history.page(db, PEER, None, 10)[0]]
        assert shown is not None
        assert shown.reactions == (((PEER, sign),) if sign else ())


def test_what_was_seen_is_told_until_its_author_confirms_it(db: sqlite3.Connection) -> None:
    for number in (1, 2):
        outbox.add(db, message(number, "x"), number, b"", b"")
    assert history.untold(db, PEER, 10) == []
    history.mark_read(db, PEER)
    both = [message(1, "").id, message(2, "").id]
    assert history.untold(db, PEER, 10) == both
    history.told(db, PEER, both[:1])
    assert history.untold(db, PEER, 10) == both[1:]


def test_drafts_are_kept_until_they_are_emptied(db: sqlite3.Connection) -> None:
    outbox.keep_draft(db, PEER, "half a thou")
    outbox.keep_draft(db, PEER, "half a thought")
    assert outbox.drafts(db) == {PEER: "half a thought"}
    outbox.keep_draft(db, PEER, "")
    assert outbox.drafts(db) == {}


def test_an_id_that_two_authors_chose_names_two_messages_and_both_can_be_erased(db: sqlite3.Connection) -> None:
    outbox.add(db, replace(message(1, "our words", out=True), delivery=Delivery.DELIVERED), 1, b"", b"a")
    theirs = replace(message(2, "their words"), id=message(1, "").id)
    outbox.add(db, theirs, 1, b"", b"b")
    shown = [one.message.text for one in history.page(db, PEER, None, 10)[0] if one.message]
    assert shown == ["our words", "their words"]
    assert len(history.search(db, SearchQuery("words"), 10)) == 2
    history.mark_read(db, PEER)
    history.erase(db, None)
    assert history.page(db, PEER, None, 10) == ([], False)
    assert history.search(db, SearchQuery("words"), 10) == []
    db.execute("INSERT INTO search (search) VALUES ('integrity-check')")


def test_a_number_at_the_end_of_all_counting_is_not_believed(db: sqlite3.Connection) -> None:
    outbox.add(db, message(1, "hi"), 1, b"", b"")
    assert outbox.add(db, replace(message(2, "end"), lamport=2**52), 2, b"", b"") is None
    assert outbox.clock(db, PEER, ME)[0] == 1


def test_what_was_deleted_does_not_come_back_when_it_is_said_once_more(db: sqlite3.Connection) -> None:
    one = message(1, "away with it")
    outbox.add(db, one, 1, b"", b"")
    assert outbox.remove(db, one.id, PEER)
    assert outbox.add(db, one, 1, b"", b"") is None
    assert history.page(db, PEER, None, 10) == ([], False)
    assert outbox.add(db, one, 1, b"", b"", again=True) is not None, "but it can be taken in from what was saved"


def test_what_was_deleted_of_our_own_stays_away_when_a_member_hands_it_back(db: sqlite3.Connection) -> None:
    mine = message(7, "mine", out=True)
    assert mine.author == ME
    db.execute("INSERT INTO gone VALUES (?, ?)", (mine.author, mine.id))
    assert outbox.add(db, mine, 1, b"r", b"d" * 32) is None
    assert outbox.add(db, mine, 1, b"r", b"d" * 32, again=True) is not None, "but a person may take it in again"
