"""New folders grow in staging and come to their places whole: never with what is not verified, never over anything."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.offer import ConflictPolicy
from lanshare.files import folder, small
from lanshare.files.content import small_id
from lanshare.files.faults import DiskFault
from lanshare.files.names import NameRefused
from lanshare.files.sink import batch, ledger, staging, undo
from lanshare.files.sink import stage as stages
from lanshare.files.sink.stage import GROWING, VerifiedFile
from lanshare.files.sink.staging import Staging
from tests.harness.engines import tree_of
from tests.harness.folders import HERE, LINKS, MODES, POSIX
from tests.harness.stages import TRANSFER, put

TIME = 1_600_000_000_000_000_001


def pack(stage: Staging, index: int, *parts: str, data: bytes = b"", private: bool = False) -> None:
    """Receive one small file; of no other content than its path says, unless given."""
    data = data or "/".join(parts).encode()
    stage.small(index, parts, data, small_id(data), TIME, private=private)


def incoming(base: Path) -> Path:
    """The staging folder of the transfer."""
    return base / ".lanshare-incoming" / TRANSFER


def growing(base: Path) -> list[str]:
    """The new folders in it."""
    return sorted(one.name for one in incoming(base).iterdir() if one.name.startswith(GROWING))


def shown(base: Path) -> dict[str, bytes | None]:
    """What has a final name."""
    found = {name.replace(os.sep, "/"): data for name, data in tree_of(base).items()}
    return {name: data for name, data in found.items() if not name.startswith(".lanshare")}


def at_barrier(stage: Staging, monkeypatch: pytest.MonkeyPatch, meddle: Callable[[], None]) -> None:
    """Let somebody do this between the barrier and the renames, once."""
    barrier, left = stage.batch._barrier, [meddle]

    def then() -> None:
        barrier()
        if left:
            left.pop()()

    monkeypatch.setattr(stage.batch, "_barrier", then)


def test_a_new_folder_appears_with_the_commit_and_whole(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    stage.folder(0, ("top",))
    stage.folder(1, ("top", "sub"))
    pack(stage, 2, "top", "sub", "a")
    pack(stage, 3, "top", "sub", "deep", "er", "b")
    stage.folder(4, ("top", "empty"))
    pack(stage, 5, "top", "other", "c")
    assert shown(tmp_path) == {"top": None}
    assert stage.commit(1.0) == [(2, 3), (5, 5)]
    wanted = {
        "top": None, "top/sub": None, "top/sub/a": b"top/sub/a", "top/sub/deep": None, "top/sub/deep/er": None,
        "top/sub/deep/er/b": b"top/sub/deep/er/b", "top/empty": None, "top/other": None, "top/other/c": b"top/other/c",
    }
    assert shown(tmp_path) == wanted
    assert (tmp_path / "top" / "sub" / "a").stat().st_mtime_ns // 100 == TIME // 100
    pack(stage, 6, "top", "sub", "later")
    pack(stage, 7, "top", "sub", "deep", "new", "d")
    stage.commit(2.0)
    stage.finish()
    assert shown(tmp_path) == wanted | {
        "top/sub/later": b"top/sub/later", "top/sub/deep/new": None, "top/sub/deep/new/d": b"top/sub/deep/new/d",
    }
    assert growing(tmp_path) == []
    stage.discard()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["top"]


def test_each_folder_is_one_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Staging(tmp_path, TRANSFER)
    for index in range(300):
        pack(stage, index, "top", f"d{index // 100}", f"f{index}")
    moves: list[str] = []

    def counted(name: str) -> None:
        real = getattr(HERE, name)

        def moved(*given: object) -> None:
            moves.append(name)
            real(*given)

        monkeypatch.setattr(HERE, name, moved)

    counted("move")
    counted("move_folder")
    put(stage, 300, ("top", "d1", "large"), b"large")
    stage.commit(1.0)
    assert moves == ["move_folder"] * 3 + ["move"]
    assert (tmp_path / "top" / "d1" / "large").read_bytes() == b"large"
    stage.discard()


def test_folders_alone_come_too(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    stage.folder(0, ("top",))
    stage.folder(1, ("top", "a"))
    stage.folder(2, ("top", "a", "b"), TIME)
    assert stage.commit(1.0) == []
    stage.finish()
    assert shown(tmp_path) == {"top": None, "top/a": None, "top/a/b": None}
    assert (tmp_path / "top" / "a" / "b").stat().st_mtime_ns // 1000 == TIME // 1000
    stage.discard()


def test_a_folder_that_somebody_makes_meanwhile_keeps_what_is_in_it(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    stage.folder(0, ("top",))
    stage.folder(1, ("top", "sub"), TIME)
    for index, name in enumerate(("a", "b", "c"), 2):
        pack(stage, index, "top", "sub", name)
    stage.folder(5, ("top", "sub", "empty"))
    pack(stage, 6, "top", "else", "d")
    mine = tmp_path / "top" / "sub"

    def meddle() -> None:
        mine.mkdir()
        (mine / "a").write_bytes(b"mine")

    at_barrier(stage, monkeypatch, meddle)
    assert stage.commit(1.0) == [(2, 4), (6, 6)]
    os.utime(mine, ns=(5_000_000_000, 5_000_000_000))
    stage.finish()
    assert shown(tmp_path / "top") == {
        "sub": None, "sub/a": b"mine", "sub/a (1)": b"top/sub/a", "sub/b": b"top/sub/b", "sub/c": b"top/sub/c",
        "sub/empty": None, "else": None, "else/d": b"top/else/d",
    }
    assert mine.stat().st_mtime_ns == 5_000_000_000, "it is not ours: its time stays"
    assert growing(tmp_path) == []
    receipt = tmp_path / "receipt"
    stage.stage.receipt(receipt)
    stage.discard()
    done = undo.undo(tmp_path, receipt)
    assert (done.files, done.left) == (4, 0)
    left = {name: data for name, data in shown(tmp_path).items() if name.startswith("top")}
    assert left == {"top": None, "top/sub": None, "top/sub/a": b"mine"}


@pytest.mark.parametrize("taken", ["a file", pytest.param("a link", marks=LINKS)])
def test_what_cannot_come_to_its_place_is_refused_and_the_rest_comes(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    pack(stage, 1, "top", "sub", "deep", "b")
    pack(stage, 2, "top", "else", "c")
    other = tmp_path / "elsewhere"
    other.mkdir()

    def meddle() -> None:
        if taken == "a file":
            (tmp_path / "top" / "sub").write_bytes(b"mine")
        else:
            (tmp_path / "top" / "sub").symlink_to(other)

    at_barrier(stage, monkeypatch, meddle)
    assert stage.commit(1.0) == [(2, 2)]
    assert stage.batch.refused == {0: "top/sub/a", 1: "top/sub/deep/b"}
    assert stage.placing.losses == [("top/sub", Code.NAME_REFUSED), ("top/sub/deep", Code.NAME_REFUSED)]
    assert (tmp_path / "top" / "else" / "c").read_bytes() == b"top/else/c"
    assert list(other.iterdir()) == []
    assert growing(tmp_path) == []
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((2, 2),), "what was refused does not count as here"
    again.discard()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EBUSY, errno.EXDEV])
def test_a_folder_that_cannot_be_renamed_comes_file_by_file(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    stage.folder(1, ("top", "sub", "empty"))
    for one in folder.HandleFolder, folder.PathFolder:
        monkeypatch.setattr(one, "move_folder", refuses)
    assert stage.commit(1.0) == [(0, 0)]
    assert shown(tmp_path / "top") == {"sub": None, "sub/a": b"top/sub/a", "sub/empty": None}
    assert growing(tmp_path) == []
    stage.discard()


def test_a_disk_that_fails_at_the_rename_halts_and_the_next_try_ends_it(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "a", "x")
    pack(stage, 1, "top", "b", "y")

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as broken:
        for one in folder.HandleFolder, folder.PathFolder:
            broken.setattr(one, "move_folder", fails)
        with pytest.raises(DiskFault):
            stage.commit(1.0)
    stage.close()
    assert shown(tmp_path) == {"top": None}
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 1),)
    assert shown(tmp_path / "top") == {"a": None, "a/x": b"top/a/x", "b": None, "b/y": b"top/b/y"}
    again.discard()


@POSIX
def test_a_file_system_that_cannot_rename_without_replacing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "_rename_exclusive", lambda *_: False)
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    pack(stage, 1, "top", "else", "b")
    mine: list[int] = []

    def meddle() -> None:
        (tmp_path / "top" / "sub").mkdir()
        mine.append((tmp_path / "top" / "sub").stat().st_ino)

    at_barrier(stage, monkeypatch, meddle)
    assert stage.commit(1.0) == [(0, 1)]
    assert shown(tmp_path / "top") == {"sub": None, "sub/a": b"top/sub/a", "else": None, "else/b": b"top/else/b"}
    assert (tmp_path / "top" / "sub").stat().st_ino == mine[0], "an empty folder of somebody's is not replaced either"
    receipt = tmp_path / "receipt"
    stage.stage.receipt(receipt)
    stage.discard()
    assert undo.undo(tmp_path, receipt).files == 2
    assert (tmp_path / "top" / "sub").stat().st_ino == mine[0], "nor removed"
    assert not (tmp_path / "top" / "else").exists()


def test_two_of_one_path_do_not_replace_each_other(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a", data=b"first")
    pack(stage, 1, "top", "sub", "a", data=b"second")
    put(stage, 2, ("top", "sub", "a"), b"third")
    pack(stage, 3, "top", "sub", "a", data=b"first")
    pack(stage, 4, "top", "sub", "a", data=b"fifth")
    assert stage.commit(1.0) == [(0, 4)]
    assert sorted(data for data in shown(tmp_path / "top" / "sub").values() if data) == [
        b"fifth", b"first", b"second", b"third"
    ]
    stage.discard()


def test_a_file_in_the_way_of_a_folder_is_said_and_harms_nothing(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    pack(stage, 1, "top", "sub", "a", "within")
    pack(stage, 2, "top", "sub", "b")
    assert stage.commit(1.0) == [(0, 0), (2, 2)]
    assert stage.batch.refused == {1: "top/sub/a/within"}
    assert shown(tmp_path / "top") == {"sub": None, "sub/a": b"top/sub/a", "sub/b": b"top/sub/b"}
    stage.discard()


def test_what_is_in_a_folder_that_is_there_already_waits_as_parts(tmp_path: Path, kind: str) -> None:
    (tmp_path / "top" / "sub").mkdir(parents=True)
    (tmp_path / "top" / "sub" / "a").write_bytes(b"mine")
    stage = Staging(tmp_path, TRANSFER, clash=ConflictPolicy.REPLACE)
    stage.tops.merge("top", "top")
    pack(stage, 0, "top", "sub", "a")
    pack(stage, 1, "top", "new", "b")
    assert growing(tmp_path) == [], "it is not our folder that it comes to: it is made there, with the rights of there"
    stage.commit(1.0)
    stage.discard()
    assert (tmp_path / "top" / "sub" / "a").read_bytes() == b"top/sub/a"
    assert (tmp_path / "top" / "new" / "b").read_bytes() == b"top/new/b"
    assert [one.read_bytes() for one in (tmp_path / "Replaced by lanshare").rglob("a")] == [b"mine"]


@pytest.mark.parametrize("halfway", ["written", "left"])
def test_what_could_not_be_written_whole_never_gets_a_name(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, halfway: str
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    with monkeypatch.context() as broken:
        broken.setattr(small, "set_time", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "broken")))
        if halfway == "left":
            for one in folder.HandleFolder, folder.PathFolder:
                broken.setattr(one, "remove", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "broken")))
        with pytest.raises(DiskFault):
            pack(stage, 1, "top", "sub", "b")
    assert stage.commit(1.0) == [(0, 0)]
    assert shown(tmp_path / "top") == {"sub": None, "sub/a": b"top/sub/a"}
    assert growing(tmp_path) == []
    stage.discard()


def test_what_an_earlier_try_left_is_checked_and_goes_on(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    stage.folder(0, ("top",))
    for index, name in enumerate(("good", "torn", "gone", "also"), 1):
        pack(stage, index, "top", "sub", "deep", name)
    stage.folder(5, ("top", "sub", "empty"))
    stage.close()
    deep = incoming(tmp_path) / f"{GROWING}0" / "deep"
    (deep / "torn").write_bytes(b"x" * len("top/sub/deep/torn"))
    (deep / "gone").unlink()
    (deep / "never noted").write_bytes(b"half of some")
    (incoming(tmp_path) / f"{GROWING}7" / "unknown").mkdir(parents=True)
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 1), (4, 5))
    assert shown(tmp_path / "top") == {
        "sub": None, "sub/deep": None, "sub/deep/good": b"top/sub/deep/good", "sub/deep/also": b"top/sub/deep/also",
        "sub/empty": None,
    }
    assert growing(tmp_path) == []
    pack(again, 2, "top", "sub", "deep", "torn")
    pack(again, 3, "top", "sub", "more", "gone")
    again.commit(1.0)
    assert (tmp_path / "top" / "sub" / "more" / "gone").exists()
    assert again.arrived.files == 4
    again.discard()


@pytest.mark.parametrize("noted", [True, False])
def test_a_folder_that_is_gone_has_its_place_only_if_that_was_noted(tmp_path: Path, kind: str, noted: bool) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    stage.batch.note()
    if noted:
        stage.new.note()
    stage.close()
    (incoming(tmp_path) / f"{GROWING}0").rename(tmp_path / "top" / "sub")
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == (((0, 0),) if noted else ())
    assert again.arrived.files == int(noted)
    again.discard()


def test_each_try_counts_its_folders_on(tmp_path: Path, kind: str) -> None:
    for index in range(4):
        stage = Staging(tmp_path, TRANSFER)
        assert stage.kept().confirmed == (((0, index - 1),) if index else ())
        pack(stage, index, "top", f"d{index}", "f")
        stage.close()
    last = Staging(tmp_path, TRANSFER)
    assert last.kept().confirmed == ((0, 3),)
    last.discard()


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_killed_while_files_go_one_by_one_nothing_is_doubled_and_undo_finds_all(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    class Killed(BaseException):
        pass

    stage = Staging(tmp_path, TRANSFER)
    for index, name in enumerate("abc"):
        pack(stage, index, "top", "sub", name)
    mine = tmp_path / "top" / "sub"

    def meddle() -> None:
        mine.mkdir()
        (mine / "a").write_bytes(b"mine")

    at_barrier(stage, monkeypatch, meddle)
    give = stage.placing.give_name
    given: list[str] = []

    def killed(whole: VerifiedFile, name: str) -> None:
        if len(given) == moved:
            raise Killed
        given.append(name)
        give(whole, name)

    monkeypatch.setattr(stage.placing, "give_name", killed)
    with pytest.raises(Killed):
        stage.commit(1.0)
    stage.close()
    if moved == 0:  # who took the name gave it back
        (mine / "a").unlink()
        mine.rmdir()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 2),)
    receipt = tmp_path / "receipt"
    again.stage.receipt(receipt)
    again.discard()
    contents = sorted(data for data in shown(tmp_path / "top").values() if data)
    assert contents == sorted([b"top/sub/a", b"top/sub/b", b"top/sub/c", *([b"mine"] if moved else [])])
    done = undo.undo(tmp_path, receipt)
    assert (done.files, done.left) == (3, 0)
    assert (tmp_path / "top").exists() == bool(moved), "the folder is ours if nobody has it"


@POSIX
def test_killed_before_a_folder_replaces_its_empty_place_nobody_can_look_into_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(folder, "_rename_exclusive", lambda *_: False)
    stage = Staging(tmp_path, TRANSFER)
    stage.folder(0, ("top",))
    stage.folder(1, ("top", "sub"), private=True)
    pack(stage, 2, "top", "sub", "a")
    with monkeypatch.context() as dying:
        dying.setattr(os, "rename", killed)
        with pytest.raises(Killed):
            stage.commit(1.0)
    stage.close()
    assert (tmp_path / "top" / "sub").stat().st_mode & 0o777 == 0o700
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 2),)
    assert (tmp_path / "top" / "sub").stat().st_mode & 0o777 == 0o700
    again.discard()


@POSIX
def test_the_rename_of_a_folder_is_durable_before_its_files_are_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    steps: list[object] = []
    move, sync = folder.HandleFolder.move_folder, folder.HandleFolder.sync

    def moved(self: folder.HandleFolder, name: str, to: folder.HandleFolder, new: str) -> None:
        steps.append("moved")
        move(self, name, to, new)

    def synced(self: folder.HandleFolder) -> None:
        steps.append(os.fstat(self._fd).st_ino)
        sync(self)

    monkeypatch.setattr(folder.HandleFolder, "move_folder", moved)
    monkeypatch.setattr(folder.HandleFolder, "sync", synced)
    stage.commit(1.0)
    assert steps == ["moved", (tmp_path / "top").stat().st_ino, incoming(tmp_path).stat().st_ino]
    stage.discard()


def test_notes_of_folders_that_do_not_belong_together_break_nothing(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    for path in ("elsewhere", "x"), ("top", "sub", "missing", "deep"), ("top", "other"):
        stage.stage.note(ledger.FolderBegun(0, path))
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 0),)
    assert shown(tmp_path) == {"top": None, "top/sub": None, "top/sub/a": b"top/sub/a"}
    again.discard()


def test_its_notes_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    stage = Staging(tmp_path / "in", TRANSFER)
    for path in ("..", "x"), ("top", "..", ".."), ():
        stage.stage.note(ledger.FolderBegun(0, path))
        stage.stage.note(ledger.NewFiles(0, path, (ledger.NewFile(0, 1, "x", "00", 0),)))
    stage.stage.note(ledger.FolderBegun(1, ("top", "sub")))
    stage.stage.note(ledger.NewFiles(1, ("top", "sub", ".."), (ledger.NewFile(1, 1, "x", "00", 0),)))
    stage.stage.note(ledger.NewFiles(1, ("else",), (ledger.NewFile(2, 1, "x", "00", 0),)))
    stage.stage.note(ledger.NewFiles(1, ("top", "sub"), (ledger.NewFile(3, 1, "../x", "00", 0),)))
    stage.stage.note(ledger.FoldersPlaced((0, 1, 99)))
    receipt = tmp_path / "receipt"
    stage.stage.receipt(receipt)
    stage.close()
    (tmp_path / "x").write_bytes(b"1")
    again = Staging(tmp_path / "in", TRANSFER)
    assert again.kept().confirmed == ()
    again.discard()
    assert undo.undo(tmp_path / "in", receipt).files == 0
    assert (tmp_path / "x").read_bytes() == b"1"


def test_sixty_folders_deep_with_a_file_in_each(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    names = ["top", *(f"d{depth}" for depth in range(60))]
    for depth in range(1, len(names) + 1):
        pack(stage, depth, *names[:depth], "f")
    stage.commit(1.0)
    assert len([one for one in shown(tmp_path).values() if one]) == 61
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((1, 61),)
    again.discard()


def test_many_folders_hold_no_handles(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    handles = Path("/proc/self/fd")
    before = len(list(handles.iterdir())) if handles.exists() else 0
    for index in range(500):
        pack(stage, index, "top", f"d{index}", "f")
    assert not before or len(list(handles.iterdir())) <= before + 1
    stage.commit(1.0)
    stage.close()
    assert not before or len(list(handles.iterdir())) < before


@MODES
def test_rights_and_the_group_of_the_folder_are_as_if_it_was_made_there(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    group = max([os.getegid(), *os.getgroups()])
    if os.geteuid() == 0:
        group = 4242
        os.chown(shared, -1, group)
    shared.chmod(0o2775)
    stage = Staging(shared, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    stage.folder(1, ("top", "closed"), private=True)
    pack(stage, 2, "top", "closed", "b", private=True)
    stage.commit(1.0)
    stage.discard()
    (shared / "made").mkdir()
    made, sub = (shared / "made").stat(), (shared / "top" / "sub").stat()
    assert (sub.st_mode, sub.st_gid) == (made.st_mode, made.st_gid)
    assert (shared / "top" / "sub" / "a").stat().st_gid == group
    assert (shared / "top" / "closed").stat().st_mode & 0o777 == 0o700
    assert (shared / "top" / "closed" / "b").stat().st_mode & 0o777 == 0o600


def test_a_name_this_disk_cannot_hold_is_refused_and_its_folder_comes(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    for one in folder.HandleFolder, folder.PathFolder:
        real = one.new_file

        def new_file(self: object, name: str, mode: int, real: Callable[..., int] = real) -> int:
            if name == "odd":
                raise OSError(errno.EILSEQ, "odd")
            return real(self, name, mode)

        monkeypatch.setattr(one, "new_file", new_file)
    pack(stage, 1, "top", "sub", "odd")
    assert stage.batch.refused == {1: "top/sub/odd"}
    assert stage.commit(1.0) == [(0, 0)]
    assert shown(tmp_path / "top") == {"sub": None, "sub/a": b"top/sub/a"}
    stage.discard()


def test_a_full_batch_is_bounded_in_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "BATCH_FILES", 3)
    stage = Staging(tmp_path, TRANSFER)
    for index in range(3):
        assert not stage.due(0.0)
        pack(stage, index, "top", "sub", f"f{index}")
    assert stage.due(0.0)
    stage.discard()
    assert list(tmp_path.iterdir()) == [tmp_path / "top"]


# --- found by an attack on all of this


@pytest.mark.parametrize("torn", ["emptied", "gone"])
def test_what_a_power_cut_tore_does_not_count_when_its_folder_has_its_place(
    tmp_path: Path, kind: str, torn: str
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    for index, name in enumerate("abc"):
        pack(stage, index, "top", "sub", name)
    stage.close()
    part = incoming(tmp_path) / f"{GROWING}0" / "b"
    part.write_bytes(b"")
    if torn == "gone":
        part.unlink()
    for _ in range(3):
        again = Staging(tmp_path, TRANSFER)
        assert again.kept().confirmed == ((0, 0), (2, 2))
        again.close()
    last = Staging(tmp_path, TRANSFER)
    pack(last, 1, "top", "sub", "b")
    last.commit(1.0)
    assert sorted(shown(tmp_path / "top" / "sub")) == ["a", "b", "c"]
    assert last.arrived.files == 3
    last.discard()


def test_what_has_its_place_stays_counted_over_tries_in_which_nothing_waited(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "a", "f")
    stage.commit(1.0)
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 0),)
    pack(again, 1, "top", "b", "g")
    again.close()
    last = Staging(tmp_path, TRANSFER)
    assert last.kept().confirmed == ((0, 1),)
    assert last.arrived.files == 2
    last.discard()


@pytest.mark.parametrize("placed", [True, False])
def test_a_file_system_that_lists_names_as_it_likes_loses_nothing(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, placed: bool
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    pack(stage, 1, "top", "sub", "b")
    stage.batch.note()
    if placed:
        stage.new.note()
    stage.close()
    with monkeypatch.context() as spelled:
        for one in folder.HandleFolder, folder.PathFolder:
            real = one.names

            def names(self: object, real: Callable[..., list[str]] = real) -> list[str]:
                return [{"a": "A"}.get(name, name) for name in real(self)]

            spelled.setattr(one, "names", names)
        again = Staging(tmp_path, TRANSFER)
        assert again.kept().confirmed == ((0, 1),)
        again.close()
    assert shown(tmp_path / "top") == {"sub": None, "sub/a": b"top/sub/a", "sub/b": b"top/sub/b"}


@MODES
@pytest.mark.parametrize("why", ["taken", "not to be renamed"])
def test_a_private_folder_stays_private_when_its_files_go_one_by_one(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    stage.folder(0, ("top",))
    stage.folder(1, ("top", "home"))
    stage.folder(2, ("top", "home", "keys"), private=True)
    pack(stage, 3, "top", "home", "keys", "one")
    if why == "taken":
        at_barrier(stage, monkeypatch, (tmp_path / "top" / "home").mkdir)
    else:
        stage.new.spoil(("top", "home", "keys", "one"))
    stage.commit(1.0)
    assert (tmp_path / "top" / "home" / "keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "top" / "home" / "keys" / "one").exists()
    stage.discard()


@pytest.mark.parametrize("there", ["a file", pytest.param("a link", marks=LINKS)])
def test_what_stands_where_the_folder_above_was_costs_what_was_to_come_there_alone(
    tmp_path: Path, kind: str, there: str
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "d", "x")
    stage.commit(1.0)
    pack(stage, 1, "top", "d", "c", "y")
    pack(stage, 2, "top", "e", "z")
    above = tmp_path / "top" / "d"
    above.rename(tmp_path / "moved")
    if there == "a file":
        above.write_bytes(b"mine")
    else:
        above.symlink_to(tmp_path / "moved")
    assert stage.commit(2.0) == [(2, 2)]
    assert stage.batch.refused == {1: "top/d/c/y"}
    assert shown(tmp_path / "moved") == {"x": b"top/d/x"}
    stage.finish()
    stage.discard()


def test_a_folder_below_a_file_is_refused_and_counts_as_nothing(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    stage.commit(1.0)
    with pytest.raises(NameRefused):
        stage.folder(1, ("top", "sub", "a", "dir"))
    pack(stage, 2, "top", "sub", "a", "dir", "x")
    put(stage, 3, ("top", "sub", "a", "dir", "y"), b"y")
    assert stage.commit(2.0) == []
    assert stage.batch.refused == {2: "top/sub/a/dir/x", 3: "top/sub/a/dir/y"}
    assert 1 not in stage.arrived.confirmed
    stage.finish()
    assert shown(tmp_path / "top") == {"sub": None, "sub/a": b"top/sub/a"}
    stage.discard()


def test_our_own_folders_stay_ours_when_we_are_killed_while_files_go_one_by_one(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    stage = Staging(tmp_path, TRANSFER)
    stage.folder(0, ("top",))
    stage.folder(1, ("top", "sub"), TIME)
    stage.folder(2, ("top", "sub", "void"), TIME)
    pack(stage, 3, "top", "sub", "deep", "a")
    stage.new.spoil(("top", "sub", "deep", "a"))

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(stage.placing, "give_name", killed)
    with pytest.raises(Killed):
        stage.commit(1.0)
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 3),)
    again.finish()
    for name in "sub", "sub/void":
        assert (tmp_path / "top" / name).stat().st_mtime_ns // 100 == TIME // 100
    receipt = tmp_path / "receipt"
    again.stage.receipt(receipt)
    again.discard()
    assert undo.undo(tmp_path, receipt).files == 1
    assert not (tmp_path / "top").exists()


def test_a_folder_that_was_made_and_not_noted_is_ours(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    stage.close()
    (incoming(tmp_path) / f"{GROWING}0" / "deep").mkdir()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 0),)
    receipt = tmp_path / "receipt"
    again.stage.receipt(receipt)
    again.discard()
    assert (tmp_path / "top" / "sub" / "deep").is_dir()
    undo.undo(tmp_path, receipt)
    assert not (tmp_path / "top").exists()


def test_an_empty_folder_that_a_power_cut_took_is_made_again(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    stage.folder(1, ("top", "sub", "void"))
    stage.close()
    (incoming(tmp_path) / f"{GROWING}0" / "void").rmdir()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 1),)
    assert (tmp_path / "top" / "sub" / "void").is_dir()
    again.discard()


@MODES
def test_where_staging_hands_on_other_rights_nothing_grows(tmp_path: Path) -> None:
    before = Staging(tmp_path, "ef" * 16)
    pack(before, 0, "other", "sub", "a")
    before.close()
    tmp_path.chmod(0o2775)
    if os.geteuid() == 0:
        os.chown(tmp_path, -1, 4242)
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    assert growing(tmp_path) == []
    stage.commit(1.0)
    stage.discard()
    (tmp_path / "made").mkdir()
    made, sub = (tmp_path / "made").stat(), (tmp_path / "top" / "sub").stat()
    assert (sub.st_mode, sub.st_gid) == (made.st_mode, made.st_gid)


def test_a_place_that_refuses_again_and_again_costs_the_same_each_time(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(errno.EACCES, "closed")

    stage = Staging(tmp_path, TRANSFER)
    for index in range(200):
        pack(stage, index, "top", "sub", f"f{index}")
    stage.close()
    sizes = []
    for one in folder.HandleFolder, folder.PathFolder:
        monkeypatch.setattr(one, "move_folder", refuses)
        monkeypatch.setattr(one, "move", refuses)
    for _ in range(4):
        again = Staging(tmp_path, TRANSFER)
        with pytest.raises(DiskFault):
            again.kept()
        again.close()
        sizes.append((incoming(tmp_path) / ledger.NAME).stat().st_size)
    assert sizes[3] - sizes[2] == sizes[2] - sizes[1], sizes
    monkeypatch.undo()
    if kind == "paths":
        for module in (staging, stages):
            monkeypatch.setattr(module, "open_folder", folder.PathFolder.root)
    last = Staging(tmp_path, TRANSFER)
    assert last.kept().confirmed == ((0, 199),)
    last.discard()


def test_a_large_file_deep_in_a_new_folder_comes_with_it(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    stage.folder(0, ("top",))
    stage.folder(1, ("top", "a"), TIME)
    pack(stage, 2, "top", "a", "small")
    put(stage, 3, ("top", "a", "b", "large"), b"large")
    put(stage, 4, ("top", "c", "large"), b"large too")
    stage.commit(1.0)
    stage.finish()
    assert (tmp_path / "top" / "a").stat().st_mtime_ns // 100 == TIME // 100, "it is ours"
    assert shown(tmp_path / "top") == {
        "a": None, "a/small": b"top/a/small", "a/b": None, "a/b/large": b"large", "c": None, "c/large": b"large too",
    }
    stage.discard()


def test_without_a_barrier_each_new_folder_is_made_durable(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "deep", "a")
    synced: list[str] = []
    for one in folder.HandleFolder, folder.PathFolder:
        monkeypatch.setattr(one, "sync_all", lambda self: False)
        monkeypatch.setattr(one, "sync", lambda self: synced.append(",".join(self.names())))
    stage.commit(1.0)
    assert synced[:2] == ["deep", "a"], "before anything is renamed"
    stage.discard()


def test_what_is_no_folder_under_such_a_number_harms_nothing(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    stage.close()
    odd = incoming(tmp_path) / f"{GROWING}0"
    odd.rename(tmp_path / "elsewhere")
    odd.write_bytes(b"")
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ()
    pack(again, 0, "top", "sub", "a")
    again.commit(1.0)
    again.close()
    odd.write_bytes(b"")
    Staging(tmp_path, TRANSFER).discard()
    assert not (tmp_path / ".lanshare-incoming").exists()
    assert (tmp_path / "top" / "sub" / "a").exists()
