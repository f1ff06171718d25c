"""We are the source: which of what the sink has is the very same, and what it may not say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.errors import ProtocolError
from lanshare.exchange.source.dedup_source import Checking
from lanshare.files.content import Content, small_id
from lanshare.files.source import manifest
from lanshare.files.source.tree import walk
from lanshare.wire import limits

LARGE = os.urandom(5_000_000)


@pytest.fixture
def checking(tmp_path: Path) -> Iterator[Checking]:
    """A list of: 0 the folder, 1 a, 2 b, 3 large, 4 z."""
    top = tmp_path / "top"
    top.mkdir()
    for name, data in (("a", b"a"), ("b", b"b"), ("large", LARGE), ("z", b"")):
        (top / name).write_bytes(data)
    writer = manifest.ManifestWriter(tmp_path / "list")
    for item in walk([top]):
        writer.add(item)
    writer.finish()
    writer.close()
    one = Checking([top], tmp_path / "list")
    yield one
    one.close()


def answered(checking: Checking) -> list[tuple[int, bytes]]:
    """All that comes of it."""
    contents: list[tuple[int, bytes]] = []
    while checking.busy:
        checking.step()
        contents += checking.answers()
    return contents


def large_id() -> bytes:
    """Of the large file."""
    content = Content()
    for at in range(0, len(LARGE), 1_000_000):
        piece = LARGE[at : at + 1_000_000]
        cut = min(len(piece), content.to_boundary)
        content.update(piece[:cut])
        content.update(piece[cut:])
    return content.id()


def test_each_is_answered_once_with_what_it_is_here(checking: Checking) -> None:
    for index in range(5):
        checking.heard(index)
    assert answered(checking) == [
        (0, b""), (1, small_id(b"a")), (2, small_id(b"b")), (3, large_id()), (4, small_id(b"")),
    ]
    assert checking.answers() == []


def test_what_cannot_be_read_any_more_has_no_content(checking: Checking, tmp_path: Path) -> None:
    (tmp_path / "top" / "a").unlink()
    (tmp_path / "top" / "large").write_bytes(b"shorter")
    checking.heard(1)
    checking.heard(3)
    assert answered(checking) == [(1, b""), (3, b"")]


def test_a_sink_that_breaks_the_rules_is_told_so(checking: Checking) -> None:
    checking.heard(1)
    for index in (1, 0):
        with pytest.raises(ProtocolError):
            checking.heard(index)
    assert answered(checking) == [(1, small_id(b"a"))]
    with pytest.raises(ProtocolError):
        checking.heard(1)
    checking.heard(99)
    with pytest.raises(ProtocolError):
        answered(checking)


def test_what_is_told_and_not_answered_is_bounded(checking: Checking) -> None:
    for index in range(limits.OUTSTANDING):
        checking.heard(index)
    with pytest.raises(ProtocolError):
        checking.heard(limits.OUTSTANDING)
