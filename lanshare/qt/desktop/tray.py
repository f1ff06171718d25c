"""The icon in the notification area, where there is one: shows what is unread, brings the window back, quits.

Signals: show_window(); send_clipboard(); quiet(bool); quit_app().
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from lanshare.qt import assets
from lanshare.qt.formatting import tr


class Tray(QObject):
    """Only made where QSystemTrayIcon.isSystemTrayAvailable()."""

    show_window = Signal()
    send_clipboard = Signal()
    quiet = Signal(bool)
    quit_app = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._menu = QMenu()
        self._menu.addAction(tr("Show lanshare"), self.show_window.emit)
        self._menu.addAction(tr("Paste into lanshare…"), self.send_clipboard.emit)
        self._quiet = self._menu.addAction(tr("Do not disturb"))
        self._quiet.setCheckable(True)
        self._quiet.toggled.connect(self.quiet)
        self._menu.addSeparator()
        self._menu.addAction(tr("Quit"), self.quit_app.emit)
        self._icon = QSystemTrayIcon(assets.app_icon(), self)
        self._icon.setToolTip("lanshare")
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self.show_window)
        self._icon.show()

    def tell(self, title: str, text: str) -> None:
        """A notice of the desktop's own, which steals no focus."""
        self._icon.showMessage(title, text, assets.app_icon(), 6000)

    def show_quiet(self, quiet: bool) -> None:
        """Whether the desktop tells nothing, as the settings say."""
        with QSignalBlocker(self._quiet):
            self._quiet.setChecked(quiet)

    def show_unread(self, count: int) -> None:
        """How much is unread, in the icon's hint."""
        self._icon.setToolTip(tr("lanshare · {0} unread").format(count) if count else "lanshare")

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.show_window.emit()
