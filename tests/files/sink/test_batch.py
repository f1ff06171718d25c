"""Final names: given only to what is durable, replacing nothing; a crash at any point loses and doubles nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanshare.files import folder
from lanshare.files.faults import DiskFault
from lanshare.files.folder import Folder
from lanshare.files.sink.staging import Staging
from tests.harness.folders import HERE, LINKS, POSIX
from tests.harness.stages import TRANSFER, put


def test_a_name_appears_only_after_the_commit(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    put(stage, 0, ("a.txt",), b"hello")
    assert [one.name for one in tmp_path.iterdir()] == [".lanshare-incoming"]
    assert stage.commit(1.0) == [(0, 0)]
    assert (tmp_path / "a.txt").read_bytes() == b"hello"
    assert (tmp_path / "a.txt").stat().st_mtime_ns == 1_600_000_000_000_000_000
    assert (tmp_path / "a.txt").stat().st_mode & 0o111 == 0
    stage.discard()
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


@LINKS
def test_what_is_there_already_stays(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.txt").write_bytes(b"mine")
    (tmp_path / "d").symlink_to("/nonexistent")
    stage = Staging(tmp_path, TRANSFER)
    put(stage, 0, ("a.txt",), b"theirs")
    stage.folder(1, ("d",))
    put(stage, 2, ("d", "x"), b"x")
    stage.commit(1.0)
    stage.discard()
    assert (tmp_path / "a.txt").read_bytes() == b"mine"
    assert (tmp_path / "a (1).txt").read_bytes() == b"theirs"
    assert (tmp_path / "d").is_symlink()
    assert (tmp_path / "d (1)" / "x").read_bytes() == b"x"


def test_a_name_taken_between_the_note_and_the_rename_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    put(stage, 0, ("a.txt",), b"theirs")
    barrier = stage.batch._barrier

    def taken() -> None:
        barrier()
        (tmp_path / "a.txt").write_bytes(b"mine, just now")

    monkeypatch.setattr(stage.batch, "_barrier", taken)
    stage.commit(1.0)
    stage.close()
    assert (tmp_path / "a.txt").read_bytes() == b"mine, just now"
    assert (tmp_path / "a (1).txt").read_bytes() == b"theirs"
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 0),)
    again.discard()


def test_a_crash_between_barrier_and_rename_or_after_it_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(Exception):
        pass

    stage = Staging(tmp_path, TRANSFER)
    for index in range(3):
        put(stage, index, (f"f{index}",), bytes([index]))
    give = stage.placing.give_name

    def crash_after_first(whole: object, name: str) -> None:
        give(whole, name)  # type: ignore[arg-type]
        raise Crash

    monkeypatch.setattr(stage.placing, "give_name", crash_after_first)
    with pytest.raises(Crash):
        stage.commit(1.0)
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 2),), "what was whole is checked and kept, not received again"
    assert again.arrived.files == 3
    again.discard()
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {f"f{n}": bytes([n]) for n in range(3)}


def test_a_crash_between_link_and_unlink_doubles_nothing(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    put(stage, 0, ("a",), b"hello")
    move = stage.stage.folder.move

    def link_only(name: str, to: folder.Folder, new: str) -> None:
        os.link(tmp_path / ".lanshare-incoming" / TRANSFER / name, tmp_path / new)
        raise KeyboardInterrupt

    stage.stage.folder.move = link_only  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        stage.commit(1.0)
    stage.stage.folder.move = move  # type: ignore[method-assign]
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 0),)
    again.discard()
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_where_there_is_no_renameat2_links_do_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "_rename_exclusive", lambda *_: False)
    root = HERE.root(tmp_path)
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    with pytest.raises(FileExistsError):
        root.move("a", root, "b")
    root.move("a", root, "c")
    root.close()
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"b": b"b", "c": b"a"}


def test_an_intent_that_came_to_nothing_never_counts_as_a_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Noted, not renamed, received again, then dropped: the missing part must not read as a final name."""
    stage = Staging(tmp_path, TRANSFER)
    put(stage, 5, ("a",), b"hello")
    monkeypatch.setattr(stage.batch, "_barrier", lambda: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(DiskFault):
        stage.commit(1.0)
    stage.close()
    second = Staging(tmp_path, TRANSFER)
    second.begin(5, ("a",), 5, 0)
    second.drop()
    second.close()
    third = Staging(tmp_path, TRANSFER)
    assert third.kept().confirmed == ()
    assert third.arrived.files == 0
    third.discard()


@POSIX
def test_a_name_that_the_disk_cannot_hold_costs_only_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = HERE.move

    def fussy(self: Folder, name: str, to: Folder, new: str) -> None:
        if ":" in new:
            raise OSError(22, "Invalid argument")
        move(self, name, to, new)

    monkeypatch.setattr(HERE, "move", fussy)
    stage = Staging(tmp_path, TRANSFER)
    put(stage, 0, ("12:30.png",), b"x")
    put(stage, 1, ("fine.png",), b"y")
    assert stage.commit(1.0) == [(1, 1)]
    assert list(stage.batch.refused) == [0]
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((1, 1),)
    again.discard()
    assert [one.name for one in tmp_path.iterdir()] == ["fine.png"]
