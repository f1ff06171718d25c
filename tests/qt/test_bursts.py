"""However much comes at once, the window goes on: it takes it in by slices and keeps no more rows than it needs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from lanshare.domain import events as e
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.qt.bridge import Bridge
from lanshare.qt.widgets.timeline import ALIVE
from lanshare.qt.windows.main import MainWindow
from tests.harness.talks import queued, said
from tools import pictures as made

COUNT = 10_000


def card(number: int) -> e.TransferQueued:
    """Files of ours on their way."""
    photo = made.offer(made.top(f"photo {number}.jpg", 800))
    return e.TransferQueued(TransferId(f"{number:032x}"), made.MARTA, "out", photo, made.minutes(0), "queued")


def stranger(number: int) -> e.PeerAppeared:
    """A device that has just been seen."""
    ident = PeerId(f"{number:052x}".replace("0", "q"))
    return e.PeerAppeared(ident, f"Device {number}", "laptop", (), "stranger", True)


KINDS: dict[str, tuple[int, Callable[[int], e.Event]]] = {
    "theirs": (COUNT, lambda number: said(number + 1, f"line {number}")),
    "ours": (COUNT, lambda number: queued(number + 1, f"line {number}")),
    "late ones": (COUNT, lambda number: said(number + 1, "late", lamport=1 + (number * 7919) % COUNT)),
    "newest first": (COUNT, lambda number: said(number + 1, "back", lamport=COUNT - number)),
    "cards": (1_000, card),
    "of others": (COUNT, lambda number: said(number + 1, "elsewhere", peer=made.ANNA)),
    "devices": (300, stranger),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_burst_is_taken_in_by_slices_and_leaves_few_rows(qtbot: QtBot, kind: str) -> None:
    count, make = KINDS[kind]
    bridge = Bridge(lambda command: None)
    window = MainWindow(bridge, lambda image: None)
    qtbot.addWidget(window, before_close_func=lambda widget: setattr(widget.leaving, "quits", True))
    bridge.arrived.connect(window.on_event)
    window.show()
    window.on_event(made.snapshot())
    window.open_peer(made.MARTA)
    got = [0]
    seen_at: list[int] = []

    def counted(event: object) -> None:
        got[0] += 1

    bridge.arrived.connect(counted)
    pulse = QTimer()
    pulse.timeout.connect(lambda: seen_at.append(got[0]))
    pulse.start(1)
    events = [make(number) for number in range(count)]

    def pour() -> None:
        for event in events:
            bridge.post(event)

    thread = threading.Thread(target=pour)
    thread.start()
    qtbot.waitUntil(lambda: got[0] >= count, timeout=300_000)
    thread.join()
    timeline = window.pane.timeline
    qtbot.waitUntil(lambda: not timeline._pending.isActive(), timeout=300_000)
    pulse.stop()
    steps = [later - before for before, later in zip([0, *seen_at], [*seen_at, got[0]], strict=True)]
    assert max(steps) < count / 4, "a timer ran between any two slices"
    assert len(timeline._rows) <= ALIVE
    if kind in ("theirs", "ours", "late ones", "newest first", "cards"):
        assert window.timeline.rowCount() == count
        assert timeline._rows[-1][0].key == window.timeline.entry(count - 1).key, "its end is alive"
        bar = timeline.verticalScrollBar()
        qtbot.waitUntil(lambda: bar.value() == bar.maximum())
