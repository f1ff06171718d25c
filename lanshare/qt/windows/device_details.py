"""The device sheet: who it is, how far it is trusted, what it may do unasked; and how to get rid of it.

Signals: act(object) with a command; pair() when digits are to be compared.
"""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import datetime

from msgspec.structs import replace
from PySide6.QtCore import QDate, QLocale, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lanshare.domain import commands as c
from lanshare.domain.events import PeerStats
from lanshare.domain.peer import Permission, TrustLevel, is_full_id, key_words, peer_id
from lanshare.engine.presentation.display_text import escaped
from lanshare.engine.runtime.after_receiving import words_of
from lanshare.qt import assets, formatting
from lanshare.qt.decoding import decoder
from lanshare.qt.formatting import tr
from lanshare.qt.models.device_row import Device
from lanshare.qt.qr import peer_in
from lanshare.qt.theme.style import em, tokens
from lanshare.qt.widgets.avatar import Avatar
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.form import Choice, Form, Mark
from lanshare.qt.widgets.keypicture import KeyPicture
from lanshare.qt.widgets.labels import picture, plain, set_role, wrapped
from lanshare.qt.widgets.number import megabytes
from lanshare.qt.widgets.tall import Tall, fit, stacked

_HOUR_MS = 3_600_000


class DeviceSheet(QDialog):
    """One device. What is changed here holds at once, when Save is pressed."""

    act = Signal(object)
    pair = Signal()
    _coded = Signal(str)

    def __init__(self, device: Device, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.device = device
        self._coded.connect(self._heard)
        self.setWindowTitle(escaped(device.said))
        self._mark = picture()
        self._trust = wrapped("", "dim")
        self._trust.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._alias = QLineEdit(device.alias)
        self._alias.setMaxLength(64)
        self._alias.setPlaceholderText(escaped(device.said))
        self._alias.setAccessibleName(tr("Your own name for it"))
        self._files = Choice(tr("What happens to its files"), (
            (Permission.ASK, tr("Ask me")),
            (Permission.ACCEPT, tr("Accept without asking")),
            (Permission.BLOCK, tr("Decline without asking")),
        ), device.rules.files)
        self._messages = Choice(tr("What happens to its messages"), (
            (Permission.ACCEPT, tr("Take them")),
            (Permission.BLOCK, tr("Turn them down")),
        ), device.rules.messages)
        self._while = Choice(tr("For how long"), (("", tr("For good")), ("hour", tr("For an hour"))),
                              "hour" if device.rules.until else "")
        self._size = megabytes(device.rules.up_to, tr(" MB"), tr("Any size"), 1_000_000.0, 0)
        self._size.setAccessibleName(tr("Up to which size"))
        self._home = Mark(tr("Only on networks where I am at home"))
        self._home.setChecked(device.rules.at_home)
        self._into = QLineEdit(device.rules.into)
        self._into.setPlaceholderText(tr("The download folder"))
        self._into.setAccessibleName(tr("Into which folder"))
        self._speed = megabytes(
            device.rules.speed, tr(" MB/s"), tr("As fast as it goes"), 100_000.0, 1
        )
        self._speed.setAccessibleName(tr("How fast files go to it and come from it"))
        self._run = QLineEdit(device.rules.run)
        self._run.setPlaceholderText(tr("Nothing"))
        self._run.setToolTip(tr("A program with its arguments; the paths of what came follow them. No shell reads it."))
        self._run.setAccessibleName(tr("Run this when files of it have come"))
        self._exchanged = wrapped("", "dim")
        self._exchanged.hide()
        self._picture = QPushButton(tr("Read its QR code…"))
        self._picture.setToolTip(tr("From a picture of its own screen; Ctrl+V takes one from the clipboard"))
        self._picture.clicked.connect(self._choose_picture)
        self._id = QLineEdit()
        self._id.setPlaceholderText(tr("Or type its full id, from its own screen"))
        self._id.setAccessibleName(tr("Its full id"))
        self._id.textChanged.connect(self._typed)
        self._message = wrapped("", "dim")
        self._form = Form(10)
        self._unasked: tuple[QWidget | QLayout, ...] = ()
        """The rows about files that are accepted without asking."""

        self._compare = QPushButton(tr("Compare digits…"))
        self._compare.setProperty("kind", "main")
        self._block = QPushButton()
        self._build()
        self.show_device(device)

    def show_device(self, device: Device) -> None:
        """The device as it is now; what the person has typed stays."""
        self.device = device
        icon, colour, sentence = _trust_of(device)
        self._mark.setPixmap(assets.pixmap(icon, colour, em(18), self.devicePixelRatioF()))
        self._trust.setText(sentence)
        blocked, verified = device.trust == TrustLevel.BLOCKED, device.trust == TrustLevel.VERIFIED
        self._compare.setVisible(not blocked and not verified)
        self._compare.setEnabled(device.online)
        self._compare.setToolTip("" if device.online else tr("It must be online for that."))
        self._id.setVisible(not blocked and not verified)
        self._picture.setVisible(not blocked and not verified)
        self._block.setText(tr("Unblock") if blocked else tr("Block"))
        item = self._files.findData(str(Permission.ACCEPT))
        self._files.model().setData(
            self._files.model().index(item, 0), None if verified else 0, int(Qt.ItemDataRole.UserRole) - 1
        )
        self._files.setToolTip("" if verified else tr("Only a verified device's files are accepted unasked."))
        self._show_unasked()

    # --- inside

    def _build(self) -> None:
        device = self.device
        avatar = Avatar(44)
        avatar.show_device(device.kind, device.hue, device.online)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(wrapped(escaped(device.said), "big"))
        words.addWidget(wrapped("  ·  ".join(part for part in (device.system, *device.addresses[:1]) if part), "dim"))
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(avatar)
        head.addLayout(words, 1)
        trust = QHBoxLayout()
        trust.setSpacing(10)
        trust.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        trust.addWidget(self._trust, 1)
        key = QHBoxLayout()
        key.setSpacing(14)
        spelled = QVBoxLayout()
        spelled.setSpacing(3)
        spelled.addWidget(plain(tr("ITS KEY"), "section"))
        spelled.addWidget(wrapped(key_words(device.id), "name"))
        groups = wrapped(" ".join(device.id[at : at + 4] for at in range(0, 52, 4)), "dim")
        groups.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        spelled.addWidget(groups)
        key.addWidget(KeyPicture(device.id), 0, Qt.AlignmentFlag.AlignTop)
        key.addLayout(spelled, 1)
        self._compare.clicked.connect(self.pair)
        choose = self._fill_form()
        forget = QPushButton(tr("Forget"))
        forget.setToolTip(tr("What was exchanged stays in the history"))
        forget.clicked.connect(lambda: self._end(c.ForgetPeer(self.device.id)))
        self._block.clicked.connect(self._block_or_not)
        save = QPushButton(tr("Save"))
        save.setProperty("kind", "main")
        save.setDefault(True)
        save.clicked.connect(self._save)
        for button in (choose, forget, self._block, self._compare, self._picture):
            button.setAutoDefault(False)
        column = QVBoxLayout()
        column.setSpacing(14)
        for part in (head, trust, key):
            column.addLayout(part)
        column.addWidget(Buttons(left=[self._compare, self._picture]))
        column.addWidget(self._id)
        column.addWidget(self._message)
        column.addWidget(self._exchanged)
        column.addLayout(self._form)
        below = stacked(self, column, (24, 20, 24, 18), 480)
        below.addWidget(Buttons(save, left=[forget, self._block]))
        self._message.hide()

    def _fill_form(self) -> QPushButton:
        """What is agreed with it; returns the button that chooses a folder."""
        form = self._form
        form.add(tr("Your name for it"), self._alias)
        form.add(tr("Its messages"), self._messages)
        form.add(tr("Its files"), self._files)
        form.add(tr("Speed of files"), self._speed)
        folder = QHBoxLayout()
        choose = QPushButton(tr("Choose…"))
        choose.clicked.connect(self._choose)
        folder.addWidget(self._into, 1)
        folder.addWidget(choose)
        form.add(tr("For how long"), self._while)
        form.add(tr("Up to"), self._size)
        form.add(tr("Into"), folder)
        form.addRow("", self._home)
        form.add(tr("When they have come, run"), self._run)
        self._unasked = (self._while, self._size, folder, self._home)
        self._files.currentIndexChanged.connect(lambda _: self._show_unasked())
        return choose

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit(self)

    def _show_unasked(self) -> None:
        for row in self._unasked:
            self._form.setRowVisible(row, self._files.currentData() == Permission.ACCEPT)
        fit(self)

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Into which folder"), self._into.text())
        if folder:
            self._into.setText(folder)

    def _typed(self, text: str) -> None:
        """A full id that fits verifies; one that does not is said at once, as that is what somebody else would have."""
        typed = "".join(text.lower().replace("-", "").split())
        if len(typed) < 52:
            self._message.hide()
            return
        if typed == self.device.id:
            self.act.emit(c.TrustPeer(self.device.id))
            self._id.hide()
            return
        self._say_bad(tr("That is not the id of this device. Either it was mistyped, or another device pretends"
                               " to be this one."))

    def show_exchanged(self, event: PeerStats) -> None:
        """What was exchanged with it."""
        if event.since is None:
            text = tr("Nothing was exchanged with it yet.")
        else:
            day = QLocale().toString(_day(event.since), QLocale.FormatType.ShortFormat)
            text = tr("Exchanged since {0}: {1} messages, {2} files, {3}.").format(
                day, event.messages, event.files, formatting.size(event.bytes)
            )
        self._exchanged.setText(text)
        self._exchanged.show()
        fit(self)

    def read_code(self, picture: QImage) -> None:
        """A picture of the device's own screen: its code says the full id, as if it were typed."""
        self._heard(peer_in(picture) or "")

    def _heard(self, said: str) -> None:
        peer = peer_id(said) if is_full_id(said) else None
        if peer is None:
            self._say_bad(tr("There is no code of a lanshare device in that picture."))
        else:
            self._typed(peer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste) and not (picture := QApplication.clipboard().image()).isNull():
            self.read_code(picture)
            return
        super().keyPressEvent(event)

    def _choose_picture(self) -> None:
        pictures = tr("Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.gif)")
        path, _ = QFileDialog.getOpenFileName(self, tr("Read its QR code"), "", pictures)
        if path:
            threading.Thread(target=lambda: self._tell(decoder().code(path)), name="code").start()

    def _tell(self, said: str) -> None:
        """From the thread that asked the decoder."""
        with contextlib.suppress(RuntimeError):  # the sheet is gone
            self._coded.emit(said)
        decoder().rest()

    def _say_bad(self, text: str) -> None:
        self._message.setText(text)
        set_role(self._message, "bad")
        self._message.show()
        fit(self)
        for area in self.findChildren(Tall):
            area.ensureWidgetVisible(self._message)

    def _block_or_not(self) -> None:
        self._end(c.BlockPeer(self.device.id, self.device.trust != TrustLevel.BLOCKED))

    def _end(self, command: c.Command) -> None:
        self.act.emit(command)
        self.accept()

    def _save(self) -> None:
        old = self.device.rules
        run = self._run.text().strip()
        try:
            if run:
                words_of(run)
        except ValueError as error:
            self._say_bad(tr("That command cannot be run: {0}.").format(str(error)))
            return
        files = Permission(self._files.currentData())
        hour = self._while.currentData() == "hour"
        now = int(time.time() * 1000)
        until = (old.until if old.until > now else now + _HOUR_MS) if hour else 0
        # What this sheet has no field for stays as it is.
        rules = replace(
            old,
            files=files,
            messages=Permission(self._messages.currentData()),
            up_to=int(self._size.value() * 1e6),
            into=self._into.text().strip(),
            until=until if files is Permission.ACCEPT else 0,
            at_home=self._home.isChecked(),
            speed=int(self._speed.value() * 1e6),
            run=run,
        )
        if rules != old or self._alias.text() != self.device.alias:
            self.act.emit(c.ChangePeer(self.device.id, self._alias.text(), rules))
        self.accept()


def _day(when: datetime) -> QDate:
    local = when.astimezone()
    return QDate(local.year, local.month, local.day)


def _trust_of(device: Device) -> tuple[str, str, str]:
    """A mark, its colour, and the one sentence for it."""
    look = tokens()
    match device.trust:
        case TrustLevel.VERIFIED:
            sentence = tr(
                "Verified: you compared digits, or typed its id. If anybody pretends to be it, you will be told."
            )
            return "badge-check", look.accent_ink, sentence
        case TrustLevel.KNOWN:
            sentence = tr(
                "Known: you have exchanged something. Compare digits once to be sure that nobody is in between."
            )
            return "check", look.dim, sentence
        case TrustLevel.BLOCKED:
            return "ban", look.bad, tr("Blocked: it cannot reach you, and nothing goes to it.")
    return "circle-help", look.warn, tr("Stranger: it may ask, nothing more. Its name is what it says of itself.")
