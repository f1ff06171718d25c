"""The real window under Xvfb, used by mouse and keys; the other side is a second real engine."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.engines import ROOT, Device, Process, free_port, tree_of
from tests.harness.screen import Screen, cannot, until
from tests.harness.window import ROW, Window, drag

REASON = cannot()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "there is a screen")

def test_a_real_drag_onto_a_device_arrives_byte_for_byte(
    screen: Screen, tmp_path: Path, bob: tuple[Device, Process]
) -> None:
    device, process = bob
    folder = tmp_path / "Größe # 50%"
    folder.mkdir()
    (folder / "inside ü.bin").write_bytes(os.urandom(3_000_000))
    single = tmp_path / "a b.txt"
    single.write_bytes(b"single")
    window = Window(screen, tmp_path, "Anna")
    process.wait_for("PeerAppeared")
    until(window.has_a_row, "that the other device is listed")
    corner = window.corner()
    assert drag(screen, [folder, single], corner[0] + ROW[0], corner[1] + ROW[1]) == "dropped"
    process.wait_for("TransferFinished")
    screen.picture("after-the-drop")
    assert tree_of(device.into / folder.name) == tree_of(folder)
    assert (device.into / "a b.txt").read_bytes() == b"single"


def test_a_message_by_keys_and_accept_by_mouse(screen: Screen, tmp_path: Path, bob: tuple[Device, Process]) -> None:
    device, process = bob
    window = Window(screen, tmp_path, "Anna")
    process.wait_for("PeerAppeared")
    window.click(*ROW)
    screen.do("type", "--window", window.id, "hello from the keys")
    screen.do("key", "--window", window.id, "Return")
    assert process.wait_for("MessageReceived")["text"] == "hello from the keys"
    until(lambda: ("hello from the keys", "delivered") in window.history(), "the delivery")
    data = os.urandom(500_000)
    (tmp_path / "for Anna.bin").write_bytes(data)
    sending = device.start("send", "Anna", str(tmp_path / "for Anna.bin"))
    until(lambda: "offered" in window.states(), "the offer")
    sending.wait_for("TransferQueued")
    assert list(window.downloads.iterdir()) == [], "nothing is written before acceptance"
    screen.picture("the-question")
    window.accept()
    assert sending.end() == 0
    assert (window.downloads / "for Anna.bin").read_bytes() == data
    until(lambda: window.states() == ["done"], "the end")
    screen.picture("received")


def test_a_second_launch_raises_the_first_and_brings_its_files(
    screen: Screen, tmp_path: Path, bob: tuple[Device, Process]
) -> None:
    _device, process = bob
    window = Window(screen, tmp_path, "Anna")
    process.wait_for("PeerAppeared")
    (tmp_path / "x.txt").write_bytes(b"x")
    second = screen.lanshare("open", str(tmp_path / "x.txt"), *window.arguments())
    assert second.wait(20) == 0
    assert window.program.poll() is None
    screen.picture("ready-to-send")


def test_a_command_works_while_the_window_is_open(
    screen: Screen, tmp_path: Path, bob: tuple[Device, Process]
) -> None:
    _device, process = bob
    window = Window(screen, tmp_path, "Anna")
    process.wait_for("PeerAppeared")
    joined = Process(["text", "Bob", "from the terminal", "--json", "--profile", str(window.folder)])
    assert joined.end() == 0
    assert process.wait_for("MessageReceived")["text"] == "from the terminal"


def test_closing_without_a_tray_quits_in_order(screen: Screen, tmp_path: Path) -> None:
    window = Window(screen, tmp_path, "Anna")
    screen.do("windowclose", window.id)
    subprocess.run(["xdotool", "windowquit", window.id], env=screen.environment(), capture_output=True, check=False)
    window.program.terminate()
    assert window.program.wait(20) == 0


def test_the_demo_gives_somebody_alone_a_second_device(screen: Screen, tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [sys.executable, str(ROOT / "dev.py"), "run", "--demo", "--port", str(free_port())],
        env=screen.environment() | {"TMPDIR": str(tmp_path)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        profile = until(lambda: next(tmp_path.glob("lanshare-demo-*/me"), None), "the demo's profile")
        assert isinstance(profile, Path)
        window = until(
            lambda: screen._text("xdotool", "search", "--onlyvisible", "--name", "^lanshare$"), "the demo's window"
        )
        ident = str(window).split()[-1]
        screen.place(ident, 0, 0, 900, 640)
        database = profile / "lanshare.sqlite"

        def rows(question: str) -> list[tuple[str, ...]]:
            link = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
            try:
                return link.execute(question).fetchall()
            except sqlite3.OperationalError:
                return []
            finally:
                link.close()

        until(lambda: database.exists() and rows("SELECT name FROM peers"), "the demo device")
        assert rows("SELECT name FROM peers") == [("Demo device (this computer)",)]
        screen.do("mousemove", str(ROW[0]), str(ROW[1] + 20), "click", "1")
        screen.do("type", "--window", ident, "hello")
        screen.do("key", "--window", ident, "Return")
        until(lambda: any("I am the demo device" in text for (text,) in rows("SELECT text FROM messages")), "an answer")
        screen.picture("demo")
    finally:
        screen.do("key", "alt+F4")
        try:
            code = demo.wait(20)
        except subprocess.TimeoutExpired:
            demo.kill()
            raise
    assert code == 0
    assert not list(tmp_path.glob("lanshare-demo-*")), "its profiles are gone with it"
