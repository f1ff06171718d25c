"""Add a device by its address: for networks where mDNS does not pass.

Signals: asked(str) with what was typed.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QPushButton, QVBoxLayout, QWidget

from lanshare.domain.events import Me
from lanshare.qt.formatting import tr
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.labels import set_role, wrapped
from lanshare.qt.widgets.tall import fit, stacked


class AddressDialog(QDialog):
    """Stays open until the device was found, or the person gives up."""

    asked = Signal(str)

    def __init__(self, me: Me | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Add a device"))
        self._field = QLineEdit()
        self._field.setPlaceholderText("192.168.1.20")
        self._field.setAccessibleName(tr("Address of the other device"))
        self._field.returnPressed.connect(self._ask)
        self._hint = wrapped(
            tr("Type the address that the other device shows, with :port if it is not 17717."), "dim"
        )
        self._add = QPushButton(tr("Add"))
        self._add.setProperty("kind", "main")
        self._add.setDefault(True)
        self._add.clicked.connect(self._ask)
        cancel = QPushButton(tr("Close"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(wrapped(tr("Add a device by its address"), "title"))
        column.addWidget(self._field)
        column.addWidget(self._hint)
        if me is not None:
            mine = tr("This device's own address: {0}").format(", ".join(me.addresses[:2]) + f", port {me.port}")
            column.addWidget(wrapped(mine, "dim"))
        stacked(self, column, (20, 20, 20, 16), 380).addWidget(Buttons(cancel, self._add))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit(self)

    def failed(self, sentence: str) -> None:
        """Nobody answered there."""
        self._hint.setText(sentence)
        set_role(self._hint, "bad")
        self._add.setEnabled(True)
        fit(self)

    def _ask(self) -> None:
        text = self._field.text().strip()
        if text:
            self._add.setEnabled(False)
            set_role(self._hint, "dim")
            self._hint.setText(tr("Looking…"))
            self.asked.emit(text)
