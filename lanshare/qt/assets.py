"""Icons: Lucide SVGs in resources/icons, tinted in the colour that is asked for."""

from __future__ import annotations

import html
from functools import lru_cache
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QLinearGradient, QPainter, QPainterPath, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from lanshare.qt.theme.style import em

_HERE: Final = Path(__file__).resolve().parent.parent


@lru_cache(maxsize=1)
def _folder() -> Path:
    packed = _HERE / "resources" / "icons"
    return packed if packed.is_dir() else _HERE.parent / "resources" / "icons"


@lru_cache(maxsize=256)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    svg = (_folder() / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
    return QSvgRenderer(QByteArray(svg.encode("utf-8")))


def draw_icon(painter: QPainter, name: str, colour: str, box: QRectF) -> None:
    """Draw an icon into a box."""
    _renderer(name, colour).render(painter, box)


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """An icon of `size` logical pixels."""
    image = QPixmap(round(size * ratio), round(size * ratio))
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    draw_icon(painter, name, colour, QRectF(0, 0, size, size))
    painter.end()
    return image


def icon(name: str, colour: str, size: int = 20) -> QIcon:
    """An icon for buttons and menus, sharp at every scale."""
    result = QIcon()
    for ratio in (1.0, 2.0):
        result.addPixmap(pixmap(name, colour, size, ratio))
    return result


def put_icon(button: QAbstractButton, name: str, colour: str, size: int = 20) -> None:
    """Give a button its icon, of `size` pixels with letters of the usual size."""
    side = em(size)
    button.setIcon(icon(name, colour, side))
    button.setIconSize(QSize(side, side))


def app_icon() -> QIcon:
    """The application's own icon: two arrows that meet on the accent's ground."""
    result = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        image = QPixmap(size, size)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path = QPainterPath()
        path.addRoundedRect(QRectF(0, 0, size, size), size * 0.24, size * 0.24)
        ground = QLinearGradient(0, 0, size, size)
        ground.setColorAt(0, QColor("#6d7cff"))
        ground.setColorAt(1, QColor("#3f4fdc"))
        painter.fillPath(path, ground)
        edge = size * 0.22
        draw_icon(painter, "radar", "#ffffff", QRectF(edge, edge, size - 2 * edge, size - 2 * edge))
        painter.end()
        result.addPixmap(image)
    return result


DEVICE_ICONS: Final = {"laptop": "laptop", "desktop": "monitor", "server": "server", "group": "users"}


def device_icon(kind: str) -> str:
    """The icon's name for a kind of device."""
    return DEVICE_ICONS.get(kind, "cpu")


_KINDS: Final = (
    ("png jpg jpeg gif webp heic svg bmp tiff", "image", "#0f8a63", "#34d399"),
    ("mp4 mkv mov avi webm", "film", "#b3279b", "#f07ad8"),
    ("mp3 flac ogg wav m4a opus", "music", "#7a3fd0", "#b794f6"),
    ("zip gz xz bz2 7z rar tar zst iso", "file-archive", "#9a5b00", "#f5b453"),
    ("pdf", "file-text", "#c22f2f", "#ff8a8a"),
    ("py c h rs go js ts json html css sh", "file-code", "#1f6fb5", "#6cb6f5"),
    ("txt md doc docx odt csv log", "file-text", "#4b5a75", "#a5b4cf"),
)
_BY_ENDING: Final = {ending: kind for endings, *kind in _KINDS for ending in endings.split()}


def file_icon(name: str, folder: bool, dark: bool) -> tuple[str, str]:
    """Icon and colour for a file by its final ending: what the system would open it as."""
    if folder:
        return "folder", "#8ea0ff" if dark else "#4355e0"
    found = _BY_ENDING.get(name.rpartition(".")[2].lower() if "." in name else "")
    if found is None:
        return "file", "#a5b4cf" if dark else "#4b5a75"
    return found[0], found[2] if dark else found[1]


def tooltip(text: str) -> str:
    """A tooltip that shows text as text: Qt would read markup into it."""
    return f"<span>{html.escape(text)}</span>" if text else ""
