"""A data link that somebody dialled to us: no lease, no byte."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from lanshare.domain.errors import Code, LanshareError
from lanshare.engine.ports import DataLinkSpec
from lanshare.engine.runtime import inbound
from lanshare.engine.runtime.inbound import InboundLinks
from lanshare.engine.runtime.link_tasks import greet_as_dialler
from lanshare.exchange.source.sending import Sending
from lanshare.files.source.manifest import ManifestReader
from lanshare.net.link import Link
from tests.harness.link_ends import BOB, made, me
from tests.harness.wires import TRANSFER
from tests.net.conftest import ANNA, ends, key

__all__ = ["ends", "key"]


def attach(
    pair: tuple[Link, Link], tmp_path: Path, answer: DataLinkSpec | Code | None
) -> tuple[LanshareError | None, list[Any]]:
    """Bob pushes a transfer that Anna answers with this (None: never); what Bob gets, and what was asked."""
    dialler, acceptor = pair
    source, listed = made(tmp_path)
    asked: list[Any] = []

    def post(note: Any) -> None:
        asked.append(note)
        if answer is not None:
            note.reply.put(answer)

    def serve() -> None:
        try:
            InboundLinks(me(ANNA), post).serve(acceptor, lambda *_: None)
        except LanshareError:
            pass
        finally:
            acceptor.close()

    thread = threading.Thread(target=serve)
    thread.start()
    greet_as_dialler(dialler, me(BOB), "data", ANNA.id)
    reader = ManifestReader(listed)
    sending = Sending(TRANSFER, (source,), reader, True, lambda done, rate: None, lambda: None)
    error: LanshareError | None = None
    try:
        dialler.drive(sending)
    except LanshareError as raised:
        error = raised
    sending.close()
    thread.join(20)
    return error, asked


def test_a_refused_lease_is_told_and_nothing_is_written(ends: tuple[Link, Link], tmp_path: Path) -> None:
    error, asked = attach(ends, tmp_path, Code.DECLINED)
    assert error is not None
    assert error.code is Code.DECLINED
    assert (asked[0].peer, asked[0].transfer, asked[0].push) == (BOB.id, TRANSFER, True)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a", "key.pem", "list"]


def test_a_node_that_does_not_answer_holds_nobody_up_for_ever(
    ends: tuple[Link, Link], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "_LEASE", 0.2)
    error, asked = attach(ends, tmp_path, None)
    assert error is not None
    assert error.code is Code.NO_ANSWER
    assert not asked[0].reply.put(DataLinkSpec(epoch=1)), "a lease that comes too late is not taken"
