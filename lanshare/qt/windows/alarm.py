"""A known device answers with another key: the person decides, with both explanations in front of them.

Signals: settled(bool): True if it is the same device, set up anew.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from lanshare.domain.events import IdentityChanged
from lanshare.domain.peer import key_words
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import assets
from lanshare.qt.formatting import tr
from lanshare.qt.theme.style import em, tokens
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.keypicture import KeyPicture
from lanshare.qt.widgets.labels import picture, plain, wrapped
from lanshare.qt.widgets.tall import fit, stacked


class AlarmDialog(QDialog):
    """Nothing is sent to either key until this is answered; closing it leaves the alarm as it is."""

    settled = Signal(bool)

    def __init__(self, event: IdentityChanged, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = escaped(event.name)
        self.setWindowTitle(tr("Another key"))
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(picture(assets.pixmap("shield-alert", tokens().bad, em(28), self.devicePixelRatioF())))
        head.addWidget(wrapped(tr("{0} answers with another key than before").format(name), "title"), 1)
        keys = QHBoxLayout()
        keys.setSpacing(20)
        for label, peer in ((tr("Known"), event.known), (tr("Seen now"), event.seen)):
            one = QVBoxLayout()
            one.setSpacing(4)
            one.addWidget(plain(label, "section"))
            one.addWidget(KeyPicture(peer, 56))
            one.addWidget(wrapped(key_words(peer), "dim"))
            keys.addLayout(one, 1)
        anew = QPushButton(tr("It was set up anew"))
        anew.clicked.connect(lambda: self._settle(True))
        pretends = QPushButton(tr("Block the one seen now"))
        pretends.setProperty("kind", "main")
        pretends.clicked.connect(lambda: self._settle(False))
        for button in (anew, pretends):
            button.setAutoDefault(False)
        column = QVBoxLayout()
        column.setSpacing(14)
        column.addLayout(head)
        column.addLayout(keys)
        column.addWidget(wrapped(tr(
            "Either it was set up anew, or lanshare was installed there again: then ask its owner, and compare digits"
            " afterwards. Or somebody on this network pretends to be {0}.").format(name)))
        column.addWidget(wrapped(tr(
            "Nothing was sent. Until you decide, nothing goes there, and nothing is accepted without asking."), "dim"))
        stacked(self, column, (24, 20, 24, 18), 480).addWidget(Buttons(anew, pretends))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit(self)

    def _settle(self, same: bool) -> None:
        self.settled.emit(same)
        self.accept()
