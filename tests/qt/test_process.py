"""Signals, faults and the first picture: each is told once, and nobody is called who is gone."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from lanshare.qt import process
from lanshare.qt.process import Painted, StopWatch, catch_all


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to another process")
def test_one_signal_is_told_once(qtbot: QtBot) -> None:
    told: list[int] = []
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    watch = StopWatch(lambda: told.append(1))
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        qtbot.waitUntil(lambda: bool(told))
        for _ in range(5):
            QApplication.processEvents()
        assert told == [1]
    finally:
        watch.close()
        for number, handler in before:
            signal.signal(number, handler)


@pytest.mark.parametrize("shown", [True, False])
def test_the_first_picture_is_told_once_or_that_there_is_none(qtbot: QtBot, shown: bool) -> None:
    told: list[int] = []
    widget = QWidget()
    if shown:
        widget.show()
    Painted(widget, lambda: told.append(1))
    qtbot.waitUntil(lambda: bool(told))
    widget.repaint()
    for _ in range(5):
        QApplication.processEvents()
    assert told == [1]
    widget.close()


def test_whoever_is_forgotten_is_called_no_more(qtbot: QtBot) -> None:
    told: list[str] = []
    widget = QWidget()
    Painted(widget, lambda: told.append("gone")).forget()
    Painted(widget, lambda: told.append("there"))
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["there"]


@pytest.fixture
def hooks() -> Iterator[None]:
    """As they were."""
    before = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = before


@pytest.mark.warns("not caught")
def test_what_nobody_caught_is_logged_and_said_once(
    qtbot: QtBot, hooks: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    monkeypatch.setattr(process, "say", lambda title, text: said.append(title))
    ended: list[int] = []
    catch_all(lambda: ended.append(1))
    for error in (ValueError("one"), ValueError("two")):
        sys.excepthook(type(error), error, None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    qtbot.waitUntil(lambda: bool(said))
    assert len(said) == len(ended) == 1
    assert len(caplog.records) == 2
