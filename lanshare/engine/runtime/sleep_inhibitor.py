"""Keeps the machine from falling asleep while something moves, and lets it when nothing does.

Each system's own means, held by a helper that ends with us, however we end. Windows and macOS: not verified there.
"""

from __future__ import annotations

import ctypes
import logging
import os
import queue
import shutil
import subprocess
import sys
import threading
from typing import Final, Protocol

_log = logging.getLogger(__name__)

_ES_CONTINUOUS: Final = 0x80000000
_ES_SYSTEM_REQUIRED: Final = 0x00000001


class Hold(Protocol):
    """The machine stays awake until release()."""

    def release(self) -> None: ...


def command(system: str, pid: int) -> list[str] | None:
    """The helper that keeps this system awake while its standard input is open, or while `pid` lives; None if none."""
    if system == "darwin":
        return ["caffeinate", "-i", "-w", str(pid)]
    if system.startswith("linux"):
        why = ["--what=idle:sleep", "--who=lanshare", "--why=Files are being moved", "--mode=block"]
        return ["systemd-inhibit", *why, "cat"]
    return None


class _Helper:
    def __init__(self, words: list[str]) -> None:
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def release(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait()


class _Windows:
    """The wish belongs to the thread that made it: the one of Awake, which also takes it back."""

    def __init__(self) -> None:
        self._set(_ES_CONTINUOUS | _ES_SYSTEM_REQUIRED)

    def release(self) -> None:
        self._set(_ES_CONTINUOUS)

    def _set(self, state: int) -> None:
        if sys.platform == "win32":
            ctypes.windll.kernel32.SetThreadExecutionState(state)


def hold() -> Hold | None:
    """Keep the machine awake; None if it cannot be told to."""
    if sys.platform == "win32":
        return _Windows()
    words = command(sys.platform, os.getpid())
    if words is None or shutil.which(words[0]) is None:
        return None
    try:
        return _Helper(words)
    except OSError as error:
        _log.info("the machine may fall asleep: %s", error.strerror)
        return None


class SleepInhibitor:
    """Takes wishes from the engine and carries them out on a thread of its own, as starting a helper takes a moment."""

    def __init__(self) -> None:
        self._wishes: queue.SimpleQueue[bool | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="awake")
        self.held = False
        """Whether a helper holds the machine awake now."""

    def want(self, wanted: bool) -> None:
        """Stay awake, or not; never blocks."""
        if self._thread.ident is None:
            self._thread.start()
        self._wishes.put(wanted)

    def close(self) -> None:
        """Let it sleep, and end."""
        if self._thread.ident is not None:
            self._wishes.put(None)
            self._thread.join()

    def _run(self) -> None:
        held: Hold | None = None
        while (wanted := self._wishes.get()) is not None:
            if wanted and held is None:
                held = hold()
            elif not wanted and held is not None:
                held.release()
                held = None
            self.held = held is not None
        if held is not None:
            held.release()
        self.held = False
