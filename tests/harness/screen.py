"""A screen of the tests' own: Xvfb with a window manager, driven by xdotool as a hand would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.harness.engines import PATIENCE, ROOT, environment

NEEDED = ("Xvfb", "xdotool", "openbox", "xprop", "import")


def cannot() -> str:
    """Why there can be no screen; empty if there can."""
    if sys.platform != "linux":
        return "Xvfb is for Linux"
    missing = [tool for tool in NEEDED if shutil.which(tool) is None]
    return f"missing: {', '.join(missing)}" if missing else ""


def until(ready: Callable[[], object], what: str) -> object:
    """Ask again until something is so; its value."""
    deadline = time.monotonic() + PATIENCE
    while True:
        value = ready()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(0.02)  # asking again, not synchronising: the condition decides


class Screen:
    """One virtual screen."""

    def __init__(self, size: str = "1400x1000", **more: str) -> None:
        """`more`: for the environment of the programs on it."""
        self._more = more
        read_end, write_end = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
            pass_fds=(write_end,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(write_end)
        # To the newline: closing after the digits kills the server by SIGPIPE.
        with os.fdopen(read_end) as numbers:
            self.display = f":{numbers.readline().strip()}"
        self._programs: list[subprocess.Popen[str]] = []
        self._manager = self._managed()

    def _managed(self) -> subprocess.Popen[bytes]:
        """A window manager that manages; its first start on a machine may fail while fonts are being cached."""
        for _ in range(4):
            manager = subprocess.Popen(
                ["openbox"], env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            deadline = time.monotonic() + PATIENCE / 2
            while manager.poll() is None and time.monotonic() < deadline:
                if "window id" in self._text("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"):
                    return manager
                time.sleep(0.02)  # asking again, not synchronising: the condition decides
            manager.kill()
            manager.wait()
        self._server.kill()
        self._server.wait()
        raise AssertionError("no window manager")

    def environment(self) -> dict[str, str]:
        """For programs on this screen."""
        return environment() | {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"} | self._more

    def start(self, command: Sequence[str], stdin: bool = False) -> subprocess.Popen[str]:
        """A program on this screen. `stdin`: it is told something that way."""
        program = subprocess.Popen(
            command, env=self.environment(), stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        self._programs.append(program)
        return program

    def lanshare(self, *arguments: str) -> subprocess.Popen[str]:
        """The real window."""
        return self.start([sys.executable, "-m", "lanshare", *arguments])

    def window(self, title: str, pid: int) -> str:
        """The id of a visible window of a process."""
        found = until(
            lambda: self._text("xdotool", "search", "--onlyvisible", "--all", "--pid", str(pid), "--name", title),
            f"a window {title!r}",
        )
        return str(found).split()[-1]

    def windows(self, title: str, pid: int) -> list[str]:
        """The ids of a process's visible windows of this title."""
        found = self._text("xdotool", "search", "--onlyvisible", "--all", "--pid", str(pid), "--name", title)
        return found.split()

    def do(self, *arguments: str) -> None:
        """One act of the hand."""
        subprocess.run(["xdotool", *arguments], env=self.environment(), check=True, capture_output=True)

    def place(self, window: str, x: int, y: int, width: int, height: int) -> None:
        """Put a window somewhere."""
        self.do("windowsize", "--sync", window, str(width), str(height))
        self.do("windowmove", window, str(x), str(y))

    def corner(self, window: str) -> tuple[int, int]:
        """Where the inside of a window begins."""
        text = self._text("xdotool", "getwindowgeometry", "--shell", window)
        fields = dict(line.split("=") for line in text.splitlines())
        return int(fields["X"]), int(fields["Y"])

    def picture(self, name: str) -> Path:
        """What is on the screen, as a test artefact."""
        folder = ROOT / "artifacts" / "screens"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], env=self.environment(), check=True,
                       capture_output=True)
        return path

    def close(self) -> None:
        """Everything off, the programs first."""
        for program in self._programs:
            if program.poll() is None:
                program.terminate()
            try:
                program.wait(15)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
            for pipe in (program.stdin, program.stdout):
                if pipe is not None:
                    pipe.close()
        for process in (self._manager, self._server):
            process.terminate()
            process.wait(15)

    def _text(self, *command: str) -> str:
        return subprocess.run(command, env=self.environment(), capture_output=True, text=True).stdout.strip()
