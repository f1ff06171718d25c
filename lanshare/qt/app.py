"""The window's process: Qt, the EngineClient, the bridge between them, and their orderly end."""

from __future__ import annotations

import faulthandler
import logging
import secrets
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from msgspec.structs import replace
from PySide6.QtCore import QSettings
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

import lanshare
from lanshare.domain.commands import AnswerOffer, OpenWindow, SendText
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.events import (
    EngineStopped,
    Event,
    OfferReceived,
    OfferWithdrawn,
    SettingsChanged,
    Snapshot,
    TransferFailed,
)
from lanshare.domain.message import MessageId
from lanshare.domain.offer import Offer
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.engine.client import EngineClient
from lanshare.engine.options import Options, is_free, log_to_file, pasted_folder, read_settings
from lanshare.engine.presentation import user_messages
from lanshare.qt import assets, display_check
from lanshare.qt.bridge import Bridge
from lanshare.qt.desktop.notices import notice_of, over
from lanshare.qt.desktop.notifications import Desktop, Notice
from lanshare.qt.desktop.tray import Tray
from lanshare.qt.formatting import tr
from lanshare.qt.process import Painted, StopWatch, catch_all, quit_loop, say
from lanshare.qt.theme import style
from lanshare.qt.timeline import preview
from lanshare.qt.windows.main import MainWindow

_log = logging.getLogger(__name__)

INTERRUPTED: Final = 130


class App:
    """Everything between the start of Qt and its end."""

    def __init__(self, options: Options, paths: Sequence[str], hidden: bool, to: str = "") -> None:
        self._options = options
        self._paths = tuple(Path(path).absolute() for path in paths)
        self._hidden = hidden
        self._to = PeerId(to) if to else None
        """For whom the paths are; None: the person chooses."""

        self.qt = QApplication.instance() or QApplication([sys.argv[0]])
        assert isinstance(self.qt, QApplication)
        QGuiApplication.setApplicationName("lanshare")
        QGuiApplication.setApplicationVersion(lanshare.__version__)
        QGuiApplication.setDesktopFileName("org.lanshare.lanshare")
        self.qt.setWindowIcon(assets.app_icon())
        self.qt.setQuitOnLastWindowClosed(False)
        self._first = threading.Event()
        self._snapshot: Snapshot | None = None
        self._fault: Exception | None = None
        self._waits_for_other = False
        self._begun = False
        self.host = EngineClient(replace(options, asks=True), self._heard, window=True)
        self.bridge = Bridge(self.host.submit)
        self.window: MainWindow | None = None
        self._unread = -1
        self._noticed: dict[str, Offer] = {}
        """What the notices that hang there say is offered, by transfer: a yes is to that."""

        self._ended = False
        self._tray: Tray | None = None
        self.desktop = Desktop()
        self.desktop.acted.connect(self._acted)

    def run(self) -> int:
        """Until the person quits; the exit code."""
        settings = read_settings(self._options)
        assert isinstance(self.qt, QApplication)
        style.apply_theme(self.qt, settings.appearance)
        self._waits_for_other = not is_free(self._options)
        if self._waits_for_other:
            self._begin()
            if self._raise_other():
                return 0
            self._waits_for_other = False
        has_tray = QSystemTrayIcon.isSystemTrayAvailable()
        self.window = window = MainWindow(self.bridge, self._keep_image, has_tray)
        window.expect(settings)
        window.at_home.enabled = self._options.profile is None
        self.bridge.arrived.connect(self._on_event)
        if has_tray:
            self._make_tray(window)
        window.quitting.connect(self.end)
        window.quit_asked.connect(self.quit)
        self.bridge.settled.connect(self._show_unread)
        self.qt.commitDataRequest.connect(lambda _: self.end())
        geometry = QSettings(str(self._geometry_file()), QSettings.Format.IniFormat)
        window.restoreGeometry(geometry.value("geometry", b"", bytes) or b"")  # type: ignore[arg-type]
        if not ((self._hidden or settings.start_hidden) and has_tray):
            window.show()
        if self._snapshot is not None:
            self._joined(window, self._snapshot)
        # The engine's parts take longer to load than the window to be painted.
        painted = Painted(window, self._begin)
        self.desktop.start()
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _: window.wear())
        code = self.qt.exec() if not self._ended else 0
        painted.forget()
        window.talk.keep_draft()
        if self._fault is not None:
            raise self._fault
        geometry.setValue("geometry", window.saveGeometry())
        return code

    def close(self) -> None:
        """Down in order: no event reaches a dying window, no thread outlives the engine."""
        self.bridge.close()
        self.desktop.close()
        self.host.close()
        preview.close()
        if self.window is not None:
            self.window.hide()
            self.window.deleteLater()
            self.window = None

    # --- inside

    def _heard(self, event: Event) -> None:
        """On the engine's threads."""
        if isinstance(event, Snapshot) and self._waits_for_other and not self._first.is_set():
            self._snapshot = event
            self._first.set()
            return
        self.bridge.post(event)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self.host.begin(self._failed)

    def _failed(self, error: Exception) -> None:
        """On the thread that starts the engine."""
        self._fault = error
        self._first.set()
        self.bridge.post(EngineStopped(Code.STOPPING))

    def _raise_other(self) -> bool:
        """If a window of this profile is open already, it comes to the front and we go."""
        self._first.wait(10.0)
        if self._fault is not None:
            raise self._fault
        if self._snapshot is None or not self._snapshot.window_open or not self.host.joined:
            return False
        self.host.submit(OpenWindow(self._paths, self._to))
        return True

    def _joined(self, window: MainWindow, snapshot: Snapshot) -> None:
        """The first that is heard of the engine."""
        self._snapshot = snapshot
        if snapshot.window_open and self.host.joined:
            # Two were opened at the same moment: the other one has the engine.
            self.host.submit(OpenWindow(self._paths, self._to))
            window.hide()
            self.end()
            return
        window.on_event(snapshot)
        if self._tray is not None:
            self._tray.show_quiet(not snapshot.settings.notices)
        window.ready.take(self._paths, self._to)

    def _on_event(self, event: object) -> None:
        window = self.window
        if window is None:
            return
        if isinstance(event, Snapshot) and self._snapshot is None:
            self._joined(window, event)
            return
        if isinstance(event, EngineStopped):
            if self._fault is None:
                say(tr("lanshare has to close"), user_messages.ended(event.code))
            self.end()
            return
        window.on_event(event)  # type: ignore[arg-type]
        if not window.isActiveWindow() and (notice := self._notice(event, window)) is not None:
            if isinstance(event, OfferReceived):
                self._noticed[event.transfer] = event.offer
            if not self.desktop.tell(notice) and self._tray is not None:
                self._tray.tell(notice.title, notice.text)
            QApplication.alert(window)
        if isinstance(event, OfferWithdrawn | TransferFailed):
            self._noticed.pop(event.transfer, None)
        if (key := over(event)) is not None:
            self.desktop.take_down(key)
        if self._tray is not None and isinstance(event, SettingsChanged):
            self._tray.show_quiet(not event.settings.notices)

    def _notice(self, event: object, window: MainWindow) -> Notice | None:
        me = window.state.me
        return notice_of(event, window.settings, me.id if me is not None else None)

    def _show_unread(self) -> None:
        """What is unread, at the icon, in the title and where the desktop shows it; once for what comes together."""
        if self.window is None:
            return
        unread = self.window.devices.unread()
        if unread == self._unread:
            return
        self._unread = unread
        if self._tray is not None:
            self._tray.show_unread(unread)
        self.window.setWindowTitle(f"({unread}) lanshare" if unread else "lanshare")
        assert isinstance(self.qt, QApplication)
        self.qt.setBadgeNumber(unread)

    def quit(self) -> None:
        """A person wants it to end: what is under way is asked about, once."""
        if self.window is None or self.window.may_quit():
            self.end()

    def end(self) -> None:
        """End, and ask nothing. Not QApplication.quit(): that closes the windows first, and one that hides into the
        tray would keep the process where nobody can reach it."""
        self._ended = True
        if self.window is not None:
            self.window.leaving.quits = True
        self.qt.exit(0)

    def _acted(self, key: str, action: str, reply: str) -> None:
        """A button of a desktop notice was pressed, or a reply written into it."""
        kind, _, rest = key.partition(":")
        ident, _, peer = rest.rpartition(":")
        if kind == "offer" and action in ("accept", "decline"):
            shown = self._noticed.get(ident)
            self.bridge.submit(AnswerOffer(TransferId(ident), action == "accept", shown=shown))
        elif kind == "said" and action == "reply" and reply.strip():
            if self.window is not None:
                self.window.talk.say_to(PeerId(peer), reply)
            else:
                self.bridge.submit(SendText(MessageId(secrets.token_hex(16)), PeerId(peer), reply))
        elif self.window is not None:
            self.window.come_forward()
            self.window.open_peer(peer)

    def _make_tray(self, window: MainWindow) -> None:
        self._tray = tray = Tray(window)
        tray.show_window.connect(window.come_forward)
        tray.quit_app.connect(self.quit)
        tray.send_clipboard.connect(window.send_clipboard)
        tray.quiet.connect(window.set_quiet)
        tray.show_quiet(not window.settings.notices)
        told: list[bool] = []

        def tell_once() -> None:
            if not told:
                told.append(True)
                tray.tell("lanshare", tr("Still here, so that others can reach you. Quit it from this icon."))

        window.hidden.connect(tell_once)

    def _keep_image(self, image: QImage) -> Path | None:
        stamp = time.strftime("%Y-%m-%d %H.%M.%S")
        path = pasted_folder(self._options) / f"Image {stamp}.png"
        return path if image.save(str(path), "PNG") else None  # type: ignore[call-overload]

    def _geometry_file(self) -> Path:
        return pasted_folder(self._options).parent / "window.ini"


def run_window(
    options: Options, paths: Sequence[str], hidden: bool, verbose: bool, stopped: Callable[[], bool] = lambda: False,
    to: str = "",
) -> int:
    """The window, from start to end; the exit code. `stopped`: whether somebody wanted it to end before it began. `to`:
    the full id of the device that the paths are for."""
    if line := display_check.trouble():
        sys.stderr.write(f"{line}\n")
        return 1
    try:
        log_to_file(options, verbose)
        faulthandler.enable(open(pasted_folder(options).parent / "crash.log", "w", encoding="utf-8"))  # noqa: SIM115
        app = App(options, paths, hidden, to)
    except LanshareError as error:
        sys.stderr.write(f"lanshare: {user_messages.ended(error.code, '', error.detail)}\n")
        return 1
    assert isinstance(app.qt, QApplication)
    catch_all(app.qt.quit)
    qt = app.qt
    watch = StopWatch(lambda: quit_loop(qt))
    try:
        if stopped():
            return INTERRUPTED
        return app.run()
    except LanshareError as error:
        sentence = user_messages.ended(error.code, "", error.detail)
        sys.stderr.write(f"lanshare: {sentence}\n")
        say(tr("lanshare cannot start"), sentence)
        return 1
    except Exception:
        _log.exception("not caught")
        say(tr("lanshare cannot start"), tr("The log in the profile folder says more."))
        return 1
    finally:
        app.close()
        watch.close()
