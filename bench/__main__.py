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

    def send(self, *paths: Path, whole: bool = False) -> float:
        """Seconds between the first byte and verified and durable, as the engine's own clock has it.

        `whole`: between the wish and the end, as a person waits.
        """
        process = self.anna.start("send", "Bob", *map(str, paths))
        process.wait_for("TransferQueued")
        started = time.monotonic()
        finished = process.wait_for("TransferFinished", seconds=60)
        took = time.monotonic() - started
        assert process.end() == 0, process.events
        return took if whole else float(finished["seconds"])

    def clear(self) -> None:
        """A fresh receiving folder."""
        for path in self.bob.into.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=path.name.startswith("."))  # staging may go by itself meanwhile
            else:
                path.unlink()

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
    """One big file against scp with its default cipher; goal 2.5."""
    _big_against("scp, default cipher", quick, 2.5, lambda ssh, source, into: ssh.scp(source, into))


def row_scp_gcm(quick: bool) -> None:
    """One big file against scp with AES-128-GCM; goal 1.6."""
    _big_against("scp, aes128-gcm", quick, 1.6, lambda ssh, source, into: ssh.scp(source, into, "-c", GCM))


def row_rsync_ssh(quick: bool) -> None:
    """One big file against rsync over ssh with AES-128-GCM."""
    _big_against("rsync over ssh, aes128-gcm", quick, None, lambda ssh, source, into: ssh.rsync(source, into))


def _big_against(what: str, quick: bool, goal: float | None, other: Callable[[Ssh, Path, Path], float]) -> None:
    size = (512 if quick else 2048) * MIB
    _against(f"big file against {what}", quick, goal, lambda folder: big_file(folder, size), other)


def row_small_rsync(quick: bool) -> None:
    """10,000 small files against an rsync daemon without encryption; goal: at least as fast."""
    _against("10,000 small files against an rsync daemon without encryption", quick, 1.0, small_files,
             lambda ssh, source, into: ssh.rsync_daemon(source, into))


def row_small_tar(quick: bool) -> None:
    """10,000 small files against tar over ssh; goal 2."""
    _against("10,000 small files against tar over ssh, aes128-gcm", quick, 2.0, small_files,
             lambda ssh, source, into: ssh.tar(source, into))


def row_mixed_rsync(quick: bool) -> None:
    """A mixed tree (the environment's own packages) against rsync over ssh; goal 2."""
    _against("mixed tree against rsync over ssh, aes128-gcm", quick, 2.0, mixed_tree,
             lambda ssh, source, into: ssh.rsync(source, into))


def _against(
    title: str, quick: bool, goal: float | None, make: Callable[[Path], Path],
    other: Callable[[Ssh, Path, Path], float],
) -> None:
    """Ours and another's time for the same, in turns; ours counts from the first byte to verified and durable."""
    if missing := [tool for tool in ("sshd", "scp", "rsync", "tar") if not found(tool)]:
        print(f"{title}: not measured: {', '.join(missing)} is not installed")
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        source = make(folder)
        pair, ssh = Pair(folder), Ssh(folder)
        ratios, ours, theirs = [], [], []
        try:
            for turn in range(3 if quick else 6):
                one = pair.send(source)
                pair.clear()
                into = folder / f"other{turn}"
                into.mkdir()
                two = other(ssh, source, into)
                shutil.rmtree(into)
                if turn:
                    ratios.append(two / one)
                    ours.append(one)
                    theirs.append(two)
        finally:
            pair.close()
            ssh.close()
    told = f" (goal {goal})" if goal is not None else ""
    print(f"{title}: ours {spread(ours)} s, theirs {spread(theirs)} s; ours {spread(ratios)} times as fast{told}")


def row_again(quick: bool) -> None:
    """What is there already, sent again: big file and mixed tree at least 5 times faster, small files 2."""
    makers: tuple[tuple[str, float, Callable[[Path], Path]], ...] = (
        ("big file", 5.0, lambda folder: big_file(folder, (512 if quick else 2048) * MIB)),
        ("mixed tree", 5.0, mixed_tree),
        ("10,000 small files", 2.0, small_files),
    )
    for what, goal, make in makers:
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
            folder = Path(name)
            source = make(folder)
            pair = Pair(folder)
            ratios = []
            try:
                for _ in range(2 if quick else 4):
                    first = pair.send(source, whole=True)
                    ratios.append(first / pair.send(source, whole=True))
                    pair.clear()
            finally:
                pair.close()
        print(f"again, {what}: {spread(ratios)} times as fast as the first time, wish to end (goal {goal})")


def row_memory(quick: bool) -> None:
    """Peak memory of each engine process moving 2 GiB (goal 64 MiB) and 8 GiB against 64 MiB (goal 1.1)."""
    peaks: dict[int, tuple[int, int]] = {}
    for size in (64, 512 if quick else 2048, 1024 if quick else 8192):
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
            folder = Path(name)
            pair = Pair(folder)
            try:
                pair.send(big_file(folder, size * MIB))
                peaks[size] = (pair.sending_engine.peak_memory() // MIB, pair.receiving.peak_memory() // MIB)
            finally:
                pair.close()
    sizes = sorted(peaks)
    told = ", ".join(f"{size} MiB: {peaks[size][0]}/{peaks[size][1]}" for size in sizes)
    ratio = max(peaks[sizes[-1]]) / max(peaks[sizes[0]])
    print(f"peak memory in MiB, sender/receiver, {told} (goal 64); the largest to the smallest {ratio:.2f} (goal 1.1)")


GCM = "aes128-gcm@openssh.com"


def found(tool: str) -> bool:
    """Whether a program is here."""
    return shutil.which(tool) is not None or Path("/usr/sbin", tool).exists()


class Ssh:
    """An sshd and an rsync daemon of our own on loopback, and the programs that use them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ssh"
        self.folder.mkdir()
        self.port, self.rsync_port = free_port(), free_port()
        for key in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / key)], check=True)
        (self.folder / "allowed").write_bytes((self.folder / "user.pub").read_bytes())
        (self.folder / "allowed").chmod(0o600)
        Path("/run/sshd").mkdir(parents=True, exist_ok=True)
        sshd = shutil.which("sshd") or "/usr/sbin/sshd"
        self.server = subprocess.Popen(
            [sshd, "-D", "-p", str(self.port), "-h", str(self.folder / "host"), "-o",
             f"AuthorizedKeysFile={self.folder}/allowed", "-o", "ListenAddress=127.0.0.1", "-o", "StrictModes=no",
             "-o", "UsePAM=no", "-o", "PidFile=none"],
            stderr=subprocess.DEVNULL,
        )
        config = self.folder / "rsyncd.conf"
        config.write_text(f"use chroot = no\nuid = {os.getuid()}\ngid = {os.getgid()}\n[all]\npath = {folder}\n"
                          "read only = no\n")
        self.daemon = subprocess.Popen(
            ["rsync", "--daemon", "--no-detach", "--address=127.0.0.1", f"--port={self.rsync_port}",
             f"--config={config}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for port in (self.port, self.rsync_port):
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
        self.options = ["-q", "-i", str(self.folder / "user"), "-o", "StrictHostKeyChecking=no", "-o",
                        "UserKnownHostsFile=/dev/null"]

    def timed(self, words: list[str]) -> float:
        """Seconds of a command."""
        started = time.perf_counter()
        done = subprocess.run(words, capture_output=True, text=True)
        took = time.perf_counter() - started
        assert done.returncode == 0, done.stderr[:300]
        return took

    def scp(self, source: Path, into: Path, *more: str) -> float:
        """scp."""
        return self.timed(["scp", *self.options, *more, "-P", str(self.port), str(source), f"127.0.0.1:{into}/"])

    def rsync(self, source: Path, into: Path) -> float:
        """rsync over ssh."""
        shell = " ".join(["ssh", *self.options, "-c", GCM, "-p", str(self.port)])
        return self.timed(["rsync", "-rt", "-s", "-e", shell, str(source), f"127.0.0.1:{into}/"])

    def rsync_daemon(self, source: Path, into: Path) -> float:
        """rsync to its daemon, without encryption."""
        where = f"rsync://127.0.0.1:{self.rsync_port}/all/{into.name}/"
        return self.timed(["rsync", "-rt", "-s", str(source), where])

    def tar(self, source: Path, into: Path) -> float:
        """tar over ssh."""
        shell = " ".join(["ssh", *self.options, "-c", GCM, "-p", str(self.port), "127.0.0.1"])
        line = f"tar -C '{source.parent}' -cf - '{source.name}' | {shell} \"tar -C '{into}' -xf -\""
        return self.timed(["sh", "-c", line])

    def close(self) -> None:
        """Both down."""
        for process in (self.server, self.daemon):
            process.terminate()
            process.wait()


def small_files(folder: Path) -> Path:
    """10,000 files of 4 KiB in 100 folders."""
    top = folder / "small"
    for number in range(100):
        below = top / f"{number:03}"
        below.mkdir(parents=True)
        for each in range(100):
            (below / f"{each:03}").write_bytes(os.urandom(4096))
    return top


def mixed_tree(folder: Path) -> Path:
    """The packages of this environment, as a tree of every size."""
    top = folder / "mixed"
    packages = next(Path(sys.prefix).glob("lib/python*/site-packages"))
    shutil.copytree(packages, top, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    return top


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
    "scp-gcm": row_scp_gcm,
    "rsync-ssh": row_rsync_ssh,
    "small-rsync": row_small_rsync,
    "small-tar": row_small_tar,
    "mixed-rsync": row_mixed_rsync,
    "again": row_again,
    "memory": row_memory,
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
