"""What is looked up of transfers that are not in memory."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import replace

from lanshare.domain.commands import RetryTransfer, SendFiles
from lanshare.domain.control_messages import Offered
from lanshare.domain.offer import Allowance, ConflictPolicy, Destination, Offer, Skipped
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.engine.inbox import AnswerLooked, OfferLooked, RetryLooked, SendLooked, UndoLooked
from lanshare.engine.transfers import store_work
from lanshare.store import journal
from tests.harness.made import NOW, PEER

ID, NEW = TransferId("a" * 32), TransferId("b" * 32)
SENT = Transfer(ID, PEER, Direction.OUT, TransferState.QUEUED, Offer((), 1, 0, 0, True), NOW)
SOURCES = (Path("/x"),)


def test_what_is_unknown_is_told_as_unknown_and_what_is_over_with_its_end(db: sqlite3.Connection) -> None:
    command, said = SendFiles(ID, PEER, SOURCES, again=True), Offered(ID, SENT.offer)
    assert store_work.look_for_sending(db, command) == SendLooked(command, None)
    assert store_work.look_for_offer(db, PEER, said) == OfferLooked(PEER, said, None)
    assert store_work.look_for_answered(db, PEER, ID) == AnswerLooked(PEER, None)
    journal.add(db, SENT, SOURCES)
    journal.finish(db, replace(SENT, state=TransferState.DONE))
    found = store_work.look_for_sending(db, command).found
    assert found is not None
    assert found.state is TransferState.DONE
    assert store_work.look_for_offer(db, PEER, said).found == found
    assert store_work.look_for_answered(db, PEER, ID).found == found


@pytest.mark.parametrize("missing", [(), (Skipped("x/b", "file-changed"),)])
def test_a_retry_sends_what_is_missing_or_all_of_it(db: sqlite3.Connection, missing: tuple[Skipped, ...]) -> None:
    command = RetryTransfer(ID, NEW)
    assert store_work.look_for_retry(db, command) is None
    journal.add(db, SENT, SOURCES)
    state = TransferState.PARTIAL if missing else TransferState.FAILED
    journal.finish(db, replace(SENT, state=state, skipped=missing, files_failed=len(missing)))
    only = tuple(one.path for one in missing)
    assert store_work.look_for_retry(db, command) == RetryLooked(NEW, PEER, SOURCES, only, ID if missing else None)


def test_what_was_received_is_found_with_its_folder(db: sqlite3.Connection) -> None:
    assert store_work.look_for_received(db, ID) is None
    received = replace(SENT, direction=Direction.IN)
    journal.add(db, received)
    journal.accept(db, ID, Destination(Path("/in"), ConflictPolicy.KEEP), Allowance(("x",), 1, 0, 0))
    journal.finish(db, replace(received, state=TransferState.DONE))
    found = store_work.look_for_received(db, ID)
    assert isinstance(found, UndoLooked)
    assert (found.found.id, found.folder) == (ID, Path("/in"))
