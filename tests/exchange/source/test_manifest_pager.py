"""Lists in pieces: all of it, in order, each piece within a frame's bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanshare.domain.offer import EntryKind, FileEntry
from lanshare.exchange.source.manifest_pager import ManifestPager
from lanshare.files.source import manifest
from lanshare.files.source.tree import Found
from lanshare.wire import codec, limits
from lanshare.wire import frames as f


@pytest.mark.parametrize(("count", "name"), [(0, "x"), (1, "x"), (512, "x"), (1024, "x"), (3000, "ü" * 120), (5, "x")])
def test_every_entry_is_listed_once_and_every_piece_fits(tmp_path: Path, count: int, name: str) -> None:
    entries = [FileEntry((name, f"{number}{name}"), EntryKind.FILE, number, -5) for number in range(count)]
    writer = manifest.ManifestWriter(tmp_path / "list")
    for entry in entries[: count // 2]:
        writer.add(Found(0, entry))
    writer.flush()
    lister = ManifestPager(tmp_path / "list", limits.LISTED)
    found: list[FileEntry] = []
    while (piece := lister.piece()) is not None:
        found += piece.entries
        assert not piece.last
    for entry in entries[count // 2 :]:
        writer.add(Found(0, entry))
    writer.finish()
    writer.close()
    while not (piece is not None and piece.last):
        piece = lister.piece()
        assert piece is not None
        assert piece.first == len(found)
        listed = tuple(f.Listed(one.parts, one.kind.value, one.size, one.mtime_ns) for one in piece.entries)
        assert len(listed) <= limits.LISTED_AT_ONCE
        codec.encode(f.Listing(bytes(16), piece.first, listed, piece.last))  # within its bound, or LocalMisuse
        found += piece.entries
    assert found == entries
    lister.close()


def test_a_bound_ends_the_list(tmp_path: Path) -> None:
    writer = manifest.ManifestWriter(tmp_path / "list")
    for number in range(10):
        writer.add(Found(0, FileEntry((str(number),), EntryKind.FILE, 1, 1)))
    writer.finish()
    writer.close()
    lister = ManifestPager(tmp_path / "list", 4)
    piece = lister.piece()
    assert piece is not None
    assert (len(piece.entries), piece.last) == (4, True)
    lister.close()
