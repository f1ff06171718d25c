"""A small picture of an image that came or went: decoded off the window's thread, bounded in every respect.

Signals: Loader.loaded(str, object) with the path and a QImage, null if there is none to show.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QRunnable, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader

_ENDINGS: Final = {"png": b"png", "jpg": b"jpeg", "jpeg": b"jpeg", "gif": b"gif", "webp": b"webp", "bmp": b"bmp"}
"""What is decoded, and as what: by the ending alone, so that no other decoder of Qt's is ever offered the bytes."""

_FILE: Final = 64 * 1024 * 1024
_PIXELS: Final = 80_000_000
"""A camera's largest; a bomb that unfolds into more is not decoded at all."""

_MEMORY: Final = 384
"""MiB that a decoder may take for one image."""

_SIZE: Final = QSize(372, 240)
_KEPT: Final = 64


def is_image(path: str) -> bool:
    """Whether a preview is tried, by the final ending."""
    return path.rpartition(".")[2].lower() in _ENDINGS


def read(path: str) -> QImage:
    """The picture, scaled down to fit a card; null if it is too large, damaged, or no image."""
    try:
        if Path(path).is_symlink() or Path(path).stat().st_size > _FILE:
            return QImage()
    except OSError:
        return QImage()
    reader = QImageReader(path, _ENDINGS[path.rpartition(".")[2].lower()])
    reader.setAutoDetectImageFormat(False)
    reader.setDecideFormatFromContent(False)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > _PIXELS:
        return QImage()
    fitted = size.scaled(_SIZE, Qt.AspectRatioMode.KeepAspectRatio)
    if fitted.width() < size.width():
        reader.setScaledSize(fitted.expandedTo(QSize(1, 1)))
    return reader.read()


class Loader(QObject):
    """Reads pictures on two threads of its own and keeps the last of them."""

    loaded = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        QImageReader.setAllocationLimit(_MEMORY)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._kept: OrderedDict[str, QImage] = OrderedDict()
        self._asked: set[str] = set()
        self.loaded.connect(self._keep)

    def ask(self, path: str) -> QImage | None:
        """The picture if it is here; else `loaded` tells it soon."""
        if path in self._kept:
            self._kept.move_to_end(path)
            return self._kept[path]
        if path not in self._asked:
            self._asked.add(path)
            self._pool.start(_Job(path, self))
        return None

    def close(self) -> None:
        """Read nothing more."""
        self._pool.clear()
        self._pool.waitForDone(3000)

    def _keep(self, path: str, image: object) -> None:
        self._asked.discard(path)
        if isinstance(image, QImage):
            self._kept[path] = image
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


class _Job(QRunnable):
    """One picture."""

    def __init__(self, path: str, loader: Loader) -> None:
        super().__init__()
        self._path, self._loader = path, loader

    def run(self) -> None:
        image = read(self._path)
        try:
            self._loader.loaded.emit(self._path, image)
        except RuntimeError:
            pass  # the window is gone


_LOADER: list[Loader] = []


def loader() -> Loader:
    """The one of this process."""
    if not _LOADER:
        _LOADER.append(Loader())
    return _LOADER[0]
