"""Fixtures for jobs."""

from __future__ import annotations

import secrets

import pytest

from lanshare.domain.peer import DeviceKind
from lanshare.engine.local_device import LocalDevice
from lanshare.engine.runtime.dialling import Net
from lanshare.exchange.handshake import DeviceInfo
from lanshare.net import tls
from lanshare.trust.identity import Identity


@pytest.fixture
def net() -> Net:
    """What dials need."""
    facts = DeviceInfo("Anna", DeviceKind.LAPTOP, "", 1, secrets.token_bytes(16))
    return Net(LocalDevice(Identity.create(), facts), tls.dialler_context(), ())
