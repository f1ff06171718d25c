"""A foreign program to drag files from: one window, which drags the paths on its command line."""

from __future__ import annotations

import sys

from PySide6.QtCore import QEvent, QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag, QEnterEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel


def told(action: Qt.DropAction) -> None:
    """What is under the pointer would, or would not, take it."""
    print("taken" if action is Qt.DropAction.CopyAction else "not taken", flush=True)


class Source(QLabel):
    """Press and move: the drag begins."""

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer is over it."""
        print("entered", flush=True)

    def leaveEvent(self, event: QEvent) -> None:
        """It is not any more."""
        print("left", flush=True)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The button is down."""
        print("pressed", flush=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """And moved."""
        drag = QDrag(self)
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(path) for path in sys.argv[1:]])
        drag.setMimeData(mime)
        drag.actionChanged.connect(told)
        result = drag.exec(Qt.DropAction.CopyAction)
        print("dropped" if result is Qt.DropAction.CopyAction else "refused", flush=True)


app = QApplication(sys.argv)
source = Source("drag me")
source.setWindowTitle("drag source")
source.resize(200, 100)
source.show()
app.exec()
