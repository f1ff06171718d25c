"""`receive --run`: each thing that has arrived is handed over, and what becomes of each command is told."""

from __future__ import annotations

import io
import json
import queue
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lanshare.cli.arguments import build_parser
from lanshare.cli.printer import Printer
from lanshare.cli.receiving import Reception
from lanshare.cli.session import CliSession
from lanshare.domain import events as e
from lanshare.domain.offer import Offer
from lanshare.domain.peer import PeerId
from lanshare.domain.settings import Settings
from lanshare.domain.transfer import TransferId
from lanshare.engine.client import EngineClient
from lanshare.engine.options import Options

BOB = PeerId("b" * 52)


class Heard:
    """A reception that was told what an engine tells."""

    def __init__(self, command: str) -> None:
        waiting: queue.SimpleQueue[e.Event] = queue.SimpleQueue()
        self.said = io.StringIO()
        host = EngineClient(Options(profile=Path("/nowhere")), waiting.put)
        self.desk = CliSession(host, waiting, Printer(True, self.said, io.StringIO()))
        me = e.Me(PeerId("a" * 52), "Anna", "laptop", 17717, (), "/tmp")
        waiting.put(e.Snapshot(me, (), (), (), Settings(), False))
        self.desk.next(None)
        self.here = Reception(self.desk, build_parser().parse_args(["receive", "--run", command]))

    def arrives(self, transfer: str, path: Path, direction: str = "in") -> bool:
        """A device's rule has accepted it: nobody is asked. Whether it counts as something that has arrived."""
        one = TransferId(transfer)
        now = datetime.now(UTC)
        assert not self.here.take(e.TransferQueued(one, BOB, direction, Offer((), 1, 1, 1, True), now, "queued"))
        return self.here.take(e.TransferFinished(one, BOB, direction, "done", 1, 0, 1, 0.1, True, (str(path),)))

    def ends(self) -> list[tuple[str, str]]:
        """What was told of commands: transfer and code."""
        told = [json.loads(line) for line in self.said.getvalue().splitlines()]
        return [(one["transfer"], one["code"]) for one in told if one["event"] == "CommandEnded"]


@pytest.fixture
def heard() -> Callable[[str], Heard]:
    """Makes a reception with this command."""
    return Heard


def tells(out: Path) -> str:
    """A command that says something, and writes down the last of its arguments."""
    program = "import sys; print('nothing of ours'); open(sys.argv[1], 'a').write(sys.argv[-1] + '\\n')"
    return shlex.join([sys.executable, "-c", program, str(out)])


@pytest.mark.parametrize("closed", [False, True], ids=["", "standard error is closed"])
def test_what_a_rule_accepts_is_shown_counted_and_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: Callable[[str], Heard], closed: bool,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with (tmp_path / "stderr").open("w") as stderr:
        monkeypatch.setattr(sys, "stderr", None if closed else stderr)
        one = heard(tells(tmp_path / "told"))
        assert one.arrives("t1", tmp_path / "x")
        assert not one.arrives("t2", tmp_path / "what we send is not received", "out")
        while one.here.running:
            one.here.take(one.desk.next(20.0))
        one.here.close()
    assert one.ends() == [("t1", "")]
    assert capfd.readouterr().out == "", "standard output is for our JSON alone"
    assert (tmp_path / "stderr").read_text() == ("" if closed else "nothing of ours\n")
    assert (tmp_path / "told").read_text() == f"{tmp_path / 'x'}\n"


def test_what_becomes_of_each_command_is_told_when_it_ends_early(tmp_path: Path, heard: Callable[[str], Heard]) -> None:
    one = heard(shlex.join([sys.executable, "-c", "import time; time.sleep(600)"]))
    for transfer in ("t1", "t2", "t3"):
        assert one.arrives(transfer, tmp_path / transfer)
    one.here.close()
    assert [transfer for transfer, code in one.ends()] == ["t1", "t2", "t3"]
    assert {code for _, code in one.ends()} <= {"command-failed", "command-missing"}
    assert not one.here.running
