"""A bad wire: forwards TCP and does harm to it. `python -m tests.harness.proxy LISTEN PORT TARGET PORT MODE COUNT`.

MODE: clean, slice (a few bytes at a time), reset (after some MB), flip (one bit after some MB). The harm is done COUNT
times, then it is clean. A line "stall" on standard input stops everything, "go" lets it go on.
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import sys
import threading

_AFTER = 3_000_000
_PIECE = 64 * 1024


class Wire:
    """All connections."""

    def __init__(self, target: tuple[str, int], mode: str, count: int) -> None:
        self.target, self.mode, self.left = target, mode, count
        self.going = threading.Event()
        self.going.set()
        self.lock = threading.Lock()

    def serve(self, near: socket.socket) -> None:
        """One connection."""
        try:
            far = socket.create_connection(self.target, 5)
        except OSError:
            near.close()
            return
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    def harm(self) -> bool:
        """Whether to do it once more."""
        with self.lock:
            self.left -= 1
            return self.left >= 0

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        """One direction of it."""
        moved, harmed = 0, False
        with contextlib.suppress(OSError):
            while data := bytearray(source.recv(_PIECE)):
                self.going.wait()
                moved += len(data)
                if moved > _AFTER and not harmed and self.mode in ("reset", "flip"):
                    harmed = True
                    if self.harm():
                        print(self.mode, flush=True)
                        if self.mode == "flip":
                            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
                        else:
                            for sock in (source, sink):
                                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                                sock.close()
                            return
                if self.mode == "slice" and moved < _AFTER:
                    for at in range(0, len(data), 700):
                        sink.sendall(data[at : at + 700])
                else:
                    sink.sendall(data)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def main() -> None:
    """Until standard input ends."""
    host, port, target, target_port, mode, count = sys.argv[1:]
    wire = Wire((target, int(target_port)), mode, int(count))
    server = socket.create_server((host, int(port)))

    def accept() -> None:
        while True:
            near, _ = server.accept()
            threading.Thread(target=wire.serve, args=(near,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        wire.going.clear() if line.strip() == "stall" else wire.going.set()


if __name__ == "__main__":
    main()
