"""How the one thread of a link waits for its socket and is woken by others."""

from __future__ import annotations

import os
import select
import socket
import sys


class Wake:
    """A descriptor that other threads make readable."""

    def __init__(self) -> None:
        self._event = -1
        if sys.platform == "linux":
            self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._pair = None if self._event >= 0 else socket.socketpair()
        if self._pair is not None:
            for end in self._pair:
                end.setblocking(False)
        self._closed = False

    def fileno(self) -> int:
        """What to wait for."""
        return self._event if self._pair is None else self._pair[0].fileno()

    def set(self) -> None:
        """Wake whoever waits, now or next; from any thread."""
        try:
            if self._closed:
                return
            if sys.platform == "linux" and self._pair is None:
                os.eventfd_write(self._event, 1)
            elif self._pair is not None:
                self._pair[1].send(b"x")
        except OSError:
            pass

    def clear(self) -> None:
        """Whoever waited is awake."""
        try:
            if sys.platform == "linux" and self._pair is None:
                os.eventfd_read(self._event)
            elif self._pair is not None:
                self._pair[0].recv(4096)
        except OSError:
            pass

    def close(self) -> None:
        """Give the descriptors back; set() does nothing from here on."""
        self._closed = True
        if self._pair is None:
            event, self._event = self._event, -1
            os.close(event)
        else:
            for end in self._pair:
                end.close()


class Poll:
    """Waits for a socket and a wake descriptor; select() where there is no poll() (Windows; not verified there)."""

    def __init__(self, sock: int, wake: int) -> None:
        self._sock, self._wake = sock, wake
        self._poll = None
        if sys.platform != "win32":
            self._poll = select.poll()
            self._poll.register(wake, select.POLLIN)
        self._asked = (False, False)

    def wait(self, seconds: float, read: bool, write: bool) -> None:
        """Until the socket can be read or written, as asked, or wake is set, or the time is over."""
        if sys.platform == "win32" or self._poll is None:
            reads = [self._sock, self._wake] if read else [self._wake]
            select.select(reads, [self._sock] if write else [], [], seconds)
            return
        if (read, write) != self._asked:
            if not read and not write:
                # Even a mask of nothing would be woken, over and over, by a peer that has hung up.
                self._poll.unregister(self._sock)
            else:
                self._poll.register(self._sock, (select.POLLIN if read else 0) | (select.POLLOUT if write else 0))
            self._asked = (read, write)
        self._poll.poll(int(seconds * 1000) + 1)
