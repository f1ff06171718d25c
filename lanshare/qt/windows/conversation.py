"""The right-hand side: who it is, what was said and sent, and where to write. Files can be dropped anywhere on it.

Signals: back(); send(object) with a tuple of paths; pasted_image(object); search(); the composer's and the timeline's.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lanshare.domain.peer import short_id
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import assets
from lanshare.qt.formatting import tr
from lanshare.qt.models.device_row import Device
from lanshare.qt.models.timeline import TimelineModel
from lanshare.qt.models.transfers import TransferBook
from lanshare.qt.theme.style import tokens
from lanshare.qt.timeline.timeline import Timeline
from lanshare.qt.widgets.avatar import Avatar
from lanshare.qt.widgets.composer import Composer
from lanshare.qt.widgets.drops import paths_in
from lanshare.qt.widgets.empty import NoDevicesPage
from lanshare.qt.widgets.labels import wrapped
from lanshare.qt.widgets.network_prompt import Greeting
from lanshare.qt.widgets.notice import Notices
from lanshare.qt.widgets.overlay import DropOverlay


class ConversationPane(QWidget):
    """One device's conversation, or what to do when there is none."""

    back = Signal()
    send = Signal(object)
    search = Signal()
    keep = Signal()
    take_in = Signal()
    forget_after = Signal(int)
    mute = Signal(bool)
    pasted_image = Signal(object)
    about = Signal()
    compare = Signal()
    erase = Signal()

    def __init__(self, model: TimelineModel, book: TransferBook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pane")
        self.setAcceptDrops(True)
        self._device: Device | None = None
        self._typing = ""
        self._showed: tuple[Device | None, str, bool] | None = None
        self._greets = False
        self._drop_for: str | None = None
        """To whom it was said that what is dragged would go."""

        self._typing_over = QTimer(self)
        self._typing_over.setSingleShot(True)
        self._typing_over.setInterval(5000)
        self._typing_over.timeout.connect(lambda: self.show_typing("") if self._typing else None)
        self._avatar = Avatar()
        self._name = wrapped("", "title")
        self._status = wrapped("", "dim")
        self._back = QToolButton()
        self._back.setAccessibleName(tr("Back to the devices"))
        self._back.clicked.connect(self.back)
        self._send = QPushButton(" " + tr("Send files"))
        self._send.setProperty("kind", "main")
        self._send.clicked.connect(self.choose_files)
        self._more = QToolButton()
        self._more.setAccessibleName(tr("More"))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._make_menu()
        self._more.setMenu(self._menu)
        self._head = self._build_head()
        self.timeline = Timeline(model, book)
        self.composer = Composer()
        self.timeline.typed.connect(self._type)
        self.composer.attach.connect(self.choose_files)
        self.composer.pasted_image.connect(self.pasted_image)
        self.nobody = NoDevicesPage()
        self.greeting = Greeting()
        self._greets = False
        self.notices = Notices()
        self._lay_out()
        self._overlay = DropOverlay(self.timeline)
        self.timeline.viewport().installEventFilter(self)
        self.dress()

    def _make_menu(self) -> None:
        self._menu = QMenu(self)
        self._menu.addAction(tr("Send files…"), self.choose_files)
        self._menu.addAction(tr("Send a folder…"), self.choose_folder)
        self._menu.addSeparator()
        self._menu.addAction(tr("Search here…"), self.search.emit)
        self._about = self._menu.addAction(tr("About this device…"), self.about.emit)
        self._compare = self._menu.addAction(tr("Compare digits…"), self.compare.emit)
        self._copy = self._menu.addAction(tr("Copy its id"), self._copy_id)
        self._mute = self._menu.addAction(tr("No notices of it"))
        self._mute.setCheckable(True)
        self._mute.toggled.connect(self.mute)
        self._menu.addSeparator()
        keeping = self._menu.addMenu(tr("Keep what is said"))
        for label, seconds in (
            (tr("For ever"), 0), (tr("For a month"), 30 * 86400), (tr("For a day"), 86400),
            (tr("Only until it was read"), 1),
        ):
            keeping.addAction(label, partial(self.forget_after.emit, seconds))
        self._menu.addAction(tr("Save the conversation…"), self.keep.emit)
        self._menu.addAction(tr("Take a saved one in…"), self.take_in.emit)
        self._menu.addAction(tr("Erase this conversation…"), self.erase.emit)

    def _lay_out(self) -> None:
        talk = QWidget()
        talk_column = QVBoxLayout(talk)
        talk_column.setContentsMargins(0, 0, 0, 0)
        talk_column.setSpacing(0)
        talk_column.addWidget(self._head)
        talk_column.addWidget(self.timeline, 1)
        talk_column.addWidget(self.composer)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.nobody)
        self._stack.addWidget(talk)
        self._stack.addWidget(self.greeting)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self._stack, 1)

    def dress(self) -> None:
        """Take the colours in force."""
        look = tokens()
        assets.put_icon(self._send, "paperclip", look.accent_text, 18)
        assets.put_icon(self._more, "ellipsis-vertical", look.dim, 20)
        assets.put_icon(self._back, "chevron-left", look.text, 22)
        self._avatar.dress()
        self.composer.dress()
        self.nobody.dress()

    def show_device(self, device: Device | None) -> None:
        """Show who it is; None: nobody is chosen."""
        now = (device, self._typing, self._greets)
        if now == self._showed:
            return
        self._showed = now
        self._device = device
        self._stack.setCurrentIndex(1 if device is not None else 2 if self._greets else 0)
        if device is None:
            return
        self._avatar.show_device(device.kind, device.hue, device.online)
        self._about.setText(tr("Members and name…") if device.group else tr("About this device…"))
        self._compare.setVisible(not device.group)
        self._copy.setVisible(not device.group)
        self.composer.setEnabled(device.mine)
        with QSignalBlocker(self._mute):
            self._mute.setChecked(device.muted)
        name = f"{device.name} · {short_id(device.id)}" if device.twin else device.name
        self._name.setText(name)
        parts = [tr("Online") if device.online else tr("Away")]
        parts += [f"“{escaped(device.note)}”"] if device.note else []
        parts += [device.system] if device.system else []
        parts += [device.addresses[0].rpartition(":")[0].strip("[]")] if device.addresses else []
        parts.append(_safety(device.trust))
        self._compare.setEnabled(device.online and device.trust != "blocked")
        if device.group:
            parts = [self._members(device)]
        if self._typing:
            parts = [self._typing]
        self._status.setText("  ·  ".join(parts))
        self.timeline.set_name(device.name)
        self.composer.set_name(device.name)

    def show_typing(self, text: str) -> None:
        """Say for a few seconds that somebody writes; "" nobody does any more."""
        self._typing = text
        self._typing_over.start()
        if self._device is not None:
            self.show_device(self._device)

    def _members(self, device: Device) -> str:
        if not device.mine:
            return tr("You are not in this group any more")
        count = len(device.members)
        there = tr("somebody is there") if device.online else tr("nobody is there now")
        return tr("{0} members").format(count) + "  ·  " + there

    def greet(self, asks: bool) -> None:
        """Where nobody is chosen, ask who may see this device here."""
        self._greets = asks
        self.show_device(self._device)

    def set_narrow(self, narrow: bool) -> None:
        """In a narrow window the list is behind us."""
        self._back.setVisible(narrow)
        self._send.setText("" if narrow else " " + tr("Send files"))
        self._send.setAccessibleName(tr("Send files"))

    def choose_files(self) -> None:
        """Let the person pick files."""
        found, _ = QFileDialog.getOpenFileNames(self, tr("Send files"))
        if found:
            self.send.emit(tuple(Path(one) for one in found))

    def choose_folder(self) -> None:
        """Let the person pick a folder."""
        found = QFileDialog.getExistingDirectory(self, tr("Send a folder"))
        if found:
            self.send.emit((Path(found),))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        paths = paths_in(event.mimeData())
        if paths and self._device is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._drop_for = self._device.id
            name = f"{self._device.name} · {short_id(self._device.id)}" if self._device.twin else self._device.name
            self._overlay.appear(name, len(paths))
        elif event.mimeData().hasText() and self._device is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._overlay.hide()
        paths = paths_in(event.mimeData())
        if paths and (self._device is None or self._device.id != self._drop_for):
            event.ignore()  # what was promised under the pointer is not what is there any more
        elif paths and self._device is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.send.emit(paths)
        elif event.mimeData().hasText() and self._device is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.composer.field.insertPlainText(event.mimeData().text())
            self.composer.field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self._overlay.isVisible():
            self._overlay.setGeometry(self.timeline.rect())
        return super().eventFilter(watched, event)

    def _build_head(self) -> QWidget:
        head = QWidget()
        head.setObjectName("head")
        head.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self._name)
        words.addWidget(self._status)
        words.addStretch(1)
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 8, 14, 9)
        row.setSpacing(10)
        row.addWidget(self._back)
        row.addWidget(self._avatar)
        row.addLayout(words, 1)
        row.addWidget(self._send)
        row.addWidget(self._more)
        self._back.hide()
        return head

    def _type(self, text: str) -> None:
        """Typed on a row: it was meant for the field."""
        self.composer.field.setFocus()
        self.composer.field.insertPlainText(text)

    def _copy_id(self) -> None:
        if self._device is not None:
            QGuiApplication.clipboard().setText(self._device.id)


def _safety(trust: str) -> str:
    match trust:
        case "verified":
            return tr("Encrypted, verified")
        case "stranger":
            return tr("Encrypted, not verified")
        case "blocked":
            return tr("Blocked")
    return tr("Encrypted")
