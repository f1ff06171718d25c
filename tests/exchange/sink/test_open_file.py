"""Bytes come in order: none without a file, none beyond it, none across a chunk's end or before its digest."""

from __future__ import annotations

import pytest

from lanshare.domain.errors import ProtocolError
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.sink.open_file import OpenFile
from lanshare.wire import frames as f


def opened(size: int, offset: int = 0, passed_over: bool = False) -> OpenFile:
    """A file of this size has begun."""
    file = OpenFile()
    file.open(f.Begin(3, ("top", "x"), "file", size, 1, offset), passed_over)
    return file


@pytest.mark.parametrize("passed_over", [False, True])
def test_the_order_holds_also_for_what_is_not_kept(passed_over: bool) -> None:
    file = opened(CHUNK + 5, passed_over=passed_over)
    assert file.path == "top/x"
    assert file.takes(CHUNK - 1, hole=False) is not passed_over
    assert file.takes(1, hole=False) is not passed_over
    assert file.chunk() is not passed_over
    assert file.takes(5, hole=False) is not passed_over
    begun, kept = file.close("x")
    assert (begun.index, kept) == (3, not passed_over)
    assert file.path == ""


@pytest.mark.parametrize(("size", "before", "count", "hole"), [
    (10, [], 11, False), (10, [], 11, True), (2 * CHUNK, [], CHUNK + 1, False), (2 * CHUNK, [1], CHUNK, True),
    (3 * CHUNK, [], CHUNK + 1, True), (2 * CHUNK, [CHUNK], 1, False),
])
def test_bytes_that_cannot_be_are_refused(size: int, before: list[int], count: int, hole: bool) -> None:
    file = opened(size)
    for some in before:
        file.takes(some, hole=False)
    with pytest.raises(ProtocolError):
        file.takes(count, hole)


def test_a_hole_may_cover_whole_chunks_and_the_last_needs_no_digest() -> None:
    file = opened(3 * CHUNK)
    assert file.takes(2 * CHUNK, hole=True)
    assert file.chunk()
    assert file.takes(CHUNK, hole=True)
    with pytest.raises(ProtocolError):
        file.chunk()


def test_it_goes_on_behind_what_is_kept() -> None:
    file = opened(CHUNK + 5, offset=CHUNK)
    assert file.takes(5, hole=False)
    with pytest.raises(ProtocolError):
        file.takes(1, hole=False)


def test_nothing_comes_without_a_file_and_no_other_one_ends() -> None:
    file = OpenFile()
    for wrong in (lambda: file.takes(1, False), file.chunk, lambda: file.close("x")):
        with pytest.raises(ProtocolError):
            wrong()
    file.must_be_none("x")
    file = opened(1)
    with pytest.raises(ProtocolError):
        file.must_be_none("x")
    with pytest.raises(ProtocolError):
        file.close("x", index=4)
    assert file.close("x", index=3)[1]
