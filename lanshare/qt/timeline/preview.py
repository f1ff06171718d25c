"""A small picture of an image that came or went: decoded in another process (decoding.py), asked for off the window's
thread.

Signals: Loader.loaded(str, object) with the path and a QImage, null if there is none to show.
"""

from __future__ import annotations

import os
import queue
import threading
from collections import OrderedDict
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel

from lanshare.qt import decoding, formatting
from lanshare.qt.decoding import FORMATS, decoder
from lanshare.qt.formatting import tr

_WIDE, _HIGH = 372, 240
_KEPT: Final = 64
_FAILED: Final = 4096
_IDLE: Final = 2.0
"""Seconds without a picture after which the decoder is ended."""


def is_image(path: str) -> bool:
    """Whether a preview is tried, by the final ending."""
    return path.rpartition(".")[2].lower() in FORMATS


def read(path: str) -> QImage:
    """The picture, scaled down to fit a card; null if it is too large, damaged, or no image."""
    return decoder().picture(path, _WIDE, _HIGH)


class Loader(QObject):
    """Has pictures read on a thread that ends with the work, and keeps the last. What failed is not tried again."""

    loaded = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self._wanted: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.closed = False
        self._kept: OrderedDict[str, QImage] = OrderedDict()
        self._asked: set[str] = set()
        self._failed: OrderedDict[tuple[str, int, int], None] = OrderedDict()
        """The thread's own: what is not tried again, as it was."""

        self.loaded.connect(self._keep)

    def ask(self, path: str) -> QImage | None:
        """The picture if it is here; else `loaded` tells it soon. It asks no disk: that may hang, on another thread."""
        if path in self._kept:
            self._kept.move_to_end(path)
            return self._kept[path]
        if path not in self._asked and not self.closed:
            self._asked.add(path)
            with self._lock:
                self._wanted.put(path)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="pictures")
                    self._thread.start()
        return None

    def close(self) -> None:
        """Read nothing more."""
        self.closed = True
        with self._lock:
            thread = self._thread
        self._wanted.put(None)
        decoder().close()
        if thread is not None:
            thread.join(3.0)

    def _run(self) -> None:
        while True:
            try:
                path = self._wanted.get(timeout=_IDLE)
            except queue.Empty:
                with self._lock:
                    if not self._wanted.empty():
                        continue
                    self._thread = None
                decoder().rest()
                return
            if path is None or self.closed:
                return
            image = self._read(path)
            try:
                self.loaded.emit(path, image)
            except RuntimeError:
                return  # the window is gone

    def _read(self, path: str) -> QImage:
        state = _state(path)
        if state in self._failed:
            return QImage()
        image = read(path)
        if image.isNull() and decoder().looked:
            self._failed[state] = None
            while len(self._failed) > _FAILED:
                self._failed.popitem(last=False)
        return image

    def _keep(self, path: str, image: object) -> None:
        self._asked.discard(path)
        if isinstance(image, QImage) and not image.isNull():
            self._kept[path] = image
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


class Picture(QLabel):
    """The small picture of a file, once it is decoded; hidden until then."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._path = ""
        self.hide()

    def show_for(self, path: str) -> None:
        """Show this image; "": none."""
        if path == self._path:
            return
        self._path = path
        self.hide()
        if path:
            loader().loaded.connect(self._loaded)
            if (image := loader().ask(path)) is not None:
                self._loaded(path, image)

    def _loaded(self, path: str, image: object) -> None:
        if path != self._path or not isinstance(image, QImage) or image.isNull():
            return
        self.setPixmap(QPixmap.fromImage(image))
        self.setAccessibleName(tr("Picture: {0}").format(formatting.path_name(path)))
        self.show()


def _state(path: str) -> tuple[str, int, int]:
    """A file as it is now: one that was changed since is tried once more."""
    try:
        info = os.stat(path)
    except OSError:
        return path, 0, 0
    return path, info.st_size, info.st_mtime_ns


_LOADER: list[Loader] = []


def loader() -> Loader:
    """The one of this process; after it was closed, another one."""
    if not _LOADER or _LOADER[0].closed:
        _LOADER[:] = [Loader()]
    return _LOADER[0]


def close() -> None:
    """Read nothing more in this window's life."""
    if _LOADER:
        _LOADER[0].close()
    decoding.close()
