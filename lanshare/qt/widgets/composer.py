"""Where a person writes: grows with the text, Enter sends, Shift+Enter breaks; files and images can be pasted.

Signals: said(str); attach(); pasted(object) with a tuple of paths; pasted_image(object) with a QImage.
"""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QToolButton, QWidget

from lanshare.qt import assets, texts
from lanshare.qt.theme.style import tokens
from lanshare.qt.widgets.drops import paths_in


class Composer(QWidget):
    """The field and its buttons."""

    said = Signal(str)
    attach = Signal()
    pasted = Signal(object)
    pasted_image = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = _Field(self)
        self.field.setAccessibleName(texts.tr("Message"))
        self.field.enter.connect(self._say)
        self.field.textChanged.connect(self._changed)
        self.field.pasted.connect(self.pasted)
        self.field.pasted_image.connect(self.pasted_image)
        self._attach = QToolButton()
        self._attach.setAccessibleName(texts.tr("Send files"))
        self._attach.setToolTip(texts.tr("Send files"))
        self._attach.clicked.connect(self.attach)
        self._send = QToolButton()
        self._send.setProperty("kind", "main")
        self._send.setAccessibleName(texts.tr("Send the message"))
        self._send.setToolTip(texts.tr("Send"))
        self._send.setFixedSize(36, 36)
        self._send.clicked.connect(self._say)
        frame = QFrame()
        frame.setObjectName("composer")
        row = QHBoxLayout(frame)
        row.setContentsMargins(8, 6, 7, 6)
        row.setSpacing(6)
        row.addWidget(self._attach, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.field, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._send, 0, Qt.AlignmentFlag.AlignBottom)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(18, 8, 18, 16)
        outer.addWidget(frame)
        self.dress()
        self._changed()

    def dress(self) -> None:
        """Take the colours in force."""
        look = tokens()
        self._attach.setIcon(assets.icon("paperclip", look.dim, 20))
        self._attach.setIconSize(QSize(20, 20))
        self._send.setIcon(assets.icon("arrow-up", look.accent_text, 20))
        self._send.setIconSize(QSize(20, 20))

    def set_name(self, name: str) -> None:
        """Whom the text goes to."""
        self.field.setPlaceholderText(texts.tr("Message {0}").format(name))

    def _say(self) -> None:
        text = self.field.toPlainText().strip("\n")
        if text.strip():
            self.field.clear()
            self.said.emit(text)

    def _changed(self) -> None:
        self._send.setEnabled(bool(self.field.toPlainText().strip()))
        lines = min(7, max(1, int(self.field.document().size().height())))
        self.field.setFixedHeight(lines * self.field.fontMetrics().lineSpacing() + 12)


class _Field(QPlainTextEdit):
    """The text itself."""

    enter = Signal()
    pasted = Signal(object)
    pasted_image = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        font = self.font()
        font.setPixelSize(14)
        self.setFont(font)
        self.setAcceptDrops(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if plain_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.enter.emit()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return bool(paths_in(source)) or source.hasImage() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if paths := paths_in(source):
            self.pasted.emit(paths)
        elif source.hasImage() and not source.hasText():
            image = source.imageData()
            if isinstance(image, QImage) and not image.isNull():
                self.pasted_image.emit(image)
        else:
            super().insertFromMimeData(source)
