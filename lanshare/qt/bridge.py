"""The only crossing between the engine's threads and Qt: one signal, queued to the window's thread.

Signals: arrived(object).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from lanshare.domain.commands import Command
from lanshare.domain.events import Event, TransferProgressed

_SLICE: Final = 0.004
"""Seconds of handing over before the event loop gets its turn."""


class Bridge(QObject):
    """Lives in the main thread. post() may be called from any thread; submit() never blocks."""

    arrived = Signal(object)
    settled = Signal()
    """So much was handed over for now: what is shown of all of it may be brought up to date."""

    _posted = Signal()

    def __init__(self, submit: Callable[[Command], None]) -> None:
        super().__init__()
        self._submit = submit
        self._open = True
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._told = False
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._deliver)
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(self, command: Command) -> None:
        """Ask the engine."""
        if self._open:
            self._submit(command)

    def post(self, event: Event) -> None:
        """From an engine's thread: hand an event to the window."""
        with self._lock:
            if not self._open:
                return
            last = self._events[-1] if self._events else None
            if (
                isinstance(event, TransferProgressed)
                and isinstance(last, TransferProgressed)
                and last.transfer == event.transfer
            ):
                self._events.pop()  # only the newest word of progress says anything
            self._events.append(event)
            tell, self._told = not self._told, True
        if tell:
            self._posted.emit()

    def close(self) -> None:
        """Nothing crosses any more."""
        with self._lock:
            self._open = False
            self._events.clear()

    @Slot()
    def _deliver(self) -> None:
        """Hand over what waits, for a few milliseconds: else a burst would keep timers and painting out for seconds."""
        until = time.perf_counter() + _SLICE
        while self._open:
            with self._lock:
                if not self._events:
                    self._told = False
                    break
                event = self._events.popleft()
            self.arrived.emit(event)
            if time.perf_counter() > until:
                self._again.start(0)
                break
        if self._open:
            self.settled.emit()
