"""The main window: devices on the left, the conversation on the right; one of the two where it is narrow.

It turns what a person does into commands and hands events to the models. It decides nothing.
Signals: hidden() when it was closed into the tray; quitting() when it was closed for good; quit_asked() when a person
wants the program to end.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QImage, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QSystemTrayIcon,
    QWidget,
)

from lanshare.domain import commands as c
from lanshare.domain.events import (
    AddressFailed,
    AddressReached,
    DuplicateKeyDetected,
    Event,
    HistoryErased,
    IdentityChanged,
    IdentityRenewed,
    IdentitySettled,
    Me,
    MeChanged,
    NetworkTroubled,
    NetworkTrustRequested,
    PeerAppeared,
    PeerChanged,
    PeerForgotten,
    SettingsChanged,
    SettingsRefused,
    Snapshot,
    WindowRequested,
)
from lanshare.domain.peer import PeerId, parse_address, short_id
from lanshare.domain.settings import Settings, Visibility
from lanshare.domain.transfer import TransferId
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import formatting, spoken
from lanshare.qt.bridge import Bridge
from lanshare.qt.formatting import tr
from lanshare.qt.models.devices import Device, DeviceModel
from lanshare.qt.models.timeline import TimelineModel
from lanshare.qt.models.transfers import TransferBook
from lanshare.qt.open_external import open_link, open_path, show_path
from lanshare.qt.theme import style
from lanshare.qt.theme.style import em
from lanshare.qt.widgets.drops import paths_in
from lanshare.qt.windows.address import AddressDialog
from lanshare.qt.windows.conversation import ConversationPane
from lanshare.qt.windows.listing import ListingDialog
from lanshare.qt.windows.notices import BannerStack
from lanshare.qt.windows.own_device import MineDialog
from lanshare.qt.windows.pastesheet import PasteSheet
from lanshare.qt.windows.settings import SettingsDialog
from lanshare.qt.windows.sidebar import Sidebar
from lanshare.qt.windows.talk import ConversationController
from lanshare.qt.windows.trust import TrustController

_NARROW: Final = 720
_TITLE: Final = 32
"""Pixels of a screen's height that a window's title may take."""

_READY: Final = "ready"


class MainWindow(QMainWindow):
    """The window over a Bridge."""

    hidden = Signal()
    quitting = Signal()
    quit_asked = Signal()

    def __init__(self, bridge: Bridge, pasted: Callable[[QImage], Path | None], tray: bool = False) -> None:
        """`pasted` keeps an image from the clipboard as a file; `tray`: closing hides instead of quitting."""
        super().__init__()
        self._bridge = bridge
        self._pasted = pasted
        self._tray = tray
        self.book = TransferBook(self)
        self.devices = DeviceModel(self.book, self)
        self.timeline = TimelineModel(self.book, self)
        self._me: Me | None = None
        self._settings = Settings()
        self._overrides: tuple[str, ...] = ()
        self._open: PeerId | None = None
        self._request = 0
        self._later: list[Callable[[], None]] = []
        """What a person wanted before the engine was there."""

        self._narrow, self._dressed = False, False
        self._emptied: tuple[bool, Me | None, bool, PeerId | None] | None = None
        self.quits = False
        """The program ends: closing does not hide, and asks nothing."""

        self._asking = False
        self._typed_address = ""
        self._ready: tuple[Path, ...] = ()
        self._address: AddressDialog | None = None
        self._dialog: SettingsDialog | None = None
        self._wanted: Settings | None = None
        """Settings that were asked for and are not in force (yet)."""

        self.sidebar = Sidebar(self.devices)
        self.pane = ConversationPane(self.timeline, self.book)
        self.board = BannerStack(self.pane.notices, self)
        self.trust = TrustController(self, self.devices, bridge.submit)
        self.talk = ConversationController(
            self, self.pane, self.devices, self.timeline, self.board, bridge.submit, self.open_peer
        )
        self.talk.change = self._change_settings
        spoken.install()
        self._announcer = spoken.Announcer(self)
        self._alarms: dict[str, IdentityChanged] = {}
        self._asked: NetworkTrustRequested | None = None
        inside = QWidget()
        self.setCentralWidget(inside)
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addWidget(self.pane, 1)
        self.setWindowTitle("lanshare")
        self.resize(self._bounded(1120, 760))
        self._connect()
        self._update_empty()
        self._dressed = True
        self.sidebar.list.setFocus()

    # --- events

    def on_event(self, event: Event) -> None:
        """Everything the engine tells comes through here, on the window's thread."""
        if isinstance(event, PeerForgotten) and event.peer == self._open:
            self.talk.leaves()  # what was written to it is kept, and is there if it comes back
        if isinstance(event, Snapshot):
            self.devices.apply(event)
            self.book.apply(event, self.devices.names())
        else:
            self.book.apply(event, self.devices.names())
            self.devices.apply(event)
        self.timeline.apply(event, self.devices.names())
        self.trust.apply(event)
        self.talk.apply(event)
        me = self._me.id if self._me is not None else None
        self._announcer.apply(event, self.devices.names(), me, self._settings, self._open)
        match event:
            case Snapshot():
                self._snapshot(event)
            case MeChanged():
                self._set_me(event.me)
            case PeerAppeared() | PeerChanged():
                self._seen(event)
            case NetworkTroubled():
                self._trouble(event)
            case IdentityChanged():
                self._alarm(event)
            case DuplicateKeyDetected():
                self._cloned(event)
            case IdentityRenewed():
                text = tr("This device has a new key, so others see it as a new device. Compare digits again.")
                self.board.show("renewed", text, "calm")
            case PeerForgotten() if self._open == event.peer:
                self.close_peer()
            case AddressFailed() if self._address is not None:
                self._address.failed(event.message)
            case AddressReached():
                self._reached(event)
            case IdentitySettled():
                self._drop_alarm(f"identity:{event.known}:{event.seen}")
            case SettingsChanged():
                self._settings_changed(event)
            case SettingsRefused():
                self.board.show(
                    "settings", tr("The settings were not saved: {0}.").format(event.field), "warn",
                    tr("Settings"), self._show_settings,
                )
            case NetworkTrustRequested():
                self._ask_network(event)
            case WindowRequested():
                self._requested(event)
            case HistoryErased() if event.gone is not None:
                pass  # some of it was past its time: the rest stays where it is
            case HistoryErased() if event.peer in (None, self._open):
                device = self.devices.device(self._open) if self._open is not None else None
                self.timeline.open(self._open, device is not None and device.group)
                self._load()
        self._update_empty()
        if self._open is not None and (device := self.devices.device(self._open)) is not None:
            self.pane.show_device(device)

    # --- what a person does

    def open_peer(self, peer: str) -> None:
        """Bring a conversation to the front."""
        device = self.devices.device(PeerId(peer))
        if device is None:
            return
        if self._open != device.id:
            self.talk.leaves()
            self._open = device.id
            self.pane.show_device(device)
            self.timeline.open(device.id, device.group)
            self._load()
            self.talk.opened(device.id)
        self.sidebar.select(device.id)
        self._ask_network(self._asked)
        self.pane.timeline.look_soon()
        for alarm in [one for one in self._alarms.values() if one.known == device.id]:
            self._alarm(alarm)
        self._offer_ready()
        self.pane.composer.field.setFocus()

    def close_peer(self) -> None:
        """Back to the list, where the window is narrow."""
        self.talk.opened(None)
        self._open = None
        self.timeline.open(None)
        self.pane.show_device(None)
        self.sidebar.select("")
        self._ask_network(self._asked)
        self._offer_ready()

    def send_files(self, paths: object, peer: str | None = None, among: tuple[PeerId, ...] | None = None) -> None:
        """Offer files to a device (the open one if none is named). `among`: of a group to these members alone."""
        target = PeerId(peer) if peer is not None else self._open
        if target is None or not isinstance(paths, tuple) or not paths:
            return
        device = self.devices.device(target)
        if device is None or not device.mine or device.trust == "blocked":
            self.board.show("not-sent", _not_sent(device), "warn")
            return
        targets: tuple[PeerId, ...] = (target,)
        room = ""
        if device.group:
            targets, room = tuple(one for one in device.members if self._me is None or one != self._me.id), device.id
            targets = targets if among is None else tuple(one for one in targets if one in among)
        for one in targets:
            self._bridge.submit(c.SendFiles(TransferId(secrets.token_hex(16)), one, paths, room))

    def make_ready(self, paths: tuple[Path, ...]) -> None:
        """Files that wait for a device to be chosen."""
        if not paths:
            return
        self._ready = tuple(dict.fromkeys((*self._ready, *paths)))
        if self._open is None and len(self.devices.devices()) == 1:
            self.open_peer(self.devices.devices()[0].id)
        self._offer_ready()

    # --- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.quits and self._tray and QSystemTrayIcon.isSystemTrayAvailable():
            event.ignore()
            self.hide()
            self.hidden.emit()
            return
        if not self.may_quit():
            event.ignore()
            return
        event.accept()
        self.quitting.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and self.isActiveWindow():
            self.pane.timeline.look_soon()
        elif event.type() is QEvent.Type.FontChange:
            self._wear()

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def set_quiet(self, quiet: bool) -> None:
        """Do not disturb, or do."""

        def work() -> None:
            if self._settings.notices is quiet:
                self._change_settings(replace(self._settings, notices=not quiet))

        self._when_known(work)

    def dress(self) -> None:
        """Take the colours in force."""
        self.sidebar.dress()
        self.pane.dress()
        self.pane.timeline.dress()
        self._arrange()

    # --- inside

    def _connect(self) -> None:
        self.sidebar.chosen.connect(self.open_peer)
        self.sidebar.dropped.connect(lambda peer, paths: self.send_files(paths, peer))
        self.sidebar.dropped.connect(lambda peer, _: self.open_peer(peer))
        self.sidebar.add_address.connect(self._ask_address)
        self.sidebar.settings.connect(self._show_settings)
        self.sidebar.mine.connect(self._show_mine)
        self.sidebar.show_to.connect(self._show_to)
        self.pane.back.connect(self.close_peer)
        self.pane.send.connect(self.send_files)
        self.pane.pasted_image.connect(self._paste_image)
        self.pane.composer.pasted.connect(self._paste_files)
        self.pane.about.connect(lambda: self._about(self.trust.open_sheet))
        self.pane.erase.connect(self._erase)
        self.pane.compare.connect(lambda: self._about(self.trust.compare))
        self.pane.nobody.add_address.connect(self._ask_address)
        self.pane.greeting.answered.connect(self._answer_network)
        timeline = self.pane.timeline
        timeline.older.connect(self._load)
        timeline.seen.connect(self._seen_rows)
        timeline.link.connect(lambda target: open_link(self, target))
        timeline.open_path.connect(lambda path: open_path(self, path))
        timeline.show_path.connect(lambda path: show_path(self, path))
        timeline.act.connect(self._bridge.submit)
        timeline.save_to.connect(self._save_to)
        timeline.listed.connect(self._list)
        self.sidebar.new_group.connect(self.talk.new_group)
        self.sidebar.to_several.connect(self.talk.to_several)
        self.sidebar.search_all.connect(lambda: self.talk.find(None))
        QShortcut(QKeySequence(QKeySequence.StandardKey.Quit), self, self.quit_asked.emit)
        here, everywhere = lambda: self.talk.find(self._open), lambda: self.talk.find(None)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, lambda: self._when_known(here))
        QShortcut(QKeySequence("Ctrl+K"), self, lambda: self._when_known(everywhere))
        QShortcut(QKeySequence("Ctrl+Shift+V"), self, self._paste_plain)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self, self._paste)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Preferences), self, self._show_settings)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self._escape)
        QShortcut(QKeySequence("Ctrl+O"), self, lambda: self.pane.choose_files() if self._open else None)

    def _bounded(self, width: int, height: int) -> QSize:
        """A size given for letters of the usual size, with those in force; no larger than the screen."""
        room = self.screen().availableGeometry()
        return QSize(min(em(width), room.width()), min(em(height), room.height() - _TITLE))

    def _arrange(self) -> None:
        self.setMinimumSize(self._bounded(360, 420))
        narrow = self.width() < em(_NARROW)
        self._narrow = narrow
        self.pane.set_narrow(narrow)
        if narrow:
            alone = self._open is None and self.devices.rowCount() > 0 and self._asked is None
            self.sidebar.setVisible(alone)
            self.pane.setVisible(not alone)
            self.sidebar.setMaximumWidth(16777215)
            self.sidebar.setMinimumWidth(0)
        else:
            self.sidebar.show()
            self.pane.show()
            width = min(em(318), max(em(250), self.width() * 28 // 100))
            self.sidebar.setFixedWidth(max(width, self.sidebar.minimumSizeHint().width()))

    def _update_empty(self) -> None:
        count = self.devices.rowCount()
        if (count > 0, self._me, self._narrow, self._open) == self._emptied:
            return
        self._emptied = (count > 0, self._me, self._narrow, self._open)
        self.sidebar.show_count(count)
        self.pane.nobody.show_for(count > 0, self._me)
        if self._narrow:
            self._arrange()

    def _snapshot(self, event: Snapshot) -> None:
        self._overrides = event.overrides
        self._set_settings(event.settings)
        self._set_me(event.me)
        self._wear()
        self.sidebar.set_ready(True)
        later, self._later = self._later, []
        for work in later:
            work()
        for trouble in event.troubles:
            self._trouble(trouble)
        for key in list(self._alarms):
            self._drop_alarm(key)
        for alarm in event.alarms:
            self._alarm(alarm)
        if self._open is not None:
            device = self.devices.device(self._open)
            self.timeline.open(self._open, device is not None and device.group)
            self._load()

    def expect(self, settings: Settings) -> None:
        """What the settings will be, before the engine says so."""
        self._set_settings(settings)

    def _set_settings(self, settings: Settings) -> None:
        self._settings = self.talk.settings = settings
        self.pane.composer.set_enter_sends(settings.enter_sends)
        self.devices.set_muted(settings.muted)

    def _set_me(self, me: Me) -> None:
        self._me = me
        self.timeline.me = me.id
        self.sidebar.show_me(me)

    def _wear(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication) and self._dressed and not style.fits(self._settings.appearance):
            style.apply_theme(app, self._settings.appearance)
            self.dress()

    def _seen(self, event: PeerAppeared | PeerChanged) -> None:
        self.book.rename(self.devices.names())

    def _reached(self, event: AddressReached) -> None:
        """Somebody answered at the address that is asked for in the dialog: never anybody else's conversation opens."""
        if self._address is None or _address(self._typed_address) != _address(event.address):
            return
        if event.known:
            name = self.devices.names().get(PeerId(event.known), short_id(event.known))
            self._address.failed(
                tr("Another device answered there in the place of {0}. See the red notice.").format(name)
            )
            return
        self._address.accept()
        self.open_peer(event.peer)

    def _seen_rows(self, entries: object) -> None:
        if self._open is not None and isinstance(entries, list):
            seen = tuple((one.message, None if one.transfer else one.author) for one in entries if one.message)
            self._bridge.submit(c.MarkRead(self._open, seen))

    def _load(self) -> None:
        if self._open is not None:
            self._request += 1
            before = self.timeline.first_position
            self.timeline.more = False
            self._bridge.submit(c.LoadHistory(self._request, self._open, before, 60))

    def _list(self, title: str, lines: object) -> None:
        if isinstance(lines, list):
            self._show_sheet(ListingDialog(title, lines, self))

    def _save_to(self, transfer: str) -> None:
        start = self._me.download_folder if self._me is not None else ""
        folder = QFileDialog.getExistingDirectory(self, tr("Save to"), start)
        if folder:
            # What accepting would mean there is shown first.
            self.book.choose_folder(TransferId(transfer), folder)
            self._bridge.submit(c.CompareOffer(TransferId(transfer), Path(folder)))

    def send_clipboard(self) -> None:
        """Bring the window forward with what is in the clipboard ready: nothing goes before it was looked at."""
        self.come_forward()
        self._paste()

    def _paste_plain(self) -> None:
        """Ctrl+Shift+V: the clipboard's text into the field, as everywhere else."""
        mime = QApplication.clipboard().mimeData()
        if self._open is not None and mime is not None and mime.hasText():
            self.pane.composer.field.setFocus()
            self.pane.composer.field.insertPlainText(mime.text())

    def _paste(self) -> None:
        """Ctrl+V: files and images are shown in a sheet before they go to the open device, text goes into the field."""
        mime = QApplication.clipboard().mimeData()
        if self._open is None or mime is None:
            return
        if paths := paths_in(mime):
            self._paste_files(paths)
        elif mime.hasImage() and not mime.hasText():
            image = mime.imageData()
            if isinstance(image, QImage):
                self._paste_image(image)
        elif mime.hasText():
            self.pane.composer.field.setFocus()
            self.pane.composer.field.paste()

    def _paste_files(self, paths: object) -> None:
        device = self.devices.device(self._open) if self._open is not None else None
        if device is None or not isinstance(paths, tuple) or not paths:
            return
        sheet = PasteSheet(device, paths, None, self)
        sheet.accepted.connect(lambda: self.send_files(paths, device.id, device.members or None))
        self._show_sheet(sheet)

    def _paste_image(self, image: object) -> None:
        device = self.devices.device(self._open) if self._open is not None else None
        if device is None or not isinstance(image, QImage) or image.isNull():
            return

        def send() -> None:
            path = self._pasted(image)
            if path is None:
                self.board.show("paste", tr("The image could not be kept, so it was not sent."), "warn")
            else:
                self.send_files((path,), device.id, device.members or None)

        sheet = PasteSheet(device, (), image, self)
        sheet.accepted.connect(send)
        self._show_sheet(sheet)

    def _show_sheet(self, sheet: QDialog) -> None:
        sheet.finished.connect(lambda _: sheet.deleteLater())
        sheet.open()

    def _escape(self) -> None:
        composer = self.pane.composer
        if composer.about is not None or composer.editing is not None:
            composer.cancel()
            return
        if self._narrow and self._open is not None:
            self.close_peer()

    def _change_settings(self, settings: Settings) -> None:
        self._set_settings(settings)  # another change may come before the engine has answered to this one
        self._bridge.submit(c.ChangeSettings(settings))

    def _when_known(self, work: Callable[[], None]) -> None:
        """Do it now, or as soon as the engine has said what there is: what it would change or show is not known yet."""
        if self._me is not None:
            work()
        else:
            self._later.append(work)

    def _show_to(self, level: str, seconds: float) -> None:
        def work() -> None:
            self._bridge.submit(c.SetTemporaryVisibility(Visibility(level), seconds))
            if not seconds:
                self._change_settings(replace(self._settings, visibility=Visibility(level)))

        self._when_known(work)

    def _ask_address(self) -> None:
        dialog = AddressDialog(self._me, self)
        self._address = dialog
        dialog.asked.connect(self._add_address)
        dialog.finished.connect(self._address_done)
        dialog.open()

    def _add_address(self, text: str) -> None:
        self._typed_address = text
        self._bridge.submit(c.AddAddress(text))

    def _address_done(self) -> None:
        if self._address is not None:
            self._address.deleteLater()
            self._address = None

    def _show_settings(self) -> None:
        if self._me is None or self._dialog is not None:
            return
        dialog = SettingsDialog(self._settings, self._me, self._tray, self._overrides, self, self._wanted)
        self._dialog = dialog
        dialog.changed.connect(self._merge_settings)
        dialog.finished.connect(self._settings_done)
        dialog.open()

    def _merge_settings(self, settings: object) -> None:
        """What was changed in the dialog; what was changed elsewhere while it was open stays."""
        if self._dialog is not None and isinstance(settings, Settings):
            before = self._dialog.before
            changed = {
                field: value for field in Settings.__struct_fields__
                if (value := getattr(settings, field)) != getattr(before, field)
            }
            self._wanted = replace(self._settings, **changed)
            self._bridge.submit(c.ChangeSettings(self._wanted))

    def _show_mine(self) -> None:
        if self._me is not None:
            dialog = MineDialog(self._me, self)
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()

    def _settings_done(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def _settings_changed(self, event: SettingsChanged) -> None:
        self._set_settings(event.settings)
        self._wanted = None
        self.board.drop("settings")
        self._wear()
        if "port" in event.needs_restart:
            self.board.show(
                "restart", tr("The new port is used when lanshare starts the next time."), "calm"
            )

    def _ask_network(self, event: NetworkTrustRequested | None) -> None:
        """Ask in the place of a conversation, or over the one that is open; None: it is answered."""
        if self._asked is not None:
            self.board.drop(f"network:{self._asked.network}")
        self._asked = event
        self.pane.greet(event is not None)
        if event is not None and self._open is None:
            name = escaped(self._me.name) if self._me is not None else ""
            self.pane.greeting.ask(name, event.label, self.devices.rowCount() == 0)
        elif event is not None:
            text = tr(
                "This network ({0}) is new to this computer, so nobody here sees it yet. Do you trust who is on it?"
            ).format(event.label)
            self.board.show(f"network:{event.network}", text, "calm", tr("Yes, show it"),
                            lambda: self._answer_network(True), tr("Known devices only"),
                            lambda: self._answer_network(False))
        self._arrange()

    def _answer_network(self, home: bool) -> None:
        if self._asked is not None:
            self._bridge.submit(c.AnswerNetwork(self._asked.network, home))
        self._ask_network(None)

    def _trouble(self, event: NetworkTroubled) -> None:
        if event.message:
            self.board.show(event.code, escaped(event.message), "warn")
        else:
            self.board.drop(event.code)

    def _alarm(self, event: IdentityChanged) -> None:
        text = tr(
            "{0} answers with another key than before (known {1}, seen {2}). Nothing was sent to it. Was it set up"
            " anew? If not, somebody may be pretending."
        ).format(escaped(event.name), short_id(event.known), short_id(event.seen))
        key = f"identity:{event.known}:{event.seen}"
        self._alarms[key] = event
        self.board.show(key, text, "bad", tr("Decide…"), lambda: self._decide(key, event))

    def _decide(self, key: str, alarm: IdentityChanged) -> None:
        self.trust.decide(alarm)
        if self.trust.alarm is not None:
            self.trust.alarm.settled.connect(lambda _: self._settled(key, alarm))

    def _cloned(self, event: DuplicateKeyDetected) -> None:
        key, text = f"cloned:{event.peer}", escaped(event.message)
        if event.ours:
            self.board.show(key, text, "bad", tr("Make this a new device"), lambda: self._renew(key))
        else:
            self.board.show(key, text, "bad")

    def _renew(self, key: str) -> None:
        if self._wants_renewed():
            self.board.drop(key)
            self._bridge.submit(c.RenewIdentity())

    def _wants_renewed(self) -> bool:
        return self._wants(
            tr("Make this a new device, with a key of its own?"),
            tr(
                "Everyone who knows this device sees a new one in its place, and has to accept it anew: compare the"
                " digits with them again. Messages, files and settings stay. It cannot be taken back."
            ),
            tr("Make it a new device"), tr("Keep the key"),
        )

    def _about(self, work: Callable[[Device], None]) -> None:
        if self._open is None or (device := self.devices.device(self._open)) is None:
            return
        if device.group:
            self.talk.about_group(device)
        else:
            work(device)

    def may_quit(self) -> bool:
        """Whether the program may end: what is under way is asked about, once, and where it can be seen."""
        if self.quits:
            return True
        if self._asking:
            return False
        active = [view for view in self.book.views.values() if view.active and not view.asked]
        moving = [view for view in active if view.state.value in ("moving", "verifying", "connecting")]
        if not moving and not self.talk.unkept:
            self.quits = True
            return True
        self._asking = True
        try:
            self.come_forward()
            self.quits = self._sure(len(moving), self.talk.unkept)
        finally:
            self._asking = False
        return self.quits

    def come_forward(self) -> None:
        """To the front, from wherever it is: hidden, minimised, behind others."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _requested(self, event: WindowRequested) -> None:
        self.come_forward()
        self.make_ready(tuple(Path(path) for path in event.paths))

    def _offer_ready(self) -> None:
        if not self._ready:
            return
        device = self.devices.device(self._open) if self._open is not None else None
        count = len(self._ready)
        what = formatting.path_name(str(self._ready[0])) if count == 1 else tr("{0} items").format(count)
        if device is None:
            text = tr("{0} ready to send: choose a device.").format(what)
            self.board.show(_READY, text, "calm", closed=self._not_ready)
        else:
            text = tr("{0} ready for {1}.").format(what, device.name)
            self.board.show(_READY, text, "calm", tr("Send"), self._send_ready, closed=self._not_ready)

    def _not_ready(self) -> None:
        self._ready = ()

    def _send_ready(self) -> None:
        if self._open is None or self.devices.device(self._open) is None:
            self._offer_ready()
            return
        paths, self._ready = self._ready, ()
        self.board.drop(_READY)
        self.send_files(paths)

    def _settled(self, key: str, alarm: IdentityChanged) -> None:
        self._drop_alarm(key)
        self.devices.settle(alarm.known)

    def _drop_alarm(self, key: str) -> None:
        self._alarms.pop(key, None)
        self.board.drop(key)

    def _erase(self) -> None:
        device = self.devices.device(self._open) if self._open is not None else None
        if device is not None and self._wants_erased(device.name):
            self._bridge.submit(c.EraseHistory(device.id))

    def _wants_erased(self, name: str) -> bool:
        return self._wants(
            tr("Erase what you and {0} said and sent?").format(name),
            tr("It cannot be brought back. Received files stay where they are."),
            tr("Erase"), tr("Keep"),
        )

    def _wants(
        self, text: str, more: str, doing: str, keeping: str, icon: QMessageBox.Icon = QMessageBox.Icon.Warning,
        role: QMessageBox.ButtonRole = QMessageBox.ButtonRole.DestructiveRole,
    ) -> bool:
        """Whether the person wants something that ends or destroys: a key that was meant for the field keeps all."""
        box = QMessageBox(self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setIcon(icon)
        box.setText(text)
        box.setInformativeText(more)
        do = box.addButton(doing, role)
        keep = box.addButton(keeping, QMessageBox.ButtonRole.RejectRole)
        box.setEscapeButton(keep)
        keep.setFocus()
        box.exec()
        return box.clickedButton() is do

    def _sure(self, moving: int, unkept: int = 0) -> bool:
        if unkept:
            text = tr("What you wrote could not be stored yet, and is lost if lanshare ends now.")
            more = tr("Is the disk full? It is stored by itself as soon as there is room.")
        else:
            many = tr("{0} transfers are under way.").format(moving)
            text = many if moving > 1 else tr("A transfer is under way.")
            more = tr("What has arrived is kept; it goes on when lanshare runs again.")
        return self._wants(
            text, more, tr("Quit"), tr("Keep it running"), QMessageBox.Icon.Question,
            QMessageBox.ButtonRole.AcceptRole,
        )


def _not_sent(device: Device | None) -> str:
    if device is None:
        return tr("That device is not known here any more, so nothing was sent.")
    if not device.mine:
        return tr("You are not in {0} any more, so nothing was sent.").format(device.name)
    return tr("{0} is blocked, so nothing was sent.").format(device.name)


def _address(text: str) -> str:
    """A typed address in the one spelling of its kind; as it is if it is none."""
    try:
        return str(parse_address(text))
    except ValueError:
        return text
