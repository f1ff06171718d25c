"""Six digits on both screens: the one question that makes a device verified.

Signals: answered(object) with True, False, or None if the person wants no comparison after all.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QPushButton, QVBoxLayout, QWidget

from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import assets
from lanshare.qt.formatting import tr
from lanshare.qt.theme.style import em, tokens
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.labels import picture, plain, set_role, wrapped
from lanshare.qt.widgets.tall import fit, stacked

_SECONDS = 60


class PairingDialog(QDialog):
    """One comparison, from asking for it to its end. It never takes the focus from what the person is doing."""

    answered = Signal(object)

    def __init__(self, name: str, ours: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._left, self._over = escaped(name), _SECONDS, False
        self.setWindowTitle(tr("Compare digits"))
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not ours)
        self._icon = picture(assets.pixmap("badge-check", tokens().accent_ink, em(30), self.devicePixelRatioF()))
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = wrapped(tr("Asking {0}…").format(self._name), "title")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._code = plain("", "code")
        self._shown = ""
        self._code.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint = wrapped("", "dim")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._same = QPushButton(tr("Yes, the same"))
        self._same.setProperty("kind", "main")
        self._same.clicked.connect(lambda: self._answer(True))
        self._other = QPushButton(tr("No"))
        self._other.clicked.connect(lambda: self._answer(False))
        self._close = QPushButton(tr("Cancel"))
        self._close.clicked.connect(self.close)
        for button in (self._same, self._other, self._close):
            button.setAutoDefault(False)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._tick)
        column = QVBoxLayout()
        column.setSpacing(12)
        for widget in (self._icon, self._title, self._code, self._hint):
            column.addWidget(widget)
        below = stacked(self, column, (26, 22, 26, 20), 420)
        below.addWidget(Buttons(self._other, self._same, self._close, fill=True, spacing=10))
        self._show_buttons(question=False)

    @property
    def code(self) -> str:
        """The digits that are shown; empty while there are none."""
        return self._shown

    def show_code(self, code: str) -> None:
        """Both screens show digits now."""
        self._title.setText(tr("Same on both screens?"))
        self._shown = code
        self._code.setText(code)
        self._code.setAccessibleName(" ".join(code.replace(" ", "")))
        self._hint.setText(self._asks())
        self._clock.start()
        self._show_buttons(question=True)

    def verified(self) -> None:
        """Both persons said yes."""
        self._finish("badge-check", tokens().good, tr("{0} is verified").format(self._name), "")
        self._hint.setText(tr("From now on you will notice if anybody pretends to be this device."))

    def ended(self, sentence: str, alarming: bool) -> None:
        """It came to nothing; an alarm is shown as one."""
        icon, colour = ("shield-alert", tokens().bad) if alarming else ("clock", tokens().dim)
        title = tr("Not the same device") if alarming else tr("Not compared")
        self._finish(icon, colour, title, "")
        self._hint.setText(escaped(sentence))
        set_role(self._hint, "bad" if alarming else "dim")

    def closeEvent(self, event: QCloseEvent) -> None:
        self.reject()
        event.accept()

    def reject(self) -> None:
        if not self._over:
            self._over = True
            self._clock.stop()
            self.answered.emit(None)
        super().reject()

    # --- inside

    def _asks(self) -> str:
        return tr("Look at the screen of {0}. {1} s left.").format(self._name, self._left)

    def _tick(self) -> None:
        self._left = max(0, self._left - 1)
        if self._same.isVisible():
            self._hint.setText(self._asks())

    def _answer(self, same: bool) -> None:
        self.answered.emit(same)
        self._show_buttons(question=False)
        if same:
            self._title.setText(tr("Waiting for {0}…").format(self._name))
            self._hint.setText(tr("The person there must say yes, too."))

    def _finish(self, icon: str, colour: str, title: str, code: str) -> None:
        self._over = True
        self._clock.stop()
        self._icon.setPixmap(assets.pixmap(icon, colour, em(30), self.devicePixelRatioF()))
        self._title.setText(title)
        self._code.setText(code)
        self._code.setVisible(bool(code))
        self._close.setText(tr("Close"))
        self._show_buttons(question=False)

    def _show_buttons(self, question: bool) -> None:
        self._same.setVisible(question)
        self._other.setVisible(question)
        self._close.setVisible(not question)
        self._code.setVisible(bool(self._code.text()))
        fit(self)
