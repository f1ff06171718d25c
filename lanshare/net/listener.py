"""The accept loop, with its caps. Each connection goes to a thread of its own before a byte of it is read."""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.peer import Address
from lanshare.net import tls
from lanshare.net.link import Link
from lanshare.net.shares import Shares
from lanshare.trust.identity import Identity
from lanshare.wire import limits

_log = logging.getLogger(__name__)

_ENDING = 64
"""Links beyond the bound that were told to end and have not yet."""

Proven = Callable[..., None]
"""proven(peer="", friend=True): the dialler has proven to be this device, and whether it is known here. LanshareError
PEER_BUSY if it holds too many connections already."""

Serve = Callable[[Link, Proven], None]
"""Runs a conversation on its own thread; calls the second argument once the dialler has proven itself."""


class Listener:
    """Listening sockets on one port, the thread that accepts, and the threads that serve."""

    def __init__(
        self,
        port: int,
        interfaces: Sequence[str],
        context: ssl.SSLContext,
        serve: Serve,
        hides: Callable[[], bool] = lambda: False,
    ) -> None:
        """Bind `port`, or any other port if it is taken (see `port`). LanshareError NO_NETWORK if nothing can be bound.

        Without `interfaces` all of IPv4 and IPv6 is served. While it `hides`, each connection gets a key made for it
        alone instead of ours.
        """
        self._context, self._hides = context, hides
        self._serve = serve
        self._sockets, self.port = _bind(port, interfaces)
        self._wake_read, self._wake_write = socket.socketpair()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._links: dict[Link, threading.Thread] = {}
        self._shares: Shares[Link] = Shares()
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
        link: Link | None = None
        try:
            with self._lock:
                crowd = len(self._links)
            if crowd >= limits.LINKS + _ENDING:
                raise LanshareError(Code.PEER_BUSY)  # those that gave way have not even ended
            veil = Identity.veil() if self._hides() else None
            context = self._context if veil is None else tls.veil_context(veil)
            link = Link(sock, context, False, Address(host, where[1]))
            link.veil = veil
            thread = threading.Thread(target=self._run, args=(link,), name=f"in-{sock.fileno()}")
            with self._lock:
                self._links[link] = thread
                given_way = self._shares.admit(link, host)
            self._end(given_way)
            thread.start()
        except (OSError, RuntimeError, LanshareError) as error:
            _log.info("a connection was dropped: %s", type(error).__name__)
            sock.close()
            if link is not None:
                self._forget(link)

    def _run(self, link: Link) -> None:
        def proven(peer: str = "", friend: bool = True) -> None:
            with self._lock:
                given_way = self._shares.prove(link, peer, friend)
            if friend:
                link.trust()
            self._end(one for one in given_way if one is not link)
            if link in given_way:
                raise LanshareError(Code.PEER_BUSY)

        began = time.monotonic()
        try:
            self._serve(link, proven)
            _log.info("a link ended in good order after %.1f s", time.monotonic() - began)
        except LanshareError as error:
            _log.info("a link ended after %.1f s: %s", time.monotonic() - began, error.code)
        except Exception:
            _log.exception("a link failed")
        finally:
            link.close()
            self._forget(link)

    def _end(self, links: Iterable[Link]) -> None:
        for link in links:
            link.abort(Code.PEER_BUSY)

    def _forget(self, link: Link) -> None:
        with self._lock:
            self._shares.forget(link)
            self._links.pop(link, None)


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
