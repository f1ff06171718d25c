"""The list of what is sent: read while it grows, taken up after a crash, indices fixed for good."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.errors import Code
from lanshare.domain.offer import EntryKind, FileEntry, Skipped
from lanshare.files.source.manifest import ManifestReader, ManifestWriter, _decode, _encode, is_whole, read_all
from lanshare.files.source.tree import Found


def found(name: str, size: int = 1) -> Found:
    """An entry."""
    return Found(0, FileEntry(("top", name), EntryKind.FILE, size, 5))


@given(st.text().filter(lambda text: text.isprintable()), st.integers(0, 2**53))
def test_any_name_survives(name: str, size: int) -> None:
    item = found(name, size)
    assert _decode(_encode(item)) == item
    assert _decode(_encode(Skipped(name, Code.FILE_LINK))) == Skipped(name, Code.FILE_LINK)


def test_it_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    writer = ManifestWriter(tmp_path / "list")
    writer.add(found("a"))
    writer.flush()
    reader = ManifestReader(tmp_path / "list")
    assert reader.next() == found("a")
    assert (reader.next(), reader.whole) == (None, False)
    writer.add(found("b"))
    writer.flush()
    assert reader.next() == found("b")
    assert not is_whole(tmp_path / "list")
    writer.finish()
    assert (reader.next(), reader.whole) == (None, True)
    writer.close()
    reader.close()
    assert is_whole(tmp_path / "list")


def test_a_list_cut_short_by_a_crash_keeps_its_indices(tmp_path: Path) -> None:
    path = tmp_path / "list"
    writer = ManifestWriter(path)
    for name in ("a", "b", "c"):
        writer.add(found(name))
    writer.flush()
    writer.close()
    path.write_bytes(path.read_bytes()[:-5])
    again = ManifestWriter(path)
    for name in ("new", "a", "b", "c"):
        again.add(found(name))
    again.finish()
    again.close()
    assert [item.entry.parts[1] for item in read_all(path) if isinstance(item, Found)] == ["a", "b", "new", "c"]
