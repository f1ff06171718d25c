"""Any program on the session bus may say what it likes: only whoever took our notice presses its buttons."""

from __future__ import annotations

import subprocess

from jeepney import DBusAddress, new_signal
from jeepney.io.blocking import open_dbus_connection
from pytestqt.qtbot import QtBot

from lanshare.qt.desktop import Desktop, Notice
from tests.qt.test_desktop import bus

__all__ = ["bus"]
ADDRESS = DBusAddress("/org/freedesktop/Notifications", interface="org.freedesktop.Notifications")


def test_a_program_that_is_not_the_service_presses_nothing(qtbot: QtBot, bus: subprocess.Popen[str]) -> None:
    desktop = Desktop()
    heard: list[tuple[str, str, str]] = []
    desktop.acted.connect(lambda *what: heard.append(what))
    desktop.start()
    other = open_dbus_connection("SESSION")
    try:
        qtbot.waitUntil(lambda: desktop.there, timeout=20_000)
        for number in range(1, 9):  # a notice may bear any of these numbers
            for signal, signature, body in (
                ("ActionInvoked", "us", (number, "accept forged")), ("NotificationReplied", "us", (number, "forged")),
                ("NotificationClosed", "uu", (number, 2)),
            ):
                other.send(new_signal(ADDRESS, signal, signature, body))
        desktop.tell(Notice("one:x:y", "One", "first", (("accept", "Accept"),), "Reply"))
        qtbot.waitUntil(lambda: len(heard) == 2, timeout=20_000)
        for signal, body in (("ActionInvoked", (1, "accept forged")), ("NotificationReplied", (1, "forged"))):
            other.send(new_signal(ADDRESS, signal, "us", body))
        desktop.tell(Notice("two:x:y", "Two", "behind what was forged", (("accept", "Accept"),), "Reply"))
        qtbot.waitUntil(lambda: len(heard) >= 4, timeout=20_000)
    finally:
        other.close()
        desktop.close()
    assert heard == [
        ("one:x:y", "accept", ""), ("one:x:y", "reply", "on my way"),
        ("two:x:y", "accept", ""), ("two:x:y", "reply", "on my way"),
    ]
