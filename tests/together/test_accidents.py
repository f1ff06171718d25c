"""Between two whole engines every kind of call fails once, of the network and of the history; the transfer ends."""

from __future__ import annotations

import errno
import os
import queue
import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.transfer import TransferId
from lanshare.store import database, threads
from tests.harness.engines import PATIENCE
from tests.harness.shells import Shell, met, new_transfer

ERRNOS = (errno.EIO, errno.EMFILE, errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT, errno.ENETUNREACH)
CALLS: tuple[tuple[type, str], ...] = (
    (ssl.SSLSocket, "send"),
    (ssl.SSLSocket, "recv_into"),
    (ssl.SSLSocket, "do_handshake"),
    (socket.socket, "accept"),
    (socket.socket, "connect_ex"),
)
TROUBLES = (
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
)


class Fault:
    """Lets the `at`-th of the calls counted from now on fail, once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = 0
        self.counted = 0
        self.hits = 0
        self.error: Callable[[], BaseException] = RuntimeError

    def arm(self, at: int, error: Callable[[], BaseException]) -> None:
        """Begin to count."""
        with self._lock:
            self._left, self.error, self.hits, self.counted = at, error, 0, 0

    def now(self) -> BaseException | None:
        """Whether this call is the one."""
        with self._lock:
            self.counted += 1
            if self._left <= 0:
                return None
            self._left -= 1
            if self._left:
                return None
            self.hits += 1
            return self.error()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Shell, Shell]]:
    """Two engines that know each other."""
    anna, bob = Shell(tmp_path / "Anna", "Anna"), Shell(tmp_path / "Bob", "Bob")
    met(anna, bob)
    yield anna, bob
    bob.host.close()
    anna.host.close()


def one_transfer(anna: Shell, bob: Shell, folder: Path, number: int) -> None:
    """A small transfer to its end on both sides, whatever comes in between."""
    source = folder / f"source {number}"
    source.mkdir()
    (source / "a").write_bytes(os.urandom(100_000))
    (source / "b").write_bytes(b"b")
    into = folder / f"in {number}"
    into.mkdir()
    peer = met(anna, bob)
    transfer = new_transfer()
    anna.say(c.SendFiles(transfer, peer.id, (source,)))
    deadline = time.monotonic() + PATIENCE
    ended: set[str] = set()
    while len(ended) < 2:
        assert time.monotonic() < deadline, (number, [type(one).__name__ for one in (*anna.seen, *bob.seen)][-20:])
        for name, shell in (("anna", anna), ("bob", bob)):
            try:
                event = shell.events.get(timeout=0.01)
            except queue.Empty:
                continue
            shell.seen.append(event)
            if isinstance(event, e.OfferReceived) and event.transfer == transfer and name == "bob":
                bob.say(c.AnswerOffer(transfer, True, into))
            if isinstance(event, e.TransferFinished) and event.transfer == transfer:
                assert event.state == "done"
                ended.add(name)
            assert not isinstance(event, e.TransferFailed), event
    for file in ("a", "b"):
        assert (into / source.name / file).read_bytes() == (source / file).read_bytes()
    assert [one.name for one in into.iterdir() if not one.name.startswith(".")] == [source.name]


def failing_calls(monkeypatch: pytest.MonkeyPatch, call: tuple[type, str]) -> Fault:
    """Let one kind of call of the network fail when it is told to."""
    fault = Fault()
    owner, name = call
    real = getattr(owner, name)

    def maybe(self: Any, *arguments: Any, **more: Any) -> Any:
        ours = self.family in (socket.AF_INET, socket.AF_INET6) and self.type == socket.SOCK_STREAM
        error = fault.now() if ours else None
        if error is None:
            return real(self, *arguments, **more)
        if name == "connect_ex":
            assert isinstance(error, OSError)
            return error.errno
        raise error

    monkeypatch.setattr(owner, name, maybe)
    return fault


def os_error(code: int) -> Callable[[], OSError]:
    """An error of the system."""
    return lambda: OSError(code, os.strerror(code))


@pytest.mark.parametrize("code", ERRNOS)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call[1])
def test_each_call_of_the_network_fails_with_each_error(
    tmp_path: Path, pair: tuple[Shell, Shell], monkeypatch: pytest.MonkeyPatch, call: tuple[type, str], code: int,
    request: pytest.FixtureRequest,
) -> None:
    if call[1] == "accept" and not isinstance(os_error(code)(), BlockingIOError | ConnectionError | InterruptedError):
        request.applymarker(pytest.mark.warns("accept: "))
    fault = failing_calls(monkeypatch, call)
    fault.arm(0, RuntimeError)
    one_transfer(*pair, tmp_path, 0)
    count, hits = max(fault.counted, 2), 0
    for number in range(1, count + 1):
        fault.arm(number, os_error(code))
        one_transfer(*pair, tmp_path, number)
        hits += fault.hits
    fault.arm(0, RuntimeError)
    print(f"{call[1]}: {count} calls in a transfer, {hits} failed with {errno.errorcode[code]}, each in its turn")
    assert 2 * hits >= count, "hardly any call failed"


class Link:
    """A connection whose statements may fail."""

    def __init__(self, real: sqlite3.Connection, fault: Fault) -> None:
        self._real, self._fault = real, fault

    def execute(self, *arguments: Any) -> Any:
        error = self._fault.now()
        if error is not None:
            raise error
        return self._real.execute(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.mark.parametrize("code", TROUBLES)
def test_each_call_of_the_history_fails_with_each_error_and_is_got_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    fault = Fault()
    connect = database.connect
    monkeypatch.setattr(database, "connect", lambda path, read_only=False: Link(connect(path, read_only), fault))
    anna, bob = Shell(tmp_path / "Anna", "Anna"), Shell(tmp_path / "Bob", "Bob")
    met(anna, bob)
    try:
        def trouble() -> sqlite3.OperationalError:
            error = sqlite3.OperationalError("as it happens")
            error.sqlite_errorcode = code
            return error

        fault.arm(0, RuntimeError)
        one_transfer(anna, bob, tmp_path, 0)
        count, hits = fault.counted, 0
        for number in range(1, count + 1):
            fault.arm(number, trouble)
            one_transfer(anna, bob, tmp_path, number)
            hits += fault.hits
        print(f"{count} statements in a transfer, {hits} failed, each in its turn")
        assert 2 * hits >= count, "hardly any statement failed"
    finally:
        fault.arm(0, RuntimeError)
        bob.host.close()
        anna.host.close()
    for name in ("Anna", "Bob"):
        link = sqlite3.connect(tmp_path / name / "lanshare.sqlite")
        assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        states = [row[0] for row in link.execute("SELECT state FROM transfers")]
        assert states == ["done"] * (count + 1)
        link.close()


def test_a_history_that_stays_broken_is_said_and_what_was_sent_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(threads, "_AGAIN", (0.01, 0.01))
    anna, bob = Shell(tmp_path / "Anna", "Anna"), Shell(tmp_path / "Bob", "Bob")
    try:
        met(anna, bob)
        source = tmp_path / "x"
        source.write_bytes(b"x")
        transfer = TransferId(new_transfer())
        anna.say(c.SendFiles(transfer, met(anna, bob).id, (source,)))
        offer = bob.wait_for(e.OfferReceived)

        def broken(*arguments: object) -> None:
            error = sqlite3.OperationalError("disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

        monkeypatch.setattr(threads.Store, "_group", broken)
        bob.say(c.AnswerOffer(offer.transfer, True, tmp_path / "in"))
        trouble = bob.wait_for(e.NetworkTroubled)
        assert "could not be kept in the history" in trouble.message
        monkeypatch.undo()
    finally:
        bob.host.close()
        anna.host.close()
        caplog.clear()
    assert (tmp_path / "in" / "x").read_bytes() == b"x"
