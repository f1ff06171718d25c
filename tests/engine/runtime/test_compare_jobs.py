"""What was listed of an offer is compared piece by piece, and again with another folder from what was kept."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace

from lanshare.domain.control_messages import Listing
from lanshare.domain.offer import EntryKind, FileEntry
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import Compare, CompareAgain
from lanshare.engine.inbox import Compared
from lanshare.engine.runtime.compare_jobs import CompareAgainJob, CompareJob

ID = TransferId("ab" * 16)


def entry(path: Path, name: str, size: int) -> FileEntry:
    """A file of this name and size, with the time of the one at `path` if it is there."""
    mtime = path.stat().st_mtime_ns if path.exists() else 1
    return FileEntry((name,), EntryKind.FILE, size, mtime)


def test_new_same_and_different_files_are_counted_over_all_pieces_and_folders(tmp_path: Path) -> None:
    here, empty, kept = tmp_path / "here", tmp_path / "empty", tmp_path / "offered" / ID
    here.mkdir()
    empty.mkdir()
    (here / "same").write_text("1234")
    (here / "other").write_text("12")
    told: list[Compared] = []
    tally = Compared(ID, 0, 0, 0, 0, 0, ())
    pieces = [
        Listing(ID, 0, (entry(here / "same", "same", 4), entry(here / "other", "other", 5)), False),
        Listing(ID, 2, (entry(here / "new", "new", 7),), True),
    ]
    for piece in pieces:
        CompareJob(Compare(piece, here), kept, lambda: told[-1] if told else tally, told.append).run()
    assert told[-1].free > 0
    assert replace(told[-1], free=0) == Compared(ID, 1, 1, 1, 12, 4, ("other",))
    CompareAgainJob(CompareAgain(ID, empty), kept, told.append).run()
    assert replace(told[-1], free=0) == Compared(ID, 3, 0, 0, 16, 0, ())
    if os.name == "posix":
        assert kept.stat().st_mode & 0o077 == 0, "what a peer listed is for our eyes"


def test_without_what_was_kept_nothing_is_told_again(tmp_path: Path) -> None:
    told: list[Compared] = []
    CompareAgainJob(CompareAgain(ID, tmp_path), tmp_path / "gone", told.append).run()
    assert told == []
