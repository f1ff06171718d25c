"""Any program on the session bus may say what it likes: only whoever took our notice presses its buttons."""

from __future__ import annotations

import os
import signal
import subprocess
from concurrent.futures import Future

import pytest
from jeepney import DBusAddress, message_bus, new_method_call, new_signal
from jeepney.io.blocking import open_dbus_connection
from pytestqt.qtbot import QtBot

from lanshare.qt.desktop.notifications import Desktop, Notice
from tests.harness.buses import bus

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
            for name, signature, body in (
                ("ActionInvoked", "us", (number, "accept forged")), ("NotificationReplied", "us", (number, "forged")),
                ("NotificationClosed", "uu", (number, 2)),
            ):
                other.send(new_signal(ADDRESS, name, signature, body))
        desktop.tell(Notice("one:x:y", "One", "first", (("accept", "Accept"),), "Reply"))
        qtbot.waitUntil(lambda: len(heard) == 2, timeout=20_000)
        for name, body in (("ActionInvoked", (1, "accept forged")), ("NotificationReplied", (1, "forged"))):
            other.send(new_signal(ADDRESS, name, "us", body))
        desktop.tell(Notice("two:x:y", "Two", "behind what was forged", (("accept", "Accept"),), "Reply"))
        qtbot.waitUntil(lambda: len(heard) >= 4, timeout=20_000)
    finally:
        other.close()
        desktop.close()
    assert heard == [
        ("one:x:y", "accept", ""), ("one:x:y", "reply", "on my way"),
        ("two:x:y", "accept", ""), ("two:x:y", "reply", "on my way"),
    ]


@pytest.mark.parametrize("answers", ["all", "one just answered"])
def test_a_bus_that_goes_away_takes_nothing_with_it(
    qtbot: QtBot, bus: subprocess.Popen[str], answers: str
) -> None:
    """Also with notices up: the tray stands in, and the program ends when it is told to."""
    desktop = Desktop()
    desktop.start()
    qtbot.waitUntil(lambda: desktop.there, timeout=20_000)
    assert desktop.tell(Notice("one:x:y", "One", "up", (("accept", "Accept"),), "Reply"))
    assert bus.stdout is not None
    assert bus.stdout.readline()
    other = open_dbus_connection("SESSION")
    ask = new_method_call(message_bus, "GetConnectionUnixProcessID", "s", ("org.freedesktop.DBus",))
    pid = other.send_and_get_reply(ask).body[0]
    other.close()
    if answers == "one just answered":
        # Its answer has come, and whoever asked has not looked yet.
        answered: Future[object] = Future()
        answered.set_result(None)
        desktop._router._replies._futures[1 << 30] = answered
    os.kill(pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not desktop.there, timeout=20_000)
    assert not desktop.tell(Notice("two:x:y", "Two", "nobody takes it"))
    desktop.take_down("one")
    desktop.close()
    assert desktop._thread is not None
    assert not desktop._thread.is_alive()
