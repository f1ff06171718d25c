"""A session bus of the tests' own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICE = """
import sys, threading
from jeepney import DBusAddress, MessageType, message_bus, new_method_return, new_signal
from jeepney.io.blocking import open_dbus_connection, Proxy
conn = open_dbus_connection("SESSION")
Proxy(message_bus, conn).RequestName("org.freedesktop.Notifications")
print("ready", flush=True)
address = DBusAddress("/org/freedesktop/Notifications", interface="org.freedesktop.Notifications")
number = 0
while True:
    call = conn.receive()
    if call.header.message_type is not MessageType.method_call: continue
    member = call.header.fields[3]
    if member == "GetCapabilities":
        conn.send(new_method_return(call, "as", (["actions", "body", "body-markup", "inline-reply"],)))
    elif member == "Notify":
        number += 1
        print(repr(call.body), flush=True)
        conn.send(new_method_return(call, "u", (number,)))
        conn.send(new_signal(address, "ActionInvoked", "us", (number, "accept")))
        conn.send(new_signal(address, "NotificationReplied", "us", (number, "on my way")))
        conn.send(new_signal(address, "ActionInvoked", "us", (999, "somebody else's")))
"""


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """A session bus of the test's own with a notification service on it."""
    if shutil.which("dbus-daemon") is None or sys.platform != "linux":
        pytest.skip("missing: dbus-daemon")
    read, write = os.pipe()
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", f"--address=unix:path={tmp_path}/bus", f"--print-address={write}"],
        pass_fds=(write,),
    )
    os.close(write)
    with os.fdopen(read) as lines:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", lines.readline().strip())
    service = subprocess.Popen([sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, text=True)
    assert service.stdout is not None
    assert service.stdout.readline() == "ready\n"
    yield service
    for process in (service, daemon):
        process.kill()
        process.wait()
    service.stdout.close()
