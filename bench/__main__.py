"""The rows. Each compares in one run, interleaved A B A B, and prints median and spread of the pairs' ratios."""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lanshare.trust.identity import Identity
from tests.harness.engines import Device, Process, environment, free_port

MIB = 1024 * 1024


def spread(values: list[float]) -> str:
    """Median and range."""
    return f"{statistics.median(values):.3f} ({min(values):.3f}-{max(values):.3f})"


def warm_memory() -> None:
    """Fresh memory is slow on virtual machines: touch and free some first."""
    block = bytearray(1024 * MIB)
    for at in range(0, len(block), 4096):
        block[at] = 1
    del block


class Pair:
    """Two devices that know each other; the receiver stays up, so that process starts are not in the clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.anna, self.bob = Device(folder, "Anna"), Device(folder, "Bob")
        self.receiving = self.bob.receive()
        self.sending_engine = self.anna.receive()
        self.receiving.wait_for("PeerAppeared")

    def send(self, *paths: Path) -> float:
        """Seconds between the first byte and verified and durable, as the engine's own clock has it."""
        started = time.monotonic()
        code, events = self.anna.run("send", "Bob", *map(str, paths))
        assert code == 0, events
        del started
        return float(events[-1]["seconds"])

    def clear(self) -> None:
        """A fresh receiving folder."""
        for path in self.bob.into.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def close(self) -> None:
        """Both down."""
        self.sending_engine.interrupt()
        self.receiving.interrupt()
        self.anna.close()
        self.bob.close()


def big_file(folder: Path, size: int) -> Path:
    """Random bytes."""
    path = folder / "big.bin"
    block = os.urandom(MIB)
    with path.open("wb") as file:
        for number in range(size // MIB):
            file.write(number.to_bytes(8, "big") + block[8:])
    return path


def plain_copy(source: Path, target: Path, key: Path) -> float:
    """Seconds of the bare TLS loop, process starts not counted for the server."""
    port = free_port()
    base = [sys.executable, "-m", "bench.baseline"]
    server = subprocess.Popen(
        [*base, "serve", str(port), str(key), str(target)], stdout=subprocess.PIPE, env=environment(), text=True
    )
    assert server.stdout is not None
    server.stdout.readline()
    started = time.perf_counter()
    code = (
        "import sys, time; from pathlib import Path; from bench.baseline import send\n"
        "t = time.perf_counter()\n"
        "send(int(sys.argv[1]), Path(sys.argv[2])); print(time.perf_counter() - t)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(port), str(source)], env=environment(), capture_output=True, text=True
    )
    del started
    server.wait()
    server.stdout.close()
    return float(done.stdout)


def row_big_file(quick: bool) -> None:
    """One big file against a bare TLS loop without hash or safety; goal: at least 0.85 of its throughput."""
    size = (512 if quick else 2048) * MIB
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        source = big_file(folder, size)
        key = folder / "key.pem"
        key.write_bytes(Identity.create().pem)
        pair = Pair(folder)
        ratios, ours, bare = [], [], []
        try:
            for turn in range(4 if quick else 6):
                one = pair.send(source)
                pair.clear()
                other = plain_copy(source, folder / "plain.bin", key)
                (folder / "plain.bin").unlink()
                if turn:
                    ours.append(size / one / 1e9)
                    bare.append(size / other / 1e9)
                    ratios.append(other / one)
        finally:
            pair.close()
    print(f"big file, {size // MIB} MiB: ours {spread(ours)} GB/s, bare TLS loop {spread(bare)} GB/s,"
          f" throughput ratio {spread(ratios)} (goal 0.85)")


def row_scp(quick: bool) -> None:
    """One big file against scp with its default cipher (needs sshd; skipped with its reason where there is none)."""
    sshd = shutil.which("sshd") or "/usr/sbin/sshd"
    if not Path(sshd).exists() or shutil.which("scp") is None:
        print("scp: not measured: openssh-server is not installed")
        return
    size = (512 if quick else 2048) * MIB
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = big_file(folder, size)
        port = free_port()
        for key in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
        (folder / "allowed").write_bytes((folder / "user.pub").read_bytes())
        (folder / "allowed").chmod(0o600)
        Path("/run/sshd").mkdir(parents=True, exist_ok=True)
        server = subprocess.Popen(
            [sshd, "-D", "-p", str(port), "-h", str(folder / "host"), "-o", f"AuthorizedKeysFile={folder}/allowed",
             "-o", "ListenAddress=127.0.0.1", "-o", "StrictModes=no", "-o", "UsePAM=no", "-o", "PidFile=none"],
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        options = ["-q", "-P", str(port), "-i", str(folder / "user"), "-o", "StrictHostKeyChecking=no",
                   "-o", "UserKnownHostsFile=/dev/null"]
        pair = Pair(folder)
        ratios, theirs = [], []
        try:
            for turn in range(3 if quick else 4):
                one = pair.send(source)
                pair.clear()
                started = time.perf_counter()
                done = subprocess.run(
                    ["scp", *options, str(source), f"127.0.0.1:{folder}/scp.bin"], capture_output=True, text=True
                )
                other = time.perf_counter() - started
                if done.returncode:
                    print(f"scp: not measured: {done.stderr.strip()[:120]}")
                    return
                (folder / "scp.bin").unlink()
                if turn:
                    ratios.append(other / one)
                    theirs.append(other)
        finally:
            pair.close()
            server.terminate()
            server.wait()
    print(f"scp (default cipher, its start of about 0.15-0.5 s in the clock): {spread(theirs)} s;"
          f" ours {spread(ratios)} times as fast (goal 2.5)")


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
        "from lanshare.node.host import Host\n"
        "from lanshare.node.assemble import Options\n"
        "events = queue.SimpleQueue()\n"
        "t = time.time()\n"
        "host = Host(Options(profile=pathlib.Path(sys.argv[1]), port=int(sys.argv[2]), name='Bob',"
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
from lanshare.node.assemble import Options
from lanshare.qt.app import App
from lanshare.qt.theme import style
from lanshare.qt.windows.main import MainWindow
from lanshare.domain.settings import Appearance
options = Options(profile=Path(sys.argv[1]), port=int(sys.argv[2]), name="Window", interfaces=("127.0.0.1",))
app = App(options, [], False)
style.wear(app.qt, Appearance.LIGHT)
app.host.start()
window = MainWindow(app.bridge, lambda image: None)
app.bridge.arrived.connect(window.on_event)
app._first.wait(10)
window.on_event(app._snapshot)
window.show()
window.grab()
app.qt.processEvents()
"""


def row_start(quick: bool) -> None:
    """Process start to painted, empty profile; goal 0.4 s."""
    times = []
    for turn in range(4 if quick else 8):
        with tempfile.TemporaryDirectory() as name:
            code = WINDOW_CODE + "print(time.time(), flush=True); app.close()\n"
            started = time.time()
            done = subprocess.run(
                [sys.executable, "-c", code, name, str(free_port())], env=environment(), capture_output=True, text=True
            )
            if turn:
                times.append(float(done.stdout) - started)
    print(f"window: process start to painted {spread(times)} s (goal 0.4; off screen, empty profile)")


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


ROWS: dict[str, Callable[[bool], Any]] = {
    "big": row_big_file,
    "scp": row_scp,
    "discovery": row_discovery,
    "start": row_start,
    "lateness": row_lateness,
}


def main() -> int:
    """All rows, or those that were named."""
    parser = argparse.ArgumentParser(prog="dev.py bench")
    parser.add_argument("--quick", action="store_true", help="smaller and fewer")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"any of {', '.join(ROWS)}")
    parsed = parser.parse_args()
    if unknown := set(parsed.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(unknown)}")
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}; median (least-most) of interleaved runs",
          flush=True)
    warm_memory()
    for name in parsed.rows or ROWS:
        ROWS[name](parsed.quick)
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
