"""What is larger than a small screen: it scrolls, and the buttons below it stay in sight."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from lanshare.qt.theme.style import em

_EDGE = 48
"""Pixels of a screen's height that a window's title and a little air take."""

_LEAST = 160
"""Pixels of height below which it is not worth showing."""


class Tall(QScrollArea):
    """Asks for as much as what is inside, and is content with less."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        self._inside = inside
        self.setWidget(inside)

    def sizeHint(self) -> QSize:
        """All of it, at the width it has."""
        inside = self._inside
        hint = inside.sizeHint()
        bar = self.verticalScrollBar().sizeHint().width()
        width = max(hint.width() + bar, self.width() if self.isVisible() else 0)
        height = inside.heightForWidth(width) if inside.hasHeightForWidth() else hint.height()
        return QSize(hint.width() + bar, max(height, inside.minimumSizeHint().height()))

    def needed(self) -> int:
        """Pixels of height that all of it takes at the width it has."""
        inside, width = self._inside, self.viewport().width()
        needed = inside.heightForWidth(width) if inside.hasHeightForWidth() else inside.sizeHint().height()
        return max(needed, inside.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Its whole width, with room for the bar; little of its height."""
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self._inside.minimumSizeHint().width() + bar, _LEAST)


def stacked(dialog: QDialog, inside: QVBoxLayout, margins: tuple[int, int, int, int], width: int) -> QVBoxLayout:
    """Put a column into a dialog so that it scrolls where the screen is small; the layout for what stays below it.

    `width`: that it likes to have, in pixels with letters of the usual size; no more than the screen has.
    """
    dialog.setMinimumWidth(min(em(width), dialog.screen().availableGeometry().width() - _EDGE // 2))
    left, top, right, bottom = margins
    content = QWidget()
    inside.setContentsMargins(left, top, right, 0)
    inside.addStretch(0)
    content.setLayout(inside)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(14)
    column.addWidget(Tall(content), 1)
    below = QVBoxLayout()
    below.setContentsMargins(left, 0, right, bottom)
    column.addLayout(below)
    return below


def centred(page: QWidget, inside: QVBoxLayout) -> QWidget:
    """Put a column into the middle of a page, which scrolls where it is small; the box that takes a greatest width."""
    box = QWidget()
    box.setLayout(inside)
    content = QWidget()
    middle = QHBoxLayout(content)
    middle.setContentsMargins(24, 24, 24, 24)
    middle.addStretch(1)
    middle.addWidget(box, 8, Qt.AlignmentFlag.AlignVCenter)
    middle.addStretch(1)
    whole = QVBoxLayout(page)
    whole.setContentsMargins(0, 0, 0, 0)
    whole.addWidget(Tall(content))
    return box


def fit(dialog: QDialog) -> None:
    """As tall as what is in it, and no taller than the screen."""
    layout = dialog.layout()
    if layout is None:
        return
    layout.activate()
    hint = dialog.sizeHint()
    room = dialog.screen().availableGeometry()
    width = max(hint.width(), dialog.minimumWidth())
    most = room.height() - _EDGE
    dialog.resize(min(width, room.width()), min(hint.height(), most))

    def grow(again: int) -> None:
        # What text needs at this very width is known only when it is laid out; without its bar the width is another.
        for area in dialog.findChildren(Tall):
            missing = max(area.needed() - area.viewport().height(), area.verticalScrollBar().maximum())
            height = min(dialog.height() + missing, most)
            if height != dialog.height():
                dialog.resize(dialog.width(), height)
                if again:
                    QTimer.singleShot(0, dialog, lambda: grow(again - 1))

    QTimer.singleShot(0, dialog, lambda: grow(2))
