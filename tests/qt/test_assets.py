"""Icons: every kind of file has one, and each can be drawn."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from lanshare.qt import assets


@pytest.mark.parametrize("name", ["a.jpg", "b.mp4", "c.pdf", "d.zip", "e", "f.mp3", "g.py", ".hidden", "a folder"])
@pytest.mark.parametrize("dark", [False, True])
def test_every_file_has_an_icon_that_can_be_drawn(qtbot: QtBot, name: str, dark: bool) -> None:
    icon, colour = assets.file_icon(name, name == "a folder", dark)
    image = assets.pixmap(icon, colour, 24, 2.0).toImage()
    assert image.width() == 48
    inked = [image.pixelColor(x, y) for x in range(48) for y in range(48) if image.pixelColor(x, y).alpha() > 200]
    assert inked
    assert any(abs(pixel.red() - QColor(colour).red()) < 40 for pixel in inked)


def test_the_apps_own_icon_is_there(qtbot: QtBot) -> None:
    assert not assets.app_icon().isNull()
