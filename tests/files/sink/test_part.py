"""Arriving files: what is kept is checked against its digests, flipped bits and torn ends are forgotten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.transfer import CHUNK
from lanshare.files.content import Content
from lanshare.files.faults import DiskFault
from lanshare.files.folder import Folder
from lanshare.files.sink import part as part_module
from lanshare.files.sink.part import PartFile, PartVerifier, digests_name, require_whole, stamp_name
from lanshare.files.sink.staging import Staging
from tests.harness.folders import HERE
from tests.harness.stages import TRANSFER, content_of


def kept(stage: Folder, number: int) -> list[bytes]:
    """The digests of the chunks that are there and true."""
    keeping = PartVerifier(stage, number)
    while keeping.step():
        pass
    return keeping.good


@pytest.fixture
def stage(tmp_path: Path) -> Folder:
    """A staging folder."""
    folder: Folder = HERE.root(tmp_path)
    return folder


def interrupted(stage: Folder, data: bytes, size: int) -> None:
    """A part that was written as far as `data` goes."""
    part = PartFile(stage, 3, size)
    part.write(memoryview(data))
    part.close()


def test_whole_chunks_are_kept_and_the_rest_is_cut_off(stage: Folder, tmp_path: Path) -> None:
    data = os.urandom(2 * CHUNK + 100)
    interrupted(stage, data, 4 * CHUNK)
    assert len(kept(stage, 3)) == 2
    again = PartFile(stage, 3, 4 * CHUNK, 2)
    assert (again.offset, (tmp_path / "3").stat().st_size) == (2 * CHUNK, 2 * CHUNK)
    rest = os.urandom(2 * CHUNK)
    again.write(memoryview(rest))
    whole = Content()
    for at in range(0, 4 * CHUNK, CHUNK):
        whole.update((data[: 2 * CHUNK] + rest)[at : at + CHUNK])
    assert again.finish(0, True) == whole.id()
    again.close()
    stage.close()


@pytest.mark.parametrize("damage", ["bit", "short", "list bit", "list short", "no list", "no part", "list junk"])
def test_damage_shortens_what_is_kept_and_never_lengthens_it(
    stage: Folder, tmp_path: Path, damage: str
) -> None:
    interrupted(stage, os.urandom(3 * CHUNK), 4 * CHUNK)
    part, listed = tmp_path / "3", tmp_path / digests_name(3)
    data = bytearray(part.read_bytes())
    digests = bytearray(listed.read_bytes())
    expected = {"bit": 1, "short": 1, "list bit": 1, "list short": 1}.get(damage, 0)
    if damage == "bit":
        data[CHUNK + 5] ^= 1
        part.write_bytes(data)
    elif damage == "short":
        os.truncate(part, 2 * CHUNK - 1)
    elif damage == "list bit":
        digests[40] ^= 1
        listed.write_bytes(digests)
    elif damage == "list short":
        os.truncate(listed, 63)
    elif damage == "list junk":
        listed.write_bytes(b"from another version")
    else:
        (listed if damage == "no list" else part).unlink()
    assert len(kept(stage, 3)) == expected
    stage.close()


def test_a_part_closed_in_good_order_is_trusted_until_it_is_touched(
    stage: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = PartFile(stage, 3, 4 * CHUNK)
    part.write(memoryview(os.urandom(3 * CHUNK + 7)))
    part.keep()
    reads: list[int] = []
    chunk = part_module._chunk

    def counted(fd: int, at: int) -> bytes:
        reads.append(at)
        return chunk(fd, at)

    monkeypatch.setattr(part_module, "_chunk", counted)
    assert (len(kept(stage, 3)), reads) == (3, [])
    data = bytearray((tmp_path / "3").read_bytes())
    data[2 * CHUNK] ^= 1
    times = (tmp_path / "3").stat()
    (tmp_path / "3").write_bytes(data)
    os.utime(tmp_path / "3", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (len(kept(stage, 3)), reads) == (2, [0, 1, 2]), "same size and time, and yet it was read again"
    (tmp_path / stamp_name(3)).write_text("[1, 2")
    assert len(kept(stage, 3)) == 2
    stage.close()


def test_a_part_that_starts_anew_is_not_written_over(stage: Folder, tmp_path: Path) -> None:
    interrupted(stage, b"verified", 8)
    os.link(tmp_path / "3", tmp_path / "final name")
    interrupted(stage, b"unverif", 8)
    assert (tmp_path / "final name").read_bytes() == b"verified"
    stage.close()


def test_a_hole_larger_than_any_disk_is_a_full_disk(stage: Folder) -> None:
    part = PartFile(stage, 1, 2**62)
    with pytest.raises(DiskFault) as fault:
        part.hole(2**63)
    assert fault.value.code is Code.DISK_FULL
    part.close()
    stage.close()


def test_only_what_was_announced_is_whole(stage: Folder) -> None:
    part = PartFile(stage, 1, 3)
    part.write(memoryview(b"abc"))
    content = part.finish(-5, True)
    require_whole(part, content, content)
    with pytest.raises(DiskFault):
        require_whole(part, content, bytes(32))
    part.size = 4
    with pytest.raises(DiskFault):
        require_whole(part, content, content)
    part.close()
    stage.close()


@pytest.mark.parametrize("lacks", [(), ("pread",), ("pread", "readv"), ("pread", "readv", "fchmod", "posix_fadvise")])
def test_a_large_file_is_gone_on_with_on_every_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacks: tuple[str, ...]
) -> None:
    """Windows has none of these, macOS not all of them."""
    for name in lacks:
        monkeypatch.delattr(os, name, raising=False)
    data = os.urandom(2 * CHUNK + 5)
    first = Staging(tmp_path, TRANSFER)
    first.begin(0, ("film",), len(data), 0)
    first.write(memoryview(data)[: CHUNK + 100])
    first.close()
    again = Staging(tmp_path, TRANSFER)
    assert {index: chunks for index, (chunks, _) in again.kept().partials.items()} == {0: 1}
    again.begin(0, ("film",), len(data), 1)
    again.write(memoryview(data)[CHUNK:])
    again.end(content_of(data), 5 * 10**18)
    assert again.commit(1.0) == [(0, 0)]
    again.discard()
    assert (tmp_path / "film").read_bytes() == data
