"""The crossing between threads."""

from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from lanshare.domain import events as e
from lanshare.qt.bridge import Bridge
from tools import pictures as made


def test_a_bridge_hands_over_on_the_windows_thread(qtbot: QtBot) -> None:
    bridge = Bridge(lambda command: None)
    seen: list[int] = []
    bridge.arrived.connect(lambda event: seen.append(threading.get_ident()))
    thread = threading.Thread(target=lambda: bridge.post(e.ConversationRead(made.MARTA)))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: seen == [threading.get_ident()])


def test_nothing_crosses_after_the_end(qtbot: QtBot) -> None:
    asked: list[object] = []
    bridge = Bridge(asked.append)
    seen: list[object] = []
    bridge.arrived.connect(seen.append)
    bridge.post(e.ConversationRead(made.MARTA))
    bridge.close()
    bridge.post(e.ConversationRead(made.MARTA))
    qtbot.wait(20)
    bridge.submit(None)  # type: ignore[arg-type]
    assert (asked, seen) == ([], [])
