"""A real engine as a process: its command line, its events, and its end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .peer import HOST, PATIENCE, Gone, Peer

CLONE = Path(__file__).resolve().parents[2]
Event = dict[str, Any]


def free_port() -> int:
    """A TCP port that is free now."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
    return port


class Engine:
    """One run of `lanshare`; its output is read while the peer's links go on."""

    def __init__(self, home: Path, command: str, *arguments: object, port: int = 0) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.events: list[Event] = []
        self._rest, self._over = b"", False
        common = ["--json", "--profile", str(home / "profile"), "--port", str(self.port), "--interface", HOST]
        line = [sys.executable, "-m", "lanshare", command, *common, "--name", "Engine", *map(str, arguments)]
        surroundings = {
            **os.environ,
            "PYTHONPATH": str(CLONE),
            "LANSHARE_INTERFACE": HOST,
            "HOME": str(home),
            "PYTHONUNBUFFERED": "1",
        }
        self._errors = home / f"{command}.stderr"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=surroundings, cwd=home
            )
        assert self._process.stdout is not None
        self._out = self._process.stdout
        os.set_blocking(self._out.fileno(), False)

    def _read(self) -> None:
        while not self._over:
            try:
                piece = os.read(self._out.fileno(), 65_536)
            except BlockingIOError:
                break
            self._over = not piece
            self._rest += piece
        *lines, self._rest = self._rest.split(b"\n")
        self.events += [json.loads(line) for line in lines if line.startswith(b"{")]

    def _until(self, peer: Peer, look: Callable[[], Event | None], within: float) -> Event:
        def found() -> Event | None:
            self._read()
            event = look()
            if event is None and self._over:
                raise Gone(f"the engine ended: {self.events[-3:]} {self._errors.read_text()[-2000:]}")
            return event

        return peer.until(found, within, self._out.fileno())

    def event(self, peer: Peer, name: str, within: float = PATIENCE, **having: str) -> Event:
        """The first event of this name that has these values."""
        wanted = {"event": name, **having}.items()
        return self._until(peer, lambda: next((one for one in self.events if wanted <= one.items()), None), within)

    def named(self, name: str) -> list[Event]:
        """All events of this name so far."""
        return [one for one in self.events if one.get("event") == name]

    def ready(self, peer: Peer) -> str:
        """Wait until it listens; its id."""
        return str(self.event(peer, "MeChanged")["me"]["id"])

    def answer(self, line: str) -> None:
        """Type a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def ended(self, peer: Peer, within: float = PATIENCE) -> int:
        """Wait for its end, while the peer's links go on; its exit code."""

        def over() -> bool | None:
            self._read()
            return self._over or None

        peer.until(over, within, self._out.fileno())
        return self._process.wait(5)

    def kill(self) -> None:
        """As a power cut does it."""
        self._process.kill()
        self._process.wait(5)

    def close(self) -> None:
        """End it, if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()
        for pipe in (self._process.stdin, self._out):
            if pipe is not None:
                pipe.close()
