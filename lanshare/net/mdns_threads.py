"""What runs in threads of zeroconf and beside them: its callbacks, and asking for what an announcement left out."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from zeroconf import ServiceListener, Zeroconf

_RESOLVING: Final = 64

_log = logging.getLogger(__name__)


class Resolver:
    """Asks for what an announcement left out, on a thread of its own that ends when there is nothing to ask."""

    def __init__(self, ask: Callable[[str], None]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._names: deque[str] = deque(maxlen=_RESOLVING)
        self._thread: threading.Thread | None = None

    def ask(self, name: str) -> None:
        """Ask for this name soon; of too many, the oldest are forgotten."""
        with self._lock:
            if name not in self._names:
                self._names.append(name)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="resolve")
                self._thread.start()

    def close(self) -> None:
        """Ask for nothing more."""
        with self._lock:
            self._names.clear()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._names:
                    self._thread = None
                    return
                name = self._names.pop()
            try:
                self._ask(name)
            except Exception as error:
                _log.info("an announcement could not be read: %s", type(error).__name__)


class Callbacks(ServiceListener):
    """zeroconf's callbacks, kept from ever raising into its thread."""

    def __init__(self, seen: Callable[[Zeroconf, str], None], gone: Callable[[str], None]) -> None:
        self._seen = seen
        self._gone = gone

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        try:
            self._seen(zc, name)
        except Exception:
            _log.exception("an announcement could not be read")

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        self.add_service(zc, type_, name)

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        self._gone(name)
