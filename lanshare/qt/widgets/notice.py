"""A line across the top of the conversation: what is wrong, or what waits for a choice.

Signals: closed(str) with the notice's key; acted(str) when its button is pressed, declined(str) when its other one is.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QWidget

from lanshare.qt import assets, texts
from lanshare.qt.theme.style import tokens
from lanshare.qt.widgets.labels import picture, wrapped


class Notice(QFrame):
    """One notice."""

    closed = Signal(str)
    acted = Signal(str)
    declined = Signal(str)

    def __init__(
        self, key: str, text: str, tone: str, action: str = "", other: str = "", parent: QWidget | None = None
    ) -> None:
        """`tone`: bad, warn or calm; `action`, `other`: buttons' texts."""
        super().__init__(parent)
        self.key = key
        self.setObjectName("notice")
        self.setProperty("tone", tone)
        look = tokens()
        icon, colour = {
            "bad": ("shield-alert", look.bad),
            "warn": ("triangle-alert", look.warn),
            "calm": ("paperclip", look.accent_ink),
        }[tone]
        self.label = wrapped(text)
        self.setAccessibleName(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 10, 8)
        row.setSpacing(10)
        row.addWidget(picture(assets.pixmap(icon, colour, 18, self.devicePixelRatioF())))
        row.addWidget(self.label, 1)
        if other:
            second = QPushButton(other)
            second.clicked.connect(lambda: self.declined.emit(self.key))
            row.addWidget(second)
        if action:
            button = QPushButton(action)
            button.setProperty("kind", "main")
            button.clicked.connect(lambda: self.acted.emit(self.key))
            row.addWidget(button)
        close = QToolButton()
        close.setIcon(assets.icon("x", look.dim, 16))
        close.setAccessibleName(texts.tr("Close this notice"))
        close.clicked.connect(lambda: self.closed.emit(self.key))
        row.addWidget(close)
