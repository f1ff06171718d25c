"""A device that answers in the place of another one."""

from __future__ import annotations

import secrets
import socket
import threading
from pathlib import Path

from lanshare.net import tls
from lanshare.wire import codec
from lanshare.wire import frames as f

CANARY = "the-canary-9b1c"


class Impostor:
    """Listens where Bob listened, with a key of its own (or a stolen certificate), and remembers what it is told."""

    def __init__(self, port: int, pem: bytes, folder: Path) -> None:
        key = folder / "impostor.pem"
        key.write_bytes(pem)
        self.told = b""
        self.came = threading.Event()
        self._context = tls.acceptor_context(key)
        self._socket = socket.create_server(("127.0.0.1", port))
        self._socket.settimeout(0.2)
        self._over = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over:
            try:
                plain, _ = self._socket.accept()
            except TimeoutError:
                continue
            plain.settimeout(2.0)
            self.came.set()
            try:
                with self._context.wrap_socket(plain, server_side=True) as sock:
                    sock.sendall(codec.encode(f.Challenge(secrets.token_bytes(32), 1, 1)))
                    while data := sock.recv(65536):
                        self.told += data
            except OSError:
                plain.close()

    def close(self) -> None:
        """Stop."""
        self._over = True
        self._thread.join()
        self._socket.close()
