"""One disk read for many receivers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanshare.files.source import read_cache
from lanshare.files.source.source_file import SourceFile

MIB = 1024 * 1024


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How much each call read from the disk."""
    if not hasattr(os, "readv"):
        pytest.skip("what is read is counted at readv, which is POSIX")
    found: list[int] = []
    real = os.readv

    def readv(fd: int, buffers: list[memoryview]) -> int:
        count = real(fd, buffers)
        found.append(count)
        return count

    monkeypatch.setattr(os, "readv", readv)
    return found


def some(file: SourceFile, count: int) -> bytes:
    """The next so many bytes."""
    out = bytearray()
    room = memoryview(bytearray(256 * 1024))
    while len(out) < count and (got := file.read_into(room)):
        out += room[:got]
    return bytes(out)


def test_five_receivers_side_by_side_cost_one_read(tmp_path: Path, reads: list[int]) -> None:
    path = tmp_path / "f"
    data = os.urandom(10 * MIB)
    path.write_bytes(data)
    files = [SourceFile(path) for _ in range(5)]
    got = [bytearray() for _ in files]
    for _ in range(10):
        for file, out in zip(files, got, strict=True):
            out += some(file, MIB)
    assert all(bytes(out) == data for out in got)
    assert sum(reads) == len(data)
    assert len({file.content.id() for file in files}) == 1
    for file in files:
        file.close()
    assert read_cache._rings == {}


def test_a_laggard_reads_for_itself_and_memory_is_bounded(tmp_path: Path, reads: list[int]) -> None:
    path = tmp_path / "f"
    data = os.urandom(20 * MIB)
    path.write_bytes(data)
    fast, slow = SourceFile(path), SourceFile(path)
    assert some(fast, len(data)) == data
    held = sum(len(block) for ring in read_cache._rings.values() for block in ring._blocks.values())
    assert held <= read_cache.BLOCKS * 256 * 1024
    assert some(slow, len(data)) == data
    assert sum(reads) > len(data)
    fast.close()
    slow.close()


def test_alone_it_holds_nothing_and_another_version_shares_nothing(tmp_path: Path, reads: list[int]) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one" * 1000)
    first = SourceFile(path)
    assert some(first, 3000) == b"one" * 1000
    assert all(not ring._blocks for ring in read_cache._rings.values())
    path.write_bytes(b"two" * 1000)
    os.utime(path, ns=(5, 5))
    second = SourceFile(path)
    assert some(second, 3000) == b"two" * 1000
    first.close()
    second.close()
