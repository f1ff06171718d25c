"""On a netbook's screen, and with letters twice as large, every control of every dialog can be reached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QApplication

from lanshare.qt.widgets.tall import Tall
from lanshare.qt.windows.main import MainWindow
from lanshare.qt.windows.sheet import DeviceSheet
from tests.harness.engines import environment
from tools import pictures as made

SCREEN = {"name": "small", "x": 0, "y": 0, "width": 1024, "height": 600, "logicalDpi": 96, "logicalBaseDpi": 96,
          "dpr": 1}


@pytest.mark.parametrize("points", [7, 9, 14, 18])
def test_every_control_is_within_reach(tmp_path: Path, points: int) -> None:
    config = tmp_path / "screen.json"
    config.write_text(json.dumps({"screens": [SCREEN]}))
    settings = environment() | {"QT_QPA_PLATFORM": f"offscreen:configfile={config}"}
    if os.environ.get("QT_QPA_PLATFORM", "offscreen") != "offscreen":
        pytest.skip("needs Qt's off-screen platform")
    command = [sys.executable, "-m", "tests.qt.reach", str(points)]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert said["screen"] == [1024, 600]
    assert said["dialogs"] >= 6
    assert said["controls"] >= 40
    assert said["out of reach"] == []


@pytest.mark.parametrize("trust", ["stranger", "verified"])
def test_where_there_is_room_nothing_has_to_be_scrolled(window: MainWindow, trust: str) -> None:
    marta = window.devices.device(made.MARTA)
    assert marta is not None
    sheet = DeviceSheet(replace(marta, trust=trust), window)
    sheet.show()
    for _ in range(4):
        QApplication.processEvents()
    (area,) = sheet.findChildren(Tall)
    assert area.verticalScrollBar().maximum() == 0 or sheet.height() >= sheet.screen().availableGeometry().height() - 48
    sheet.close()
