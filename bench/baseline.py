"""The plainest thing that could move a file over TLS 1.3 in Python: no hash, no safety, no protocol.

`python -m bench.baseline serve PORT KEY TARGET` writes what comes; `send PORT SOURCE` sends and waits for the end.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from lanshare.net import tls

_PIECE = 256 * 1024


def serve(port: int, key: Path, target: Path) -> None:
    """One file, then the end."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        print("ready", flush=True)
        plain, _ = listening.accept()
    with tls.acceptor_context(key).wrap_socket(plain, server_side=True) as sock, target.open("wb", buffering=0) as out:
        left = int.from_bytes(sock.recv(8), "big")
        buffer = memoryview(bytearray(_PIECE))
        got = 0
        while left:
            count = sock.recv_into(buffer[got:])
            got += count
            left -= count
            if got == _PIECE or not left:
                out.write(buffer[:got])
                got = 0
        sock.sendall(b"k")


def send(port: int, source: Path) -> None:
    """The whole file."""
    plain = socket.create_connection(("127.0.0.1", port))
    with tls.dialler_context().wrap_socket(plain) as sock, source.open("rb", 0) as file:
        sock.sendall(source.stat().st_size.to_bytes(8, "big"))
        buffer = memoryview(bytearray(_PIECE))
        while count := file.readinto(buffer):
            sock.sendall(buffer[:count])
        sock.recv(1)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        send(int(sys.argv[2]), Path(sys.argv[3]))
