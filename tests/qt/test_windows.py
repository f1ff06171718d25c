"""The window as a whole: narrow and wide, drops and pastes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from lanshare.domain import commands as c
from lanshare.domain.commands import Command
from lanshare.qt.models.devices import DEVICE_ROLE
from lanshare.qt.windows.main import MainWindow
from tools import pictures as made


@pytest.mark.parametrize("width", [480, 560, 719, 720, 900, 1400])
def test_the_window_is_as_narrow_as_it_is_asked_to_be(window: MainWindow, qtbot: QtBot, width: int) -> None:
    window.open_peer(made.MARTA)
    window.on_event(made.history())
    made.living(window)
    window.resize(width, 700)
    qtbot.waitUntil(lambda: window.width() == width)
    assert window.sidebar.isVisible() == (width >= 720)
    qtbot.waitUntil(lambda: window.pane.timeline.horizontalScrollBar().maximum() == 0)
    window.close_peer()
    assert window.sidebar.isVisible()


def test_a_drop_on_a_row_sends_there(window: MainWindow, submitted: list[Command], tmp_path: object) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/a file # 1.txt"), QUrl("http://example.org/x")])
    view = window.sidebar.list
    index = view.model().index(2, 0)
    device = index.data(DEVICE_ROLE)
    place = QPointF(view.visualRect(index).center())
    event = QDropEvent(
        place, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    view.dropEvent(event)
    sent = [one for one in submitted if isinstance(one, c.SendFiles)]
    assert [(one.peer, [str(path) for path in one.paths]) for one in sent] == [(device.id, ["/tmp/a file # 1.txt"])]


def test_paste_sends_files_and_images(window: MainWindow, submitted: list[Command], tmp_path: object) -> None:
    kept = Path(str(tmp_path)) / "Image.png"
    window._pasted = lambda image: kept
    window.open_peer(made.MARTA)
    QGuiApplication.clipboard().setImage(QImage(4, 4, QImage.Format.Format_RGB32))
    window._paste()
    assert isinstance(submitted[-1], c.SendFiles)
    assert submitted[-1].paths == (kept,)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/x")])
    QGuiApplication.clipboard().setMimeData(mime)
    window._paste()
    assert isinstance(submitted[-1], c.SendFiles)
    assert submitted[-1].paths == (Path("/tmp/x"),)
    # A QMimeData made in Python must not outlive the interpreter in the clipboard.
    QGuiApplication.clipboard().clear()
