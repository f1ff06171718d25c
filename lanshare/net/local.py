"""The engine's private local socket: byte messages between processes of one user on one machine.

A Unix socket (0600, the other side's uid checked) or a named pipe on Windows (not verified there; there the key in
the profile's private door file keeps others out). Bytes only, never pickle.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import socket
import struct
import sys
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    if sys.platform == "win32":
        from multiprocessing.connection import Connection, PipeConnection

        _Connection = Connection[Any, Any] | PipeConnection[Any, Any]
    else:
        from multiprocessing.connection import Connection

        _Connection = Connection[Any, Any]

_log = logging.getLogger(__name__)

_BACKLOG: Final = 20_000
"""Messages a shell may lag behind before it is cut: a stopped terminal must not grow the engine."""

_DROP_ABOVE: Final = 200
_STOP: Final = b""


class Channel:
    """One end of a local connection. send() never blocks: a thread of the channel's writes."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._out: queue.Queue[bytes] = queue.Queue()
        self._writer = threading.Thread(target=self._write, name="door-out", daemon=False)
        self._writer.start()
        self._closing = False

    def send(self, data: bytes, may_drop: bool = False) -> bool:
        """Queue a message; False if it was dropped or the other side is gone."""
        waiting = self._out.qsize()
        if self._closing or (may_drop and waiting > _DROP_ABOVE):
            return False
        if waiting > _BACKLOG:
            self._closing = True
            self._hang_up()
            return False
        self._out.put(data)
        return True

    def receive(self) -> bytes | None:
        """The next message; None once the other side is gone."""
        try:
            return self._connection.recv_bytes()
        except (EOFError, OSError, ValueError):
            return None

    def close(self) -> None:
        """Send what is queued, then hang up; receive() on both sides ends. From any thread."""
        if not self._closing:
            self._closing = True
            self._out.put(_STOP)

    def join(self) -> None:
        """Wait until what was queued is sent and the writer has ended, then give the descriptor back."""
        self.close()
        self._writer.join(2.0)
        if self._writer.is_alive():
            self._hang_up()  # the other side is stopped and does not read
            self._writer.join()
        with contextlib.suppress(OSError):
            self._connection.close()

    def _write(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (data := self._out.get()) != _STOP:
                self._connection.send_bytes(data)
        self._closing = True
        self._hang_up()

    def _hang_up(self) -> None:
        if sys.platform == "win32":
            with contextlib.suppress(OSError):
                self._connection.close()
            return
        with contextlib.suppress(OSError):
            twin = socket.socket(fileno=os.dup(self._connection.fileno()))
            with twin:
                twin.shutdown(socket.SHUT_RDWR)


class LocalListener:
    """Accepts shells of this user and serves each on a thread of its own."""

    def __init__(self, address: str, key: bytes, serve: Callable[[Channel], None]) -> None:
        """OSError if the address cannot be had. A file left by a crash is replaced: the caller holds the lock."""
        self.address = address
        self._serve = serve
        if sys.platform == "win32":
            self._listener = Listener(address, "AF_PIPE", authkey=key)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(address)
            self._listener = Listener(address, "AF_UNIX", backlog=16)
            os.chmod(address, 0o600)
        self._stopping = False
        self._channels: dict[Channel, threading.Thread] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._loop, name="door")
        self._key = key

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def close(self) -> None:
        """Stop accepting and hang up on every shell, after what was queued for it."""
        self._stopping = True
        # accept() has no deadline: the listener's own next client wakes it.
        channel = connect(self.address, self._key)
        if channel is not None:
            channel.join()
        elif sys.platform != "win32":
            # Its file is gone, or no descriptor is free: end accept() at the socket itself.
            with contextlib.suppress(OSError, AttributeError):
                self._listener._listener._socket.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]
        if self._thread.ident is not None:
            self._thread.join()
        with contextlib.suppress(FileNotFoundError):
            self._listener.close()
        with self._lock:
            channels = list(self._channels.items())
        for channel, _ in channels:
            channel.close()
        for channel, thread in channels:
            thread.join(3.0)
            if thread.is_alive():
                channel._hang_up()
                thread.join()

    def _loop(self) -> None:
        while not self._over():
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError):
                if self._over():
                    return
                continue
            if self._over() or not _same_user(connection.fileno()):
                connection.close()
                continue
            channel = Channel(connection)
            thread = threading.Thread(target=self._run, args=(channel,), name="door-in")
            with self._lock:
                self._channels[channel] = thread
            thread.start()

    def _over(self) -> bool:
        return self._stopping

    def _run(self, channel: Channel) -> None:
        try:
            self._serve(channel)
        except Exception:
            _log.exception("a shell's connection failed")
        finally:
            channel.join()
            with self._lock:
                self._channels.pop(channel, None)


def connect(address: str, key: bytes) -> Channel | None:
    """A channel to a running engine; None if nobody answers there."""
    try:
        if sys.platform == "win32":
            return Channel(Client(address, "AF_PIPE", authkey=key))
        return Channel(Client(address, "AF_UNIX"))
    except (OSError, EOFError, AuthenticationError):
        return None


def _same_user(handle: int) -> bool:
    """Whether the other side runs as we do. Where the system cannot tell, the socket's 0600 in a 0700 folder does."""
    if sys.platform != "linux":
        return True
    with socket.socket(fileno=os.dup(handle)) as twin:
        _, uid, _ = struct.unpack("3i", twin.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(uid == os.getuid())
