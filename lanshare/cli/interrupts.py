"""Ctrl+C and the system's signals to end, once: the first one raises, and those behind it are only counted.

Python would raise again at any line, also in the ones that give the engine back: its threads would then keep a process
alive that nobody holds any more.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from lanshare.cli.arguments import STOPS, Terminated


class Interrupts:
    """In force from __enter__ to __exit__, in the main thread; elsewhere no signal comes, and it does nothing."""

    def __init__(self) -> None:
        self.presses = 0
        """Signals that came while none was to raise."""

        self._armed = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        self._armed = True
        for number in STOPS:
            before = signal.getsignal(number)
            if before is signal.SIG_IGN:
                continue
            try:
                signal.signal(number, self._hear)
            except ValueError:
                break  # not the main thread
            self._before[number] = before
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def arm(self) -> None:
        """The next one raises again."""
        self._armed = True

    def disarm(self) -> None:
        """None raises any more."""
        self._armed = False

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if not self._armed:
            self.presses += 1
            return
        self._armed = False
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated
