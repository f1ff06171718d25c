"""Dials: whoever is not there, or is somebody else, is reported; a job reports whatever happens."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.events import Snapshot
from lanshare.domain.peer import Address
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import Dial, Run
from lanshare.engine.inbox import DialEnded, RunEnded
from lanshare.engine.ports import DataLinkSpec
from lanshare.engine.runtime import dialling
from lanshare.engine.runtime.dialling import DialJob, Net, RunJob
from lanshare.trust.identity import Identity
from tests.harness.engines import free_port
from tests.harness.shells import Shell

ID = TransferId("ab" * 16)
BOB = Identity.create().id


def spec(epoch: int, source: Path) -> DataLinkSpec:
    """A sending of this."""
    return DataLinkSpec(epoch=epoch, sources=(source,), manifest=source / "list")


def test_whoever_cannot_be_reached_is_reported(tmp_path: Path, net: Net) -> None:
    notes: list[Any] = []
    nowhere = (Address("127.0.0.1", free_port()),)
    DialJob(Dial("t", nowhere, None), net, notes.append).run()
    RunJob(Run(ID, BOB, nowhere, spec(3, tmp_path)), net, notes.append).run()
    RunJob(Run(ID, BOB, (), spec(4, tmp_path)), net, notes.append).run()
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

    monkeypatch.setattr(dialling, "connect", broken)
    notes: list[Any] = []
    with pytest.raises(RuntimeError):
        RunJob(Run(ID, BOB, (), spec(3, tmp_path)), net, notes.append).run()
    assert [type(one) for one in notes] == [RunEnded]
