"""Before the first byte: pieces of the list as they are asked for, and what is here of what the receiver has."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanshare.domain.errors import ProtocolError
from lanshare.exchange.source.prelude import Prelude
from lanshare.files.content import small_id
from lanshare.files.source.manifest import ManifestWriter
from lanshare.files.source.tree import walk
from lanshare.wire import frames as f
from tests.harness.wires import TRANSFER, Ear


def begun(tmp_path: Path, listed: bool = True) -> tuple[Prelude, ManifestWriter, list[int]]:
    """A folder with a file, listed or not yet; the entries whose content was told."""
    top = tmp_path / "top"
    top.mkdir()
    (top / "a").write_bytes(b"one")
    writer = ManifestWriter(tmp_path / "list")
    if listed:
        for item in walk([top]):
            writer.add(item)
        writer.finish()
    told: list[int] = []
    return Prelude(bytes.fromhex(TRANSFER), [top], tmp_path / "list", told.append), writer, told


def test_nothing_is_said_that_is_not_asked(tmp_path: Path) -> None:
    prelude, writer, _ = begun(tmp_path)
    ear = Ear()
    assert not prelude.step(ear, 0.0)
    assert ear.said == []
    prelude.compare()
    assert prelude.step(ear, 0.0)
    (listing,) = ear.said
    assert isinstance(listing, f.Listing)
    assert [one.parts for one in listing.entries] == [("top",), ("top", "a")]
    assert listing.last
    assert not prelude.step(ear, 0.0)
    prelude.close()
    writer.close()


def test_what_the_receiver_has_is_read_and_told(tmp_path: Path) -> None:
    prelude, writer, told = begun(tmp_path)
    ear = Ear()
    with pytest.raises(ProtocolError):
        prelude.have([1])
    prelude.compare()
    prelude.step(ear, 0.0)
    prelude.have([1])
    while prelude.step(ear, 0.0):
        pass
    assert [one.files for one in ear.said if isinstance(one, f.Contents)] == [((1, small_id(b"one")),)]
    assert told == [1]
    prelude.close()
    writer.close()


def test_a_file_that_is_gone_is_told_as_nothing(tmp_path: Path) -> None:
    prelude, writer, told = begun(tmp_path)
    ear = Ear()
    prelude.compare()
    prelude.step(ear, 0.0)
    (tmp_path / "top" / "a").unlink()
    prelude.have([1])
    while prelude.step(ear, 0.0):
        pass
    assert [one.files for one in ear.said if isinstance(one, f.Contents)] == [((1, b""),)]
    assert told == []
    prelude.close()
    writer.close()


def test_a_list_that_is_not_whole_yet_is_waited_for(tmp_path: Path) -> None:
    prelude, writer, _ = begun(tmp_path, listed=False)
    ear = Ear()
    prelude.compare()
    assert not prelude.step(ear, 1.0)
    assert prelude.again_at > 1.0
    for item in walk([tmp_path / "top"]):
        writer.add(item)
    writer.finish()
    assert not prelude.step(ear, 1.0), "not before its time"
    assert prelude.step(ear, prelude.again_at)
    assert isinstance(ear.said[-1], f.Listing)
    prelude.close()
    writer.close()
