"""Models keep Qt's rules through a busy day."""

from __future__ import annotations

import datetime

from PySide6.QtTest import QAbstractItemModelTester

from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.qt.windows.main import MainWindow
from tools import pictures as made


def test_models_keep_qts_rules_through_a_busy_day(window: MainWindow) -> None:
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    testers = [QAbstractItemModelTester(model, fatal) for model in (window.devices, window.timeline)]
    window.open_peer(made.MARTA)
    window.on_event(made.history())
    made.living(window)
    now = datetime.datetime.now(datetime.UTC)
    for number, peer in enumerate((made.BUILD, made.GARAGE, made.ANNA, made.MARTA)):
        window.on_event(e.MessageReceived(MessageId(f"{number:032x}"), peer, "n", "hi", now, 50 + number))
        window.on_event(e.PeerVanished(peer, "n"))
        window.on_event(e.PeerAppeared(peer, f"new name {number}", "server", ("10.0.0.1:1",), "known", True))
    window.on_event(e.PeerAppeared(made.peer_id("n"), "Newcomer", "laptop", (), "stranger", True))
    window.on_event(made.troubles())
    window.close_peer()
    assert window.devices.rowCount() == 7
    assert len(testers) == 2


def test_online_devices_come_first_and_twins_show_their_ids(window: MainWindow) -> None:
    window.on_event(e.PeerAppeared(made.peer_id("n"), "Build server", "server", (), "stranger", True))
    rows = window.devices.devices()
    assert [row.online for row in rows] == sorted((row.online for row in rows), reverse=True)
    assert [row.twin for row in rows if row.name == "Build server"] == [True, True]
