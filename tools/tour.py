"""The main job without a screen: the real window off screen and a second device, over loopback alone.

They find each other by mDNS, exchange a message and a file each way; checksums are compared, a picture is saved.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication, QPushButton

from lanshare.domain.peer import PeerId
from lanshare.domain.settings import Appearance
from lanshare.domain.transfer import TransferState
from lanshare.engine.options import Options
from lanshare.qt.app import App
from lanshare.qt.models.device_row import Device
from lanshare.qt.theme import style
from lanshare.qt.windows.main import MainWindow

_HERE = Path(__file__).resolve().parent
_PATIENCE = 30.0


class Tour:
    """One walk through the main job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started = time.monotonic()
        downloads = folder / "downloads"
        downloads.mkdir()
        profile = folder / "me"
        profile.mkdir()
        (profile / "settings.json").write_text(f'{{"download_folder": "{downloads}"}}')
        self.app = App(Options(profile=profile, port=17917, name="This window", interfaces=("127.0.0.1",)), [], False)
        assert isinstance(self.app.qt, QApplication)
        style.apply_theme(self.app.qt, Appearance.LIGHT)

    def say(self, text: str) -> None:
        """What happened, with its time."""
        print(f"  {time.monotonic() - self.started:6.3f} s  {text}", flush=True)

    def until(self, ready: Callable[[], object], what: str) -> None:
        """Let the window work until something is so."""
        deadline = time.monotonic() + _PATIENCE
        while not ready():
            if time.monotonic() > deadline:
                raise SystemExit(f"{what}: not within {_PATIENCE:.0f} s")
            self.app.qt.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)

    def window(self) -> MainWindow:
        """The real window over the real engine."""
        window = MainWindow(self.app.bridge, lambda image: None)
        self.app.bridge.arrived.connect(window.on_event)
        self.app.window = window
        window.show()
        self.app.host.start()
        self.until(lambda: window.sidebar.ready, "starting the engine")
        return window

    def run(self, picture: Path) -> None:
        """Every step, in words."""
        window = self.window()
        self.say("the window is open")
        self.started = time.monotonic()
        device = subprocess.Popen(
            [sys.executable, str(_HERE / "demo.py"), "--profile", str(self.folder / "device"), "--port", "17918"],
            stdin=subprocess.PIPE,
        )
        try:
            self.meet(window, picture)
        finally:
            device.communicate(timeout=15)

    def meet(self, window: MainWindow, picture: Path) -> None:
        """Find, talk, pass files."""
        self.until(lambda: any(one.online for one in window.devices.devices()), "finding the other device")
        other: Device = window.devices.devices()[0]
        self.say(f"the second device was started and found by mDNS: {other.name}")
        window.open_peer(other.id)
        window.pane.composer.field.setPlainText("Hello, who is there?")
        window.pane.composer._say()
        self.until(lambda: self._answered(window), "an answer to a message")
        self.say("a message went over and was answered")
        sent = self.folder / "holiday pictures.bin"
        sent.write_bytes(os.urandom(24_000_000))
        window.send_files((sent,), other.id)
        self.until(lambda: self._done(window, True), "sending a file")
        arrived = self.folder / "device" / "received" / sent.name
        self._compare(sent, arrived, "the window's file arrived there, verified")
        self.until(lambda: self._accept(window), "an offer from the other device")
        self.until(lambda: self._done(window, False), "receiving a file")
        back = next((self.folder / "downloads").glob("A file*"))
        original = self.folder / "device" / "A file from the demo device.txt"
        self._compare(original, back, "a file came back and was accepted")
        self.until(lambda: self._settled(window, other.id), "the last word")
        picture.parent.mkdir(parents=True, exist_ok=True)
        window.grab().save(str(picture))
        self.say(f"a picture of the window: {picture}")

    def _answered(self, window: MainWindow) -> bool:
        rows = [window.timeline.entry(row) for row in range(window.timeline.rowCount())]
        return any(not row.out and row.text for row in rows) and any(row.delivery == "delivered" for row in rows)

    def _done(self, window: MainWindow, out: bool) -> bool:
        return any(view.state is TransferState.DONE and view.out == out for view in window.book.views.values())

    def _accept(self, window: MainWindow) -> bool:
        for button in window.pane.timeline.findChildren(QPushButton):
            if button.text().startswith("Accept") and button.isVisible():
                button.click()
                return True
        return False

    def _settled(self, window: MainWindow, peer: PeerId) -> bool:
        return not window.book.active_of(peer)

    def _compare(self, one: Path, other: Path, text: str) -> None:
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (one, other)]
        if digests[0] != digests[1]:
            raise SystemExit(f"{other} differs from what was sent")
        self.say(f"{text} (SHA-256 {digests[0][:16]}… on both sides, {one.stat().st_size:,} bytes)")


def main() -> int:
    """The tour; 0 if all of it worked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--picture", type=Path, required=True)
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lanshare-tour-") as folder:
        tour = Tour(Path(folder))
        try:
            tour.run(parsed.picture)
        finally:
            tour.app.close()
    print("It works. With a screen, `python3 dev.py run` opens the window.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
