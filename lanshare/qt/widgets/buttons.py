"""A row of buttons; a column where there is no room for a row: letters may be large, and a window narrow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget


class Buttons(QWidget):
    """Those that are shown, side by side or one below the other."""

    def __init__(
        self, *right: QWidget, left: Sequence[QWidget] = (), fill: bool = False, spacing: int = 8
    ) -> None:
        """`fill`: they take the whole width; else `left` stand at one end and `right` at the other."""
        super().__init__()
        _RowOrColumn(self, [*left, *right], len(left), fill, spacing)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)


class _RowOrColumn(QLayout):
    """Qt's own layouts have one direction, whatever room there is."""

    def __init__(self, parent: QWidget, widgets: Sequence[QWidget], left: int, fill: bool, spacing: int) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._left, self._fill = left, fill
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)
        for widget in widgets:
            self.addWidget(widget)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        hints = [item.sizeHint() for item in self._shown()]
        if width >= self._needed(hints):
            return max((hint.height() for hint in hints), default=0)
        return sum(hint.height() for hint in hints) + self.spacing() * max(0, len(hints) - 1)

    def sizeHint(self) -> QSize:
        hints = [item.sizeHint() for item in self._shown()]
        return QSize(self._needed(hints), max((hint.height() for hint in hints), default=0))

    def minimumSize(self) -> QSize:
        hints = [item.sizeHint() for item in self._shown()]
        widest, highest = (max((one for one in sizes), default=0) for sizes in (
            [hint.width() for hint in hints], [hint.height() for hint in hints]
        ))
        return QSize(widest, highest)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        shown = self._shown()
        hints = [item.sizeHint() for item in shown]
        free = rect.width() - self._needed(hints)
        if free < 0:
            top = rect.top()
            for item, hint in zip(shown, hints, strict=True):
                item.setGeometry(QRect(rect.left(), top, rect.width(), hint.height()))
                top += hint.height() + self.spacing()
            return
        at, shares = rect.left(), len(shown)
        for item, hint in zip(shown, hints, strict=True):
            if not self._fill and free and self._items.index(item) >= self._left:
                at, free = at + free, 0
            more = free // shares if self._fill else 0
            free, shares = free - more, shares - 1
            item.setGeometry(QRect(at, rect.top(), hint.width() + more, rect.height()))
            at += hint.width() + more + self.spacing()

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _needed(self, hints: list[QSize]) -> int:
        return sum(hint.width() for hint in hints) + self.spacing() * max(0, len(hints) - 1)
