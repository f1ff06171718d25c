"""We are the source: which of what the sink has is the very same, and what it may not say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.errors import ProtocolError
from lanshare.exchange.checking import Checking
from lanshare.files import manifest
from lanshare.files.content import Content, small_id
from lanshare.files.tree import walk
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


def answered(checking: Checking) -> tuple[list[int], list[int]]:
    """All that comes of it."""
    same: list[int] = []
    differ: list[int] = []
    while checking.busy:
        checking.step()
        some, others = checking.answers()
        same += some
        differ += others
    return same, differ


def large_id() -> bytes:
    """Of the large file."""
    content = Content()
    for at in range(0, len(LARGE), 1_000_000):
        piece = LARGE[at : at + 1_000_000]
        cut = min(len(piece), content.to_boundary)
        content.update(piece[:cut])
        content.update(piece[cut:])
    return content.id()


def test_each_is_answered_once_and_only_equal_content_is_the_same(checking: Checking) -> None:
    checking.heard(0, small_id(b""))
    checking.heard(1, small_id(b"a"))
    checking.heard(2, small_id(b"other"))
    checking.heard(3, large_id())
    checking.heard(4, small_id(b""))
    assert answered(checking) == ([1, 3, 4], [0, 2])
    assert checking.answers() == ([], [])


def test_a_large_file_is_read_before_its_content_is_told(checking: Checking) -> None:
    checking.heard(3, b"")
    while checking.busy:
        checking.step()
    assert checking.answers() == ([], [])
    checking.heard(3, large_id())
    assert checking.answers() == ([3], [])


def test_what_cannot_be_read_any_more_is_not_the_same(checking: Checking, tmp_path: Path) -> None:
    (tmp_path / "top" / "a").unlink()
    (tmp_path / "top" / "large").write_bytes(b"shorter")
    checking.heard(1, small_id(b"a"))
    checking.heard(3, large_id())
    assert answered(checking) == ([], [1, 3])


def test_a_sink_that_breaks_the_rules_is_told_so(checking: Checking) -> None:
    checking.heard(1, small_id(b"a"))
    for index, content in ((1, small_id(b"a")), (1, b""), (0, small_id(b"a"))):
        with pytest.raises(ProtocolError):
            checking.heard(index, content)
    checking.heard(99, small_id(b"a"))
    with pytest.raises(ProtocolError):
        answered(checking)


def test_what_is_told_and_not_answered_is_bounded(checking: Checking) -> None:
    for index in range(limits.OUTSTANDING):
        checking.heard(index, b"")
    with pytest.raises(ProtocolError):
        checking.heard(limits.OUTSTANDING, b"")
