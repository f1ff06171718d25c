"""What covers the conversation while files hang over it: where they would go, and how many they are."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGraphicsOpacityEffect, QWidget

from lanshare.qt import assets, texts
from lanshare.qt.theme.style import tokens


class DropOverlay(QWidget):
    """Covers its parent; lets all mouse events through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = ""
        self._count = 0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._fade = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(self._fade)
        self._motion = QPropertyAnimation(self._fade, b"opacity", self)
        self._motion.setDuration(150)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.hide()

    def appear(self, name: str, count: int) -> None:
        """Fade in over the whole parent."""
        self._name, self._count = name, count
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        if not self.isVisible():
            self._motion.stop()
            self._motion.setStartValue(0.0)
            self._motion.setEndValue(1.0)
            self.show()
            self.raise_()
            self._motion.start()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(look.ground)
        ground.setAlphaF(0.97)
        painter.fillRect(self.rect(), ground)
        painter.setPen(QPen(QColor(look.accent), 2, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(look.selected))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(14, 14, -14, -14), 16, 16)
        centre = self.rect().center()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.accent))
        disc = QRectF(centre.x() - 36, centre.y() - 76, 72, 72)
        painter.drawEllipse(disc)
        assets.draw_icon(painter, "upload", look.accent_text, disc.adjusted(21, 21, -21, -21))
        font = QFont(self.font())
        font.setPixelSize(18)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(look.text))
        line = QRectF(30, centre.y() + 12, self.width() - 60, 28)
        title = texts.tr("Drop to send to {0}").format(self._name)
        fitted = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(line.width()))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignCenter), fitted)
        font.setPixelSize(13)
        font.setWeight(QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(look.dim))
        items = texts.tr("1 item") if self._count == 1 else texts.tr("{0} items").format(self._count)
        painter.drawText(line.translated(0, 28), int(Qt.AlignmentFlag.AlignCenter), items)
