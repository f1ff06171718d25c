"""Data links of a device that broke the protocol."""

from __future__ import annotations

import time

from lanshare.trust.identity import Identity
from tests.harness.attacker import Attacker, Gone


def attached_again(port: int, mallory: Identity, transfer: bytes) -> Attacker:
    """A data link after one that broke the protocol: the next ones are turned away for a moment."""
    deadline = time.monotonic() + 20.0
    while True:
        data = Attacker(port, mallory)
        try:
            data.attach(transfer)
            return data
        except Gone:
            data.close()
            assert time.monotonic() < deadline
