"""On a netbook's screen, in a narrow window, with letters of every size: all can be reached, all can be read whole."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lanshare.domain import events as e
from lanshare.domain.message import MessageId, Quote
from lanshare.domain.settings import Appearance
from lanshare.qt.formatting import BREAK, breakable
from lanshare.qt.theme import style
from lanshare.qt.timeline.bubble import Bubble
from lanshare.qt.timeline.card import Card
from lanshare.qt.widgets.labels import wrapped
from lanshare.qt.widgets.tall import Tall
from lanshare.qt.windows.device_details import DeviceSheet
from lanshare.qt.windows.group import GroupDialog
from lanshare.qt.windows.main import MainWindow
from tests.harness.engines import ROOT, environment
from tests.harness.talks import NOW
from tools import pictures as made

SCREEN = {"name": "small", "x": 0, "y": 0, "width": 1024, "height": 600, "logicalDpi": 96, "logicalBaseDpi": 96,
          "dpr": 1}


@pytest.mark.parametrize("points", [7, 9, 14, 18, 24])
def test_every_control_is_within_reach_and_every_word_can_be_read(tmp_path: Path, points: int) -> None:
    config = tmp_path / "screen.json"
    config.write_text(json.dumps({"screens": [SCREEN]}))
    settings = environment() | {"QT_QPA_PLATFORM": f"offscreen:configfile={config}"}
    if os.environ.get("QT_QPA_PLATFORM", "offscreen") != "offscreen":
        pytest.skip("needs Qt's off-screen platform")
    command = [sys.executable, "-m", "tests.qt.reach", str(points)]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert said["screen"] == [1024, 600]
    assert said["windows"] >= 19
    assert said["controls"] >= 800
    assert said["wrong"] == []


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


def test_when_the_systems_letters_change_all_that_is_shown_follows(window: MainWindow, qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    usual = QFont(app.font())
    style.apply_theme(app, Appearance.LIGHT)
    window.open_peer(made.MARTA)
    window.on_event(replace(made.history(), request=window.state._requests))
    qtbot.waitUntil(lambda: len(window.findChildren(Bubble)) > 2)
    window.resize(1900, 900)

    def sizes() -> dict[str, int]:
        rows = window.sidebar.list
        return {
            "a bubble's letters": window.findChildren(Bubble)[-1]._text.fontMetrics().height(),
            "a card's letters": window.findChildren(Card)[-1]._status.fontMetrics().height(),
            "the field's letters": window.pane.composer.field.fontMetrics().height(),
            "the field": window.pane.composer.field.height(),
            "a row": rows.visualRect(rows.model().index(0, 0)).height(),
            "the list": window.sidebar.width(),
            "the title's letters": window.pane._name.fontMetrics().height(),
            "the foot": window.sidebar._name.fontMetrics().height(),
            "a button's picture": window.pane._more.iconSize().width(),
        }

    before = sizes()
    try:
        twice = QFont(usual)
        twice.setPointSizeF(usual.pointSizeF() * 2)
        app.setFont(twice)
        qtbot.waitUntil(lambda: len(window.findChildren(Bubble)) > 2)

        def others() -> set[str]:
            after = sizes()
            return {name for name in before if not 1.5 < after[name] / before[name] < 2.6}

        qtbot.waitUntil(lambda: not others())
    finally:
        app.setFont(usual)
        style.apply_theme(app, Appearance.LIGHT)


def test_no_size_of_letters_is_given_in_pixels() -> None:
    for path in sorted((ROOT / "lanshare" / "qt").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert "setPixelSize" not in text, path.name
        assert not re.search(r"font-size:\s*\d", text), path.name


@pytest.mark.parametrize("text", [
    "a" * 300, "https://example.org/" + "x" * 200, "\U0001f1e9\U0001f1ea" * 40, "e\u0301" * 60,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 20, "\u062d" * 60, "short words only", "holiday-2026.final.zip",
    "x\ud800" * 30, "192.168.100.200",
])
def test_a_long_word_is_broken_between_characters_only_and_copied_whole(qtbot: QtBot, text: str) -> None:
    shown = breakable(text)
    assert shown.replace(BREAK, "") == text
    for cluster in ("\U0001f1e9\U0001f1ea", "e\u0301", "\U0001f468\u200d\U0001f469\u200d\U0001f467"):
        assert shown.count(cluster) == text.count(cluster)
    assert all(len(part) <= 20 for part in shown.split(BREAK) if text.startswith("a"))
    label = wrapped(text)
    qtbot.addWidget(label)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByKeyboard)
    label.show()
    label.setSelection(0, len(shown.encode("utf-16-le", "surrogatepass")) // 2)
    label.setFocus()
    QTest.keySequence(label, QKeySequence(QKeySequence.StandardKey.Copy))
    assert label.text() == text
    if "\ud800" not in text:
        assert QGuiApplication.clipboard().text() == text


@pytest.mark.parametrize("name", ["Wolfgangamadeusmozartensembleleiterinsalzburg" + "x" * 19, "W" * 64, "🙂" * 64])
@pytest.mark.parametrize("width", [360, 480, 721])
def test_no_name_and_no_sign_makes_a_conversation_wider_than_its_window(
    window: MainWindow, qtbot: QtBot, name: str, width: int
) -> None:
    group = made.peer_id("h")
    window.resize(width, 640)
    window.on_event(e.GroupChanged(group, "Garden", (made.ME.id, made.MARTA, made.ANNA), True))
    window.open_peer(group)
    quote = Quote(MessageId("3" * 32), made.ANNA, "what was said")
    window.on_event(e.PeerChanged(made.ANNA, name, "laptop", (), "known", True))
    window.on_event(e.MessageReceived(
        MessageId("4" * 32), group, name, "a short one", NOW, 5, author=made.ANNA, order="4", quote=quote))
    for number, sign in enumerate([chr(0x1F600 + at) for at in range(30)] + ["twenty-letters-of-sign"]):
        window.on_event(e.MessageReacted(MessageId("4" * 32), group, made.peer_id(chr(ord("a") + number % 26)), sign))
    window.talk._want("reply", window.timeline.entry(0))
    qtbot.waitUntil(lambda: bool(window.findChildren(Bubble)))
    for _ in range(6):
        QApplication.processEvents()
    timeline = window.pane.timeline
    assert timeline.widget().width() <= timeline.viewport().width()  # type: ignore[union-attr]
    assert window.width() <= max(width, window.minimumSize().width())
    (bubble,) = window.findChildren(Bubble)
    for label in (bubble._who, bubble._signs):
        assert label is not None
        assert label.mapTo(timeline.viewport(), label.rect().bottomRight()).x() <= timeline.viewport().width()


def test_two_of_one_long_name_are_told_apart_wherever_somebody_is_picked(window: MainWindow) -> None:
    name = "The one computer that has a name as long as names may be here"
    for letter in "wy":
        window.on_event(e.PeerAppeared(made.peer_id(letter), name, "laptop", (), "known", True))
    dialog = GroupDialog(window.devices.devices(), made.ME.id, None, [], window)
    dialog.show()
    QApplication.processEvents()
    rows = [row for row in range(dialog._list.count()) if name in dialog._list.item(row).text()]
    boxes = [dialog._list.visualItemRect(dialog._list.item(row)) for row in rows]
    for row in rows:
        dialog._list.item(row).setSelected(False)
    pictures = [dialog._list.viewport().grab(box).toImage() for box in boxes]
    assert len(pictures) == 2
    assert pictures[0] != pictures[1]
    dialog.close()
    window.searching.find(None)
    search = window.searching.dialog
    assert search is not None
    places = [search._where.itemText(at) for at in range(search._where.count())]
    assert len(set(places)) == len(places)
    window.on_event(e.PeerChanged(made.ANNA, "W" * 64, "laptop", (), "known", True))
    window.searching.find(None)
    assert window.searching.dialog is not None
    assert window.searching.dialog.minimumSizeHint().width() < 800
    window.searching.dialog.close()
