"""Dialling: the first address that answers, then the next; dead ones cost little."""

from __future__ import annotations

import socket
import time

import pytest

from lanshare.domain.peer import Address
from lanshare.net.dial import connect
from tests.harness.engines import free_port


def test_the_ones_that_answer_come_in_turn_and_the_others_are_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.2", 0)) as other:
        there = [Address("127.0.0.1", one.getsockname()[1]), Address("127.0.0.2", other.getsockname()[1])]
        dead = Address("127.0.0.1", free_port())
        found = []
        for sock, address in connect([dead, *there]):
            found.append(address)
            sock.close()
        assert found == there


def test_whoever_is_content_with_the_first_leaves_no_socket_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address("127.0.0.1", server.getsockname()[1])
        tries = connect([address, address])
        sock, _ = next(tries)
        sock.close()
        tries.close()  # type: ignore[attr-defined]


def test_only_the_named_interfaces_are_left_from() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address("127.0.0.1", server.getsockname()[1])
        for sock, _ in connect([address], ["127.0.0.3", "::1"]):
            assert sock.getsockname()[0] == "127.0.0.3"
            sock.close()
            break
        else:
            pytest.fail("nobody answered")


def test_nonsense_is_passed_over() -> None:
    started = time.monotonic()
    assert list(connect([Address("no such host.invalid", 1), Address("\udcff", 1)], timeout=0.5)) == []
    assert time.monotonic() - started < 30


def test_a_host_that_drops_packets_is_given_up_on() -> None:
    with socket.socket() as full:
        # A listening queue of one that nobody empties: further connections hang.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = Address("127.0.0.1", full.getsockname()[1])
        holders = []
        for _ in range(8):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
            holders.append(sock)
        started = time.monotonic()
        assert list(connect([address], timeout=0.4)) == []
        assert 0.3 < time.monotonic() - started < 10
        for sock in holders:
            sock.close()
