"""What a drop or a paste brings: local files and folders, an image, or text."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData


def paths_in(mime: QMimeData) -> tuple[Path, ...]:
    """The local files and folders of a drop; empty if it brings anything else."""
    if not mime.hasUrls():
        return ()
    return tuple(Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile() and url.toLocalFile())
