"""A file put into a staging folder."""

from __future__ import annotations

from lanshare.domain.transfer import CHUNK
from lanshare.files.content import Content
from lanshare.files.sink.staging import Staging

TRANSFER = "ab" * 16


def content_of(data: bytes) -> bytes:
    """A content id."""
    content = Content()
    for at in range(0, len(data), CHUNK):
        content.update(data[at : at + CHUNK])
    return content.id()


def put(stage: Staging, index: int, parts: tuple[str, ...], data: bytes, claimed: bytes | None = None) -> None:
    """Receive one file."""
    stage.begin(index, parts, len(data), 0)
    stage.write(memoryview(data))
    stage.end(claimed if claimed is not None else content_of(data), 1_600_000_000_000_000_000)
