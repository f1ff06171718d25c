"""The window in a Windows Python: files dropped by their URLs, an offer accepted, a message written; with pictures.

Run by tools/windows_long.py. Words: the profile, the port, a file to drop, the folder for pictures.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from lanshare.domain import events as e
from lanshare.engine.options import Options
from lanshare.qt.app import App
from lanshare.qt.timeline.card import Card

PATIENCE = 60.0


def main(arguments: list[str]) -> int:
    """All of it; 0 if all went as it should."""
    profile, port, path, pictures = arguments
    app = App(Options(profile=Path(profile), port=int(port), name="Windows", interfaces=("127.0.0.1",)), [], False)
    heard: list[e.Event] = []
    app.bridge.arrived.connect(heard.append)
    ended: list[str] = []

    def until(what: str, holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(what)
            QTest.qWait(50)
        print(what, flush=True)

    def finished(direction: str) -> bool:
        return any(isinstance(one, e.TransferFinished) and one.direction == direction for one in heard)

    def work() -> None:
        try:
            window = app.window
            assert window is not None
            window.preferences.now = window.preferences.now
            until("a device is there", lambda: any(isinstance(one, e.PeerAppeared) for one in heard))
            peer = next(one for one in heard if isinstance(one, e.PeerAppeared)).id
            view = window.sidebar.list
            index = view.model().index(0, 0)
            mime = QMimeData()
            mime.setUrls([QUrl.fromLocalFile(path)])
            place = QPointF(view.visualRect(index).center())
            view.dropEvent(QDropEvent(
                place, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
            ))
            until("what was dropped is verified there", lambda: finished("out"))
            window.open_peer(peer)
            until("somebody asks", lambda: any(isinstance(one, e.OfferReceived) for one in heard))
            until("a button to accept", lambda: [one for one in accepts(window) if one.isVisible()])
            window.grab().save(str(Path(pictures) / "asked.png"))
            QTest.mouseClick(accepts(window)[0], Qt.MouseButton.LeftButton)
            until("what was offered is here", lambda: finished("in"))
            field = window.pane.composer.field
            field.setFocus()
            QTest.keyClicks(field, "hello from Windows")
            QTest.keyClick(field, Qt.Key.Key_Return)
            until("a message is delivered", lambda: any(isinstance(one, e.MessageDelivered) for one in heard))
            QTest.qWait(300)
            window.grab().save(str(Path(pictures) / "window.png"))
            ended.append("well")
        except Exception as error:
            print(f"{type(error).__name__}: {error}", flush=True)
        app.quit()

    QTimer.singleShot(500, work)
    app.run()
    return 0 if ended else 1


def accepts(window: object) -> list[QPushButton]:
    """The buttons that accept an offer."""
    found: list[QPushButton] = []
    for card in window.findChildren(Card):  # type: ignore[attr-defined]
        found += [one for one in card.findChildren(QPushButton) if one.text().startswith("Accept")]
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
