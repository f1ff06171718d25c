"""A device's picture: its kind on its colour, its presence, and a ring while something moves."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lanshare.qt import assets
from lanshare.qt.theme.style import em, tokens
from lanshare.qt.theme.tokens import HUES


def paint_avatar(painter: QPainter, box: QRectF, kind: str, hue: int, online: bool, ground: str, part: float) -> None:
    """Paint into a box; `part` 0 to 1 draws the ring, below 0 none. `ground` is the colour behind."""
    look = tokens()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if part >= 0:
        painter.setPen(QPen(QColor(look.track), 2.5))
        ring = box.adjusted(-4, -4, 4, 4)
        painter.drawArc(ring, 0, 360 * 16)
        painter.setPen(QPen(QColor(look.accent), 2.5))
        painter.drawArc(ring, 90 * 16, -int(part * 360 * 16))
    path = QPainterPath()
    path.addRoundedRect(box, box.width() * 0.28, box.width() * 0.28)
    top, bottom = HUES[hue % len(HUES)]
    gradient = QLinearGradient(box.topLeft(), box.bottomRight())
    gradient.setColorAt(0, QColor(top))
    gradient.setColorAt(1, QColor(bottom))
    painter.setOpacity(1.0 if online else 0.45)
    painter.fillPath(path, gradient)
    edge = box.width() * 0.27
    assets.draw_icon(painter, assets.device_icon(kind), "#ffffff", box.adjusted(edge, edge, -edge, -edge))
    painter.setOpacity(1.0)
    dot = box.width() * 0.14
    centre = QPointF(box.right() - dot * 0.3, box.bottom() - dot * 0.3)
    painter.setPen(QPen(QColor(ground), 2))
    painter.setBrush(QColor("#16a34a" if online and not look.dark else look.good if online else look.away))
    painter.drawEllipse(centre, dot + 1, dot + 1)
    painter.restore()


class Avatar(QWidget):
    """The same as a widget."""

    def __init__(self, size: int = 38, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = size
        self._kind, self._hue, self._online = "unknown", 0, False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.dress()

    def dress(self) -> None:
        """Take the size that fits the letters in force."""
        self.setFixedSize(QSize(em(self._size) + 10, em(self._size) + 10))

    def show_device(self, kind: str, hue: int, online: bool) -> None:
        """Show a device."""
        if (kind, hue, online) != (self._kind, self._hue, self._online):
            self._kind, self._hue, self._online = kind, hue, online
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(5, 5, self.width() - 10, self.height() - 10)
        ground = tokens().side if self.objectName() == "mine" else tokens().ground
        paint_avatar(painter, box, self._kind, self._hue, self._online, ground, -1.0)
