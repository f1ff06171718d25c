"""What covers the conversation while files hang over it: where they would go, and how many they are."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGraphicsOpacityEffect, QWidget

from lanshare.qt import assets
from lanshare.qt.formatting import tr
from lanshare.qt.theme.style import em, font_of, tokens


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
        title = tr("Drop to send to {0}").format(self._name)
        items = tr("1 item") if self._count == 1 else tr("{0} items").format(self._count)
        strong, quiet = font_of(18), font_of(13)
        strong.setWeight(QFont.Weight.DemiBold)
        width, flags = self.width() - 60, int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWrapAnywhere)
        if QFontMetrics(strong).horizontalAdvance(max(title.split(), key=len)) <= width:
            flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)
        room = QRectF(30, 0, width, self.height())
        words = QFontMetrics(strong).boundingRect(room.toRect(), flags, title).height()
        disc, gap = em(72), em(12)
        top = max(gap, (self.height() - disc - gap - words - QFontMetrics(quiet).height()) // 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.accent))
        circle = QRectF((self.width() - disc) / 2, top, disc, disc)
        painter.drawEllipse(circle)
        edge = em(21)
        assets.draw_icon(painter, "upload", look.accent_text, circle.adjusted(edge, edge, -edge, -edge))
        painter.setFont(strong)
        painter.setPen(QColor(look.text))
        painter.drawText(room.translated(0, top + disc + gap), flags, title)
        painter.setFont(quiet)
        painter.setPen(QColor(look.dim))
        painter.drawText(room.translated(0, top + disc + gap + words), int(Qt.AlignmentFlag.AlignHCenter), items)
