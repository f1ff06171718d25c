"""Entries are found where they lie, and no link that came meanwhile leads elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanshare.exchange.source.tree_reader import TreeReader
from lanshare.files.faults import SourceFault
from lanshare.files.source.tree import Found, walk


def listed(root: Path) -> dict[str, Found]:
    """What a tree holds, by path."""
    return {"/".join(item.entry.parts): item for item in walk([root]) if isinstance(item, Found)}


def test_each_entry_is_read_where_it_lies(tmp_path: Path) -> None:
    top = tmp_path / "top"
    (top / "a" / "b").mkdir(parents=True)
    (top / "x").write_bytes(b"1")
    (top / "a" / "y").write_bytes(b"22")
    (top / "a" / "b" / "z").write_bytes(b"333")
    found = listed(top)
    reader = TreeReader([top])
    for name, content in {"top/x": b"1", "top/a/y": b"22", "top/a/b/z": b"333"}.items():
        assert reader.path(found[name]) == str(tmp_path / name)
        small = reader.small(found[name])
        assert small is not None
        assert small[0] == content
        file = reader.file(found[name])
        assert file.size == len(content)
        file.close()
    reader.close()


@pytest.mark.parametrize("swapped", ["file", "folder"])
def test_a_link_in_its_place_is_not_followed(tmp_path: Path, swapped: str) -> None:
    top, secret = tmp_path / "top", tmp_path / "secret"
    (top / "a").mkdir(parents=True)
    secret.mkdir()
    (secret / "y").write_bytes(b"not for you")
    (top / "a" / "y").write_bytes(b"mine")
    found = listed(top)["top/a/y"]
    (top / "a" / "y").unlink()
    if swapped == "file":
        (top / "a" / "y").symlink_to(secret / "y")
    else:
        (top / "a").rmdir()
        (top / "a").symlink_to(secret)
    reader = TreeReader([top])
    with pytest.raises(SourceFault):
        reader.small(found)
    with pytest.raises(SourceFault):
        reader.file(found)
    reader.close()
