"""A slow line between two network namespaces: `python -m tests.harness.slow_line SPACE SPACE MBIT BUFFER DELAY LOSS`.

Each namespace gets the Ethernet device `line0` (10.79.0.1 and 10.79.0.2). Frames wait in a buffer of BUFFER seconds at
MBIT Mbit/s (0: no limit), what does not fit in is dropped; they arrive DELAY seconds later, and a share LOSS of them
never does. The kernel's own TCP is at both ends, so that losses and queues mean what they mean outside. Root and Linux
only.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Final

_TUNSETIFF: Final = 0x400454CA
_TAP_WITHOUT_HEADER: Final = 0x1002  # IFF_TAP | IFF_NO_PI
_NETWORK: Final = 0x40000000  # CLONE_NEWNET
_FRAME: Final = 2048
_LEAST: Final = 64 * 1024
"""Bytes that always fit into the buffer."""


def cannot() -> str:
    """Why there can be no such line here; empty if there can."""
    return "" if Path("/dev/net/tun").exists() else "there is no /dev/net/tun"


class Direction:
    """The frames of one direction, on their way."""

    def __init__(self, into: int, rate: float, buffer: float, delay: float, loss: float) -> None:
        """`rate` in bytes per second, 0: any."""
        self._into, self._rate, self._delay, self._loss = into, rate, delay, loss
        self._most = max(_LEAST, int(rate * buffer)) if rate else 2**30
        self._on_the_way: deque[tuple[float, float, bytes]] = deque()
        self._queued: deque[tuple[float, int]] = deque()
        self._waiting = 0
        self._free_at = 0.0

    def take(self, frame: bytes, now: float) -> None:
        """A frame enters, if there is room and it is not lost."""
        while self._queued and self._queued[0][0] <= now:
            self._waiting -= self._queued.popleft()[1]
        if self._waiting + len(frame) > self._most or random.random() < self._loss:
            return
        self._free_at = max(now, self._free_at) + (len(frame) / self._rate if self._rate else 0.0)
        self._queued.append((self._free_at, len(frame)))
        self._waiting += len(frame)
        self._on_the_way.append((self._free_at + self._delay, now, frame))

    def give(self, now: float) -> float:
        """Let those arrive whose time it is; when the next one does."""
        while self._on_the_way and self._on_the_way[0][0] <= now:
            try:
                os.write(self._into, self._on_the_way.popleft()[2])
            except OSError:
                pass  # its end is down
        return self._on_the_way[0][0] if self._on_the_way else now + 1.0


def opened(space: str, address: str) -> int:
    """The descriptor of a device `line0` in a namespace, with this address."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/var/run/netns/{space}", "rb") as there:
        if libc.setns(there.fileno(), _NETWORK) != 0:
            raise OSError(ctypes.get_errno(), space)
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH", b"line0", _TAP_WITHOUT_HEADER))
    for words in (["addr", "add", f"{address}/24", "dev", "line0"], ["link", "set", "line0", "up"]):
        subprocess.run(["ip", *words], check=True)
    return fd


def main(words: list[str]) -> None:
    """Forward until standard input ends."""
    spaces, (mbit, buffer, delay, loss) = words[:2], map(float, words[2:])
    one, other = (opened(space, f"10.79.0.{at}") for at, space in enumerate(spaces, 1))
    ways = {
        one: Direction(other, mbit * 125_000, buffer, delay, loss),
        other: Direction(one, mbit * 125_000, buffer, delay, loss),
    }
    print("ready", flush=True)
    next_at = 0.0
    while True:
        ready, _, _ = select.select([*ways, 0], [], [], max(0.0, next_at - time.monotonic()))
        now = time.monotonic()
        for fd in ready:
            if fd == 0:
                return
            try:
                while frame := os.read(fd, _FRAME):
                    ways[fd].take(frame, now)
            except BlockingIOError:
                pass
        next_at = min(way.give(now) for way in ways.values())


if __name__ == "__main__":
    main(sys.argv[1:])
