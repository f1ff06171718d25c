"""Pictures of every state, kept as artefacts: light and dark, wide and narrow, empty, full and in trouble."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.harness.engines import ROOT, environment

FOLDER = ROOT / "artifacts" / "pictures"
STATES = (
    "full-wide", "full-middle", "full-narrow", "nobody-wide", "nobody-narrow",
    "greeting-wide", "greeting-narrow", "list-wide", "list-narrow", "troubles",
    "drop", "forgotten-wide", "forgotten-narrow", "conflict-wide", "conflict-narrow", "settings", "address",
    "group-wide", "group-narrow", "group-new", "search",
    "sheet-verified", "sheet-stranger", "pairing", "pairing-verified", "pairing-alarm", "alarm",
)


@pytest.fixture(scope="module")
def folder() -> Path:
    """All pictures, drawn once."""
    for old in FOLDER.glob("*.png"):
        old.unlink()
    # In a process of its own: here every window that another test left would be dressed anew for each picture.
    drawer = [sys.executable, str(ROOT / "tools" / "pictures.py"), str(FOLDER)]
    subprocess.run(drawer, env=environment(), check=True)
    return FOLDER


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_drawn_in_its_colours(qtbot: QtBot, folder: Path, state: str) -> None:
    brightness = {}
    for look in ("light", "dark"):
        image = QImage(str(folder / f"{state}-{look}.png"))
        assert not image.isNull()
        small = image.scaled(40, 40)
        pixels = [small.pixelColor(x, y) for x in range(40) for y in range(40)]
        assert len({pixel.name() for pixel in pixels}) > 8, "an empty picture"
        brightness[look] = sum(pixel.lightness() for pixel in pixels) / len(pixels)
    assert brightness["light"] > 190
    assert brightness["dark"] < 70
