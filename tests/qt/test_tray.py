"""The icon in the notification area, as far as it can be driven without one."""

from __future__ import annotations

from PySide6.QtWidgets import QSystemTrayIcon
from pytestqt.qtbot import QtBot

from lanshare.qt.desktop.tray import Tray


def test_a_click_brings_the_window_and_the_menu_quits(qtbot: QtBot) -> None:
    tray = Tray()
    with qtbot.waitSignal(tray.show_window):
        tray._icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    with qtbot.waitSignal(tray.quit_app):
        tray._menu.actions()[-1].trigger()
    tray.tell("Marta", "hello")
    tray._icon.hide()
