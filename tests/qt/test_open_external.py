"""What leaves the window: only what was clicked, and only where it may go."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from lanshare.qt.desktop import open_external


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the desktop was asked to open."""
    urls: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: urls.append(url.toString()))
    return urls


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a person was asked; he always presses the first button."""
    texts: list[str] = []

    def exec_(box: QMessageBox) -> int:
        texts.append(f"{box.text()} {box.informativeText()}")
        box.setProperty("answer", 0)
        return 0

    monkeypatch.setattr(QMessageBox, "exec", exec_)
    monkeypatch.setattr(QMessageBox, "clickedButton", lambda box: box.buttons()[0] if box.buttons() else None)
    return texts


@pytest.mark.parametrize("target", ["javascript:alert(1)", "file:///etc/passwd", "ftp://x/y", "http://", "smb://x",
                                    "data:text/html,x", "mailto:x@y"])
def test_nothing_but_the_web_is_opened(qtbot: QtBot, opened: list[str], asked: list[str], target: str) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    open_external.open_link(parent, target)
    assert (opened, asked) == ([], [])


def test_where_a_link_leads_is_shown_in_its_real_letters(qtbot: QtBot, opened: list[str], asked: list[str]) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    open_external.open_link(parent, "https://b\u00fccher.example/x")
    assert "xn--bcher-kva.example" in asked[0]


def test_a_program_is_shown_in_its_folder_instead(qtbot: QtBot, opened: list[str], asked: list[str],
                                                  tmp_path: Path) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    files = (("run.sh", b"\xff\xd8\xff"), ("lie.jpg", b"MZ"), ("picture.jpg", b"\xff\xd8\xff"))
    for count, (name, content) in enumerate(files, 1):
        (tmp_path / name).write_bytes(content)
        open_external.open_path(parent, str(tmp_path / name))
        qtbot.waitUntil(lambda: len(opened) == count)  # noqa: B023 (asked at once)
    assert opened == [f"file://{tmp_path}", f"file://{tmp_path}", f"file://{tmp_path}/picture.jpg"]
    for way in (open_external.open_path, open_external.show_path):
        asked.clear()
        way(parent, str(tmp_path / "gone.jpg"))
        qtbot.waitUntil(lambda: bool(asked))
        assert "no longer there" in asked[0]
    assert len(opened) == 3


def test_a_disk_that_hangs_holds_no_window_up(
    qtbot: QtBot, opened: list[str], asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def hangs(path: str) -> bool:
        return goes_on.wait(30)

    monkeypatch.setattr(open_external, "may_open", hangs)
    parent = QWidget()
    qtbot.addWidget(parent)
    path = tmp_path / "picture.jpg"
    path.write_bytes(b"")
    open_external.open_path(parent, str(path))
    assert not opened, "and here the window goes on"
    goes_on.set()
    qtbot.waitUntil(lambda: opened == [f"file://{path}"])
