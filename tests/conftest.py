"""Fixtures for all tests; and the guards: no thread, no unexpected log record survives a test."""

from __future__ import annotations

import functools
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import settings

from lanshare.store import database
from tests.harness.engines import Device

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def pytest_configure(config: pytest.Config) -> None:
    """Our marks."""
    settings.register_profile("lanshare", deadline=None)
    settings.load_profile("lanshare")
    config.addinivalue_line("markers", "soak: takes long; run by `python3 dev.py soak`")
    config.addinivalue_line("markers", "warns(text): lanshare logs a warning that begins so, and it is meant to")


@pytest.fixture(autouse=True)
def no_thread_survives() -> Iterator[None]:
    """Every thread that a test started has ended when it ends."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 5.0
    for thread in set(threading.enumerate()) - before:
        thread.join(max(0.0, deadline - time.monotonic()))
    left = [thread for thread in set(threading.enumerate()) - before if thread.is_alive()]
    assert not left, f"threads survived: {left}"


class Watched(sqlite3.Connection):
    """A connection of which it is known whether it was closed: from 3.13 on Python warns of one that was not, but when
    it is collected, in a test that has nothing to do with it."""

    opened: ClassVar[set[Watched]] = set()

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.opened.add(self)

    def close(self) -> None:
        """As ever."""
        super().close()
        self.opened.discard(self)


setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Watched))  # noqa: B010 (it has overloads)


@pytest.fixture(autouse=True)
def no_database_stays_open() -> Iterator[None]:
    """Every connection that a test opened is closed when it ends."""
    before = set(Watched.opened)
    yield
    left = Watched.opened - before
    Watched.opened -= left
    assert not left, f"databases stay open: {left}"


@pytest.fixture(autouse=True)
def no_warning_is_logged(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[None]:
    """A test in which lanshare logs a warning or an error has failed, unless its mark says that it is to."""
    yield
    ours = [one for one in caplog.get_records("call") if one.name.startswith("lanshare")]
    told = [one.getMessage() for one in ours if one.levelno >= logging.WARNING]
    meant = [str(mark.args[0]) for mark in request.node.iter_markers("warns")]
    assert [one for one in told if not one.startswith(tuple(meant))] == []
    assert [one for one in meant if not any(text.startswith(one) for text in told)] == [], "these were not logged"


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> QtBot:
    """pytest-qt's, with the patience that a machine with other work on it needs."""
    from pytestqt.qtbot import QtBot

    class PatientBot(QtBot):
        def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = 90_000) -> None:
            super().waitUntil(callback, timeout=timeout)

    return PatientBot(request)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A fresh database."""
    database.prepare(tmp_path / "x.sqlite")
    link = database.connect(tmp_path / "x.sqlite")
    yield link
    link.close()


@pytest.fixture
def two_devices(tmp_path: Path) -> Iterator[tuple[Device, Device]]:
    """Anna and Bob, each with a profile, on loopback."""
    anna, bob = Device(tmp_path, "Anna"), Device(tmp_path, "Bob")
    yield anna, bob
    anna.close()
    bob.close()
