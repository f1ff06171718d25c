"""A file while it is sent: holes are passed over, changes are noticed, only plain files are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.transfer import CHUNK
from lanshare.files.content import Content, prefix_digest
from lanshare.files.faults import SourceFault
from lanshare.files.source.source_file import SourceFile
from tests.harness.folders import PIPES, POSIX


def whole(file: SourceFile) -> tuple[bytes, int]:
    """All of it, and how much of that were holes."""
    data, holes = bytearray(), 0
    room = memoryview(bytearray(256 * 1024))
    while file.offset < file.size:
        if zeros := file.hole():
            holes += zeros
            data += bytes(zeros)
            continue
        count = file.read_into(room)
        data += room[:count]
    return bytes(data), holes


def id_of(data: bytes) -> bytes:
    """The content id of some bytes."""
    content = Content()
    for at in range(0, len(data), CHUNK):
        content.update(data[at : at + CHUNK])
    return content.id()


@POSIX
def test_a_sparse_file_reads_as_its_zeros(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as raw:
        raw.write(b"start")
        raw.seek(2 * CHUNK + 4096 * 3)
        raw.write(b"middle")
        raw.truncate(5 * CHUNK + 17)
    file = SourceFile(path)
    data, holes = whole(file)
    assert data == path.read_bytes()
    assert holes > 4 * CHUNK
    assert file.content.id() == id_of(data)
    file.check_unchanged()
    file.close()


@pytest.mark.parametrize("change", ["shrinks", "grows", "is written to"])
def test_a_change_while_it_is_read_is_noticed(tmp_path: Path, change: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(os.urandom(CHUNK))
    file = SourceFile(path)
    file.read_into(memoryview(bytearray(1000)))
    if change == "shrinks":
        os.truncate(path, 1000)
    elif change == "grows":
        os.truncate(path, CHUNK + 1)
    else:
        os.utime(path, ns=(1, 1))

    def to_the_end() -> None:
        whole(file)
        file.check_unchanged()

    with pytest.raises(SourceFault) as fault:
        to_the_end()
    assert fault.value.code is Code.FILE_CHANGED
    file.close()


def test_what_was_kept_is_passed_over_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "f"
    data = os.urandom(3 * CHUNK + 5)
    path.write_bytes(data)
    content = Content()
    content.update(data[:CHUNK])
    content.update(data[CHUNK : 2 * CHUNK])
    digests = content.digests
    file = SourceFile(path)
    while file.pass_over(2 * CHUNK):
        pass
    assert prefix_digest(file.content.digests) == prefix_digest(digests)
    assert whole(file)[0] == data[2 * CHUNK :]
    assert file.content.id() == id_of(data)
    file.rewind()
    assert whole(file)[0] == data
    file.close()
    file = SourceFile(path)
    file.skip(digests)
    assert whole(file)[0] == data[2 * CHUNK :]
    assert file.content.id() == id_of(data)
    file.close()


@pytest.mark.parametrize("what", ["pipe", "folder", "nothing", "link"])
@PIPES
def test_only_plain_files_are_opened(tmp_path: Path, what: str) -> None:
    path = tmp_path / "x"
    code = Code.FILE_SPECIAL
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "nothing":
        code = Code.FILE_VANISHED
    else:
        (tmp_path / "target").write_text("x")
        path.symlink_to(tmp_path / "target")
        code = Code.FILE_LINK
    with pytest.raises(SourceFault) as fault:
        SourceFile(path)
    assert fault.value.code is code
    if what == "link":
        SourceFile(path, follow=True).close()
