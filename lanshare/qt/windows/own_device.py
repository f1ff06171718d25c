"""This device: what others compare it by. Its name, its key in words, its full id, and that as a QR code."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QShowEvent
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QVBoxLayout, QWidget

from lanshare.domain.events import Me
from lanshare.domain.peer import key_words
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt.formatting import tr
from lanshare.qt.qr import code_of
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.labels import picture, wrapped
from lanshare.qt.widgets.tall import fit, stacked

_SIZE = 220


class MineDialog(QDialog):
    """Shown for somebody else's eyes or camera."""

    def __init__(self, me: Me, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("This device"))
        code = picture(QPixmap.fromImage(code_of(me.id, _SIZE)))
        code.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        code.setAccessibleName(tr("This device's id as a QR code"))
        groups = wrapped(" ".join(me.id[at : at + 4] for at in range(0, 52, 4)), "dim")
        groups.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        hint = wrapped(
            tr("On the other device: About this device, then type this id or read a picture of this code."), "dim"
        )
        copy = QPushButton(tr("Copy the id"))
        copy.clicked.connect(lambda: QApplication.clipboard().setText(me.id))
        close = QPushButton(tr("Close"))
        close.setProperty("kind", "main")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(wrapped(escaped(me.name), "big"))
        column.addWidget(code)
        column.addWidget(wrapped(key_words(me.id), "name"))
        column.addWidget(groups)
        column.addWidget(hint)
        stacked(self, column, (24, 20, 24, 18), 420).addWidget(Buttons(close, left=[copy]))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit(self)
