"""A tree is counted as it is walked, a list survives a crash, what is left over is removed."""

from __future__ import annotations

import itertools
import types
from pathlib import Path
from typing import Any

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.offer import Skipped
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import Discard, Scan
from lanshare.engine.inbox import CleanupDone, Counted, ScanEnded
from lanshare.engine.runtime import transfer_jobs
from lanshare.engine.runtime.transfer_jobs import DiscardJob, ScanJob
from lanshare.files.sink.staging import Staging
from lanshare.files.source import manifest
from lanshare.files.source.manifest import is_whole, read_all
from lanshare.trust.identity import Identity

ID = TransferId("ab" * 16)
BOB = Identity.create().id


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


@pytest.mark.parametrize("change", ["changed", "removed", "added"])
def test_what_is_walked_again_is_offered_with_what_came_before(tmp_path: Path, change: str) -> None:
    """Else an honest sender would bring more than it offered: what arrived before the change has arrived."""
    top, listed = tmp_path / "top", tmp_path / "list"
    top.mkdir()
    for number in range(3):
        (top / f"{number}").write_bytes(b"x" * 10)
    scan((top,), listed)
    if change == "removed":
        (top / "1").unlink()
    else:
        (top / ("1" if change == "changed" else "9")).write_bytes(b"another")
    notes: list[Any] = []
    ScanJob(Scan(ID, (top,), again=True), listed, notes.append).run()
    offer = notes[-2].offer
    assert (offer.files, offer.bytes, offer.names) == ((3, 30, 1) if change == "removed" else (4, 37, 1))
    assert [(one.files, one.bytes) for one in offer.tops] == [(offer.files, offer.bytes)]
    assert len(list(read_all(listed))) == offer.files + 1


def test_an_offer_grows_while_the_tree_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()
    monkeypatch.setattr(transfer_jobs, "time", types.SimpleNamespace(monotonic=lambda: next(seconds)))
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


@pytest.mark.parametrize("again", [False, True])
def test_a_tree_with_more_than_a_list_can_number_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """The folder, its files and what is left out count; also when a list is gone on with."""
    monkeypatch.setattr(manifest, "ENTRIES", 5)
    top = tmp_path / "top"
    top.mkdir()
    for number in range(3):
        (top / f"{number}").write_bytes(b"")
    (top / "link").symlink_to("/etc")
    assert scan((top,), tmp_path / "list")[-1] == ScanEnded(ID)
    (top / "5").write_bytes(b"")
    if not again:
        (tmp_path / "list").unlink()
    notes: list[Any] = []
    ScanJob(Scan(ID, (top,), again=again), tmp_path / "list", notes.append).run()
    assert notes[-1] == ScanEnded(ID, Code.LIST_TOO_LONG)
    assert not is_whole(tmp_path / "list")
    assert len(list(read_all(tmp_path / "list"))) <= 5


def test_a_cancelled_walk_ends(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    notes: list[Any] = []
    job = ScanJob(Scan(ID, (tmp_path / "x",)), tmp_path / "list", notes.append)
    job.cancel()
    job.run()
    assert notes == []
    assert not is_whole(tmp_path / "list")


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
