"""What the network's tests share: identities, and two ends of a real TLS link over loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.peer import Address
from lanshare.net import tls
from lanshare.net.link import Link
from lanshare.trust.identity import Identity

HERE = Address("127.0.0.1", 1)
ANNA = Identity.create()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """An acceptor's key file."""
    path = tmp_path / "key.pem"
    path.write_bytes(ANNA.pem)
    return path


@pytest.fixture
def ends(key: Path) -> Iterator[tuple[Link, Link]]:
    """Dialler and acceptor, connected, not greeted and without TLS yet."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    dialler = Link(near, tls.dialler_context(), True, HERE)
    acceptor = Link(far, tls.acceptor_context(key), False, HERE)
    yield dialler, acceptor
    dialler.close()
    acceptor.close()
