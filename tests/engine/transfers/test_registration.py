"""The table of transfers hears of all that concerns a transfer, and of time."""

from __future__ import annotations

from pathlib import Path

from lanshare.domain.commands import CancelTransfer, SendFiles
from lanshare.domain.control_messages import Answer
from lanshare.domain.events import TransferFailed
from lanshare.domain.transfer import TransferState
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.inbox import Counted
from lanshare.engine.transfers.registration import TransferService
from tests.harness.transfer_table import BOB, ID, OFFER, Setting, events


def test_commands_items_and_words_of_peers_reach_the_table() -> None:
    setting, to = Setting(), Dispatch()
    service = TransferService(setting.table)
    service.register(to)
    list(to.items(SendFiles(ID, BOB, (Path("/x"),)), 0.0))
    list(to.items(Counted(ID, OFFER, 0), 0.0))
    assert setting.state() is TransferState.OFFERED
    list(to.heard(Answer(ID, True), BOB, 1.0))
    assert setting.table.rows[ID].link.held, "a yes is acted on"
    told = events([*to.items(CancelTransfer(ID), 2.0)])
    assert [type(one) for one in told] == [TransferFailed]
    assert service.next_time() == setting.table.next_time()
    assert service.tick(3.0) == []
