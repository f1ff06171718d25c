"""Pictures in cards: small, off the window's thread, and never a bomb."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from lanshare.qt.timeline import preview
from tests.hostile.images import measured_png


def test_an_image_is_read_small_on_another_thread(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.png"
    image = QImage(2000, 1000, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    image.save(str(path))
    threads: list[str] = []
    real = preview.read

    def spy(path: str) -> QImage:
        threads.append(threading.current_thread().name)
        return real(path)

    monkeypatch.setattr(preview, "read", spy)
    loader = preview.Loader()
    with qtbot.waitSignal(loader.loaded, timeout=20_000) as waited:
        assert loader.ask(str(path)) is None
    shown = waited.args[1]
    assert isinstance(shown, QImage)
    assert (shown.width(), shown.height()) == (372, 186)
    assert threads == ["pictures"]
    assert loader.ask(str(path)) is not None, "kept"
    loader.close()


@pytest.mark.parametrize("name", ["bomb.png", "text.png", "link.png", "huge.png", "gone.png", "svg.png"])
def test_bombs_lies_links_and_nothing_are_not_shown(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "bomb.png":
        path.write_bytes(measured_png(60_000, 60_000))
    elif name == "text.png":
        path.write_text("no image at all")
    elif name == "svg.png":
        path.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>')
    elif name == "link.png":
        (tmp_path / "real.png").write_bytes(measured_png(8, 8))
        path.symlink_to(tmp_path / "real.png")
    elif name == "huge.png":
        with path.open("wb") as file:
            file.write(measured_png(8, 8))
            file.truncate(100 * 1024 * 1024)
    assert preview.read(str(path)).isNull()


def test_only_images_by_their_last_ending_are_tried() -> None:
    assert preview.is_image("a.JPG")
    for name in ("a.svg", "a.png.exe", "a", "a.tiff", "a.icns"):
        assert not preview.is_image(name)
