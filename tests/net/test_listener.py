"""The accept loop: caps for strangers, another port when ours is taken, everything ended when it closes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.domain.errors import Code, LanshareError
from lanshare.net import tls
from lanshare.net.link import Link
from lanshare.net.listener import Listener
from lanshare.wire import limits

LOOP = ("127.0.0.1",)


def closed_by_peer(sock: socket.socket) -> bool:
    """Whether the other side hung up."""
    sock.settimeout(5)
    try:
        return sock.recv(1) == b""
    except ConnectionError:
        return True


class Serve:
    """Holds every link until it is let go."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self.came = threading.Semaphore(0)
        self.go = threading.Event()
        self.prove = False

    def __call__(self, link: Link, proven: Callable[[], None]) -> None:
        self.links.append(link)
        if self.prove:
            proven()
        self.came.release()
        self.go.wait(10)


def test_a_taken_port_gives_way_to_another(key: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        listener = Listener(wanted, LOOP, tls.acceptor_context(key), Serve())
        assert listener.port not in (0, wanted)
        listener.close()


def test_an_address_that_is_not_ours_is_said_so(key: Path) -> None:
    with pytest.raises(LanshareError) as error:
        Listener(0, ("203.0.113.1",), tls.acceptor_context(key), Serve())
    assert error.value.code is Code.NO_NETWORK


def test_unproven_connections_of_one_host_are_few_and_whoever_comes_gets_in(key: Path) -> None:
    serve = Serve()
    listener = Listener(0, ("127.0.0.1",), tls.acceptor_context(key), serve)
    listener.start()
    where = ("127.0.0.1", listener.port)
    held = [socket.create_connection(where) for _ in range(limits.UNPROVEN_PER_HOST)]
    for _ in held:
        assert serve.came.acquire(timeout=5)
    one_more = socket.create_connection(where)
    assert serve.came.acquire(timeout=5)
    assert closed_by_peer(held[0]), "the oldest gives way"
    friend = socket.create_connection(where, source_address=("127.0.0.9", 0))
    assert serve.came.acquire(timeout=5)
    serve.go.set()
    for sock in (*held, one_more, friend):
        sock.close()
    listener.close()
    assert len(serve.links) == limits.UNPROVEN_PER_HOST + 2


def test_a_proven_one_no_longer_counts_as_a_stranger(key: Path) -> None:
    serve = Serve()
    serve.prove = True
    listener = Listener(0, LOOP, tls.acceptor_context(key), serve)
    listener.start()
    many = limits.UNPROVEN_PER_HOST * 2
    held = []
    for _ in range(many):
        held.append(socket.create_connection(("127.0.0.1", listener.port)))
        assert serve.came.acquire(timeout=5)
    serve.go.set()
    for sock in held:
        sock.close()
    listener.close()


def test_closing_ends_links_that_hang(key: Path) -> None:
    ended = threading.Event()

    def hang(link: Link, proven: Callable[[], None]) -> None:
        try:
            link.open(60.0)
        finally:
            ended.set()

    listener = Listener(0, LOOP, tls.acceptor_context(key), hang)
    listener.start()
    with socket.create_connection(("127.0.0.1", listener.port)) as sock:
        while not listener._links:
            pass
        listener.close(grace=0.05)
        assert ended.is_set()
        assert closed_by_peer(sock)


def test_a_fault_in_one_link_is_nobody_elses(key: Path, caplog: pytest.LogCaptureFixture) -> None:
    came = threading.Semaphore(0)

    def break_down(link: Link, proven: Callable[[], None]) -> None:
        came.release()
        raise LanshareError(Code.PROTOCOL, "as it happens")

    listener = Listener(0, LOOP, tls.acceptor_context(key), break_down)
    listener.start()
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", listener.port)) as sock:
            assert came.acquire(timeout=5)
            assert closed_by_peer(sock)
    listener.close()
