"""The table of transfers: what each word and each accident leads to. No thread, no socket, no clock."""

from __future__ import annotations

import datetime
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
from lanshare.domain.offer import Allowance, Destination, EntryKind, Offer, TopEntry
from lanshare.domain.peer import PeerId, PeerPolicy, TrustLevel
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.engine.effects import DbWrite, Discard, Effect, EndRun, Publish, Run, SendControl
from lanshare.engine.inbox import (
    AfterCommit,
    AttachAsked,
    Counted,
    EventReady,
    Lease,
    OfferLooked,
    Reply,
    RunEnded,
    TransferProgress,
    TransferStored,
)
from lanshare.engine.transfers.service import Transfers
from lanshare.engine.transfers.table import TransferContext
from lanshare.store.journal import Unfinished

BOB, EVE = PeerId("b" * 52), PeerId("e" * 52)
ID = TransferId("ab" * 16)
WALL = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
OFFER = Offer((TopEntry("x", EntryKind.FILE, 1, 10),), 1, 1, 10, True)


GARDEN = "g" * 52


class Link:
    """A link that does nothing."""

    def post(self, item: object) -> bool:
        return True

    def abort(self, code: Code = Code.CANCELLED) -> None:
        """Nothing to end."""


class Setting:
    """A table and what it sees of the world."""

    def __init__(self) -> None:
        self.online = True
        self.rules = PeerPolicy()
        self.free, self.room = 1000, 1000
        self.table = Transfers(
            TransferContext(
                online=lambda peer: self.online,
                name=lambda peer: "Bob",
                trust=lambda peer: TrustLevel.KNOWN,
                addresses=lambda peer: (),
                downloads=lambda: Path("/downloads"),
                free=lambda path: self.free,
                room=lambda path: self.room,
                papers=lambda transfer: (Path("/list"), Path("/receipt")),
                execute=lambda peer: False,
                rules=lambda peer: self.rules,
                shares=lambda room, peer: (room, peer) == (GARDEN, BOB),
                throttles=lambda peer, direction: (),
                serves=lambda transfer, link: None,
            )
        )

    def sending(self) -> None:
        """A sending whose offer is before the peer."""
        self.table.send(SendFiles(ID, BOB, (Path("/x"),)), 0.0, WALL)
        self.table.counted(Counted(ID, OFFER, 0))

    def receiving(self) -> None:
        """An accepted offer."""
        self.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL)
        self.table.answer(AnswerOffer(ID, True), 0.0)

    def state(self) -> TransferState:
        """Where it stands."""
        return self.table.rows[ID].transfer.state


def events(effects: list[Effect]) -> list[object]:
    """What is told, at once or once it is durable."""
    found: list[object] = []
    for one in effects:
        if isinstance(one, Publish):
            found.append(one.event)
        elif isinstance(one, DbWrite) and one.then is not None:
            note = one.then(None)
            if isinstance(note, EventReady):
                found.append(note.event)
            elif isinstance(note, AfterCommit):
                found += [inner.event for inner in note.effects if isinstance(inner, Publish)]
    return found


def said(effects: list[Effect]) -> list[object]:
    """What is said to the peer."""
    return [one.said for one in effects if isinstance(one, SendControl)]


def kinds(found: list[object]) -> list[type]:
    """Their types."""
    return [type(one) for one in found]


@pytest.fixture
def setting() -> Setting:
    """A fresh one."""
    return Setting()


def test_the_whole_way_of_a_sending(setting: Setting) -> None:
    setting.sending()
    assert setting.state() is TransferState.OFFERED
    effects = setting.table.heard_answer(BOB, Answer(ID, True), 1.0)
    assert [one.epoch for one in effects if isinstance(one, Run)] == [1]
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
    assert keep.then is not None
    note = keep.then(1)
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
    told = events(setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL))
    assert OfferReceived in kinds(told)
    for peer in (BOB, EVE):
        reply = Reply()
        setting.table.attach(AttachAsked(peer, ID, True, Link(), reply), 1.0)
        lease = reply.take(0.0)
        assert lease is not None
        assert lease.code == Code.DECLINED


def test_the_first_answer_wins(setting: Setting) -> None:
    setting.receiving()
    assert setting.table.answer(AnswerOffer(ID, False), 1.0) == []
    assert setting.state() is TransferState.CONNECTING


def test_a_second_attach_waits_until_the_old_holder_has_ended(setting: Setting) -> None:
    setting.receiving()
    first, second = Reply(), Reply()
    setting.table.attach(AttachAsked(BOB, ID, True, Link(), first), 1.0)
    lease = first.take(0.0)
    papers = (Path("/list"), Path("/receipt"))
    assert lease == Lease(
        1, "", Destination(Path("/downloads")), (), *papers, ("x",), allowed=Allowance(("x",), 1, 1, 10)
    )
    assert setting.table.attach(AttachAsked(BOB, ID, True, Link(), second), 2.0) == [EndRun(ID)]
    setting.table.run_ended(RunEnded(ID, 1, Code.PEER_AWAY), 3.0)
    granted = second.take(0.0)
    assert granted is not None
    assert granted.epoch == 2
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
    setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL)
    assert OfferWithdrawn in kinds(events(setting.table.peer_down(BOB)))
    assert kinds(events(setting.table.heard_offer(BOB, Offered(ID, OFFER)))) == [OfferReceived]


def test_one_that_cannot_be_dialled_is_asked_to_fetch(setting: Setting) -> None:
    setting.sending()
    setting.table.heard_answer(BOB, Answer(ID, True), 1.0)
    effects = setting.table.run_ended(RunEnded(ID, 1, Code.PEER_UNREACHABLE, unreachable=True), 2.0)
    assert Fetch(ID) in said(effects)


def test_a_cancelled_run_is_cleaned_up_only_after_it_ended(setting: Setting) -> None:
    setting.receiving()
    reply = Reply()
    setting.table.attach(AttachAsked(BOB, ID, True, Link(), reply), 1.0)
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
    setting.table.run_ended(RunEnded(ID, row.epoch, Code.DISK_FULL, halted=True), 1.0)
    setting.free, setting.room = 10**9 + 1, 0
    effects = setting.table.tick(10**6)
    assert bool([one for one in said(effects) if isinstance(one, Answer)]) is goes_on


def test_only_the_receiver_says_that_it_has_all_and_never_more_than_was_offered(setting: Setting) -> None:
    setting.table.offer_looked(OfferLooked(BOB, Offered(ID, OFFER), None), WALL)
    setting.table.answer(AnswerOffer(ID, True), 1.0)
    assert setting.table.heard_had_all(BOB, Finished(ID, 12345, 0, 10**9), 2.0) == [], "we receive: we know what came"
    assert setting.table.rows[ID].transfer.state is TransferState.CONNECTING
