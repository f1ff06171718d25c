"""TLS contexts, and what the rest of net/ needs of `ssl`.

TLS proves the acceptor's key; the dialler proves its own inside the channel (trust/proof.py), because Python's ssl
cannot accept an unknown self-signed client certificate. The settings and their reasons: PROTOCOL.md, sections 2 and 3.
"""

from __future__ import annotations

import os
import socket
import ssl
import tempfile
from pathlib import Path
from typing import Final

from lanshare.trust.identity import Identity
from lanshare.wire.frames import ALPN

WantRead: Final = ssl.SSLWantReadError
WantWrite: Final = ssl.SSLWantWriteError
TlsContext = ssl.SSLContext


def veil_context(veil: Identity) -> ssl.SSLContext:
    """For one connection to our listening side while we hide. OSError if the key cannot be put on disk for a moment:
    `ssl` takes it from nowhere else."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("veil"), "wb", buffering=0) as memory:
            memory.write(veil.pem)
            return acceptor_context(Path(f"/proc/self/fd/{memory.fileno()}"))
    number, path = tempfile.mkstemp(prefix="lanshare-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(veil.pem)
        return acceptor_context(Path(path))
    finally:
        os.unlink(path)


def acceptor_context(key: Path) -> ssl.SSLContext:
    """For our listening side. num_tickets=0: a session ticket that is never read turns a close into a reset, which
    loses data in flight."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_NONE
    context.num_tickets = 0
    context.load_cert_chain(key)
    context.set_alpn_protocols([ALPN])
    return context


def dialler_context() -> ssl.SSLContext:
    """For our dialling side. The key is compared by its hash after the handshake, never by a chain or a clock."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([ALPN])
    return context


def wrap(context: ssl.SSLContext, sock: socket.socket, dialler: bool) -> ssl.SSLSocket:
    """A TLS socket whose handshake is still to be made; a missing close_notify is an error, not an end."""
    return context.wrap_socket(
        sock,
        server_side=not dialler,
        do_handshake_on_connect=False,
        suppress_ragged_eofs=False,
    )


def speaks_lanshare(sock: ssl.SSLSocket) -> bool:
    """Whether the other side agreed on our protocol."""
    return sock.selected_alpn_protocol() == ALPN
