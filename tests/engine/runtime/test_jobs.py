"""Jobs: a tree is counted as it is walked, a list survives a crash, what is left over is removed."""

from __future__ import annotations

import itertools
import secrets
import socket
import threading
import types
from pathlib import Path
from typing import Any

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.events import Snapshot
from lanshare.domain.offer import Skipped
from lanshare.domain.peer import Address, DeviceKind
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import Dial, Discard, EndRun, Run, Scan
from lanshare.engine.inbox import CleanupDone, Counted, DialEnded, RunEnded, ScanEnded
from lanshare.engine.local_device import LocalDevice
from lanshare.engine.runtime import jobs
from lanshare.engine.runtime.jobs import DialJob, DiscardJob, Net, RunJob, Runner, ScanJob
from lanshare.exchange.handshake import DeviceInfo
from lanshare.files.manifest import is_whole
from lanshare.files.staging import Staging
from lanshare.net import tls
from lanshare.trust.identity import Identity
from tests.harness.engines import free_port
from tests.harness.shells import Shell

ID = TransferId("ab" * 16)
BOB = Identity.create().id


@pytest.fixture
def net() -> Net:
    """What dials need."""
    facts = DeviceInfo("Anna", DeviceKind.LAPTOP, "", 1, secrets.token_bytes(16))
    return Net(LocalDevice(Identity.create(), facts), tls.dialler_context(), ())


def scan(paths: tuple[Path, ...], listed: Path) -> list[Any]:
    """Walk them; what was posted."""
    notes: list[Any] = []
    ScanJob(Scan(ID, paths), listed, notes.append).run()
    return notes


def test_a_walk_counts_files_bytes_and_what_is_left_out(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    for number in range(10):
        (top / f"{number}").write_bytes(b"x" * number)
    (top / "link").symlink_to("/etc")
    (tmp_path / "single").write_bytes(b"123")
    counted, ended = scan((top, tmp_path / "single"), tmp_path / "out" / "list")[-2:]
    assert isinstance(counted, Counted)
    offer = counted.offer
    assert (offer.files, offer.bytes, offer.names, offer.complete) == (11, 48, 2, True)
    assert [(one.name, one.files, one.bytes) for one in offer.tops] == [("top", 10, 45), ("single", 1, 3)]
    assert counted.skipped == 1
    assert ended == ScanEnded(ID)
    assert is_whole(tmp_path / "out" / "list")
    again = scan((top, tmp_path / "single"), tmp_path / "out" / "list")
    assert again[-2].offer == offer, "a finished list is read, not walked again"


def test_an_offer_grows_while_the_tree_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()
    monkeypatch.setattr(jobs, "time", types.SimpleNamespace(monotonic=lambda: next(seconds)))
    top = tmp_path / "top"
    top.mkdir()
    for number in range(1000):
        (top / f"{number}").write_bytes(b"")
    offers = [one.offer for one in scan((top,), tmp_path / "list") if isinstance(one, Counted)]
    assert len(offers) >= 3
    assert [one.complete for one in offers] == [False] * (len(offers) - 1) + [True]
    assert [one.files for one in offers] == sorted(one.files for one in offers)


def test_nothing_to_send_is_said_with_its_reason(tmp_path: Path) -> None:
    gone = (Skipped("gone", Code.FILE_VANISHED),)
    assert scan((tmp_path / "gone",), tmp_path / "list") == [ScanEnded(ID, Code.FILE_VANISHED, "", gone)]
    (tmp_path / "not a folder").write_text("")
    ended = scan((tmp_path,), tmp_path / "not a folder" / "list")[-1]
    assert ended.code == Code.DISK_ERROR


def test_a_cancelled_walk_ends(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    notes: list[Any] = []
    job = ScanJob(Scan(ID, (tmp_path / "x",)), tmp_path / "list", notes.append)
    job.cancel()
    job.run()
    assert notes == []
    assert not is_whole(tmp_path / "list")


def test_whoever_cannot_be_reached_is_reported(tmp_path: Path, net: Net) -> None:
    notes: list[Any] = []
    nowhere = (Address("127.0.0.1", free_port()),)
    DialJob(Dial("t", nowhere, None), net, notes.append).run()
    RunJob(Run(ID, BOB, 3, nowhere, (tmp_path,)), net, (tmp_path / "list",) * 2, notes.append).run()
    RunJob(Run(ID, BOB, 4, (), (tmp_path,)), net, (tmp_path / "list",) * 2, notes.append).run()
    assert notes == [
        DialEnded("t", Code.PEER_UNREACHABLE, "", None),
        RunEnded(ID, 3, Code.PEER_UNREACHABLE, "", unreachable=True),
        RunEnded(ID, 4, Code.PEER_UNREACHABLE, "", unreachable=True),
    ]


@pytest.mark.parametrize("first", ["key", "nothing"])
def test_another_key_is_told_though_something_else_answers_nothing_at_another_address(
    tmp_path: Path, net: Net, first: str
) -> None:
    """Anybody may announce a port where nobody speaks TLS: that says nothing about who has the key."""
    other = Shell(tmp_path, "Eve")
    eve = other.wait_for(Snapshot).me.id
    with socket.create_server(("127.0.0.1", 0)) as mute:
        threading.Thread(target=lambda: mute.accept()[0].close(), name="mute").start()
        addresses = [Address("127.0.0.1", other.port), Address("127.0.0.1", mute.getsockname()[1])]
        ordered = tuple(addresses if first == "key" else addresses[::-1])
        notes: list[Any] = []
        DialJob(Dial(BOB[:8], ordered, BOB), net, notes.append).run()
    other.host.close()
    assert [(one.code, one.seen) for one in notes] == [(Code.IDENTITY_CHANGED, eve)]


def test_a_job_reports_even_if_it_breaks(tmp_path: Path, net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> Any:
        raise RuntimeError("as it happens")

    monkeypatch.setattr(jobs, "connect", broken)
    notes: list[Any] = []
    with pytest.raises(RuntimeError):
        RunJob(Run(ID, BOB, 3, (), (tmp_path,)), net, (tmp_path / "list",) * 2, notes.append).run()
    assert [type(one) for one in notes] == [RunEnded]


def test_discarding_removes_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    listed, into = tmp_path / "list", tmp_path / "into"
    into.mkdir()
    (into / "mine").write_text("mine")
    listed.write_text("[]")
    stage = Staging(into, ID)
    stage.begin(0, ("x",), 10, 0)
    stage.close()
    told: list[object] = []
    DiscardJob(Discard(ID, into), told.append, listed).run()
    assert [one.name for one in into.iterdir()] == ["mine"]
    DiscardJob(Discard(ID, None), told.append, listed).run()
    assert not listed.exists()
    DiscardJob(Discard(ID, None), told.append, listed).run()
    assert told == [CleanupDone(ID)] * 3
    DiscardJob(Discard(ID, tmp_path / "gone"), told.append, listed).run()
    assert told == [CleanupDone(ID)] * 3, "its disk is not there: another time"


def test_the_runner_ends_what_it_started(tmp_path: Path, net: Net) -> None:
    came = threading.Event()
    runner = Runner(net, tmp_path / "out", lambda note: came.set())
    (tmp_path / "x").write_text("x")
    runner.start(Scan(ID, (tmp_path / "x",)))
    assert came.wait(5)
    runner.start(Run(ID, BOB, 1, (Address("127.0.0.1", free_port()),), (tmp_path,)))
    runner.start(EndRun(ID))
    runner.close()
