"""Which row of a conversation has the focus: arrows lead from row to row, a ring shows where.

The row is known by its key, so that it has the focus again when it is made anew, and the next one when it is gone.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QWidget

from lanshare.qt.theme.style import em
from lanshare.qt.timeline.bubble import Bubble
from lanshare.qt.timeline.card import Card
from lanshare.qt.timeline.rows import RowColumn
from lanshare.qt.timeline.system_message import SystemMessage


class RowFocus(QObject):
    """The row that keys are for."""

    def __init__(self, area: QScrollArea, column: RowColumn) -> None:
        super().__init__(area)
        self._area, self._column = area, column
        self.current = ""
        """The key of the row that arrows have led to."""

        self._orphan = False
        """The row that had the focus was taken out."""

        self.ring = QFrame(column)
        self.ring.setObjectName("ring")
        self.ring.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.ring.hide()
        column.orphaned.connect(self._orphaned)
        QApplication.instance().focusChanged.connect(self._moved)  # type: ignore[union-attr]

    def place(self) -> int:
        """Where the row is among those alive; the last one if it is not."""
        found = self._column.place_of(self.current)
        return found if found >= 0 else len(self._column.alive) - 1

    def go_to(self, place: int) -> None:
        """The row at this place gets the focus, and comes into view."""
        if not 0 <= place < len(self._column.alive):
            return
        entry, row, _ = self._column.alive[place]
        self.current = entry.key
        row.setFocus(Qt.FocusReason.OtherFocusReason)
        self._area.ensureWidgetVisible(row, 0, em(12))

    def adopt(self, busy: bool, beside: int = -1) -> None:
        """The row that had the focus has it again once it is there anew; if it is gone for good, its neighbour.

        `busy`: it may still be built. `beside`: the place that a row was taken out of.
        """
        alive = self._column.alive
        if not self._orphan or not self._area.hasFocus():
            self._orphan = False
            return
        place = self._column.place_of(self.current)
        if place < 0 and (busy or not alive):
            return
        self._orphan = False
        place = place if place >= 0 else min(beside, len(alive) - 1) if beside >= 0 else len(alive) - 1
        self.current = alive[place].entry.key
        alive[place].widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_ring(self) -> None:
        """Around the row that has the focus; it is seen wherever a key would do something."""
        row = next((one.widget for one in self._column.alive if one.widget.hasFocus()), None)
        self.ring.setVisible(row is not None or (self._area.hasFocus() and not self._column.alive))
        if row is None:
            self.ring.setGeometry(self._column.rect().adjusted(4, 4, -4, -4))
        else:
            box = QRect(row.frame.mapTo(self._column, QPoint(0, 0)), row.frame.size())
            self.ring.setGeometry(box.adjusted(-3, -3, 3, 3))
            self.ring.raise_()

    def _orphaned(self) -> None:
        self._orphan = True
        self._area.setFocus(Qt.FocusReason.OtherFocusReason)

    def _moved(self, before: QWidget | None, now: QWidget | None) -> None:
        row = now
        while row is not None and not isinstance(row, Bubble | Card | SystemMessage):
            row = row.parentWidget()
        key = next((one.entry.key for one in self._column.alive if one.widget is row), "") if row is not None else ""
        self.current = key or self.current
        self.show_ring()
