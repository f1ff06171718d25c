"""One file on its way: what was kept is passed over, what differs is sent, what grew goes as far as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanshare.domain.offer import EntryKind, FileEntry
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.meter import Meter
from lanshare.exchange.source.moving_file import MovingFile
from lanshare.files.content import chunk_digest, content_id, prefix_digest
from lanshare.files.faults import SourceFault
from lanshare.files.source.digest_cache import Memo
from lanshare.files.source.source_file import SourceFile
from lanshare.wire import frames as f
from tests.harness.sessions import attached
from tests.harness.wires import Ear

SIZE = 2 * CHUNK + 100


def moving(tmp_path: Path, size: int = SIZE) -> tuple[MovingFile, Ear, bytes]:
    """A file of two chunks and a bit."""
    content = os.urandom(size)
    path = tmp_path / "big"
    path.write_bytes(content)
    source = SourceFile(path)
    entry = FileEntry(("big",), EntryKind.FILE, size, source.mtime_ns)
    ear = Ear()
    ear.session, _ = attached()
    return MovingFile(3, source, entry, Memo(tmp_path / "memo"), Meter(), ear), ear, content


def sent(file: MovingFile, ear: Ear) -> tuple[f.Begin, list[type[f.Frame]]]:
    """Send it to its end; how it began, and the kinds of what was said besides bytes."""
    while file.send():
        pass
    assert file.settle()
    file.end()
    begin = next(one for one in ear.said if isinstance(one, f.Begin))
    return begin, [type(one) for one in ear.said]


def id_of(content: bytes) -> bytes:
    """Its content id."""
    chunks = [content[at : at + CHUNK] for at in range(0, len(content), CHUNK)]
    return content_id(len(content), [chunk_digest(one) for one in chunks])


def test_a_whole_file_is_its_beginning_its_chunks_and_its_id(tmp_path: Path) -> None:
    file, ear, content = moving(tmp_path)
    file.begin(None)
    begin, kinds = sent(file, ear)
    assert (begin.index, begin.size, begin.offset) == (3, SIZE, 0)
    assert [kind for kind in kinds if kind is not f.Data] == [f.Begin, f.ChunkEnd, f.ChunkEnd, f.End]
    assert ear.said[-1] == f.End(id_of(content))
    file.close()


@pytest.mark.parametrize("right", [True, False])
def test_what_is_kept_is_passed_over_if_it_is_the_same(tmp_path: Path, right: bool) -> None:
    file, ear, content = moving(tmp_path)
    prefix = prefix_digest([chunk_digest(content[:CHUNK] if right else bytes(CHUNK))])
    file.begin((1, prefix))
    steps = 0
    while file.passes_over:
        assert not ear.said
        file.pass_over()
        steps += 1
    assert steps > 0
    begin, _ = sent(file, ear)
    assert begin.offset == (CHUNK if right else 0)
    assert ear.said[-1] == f.End(id_of(content))
    file.close()


def test_more_kept_than_there_is_means_from_the_beginning(tmp_path: Path) -> None:
    file, ear, _ = moving(tmp_path)
    file.begin((5, bytes(32)))
    assert not file.passes_over
    begin, _ = sent(file, ear)
    assert begin.offset == 0
    file.close()


@pytest.mark.parametrize("how", ["grew", "grew and changed", "changed"])
def test_what_changes_meanwhile(tmp_path: Path, how: str) -> None:
    file, ear, content = moving(tmp_path)
    file.begin(None)
    while file.send():
        pass
    with (tmp_path / "big").open("r+b") as handle:
        if "changed" in how:
            handle.write(b"!" * 10)
        if "grew" in how:
            handle.seek(0, os.SEEK_END)
            handle.write(b"more")
    if how == "changed":
        with pytest.raises(SourceFault):
            file.settle()
    else:
        assert not file.settle()
        assert file.rechecks
        if how == "grew":
            while file.recheck():
                pass
            file.end()
            assert ear.said[-1] == f.End(id_of(content))
        else:
            with pytest.raises(SourceFault):
                file.recheck()
    file.close()
