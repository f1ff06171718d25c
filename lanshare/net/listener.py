"""The accept loop, with its caps. Each connection goes to a thread of its own before a byte of it is read."""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.peer import Address
from lanshare.net.link import Link
from lanshare.wire import limits

_log = logging.getLogger(__name__)

Serve = Callable[[Link, Callable[[], None]], None]
"""Runs a conversation on its own thread; calls the second argument once the dialler has proven itself."""


class Listener:
    """Listening sockets on one port, the thread that accepts, and the threads that serve."""

    def __init__(self, port: int, interfaces: Sequence[str], context: ssl.SSLContext, serve: Serve) -> None:
        """Bind `port`, or any other port if it is taken (see `port`). LanshareError NO_NETWORK if nothing can be bound.

        Without `interfaces` all of IPv4 and IPv6 is served.
        """
        self._context = context
        self._serve = serve
        self._sockets, self.port = _bind(port, interfaces)
        self._wake_read, self._wake_write = socket.socketpair()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._links: dict[Link, threading.Thread] = {}
        self._unproven: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._loop, name="listen")

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def close(self, grace: float = 0.5, timeout: float = 5.0) -> None:
        """Stop accepting, give links a moment to say goodbye, end those that are left, join their threads."""
        self._stop.set()
        self._wake_write.send(b"x")
        if self._thread.ident is not None:
            self._thread.join()
        for sock in (*self._sockets, self._wake_read, self._wake_write):
            sock.close()
        with self._lock:
            links = list(self._links.items())
        patience = time.monotonic() + grace
        for _, thread in links:
            thread.join(max(0.0, patience - time.monotonic()))
        for link, _ in links:
            link.abort(Code.STOPPING)
        for _, thread in links:
            thread.join(timeout)

    def _loop(self) -> None:
        with selectors.DefaultSelector() as selector:
            for sock in (*self._sockets, self._wake_read):
                selector.register(sock, selectors.EVENT_READ)
            while not self._stop.is_set():
                for key, _ in selector.select():
                    ready = key.fileobj
                    if ready is self._wake_read or self._stop.is_set():
                        continue
                    assert isinstance(ready, socket.socket)
                    self._accept(ready)

    def _accept(self, listening: socket.socket) -> None:
        try:
            sock, where = listening.accept()
        except (BlockingIOError, ConnectionError, InterruptedError):
            return
        except OSError as error:
            # No descriptors left (EMFILE) or memory: wait for links to end instead of spinning.
            _log.warning("accept: %s", error.strerror)
            self._stop.wait(0.2)
            return
        host = where[0]
        with self._lock:
            full = (
                len(self._links) >= limits.LINKS
                or self._unproven.total() >= limits.UNPROVEN
                or self._unproven[host] >= limits.UNPROVEN_PER_HOST
            )
            if not full:
                self._unproven[host] += 1
        if full:
            sock.close()
            return
        try:
            link = Link(sock, self._context, False, Address(host, where[1]))
            thread = threading.Thread(target=self._run, args=(link, host), name=f"in-{sock.fileno()}")
            with self._lock:
                self._links[link] = thread
            thread.start()
        except (OSError, RuntimeError, LanshareError) as error:
            _log.info("a connection was dropped: %s", type(error).__name__)
            sock.close()
            self._forget(host)

    def _run(self, link: Link, host: str) -> None:
        proven = False

        def mark() -> None:
            nonlocal proven
            if not proven:
                proven = True
                self._forget(host)

        try:
            self._serve(link, mark)
        except LanshareError as error:
            _log.info("a link ended: %s", error.code)
        except Exception:
            _log.exception("a link failed")
        finally:
            link.close()
            mark()
            with self._lock:
                self._links.pop(link, None)

    def _forget(self, host: str) -> None:
        with self._lock:
            self._unproven[host] -= 1
            if self._unproven[host] <= 0:
                del self._unproven[host]


def _bind(port: int, interfaces: Sequence[str]) -> tuple[list[socket.socket], int]:
    hosts = [(socket.AF_INET6 if ":" in one else socket.AF_INET, one) for one in interfaces] or [
        (socket.AF_INET, "0.0.0.0"),
        (socket.AF_INET6, "::"),
    ]
    for attempt in (port, 0):
        sockets: list[socket.socket] = []
        chosen = attempt
        for family, host in hosts:
            try:
                sock = _listen(family, host, chosen)
            except OSError as error:
                if family == socket.AF_INET6 and not interfaces:
                    continue  # no IPv6 on this machine
                _log.info("port %d: %s", chosen, error.strerror)
                for opened in sockets:
                    opened.close()
                sockets = []
                break
            sockets.append(sock)
            chosen = sock.getsockname()[1]
        if sockets:
            return sockets, chosen
    raise LanshareError(Code.NO_NETWORK, "no address to listen on")


def _listen(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        info = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_PASSIVE)
        sock.bind(info[0][4])
        sock.listen(128)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock
