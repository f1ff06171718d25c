"""TLS: 1.3 and our protocol or nothing."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from lanshare.net import tls


def shake(key: Path, client: ssl.SSLContext) -> tuple[str | None, bool]:
    """One handshake: the version agreed on, and whether the acceptor takes the other for one of ours."""
    near, far = socket.socketpair()
    agreed: list[bool] = []

    def serve() -> None:
        sock = tls.wrap(tls.acceptor_context(key), far, dialler=False)
        try:
            sock.do_handshake()
            agreed.append(tls.speaks_lanshare(sock))
        except OSError:
            agreed.append(False)
        finally:
            sock.close()

    thread = threading.Thread(target=serve)
    thread.start()
    sock = tls.wrap(client, near, dialler=True)
    try:
        sock.do_handshake()
        version = sock.version()
    finally:
        thread.join()
        sock.close()
    return version, agreed == [True]


def test_two_of_ours_speak_tls_1_3(key: Path) -> None:
    assert shake(key, tls.dialler_context()) == ("TLSv1.3", True)


def test_an_older_tls_is_refused(key: Path) -> None:
    old = tls.dialler_context()
    old.minimum_version = ssl.TLSVersion.TLSv1_2
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(OSError, match=r"(?i)alert|reset|pipe|EOF"):
        shake(key, old)


def test_somebody_who_speaks_another_protocol_is_not_taken_for_one_of_ours(key: Path) -> None:
    browser = tls.dialler_context()
    browser.set_alpn_protocols(["http/1.1"])
    assert shake(key, browser) == ("TLSv1.3", False)
