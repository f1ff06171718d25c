"""Rows about what a person waits for: to see a device, a window, a message."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.support import MIB, big_file, scratch, spread
from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId
from lanshare.engine.core import EngineCore
from tests.harness.engines import Device, Process, environment, free_port
from tests.harness.shells import Shell, appeared, new_transfer


def row_discovery(quick: bool) -> None:
    """A device that is there already, to listed; a device that starts, to listed by others; in seconds."""
    there, starts = [], []
    for _ in range(3 if quick else 5):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            anna, bob = Device(folder, "Anna"), Device(folder, "Bob")
            first = anna.receive()
            started = _timed(bob, first)
            starts.append(started[0])
            there.append(started[1])
            for device in (anna, bob):
                device.close()
    print(f"discovery: a device that starts, listed by others {spread(starts)} s (goal 1.0); one that is there already,"
          f" listed by the one that starts {spread(there)} s (goal 0.3); both from the end of imports")


def _timed(bob: Device, first: Process) -> tuple[float, float]:
    code = (
        "import sys, time, pathlib, queue\n"
        "import lanshare.engine.assemble, lanshare.engine.ipc.server, lanshare.net.mdns\n"
        "from lanshare.engine.client import EngineClient\n"
        "from lanshare.engine.options import Options\n"
        "events = queue.SimpleQueue()\n"
        "t = time.time()\n"
        "host = EngineClient(Options(profile=pathlib.Path(sys.argv[1]), port=int(sys.argv[2]), name='Bob',"
        " interfaces=('127.0.0.1',)), events.put)\n"
        "host.start()\n"
        "while type(events.get(timeout=20)).__name__ != 'PeerAppeared': pass\n"
        "print(t, time.time() - t, flush=True)\n"
        "sys.stdin.readline(); host.close()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(bob.folder), str(bob.port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), text=True,
    )
    first.wait_for("PeerAppeared")
    heard = time.time()
    assert process.stdout is not None
    began, took = map(float, process.stdout.readline().split())
    process.communicate("\n")
    first.interrupt()
    return heard - began, took


WINDOW_CODE = """
import os, sys, time
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from pathlib import Path
from PySide6.QtCore import QTimer, Qt
from PySide6.QtWidgets import QApplication
from lanshare.engine.options import Options
from lanshare.qt.app import App
from lanshare.qt.theme import style
from lanshare.qt.windows.main import MainWindow
from lanshare.domain.settings import Appearance
options = Options(profile=Path(sys.argv[1]), port=int(sys.argv[2]), name="Window", interfaces=("127.0.0.1",))
app = App(options, [], False)
style.apply_theme(app.qt, Appearance.LIGHT)
app._waits_for_other = True
app.host.start()
window = MainWindow(app.bridge, lambda image: None)
app.bridge.arrived.connect(window.on_event)
app._first.wait(10)
window.on_event(app._snapshot)
window.show()
window.grab()
app.qt.processEvents()
"""


STARTED_CODE = """
import sys, time
from PySide6 import QtWidgets
from PySide6.QtCore import QEvent, QTimer
from lanshare.__main__ import main
painted = []
class Watched(QtWidgets.QApplication):
    def __init__(self, *words):
        super().__init__(*words)
        self.installEventFilter(self)
    def eventFilter(self, watched, event):
        if event.type() is QEvent.Type.Paint and type(watched).__name__ == "MainWindow":
            self.window = watched
            if len(painted) < 1 + (watched.state.me is not None):
                QTimer.singleShot(0, self.done)
        return False
    def done(self):
        known = self.window.state.me is not None
        painted.extend([time.time()] * (1 + known - len(painted)))
        if len(painted) == 2:
            self.quit()
QtWidgets.QApplication = Watched
assert main(["--profile", sys.argv[1], "--port", sys.argv[2]]) == 0
print(*painted, flush=True)
"""


BARE_CODE = """
import time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
app = QApplication([])
window = QWidget()
window.show()
QTimer.singleShot(0, app.quit)
app.exec()
print(time.time(), flush=True)
"""


def bare() -> float:
    """Seconds from a process's start to the picture of a window of Qt's with nothing in it."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-c", BARE_CODE], env=environment(), capture_output=True, text=True, check=True
    )
    return float(done.stdout) - began


def started(profile: str) -> tuple[float, float]:
    """Seconds from a process's start to the window's first picture, and to the one that shows what the engine knows."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, "-c", STARTED_CODE, profile, str(free_port())], env=environment(), capture_output=True,
        text=True, check=True, timeout=60,
    )
    first, filled = map(float, done.stdout.split())
    return first - began, filled - began


def row_start(quick: bool) -> None:
    """Process start to painted, and to painted with what the engine knows; empty profile; goal 0.4 s."""
    times, empty = [], []
    for turn in range(6 if quick else 10):
        with tempfile.TemporaryDirectory() as name:
            one, other = started(name), bare()
            if turn:
                times.append(one)
                empty.append(other)
    first, filled = ([pair[at] for pair in times] for at in (0, 1))
    ratios = [one / other for one, other in zip(first, empty, strict=True)]
    print(f"window: process start to painted {spread(first)} s (goal 0.4), to painted with what the engine knows"
          f" {spread(filled)} s; {spread(ratios)} times as long as a window of Qt's with nothing in it"
          f" ({spread(empty)} s; off screen, empty profile)")


def row_lateness(quick: bool) -> None:
    """Lateness of a 5 ms timer in the window while it receives at full speed; goals p99 8 ms, worst 16 ms."""
    size = (1024 if quick else 2048) * MIB
    code = WINDOW_CODE + """
from lanshare.domain.commands import AnswerOffer
late, state = [], {"last": 0.0, "done": False, "moving": False}
def on(event):
    name = type(event).__name__
    if name == "OfferReceived":
        app.bridge.submit(AnswerOffer(event.transfer, True, Path(sys.argv[3])))
        window.open_peer(event.peer)
    state["moving"] = state["moving"] or name == "TransferStarted"
    if name == "TransferFinished":
        state["done"] = True
        QTimer.singleShot(200, app.qt.quit)
app.bridge.arrived.connect(on)
timer = QTimer(); timer.setTimerType(Qt.TimerType.PreciseTimer)
def tick():
    now = time.perf_counter()
    if state["last"] and state["moving"] and not state["done"]:
        late.append(max(0.0, (now - state["last"]) * 1000 - 5))
    state["last"] = now
timer.timeout.connect(tick); timer.start(5)
print("ready", flush=True)
app.qt.exec()
late.sort()
print(late[len(late) // 2], late[int(len(late) * 0.99)], late[-1], len(late), flush=True)
app.close()
"""
    p50, p99, worst = [], [], []
    for _ in range(2 if quick else 3):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "in").mkdir()
            source = big_file(folder, size)
            window = subprocess.Popen(
                [sys.executable, "-c", code, str(folder / "w"), str(free_port()), str(folder / "in")],
                env=environment(), stdout=subprocess.PIPE, text=True,
            )
            assert window.stdout is not None
            window.stdout.readline()
            anna = Device(folder, "Anna")
            assert anna.run("send", "Window", str(source))[0] == 0
            values = window.stdout.read().split()
            window.wait()
            window.stdout.close()
            p50.append(float(values[0]))
            p99.append(float(values[1]))
            worst.append(float(values[2]))
    print(f"window while receiving at full speed, lateness of a 5 ms timer: p50 {spread(p50)} ms, p99 {spread(p99)} ms"
          f" (goal 8), worst {spread(worst)} ms (goal 16)")


def row_messages(quick: bool) -> None:
    """A message over an open link, from the wish to delivered and durable there; goals 1 / 5 ms, loaded 20 ms."""
    count = 200 if quick else 1000
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        bob = Device(folder, "Bob")
        receiving = bob.receive()
        anna = Shell(folder / "anna", "Anna")
        peer = appeared(anna).id
        # A stranger may say three things a minute.
        assert bob.run("trust", "Anna", "--id", anna.host_id)[0] == 0
        try:
            _delays(anna, peer, 20)
            idle = _delays(anna, peer, count)
            source = big_file(folder, (1024 if quick else 4096) * MIB)
            transfer = new_transfer()
            anna.say(c.SendFiles(transfer, peer, (source,)))
            anna.wait_for(e.TransferStarted)
            loaded = _delays(anna, peer, count // 4, transfer)
        finally:
            anna.host.close()
            receiving.interrupt()
            bob.close()
    told = ", ".join(
        f"{what} p50 {_share(some, 0.5):.2f}, p99 {_share(some, 0.99):.2f} ms ({len(some)})"
        for what, some in (("idle", idle), ("during a transfer at full speed", loaded))
    )
    print(f"a message, wish to delivered and durable there: {told}; goals 1 / 5 / 20 (in memory)")


def row_steps(quick: bool) -> None:
    """What the engine's own thread does for one message that is sent and delivered: its steps, in µs."""
    spent: list[float] = []
    real = EngineCore.step

    def step(core: EngineCore, item: Any) -> None:
        began = time.perf_counter()
        real(core, item)
        spent.append((time.perf_counter() - began) * 1e6)

    with scratch() as folder:
        bob = Device(folder, "Bob")
        receiving = bob.receive()
        anna = Shell(folder / "anna", "Anna")
        peer = appeared(anna).id
        # A stranger may say three things a minute.
        assert bob.run("trust", "Anna", "--id", anna.host_id)[0] == 0
        try:
            _delays(anna, peer, 20)
            EngineCore.step = step  # type: ignore[method-assign, assignment]
            count = 200 if quick else 1000
            _delays(anna, peer, count)
        finally:
            EngineCore.step = real  # type: ignore[method-assign]
            anna.host.close()
            receiving.interrupt()
            bob.close()
    print(f"engine: {len(spent) / count:.1f} steps a message of {_share(spent, 0.5):.0f} µs"
          f" (p99 {_share(spent, 0.99):.0f}), {sum(spent) / count:.0f} µs a message")


def _delays(shell: Shell, peer: PeerId, count: int, transfer: str = "") -> list[float]:
    """Milliseconds of each message; as long as the transfer lasts, if one is named."""
    delays: list[float] = []
    for number in range(count):
        message = MessageId(secrets.token_hex(16))
        started = time.perf_counter()
        shell.say(c.SendText(message, peer, f"message {number}"))
        while True:
            event = shell.events.get(timeout=30)
            if isinstance(event, e.TransferFinished) and event.transfer == transfer:
                return delays
            if isinstance(event, e.MessageDelivered) and event.message == message:
                break
        delays.append((time.perf_counter() - started) * 1000)
    return delays


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def row_beside(quick: bool) -> None:
    """One big file received by a window that shows it, to the same without a window; goal at least 0.97."""
    size = (512 if quick else 2048) * MIB
    code = WINDOW_CODE + """
from lanshare.domain.commands import AnswerOffer
def on(event):
    if type(event).__name__ == "OfferReceived":
        app.bridge.submit(AnswerOffer(event.transfer, True, Path(sys.argv[3])))
        window.open_peer(event.peer)
app.bridge.arrived.connect(on)
import select
def look():
    if select.select([sys.stdin], [], [], 0)[0]:
        app.qt.quit()
timer = QTimer()
timer.timeout.connect(look)
timer.start(200)
QTimer.singleShot(300_000, app.qt.quit)
print("ready", flush=True)
app.qt.exec()
app.close()
"""
    ratios = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        (folder / "in").mkdir()
        source = big_file(folder, size)
        bob, anna = Device(folder, "Bob"), Device(folder, "Anna")
        receiving = bob.receive()
        window = subprocess.Popen(
            [sys.executable, "-c", code, str(folder / "w"), str(free_port()), str(folder / "in")],
            env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        try:
            assert window.stdout is not None
            window.stdout.readline()
            for turn in range(4 if quick else 6):
                seconds = []
                for to in ("Window", "Bob"):
                    process = anna.start("send", to, str(source))
                    seconds.append(float(process.wait_for("TransferFinished", seconds=120)["seconds"]))
                    process.end()
                    for path in (folder / "in" / source.name, bob.into / source.name):
                        path.unlink(missing_ok=True)
                if turn:
                    ratios.append(seconds[1] / seconds[0])
        finally:
            try:
                window.communicate("\n", timeout=20)
            except subprocess.TimeoutExpired:
                window.kill()
                window.communicate()
            receiving.interrupt()
            bob.close()
            anna.close()
    print(f"big file received with the window open: {spread(ratios)} of the throughput without (goal 0.97)")


def row_rest(quick: bool) -> None:
    """Memory of an engine and of a window that have nothing to do, in MiB; goals 45 and 90."""
    engines: list[float] = []
    windows: list[float] = []
    empty: list[float] = []
    told = 'print(open("/proc/self/status").read().split("VmRSS:")[1].split()[0], flush=True)\n'
    for _ in range(3 if quick else 5):
        with scratch() as folder:
            bob = Device(folder, "Bob")
            engine = bob.receive()
            engines.append(_resident(Path(f"/proc/{engine.process.pid}/status").read_text()))
            engine.interrupt()
            bob.close()
            for code, found in (
                (WINDOW_CODE + told + "app.close()\n", windows),
                (BARE_CODE.replace("print(time.time(), flush=True)", told), empty),
            ):
                done = subprocess.run(
                    [sys.executable, "-c", code, str(folder / "w"), str(free_port())], env=environment(),
                    capture_output=True, text=True, check=True, timeout=60,
                )
                found.append(int(done.stdout) / 1024)
    print(f"memory at rest: an engine {spread(engines)} MiB (goal 45), a window {spread(windows)} MiB (goal 90), a"
          f" window of Qt's with nothing in it {spread(empty)} MiB (all off screen)")


def _resident(status: str) -> float:
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
