"""Where what arrived comes to lie: moved aside, linked, renamed, and never over anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.offer import ConflictPolicy
from lanshare.files.folder import Folder
from lanshare.files.names import NameRefused
from lanshare.files.sink.destination import LOSSES
from lanshare.files.sink.staging import Staging
from tests.harness.folders import HERE, LINKS
from tests.harness.stages import TRANSFER, put


def test_replacing_moves_the_old_one_aside_under_a_date(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a").write_bytes(b"old")
    (tmp_path / "d" / "folder").mkdir()
    stage = Staging(tmp_path, TRANSFER, clash=ConflictPolicy.REPLACE)
    stage.tops.merge("d", "d")
    put(stage, 0, ("d", "a"), b"new")
    put(stage, 1, ("d", "folder"), b"a file where a folder is")
    stage.commit(1.0)
    stage.discard()
    assert (tmp_path / "d" / "a").read_bytes() == b"new"
    assert (tmp_path / "d" / "folder").is_dir()
    assert (tmp_path / "d" / "folder (1)").read_bytes() == b"a file where a folder is"
    (old,) = (tmp_path / "Replaced by lanshare").glob("*/d/a")
    assert old.read_bytes() == b"old"


@LINKS
def test_links_are_made_last_and_never_lead_out(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    stage.folder(0, ("d",), 1_500_000_000_000_000_000)
    stage.folder(1, ("d", "sub"), 1_400_000_000_000_000_000)
    stage.link(2, ("d", "to sub"), "sub")
    stage.link(3, ("d", "sub", "up"), "../file")
    stage.link(4, ("d", "through"), "to sub/file")
    for target in ("/etc", "../x", "sub/../../x", "a//b", "", "..", "sub/.."):
        with pytest.raises(NameRefused):
            stage.link(9, ("d", "bad"), target)
    with pytest.raises(NameRefused):
        stage.link(9, ("top",), "d")
    put(stage, 5, ("d", "file"), b"x")
    stage.commit(1.0)
    assert not (tmp_path / "d" / "to sub").is_symlink()
    assert stage.finish() == [(2, 3)]
    assert list(stage.batch.refused) == [4], "a link whose way leads through another link"
    stage.discard()
    assert os.readlink(tmp_path / "d" / "to sub") == "sub"
    assert (tmp_path / "d" / "sub" / "up").read_bytes() == b"x"
    assert (tmp_path / "d").stat().st_mtime_ns == 1_500_000_000_000_000_000
    assert (tmp_path / "d" / "sub").stat().st_mtime_ns == 1_400_000_000_000_000_000


@LINKS
def test_a_link_through_somebodys_own_link_is_not_made(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "in"
    outside.mkdir()
    (root / "d").mkdir(parents=True)
    (root / "d" / "mine").symlink_to(outside)
    stage = Staging(root, TRANSFER, clash=ConflictPolicy.SKIP)
    stage.tops.merge("d", "d")
    stage.link(0, ("d", "x"), "mine/secret")
    stage.link(1, ("d", "y"), "mine")
    stage.finish()
    assert list(stage.batch.refused) == [0, 1]
    stage.discard()
    assert [one.name for one in (root / "d").iterdir()] == ["mine"]


def test_names_that_had_to_change_are_reported(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    put(stage, 0, ("a\x07b",), b"")
    assert stage.placing.losses == [("a\x07b", Code.NAME_MAPPED)]
    stage.discard()


def test_the_very_same_file_sent_twice_is_not_doubled(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    put(stage, 0, ("d", "f"), b"same")
    stage.commit(1.0)
    put(stage, 1, ("d", "f"), b"same")
    put(stage, 2, ("d", "f"), b"othr")
    assert stage.commit(2.0) == [(1, 2)]
    stage.discard()
    found = {one.name: one.read_bytes() for one in (tmp_path / "d").iterdir()}
    assert found == {"f": b"same", "f (1)": b"othr"}, "same size and time is not enough"


def test_the_report_of_losses_is_bounded(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    for number in range(1500):
        stage.folder(number, ("bad\x07", f"{number}"))
    assert len(stage.placing.losses) == LOSSES
    stage.discard()


def test_a_file_that_lies_there_already_under_its_own_name_is_told_as_where_it_is(tmp_path: Path) -> None:
    for transfer in (TRANSFER, "ab" * 16):
        stage = Staging(tmp_path, transfer)
        put(stage, 0, ("same",), b"x" * 100_000)
        stage.commit(1.0)
        assert stage.tops.paths == (tmp_path / "same",)
        stage.discard()
    assert [one.name for one in tmp_path.iterdir()] == ["same"]


def test_the_very_same_file_is_not_doubled_under_a_number_either(tmp_path: Path) -> None:
    for turn, data in enumerate((b"1st", b"2nd", b"3rd", b"2nd", b"3rd", b"1st")):
        stage = Staging(tmp_path, f"{turn:032x}")
        stage.tops.merge("d", "d")
        put(stage, 0, ("d", "f"), data)
        put(stage, 1, ("top",), data)
        assert stage.commit(1.0) == [(0, 1)]
        where = {b"1st": "top", b"2nd": "top (1)", b"3rd": "top (2)"}[data]
        assert stage.tops.paths == (tmp_path / "d", tmp_path / where)
        stage.discard()
    there = {one.relative_to(tmp_path).as_posix(): one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
    assert there == {
        "d/f": b"1st", "d/f (1)": b"2nd", "d/f (2)": b"3rd", "top": b"1st", "top (1)": b"2nd", "top (2)": b"3rd"
    }


def test_a_thousand_files_of_one_name_cost_looks_in_proportion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    real = HERE.exists

    def counted(folder: Folder, name: str) -> bool:
        looks.append(name)
        return bool(real(folder, name))

    stage = Staging(tmp_path, TRANSFER)
    monkeypatch.setattr(HERE, "exists", counted)
    costs = []
    for batch in range(4):
        for number in range(300):
            put(stage, batch * 300 + number, ("a",), f"{batch} {number}".encode())
        stage.commit(1.0)
        costs.append(len(looks))
        looks.clear()
    stage.discard()
    assert len([one for one in tmp_path.iterdir() if one.name.startswith("a")]) == 1200
    assert costs[3] < 1.5 * costs[2], "each batch costs about what the one before did, once there are many"
