"""Trees, lists and sources: everything is listed or named as left out; changes are noticed."""

from __future__ import annotations

import contextlib
import os
import socket
import weakref
from pathlib import Path

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.offer import Skipped
from lanshare.domain.transfer import CHUNK
from lanshare.files.faults import SourceFault
from lanshare.files.source import manifest
from lanshare.files.source.source_file import SourceFile
from lanshare.files.source.tree import Found, top_names, walk
from tests.harness.folders import PIPES


@PIPES
def test_everything_is_listed_or_named(tmp_path: Path) -> None:
    top = tmp_path / "top"
    (top / "sub").mkdir(parents=True)
    (top / "a").write_bytes(b"1")
    (top / "sub" / "b").write_bytes(b"22")
    (top / "link").symlink_to("/etc/passwd")
    os.mkfifo(top / "pipe")
    os.close(os.open(os.fsencode(top) + b"/\xff", os.O_CREAT | os.O_WRONLY))
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(top / "socket"))
    found = list(walk([top, tmp_path / "gone"]))
    listed = {"/".join(one.entry.parts): one.entry.size for one in found if isinstance(one, Found)}
    left = {one.path.rpartition("/")[2]: one.code for one in found if isinstance(one, Skipped)}
    assert listed == {"top": 0, "top/a": 1, "top/sub": 0, "top/sub/b": 2}
    assert left == {
        "link": Code.FILE_LINK,
        "pipe": Code.FILE_SPECIAL,
        "socket": Code.FILE_SPECIAL,
        "?": Code.NAME_NOT_TEXT,
        "gone": Code.FILE_VANISHED,
    }


def test_two_dropped_paths_of_one_name_travel_under_two() -> None:
    assert top_names([Path("/a/x.txt"), Path("/b/x.txt")]) == ["x.txt", "x (1).txt"]


def test_a_list_cut_short_keeps_its_numbers(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    for number in range(20):
        (top / f"f{number:02}").write_bytes(b"")
    path = tmp_path / "list"
    writer = manifest.ManifestWriter(path)
    for item in list(walk([top]))[:10]:
        writer.add(item)
    writer.close()
    with path.open("ab") as torn:
        torn.write(b'[0,["top","f0')
    assert not manifest.is_whole(path)
    before = list(manifest.read_all(path))
    (top / "a new one, sorted first").write_bytes(b"")
    again = manifest.ManifestWriter(path)
    for item in walk([top]):
        again.add(item)
    again.finish()
    again.close()
    after = list(manifest.read_all(path))
    assert after[: len(before)] == before
    assert len(after) == 22
    assert manifest.is_whole(path)


def read_all(source: SourceFile) -> bytes:
    """Bytes and holes, as they would travel."""
    out = bytearray()
    buffer = memoryview(bytearray(256 * 1024))
    while source.offset < source.size:
        zeros = source.hole()
        if zeros:
            out += bytes(zeros)
            continue
        out += buffer[: source.read_into(buffer)]
    return bytes(out)


def test_a_sparse_file_reads_as_its_content_and_costs_no_reading(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.seek(3 * CHUNK + 5000)
        file.write(b"x" * 10_000)
        file.truncate(7 * CHUNK + 1)
    source, plain = SourceFile(path), tmp_path / "plain"
    plain.write_bytes(path.read_bytes())
    other = SourceFile(plain)
    assert read_all(source) == read_all(other) == path.read_bytes()
    assert source.content.id() == other.content.id()
    source.close()
    other.close()


def test_a_file_that_changes_or_shrinks_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 100_000)
    source = SourceFile(path)
    path.write_bytes(b"x")
    with pytest.raises(SourceFault) as fault:
        read_all(source)
    assert fault.value.code is Code.FILE_CHANGED
    source.close()
    source = SourceFile(path)
    read_all(source)
    with path.open("ab") as more:
        more.write(b"grew")
    with pytest.raises(SourceFault):
        source.check_unchanged()
    source.close()


@pytest.mark.parametrize(("make", "code"), [
    (lambda path: os.mkfifo(path), Code.FILE_SPECIAL),
    (lambda path: path.symlink_to("/etc/passwd"), Code.FILE_LINK),
    (lambda path: path.mkdir(), Code.FILE_SPECIAL),
    (lambda path: None, Code.FILE_VANISHED),
])
@PIPES
def test_what_is_no_plain_file_is_not_opened(tmp_path: Path, make: object, code: Code) -> None:
    path = tmp_path / "x"
    make(path)  # type: ignore[operator]
    with pytest.raises(SourceFault) as fault:
        SourceFile(path)
    assert fault.value.code is code


def test_what_was_looked_up_of_a_file_is_forgotten_once_it_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry of a folder keeps it, and of a million files that is a gigabyte."""
    alive: weakref.WeakSet[Entry] = weakref.WeakSet()

    class Entry:
        def __init__(self, real: os.DirEntry[str]) -> None:
            self.name, self.is_dir, self.is_symlink, self.stat = real.name, real.is_dir, real.is_symlink, real.stat
            alive.add(self)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: contextlib.nullcontext(map(Entry, real(path))))
    count = 50
    for number in range(count):
        (tmp_path / f"{number:07}").touch()
    left = [len(alive) for _ in walk([tmp_path])]
    assert left[1:] == list(range(count, 0, -1))
