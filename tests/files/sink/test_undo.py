"""Undoing a receiving: all of it, nothing else, and nothing that was changed since."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lanshare.domain.offer import ConflictPolicy
from lanshare.files import names
from lanshare.files.faults import DiskFault
from lanshare.files.lines import framed
from lanshare.files.sink.staging import Staging
from lanshare.files.sink.undo import undo
from tests.harness.engines import tree_of
from tests.harness.folders import LINKS
from tests.harness.stages import TRANSFER, put


def received(root: Path, receipt: Path, clash: ConflictPolicy = ConflictPolicy.KEEP) -> None:
    """A batch: a folder, a file in an existing folder, a single file, a link."""
    stage = Staging(root, TRANSFER, clash=clash)
    stage.tops.merge("old", "old")
    stage.folder(0, ("album",))
    put(stage, 1, ("album", "a"), b"a")
    put(stage, 2, ("album", "b"), b"b")
    put(stage, 3, ("old", "x"), b"new x")
    put(stage, 4, ("single",), b"single")
    stage.link(5, ("album", "link"), "a")
    stage.commit(1.0)
    stage.finish()
    stage.stage.receipt(receipt)
    stage.discard()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A receiving folder that is not empty."""
    folder = tmp_path / "in"
    (folder / "old").mkdir(parents=True)
    (folder / "old" / "x").write_bytes(b"old x")
    (folder / "single").write_bytes(b"mine")
    return folder


@pytest.mark.parametrize("clash", [ConflictPolicy.KEEP, ConflictPolicy.REPLACE])
@LINKS
def test_afterwards_it_is_as_before_and_what_came_lies_aside(root: Path, tmp_path: Path, clash: ConflictPolicy) -> None:
    before = tree_of(root)
    received(root, tmp_path / "receipt", clash)
    done = undo(root, tmp_path / "receipt")
    assert (done.files, done.restored, done.left) == (4, 0 if clash is ConflictPolicy.KEEP else 2, 0)
    aside = Path(done.folder)
    assert (aside / "album" / "b").read_bytes() == b"b"
    assert os.readlink(aside / "album" / "link") == "a"
    after = {name: data for name, data in tree_of(root).items() if not name.startswith("Undone")}
    assert after == before
    again = undo(root, tmp_path / "receipt")
    assert (again.files, again.restored) == (0, 0), "a second time there is nothing to undo"


def test_what_was_changed_since_stays(root: Path, tmp_path: Path) -> None:
    received(root, tmp_path / "receipt")
    (root / "album" / "a").write_bytes(b"my work of a day")
    (root / "album" / "mine").write_bytes(b"mine")
    (root / "single (1)").rename(root / "renamed by me")
    done = undo(root, tmp_path / "receipt")
    assert (done.files, done.left) == (2, 2)
    assert (root / "album" / "a").read_bytes() == b"my work of a day"
    assert (root / "album" / "mine").read_bytes() == b"mine"
    assert (root / "renamed by me").read_bytes() == b"single"


def test_without_a_receipt_or_a_folder_nothing_happens(root: Path, tmp_path: Path) -> None:
    before = tree_of(root)
    done = undo(root, tmp_path / "none")
    assert (done.files, done.folder) == (0, "")
    assert tree_of(root) == before
    with pytest.raises(DiskFault):
        undo(tmp_path / "gone", tmp_path / "none")


@LINKS
def test_a_folder_swapped_for_a_link_is_not_entered(root: Path, tmp_path: Path) -> None:
    received(root, tmp_path / "receipt")
    outside = tmp_path / "outside"
    (root / "album").rename(outside)
    (root / "album").symlink_to(outside)
    done = undo(root, tmp_path / "receipt")
    assert done.left == 2
    assert sorted(one.name for one in outside.iterdir()) == ["a", "b", "link"]


@pytest.mark.parametrize("path", [
    ["..", "private"], ["old", "..", "..", "private"], [".."], ["."], [""], [], ["a/../../private"], ["/etc/passwd"],
    ["old\x00", "x"], ["old", 7], [["old"]], ["x"] * 5000,
])
def test_a_receipt_that_leads_elsewhere_moves_nothing(root: Path, tmp_path: Path, path: list[object]) -> None:
    private = tmp_path / "private"
    private.write_bytes(b"mine alone")
    (root / "bait").mkdir()
    (root / "bait" / "x").write_bytes(b"evil")
    before = tree_of(tmp_path)
    notes: list[dict[str, object]] = [
        {"note": "files", "files": [[1, 10, path]]}, {"note": "linked", "path": path, "target": "a"},
        {"note": "made", "path": path}, {"note": "aside", "path": path, "to": ["bait", "x"]},
        {"note": "aside", "path": ["old", "new"], "to": path},
    ]
    (tmp_path / "receipt").write_bytes(b"".join(framed(json.dumps(one).encode()) for one in notes))
    done = undo(root, tmp_path / "receipt")
    assert (done.files, done.restored) == (0, 0)
    (tmp_path / "receipt").unlink()
    assert tree_of(tmp_path) == before


@pytest.mark.parametrize("name", [
    ".lanshare-incoming", ".LanShare-Incoming", ".lanshare-incoming.", ".lanshare-incoming ", ".lanshare-incoming-0",
    ".lanshare\u200c-incoming", "\uff0elanshare-incoming", ".lanshare-incoming\ufe0f", "Replaced by lanshare",
    "replaced BY Lanshare", "Undone by lanshare", "Undone by lanshare-0", "Undone by\u00a0lanshare",
    "Undone\u00ad by lanshare",
])
def test_a_name_that_means_something_to_us_is_escaped_however_a_file_system_may_read_it(name: str) -> None:
    safe = names.safe_top(name)
    assert safe != name
    assert not names.is_staging(safe)
    assert names.original(safe) == name


@pytest.mark.parametrize("name", ["LANSHA~1", "lansha~2", "REPLAC~1", "undone~12"])
def test_short_aliases_of_our_folders_are_escaped_where_a_file_system_makes_some(name: str) -> None:
    assert names.safe_name(name, names.System.WINDOWS) != name
    assert names.safe_name(name, names.System.POSIX) == name


def test_the_persons_own_file_comes_back_though_its_sender_sent_the_path_twice(root: Path, tmp_path: Path) -> None:
    stage = Staging(root, TRANSFER, clash=ConflictPolicy.REPLACE)
    put(stage, 0, ("single",), b"evil 1")
    put(stage, 1, ("single",), b"evil 2")
    stage.commit(1.0)
    stage.finish()
    stage.stage.receipt(tmp_path / "receipt")
    stage.discard()
    assert (root / "single").read_bytes() == b"evil 2"
    assert undo(root, tmp_path / "receipt").restored == 1
    assert (root / "single").read_bytes() == b"mine"
