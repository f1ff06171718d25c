"""A peer's addresses -> the first connected socket, then the next: all are tried, a little apart, none twice."""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Final

from lanshare.domain.peer import Address
from lanshare.net.nearness import nearest_first, reach
from lanshare.wire import limits

_APART: Final = 0.15
"""Seconds between attempts, as in RFC 8305 (Happy Eyeballs), shorter because a LAN answers in milliseconds."""

_ADDRESSES: Final = 16
"""Addresses tried at most: a device has a few interfaces; a forged announcement may name many."""

_IN_PROGRESS: Final = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", 10035)}


def connect(
    addresses: Sequence[Address],
    interfaces: Sequence[str] = (),
    timeout: float = limits.CONNECT,
) -> Iterator[tuple[socket.socket, Address]]:
    """Connected sockets in the order in which they succeed. The caller closes what it takes and stops when content.

    Addresses in our own networks are tried first.
    With `interfaces`, connections leave only from these local addresses.
    """
    ordered = nearest_first(addresses, reach(interfaces)) if len(addresses) > 1 else addresses
    waiting = [target for address in ordered[:_ADDRESSES] for target in _resolve(address, interfaces)]
    with selectors.DefaultSelector() as selector:
        try:
            yield from _race(waiting, selector, timeout)
        finally:
            for key in list(selector.get_map().values()):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                selector.unregister(sock)
                sock.close()


_Target = tuple[Address, socket.AddressFamily, tuple[object, ...], str]


def _race(
    waiting: list[_Target],
    selector: selectors.BaseSelector,
    timeout: float,
) -> Iterator[tuple[socket.socket, Address]]:
    next_start = 0.0
    deadlines: dict[socket.socket, float] = {}
    while waiting or deadlines:
        now = time.monotonic()
        if waiting and (now >= next_start or not deadlines):
            target = waiting.pop(0)
            sock = _start(target)
            next_start = now + _APART
            if sock is not None:
                selector.register(sock, selectors.EVENT_WRITE, target[0])
                deadlines[sock] = now + timeout
            continue
        ends = list(deadlines.values()) + ([next_start] if waiting else [])
        for key, _ in selector.select(max(0.0, min(ends) - now)):
            ready = key.fileobj
            assert isinstance(ready, socket.socket)
            selector.unregister(ready)
            del deadlines[ready]
            if ready.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                yield ready, key.data
            else:
                ready.close()
        now = time.monotonic()
        for sock in [sock for sock, end in deadlines.items() if now >= end]:
            selector.unregister(sock)
            del deadlines[sock]
            sock.close()


def _resolve(address: Address, interfaces: Sequence[str]) -> list[_Target]:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    targets: list[_Target] = []
    for family, _, _, _, where in found[:_ADDRESSES]:
        if not interfaces:
            targets.append((address, family, where, ""))
            continue
        for source in interfaces:
            if (":" in source) == (family == socket.AF_INET6):
                targets.append((address, family, where, source))
    return targets


def _start(target: _Target) -> socket.socket | None:
    _, family, where, source = target
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        sock.setblocking(False)
        if source:
            sock.bind((source, 0))
        if sock.connect_ex(where) in _IN_PROGRESS:
            return sock
    except OSError:
        pass
    sock.close()
    return None
