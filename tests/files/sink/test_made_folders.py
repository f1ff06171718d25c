"""Folders below a destination: ours if we made them, and never reached over a link."""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path

from lanshare.files.folder import open_folder
from lanshare.files.sink.ledger import FolderMade
from lanshare.files.sink.made_folders import MadeFolders
from lanshare.files.sink.stage import Stage
from lanshare.files.sink.staging import Staging
from tests.harness.folders import LINKS
from tests.harness.stages import TRANSFER, put


@LINKS
def test_a_folder_swapped_for_a_link_is_not_followed(tmp_path: Path, kind: str) -> None:
    root, outside = tmp_path / "in", tmp_path / "out"
    root.mkdir()
    outside.mkdir()
    stage = Staging(root, TRANSFER)
    stage.folder(0, ("d",))
    (root / "d").rmdir()
    (root / "d").symlink_to(outside)
    put(stage, 1, ("d", "x"), b"x")
    assert stage.commit(1.0) == []
    assert list(stage.batch.refused) == [1]
    stage.close()
    assert list(outside.iterdir()) == []


def test_only_what_was_made_is_ours_and_counts(tmp_path: Path) -> None:
    (tmp_path / "there" / "deep").mkdir(parents=True)
    with contextlib.closing(open_folder(tmp_path)) as root, contextlib.closing(Stage(root, TRANSFER)) as stage:
        folders = MadeFolders(root, stage)
        folders.folder(("there", "deep", "new", "newer"))
        folders.folder(("there", "deep"))
        assert folders.folder(("there", "deep")) is folders.folder(("there", "deep")), "the one used last stays open"
        folders.close()
        ours = [("there", "deep", "new"), ("there", "deep", "new", "newer")]
        assert (folders.count, sorted(folders.fresh)) == (2, ours)
        assert list(stage.book.recover()) == [FolderMade(one) for one in ours]


def test_looking_makes_nothing_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "x").mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "full")
    with contextlib.closing(open_folder(tmp_path)) as root, contextlib.closing(Stage(root, TRANSFER)) as stage:
        folders = MadeFolders(root, stage)
        seen = {name: (folders.is_folder(name), folders.is_empty(name)) for name in ("empty", "full", "file", "link")}
        assert seen == {
            "empty": (True, True), "full": (True, False), "file": (False, False), "link": (False, False)
        }
        assert folders.stat(("link", "x")) is None
        assert folders.stat(("none", "x")) is None
        found = folders.stat(("full", "x"))
        assert found is not None
        assert stat.S_ISDIR(found.st_mode)
        assert folders.count == 0
    assert not (tmp_path / "none").exists()
