"""What a message answers, above it: a line that leads there."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout

from lanshare.engine.presentation.display_text import escaped
from lanshare.qt.models.timeline import Entry
from lanshare.qt.theme.style import em
from lanshare.qt.widgets.labels import wrapped

_QUOTED: Final = 160
"""Characters of what a message answers: a press on it leads to the whole."""


class Quote(QFrame):
    """What a message answers: a line that leads there."""

    clicked = Signal()

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        assert entry.quote is not None
        self.setObjectName("quote")
        self.setProperty("side", "out" if entry.out else "in")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._name = wrapped(escaped(entry.quoted), "quoted")
        self._text = wrapped("", "time")
        self.show_text(entry.quote.text)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 3, 8, 3)
        column.setSpacing(0)
        column.addWidget(self._name)
        column.addWidget(self._text)

    def show_text(self, text: str) -> bool:
        """Show what is quoted; False if it is shown already."""
        line = " ".join(text.split())
        before, line = self._text.text(), escaped(line[:_QUOTED] + "…" if len(line) > _QUOTED else line)
        self._text.setText(line)
        return before != line

    def natural(self) -> int:
        """The width that it would like."""
        metrics = self._text.fontMetrics()
        name = self._name.fontMetrics().horizontalAdvance(self._name.text())
        return min(em(260), max(name, metrics.horizontalAdvance(self._text.text())) + 24)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()
