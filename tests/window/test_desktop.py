"""The real window on a desktop with a tray and a notification service: quit, hide, come back, background, bursts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId
from tests.harness.engines import ROOT, Device, Process
from tests.harness.screen import Screen, cannot, until
from tests.harness.shells import Shell
from tests.harness.tray import PLACE
from tests.harness.window import ROW, Lines, Window, drag

REASON = cannot() or ("missing: dbus-daemon" if shutil.which("dbus-daemon") is None else "")
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "there is a desktop")
SMALL = ("1024x600", {"QT_FONT_DPI": "192"})
"""A netbook's screen, and letters twice as large: as with a system font of 18 pt."""


class Desk:
    """A screen with a tray, and a session bus with a notification service on it."""

    def __init__(self, folder: Path, size: str = "1400x1000", **more: str) -> None:
        read, write = os.pipe()
        self._bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", f"--address=unix:path={folder}/bus", f"--print-address={write}"],
            pass_fds=(write,),
        )
        os.close(write)
        with os.fdopen(read) as lines:
            address = lines.readline().strip()
        self.screen = Screen(size, DBUS_SESSION_BUS_ADDRESS=address, **more)
        self.tray = self._helper("tray")
        self._service = self.screen.start([sys.executable, str(ROOT / "tests" / "harness" / "notices.py")], stdin=True)
        assert self._service.stdout is not None
        self._notices = Lines(self._service.stdout)
        until(self._notices.last, "the notification service")

    def _helper(self, name: str) -> Lines:
        program = self.screen.start([sys.executable, str(ROOT / "tests" / "harness" / f"{name}.py")])
        assert program.stdout is not None
        lines = Lines(program.stdout)
        lines.wait("ready")
        return lines

    def notice(self, word: str) -> dict[str, Any]:
        """The first notice with this word in it."""

        def found() -> dict[str, Any] | None:
            for line in self._notices.all():
                told: dict[str, Any] = json.loads(line)
                if word in f"{told.get('title')} {told.get('body')}":
                    return told
            return None

        told = until(found, f"a notice with {word!r}")
        assert isinstance(told, dict)
        return told

    def is_closed(self, notice: dict[str, Any]) -> bool:
        """Whether it was taken down."""
        return any(json.loads(line).get("closed") == notice["number"] for line in self._notices.all())

    def press(self, notice: dict[str, Any], action: str, reply: str = "") -> None:
        """One of its buttons."""
        assert self._service.stdin is not None
        self._service.stdin.write(f"{notice['number']} {action} {reply}".rstrip() + "\n")
        self._service.stdin.flush()

    def click_tray(self, button: int = 1) -> None:
        """The icon."""
        self.screen.do("mousemove", str(PLACE[0]), str(PLACE[1] + 14), "click", str(button))

    def close(self) -> None:
        """Everything off."""
        self.screen.close()
        self._bus.terminate()
        self._bus.wait()


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Fresh; of the size and environment that a test asks for."""
    size, more = getattr(request, "param", ("1400x1000", {}))
    one = Desk(tmp_path, size, **more)
    yield one
    one.close()


def is_shown(desk: Desk, window: Window) -> bool:
    """Whether its window is on the screen."""
    return bool(desk.screen.windows("lanshare$", window.program.pid))


def hide(desk: Desk, window: Window) -> None:
    """Close it by the window manager, as its cross does."""
    # The keys are the window manager's: what counts is the window that it holds to be active, not where letters go.
    pressed = float("-inf")

    def hidden() -> bool:
        nonlocal pressed
        if not is_shown(desk, window):
            return True
        if time.monotonic() > pressed + 20:  # a window manager that has just begun may miss a key
            desk.screen.do("windowactivate", "--sync", window.id, "key", "alt+F4")
            pressed = time.monotonic()
        return False

    until(hidden, "that it is hidden")
    assert window.program.poll() is None, "it goes on in the background"


def test_it_hides_into_the_tray_comes_back_and_quits_from_there(desk: Desk, tmp_path: Path) -> None:
    window = Window(desk.screen, tmp_path, "Anna", 0, 60)
    desk.tray.wait("docked")
    for _ in range(2):
        hide(desk, window)
        desk.click_tray()
        until(lambda: is_shown(desk, window), "that it comes back")
    desk.screen.do("windowminimize", window.id)
    until(lambda: not is_shown(desk, window), "that it is minimised")
    desk.click_tray()
    until(lambda: is_shown(desk, window), "that it comes back from there, too")
    desk.click_tray(3)
    until(lambda: len(desk.screen.windows("", window.program.pid)) > 1, "the tray's menu")
    desk.screen.picture("tray-menu")
    desk.screen.do("key", "Up")
    desk.screen.do("key", "Return")
    assert window.program.wait(20) == 0


def test_what_comes_in_the_background_is_told_answered_and_leads_there(
    desk: Desk, tmp_path: Path, bob: tuple[Device, Process]
) -> None:
    device, process = bob
    window = Window(desk.screen, tmp_path, "Anna", 0, 60)
    desk.tray.wait("docked")
    process.wait_for("PeerAppeared")
    until(window.has_a_row, "that the other device is listed")
    window.click(*ROW)
    desk.screen.do("type", "--window", window.id, "hello")
    desk.screen.do("key", "--window", window.id, "Return")
    process.wait_for("MessageReceived")
    hide(desk, window)
    assert device.run("text", "Anna", "are you there?")[0] == 0
    told = desk.notice("are you there?")
    assert ("are you there?", "read") not in window.history()
    desk.press(told, "reply", "in a minute")
    assert process.wait_for("MessageReceived")["text"] == "in a minute"
    assert not is_shown(desk, window), "a reply needs no window"
    (tmp_path / "for Anna.txt").write_text("from the background")
    sending = device.start("send", "Anna", str(tmp_path / "for Anna.txt"))
    desk.press(desk.notice("for Anna.txt"), "accept")
    assert sending.end() == 0
    assert (window.downloads / "for Anna.txt").read_text() == "from the background"
    assert not is_shown(desk, window)
    (tmp_path / "another.txt").write_text("another")
    withdrawn = device.start("send", "Anna", str(tmp_path / "another.txt"))
    asked = desk.notice("another.txt")
    withdrawn.interrupt()
    until(lambda: desk.is_closed(asked), "that a question that nobody asks any more is taken down")
    assert device.run("text", "Anna", "and look at this")[0] == 0
    told = desk.notice("and look at this")
    desk.press(told, "default")
    until(lambda: is_shown(desk, window), "that it comes forward")

    def is_read() -> bool:
        """Bob was told: it has been before the person's eyes."""
        return any(one["text"] == "and look at this" and one["state"] == "read" for one in device.history())

    until(is_read, "that it is read")
    until(lambda: desk.is_closed(told), "that what was seen is taken down")
    desk.screen.picture("come-forward")


def opened(screen: Screen) -> bool:
    """Click where the list's first row is; whether the button to send files is at the top, as in a conversation."""
    from PySide6.QtGui import QImage

    image = QImage(str(screen.picture("small-opens")))
    if image.pixelColor(812, 64).name() == "#4355e0":
        return True
    screen.do("mousemove", "300", "300", "click", "1")
    return False


@pytest.mark.parametrize("desk", [SMALL], indirect=True)
def test_on_a_small_screen_with_large_letters_it_is_used_as_everywhere(
    desk: Desk, tmp_path: Path, bob: tuple[Device, Process]
) -> None:
    device, process = bob
    window = Window(desk.screen, tmp_path, "Anna", 0, 0, size=(1024, 568))
    desk.tray.wait("docked")
    process.wait_for("PeerAppeared")
    desk.screen.do("windowfocus", "--sync", window.id)
    desk.screen.picture("small-list")
    until(lambda: opened(desk.screen), "that the first of the list opens")
    single = tmp_path / "dropped.txt"
    single.write_text("dropped")
    desk.screen.picture("small-conversation")
    assert drag(desk.screen, [single], 500, 300, (760, 480)) == "dropped"
    process.wait_for("TransferFinished")
    assert (device.into / "dropped.txt").read_text() == "dropped"
    desk.screen.do("windowraise", window.id, "windowfocus", "--sync", window.id)
    desk.screen.do("type", "--window", window.id, "half a thought")
    until(lambda: window.drafts() == ["half a thought"], "that the draft is kept")
    desk.screen.picture("small-draft")
    window.program.terminate()
    assert window.program.wait(20) == 0
    again = Window(desk.screen, tmp_path, "Anna", 0, 0, exist=True, size=(1024, 568))
    until(lambda: again.drafts() == ["half a thought"], "that it is there after a restart")
    desk.screen.picture("small-again")


def memory(pid: int) -> int:
    """MB that a process holds in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024


def test_a_thousand_messages_at_once_are_shown_and_take_no_memory_for_good(desk: Desk, tmp_path: Path) -> None:
    window = Window(desk.screen, tmp_path, "Anna", 0, 60)
    bob = Shell(tmp_path / "bob", "Bob")
    try:
        anna = bob.wait_for(e.PeerAppeared, lambda event: event.name == "Anna")
        until(window.has_a_row, "that the other device is listed")
        window.click(*ROW)
        desk.screen.do("type", "--window", window.id, "hello")
        desk.screen.do("key", "--window", window.id, "Return")
        bob.wait_for(e.MessageReceived)
        before = memory(window.program.pid)
        for number in range(1000):
            bob.say(c.SendText(MessageId(f"{number:032x}"), PeerId(anna.id), f"line {number} " + "x" * (number % 90)))
        left = 1000
        while left:
            bob.wait_for(e.MessageDelivered)
            left -= 1
        until(lambda: len(window.history()) == 1001, "that all are kept")

        def newest_is_read() -> bool:
            bob.drain()
            return any(isinstance(one, e.MessageRead) and one.message == f"{999:032x}" for one in bob.seen)

        until(newest_is_read, "that the newest is before the person's eyes")
        desk.screen.picture("after-a-burst")
        left, top = window.corner()
        desk.screen.do("mousemove", str(left + 600), str(top + 300), "click", "--repeat", "4", "4")
        bob.say(c.SendText(MessageId("f" * 32), PeerId(anna.id), "below what is read"))
        bob.wait_for(e.MessageDelivered, lambda event: event.message == "f" * 32)
        desk.screen.picture("scrolled-up")
        bob.drain()
        assert not [one for one in bob.seen if isinstance(one, e.MessageRead) and one.message == "f" * 32]
        desk.screen.do("mousemove", "--window", window.id, "840", "534", "click", "1")  # the way down
        bob.wait_for(e.MessageRead, lambda event: event.message == "f" * 32)
        assert memory(window.program.pid) - before < 150
    finally:
        bob.host.close()
