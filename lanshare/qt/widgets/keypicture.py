"""A device's key as a small picture: two different keys hardly ever look alike."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from lanshare.domain.peer import key_bytes
from lanshare.qt.formatting import tr
from lanshare.qt.theme.style import em, tokens
from lanshare.qt.theme.tokens import HUES

_SIDE = 7


class KeyPicture(QWidget):
    """A mirrored pattern of seven by seven fields, made of the key's hash alone."""

    def __init__(self, peer: str, size: int = 63, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bytes = key_bytes(peer)
        self.setFixedSize(QSize(em(size), em(size)))
        self.setAccessibleName(tr("Picture of the key"))

    def fields(self) -> list[tuple[int, int]]:
        """Column and row of each filled field."""
        half = (_SIDE + 1) // 2
        bits = int.from_bytes(self._bytes[8:16], "big")
        filled = []
        for at in range(half * _SIDE):
            if bits >> at & 1:
                column, row = at % half, at // half
                filled += [(column, row)] if column == half - 1 else [(column, row), (_SIDE - 1 - column, row)]
        return filled

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens().line))
        painter.setBrush(QColor(tokens().raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        step = (self.width() - 12) / _SIDE
        for column, row in self.fields():
            colour = QColor(HUES[self._bytes[16] % len(HUES)][(column * row) % 2])
            painter.fillRect(QRectF(6 + column * step, 6 + row * step, step, step), colour)
