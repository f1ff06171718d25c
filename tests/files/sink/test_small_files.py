"""Small files that come whole: what is found out once for a folder holds for that folder alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.offer import DEPTH, NAME_BYTES, PATH_BYTES
from lanshare.files import names, small
from lanshare.files.content import small_id
from lanshare.files.faults import DiskFault
from lanshare.files.names import NameRefused
from lanshare.files.sink import ledger
from lanshare.files.sink.staging import Staging
from tests.harness.engines import tree_of
from tests.harness.folders import POSIX
from tests.harness.stages import TRANSFER

TIME = 1_600_000_000_000_000_001


def pack(stage: Staging, index: int, *parts: str, mtime: int = TIME, content: bytes | None = None) -> None:
    """Receive one whose bytes are its name."""
    data = parts[-1].encode() if parts else b""
    stage.small(index, parts, data, content if content is not None else small_id(data), mtime)


def test_files_of_changing_folders_each_come_to_their_own(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    paths = [
        ("a", "b", "1"), ("a", "c", "2"), ("3",), ("a", "b", "4"), ("a", "5"), ("a", "b", "d", "6"), ("b", "7"), ("8",),
        ("a", "b", "9"),
    ]
    for index, path in enumerate(paths):
        pack(stage, index, *path)
    stage.commit(1.0)
    stage.discard()
    assert {name.replace(os.sep, "/"): data for name, data in tree_of(tmp_path).items() if data} == {
        "/".join(path): path[-1].encode() for path in paths
    }


@POSIX
def test_a_name_that_is_mapped_is_told_for_each_file_and_for_no_other(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "plain")
    pack(stage, 1, "top", "sub", "turned\u202ename")
    pack(stage, 2, "top", "sub\u202e", "plain")
    pack(stage, 3, "top", "sub\u202e", "plain too")
    pack(stage, 4, ".top", "sub", "plain")
    pack(stage, 5, "top", "sub", "last")
    assert stage.placing.losses == [
        (path, Code.NAME_MAPPED)
        for path in ("top/sub/turned\u202ename", "top/sub\u202e/plain", "top/sub\u202e/plain too", ".top/sub/plain")
    ]
    stage.discard()


def test_a_refused_name_costs_no_other_file(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    long = "n" * NAME_BYTES
    deep = ("top", *(long for _ in range(PATH_BYTES // (NAME_BYTES + 1) - 1)))
    refused: list[tuple[str, ...]] = [
        (), ("",), ("top", ""), ("top", "..", "x"), ("..", "x"), ("top", "sub", "a/b"), ("top", "sub", "a" * 256),
        ("d",) * (DEPTH + 1), (*deep, long),
    ]
    for index, parts in enumerate(refused):
        with pytest.raises(NameRefused):
            pack(stage, index, *parts)
        pack(stage, 100 + index, "top", "sub", f"f{index}")
    pack(stage, 50, *("d",) * DEPTH)
    assert stage.commit(1.0) == [(50, 50), (100, 100 + len(refused) - 1)]
    stage.discard()
    assert len(list((tmp_path / "top" / "sub").iterdir())) == len(refused)


@pytest.mark.parametrize("letter", ["n", "é", "日"])
def test_a_path_may_be_as_long_here_as_for_other_files(tmp_path: Path, letter: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    above = ("top", *("n" * NAME_BYTES for _ in range(15)))
    kept = []
    for count in range(1, NAME_BYTES // len(letter.encode()) + 1):
        name = letter * count
        try:
            allowed = names.safe_path((*above, name))[-1]
        except NameRefused:
            with pytest.raises(NameRefused):
                stage.small_files._safe(above, name)
        else:
            assert stage.small_files._safe(above, name) == allowed
            kept.append(count)
    assert 0 < len(kept) < NAME_BYTES // len(letter.encode())
    stage.discard()


def test_another_content_is_not_kept(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    with pytest.raises(DiskFault) as fault:
        pack(stage, 0, "top", "sub", "a", content=small_id(b"other"))
    assert fault.value.code is Code.CONTENT_DIFFERS
    stage.commit(1.0)
    stage.discard()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@POSIX
@pytest.mark.parametrize("step", [1, 100, 1000, 2_000_000_000])
def test_the_time_that_is_noted_is_the_one_that_the_disk_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    utime = os.utime
    monkeypatch.setattr(
        small, "set_time", lambda fd, mtime_ns: utime(fd, ns=(mtime_ns // step * step, mtime_ns // step * step))
    )
    stage = Staging(tmp_path, TRANSFER)
    times = [TIME - 1, TIME - 1 + step, TIME, TIME + 6, 1, TIME + 2 * step]
    for index, mtime in enumerate(times):
        pack(stage, index, "top", "sub", f"f{index}", mtime=mtime)
    stage.commit(1.0)
    noted = [one for note in stage.stage.book.recover((ledger.NewFiles,)) if isinstance(note, ledger.NewFiles)
             for one in note.files]
    assert [one.mtime for one in noted] == [mtime // step * step for mtime in times]
    assert [one.mtime for one in noted] == [(tmp_path / "top" / "sub" / one.name).stat().st_mtime_ns for one in noted]
    stage.discard()


@POSIX
def test_a_time_out_of_range_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    utime = os.utime
    monkeypatch.setattr(small, "set_time", lambda fd, mtime_ns: utime(fd, ns=(min(mtime_ns, 2**31 * 10**9),) * 2))
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "top", "sub", "a")
    pack(stage, 1, "top", "sub", "b", mtime=2**32 * 10**9 + 1)
    stage.commit(1.0)
    (note,) = stage.stage.book.recover((ledger.NewFiles,))
    assert isinstance(note, ledger.NewFiles)
    assert note.files[1].mtime == (tmp_path / "top" / "sub" / "b").stat().st_mtime_ns
    stage.discard()


def test_what_an_earlier_try_left_under_its_number_is_replaced(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    pack(stage, 0, "a")
    stage.close()
    part = tmp_path / ".lanshare-incoming" / TRANSFER / "0"
    again = Staging(tmp_path, TRANSFER)
    part.write_bytes(b"an earlier try, which was longer")
    pack(again, 0, "a")
    assert again.commit(1.0) == [(0, 0)]
    again.discard()
    assert (tmp_path / "a").read_bytes() == b"a"
