"""Receivings: what is listed is compared, within bounds and only before the answer; undoing what is over."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from lanshare.domain.commands import AnswerOffer, UndoReceive
from lanshare.domain.control_messages import Answer, Cancel, Listing, Offered, Pause
from lanshare.domain.errors import Code
from lanshare.domain.events import OfferCompared, OfferReceived, OfferWithdrawn, ReceiveUndone, TransferProgressed
from lanshare.domain.offer import ConflictPolicy, Destination, EntryKind, FileEntry
from lanshare.domain.peer import PeerPolicy, Permission
from lanshare.domain.settings import SortBy
from lanshare.domain.transfer import Direction, Transfer, TransferState
from lanshare.engine.effects import (
    AskRoom,
    Compare,
    DbWrite,
    GrantLease,
    RefuseLease,
    SendControl,
    Undo,
    read,
    write_then,
)
from lanshare.engine.inbox import (
    AttachAsked,
    Compared,
    DiskRoom,
    EventReady,
    OfferLooked,
    RunEnded,
    TransferProgress,
    UndoLooked,
    Undone,
    Verifying,
)
from lanshare.engine.ports import LeaseReply
from lanshare.engine.transfers import store_work
from lanshare.store import journal
from lanshare.wire import limits
from tests.harness.transfer_table import BOB, EVE, ID, OFFER, WALL, Link, Setting, events, said

ENTRY = FileEntry(("x",), EntryKind.FILE, 1, 1)


def asked(setting: Setting) -> None:
    """A question is before the person."""
    setting.asked(setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL))


def test_a_listing_is_compared_in_order_and_within_bounds(setting: Setting) -> None:
    asked(setting)
    one = Listing(ID, 0, (ENTRY,) * 500, False)
    assert setting.table.heard_listed(BOB, one) == [Compare(one, Path("/downloads"))]
    assert setting.table.heard_listed(BOB, Listing(ID, 400, (ENTRY,), False)) == [], "a gap or an overlap"
    assert setting.table.heard_listed(EVE, Listing(ID, 500, (ENTRY,), False)) == []
    first = 500
    while setting.table.heard_listed(BOB, Listing(ID, first, (ENTRY,) * 500, False)):
        first += 500
    assert first == limits.LISTED
    assert setting.table.heard_listed(BOB, one), "asked again from the beginning"


def test_what_was_compared_is_told_only_before_the_answer(setting: Setting) -> None:
    asked(setting)
    note = Compared(ID, 1, 0, 0, 10, 0, (), 1000)
    assert events(setting.table.compared(note)) == [OfferCompared(ID, BOB, 1, 0, 0, 10, 0, (), True, 1000)]
    setting.table.answer(AnswerOffer(ID, True, None, ConflictPolicy.SKIP), 1.0)
    assert setting.table.rows[ID].landing == Destination(Path("/downloads"), ConflictPolicy.SKIP)
    assert setting.table.compared(note) == []
    assert setting.table.heard_listed(BOB, Listing(ID, 0, (ENTRY,), True)) == []


@pytest.mark.parametrize(("into", "sort", "chosen", "folder"), [
    (None, None, SortBy.NOTHING, "/downloads"),
    (None, None, SortBy.DEVICE, "/downloads/by device"),
    (None, SortBy.DAY, SortBy.DEVICE, "/downloads/by day"),
    (None, SortBy.NOTHING, SortBy.DEVICE, "/downloads"),
    ("/else", None, SortBy.DEVICE, "/else"),
    ("/else", SortBy.KIND, SortBy.NOTHING, "/else/by kind"),
])
def test_what_comes_is_sorted_unless_a_folder_was_chosen(
    setting: Setting, into: str | None, sort: SortBy | None, chosen: SortBy, folder: str
) -> None:
    setting.sort = chosen
    asked(setting)
    one = Listing(ID, 0, (ENTRY,), True)
    compared = "/downloads" if chosen is SortBy.NOTHING else f"/downloads/by {chosen}"
    assert setting.table.heard_listed(BOB, one) == [Compare(one, Path(compared))], "as it would be by itself"
    setting.table.answer(AnswerOffer(ID, True, Path(into) if into else None, sort=sort), 1.0)
    assert setting.table.rows[ID].landing == Destination(Path(folder), sorts="by" in folder)


def test_only_what_was_received_and_is_over_can_be_undone_once(setting: Setting) -> None:
    assert setting.table.undo(UndoReceive(ID)) == [read(store_work.look_for_received, ID)]
    done = Transfer(ID, BOB, Direction.IN, TransferState.DONE, OFFER, WALL)
    assert setting.table.undo_looked(UndoLooked(done, Path("/in"))) == [Undo(ID, BOB, Path("/in"))]
    for state, code in ((TransferState.MOVING, ""), (TransferState.DONE, Code.UNDONE)):
        other = Transfer(ID, BOB, Direction.IN, state, OFFER, WALL, code=code)
        assert setting.table.undo_looked(UndoLooked(other, Path("/in"))) == []
    event = ReceiveUndone(ID, BOB, 3, 0, 0, "/in/aside", "3 files were moved")
    kept = write_then(EventReady(event), journal.set_code, ID, Code.UNDONE, "/in/aside")
    assert setting.table.undone(Undone(event)) == [kept]


def test_what_the_rules_accept_is_accepted_once_all_of_it_is_counted(setting: Setting) -> None:
    setting.rules = PeerPolicy(files=Permission.ACCEPT, up_to=OFFER.bytes, into="/special")
    effects = setting.table.offer_looked(OfferLooked(BOB, Offered(ID, replace(OFFER, complete=False)), None), WALL)
    assert said(effects) == [], "it may still grow"
    effects = setting.table.heard_offer(BOB, Offered(ID, OFFER))
    assert said(effects) == [Answer(ID, True)]
    assert setting.table.rows[ID].landing == Destination(Path("/special"))
    assert not setting.table.questions.open(ID)


@pytest.mark.parametrize("rules", [PeerPolicy(), PeerPolicy(files=Permission.ACCEPT, up_to=OFFER.bytes - 1)])
def test_what_the_rules_do_not_accept_is_asked(setting: Setting, rules: PeerPolicy) -> None:
    setting.rules = rules
    asked(setting)
    assert setting.table.questions.open(ID)


def test_what_the_rules_block_is_declined_and_not_even_remembered(setting: Setting) -> None:
    setting.rules = PeerPolicy(files=Permission.BLOCK)
    effects = setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL)
    assert effects == [SendControl(BOB, Answer(ID, False, Code.DECLINED))]
    assert ID not in setting.table.rows


@pytest.mark.parametrize("why", ["grew", "rests"])
def test_bytes_of_a_link_that_is_about_to_end_change_nothing(setting: Setting, why: str) -> None:
    setting.receiving()
    setting.table.attach(AttachAsked(BOB, ID, True, Link(), LeaseReply()), 1.0)
    setting.table.moved(TransferProgress(ID, 5, 1.0), 2.0)
    if why == "grew":
        setting.table.heard_offer(BOB, Offered(ID, replace(OFFER, files=9, bytes=10**9)))
    else:
        setting.table.pause(ID)
    before = setting.table.rows[ID].transfer
    assert before.state is (TransferState.OFFERED if why == "grew" else TransferState.PAUSED)
    assert setting.table.moved(TransferProgress(ID, 7, 1.0), 3.0) == []
    assert setting.table.rows[ID].transfer == before


def test_the_last_bytes_are_told_while_it_is_checked(setting: Setting) -> None:
    setting.receiving()
    setting.table.attach(AttachAsked(BOB, ID, True, Link(), LeaseReply()), 1.0)
    setting.table.moved(TransferProgress(ID, 5, 1.0), 2.0)
    setting.table.verifying(Verifying(ID))
    (told,) = events(setting.table.moved(TransferProgress(ID, 10, 1.0), 3.0))
    assert isinstance(told, TransferProgressed)
    assert told.bytes == 10
    assert setting.state() is TransferState.VERIFYING


def test_a_yes_that_holds_while_the_sender_rests_is_kept_and_goes_on_later(setting: Setting) -> None:
    """It was said to what was counted by then; the sender paused, and its count came to no more."""
    growing = replace(OFFER, complete=False)
    setting.table.offer_looked(OfferLooked(BOB, Offered(ID, growing), None), WALL)
    setting.table.answer(AnswerOffer(ID, True, None, shown=growing), 1.0)
    setting.table.heard_paused(BOB, Pause(ID, True))
    effects = setting.table.heard_offer(BOB, Offered(ID, growing))
    assert setting.table.rows[ID].transfer.state is TransferState.PAUSED
    effects = setting.table.heard_offer(BOB, Offered(ID, OFFER))
    assert setting.table.rows[ID].consent.given
    assert setting.table.rows[ID].transfer.state is TransferState.PAUSED
    assert [one for one in effects if isinstance(one, DbWrite)], "the yes is in the journal"
    assert Answer(ID, True) in said(setting.table.heard_paused(BOB, Pause(ID, False)))


@pytest.mark.parametrize(("why", "code"), [("rests", Code.PAUSED), ("more", Code.DECLINED)])
def test_a_link_that_waits_for_another_ones_end_gets_nothing_that_is_no_more_allowed(
    setting: Setting, why: str, code: Code
) -> None:
    setting.receiving()
    first, second = LeaseReply(), LeaseReply()
    setting.table.attach(AttachAsked(BOB, ID, True, Link(), first), 1.0)
    setting.table.attach(AttachAsked(BOB, ID, True, Link(), second), 2.0)
    ended = RunEnded(ID, 1, Code.CANCELLED if why == "rests" else Code.MORE_THAN_OFFERED)
    if why == "rests":
        setting.table.pause(ID)
    effects = setting.table.run_ended(ended, 3.0)
    assert RefuseLease(second, code) in effects
    assert not [one for one in effects if isinstance(one, GrantLease)]
    row = setting.table.rows[ID]
    assert (row.link.held, row.link.next) == (False, None)
    assert row.transfer.state is (TransferState.PAUSED if why == "rests" else TransferState.WAITING)


def test_a_link_that_waits_is_told_no_when_the_question_is_put_anew(setting: Setting) -> None:
    setting.receiving()
    second = LeaseReply()
    setting.table.attach(AttachAsked(BOB, ID, True, Link(), LeaseReply()), 1.0)
    setting.table.attach(AttachAsked(BOB, ID, True, Link(), second), 2.0)
    setting.table.heard_offer(BOB, Offered(ID, replace(OFFER, files=9, bytes=10**9)))
    assert setting.table.questions.open(ID)
    assert setting.table.run_ended(RunEnded(ID, 1, Code.CANCELLED), 3.0) == [RefuseLease(second, Code.DECLINED)]


def test_what_came_whole_while_more_was_asked_for_is_over_and_its_question_void(setting: Setting) -> None:
    setting.receiving()
    setting.table.attach(AttachAsked(BOB, ID, True, Link(), LeaseReply()), 1.0)
    setting.table.heard_offer(BOB, Offered(ID, replace(OFFER, files=9, bytes=10**9)))
    effects = setting.table.run_ended(RunEnded(ID, 1, "", files=1, bytes=10), 3.0)
    assert OfferWithdrawn(ID, BOB, "answered") in events(effects)
    assert not setting.table.questions.open(ID)
    assert setting.table.rows[ID].transfer.state is TransferState.DONE
    assert setting.table.answer(AnswerOffer(ID, False, None), 4.0) == [], "a late no changes nothing"


def test_a_question_is_put_when_the_room_is_known_and_what_was_compared_is_told_behind_it(setting: Setting) -> None:
    setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL)
    assert setting.table.compared(Compared(ID, 1, 0, 0, 10, 0, (), 1000)) == []
    told = events(setting.table.disk_room(DiskRoom(ID, "question", 1, 500, 400), 1.0))
    assert [type(one) for one in told] == [OfferReceived, OfferCompared]
    assert isinstance(told[0], OfferReceived)
    assert told[0].free == 500


@pytest.mark.parametrize("how", ["answered", "withdrawn", "gone"])
def test_a_question_that_is_void_before_the_room_is_known_is_not_put(setting: Setting, how: str) -> None:
    setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL)
    if how == "answered":
        setting.table.answer(AnswerOffer(ID, True), 0.0)
    elif how == "withdrawn":
        setting.table.heard_end(BOB, Cancel(ID, Code.CANCELLED), 0.0)
    else:
        setting.table.peer_down(BOB)
    assert setting.table.disk_room(DiskRoom(ID, "question", 1, 500, 400), 1.0) == []


def test_a_question_that_is_put_anew_before_the_room_is_known_is_put_once(setting: Setting) -> None:
    """The sender goes and comes back while a slow disk is asked."""
    setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL)
    setting.table.peer_down(BOB)
    (ask,) = [one for one in setting.table.heard_offer(BOB, Offered(ID, OFFER)) if isinstance(one, AskRoom)]
    assert setting.table.disk_room(DiskRoom(ID, "question", 1, 500, 400), 1.0) == []
    room = DiskRoom(ask.transfer, ask.why, ask.number, 500, 400)
    assert [type(one) for one in events(setting.table.disk_room(room, 2.0))] == [OfferReceived]


def test_a_full_disk_that_answers_late_changes_nothing_that_goes_on_by_now(setting: Setting) -> None:
    setting.receiving()
    row = setting.table.rows[ID]
    setting.table.run_ended(RunEnded(ID, row.link.epoch, Code.DISK_FULL, halted=True), 1.0)
    (ask,) = setting.table.tick(10**6)
    assert ask == AskRoom(ID, Path("/downloads"), "retry")
    setting.table.pause(ID)
    assert setting.table.disk_room(DiskRoom(ID, "retry", 0, 10**9, 10**9), 10**6) == []
    assert row.transfer.state is TransferState.PAUSED


def test_a_question_whose_first_look_was_lost_is_put_by_the_next_and_without_what_was_compared_then(
    setting: Setting
) -> None:
    """Its row could not be kept, so no disk was asked; the sender goes and comes back with another offer."""
    setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL)
    setting.table.compared(Compared(ID, 1, 0, 0, 10, 0, (), 1000))
    setting.table.peer_down(BOB)
    (ask,) = [one for one in setting.table.heard_offer(BOB, Offered(ID, OFFER)) if isinstance(one, AskRoom)]
    told = events(setting.table.disk_room(DiskRoom(ID, "question", ask.number, 500, 400), 1.0))
    assert [type(one) for one in told] == [OfferReceived]
