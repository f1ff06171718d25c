"""Transfers from the wish to the end."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from msgspec.structs import replace

from lanshare.domain.offer import Allowance, ConflictPolicy, Destination, Offer, Skipped
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.store import history, journal
from tests.harness.folders import odd_name
from tests.harness.made import ME, NOW, PEER

ALLOWED = Allowance(("a",), 1, 3, 1000)


def test_a_transfer_lives_from_the_wish_to_the_end(db: sqlite3.Connection) -> None:
    name = Path("/tmp", odd_name(b"not \xff text"))
    transfer = Transfer(
        TransferId("a" * 32), PEER, Direction.OUT, TransferState.QUEUED, Offer((), 1, 0, 0, True), NOW
    )
    journal.add(db, transfer, (name,))
    (left,) = journal.unfinished(db)
    assert (left.sources, left.accepted) == ((name,), False)
    journal.set_state(db, transfer.id, TransferState.WAITING, "peer-away")
    done = Transfer(transfer.id, PEER, Direction.OUT, TransferState.DONE, transfer.offer, NOW, files_done=3)
    journal.finish(db, done)
    assert journal.unfinished(db) == []
    ended = journal.ended(db, transfer.id)
    assert ended is not None
    assert (ended.peer, ended.state, ended.files_done) == (PEER, TransferState.DONE, 3)


def test_how_many_failed_is_kept_also_of_those_that_are_not_named(db: sqlite3.Connection) -> None:
    transfer = Transfer(TransferId("a" * 32), PEER, Direction.OUT, TransferState.QUEUED, Offer((), 1, 0, 0, True), NOW)
    journal.add(db, transfer, (Path("/x"),))
    skipped = tuple(Skipped(f"x/{number}", "file-changed") for number in range(1500))
    journal.finish(db, replace(transfer, state=TransferState.PARTIAL, files_failed=2500, skipped=skipped))
    (moment,) = history.page(db, None, None, 9)[0]
    assert moment.transfer is not None
    assert (moment.transfer.files_failed, len(moment.transfer.skipped)) == (2500, 1000)
    sent = journal.sent(db, transfer.id)
    assert sent is not None
    assert sent.missing == (), "not all of them are known, so all is sent again"


def test_what_is_over_is_untidy_until_it_is_tidied(db: sqlite3.Connection) -> None:
    transfer = Transfer(TransferId("d" * 32), PEER, Direction.IN, TransferState.OFFERED, Offer((), 0, 0, 0, False), NOW)
    journal.add(db, transfer)
    journal.accept(db, transfer.id, Destination(Path("/into/here"), ConflictPolicy.KEEP), ALLOWED)
    assert journal.untidy(db) == []
    journal.finish(db, replace(transfer, state=TransferState.DONE))
    assert journal.untidy(db) == [(transfer.id, Path("/into/here"))]
    journal.tidied(db, transfer.id)
    assert journal.untidy(db) == []


def test_a_retry_and_its_place_are_remembered(db: sqlite3.Connection) -> None:
    first, again = TransferId("e" * 32), TransferId("f" * 32)
    transfer = Transfer(again, PEER, Direction.OUT, TransferState.QUEUED, Offer((), 1, 0, 0, True), NOW)
    journal.add(db, transfer, (Path("/x"),), frozenset({"x/a", "x/b"}), first)
    journal.set_rank(db, again, -3)
    (left,) = journal.unfinished(db)
    assert (left.only, left.after, left.rank) == (frozenset({"x/a", "x/b"}), first, -3)


def test_an_accepted_one_is_taken_up_with_its_destination(db: sqlite3.Connection) -> None:
    transfer = Transfer(TransferId("b" * 32), PEER, Direction.IN, TransferState.OFFERED, Offer((), 0, 0, 0, False), NOW)
    journal.add(db, transfer)
    journal.accept(db, transfer.id, Destination(Path("/into/here"), ConflictPolicy.SKIP), ALLOWED)
    journal.set_disk(db, transfer.id, "ab")
    journal.set_offer(db, transfer.id, Offer((), 2, 2, 9, True))
    (left,) = journal.unfinished(db)
    assert (left.accepted, left.transfer.offer.bytes) == (True, 9)
    assert left.landing == Destination(Path("/into/here"), ConflictPolicy.SKIP, "ab")
    assert journal.sent(db, transfer.id) is None, "only what we sent can be sent again"
    assert journal.ended(db, TransferId("c" * 32)) is None


def test_files_that_were_seen_are_told_once_they_are_whole_and_until_their_sender_confirms_it(
    db: sqlite3.Connection,
) -> None:
    first, second, moving = (TransferId(sign * 32) for sign in "123")
    for ident in (first, second, moving):
        transfer = Transfer(ident, PEER, Direction.IN, TransferState.MOVING, Offer((), 1, 0, 0, True), NOW)
        journal.add(db, transfer)
        if ident != moving:
            journal.finish(db, replace(transfer, state=TransferState.DONE))
    assert history.untold(db, PEER, 10) == []
    history.mark_read(db, PEER)
    assert history.untold(db, PEER, 10) == [first, second]
    assert history.untold(db, ME, 10) == []
    assert not history.told(db, ME, [first]), "nobody else confirms it"
    assert history.told(db, PEER, [first, moving])
    assert not history.told(db, PEER, [first]), "once is enough"
    history.mark_read(db, PEER)
    assert history.untold(db, PEER, 10) == [second]


def test_only_who_received_our_files_whole_says_that_they_were_seen(db: sqlite3.Connection) -> None:
    ident = TransferId("4" * 32)
    transfer = Transfer(ident, PEER, Direction.OUT, TransferState.MOVING, Offer((), 1, 0, 0, True), NOW)
    journal.add(db, transfer)
    assert journal.set_seen(db, [ident], PEER) == [], "it is not there yet"
    journal.finish(db, replace(transfer, state=TransferState.DONE))
    assert journal.set_seen(db, [ident], ME) == [], "that is somebody else"
    (moment,) = history.page(db, PEER, None, 10)[0]
    assert moment.transfer is not None
    assert not moment.transfer.read
    assert journal.set_seen(db, [ident, "5" * 32], PEER) == [ident]
    assert journal.set_seen(db, [ident], PEER) == [], "it was known"
    (moment,) = history.page(db, PEER, None, 10)[0]
    assert moment.transfer is not None
    assert moment.transfer.read


def test_what_is_sent_to_a_group_lies_in_its_conversation_and_not_in_that_with_its_member(
    db: sqlite3.Connection,
) -> None:
    group, way = PeerId("g" * 52), Direction.IN
    mine, theirs = TransferId("7" * 32), TransferId("8" * 32)
    db.execute("INSERT INTO groups VALUES (?, 'Garden', '[]', '{}', '[]')", (group,))
    for ident, room in ((mine, group), (theirs, "")):
        transfer = Transfer(ident, PEER, way, TransferState.MOVING, Offer((), 1, 0, 0, True, room), NOW)
        journal.add(db, transfer)
        journal.finish(db, replace(transfer, state=TransferState.DONE))

    def there(peer: PeerId) -> list[TransferId]:
        return [one.transfer.id for one in history.page(db, peer, None, 9)[0] if one.transfer is not None]

    assert (there(group), there(PEER)) == ([mine], [theirs])
    assert {(one.peer, one.unread) for one in history.conversations(db)} == {(group, 1), (PEER, 1)}
    history.mark_read(db, group)
    assert history.untold(db, PEER, 10) == [mine], "its sender hears that it was seen, in the group"
    assert history.erase(db, group) == [mine]
    assert (there(group), there(PEER)) == ([], [theirs])


def test_what_is_tried_again_stays_in_its_group(db: sqlite3.Connection) -> None:
    for ident, room in (("9" * 32, "g" * 52), ("a" * 32, "")):
        offer = Offer((), 1, 0, 0, True, room)
        transfer = Transfer(TransferId(ident), PEER, Direction.OUT, TransferState.FAILED, offer, NOW)
        journal.add(db, transfer, (Path("/x"),))
        sent = journal.sent(db, transfer.id)
        assert sent is not None
        assert sent.room == room
