"""The runner ends what it started."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path

import pytest

from lanshare.domain.peer import Address, DeviceKind
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import EndRun, Run, Scan
from lanshare.engine.local_device import LocalDevice
from lanshare.engine.runtime.dialling import Net
from lanshare.engine.runtime.job_runner import Runner
from lanshare.exchange.handshake import DeviceInfo
from lanshare.net import tls
from lanshare.trust.identity import Identity
from tests.harness.engines import free_port

ID = TransferId("ab" * 16)
BOB = Identity.create().id


@pytest.fixture
def net() -> Net:
    """What dials need."""
    facts = DeviceInfo("Anna", DeviceKind.LAPTOP, "", 1, secrets.token_bytes(16))
    return Net(LocalDevice(Identity.create(), facts), tls.dialler_context(), ())


def test_the_runner_ends_what_it_started(tmp_path: Path, net: Net) -> None:
    came = threading.Event()
    runner = Runner(net, tmp_path / "out", lambda note: came.set())
    (tmp_path / "x").write_text("x")
    runner.start(Scan(ID, (tmp_path / "x",)))
    assert came.wait(5)
    runner.start(Run(ID, BOB, 1, (Address("127.0.0.1", free_port()),), (tmp_path,)))
    runner.start(EndRun(ID))
    runner.close()
