"""What the rows stand on: two devices that know each other, other people's tools, things to send, medians."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.engines import Device, environment, free_port

MIB = 1024 * 1024
ROOT = Path(__file__).resolve().parent.parent


def spread(values: list[float]) -> str:
    """Median and range."""
    return f"{statistics.median(values):.3f} ({min(values):.3f}-{max(values):.3f})"


def warm_memory() -> None:
    """Fresh memory is slow on virtual machines: touch and free some first."""
    block = bytearray(1024 * MIB)
    for at in range(0, len(block), 4096):
        block[at] = 1
    del block


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one measurement, where BENCH_FOLDER says."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        yield Path(name)


class Pair:
    """Two devices that know each other; the receiver stays up, so that process starts are not in the clock."""

    def __init__(
        self, folder: Path, prefix: tuple[str, ...] = (), names: tuple[str, str] = ("Anna", "Bob")
    ) -> None:
        """`prefix`: words in front of every command."""
        self.folder = folder
        self.anna, self.bob = (Device(folder, name, prefix) for name in names)
        self.receiving = self.bob.receive()
        self.sending_engine = self.anna.receive()
        self.receiving.wait_for("PeerAppeared", lambda event: event["name"] == self.anna.name)

    def send(self, *paths: Path, whole: bool = False, patience: float = 60) -> float:
        """Seconds between the first byte and verified and durable, as the engine's own clock has it.

        `whole`: between the wish and the end, as a person waits. `patience`: seconds after which it is given up.
        """
        process = self.anna.start("send", self.bob.name, *map(str, paths))
        process.wait_for("TransferQueued")
        started = time.monotonic()
        finished = process.wait_for("TransferFinished", seconds=patience)
        took = time.monotonic() - started
        assert process.end() == 0, process.events
        return took if whole else float(finished["seconds"])

    def clear(self) -> None:
        """A fresh receiving folder."""
        for path in self.bob.into.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=path.name.startswith("."))  # staging may go by itself meanwhile
            else:
                path.unlink(missing_ok=True)  # ours may go by itself meanwhile

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


GCM = "aes128-gcm@openssh.com"


def found(tool: str) -> bool:
    """Whether a program is here."""
    return shutil.which(tool) is not None or Path("/usr/sbin", tool).exists()


class Ssh:
    """An sshd and an rsync daemon of our own on loopback, and the programs that use them."""

    def __init__(
        self, folder: Path, address: str = "127.0.0.1", here: tuple[str, ...] = (), there: tuple[str, ...] = ()
    ) -> None:
        """`here`, `there`: what to put before the commands of each side, if they are on two hosts; `address`: there."""
        self.address, self.here = address, here
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
            [*there, sshd, "-D", "-p", str(self.port), "-h", str(self.folder / "host"), "-o",
             f"AuthorizedKeysFile={self.folder}/allowed", "-o", f"ListenAddress={address}", "-o", "StrictModes=no",
             "-o", "UsePAM=no", "-o", "PidFile=none"],
            stderr=subprocess.DEVNULL,
        )
        config = self.folder / "rsyncd.conf"
        config.write_text(f"use chroot = no\nuid = {os.getuid()}\ngid = {os.getgid()}\n[all]\npath = {folder}\n"
                          "read only = no\n")
        self.daemon = subprocess.Popen(
            [*there, "rsync", "--daemon", "--no-detach", f"--address={address}", f"--port={self.rsync_port}",
             f"--config={config}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for port in (self.port, self.rsync_port):
            deadline = time.monotonic() + 10
            look = f"import socket; socket.create_connection(({address!r}, {port}), 5)"
            while subprocess.run([*here, sys.executable, "-c", look], capture_output=True).returncode:
                assert time.monotonic() < deadline, "no sshd or rsync daemon"
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
        where = f"{self.address}:{into}/"
        return self.timed([*self.here, "scp", *self.options, *more, "-P", str(self.port), str(source), where])

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
