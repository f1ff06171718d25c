"""Before the first byte: what earlier tries left is checked, what seems to be here is asked about, nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanshare.domain.errors import Code, ProtocolError
from lanshare.domain.offer import ConflictPolicy
from lanshare.exchange.sink.budget import Budget
from lanshare.exchange.sink.prelude import Prelude
from lanshare.exchange.sink.report import Report
from lanshare.files.content import small_id
from lanshare.files.sink.staging import Staging
from lanshare.wire import frames as f
from tests.harness.wires import TRANSFER, Ear

ID = bytes.fromhex(TRANSFER)


def begun(tmp_path: Path, known: tuple[str, ...], clash: ConflictPolicy) -> tuple[Prelude, Staging, Report]:
    """One that knows the offer's names."""
    staging, report = Staging(tmp_path, TRANSFER, clash=clash), Report()
    return Prelude(staging, clash, known, Budget(None), report), staging, report


def through(prelude: Prelude, ear: Ear) -> bool:
    """Step until it is through, or waits for the source."""
    for _ in range(100):
        if prelude.step(ear, 0.0):
            return True
        if prelude.waits:
            return False
    raise AssertionError("no end")


def test_where_nothing_of_that_name_is_nothing_is_asked(tmp_path: Path) -> None:
    prelude, staging, _ = begun(tmp_path, ("album",), ConflictPolicy.KEEP)
    ear = Ear()
    assert through(prelude, ear)
    assert ear.said == []
    with pytest.raises(ProtocolError):
        prelude.listed(f.Listing(ID, 0, (), True))
    with pytest.raises(ProtocolError):
        prelude.contents(f.Contents(()))
    prelude.close()
    staging.close()


@pytest.mark.parametrize("clash", [ConflictPolicy.KEEP, ConflictPolicy.SKIP])
def test_what_is_here_is_the_same_by_its_content_or_is_not_wanted(tmp_path: Path, clash: ConflictPolicy) -> None:
    (tmp_path / "note.txt").write_bytes(b"same")
    time = (tmp_path / "note.txt").stat().st_mtime_ns
    prelude, staging, report = begun(tmp_path, ("note.txt",), clash)
    ear = Ear()
    assert not through(prelude, ear)
    assert any(isinstance(one, f.Compare) for one in ear.said)
    theirs = b"same" if clash is ConflictPolicy.KEEP else b"else"
    prelude.listed(f.Listing(ID, 0, (f.Listed(("note.txt",), "file", 4, time),), True))
    if not through(prelude, ear):
        prelude.contents(f.Contents(((0, small_id(theirs)),)))
        assert through(prelude, ear)
    if clash is ConflictPolicy.KEEP:
        assert staging.kept().confirmed == ((0, 0),)
        assert report.failed == []
    else:
        assert 0 in prelude.unwanted
        assert [one.code for one in report.failed] == [Code.ALREADY_THERE]
    prelude.close()
    staging.close()
