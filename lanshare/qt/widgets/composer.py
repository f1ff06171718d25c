"""Where a person writes: grows with the text, Enter sends, Shift+Enter breaks; files and images can be pasted.

Signals: said(str, object) with the id of the message it answers or None; edited(str, str) with the message's id and its
new text; recall() for Up in an empty field; typing(); attach(); pasted(object) with a tuple of paths;
pasted_image(object) with a QImage.
"""

from __future__ import annotations

from msgspec import Struct
from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QInputMethodEvent, QKeyEvent, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from lanshare.domain.message import MessageId
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import assets
from lanshare.qt.formatting import tr
from lanshare.qt.theme.style import em, font_of, tokens
from lanshare.qt.widgets.drops import paths_in
from lanshare.qt.widgets.labels import ElidedLabel

_LINES = {0x2028: "\n", 0x2029: "\n"}
_LONG_WORD = 2048
"""Characters without a place to break, beyond which a text is broken anywhere."""


class Half(Struct, frozen=True):
    """A reply or an edit that is not sent yet."""

    about: MessageId | None
    editing: str | None
    what: str
    words: str
    text: str
    original: str


class Composer(QWidget):
    """The field and its buttons."""

    said = Signal(str, object)
    edited = Signal(str, str)
    recall = Signal()
    typing = Signal()
    attach = Signal()
    pasted = Signal(object)
    pasted_image = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = _Field(self)
        self.field.setAccessibleName(tr("Message"))
        self.field.enter.connect(self._say)
        self.field.up.connect(self.recall)
        self.field.escape.connect(self.cancel)
        self.about: MessageId | None = None
        self.editing: str | None = None
        self._stash = self._original = ""
        self.field.textChanged.connect(self._changed)
        self.field.pasted.connect(self.pasted)
        self.field.pasted_image.connect(self.pasted_image)
        self._attach = QToolButton()
        self._attach.setAccessibleName(tr("Send files"))
        self._attach.setToolTip(tr("Send files"))
        self._attach.clicked.connect(self.attach)
        self._send = QToolButton()
        self._send.setProperty("kind", "main")
        self._send.setAccessibleName(tr("Send the message"))
        self._send.setToolTip(tr("Send"))
        self._send.clicked.connect(self._say)
        frame = QFrame()
        frame.setObjectName("composer")
        row = QHBoxLayout(frame)
        row.setContentsMargins(8, 6, 7, 6)
        row.setSpacing(6)
        row.addWidget(self._attach, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.field, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._send, 0, Qt.AlignmentFlag.AlignBottom)
        self._strip = QFrame()
        self._strip.setObjectName("strip")
        self._what = ElidedLabel("", "name")
        self._words = ElidedLabel("", "dim")
        close = QToolButton()
        close.setAccessibleName(tr("Do not reply or edit"))
        close.clicked.connect(self.cancel)
        self._close = close
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._what)
        words.addWidget(self._words)
        strip = QHBoxLayout(self._strip)
        strip.setContentsMargins(10, 4, 6, 4)
        strip.addLayout(words, 1)
        strip.addWidget(close)
        self._strip.hide()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(18, 8, 18, 16)
        outer.setSpacing(6)
        outer.addWidget(self._strip)
        outer.addWidget(frame)
        self.dress()
        self._changed()

    def dress(self) -> None:
        """Take the colours in force."""
        look = tokens()
        assets.put_icon(self._attach, "paperclip", look.dim, 20)
        assets.put_icon(self._send, "arrow-up", look.accent_text, 20)
        self._send.setFixedSize(em(36), em(36))
        self.field.setFont(font_of(14))
        self.grow()
        assets.put_icon(self._close, "x", look.dim, 16)

    def set_enter_sends(self, sends: bool) -> None:
        """Whether Enter sends and Shift+Enter breaks, or Enter breaks and Ctrl+Enter sends."""
        self.field.enter_sends = sends

    def reply_to(self, message: str, who: str, text: str) -> None:
        """What is written next answers this message."""
        self._keep_edit()
        self.cancel()
        self.about = MessageId(message)
        self._show_strip(tr("Reply to {0}").format(who), text)

    def edit(self, message: str, text: str, original: str | None = None) -> None:
        """What is in the field takes the place of this message. `original`: what that says, if `text` is a change."""
        self._keep_edit()
        self.cancel()
        self._original = text if original is None else original
        self._stash = self.field.words()
        self.editing = message
        self._show_strip(tr("Edit your message"), text)
        self.field.setPlainText(text)
        self.field.moveCursor(QTextCursor.MoveOperation.End)

    def cancel(self) -> None:
        """Neither reply nor edit; what was half written before an edit is there again."""
        if self.editing is not None:
            self.field.setPlainText(self._stash)
            self.field.moveCursor(QTextCursor.MoveOperation.End)
            self._stash = ""
        self.about = self.editing = None
        self._strip.hide()

    def stash(self, text: str) -> None:
        """Words that come back: into the field, or behind the edit that is in it."""
        if self.editing is not None:
            self._stash = f"{text}\n{self._stash}" if self._stash else text
            return
        since = self.field.words()
        self.field.setPlainText(f"{text}\n{since}" if since else text)
        self.field.moveCursor(QTextCursor.MoveOperation.End)

    def half(self) -> Half | None:
        """A reply or an edit that is under way, to be taken up again."""
        if self.about is None and self.editing is None:
            return None
        words = self.field.words() if self.editing is not None else ""
        return Half(self.about, self.editing, self._what.text(), self._words.text(), words, self._original)

    def take_up(self, half: Half) -> None:
        """What was under way when this conversation was left."""
        self.about, self.editing, self._original = half.about, half.editing, half.original
        if half.editing is not None:
            self._stash = self.field.words()
            self.field.setPlainText(half.text)
            self.field.moveCursor(QTextCursor.MoveOperation.End)
        self._show_strip(half.what, half.words)

    def _keep_edit(self) -> None:
        """An edit that is left for something else keeps what was written: behind what waited in the field."""
        if self.editing is not None and (text := self.field.words()) not in ("", self._original):
            self._stash = f"{self._stash}\n{text}" if self._stash else text

    def draft(self) -> str:
        """What is written and not sent, apart from a change of what was sent already."""
        return self._stash if self.editing is not None else self.field.words()

    def _show_strip(self, what: str, text: str) -> None:
        self._what.setText(what)
        self._words.setText(escaped(" ".join(text.split())[:300]))
        self._strip.show()
        self.field.setFocus()

    def set_name(self, name: str) -> None:
        """Whom the text goes to."""
        self.field.setPlaceholderText(tr("Message {0}").format(name))

    def _say(self) -> None:
        self.field.compose()
        text = self.field.words().strip("\n")
        if not text.strip():
            return
        about, editing = self.about, self.editing
        self.cancel()
        if editing is None:
            self.field.clear()
        if editing is not None:
            self.edited.emit(editing, text)
        else:
            self.said.emit(text, about)

    def grow(self) -> None:
        """Be as high as what is written needs."""
        self._send.setEnabled(bool(self.field.toPlainText().strip()))
        lines = min(7, max(1, int(self.field.document().size().height())))
        self.field.setFixedHeight(lines * self.field.fontMetrics().lineSpacing() + 12)

    def _changed(self) -> None:
        if self.field.hasFocus() and self.field.toPlainText():
            self.typing.emit()
        self.grow()


class _Field(QPlainTextEdit):
    """The text itself."""

    enter = Signal()
    up = Signal()
    escape = Signal()
    pasted = Signal(object)
    pasted_image = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.enter_sends = True
        self.preedit = ""
        """What an input method shows and has not made text yet."""

        self.setAcceptDrops(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(4)
        self.textChanged.connect(self._emptied)

    def words(self) -> str:
        """What is written, as it is: Qt's plain text has a blank for each blank that does not break."""
        return self.document().toRawText().translate(_LINES)

    def compose(self) -> None:
        """What an input method is still at becomes text: it belongs to what is written."""
        method = QGuiApplication.inputMethod()
        method.commit()
        if self.preedit:
            rest = QInputMethodEvent()
            rest.setCommitString(self.preedit)
            QGuiApplication.sendEvent(self, rest)
            method.reset()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        super().inputMethodEvent(event)
        self.preedit = event.preeditString()

    def setPlainText(self, text: str) -> None:
        self._break_for(text)
        super().setPlainText(text)

    def insertPlainText(self, text: str) -> None:
        self._break_for(text)
        super().insertPlainText(text)

    def _break_for(self, text: str) -> None:
        """Qt looks for a place to break in a time that grows with the square of the word: a key or a picture in
        base64, pasted, would stop the window for seconds. Such a text is broken anywhere."""
        if any(len(word) > _LONG_WORD for word in text.split()):
            self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)

    def _emptied(self) -> None:
        if self.document().isEmpty():
            self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if enter and not shift and (self.enter_sends or control):
            self.enter.emit()
            return
        if event.key() == Qt.Key.Key_Up and not self.toPlainText():
            self.up.emit()
            return
        if event.key() == Qt.Key.Key_Escape:
            self.escape.emit()
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
            self._break_for(source.text())
            super().insertFromMimeData(source)
