"""However much comes at once, the window goes on: it takes it in by slices and keeps no more rows than it needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.qt.bridge import Bridge
from lanshare.qt.timeline.builder import Due
from lanshare.qt.timeline.rows import ALIVE
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
    qtbot.waitUntil(lambda: not timeline.builder.busy, timeout=300_000)
    pulse.stop()
    steps = [later - before for before, later in zip([0, *seen_at], [*seen_at, got[0]], strict=True)]
    assert max(steps) < count / 4, "a timer ran between any two slices"
    assert len(timeline.rows) <= ALIVE
    if kind in ("theirs", "ours", "late ones", "newest first", "cards"):
        assert window.timeline.rowCount() == count
        assert timeline.rows[-1][0].key == window.timeline.entry(count - 1).key, "its end is alive"
        bar = timeline.verticalScrollBar()
        qtbot.waitUntil(lambda: bar.value() == bar.maximum())


HAPPENS: dict[str, Callable[[MainWindow], object]] = {
    "nothing": lambda window: None,
    "the window grows": lambda window: window.resize(window.width() + 200, window.height() + 150),
    "the window shrinks": lambda window: window.resize(window.width() - 200, window.height() - 150),
    "a line is longer than it was": lambda window: window.on_event(
        e.MessageEdited(MessageId(f"{90:032x}"), made.MARTA, "a longer line " * 40)
    ),
    "one is taken back": lambda window: window.on_event(e.MessageUnsent(MessageId(f"{90:032x}"), made.MARTA)),
    "another look": lambda window: window.pane.timeline.dress(),
}


@pytest.mark.parametrize("come", ["oldest first", "newest first"])
@pytest.mark.parametrize("at", ["its end", "further up"])
@pytest.mark.parametrize("happens", HAPPENS)
def test_whoever_reads_the_end_still_does_after_late_ones_and_whoever_reads_further_up_too(
    qtbot: QtBot, happens: str, at: str, come: str
) -> None:
    """So many come late that rows are made anew; before they are, the scroll bar moves, for a reason of its own."""
    window = MainWindow(Bridge(lambda command: None), lambda image: None)
    qtbot.addWidget(window, before_close_func=lambda widget: setattr(widget.leaving, "quits", True))
    window.show()
    window.on_event(made.snapshot())
    window.open_peer(made.MARTA)
    for number in range(1, 101):
        window.on_event(said(number, f"line {number}", lamport=number * 1_000))
    timeline = window.pane.timeline
    bar = timeline.verticalScrollBar()
    qtbot.waitUntil(lambda: not timeline.builder.busy and bar.value() == bar.maximum() > 500)
    if at == "further up":
        bar.setValue(bar.maximum() // 2)
    # So much has just come that nothing is built at once: as after any burst, however slow the machine.
    timeline.builder._refilled, timeline.builder._budget = time.perf_counter() + 3600.0, 0
    for number in range(1_000, 1_040) if come == "oldest first" else range(1_040, 1_000, -1):
        window.on_event(said(number, "late", lamport=98_000 + number))
    assert Due.ANEW in timeline.builder._due, "they are not built one by one"
    timeline.builder._refilled = 0.0
    HAPPENS[happens](window)
    QApplication.sendPostedEvents()
    qtbot.waitUntil(lambda: not timeline.builder.busy)
    newest = window.timeline.entry(window.timeline.rowCount() - 1)
    if at == "its end" or happens == "another look":
        assert timeline.rows[-1][0].key == newest.key, "its end is alive"
        qtbot.waitUntil(lambda: bar.value() == bar.maximum())
        window.on_event(said(5_000, "one more", lamport=200_000))
        qtbot.waitUntil(lambda: timeline.rows[-1].entry.text == "one more" and bar.value() == bar.maximum())
    else:
        assert bar.value() < bar.maximum() - 100, "nobody is taken away from what they read"
