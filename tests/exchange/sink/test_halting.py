"""Who cannot keep anything says so at once, and goes when it was heard."""

from __future__ import annotations

import pytest

from lanshare.domain.errors import Code
from lanshare.exchange.sink.halting import Halting
from lanshare.files.faults import DiskFault
from lanshare.wire import frames as f
from tests.harness.wires import TRANSFER, Ear


@pytest.mark.parametrize("dials", [False, True])
def test_it_is_said_once_behind_the_attach_if_we_dialled(dials: bool) -> None:
    attach = bytes.fromhex(TRANSFER) if dials else None
    halting = Halting(DiskFault(Code.NO_FOLDER, "/gone"), attach)
    ear = Ear()
    halting.begin(ear, 0.0)
    wanted = [f.Attach(attach, "pull")] if attach is not None else []
    assert ear.said == [*wanted, f.Halt(Code.NO_FOLDER)]
    assert not halting.produce(1.0)
    assert halting.on_time(1.0) is None
    assert not halting.done
    halting.on_frame(f.Bye(), 2.0)
    assert halting.done
