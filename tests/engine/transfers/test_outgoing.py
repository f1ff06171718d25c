"""Sendings: the same paths again join what is under way; a retry sends what did not arrive; a list is shown."""

from __future__ import annotations

from pathlib import Path

from lanshare.domain.commands import RetryTransfer, SendFiles
from lanshare.domain.control_messages import Answer, Cancel, Listing, Offered
from lanshare.domain.errors import Code
from lanshare.domain.events import TransferFailed, TransferJoined, TransferQueued
from lanshare.domain.offer import EntryKind, FileEntry
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId, TransferState
from lanshare.engine.effects import ListOffer, Scan, read
from lanshare.engine.inbox import Counted, ListedPart, RunEnded, ScanEnded
from lanshare.engine.transfers import store_work
from lanshare.engine.transfers.machine import Walk
from tests.harness.transfer_table import BOB, EVE, ID, OFFER, WALL, Setting, events, kinds, said

NEW = TransferId("99" * 16)


def again(setting: Setting, peer: PeerId = BOB, path: str = "/x") -> list[object]:
    """The same (or not) once more."""
    return list(setting.table.send(SendFiles(NEW, peer, (Path(path),)), 5.0, WALL))


def test_the_same_paths_to_the_same_peer_join_what_waits(setting: Setting) -> None:
    setting.sending()
    setting.table.scan_ended(ScanEnded(ID), 1.0)
    setting.online = False
    setting.table.peer_down(BOB)
    effects = setting.table.send(SendFiles(NEW, BOB, (Path("/x"),)), 5.0, WALL)
    assert TransferJoined(NEW, ID) in events(effects)
    assert TransferQueued in kinds(events(effects))
    assert Scan(ID, (Path("/x"),), frozenset(), True) in effects, "what was added since is sent too"
    assert NEW not in setting.table.rows
    assert setting.table.next_time() == 5.0


def test_other_paths_another_peer_or_one_that_is_over_do_not_join(setting: Setting) -> None:
    setting.sending()
    for peer, path in ((BOB, "/y"), (EVE, "/x")):
        assert not [one for one in again(setting, peer, path) if isinstance(one, TransferJoined)]
        assert setting.table.rows.pop(NEW)
    setting.table.cancel(ID, 2.0)
    again(setting)
    assert NEW in setting.table.rows


def test_a_retry_sends_only_what_did_not_arrive(setting: Setting) -> None:
    asked = RetryTransfer(ID, NEW)
    assert setting.table.retry(asked) == [read(store_work.look_for_retry, asked)]
    effects = setting.table.send(SendFiles(NEW, BOB, (Path("/x"),)), 1.0, WALL, frozenset({"x/a", "x/b"}))
    assert Scan(NEW, (Path("/x"),), frozenset({"x/a", "x/b"})) in effects


def test_the_list_is_shown_as_long_as_the_peer_has_not_said_yes(setting: Setting) -> None:
    setting.sending()
    part = ListedPart(Listing(ID, 0, (FileEntry(("x",), EntryKind.FILE, 1, 1),), True))
    assert said(setting.table.listed_part(part)) == [part.said]
    setting.table.heard_answer(BOB, Answer(ID, True), 1.0)
    assert said(setting.table.listed_part(part)) == []
    setting.table.run_ended(RunEnded(ID, 1, "peer-away"), 2.0)
    effects = setting.table.peer_up(BOB)
    assert isinstance(said(effects)[0], Offered)
    assert not [one for one in effects if isinstance(one, ListOffer)], "it has said yes: nothing to show"
    assert setting.state() is TransferState.OFFERED


def test_a_damaged_list_ends_a_sending_instead_of_waiting_for_ever(setting: Setting) -> None:
    setting.sending()
    setting.table.heard_answer(BOB, Answer(ID, True), 1.0)
    told = events(setting.table.run_ended(RunEnded(ID, 1, "list-damaged"), 2.0))
    assert [getattr(one, "code", "") for one in told] == ["list-damaged"]
    assert setting.state() is TransferState.FAILED


def test_a_walk_that_fails_after_the_question_was_put_takes_it_back(setting: Setting) -> None:
    setting.sending()
    effects = setting.table.scan_ended(ScanEnded(ID, Code.LIST_TOO_LONG), 1.0)
    assert said(effects) == [Cancel(ID, Code.LIST_TOO_LONG)]
    (failed,) = events(effects)
    assert isinstance(failed, TransferFailed)
    assert "send the folders in it one by one" in failed.message
    assert setting.state() is TransferState.FAILED


def test_what_is_counted_again_while_it_rests_or_moves_is_offered_when_it_does_no_more(setting: Setting) -> None:
    setting.sending()
    setting.table.heard_answer(BOB, Answer(ID, True), 1.0)
    setting.table.run_ended(RunEnded(ID, 1, Code.MORE_THAN_OFFERED), 2.0)
    assert setting.table.rows[ID].walk is Walk.AGAIN
    setting.table.pause(ID)
    assert not [one for one in said(setting.table.counted(Counted(ID, OFFER, 0))) if isinstance(one, Offered)]
    assert setting.state() is TransferState.PAUSED
    assert [one for one in said(setting.table.resume(ID, 3.0)) if isinstance(one, Offered)]
    assert setting.state() is TransferState.OFFERED
