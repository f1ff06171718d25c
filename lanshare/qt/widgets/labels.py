"""Labels that show any text as text: nothing a peer writes is markup, and nothing forces the window wide."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import (
    QClipboard,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

from lanshare.qt import assets, formatting


def plain(text: str = "", role: str = "", parent: QWidget | None = None) -> QLabel:
    """A label in one of the style sheet's roles."""
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    if role:
        label.setProperty("role", role)
    return label


def picture(image: QPixmap | None = None, parent: QWidget | None = None) -> QLabel:
    """A label for an icon."""
    label = plain("", "", parent)
    if image is not None:
        label.setPixmap(image)
    return label


class Wrapped(QLabel):
    """Breaks lines; and a word that is too long for any line, too: Qt would cut it off.

    What is broken so has marks of no width in it. text() and what is copied are without them.
    """

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole, self._broken = "", False
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        if role:
            self.setProperty("role", role)
        self.setText(text)

    def setText(self, text: str) -> None:
        plain_text = self.textFormat() is Qt.TextFormat.PlainText
        shown = formatting.breakable(text) if plain_text else text
        self._whole, self._broken = text, formatting.BREAK in shown
        super().setText(shown)
        if plain_text:
            self.setAccessibleName(text if self._broken else "")

    def text(self) -> str:
        return self._whole

    def selected(self) -> str:
        """What is selected of it, as it was said."""
        found = self.selectedText().replace("\u2029", "\n")
        return found.replace(formatting.BREAK, "") if self._broken else found

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.hasSelectedText():
            QGuiApplication.clipboard().setText(self.selected())
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        clipboard = QGuiApplication.clipboard()
        if clipboard.supportsSelection() and self.hasSelectedText() and self._broken:
            clipboard.setText(self.selected(), QClipboard.Mode.Selection)


def wrapped(text: str = "", role: str = "", parent: QWidget | None = None) -> Wrapped:
    """A label that breaks lines."""
    return Wrapped(text, role, parent)


def set_role(label: QLabel, role: str) -> None:
    """Give a label another role."""
    if label.property("role") != role:
        label.setProperty("role", role)
        label.style().unpolish(label)
        label.style().polish(label)


class ElidedLabel(QLabel):
    """One line that ends in an ellipsis where there is no room; the whole text is in the tooltip then."""

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(20, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, box.width())
        self.setToolTip(assets.tooltip(self.text()) if text != self.text() else "")
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(box, int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.toolTip():  # a finger has nothing to rest with
            QToolTip.showText(event.globalPosition().toPoint(), self.toolTip(), self)
        super().mousePressEvent(event)
