"""Small files in one go: read as they are or refused, written whole with their time and rights."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.transfer import SMALL
from lanshare.files.faults import SourceFault
from lanshare.files.folder import Folder
from lanshare.files.sink.part import UMASK
from lanshare.files.small import read_small, write_small
from tests.harness.folders import HERE, MODES, PIPES


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Folder]:
    """A staging folder."""
    folder = HERE.root(tmp_path)
    yield folder
    folder.close()


@pytest.mark.parametrize("size", [0, 1, SMALL])
def test_a_small_file_is_read_whole_and_a_larger_one_is_not(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"7" * size)
    found = read_small(str(path))
    assert found is not None
    assert (found[0], found[1].st_size) == (b"7" * size, size)
    path.write_bytes(b"7" * (SMALL + 1))
    assert read_small(str(path)) is None


@PIPES
def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "named").symlink_to("file")
    for name, code in (("pipe", Code.FILE_SPECIAL), ("none", Code.FILE_VANISHED)):
        with pytest.raises(SourceFault) as fault:
            read_small(str(tmp_path / name))
        assert fault.value.code is code
    with pytest.raises(SourceFault):
        read_small(str(tmp_path / "named"))
    assert read_small(str(tmp_path / "named"), follow=True) is not None


@pytest.mark.parametrize("what", ["grows", "shrinks", "is written"])
def test_a_file_that_changes_while_it_is_read_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    os.utime(path, ns=(1, 1))
    read = os.read

    def meddle(fd: int, count: int) -> bytes:
        if what == "is written":
            data = read(fd, count)
            path.write_bytes(b"54321")
            return data
        os.truncate(path, 9 if what == "grows" else 2)
        return read(fd, count)

    monkeypatch.setattr(os, "read", meddle)
    with pytest.raises(SourceFault) as fault:
        read_small(str(path))
    assert fault.value.code is Code.FILE_CHANGED


@MODES
def test_a_file_is_written_with_its_time_and_rights_and_never_over_another(tmp_path: Path, stage: Folder) -> None:
    assert write_small(stage, "3", b"abc", 1_600_000_000_000_000_000, True, True) == 1_600_000_000_000_000_000
    info = (tmp_path / "3").stat()
    assert ((tmp_path / "3").read_bytes(), info.st_mtime_ns) == (b"abc", 1_600_000_000_000_000_000)
    assert info.st_mode & 0o777 == 0o777 & ~UMASK
    with pytest.raises(FileExistsError):
        write_small(stage, "3", b"another", 0, False, False)
    assert (tmp_path / "3").read_bytes() == b"abc"
    write_small(stage, "4", b"", 0, False, False)
    assert (tmp_path / "4").stat().st_mode & 0o777 == 0o666 & ~UMASK


@MODES
@pytest.mark.parametrize("call", ["write", "utime", "fstat", "fsync", "close"])
def test_of_a_file_that_cannot_be_written_whole_nothing_is_left(
    tmp_path: Path, stage: Folder, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    real = getattr(os, call)

    def fails(fd: int, *arguments: object, **named: object) -> object:
        if call == "close":
            real(fd)
        raise OSError(errno.EDQUOT, "quota")

    monkeypatch.setattr(os, call, fails)
    with pytest.raises(OSError, match="quota"):
        write_small(stage, "1", b"abcdefg", 0, False, True)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_short_writes_are_gone_on_with(
    tmp_path: Path, stage: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, bytes(data[:2])))
    write_small(stage, "1", b"abcdefg", 0, False, False)
    assert (tmp_path / "1").read_bytes() == b"abcdefg"
