"""Link: one socket and one Session, driven by its one owner thread, which reads while it writes.

Other threads only post() and abort(). Deadlines are absolute. A sender that only wrote and a receiver that only
confirmed would block each other after some 30,000 small files: hence one loop for both directions.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.peer import Address
from lanshare.net import tls
from lanshare.net.wake import Poll, Wake
from lanshare.trust.identity import Identity
from lanshare.wire import limits
from lanshare.wire.frames import Frame
from lanshare.wire.session import Session

_OUT: Final = 16 * 1024
_READS_A_TURN: Final = 8
"""Reads of up to one frame each before posted frames and writing get their turn."""


class LinkLost(LanshareError):
    """The link is over. `code`: peer-away (closed or reset), peer-silent (a deadline), cancelled (by us)."""


class Outlet(Protocol):
    """Where an exchange speaks: a Link, or a simulation of one."""

    def say(self, frame: Frame) -> None:
        """Queue a frame."""

    def reserve(self, size: int) -> memoryview:
        """Room to build raw bytes in, behind everything said so far."""

    def filled(self, count: int) -> None:
        """The first `count` bytes of the room are to be sent."""

    def rest(self, until: float) -> None:
        """Read nothing before that time (monotonic): how a receiver slows its sender down."""

    @property
    def session(self) -> Session:
        """The wire's rules on this link."""

    @property
    def unsent(self) -> int:
        """Bytes that wait to be sent."""

    @property
    def waited(self) -> float:
        """Seconds that the link waited for the network so far."""


class Exchange(Protocol):
    """One conversation over one link. All calls come from the link's owner thread."""

    done: bool
    """Over in good order: what was said is still sent, then drive() returns."""

    patience: float
    """Seconds without any movement (or, if `must_hear`, without hearing anything) after which the link is lost."""

    must_hear: bool

    def begin(self, outlet: Outlet, now: float) -> None:
        """The link is ours."""

    def on_frame(self, frame: Frame, now: float) -> None:
        """The peer said this. Payloads are valid only during the call."""

    def on_post(self, item: object, now: float) -> None:
        """Another thread of ours said this."""

    def produce(self, now: float) -> bool:
        """Nothing waits to be sent: say more. False if there is nothing to say now."""

    def on_time(self, now: float) -> float | None:
        """Called at least when the time returned last has come; returns when to be called next."""


def _other_end(sock: socket.socket) -> Address | None:
    try:
        host, port = sock.getpeername()[:2]
        plain = ipaddress.ip_address(str(host).partition("%")[0])
    except (OSError, ValueError):
        return None
    mapped = plain.ipv4_mapped if isinstance(plain, ipaddress.IPv6Address) else None
    return Address(str(mapped) if mapped is not None else str(host), int(port))


class Link:
    """A connected socket as a place for exchanges. The creating thread hands it to one owner and forgets it."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, dialler: bool, address: Address) -> None:
        """LinkLost, and the socket closed, if the other side has hung up already."""
        self.address = address
        self.met = _other_end(sock)
        """The other end as the system sees it: what was dialled may be a name, or another spelling."""

        self.dialler = dialler
        self.veil: Identity | None = None
        """What our side shows by TLS instead of its own certificate."""

        self._session = Session(dialler)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sock = tls.wrap(context, sock, dialler)
        except (OSError, ValueError) as error:
            sock.close()
            raise LinkLost(Code.PEER_AWAY, type(error).__name__) from error
        self._wake = Wake()
        self._posted: deque[object] = deque()
        self._aborted: Code | None = None
        self._unsent_most = limits.UNSENT if dialler else limits.UNSENT_STRANGER
        self._closed = False
        self._out = bytearray(_OUT)
        self._view = memoryview(self._out)
        self._begin = self._end = 0
        self.waited = 0.0
        self._rest_until = 0.0
        self._heard = self._moved = time.monotonic()
        self._poll = Poll(self._sock.fileno(), self._wake.fileno())
        self.proven_by = 0.0
        """When the handshake and the proof together have to be over; from open() on."""

    # --- from any thread

    def post(self, item: object) -> bool:
        """Hand something to the exchange at work; False if the link is over or so far behind that it is cut."""
        if self._closed or self._aborted is not None:
            return False
        if len(self._posted) >= limits.QUEUE:
            self.abort(Code.PEER_SILENT)
            return False
        self._posted.append(item)
        self._wake.set()
        return True

    def trust(self) -> None:
        """Whoever is at the other end is known here: more may wait for it."""
        self._unsent_most = limits.UNSENT

    def abort(self, code: Code = Code.CANCELLED) -> None:
        """End the link from any thread, at once. The owner closes it."""
        if self._aborted is None:
            self._aborted = code
        self._wake.set()
        try:
            # Never SSLSocket.shutdown(): after it Python reads and writes in clear.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
        except OSError:
            pass

    # --- the owner thread

    @property
    def session(self) -> Session:
        """The wire's rules on this link."""
        return self._session

    @property
    def unsent(self) -> int:
        """Bytes that wait to be sent."""
        return self._end - self._begin

    @property
    def peer_certificate(self) -> bytes:
        """The acceptor's certificate (DER), proven by TLS; only at the dialling end."""
        return self._sock.getpeercert(True) or b""

    def open(self, timeout: float = limits.HANDSHAKE) -> None:
        """The TLS handshake. LinkLost if it fails or takes longer; PROTOCOL if the peer does not speak lanshare."""
        deadline = self.proven_by = time.monotonic() + timeout
        while True:
            self._check_abort()
            try:
                self._sock.do_handshake()
                break
            except tls.WantRead:
                self._wait(deadline, write=False)
            except tls.WantWrite:
                self._wait(deadline, write=True)
            except (OSError, ValueError) as error:
                raise LinkLost(Code.PROTOCOL, f"no TLS: {type(error).__name__}") from error
            if time.monotonic() >= deadline:
                raise LinkLost(Code.PEER_SILENT, "during the handshake")
        if not tls.speaks_lanshare(self._sock):
            raise LinkLost(Code.PROTOCOL, "another protocol")
        self._heard = self._moved = time.monotonic()

    def drive(self, exchange: Exchange, deadline: float | None = None) -> None:
        """Run an exchange to its end. LinkLost, ProtocolError, or whatever the exchange raises ends the link.

        `deadline` (monotonic) bounds the whole exchange.
        """
        now = time.monotonic()
        self._heard = self._moved = now
        exchange.begin(self, now)
        self._take(exchange)
        while True:
            now = time.monotonic()
            self._check_abort()
            while self._posted:
                exchange.on_post(self._posted.popleft(), now)
            timer = exchange.on_time(now)
            busy = not self.unsent and not exchange.done and exchange.produce(now)
            if self.unsent:
                busy = self._write() or busy
                if self.unsent > self._unsent_most:
                    raise LinkLost(Code.PEER_SILENT, "does not read")
            if exchange.done and not self.unsent:
                return
            busy = (now >= self._rest_until and self._read(exchange)) or busy
            if deadline is not None and now >= deadline:
                raise LinkLost(Code.PEER_SILENT, "took too long")
            since = max(self._heard if exchange.must_hear else self._moved, self._rest_until)
            if now - since > exchange.patience:
                raise LinkLost(Code.PEER_SILENT, f"{exchange.patience:.0f} s")
            if not busy:
                ends = [since + exchange.patience, *(t for t in (timer, deadline) if t is not None)]
                self._wait(min(ends), write=self.unsent > 0)

    def say(self, frame: Frame) -> None:
        """Queue a frame."""
        data = self._session.send(frame)
        self.reserve(len(data))[: len(data)] = data
        self.filled(len(data))

    def reserve(self, size: int) -> memoryview:
        """Room for at least `size` bytes, behind everything said so far."""
        if self._begin == self._end:
            self._begin = self._end = 0
        if len(self._out) - self._end < size:
            waiting = bytes(self._view[self._begin : self._end])
            if len(self._out) < len(waiting) + size:
                self._out = bytearray(max(len(waiting) + size, 2 * len(self._out)))
                self._view = memoryview(self._out)
            self._view[: len(waiting)] = waiting
            self._begin, self._end = 0, len(waiting)
        return self._view[self._end :]

    def filled(self, count: int) -> None:
        """The first `count` bytes of the room are to be sent."""
        self._end += count

    def rest(self, until: float) -> None:
        """Read nothing before that time; its patience begins only then."""
        self._rest_until = until

    def close(self) -> None:
        """Give the socket back. A close_notify is tried, never waited for."""
        if self._closed:
            return
        self._closed = True
        try:
            self._sock.unwrap()
        except (OSError, ValueError):
            pass
        self._sock.close()
        self._wake.close()

    # --- inside

    def _check_abort(self) -> None:
        if self._aborted is not None:
            raise LinkLost(self._aborted)

    def _write(self) -> bool:
        sent = False
        send = self._sock.send
        try:
            while self._begin < self._end:
                self._begin += send(self._view[self._begin : self._end])
                sent = True
        except (tls.WantWrite, tls.WantRead):
            pass
        except (OSError, ValueError) as error:
            self._check_abort()
            raise LinkLost(Code.PEER_AWAY, type(error).__name__) from error
        if sent:
            self._moved = time.monotonic()
        return sent

    def _read(self, exchange: Exchange) -> bool:
        session = self._session
        receive = self._sock.recv_into
        got_any = False
        for _ in range(_READS_A_TURN):
            if exchange.done:
                return got_any
            room = session.buffer()
            need = min(session.missing, len(room))
            got = 0
            more = True
            try:
                while got < need:
                    count = receive(room[got:])
                    if count == 0:
                        raise LinkLost(Code.PEER_AWAY, "closed")
                    got += count
            except (tls.WantRead, tls.WantWrite):
                more = False
            except (OSError, ValueError) as error:
                self._check_abort()
                if not got:
                    raise LinkLost(Code.PEER_AWAY, type(error).__name__) from error
                more = False
            if not got:
                break
            got_any = True
            self._heard = self._moved = time.monotonic()
            session.received(got)
            try:
                self._take(exchange)
            except ProtocolError:
                # What was said before tells why something ends: it goes out as far as it can at once.
                with contextlib.suppress(LinkLost):
                    self._write()
                raise
            if not more or self._heard < self._rest_until:
                break
        return got_any

    def _take(self, exchange: Exchange) -> None:
        while not exchange.done and (frame := self._session.next_frame()) is not None:
            exchange.on_frame(frame, self._heard)

    def _wait(self, until: float, write: bool) -> None:
        if self._posted or self._aborted is not None:
            return
        began = time.monotonic()
        read = began >= self._rest_until
        if not read:
            until = min(until, self._rest_until)
        elif not write and self._sock.pending():
            return
        self._poll.wait(max(0.0, until - began), read, write)
        self.waited += time.monotonic() - began
        self._wake.clear()


def finish(link: Link, work: Callable[[], None]) -> LanshareError | None:
    """Run an owner's work on a link and close it, whatever happens; what ended it, if it was not good order."""
    try:
        work()
    except LanshareError as error:
        return error
    finally:
        link.close()
    return None


__all__ = ["Exchange", "Link", "LinkLost", "Outlet", "ProtocolError", "finish"]
