"""The way down: a round button over a conversation that is scrolled up, with the number of what was not seen below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from lanshare.qt import assets
from lanshare.qt.formatting import tr
from lanshare.qt.theme.style import tokens

_GAP = 14


class DownButton(QToolButton):
    """A child of the viewport that it leads down in."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("down")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._told: tuple[int, bool] = (-1, False)
        self.hide()

    def tell(self, unseen: int, needed: bool) -> None:
        """So many were not seen; `needed`: the end is out of sight."""
        if (unseen, needed) == self._told:
            return
        self._told = (unseen, needed)
        self.setText(str(unseen) if unseen else "")
        words = tr("{0} new below").format(unseen) if unseen else tr("To the newest")
        self.setAccessibleName(words)
        self.setToolTip(words)
        assets.put_icon(self, "arrow-down", tokens().text, 16)
        self.setVisible(needed)
        self.place()

    def place(self) -> None:
        """At the bottom, on the right."""
        parent = self.parentWidget()
        if parent is not None:
            self.adjustSize()
            self.move(parent.width() - self.width() - _GAP, parent.height() - self.height() - _GAP)
            self.raise_()
