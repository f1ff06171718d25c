"""Real engines in processes of their own, driven through the command line, heard through its JSON."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0
"""Seconds until a test gives up waiting; nothing is measured by it."""


def free_port() -> int:
    """A port that was free a moment ago, on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(interface: str = "127.0.0.1") -> dict[str, str]:
    """For engines of a test: the checkout's package, and loopback alone unless they are in a namespace of their own."""
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "LANSHARE_INTERFACE": interface,
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
    }


class Process:
    """A `lanshare … --json` process. Its events are kept and can be waited for."""

    def __init__(
        self,
        arguments: Sequence[str],
        prefix: Sequence[str] = (),
        stdin: str | None = None,
        interface: str = "127.0.0.1",
    ) -> None:
        self.events: list[dict[str, Any]] = []
        self._queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "lanshare", *arguments],
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(interface),
            text=True,
            encoding="utf-8",
        )
        if stdin is not None and self.process.stdin is not None:
            self.process.stdin.write(stdin)
            self.process.stdin.close()
        self.errors: list[str] = []
        self._all: list[dict[str, Any]] = []
        self.told = threading.Event()
        """Something was heard since this was cleared."""

        self.ended = threading.Event()
        """Its standard output is closed: it is over, or nearly."""

        self._readers = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue  # cut off by a kill
            self._all.append(event)
            self._queue.put(event)
            self.told.set()
        self._queue.put(None)
        self.ended.set()
        self.told.set()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors.extend(self.process.stderr)

    def wait_for(
        self, name: str, matches: Callable[[dict[str, Any]], bool] = lambda event: True, seconds: float = PATIENCE
    ) -> dict[str, Any]:
        """The first event of this name that matches, among those not looked at yet."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                event = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {name}; had {self.names()}; said {self.errors}") from None
            if event is None:
                raise AssertionError(f"ended before {name}; had {self.names()}; said {self.errors}")
            self.events.append(event)
            if event.get("event") == name and matches(event):
                return event

    def heard(self) -> list[dict[str, Any]]:
        """Everything so far, looked at or not."""
        return list(self._all)

    def names(self) -> list[str]:
        """What was heard so far."""
        return [str(event.get("event")) for event in self.events if event.get("event") != "TransferProgressed"]

    def end(self) -> int:
        """Wait for the exit; its code."""
        code = self.process.wait(PATIENCE)
        self._join()
        return code

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self._join()

    def interrupt(self) -> int:
        """Ctrl+C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.end()

    def _join(self) -> None:
        for reader in self._readers:
            reader.join(PATIENCE)
        while not self._queue.empty():
            event = self._queue.get()
            if event is not None:
                self.events.append(event)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def peak_memory(self) -> int:
        """VmHWM in bytes, while it runs."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(one for one in status.splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


class Device:
    """A profile with a port and a name, and the commands of one person."""

    def __init__(
        self, folder: Path, name: str, prefix: Sequence[str] = (), interface: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.folder = folder / name
        self.name = name
        self.port = port or free_port()
        self.interface = interface
        self.into = self.folder / "received"
        self.prefix = tuple(prefix)
        self._running: list[Process] = []

    def start(self, command: str, *arguments: str, stdin: str | None = None) -> Process:
        """A command with this device's profile."""
        common = ["--profile", str(self.folder), "--port", str(self.port), "--name", self.name]
        if command in ("id", "history"):
            common = ["--profile", str(self.folder)]
        process = Process([command, *arguments, "--json", *common], self.prefix, stdin, self.interface)
        self._running.append(process)
        return process

    def receive(self, *arguments: str, accept: str = "all") -> Process:
        """A device that receives; ready once it has announced itself."""
        process = self.start("receive", "--accept", accept, "--into", str(self.into), *arguments)
        process.wait_for("MeChanged")
        return process

    def run(self, command: str, *arguments: str, stdin: str | None = None) -> tuple[int, list[dict[str, Any]]]:
        """A command from start to end: its exit code and what it printed."""
        process = self.start(command, *arguments, stdin=stdin)
        code = process.end()
        return code, process.events

    def history(self) -> list[dict[str, Any]]:
        """What this device remembers."""
        return self.run("history")[1]

    def close(self) -> None:
        """End what still runs, and close the pipes of what ended by itself."""
        for process in self._running:
            if process.process.poll() is None:
                process.kill()
            else:
                process.end()


def paths_in(folder: Path) -> list[Path]:
    """Every path below a folder, sorted; what goes while we look is left out. No link is followed."""
    found = [Path(above) / name for above, folders, files in os.walk(folder) for name in (*folders, *files)]
    return sorted(found)


def tree_of(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder with its content; folders have None. Our hidden staging is left out."""
    found: dict[str, bytes | None] = {}
    for path in paths_in(folder):
        name = str(path.relative_to(folder))
        if not name.startswith(".lanshare-incoming"):
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def final_files(folder: Path) -> list[str]:
    """The names a person would see."""
    return list(tree_of(folder)) if folder.exists() else []
