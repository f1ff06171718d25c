"""The table of transfers: what each word and each accident leads to. No thread, no socket, no clock."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from lanshare.domain.commands import AnswerOffer, SendFiles
from lanshare.domain.control_messages import Answer, Cancel, Fetch, Finished, Offered
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    OfferGrew,
    OfferReceived,
    OfferWithdrawn,
    TransferFailed,
    TransferFinished,
    TransferQueued,
    TransferWaiting,
)
from lanshare.domain.offer import Allowance, Destination, Offer
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.engine.effects import (
    DbWrite,
    Discard,
    EndRun,
    GrantLease,
    Publish,
    RefuseLease,
    Run,
    RunCommand,
)
from lanshare.engine.inbox import (
    AfterCommit,
    AttachAsked,
    Counted,
    OfferLooked,
    RunEnded,
    TransferProgress,
    TransferStored,
)
from lanshare.engine.ports import DataLinkSpec, LeaseReply
from lanshare.store.journal import Unfinished
from tests.harness.transfer_table import BOB, EVE, GARDEN, ID, OFFER, WALL, Link, Setting, events, kinds, said


def test_the_whole_way_of_a_sending(setting: Setting) -> None:
    setting.sending()
    assert setting.state() is TransferState.OFFERED
    effects = setting.table.heard_answer(BOB, Answer(ID, True), 1.0)
    assert [one.spec.epoch for one in effects if isinstance(one, Run)] == [1]
    setting.table.moved(TransferProgress(ID, 5, 1.0), 2.0)
    end = RunEnded(ID, 1, "", files=1, bytes=10)
    told = events(setting.table.run_ended(end, 3.0))
    assert kinds(told) == [TransferFinished]
    assert setting.state() is TransferState.DONE


def test_what_was_counted_before_the_row_was_durable_is_told_with_it(setting: Setting) -> None:
    (keep,) = [
        one for one in setting.table.send(SendFiles(ID, BOB, (Path("/x"),)), 0.0, WALL) if isinstance(one, DbWrite)
    ]
    setting.table.counted(Counted(ID, OFFER, 0))
    note = keep.then
    assert isinstance(note, TransferStored)
    told, _ = events(setting.table.queued(note))
    assert isinstance(told, TransferQueued)
    assert told.offer == OFFER


def test_a_word_from_somebody_else_changes_nothing(setting: Setting) -> None:
    setting.sending()
    for effects in (
        setting.table.heard_answer(EVE, Answer(ID, False), 1.0),
        setting.table.heard_end(EVE, Cancel(ID, "cancelled"), 1.0),
        setting.table.heard_had_all(EVE, Finished(ID, 1, 0, 10), 1.0),
    ):
        assert events(effects) == []
    assert setting.state() is TransferState.OFFERED


@pytest.mark.parametrize("code", ["xyz", "", "declined", "a-word-of-a-later-version"])
def test_any_code_word_of_a_peer_ends_it_in_order(setting: Setting, code: str) -> None:
    setting.sending()
    told = events(setting.table.heard_answer(BOB, Answer(ID, False, code), 1.0))
    assert kinds(told) == [TransferFailed]
    assert setting.state() is TransferState.DECLINED


def test_one_whose_peer_is_busy_is_offered_again_by_itself(setting: Setting) -> None:
    setting.sending()
    told = events(setting.table.heard_answer(BOB, Answer(ID, False, Code.PEER_BUSY), 1.0))
    assert kinds(told) == [TransferWaiting]
    assert setting.table.next_time() == 2.0
    assert said(setting.table.tick(2.0)) == [Offered(ID, OFFER)]
    assert setting.state() is TransferState.OFFERED


def test_a_sending_counted_after_its_peer_came_is_offered(setting: Setting) -> None:
    transfer = Transfer(ID, BOB, Direction.OUT, TransferState.QUEUED, Offer((), 0, 0, 0, False), WALL)
    setting.table.load([Unfinished(transfer, (Path("/x"),), None, False)])
    assert said(setting.table.peer_up(BOB)) == []
    assert Offered(ID, OFFER) in said(setting.table.counted(Counted(ID, OFFER, 0)))
    assert setting.state() is TransferState.OFFERED


def test_nothing_is_granted_before_the_person_said_yes(setting: Setting) -> None:
    effects = setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL)
    assert OfferReceived in kinds(events(setting.asked(effects)))
    for peer in (BOB, EVE):
        reply = LeaseReply()
        effects = setting.table.attach(AttachAsked(peer, ID, True, Link(), reply), 1.0)
        assert effects == [RefuseLease(reply, Code.DECLINED)]


def test_the_first_answer_wins(setting: Setting) -> None:
    setting.receiving()
    assert setting.table.answer(AnswerOffer(ID, False), 1.0) == []
    assert setting.state() is TransferState.CONNECTING


def test_a_second_attach_waits_until_the_old_holder_has_ended(setting: Setting) -> None:
    setting.receiving()
    first, second, link = LeaseReply(), LeaseReply(), Link()
    spec = DataLinkSpec(
        epoch=1, landing=Destination(Path("/downloads")), tops=("x",), allowed=Allowance(("x",), 1, 1, 10)
    )
    effects = setting.table.attach(AttachAsked(BOB, ID, True, link, first), 1.0)
    assert effects == [GrantLease(ID, link, first, spec)]
    assert setting.table.attach(AttachAsked(BOB, ID, True, link, second), 2.0) == [EndRun(ID)]
    effects = setting.table.run_ended(RunEnded(ID, 1, Code.PEER_AWAY), 3.0)
    assert effects == [GrantLease(ID, link, second, replace(spec, epoch=2))]
    assert setting.table.run_ended(RunEnded(ID, 1, ""), 4.0) == [], "an old holder's word is void"


def test_a_link_that_died_before_the_grant_does_not_stop_it_for_ever(setting: Setting) -> None:
    setting.receiving()
    assert said(setting.table.heard_offer(BOB, Offered(ID, OFFER))) == [Answer(ID, True)]


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("times", [1, 2])
def test_the_sender_comes_however_often(setting: Setting, gone: bool, times: int) -> None:
    """Its link is replaced, with or without a word that the old one had gone: it is answered each time."""
    setting.receiving()
    for _ in range(times):
        if gone:
            setting.table.peer_down(BOB)
        assert said(setting.table.peer_up(BOB, again=not gone)) == [Answer(ID, True)]
        assert setting.state() is TransferState.CONNECTING


def test_the_peer_goes_and_comes_back(setting: Setting) -> None:
    setting.sending()
    setting.table.heard_answer(BOB, Answer(ID, True), 1.0)
    setting.online = False
    assert setting.table.peer_down(BOB) == [EndRun(ID)]
    told = events(setting.table.run_ended(RunEnded(ID, 1, Code.PEER_AWAY), 2.0))
    assert kinds(told) == [TransferWaiting]
    setting.online = True
    assert said(setting.table.peer_up(BOB)) == [Offered(ID, OFFER)]


def test_a_question_is_withdrawn_with_its_peer_and_put_again(setting: Setting) -> None:
    setting.asked(setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL))
    assert OfferWithdrawn in kinds(events(setting.table.peer_down(BOB)))
    again = setting.table.heard_offer(BOB, Offered(ID, OFFER))
    assert kinds(events(setting.asked(again))) == [OfferReceived]


def test_one_that_cannot_be_dialled_is_asked_to_fetch(setting: Setting) -> None:
    setting.sending()
    setting.table.heard_answer(BOB, Answer(ID, True), 1.0)
    effects = setting.table.run_ended(RunEnded(ID, 1, Code.PEER_UNREACHABLE, unreachable=True), 2.0)
    assert Fetch(ID) in said(effects)


def test_a_cancelled_run_is_cleaned_up_only_after_it_ended(setting: Setting) -> None:
    setting.receiving()
    setting.table.attach(AttachAsked(BOB, ID, True, Link(), LeaseReply()), 1.0)
    effects = setting.table.cancel(ID, 2.0)
    assert EndRun(ID) in effects
    assert not [one for one in effects if isinstance(one, Discard)]
    assert setting.table.run_ended(RunEnded(ID, 1, Code.CANCELLED), 3.0) == [Discard(ID, Path("/downloads"))]


def test_a_transfer_that_is_over_is_told_so_again(setting: Setting) -> None:
    done = Transfer(ID, BOB, Direction.IN, TransferState.DONE, OFFER, WALL, done_bytes=10, files_done=1)
    effects = setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), done), WALL)
    assert said(effects) == [Finished(ID, 1, 0, 10)]
    foreign = setting.table.offer_looked(OfferLooked(EVE, Offered(ID, OFFER), done), WALL)
    assert said(foreign) == [Answer(ID, False, Code.PROTOCOL)]


def test_a_flood_of_questions_is_busy(setting: Setting) -> None:
    answers: list[object] = []
    for number in range(40):
        one = TransferId(f"{number:032x}")
        answers += said(setting.table.offer_looked(OfferLooked(BOB, Offered(one, OFFER), None), WALL))
    assert len(answers) == 8
    assert all(isinstance(one, Answer) and one.code == Code.PEER_BUSY for one in answers)


@pytest.mark.parametrize(("room", "kept"), [(GARDEN, GARDEN), ("h" * 52, ""), ("", "")])
def test_only_a_group_of_both_has_what_is_offered_in_its_conversation(setting: Setting, room: str, kept: str) -> None:
    effects = setting.table.offer_looked(OfferLooked(BOB, Offered(ID, replace(OFFER, room=room)), None), WALL)
    assert setting.table.rows[ID].transfer.conversation == (kept or BOB)
    grown = replace(OFFER, files=9, room="h" * 52)
    effects = setting.table.heard_offer(BOB, Offered(ID, grown))
    (told,) = events(effects)
    assert isinstance(told, OfferGrew)
    assert (told.offer.files, told.offer.room) == (9, kept), "it does not move from one conversation into another"


def test_what_is_sent_to_a_group_says_so_from_the_first_to_the_last_offer(setting: Setting) -> None:
    setting.table.send(SendFiles(ID, BOB, (Path("/x"),), GARDEN), 0.0, WALL)
    effects = setting.table.counted(Counted(ID, replace(OFFER, complete=False), 0))
    effects += setting.table.counted(Counted(ID, OFFER, 0))
    offers = [one.offer for one in said(effects) if isinstance(one, Offered)]
    assert [one.room for one in offers] == [GARDEN, GARDEN]
    assert setting.table.rows[ID].transfer.conversation == GARDEN


def test_what_is_named_twice_is_sent_once(setting: Setting) -> None:
    setting.table.send(SendFiles(ID, BOB, (Path("/x"), Path("/y"), Path("/x/"))), 0.0, WALL)
    assert setting.table.rows[ID].sources == (Path("/x"), Path("/y"))


def test_what_is_meant_for_a_group_that_is_not_of_both_goes_to_nobody(setting: Setting) -> None:
    effects = setting.table.send(SendFiles(ID, BOB, (Path("/x"),), "no group at all"), 0.0, WALL)
    assert setting.table.rows == {}
    (told,) = effects
    assert isinstance(told, Publish)
    assert isinstance(told.event, TransferFailed)
    assert told.event.code == Code.NOT_IN_GROUP


def test_the_same_paths_to_a_group_and_to_one_of_it_are_two_sendings(setting: Setting) -> None:
    other = TransferId("ef" * 16)
    setting.table.send(SendFiles(ID, BOB, (Path("/x"),)), 0.0, WALL)
    setting.table.send(SendFiles(other, BOB, (Path("/x"),), GARDEN), 0.0, WALL)
    assert {one.transfer.conversation for one in setting.table.rows.values()} == {BOB, GARDEN}


@pytest.mark.parametrize(("missing", "goes_on"), [(10**6, True), (10**9, False)])
def test_what_is_large_waits_for_more_room_than_the_reserve(setting: Setting, missing: int, goes_on: bool) -> None:
    setting.table.offer_looked(OfferLooked(BOB, Offered(ID, replace(OFFER, bytes=missing)), None), WALL)
    setting.table.answer(AnswerOffer(ID, True), 0.0)
    row = setting.table.rows[ID]
    setting.table.run_ended(RunEnded(ID, row.link.epoch, Code.DISK_FULL, halted=True), 1.0)
    setting.free, setting.room = 10**9 + 1, 0
    effects = setting.asked(setting.table.tick(10**6), 10**6)
    assert bool([one for one in said(effects) if isinstance(one, Answer)]) is goes_on
    assert (row.retry.at is not None) is not goes_on, "what does not fit is looked at again"


def test_only_the_receiver_says_that_it_has_all_and_never_more_than_was_offered(setting: Setting) -> None:
    setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL)
    setting.table.answer(AnswerOffer(ID, True), 1.0)
    assert setting.table.heard_had_all(BOB, Finished(ID, 12345, 0, 10**9), 2.0) == [], "we receive: we know what came"
    assert setting.table.rows[ID].transfer.state is TransferState.CONNECTING


@pytest.mark.parametrize(("command", "paths", "runs"), [
    ("convert", ("/in/a",), True), ("", ("/in/a",), False), ("convert", (), False),
])
def test_what_has_arrived_is_handed_to_the_command_of_the_rules_once_it_is_told(
    setting: Setting, command: str, paths: tuple[str, ...], runs: bool
) -> None:
    setting.receiving()
    setting.table.run_ended(RunEnded(ID, 1, "peer-away"), 2.0)
    setting.rules = replace(setting.rules, run=command)
    setting.table.attach(AttachAsked(BOB, ID, True, Link(), LeaseReply()), 3.0)
    end = RunEnded(ID, setting.table.rows[ID].link.epoch, "", files=1, bytes=10, paths=paths)
    (keep,) = [one for one in setting.table.run_ended(end, 4.0) if isinstance(one, DbWrite)]
    assert isinstance(keep.then, AfterCommit)
    told = [type(one) for one in keep.then.effects]
    assert (RunCommand in told) is runs
    if runs:
        assert told.index(RunCommand) > told.index(Publish), "what has arrived is told first"


def test_what_we_sent_is_handed_to_no_command(setting: Setting) -> None:
    setting.sending()
    setting.rules = replace(setting.rules, run="convert")
    setting.table.heard_answer(BOB, Answer(ID, True), 1.0)
    (keep,) = [
        one for one in setting.table.run_ended(RunEnded(ID, 1, "", files=1, bytes=10, paths=("/x",)), 3.0)
        if isinstance(one, DbWrite)
    ]
    assert isinstance(keep.then, AfterCommit)
    assert not [one for one in keep.then.effects if isinstance(one, RunCommand)]
