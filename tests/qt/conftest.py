"""What the window's tests share: a window over nothing, with made-up devices."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from lanshare.domain.commands import Command
from lanshare.qt.bridge import Bridge
from lanshare.qt.windows.main import MainWindow
from tools import pictures as made


@pytest.fixture
def submitted() -> list[Command]:
    """What the window asked for."""
    return []


@pytest.fixture
def window(qtbot: QtBot, submitted: list[Command]) -> MainWindow:
    """A window over nothing, with made-up devices."""
    one = MainWindow(Bridge(submitted.append), lambda image: None)
    qtbot.addWidget(one, before_close_func=lambda widget: setattr(widget.leaving, "quits", True))
    one.show()
    one.on_event(made.snapshot())
    return one
