"""The first greeting, and the same question on every network that is new: who may see this device here?

Signals: answered(bool): True if the person trusts who is on this network.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from lanshare.qt import assets
from lanshare.qt.formatting import tr
from lanshare.qt.theme.style import em, tokens
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.labels import picture, wrapped
from lanshare.qt.widgets.tall import centred


class Greeting(QWidget):
    """Stands where a conversation would, until it is answered; nobody sees this device meanwhile."""

    answered = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = wrapped("", "big")
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._hint = wrapped("", "dim")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._choices = QVBoxLayout()
        self._choices.setSpacing(10)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(self._title)
        column.addWidget(self._hint)
        column.addSpacing(6)
        column.addLayout(self._choices)
        column.addSpacing(6)
        last = wrapped(tr("The eye at the bottom left changes it at any time."), "dim")
        last.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(last)
        self._box = centred(self, column)

    def ask(self, name: str, network: str, first: bool) -> None:
        """`name`: of this device; `network`: as people know it; `first`: nobody was met yet."""
        self._box.setMaximumWidth(em(460))
        self._title.setText(tr("Welcome to lanshare") if first else tr("A network that is new"))
        self._hint.setText(
            tr("Others will see this device as “{0}”. On this network ({1}) nobody sees it yet: who may?").format(
                name, network
            )
        )
        while (item := self._choices.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._choices.addWidget(_choice(
            "eye", tr("Everyone here"), tr("At home, in the office, in class: people that you trust."),
            tr("Yes, show it"), True, lambda: self.answered.emit(True)))
        self._choices.addWidget(_choice(
            "users", tr("Devices that I know"), tr("In a café, a hotel, a train: strangers see nothing."),
            tr("Known devices only"), False, lambda: self.answered.emit(False)))


def _choice(icon: str, title: str, hint: str, press: str, main: bool, act: object) -> QFrame:
    frame = QFrame()
    frame.setObjectName("card")
    row = QHBoxLayout(frame)
    row.setContentsMargins(14, 12, 14, 12)
    row.setSpacing(12)
    row.addWidget(picture(assets.pixmap(icon, tokens().accent_ink, em(22), frame.devicePixelRatioF())))
    words = QVBoxLayout()
    words.setSpacing(2)
    words.addWidget(wrapped(title, "name"))
    words.addWidget(wrapped(hint, "dim"))
    button = QPushButton(press)
    if main:
        button.setProperty("kind", "main")
    button.setAccessibleDescription(hint)
    button.clicked.connect(act)
    words.addSpacing(4)
    words.addWidget(Buttons(button, fill=True))
    row.addLayout(words, 1)
    return frame
