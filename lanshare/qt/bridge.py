"""The only crossing between the engine's threads and Qt: one signal, queued to the window's thread.

Signals: arrived(object).
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

from lanshare.domain.commands import Command
from lanshare.domain.events import Event


class Bridge(QObject):
    """Lives in the main thread. post() may be called from any thread; submit() never blocks."""

    arrived = Signal(object)
    _posted = Signal(object)

    def __init__(self, submit: Callable[[Command], None]) -> None:
        super().__init__()
        self._submit = submit
        self._open = True
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(self, command: Command) -> None:
        """Ask the engine."""
        if self._open:
            self._submit(command)

    def post(self, event: Event) -> None:
        """From an engine's thread: hand an event to the window."""
        if self._open:
            self._posted.emit(event)

    def close(self) -> None:
        """Nothing crosses any more."""
        self._open = False

    @Slot(object)
    def _deliver(self, event: object) -> None:
        if self._open:
            self.arrived.emit(event)
