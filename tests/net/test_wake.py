"""Whoever waits for a socket is woken by it, by another thread, or by the time, and by nothing else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from lanshare.net.wake import Poll, Wake


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends."""
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def is_woken(poll: Poll, read: bool, write: bool) -> bool:
    """Whether it comes back long before its time of a minute."""
    began = time.monotonic()
    poll.wait(60.0, read, write)
    return time.monotonic() - began < 30.0


def waits(poll: Poll, read: bool, write: bool) -> bool:
    """Whether it comes back only at its time."""
    began = time.monotonic()
    poll.wait(0.3, read, write)
    return time.monotonic() - began >= 0.3


def test_a_socket_wakes_only_for_what_is_asked_of_it(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    wake = Wake()
    poll = Poll(ours.fileno(), wake.fileno())
    assert is_woken(poll, read=False, write=True), "there is room to write"
    theirs.send(b"x")
    assert is_woken(poll, read=True, write=False)
    theirs.close()
    assert waits(poll, read=False, write=False), "nobody asks for it, also where the other end has hung up"
    wake.close()


def test_another_thread_wakes_now_or_next_and_once(pair: tuple[socket.socket, socket.socket]) -> None:
    wake = Wake()
    poll = Poll(pair[0].fileno(), wake.fileno())
    thread = threading.Thread(target=wake.set)
    thread.start()
    thread.join()
    wake.set()
    assert is_woken(poll, read=True, write=False), "it was set before"
    wake.clear()
    assert waits(poll, read=True, write=False), "however often it was set"
    wake.close()
    wake.set()
