"""The window of a Windows Python under Wine, used by mouse and keys: a drop, a message, an offer accepted.

`python3 dev.py windows window [PICTURES]`. The hand is xdotool's on a screen of Xvfb; files are dragged from a program
of the X server, which Wine hands to the window as a list of Windows' paths. The other side is a Linux engine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.harness.engines import Device, free_port, tree_of
from tests.harness.screen import Screen, cannot, until
from tests.harness.window import ROW, Window, drag
from tools.windows import Wine, windows_path

SIZE = (900, 640)
UNPREPARED = 75
"""Exit code: this machine lacks something, and nothing was tried."""


class WineWindow(Window):
    """A window whose program is a Windows one."""

    def __init__(self, screen: Screen, wine: Wine, folder: Path) -> None:
        self.screen, self.folder, self.name = screen, folder / "Window", "Window"
        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        self.folder.mkdir()
        settings = {"download_folder": windows_path(self.downloads), "appearance": "light"}
        (self.folder / "settings.json").write_text(json.dumps(settings))
        self.port = free_port()
        wine.environment = {**wine.environment, "DISPLAY": screen.display, "QT_QPA_PLATFORM": "windows"}
        self.program = wine.start(
            "-m", "lanshare", "--profile", windows_path(self.folder), "--port", str(self.port), "--name", self.name,
            "--interface", "127.0.0.1", output=subprocess.DEVNULL,
        )
        found = until(lambda: self.found(screen), "the window")
        self.id = str(found)
        screen.place(self.id, 0, 0, *SIZE)
        until(self.knows_itself, "that its engine is there")

    @staticmethod
    def found(screen: Screen) -> str:
        """A window called lanshare; empty if there is none."""
        asked = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", "^lanshare$"], env=screen.environment(),
            capture_output=True, text=True,
        )
        return asked.stdout.split()[-1] if asked.stdout.split() else ""


def used(screen: Screen, wine: Wine, folder: Path) -> list[tuple[str, bool]]:
    """What was done with it, and whether it went well."""
    device = Device(folder, "Linux")
    receiving = device.receive()
    top = folder / "Größe # 50%"
    top.mkdir()
    (top / "inside ü.bin").write_bytes(os.urandom(3_000_000))
    single = folder / "a b.txt"
    single.write_bytes(b"single")
    seen = []
    window = WineWindow(screen, wine, folder)
    try:
        receiving.wait_for("PeerAppeared")
        until(window.has_a_row, "that the other device is listed")
        screen.picture("wine-1-found")

        corner = window.corner()
        drag(screen, [top, single], corner[0] + ROW[0], corner[1] + ROW[1])
        receiving.wait_for("TransferFinished")
        seen.append(("what is dropped on a device arrives", tree_of(device.into / top.name) == tree_of(top)
                     and (device.into / single.name).read_bytes() == b"single"))

        window.click(*ROW)
        screen.do("type", "--window", window.id, "hello from Windows")
        screen.do("key", "--window", window.id, "Return")
        told = receiving.wait_for("MessageReceived")["text"]
        until(lambda: ("hello from Windows", "delivered") in window.history(), "the delivery")
        seen.append(("a message is written and delivered", told == "hello from Windows"))

        data = os.urandom(5_000_000)
        (folder / "for Window.bin").write_bytes(data)
        sending = device.start("send", "Window", str(folder / "for Window.bin"))
        until(lambda: "offered" in window.states(), "the offer")
        screen.picture("wine-2-asked")
        before = list(window.downloads.iterdir())
        window.accept()
        code = sending.end()
        arrived = (window.downloads / "for Window.bin").read_bytes() == data
        seen.append(("an offer is accepted by a click and arrives", not before and code == 0 and arrived))
        until(lambda: window.states() and set(window.states()) == {"done"}, "the end")
        screen.picture("wine-3-received")
    finally:
        screen.do("windowfocus", window.id, "key", "ctrl+q")
        try:
            quits = window.program.wait(30) == 0
        except subprocess.TimeoutExpired:
            quits = False
        seen.append(("it quits by Ctrl+Q", quits))
        device.close()
    return seen


def told_in_a_box(screen: Screen, wine: Wine) -> bool:
    """Where Qt cannot be loaded, and there is no console, a box says so and the program ends when it is answered."""
    code = (
        "import sys; sys.modules['PySide6'] = sys.stdout = sys.stderr = None; from lanshare.__main__ import window;"
        " sys.exit(window())"
    )
    program = wine.run(wine.python.replace("python.exe", "pythonw.exe"), "-c", code, output=subprocess.DEVNULL)
    box = str(until(lambda: WineWindow.found(screen), "the box"))
    screen.picture("wine-4-box")
    screen.do("windowfocus", box, "key", "Return")
    return program.wait(30) == 1


def main(arguments: list[str]) -> int:
    """All of it; the exit code."""
    if reason := cannot():
        print(f"The window was not used under Wine: {reason}.")
        return UNPREPARED
    wine = Wine(Path(arguments[0]))
    screen = Screen()
    try:
        with tempfile.TemporaryDirectory() as name:
            seen = used(screen, wine, Path(name))
            seen.append(("a box says that Qt is missing", told_in_a_box(screen, wine)))
    finally:
        screen.close()
        wine.close()
    for what, well in seen:
        print(f"{what}: {'yes' if well else 'NO'}", flush=True)
    if arguments[1:]:
        folder = Path(arguments[1])
        folder.mkdir(parents=True, exist_ok=True)
        for picture in sorted((Path("artifacts") / "screens").glob("wine-*.png")):
            shutil.copy(picture, folder)
    return 0 if len(seen) == 5 and all(well for _, well in seen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
