"""The out-N threads: jobs are started, cancelled and joined here; what exceeds the bound waits its turn."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from itertools import count
from typing import Protocol

_log = logging.getLogger(__name__)


class Job(Protocol):
    """Work for a thread. run() reports by posting; it returns soon after cancel() was called from another thread."""

    def run(self) -> None: ...
    def cancel(self) -> None: ...


class Workers:
    """Threads for jobs of one kind, `limit` at once."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._running: dict[Job, threading.Thread] = {}
        self._waiting: deque[Job] = deque()
        self._closed = False

    def start(self, job: Job) -> None:
        """Run a job on a thread of its own, now or when there is room."""
        with self._lock:
            if self._closed:
                return
            if len(self._running) >= self._limit:
                self._waiting.append(job)
                return
            self._launch(job)

    def close(self, grace: float = 0.5, timeout: float = 10.0) -> None:
        """Start nothing more, give jobs a moment to end by themselves, cancel those that are left, join all."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            running = list(self._running.items())
        patience = time.monotonic() + grace
        for _, thread in running:
            thread.join(max(0.0, patience - time.monotonic()))
        for job, _ in running:
            job.cancel()
        for _, thread in running:
            thread.join(timeout)

    def _launch(self, job: Job) -> None:
        thread = threading.Thread(target=self._work, args=(job,), name=f"{self._name}-{next(self._numbers)}")
        self._running[job] = thread
        thread.start()

    def _work(self, job: Job) -> None:
        try:
            job.run()
        except Exception:
            _log.exception("a job failed")
        finally:
            with self._lock:
                del self._running[job]
                if self._waiting and not self._closed:
                    self._launch(self._waiting.popleft())
