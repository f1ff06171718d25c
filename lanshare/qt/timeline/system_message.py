"""A row that nobody said: what changed in a group."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from lanshare.domain.showable import showable
from lanshare.qt import formatting
from lanshare.qt.models.timeline import Entry
from lanshare.qt.widgets.labels import wrapped


class SystemMessage(QWidget):
    """What changed in a group: a line in the middle."""

    SPOKEN_AS = QAccessible.Role.ListItem

    def __init__(self, entry: Entry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry = entry
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._label = wrapped(entry.text, "dim")
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 4, 24, 4)
        row.addWidget(self._label)
        self.refresh()

    @property
    def frame(self) -> QWidget:
        """What is seen of it."""
        return self._label

    def refresh(self) -> None:
        """It does not change."""
        text = showable(self._entry.text)
        self._label.setText(text)
        self.setAccessibleName(f"{text}, {formatting.clock(self._entry.at)}")

    def enter(self) -> None:
        """There is nothing to do with it."""

    def copy(self) -> None:
        """Into the clipboard."""
        QGuiApplication.clipboard().setText(self._entry.text)

    def fit(self, width: int) -> None:
        """Lines break by themselves."""
