"""The runner ends what it started."""

from __future__ import annotations

import threading
from pathlib import Path

from lanshare.domain.errors import Code
from lanshare.domain.offer import Destination
from lanshare.domain.peer import Address
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import EndRun, GrantLease, RefuseLease, Run, Scan
from lanshare.engine.inbox import RunEnded
from lanshare.engine.ports import DataLinkSpec, LeaseReply
from lanshare.engine.runtime.dialling import Net
from lanshare.engine.runtime.job_runner import Runner
from lanshare.trust.identity import Identity
from tests.harness.engines import free_port

ID = TransferId("ab" * 16)
BOB = Identity.create().id


def test_the_runner_ends_what_it_started(tmp_path: Path, net: Net) -> None:
    came = threading.Event()
    runner = Runner(net, tmp_path / "out", lambda note: came.set())
    (tmp_path / "x").write_text("x")
    runner.start(Scan(ID, (tmp_path / "x",)))
    assert came.wait(5)
    runner.start(Run(ID, BOB, (Address("127.0.0.1", free_port()),), DataLinkSpec(epoch=1, sources=(tmp_path,))))
    runner.start(EndRun(ID))
    runner.close()


class Link:
    """A link that notes its end."""

    def __init__(self) -> None:
        self.ended = False

    def post(self, item: object) -> bool:
        return True

    def abort(self, code: Code = Code.CANCELLED) -> None:
        """Somebody ended it."""
        self.ended = True


def test_a_lease_goes_to_a_link_that_waits_and_comes_back_from_one_that_left(tmp_path: Path, net: Net) -> None:
    notes: list[object] = []
    runner = Runner(net, tmp_path / "out", notes.append)
    link, waits, left = Link(), LeaseReply(), LeaseReply()
    spec = DataLinkSpec(epoch=3, landing=Destination(tmp_path))
    runner.start(GrantLease(ID, link, waits, spec))
    granted = waits.take(0.0)
    assert isinstance(granted, DataLinkSpec)
    assert (granted.epoch, granted.receipt) == (3, runner.receipt(ID))
    runner.start(EndRun(ID))
    assert (link.ended, notes) == (True, [])
    assert left.take(0.0) is None
    runner.start(GrantLease(ID, link, left, spec))
    assert notes == [RunEnded(ID, 3, Code.PEER_AWAY, "it left before it was answered")]
    refused = LeaseReply()
    runner.start(RefuseLease(refused, Code.TURN))
    assert refused.take(0.0) is Code.TURN
    runner.close()
