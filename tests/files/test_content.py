"""Content ids: holes are zeros, pieces make no difference. (The vectors: tests/wire/test_protocol_paper.py.)"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.transfer import CHUNK
from lanshare.files.content import Content, content_id


def whole(data: bytes, step: int) -> Content:
    """Count data in by pieces."""
    content = Content()
    at = 0
    while at < len(data):
        piece = data[at : at + min(step, content.to_boundary)]
        content.update(piece)
        at += len(piece)
    return content


@given(st.binary(max_size=3000), st.integers(1, 4000))
def test_pieces_make_no_difference(data: bytes, step: int) -> None:
    assert whole(data, step).id() == whole(data, 1 << 30).id()


def test_zeros_are_zeros_however_they_come() -> None:
    for size in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7):
        content = Content()
        content.zeros(size)
        assert content.id() == whole(bytes(size), 1 << 20).id()


def test_an_empty_file_has_an_id_of_its_own() -> None:
    assert Content().id() == content_id(0, []) != content_id(1, [])
