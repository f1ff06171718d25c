"""Pausing: from either side, over restarts; and what waits goes on at a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanshare.domain.control_messages import Answer, Offered, Pause
from lanshare.domain.errors import Code
from lanshare.domain.events import TransferPaused, TransferStands, TransferWaiting
from lanshare.domain.transfer import Direction, Transfer, TransferState
from lanshare.engine.effects import EndRun, RefuseLease, Run
from lanshare.engine.inbox import AttachAsked, RunEnded, TransferProgress
from lanshare.engine.ports import LeaseReply
from lanshare.store.journal import Unfinished
from tests.harness.transfer_table import BOB, ID, OFFER, WALL, Link, Setting, events, kinds, said


def running(setting: Setting) -> None:
    """A sending that moves."""
    setting.sending()
    setting.table.heard_answer(BOB, Answer(ID, True), 1.0)
    setting.table.moved(TransferProgress(ID, 5, 1.0), 2.0)


def test_a_pause_ends_the_run_and_stays_until_it_is_taken_back(setting: Setting) -> None:
    running(setting)
    effects = setting.table.pause(ID)
    assert EndRun(ID) in effects
    assert Pause(ID, True) in said(effects)
    (told,) = events(effects)
    assert isinstance(told, TransferPaused)
    assert (told.by, told.bytes) == ("us", 5)
    setting.table.run_ended(RunEnded(ID, 1, Code.CANCELLED), 3.0)
    assert setting.state() is TransferState.PAUSED
    assert setting.table.next_time() is None
    assert setting.table.pause(ID) == []
    effects = setting.table.resume(ID, 4.0)
    assert [type(one) for one in said(effects)] == [Pause, Offered]
    assert setting.state() is TransferState.OFFERED


def test_while_it_rests_no_answer_starts_it(setting: Setting) -> None:
    running(setting)
    setting.table.pause(ID)
    setting.table.run_ended(RunEnded(ID, 1, Code.CANCELLED), 3.0)
    effects = setting.table.heard_answer(BOB, Answer(ID, True), 4.0)
    assert said(effects) == [Pause(ID, True)]
    assert not [one for one in effects if isinstance(one, Run)]
    setting.table.peer_down(BOB)
    assert setting.state() is TransferState.PAUSED
    assert said(setting.table.peer_up(BOB)) == [Pause(ID, True)], "the peer is told again"


def test_a_receiver_that_rests_refuses_the_data_link_and_the_sender_understands(setting: Setting) -> None:
    setting.receiving()
    setting.table.pause(ID)
    reply = LeaseReply()
    effects = setting.table.attach(AttachAsked(BOB, ID, True, Link(), reply), 1.0)
    assert effects == [RefuseLease(reply, Code.PAUSED)]
    assert said(setting.table.heard_offer(BOB, Offered(ID, OFFER))) == [Pause(ID, True)]
    sender = Setting()
    running(sender)
    told = events(sender.table.run_ended(RunEnded(ID, 1, Code.PAUSED), 2.0))
    assert kinds(told) == [TransferPaused]
    assert sender.table.rows[ID].rest.there


def test_both_may_pause_and_both_must_let_it_go(setting: Setting) -> None:
    running(setting)
    setting.table.pause(ID)
    setting.table.heard_paused(BOB, Pause(ID, True))
    setting.table.resume(ID, 3.0)
    assert setting.state() is TransferState.PAUSED
    effects = setting.table.heard_paused(BOB, Pause(ID, False))
    assert TransferWaiting not in kinds(events(effects)), "it is there: nothing says that it is away"
    assert TransferStands in kinds(events(effects))
    assert setting.state() is TransferState.OFFERED


@pytest.mark.parametrize("paused", [True, False])
def test_it_rests_over_a_restart(setting: Setting, paused: bool) -> None:
    transfer = Transfer(ID, BOB, Direction.OUT, TransferState.QUEUED, OFFER, WALL)
    setting.table.load([Unfinished(transfer, (Path("/x"),), None, False, paused)])
    assert setting.state() is (TransferState.PAUSED if paused else TransferState.WAITING)
    offered = [one for one in said(setting.table.peer_up(BOB)) if isinstance(one, Offered)]
    assert bool(offered) is not paused


def test_a_waiting_one_tries_at_once_when_asked(setting: Setting) -> None:
    running(setting)
    setting.table.run_ended(RunEnded(ID, 1, Code.PEER_AWAY), 3.0)
    assert setting.state() is TransferState.WAITING
    assert setting.table.resume(ID, 3.0) == []
    assert setting.table.next_time() == 3.0


def test_a_path_that_was_lost_for_a_moment_ends_what_ran_over_it(setting: Setting) -> None:
    running(setting)
    assert setting.table.peer_up(BOB) == []
    assert setting.table.peer_up(BOB, again=True) == [EndRun(ID)]


def test_a_receiver_that_is_ready_for_the_rest_ends_a_link_that_is_dead(setting: Setting) -> None:
    running(setting)
    assert setting.table.heard_answer(BOB, Answer(ID, True), 2.5) == [], "only said twice"
    assert setting.table.heard_answer(BOB, Answer(ID, True), 20.0) == [EndRun(ID)]
