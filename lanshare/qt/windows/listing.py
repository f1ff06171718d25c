"""All of something of which only the beginning is shown: one line each, to be read, scrolled and copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from lanshare.qt.formatting import tr
from lanshare.qt.theme.style import em
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.labels import wrapped


class ListingDialog(QDialog):
    """Shows lines."""

    def __init__(self, title: str, lines: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.text = QPlainTextEdit("\n".join(lines))
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.text.setAccessibleName(title)
        close = QPushButton(tr("Close"))
        close.setProperty("kind", "main")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addWidget(wrapped(title, "title"))
        column.addWidget(self.text, 1)
        column.addWidget(Buttons(close))
        room = self.screen().availableSize()
        self.resize(min(em(460), room.width() - 24), min(em(420), room.height() - 48))
