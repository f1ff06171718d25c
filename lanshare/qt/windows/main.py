"""The main window: devices on the left, the conversation on the right; one of the two where it is narrow.

It puts together: arrangement lays out, controllers (qt/controllers) know what a person does and what the engine tells,
to whom events are handed by their type; see `_subscribe`.
Signals: hidden() when it was closed into the tray; quitting() when it was closed for good; quit_asked() when a person
wants the program to end.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QImage, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QSystemTrayIcon,
)

from lanshare.domain import events as e
from lanshare.domain.peer import PeerId
from lanshare.domain.settings import Settings
from lanshare.domain.transfer import TransferId
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import spoken
from lanshare.qt.bridge import Bridge
from lanshare.qt.controllers.addresses import AddressController
from lanshare.qt.controllers.alarms import AlarmController
from lanshare.qt.controllers.at_home import AtHomeController
from lanshare.qt.controllers.finding import SearchController
from lanshare.qt.controllers.front import FrontController
from lanshare.qt.controllers.group_talk import GroupController
from lanshare.qt.controllers.keeping import KeepController
from lanshare.qt.controllers.networks import NetworkController
from lanshare.qt.controllers.pasting import PasteController, show_sheet
from lanshare.qt.controllers.preferences import SettingsController
from lanshare.qt.controllers.quitting import QuitController
from lanshare.qt.controllers.ready_files import ReadyFiles
from lanshare.qt.controllers.sending import SendController
from lanshare.qt.controllers.talk import ConversationController
from lanshare.qt.controllers.trust import TrustController
from lanshare.qt.desktop.open_external import open_link, open_path, show_path
from lanshare.qt.event_router import EventRouter
from lanshare.qt.models.device_row import Device
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.models.timeline import TimelineModel
from lanshare.qt.models.transfers import TransferBook
from lanshare.qt.state import WindowState
from lanshare.qt.theme import style
from lanshare.qt.widgets.banner_stack import BannerStack
from lanshare.qt.windows.arrangement import Arrangement
from lanshare.qt.windows.conversation import ConversationPane
from lanshare.qt.windows.sidebar import Sidebar

_PASSED_OVER: Final = (e.EngineStopped, e.TransferJoined)
"""The end is the program's matter (qt/app); a sending that joined another one is shown by that one's card."""


class MainWindow(QMainWindow):
    """The window over a Bridge."""

    hidden = Signal()
    quitting = Signal()
    quit_asked = Signal()

    def __init__(self, bridge: Bridge, pasted: Callable[[QImage], Path | None], tray: bool = False) -> None:
        """`pasted` keeps an image from the clipboard as a file; `tray`: closing hides instead of quitting."""
        super().__init__()
        self._bridge = bridge
        self._tray = tray
        self.book = TransferBook(self)
        self.devices = DeviceModel(self.book, self)
        self.timeline = TimelineModel(self.book, self)
        self.state = WindowState(self.devices)
        self._dressed = False
        self.sidebar = Sidebar(self.devices)
        self.pane = ConversationPane(self.timeline, self.book)
        self.board = BannerStack(self.pane.notices, self)
        spoken.install()
        self.announcer = spoken.Announcer(self)
        self._make_controllers(pasted)
        self._router = EventRouter()
        self._subscribe()
        self._connect()
        self._add_shortcuts()
        self.arrangement.show_empty()
        self._dressed = True
        self.sidebar.list.setFocus()

    def _make_controllers(self, pasted: Callable[[QImage], Path | None]) -> None:
        submit, board, state = self._bridge.submit, self.board, self.state
        self.arrangement = Arrangement(self, self.sidebar, self.pane, self.devices, state)
        self.sending = SendController(self, board, self.devices, self.book, state, submit)
        self.front = FrontController(
            self.sidebar, self.pane, self.devices, self.timeline, state, submit, self.arrangement.show_empty
        )
        self.trust = TrustController(self, self.devices, submit)
        shown = (self, self.pane, self.devices, self.timeline, board, submit)
        self.talk = ConversationController(*shown)
        self.groups = GroupController(*shown, self.open_peer, state)
        self.searching = SearchController(*shown, self.open_peer, state)
        self.preferences = SettingsController(self, board, state, submit, self._tray, self._wear_settings)
        self.keeping = KeepController(self, self.pane, state, board, submit, self.preferences.change)
        self.at_home = AtHomeController(self, board, self.devices)
        self.preferences.at_home = self.at_home.set
        self.alarms = AlarmController(self, board, self.devices, self.trust, submit)
        self.networks = NetworkController(self.pane, board, self.devices, state, submit, self.arrangement.arrange)
        self.arrangement.networks = self.networks
        self.addresses = AddressController(self, self.devices, state, submit, self.open_peer)
        self.pasting = PasteController(self, self.pane.composer, board, state, pasted, self.send_files)
        self.ready = ReadyFiles(board, self.devices, state, self.open_peer, self.send_files)
        self.leaving = QuitController(self, self.book, lambda: self.talk.unkept, self.come_forward)
        self.front.join(self.talk, self.networks, self.alarms, self.ready)

    # --- events

    def on_event(self, event: e.Event) -> None:
        """Everything the engine tells comes through here, on the window's thread."""
        self._router.publish(event)

    def _subscribe(self) -> None:
        """Who hears what. Those that show something of devices come behind the model of devices."""
        on, devices = self._router.on, self.devices
        on(e.PeerForgotten, self.front.leave_forgotten)
        # A snapshot's transfers are shown under the names of its devices; else a row shows what its transfers say.
        on(e.Snapshot, devices.apply)
        on(self.book.HEARS, lambda event: self.book.apply(event, devices.names()))
        on([one for one in devices.HEARS if one is not e.Snapshot], devices.apply)
        on((e.PeerAppeared, e.PeerChanged), lambda event: self.book.rename(devices.names()))
        on(self.timeline.HEARS, lambda event: self.timeline.apply(event, devices.names()))
        on(self.trust.HEARS, self.trust.apply)
        for part in (self.talk, self.groups, self.searching, self.keeping):
            on(part.HEARS, part.apply)
        on(self.announcer.HEARS, self._announce)
        on(e.Snapshot, self._snapshot)
        on(e.MeChanged, lambda event: self._set_me(event.me))
        for controller in (self.alarms, self.networks, self.addresses, self.preferences, self.at_home):
            on(controller.HEARS, controller.apply)
        on(e.PeerForgotten, self.front.close_forgotten)
        on(e.WindowRequested, self._requested)
        on(e.HistoryErased, self.front.erased)
        on(e.CommandEnded, self._told_of_command)
        on((e.Snapshot, e.MeChanged, e.PeerForgotten), lambda event: self.arrangement.show_empty())
        self._router.pass_over(_PASSED_OVER)
        self._router.check()
        devices.dataChanged.connect(lambda *_: self._show_open())
        for moved in (devices.rowsInserted, devices.rowsRemoved, devices.modelReset):
            moved.connect(lambda *_: self._show_devices())

    def _show_devices(self) -> None:
        self.arrangement.show_empty()
        self._show_open()

    def _show_open(self) -> None:
        if (device := self.state.device) is not None:
            self.pane.show_device(device)

    def _announce(self, event: e.Event) -> None:
        me = self.state.me.id if self.state.me is not None else None
        view = self.book.views.get(getattr(event, "transfer", TransferId("")))  # it has taken the event in before
        where = view.conversation if view is not None else getattr(event, "peer", None)
        self.announcer.apply(event, self.devices.names(), me, self.preferences.now, where, self.state.open)

    def _snapshot(self, event: e.Snapshot) -> None:
        self.preferences.overrides = event.overrides
        self.preferences.newer = event.newer
        self.preferences.set_now(event.settings)
        self._set_me(event.me)
        self.sidebar.set_ready(True)
        self.state.do_what_waited()
        for trouble in event.troubles:
            self.networks.trouble(trouble)
        self.alarms.reset(event.alarms)
        if self.state.open is not None:
            self.front.reopen()
        self._show_open()

    # --- what a person does

    def open_peer(self, peer: str) -> None:
        """Bring a conversation to the front."""
        self.front.open(peer)

    def close_peer(self) -> None:
        """Back to the list, where the window is narrow."""
        self.front.close()

    def send_files(self, paths: object, peer: str | None = None, among: tuple[PeerId, ...] | None = None) -> None:
        """Offer files to a device (the open one if none is named). `among`: of a group to these members alone."""
        self.sending.send(paths, peer, among)

    def make_ready(self, paths: tuple[Path, ...]) -> None:
        """Files that wait for a device to be chosen."""
        self.ready.add(paths)

    def send_clipboard(self) -> None:
        """Bring the window forward with what is in the clipboard ready: nothing goes before it was looked at."""
        self.come_forward()
        self.pasting.paste()

    def set_quiet(self, quiet: bool) -> None:
        """Do not disturb, or do."""
        self.preferences.set_quiet(quiet)

    def may_quit(self) -> bool:
        """Whether the program may end: what is under way is asked about."""
        return self.leaving.may_quit()

    def come_forward(self) -> None:
        """To the front, from wherever it is: hidden, minimised, behind others."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    # --- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrangement.arrange()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.leaving.quits and self._tray and QSystemTrayIcon.isSystemTrayAvailable():
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
            self.wear()

    # --- what is in force

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.preferences.now

    def expect(self, settings: Settings) -> None:
        """What the settings will be, before the engine says so."""
        self.preferences.set_now(settings)

    def wear(self) -> None:
        """The look that the settings and the desktop ask for, if it is another one than before."""
        app = QApplication.instance()
        if isinstance(app, QApplication) and self._dressed and not style.fits(self.settings.appearance):
            style.apply_theme(app, self.settings.appearance)
            self.dress()

    def dress(self) -> None:
        """Take the colours in force."""
        self.sidebar.dress()
        self.pane.dress()
        self.pane.timeline.dress()
        self.arrangement.arrange()

    def _wear_settings(self, settings: Settings) -> None:
        self.keeping.settings = settings
        self.pane.composer.set_enter_sends(settings.enter_sends)
        self.devices.set_muted(settings.muted)
        self.wear()

    def _set_me(self, me: e.Me) -> None:
        self.state.me = me
        self.timeline.me = me.id
        self.sidebar.show_me(me)

    # --- inside

    def _connect(self) -> None:
        sidebar, pane, timeline = self.sidebar, self.pane, self.pane.timeline
        sidebar.chosen.connect(self.open_peer)
        sidebar.dropped.connect(lambda peer, paths: self.send_files(paths, peer))
        sidebar.dropped.connect(lambda peer, _: self.open_peer(peer))
        sidebar.add_address.connect(self.addresses.ask)
        sidebar.settings.connect(self.preferences.show)
        sidebar.mine.connect(self.preferences.show_own_device)
        sidebar.show_to.connect(self.preferences.show_to)
        sidebar.new_group.connect(self.groups.new_group)
        sidebar.to_several.connect(self.talk.to_several)
        sidebar.search_all.connect(lambda: self.searching.find(None))
        pane.back.connect(self.close_peer)
        pane.send.connect(self.send_files)
        pane.pasted_image.connect(self.pasting.paste_image)
        pane.composer.pasted.connect(self.pasting.paste_files)
        pane.about.connect(lambda: self._about(self.trust.open_sheet))
        pane.compare.connect(lambda: self._about(self.trust.compare))
        pane.nobody.add_address.connect(self.addresses.ask)
        timeline.older.connect(self.front.load)
        timeline.seen.connect(self.front.seen)
        timeline.link.connect(lambda target: open_link(self, target))
        timeline.open_path.connect(lambda path: open_path(self, path))
        timeline.show_path.connect(lambda path: show_path(self, path))
        timeline.act.connect(self._bridge.submit)
        timeline.save_to.connect(self.sending.save_to)
        timeline.listed.connect(self._show_list)

    def _add_shortcuts(self) -> None:
        standard, known = QKeySequence.StandardKey, self.state.when_known
        here, everywhere = lambda: self.searching.find(self.state.open), lambda: self.searching.find(None)
        for keys, work in (
            # Not the standard keys of these two: Windows has none.
            (QKeySequence("Ctrl+Q"), self.quit_asked.emit),
            (QKeySequence(standard.Find), lambda: known(here)),
            (QKeySequence("Ctrl+K"), lambda: known(everywhere)),
            (QKeySequence("Ctrl+Shift+V"), self.pasting.paste_plain),
            (QKeySequence(standard.Paste), self.pasting.paste),
            (QKeySequence("Ctrl+,"), self.preferences.show),
            (QKeySequence(Qt.Key.Key_Escape), self._escape),
            (QKeySequence("Ctrl+O"), lambda: self.pane.choose_files() if self.state.open else None),
        ):
            QShortcut(keys, self, work)

    def _escape(self) -> None:
        composer = self.pane.composer
        if composer.about is not None or composer.editing is not None:
            composer.cancel()
            return
        if self.arrangement.narrow and self.state.open is not None:
            self.close_peer()

    def _about(self, work: Callable[[Device], None]) -> None:
        if (device := self.state.device) is None:
            return
        if device.group:
            self.groups.about_group(device)
        else:
            work(device)

    def _show_list(self, title: str, lines: object) -> None:
        if isinstance(lines, list):
            from lanshare.qt.windows.listing import ListingDialog
            show_sheet(ListingDialog(title, lines, self))

    def _told_of_command(self, event: e.CommandEnded) -> None:
        if event.code:
            self.board.show("command", escaped(event.message), "warn")

    def _requested(self, event: e.WindowRequested) -> None:
        self.come_forward()
        self.ready.take(tuple(Path(path) for path in event.paths), event.peer)
