"""The app: an engine behind a window, and everything given back at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from lanshare.domain.errors import Code, LanshareError
from lanshare.node.assemble import Options
from lanshare.qt.app import App
from lanshare.qt.windows.main import MainWindow
from lanshare.store.places import places
from tests.harness.engines import free_port


def test_it_shows_a_window_over_a_real_engine_and_ends(qtbot: QtBot, tmp_path: Path) -> None:
    options = Options(profile=tmp_path, port=free_port(), name="Anna", interfaces=("127.0.0.1",))
    app = App(options, [], False)
    titles: list[str] = []

    def look() -> None:
        from PySide6.QtWidgets import QApplication

        titles.extend(one.windowTitle() for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow))
        app.qt.quit()

    QTimer.singleShot(300, look)
    assert app.run() == 0
    app.close()
    assert titles
    assert places(tmp_path).key.exists()


def test_a_profile_that_cannot_be_used_is_said_so(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "p").write_text("")
    app = App(Options(profile=tmp_path / "p", port=free_port(), interfaces=("127.0.0.1",)), [], False)
    with pytest.raises(LanshareError) as error:
        app.run()
    assert error.value.code is Code.PROFILE_UNWRITABLE
    app.close()
