"""Threads for jobs: so many at once, the rest in turn, all ended when closed."""

from __future__ import annotations

import threading

import pytest

from lanshare.engine.runtime.worker_pool import Workers


class Held:
    """Runs until it is let go or cancelled."""

    def __init__(self) -> None:
        self.started, self.go = threading.Event(), threading.Event()
        self.cancelled = False

    def run(self) -> None:
        self.started.set()
        self.go.wait(10)

    def cancel(self) -> None:
        self.cancelled = True
        self.go.set()


def test_what_exceeds_the_bound_waits_its_turn() -> None:
    workers = Workers("w", 2)
    jobs = [Held() for _ in range(3)]
    for job in jobs:
        workers.start(job)
    assert jobs[0].started.wait(5)
    assert jobs[1].started.wait(5)
    assert not jobs[2].started.is_set()
    jobs[0].go.set()
    assert jobs[2].started.wait(5)
    workers.close(grace=0.0)
    assert [job.cancelled for job in jobs] == [False, True, True]


def test_after_the_end_nothing_starts() -> None:
    workers = Workers("w", 2)
    workers.close()
    job = Held()
    workers.start(job)
    assert not job.started.is_set()


def test_a_job_that_fails_is_logged_and_its_place_is_free(caplog: pytest.LogCaptureFixture) -> None:
    workers = Workers("w", 1)

    class Broken(Held):
        def run(self) -> None:
            raise RuntimeError("as it happens")

    after = Held()
    workers.start(Broken())
    workers.start(after)
    assert after.started.wait(5)
    workers.close(grace=0.0)
    assert "a job failed" in caplog.text
    caplog.clear()
