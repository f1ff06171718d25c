"""The window's parts: text that stays text, every control named, few rows alive."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.message import MessageId
from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.transfer import TransferId
from lanshare.qt.models.device_rows import DEVICE_ROLE
from lanshare.qt.widgets import devicelist
from lanshare.qt.widgets.form import Choice, Form, Mark
from lanshare.qt.widgets.number import megabytes
from lanshare.qt.windows.main import MainWindow
from tools import pictures as made

PAYLOADS = [
    "<h1>x", "<img src='file:///etc/passwd'>", "<a href='http://x'>y</a>", "a<br>b", "&lt;b&gt;", "\u202egnp.exe",
    "\x1b[31mred", "<table><tr><td>", "<!--", "<script>alert(1)</script>", "<b>bold</b>", "%s %d {0}",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_peers_text_is_never_markup(window: MainWindow, payload: str) -> None:
    window.open_peer(made.MARTA)
    now = datetime.datetime.now(datetime.UTC)
    window.on_event(e.PeerChanged(made.MARTA, payload, "laptop", (), "known", True, payload))
    window.on_event(e.MessageReceived(MessageId("9" * 32), made.MARTA, payload, payload, now, 99))
    window.on_event(e.NetworkTroubled("x", payload))
    for label in window.findChildren(QLabel):
        assert label.textFormat() is not Qt.TextFormat.AutoText, label.text()
        if label.textFormat() is Qt.TextFormat.RichText:
            assert payload not in label.text() or "<" not in payload


def test_every_control_has_a_name(window: MainWindow) -> None:
    window.open_peer(made.MARTA)
    window.on_event(made.history())
    made.living(window)
    window.on_event(made.troubles())
    nameless = [
        control
        for kind in (QAbstractButton, QLineEdit, QPlainTextEdit)
        for control in window.findChildren(kind)
        if control.isVisible() and not (control.accessibleName() or getattr(control, "text", str)())
    ]
    assert not nameless


def test_the_question_is_answered_by_its_buttons(window: MainWindow, submitted: list[Command], qtbot: QtBot) -> None:
    window.open_peer(made.MARTA)
    made.living(window)

    def visible() -> dict[str, QAbstractButton]:
        return {one.text(): one for one in window.pane.timeline.findChildren(QAbstractButton) if one.isVisible()}

    qtbot.waitUntil(lambda: {"Decline", "Save to…"} < set(visible()))
    buttons = visible()
    accept = next(one for text, one in buttons.items() if text.startswith("Accept"))
    QTest.mouseClick(accept, Qt.MouseButton.LeftButton)
    answer = submitted[-1]
    assert isinstance(answer, c.AnswerOffer)
    view = window.book.views[answer.transfer]
    assert answer == c.AnswerOffer(view.id, True, shown=view.offer)


def test_a_long_conversation_keeps_few_rows_alive(window: MainWindow, qtbot: QtBot) -> None:
    moments = tuple(made.text(number, number % 3 == 0, f"text {number}", 5000 - number) for number in range(1, 1001))
    window.open_peer(made.MARTA)
    window.on_event(e.HistoryLoaded(1, made.MARTA, moments, True))
    qtbot.waitUntil(lambda: not window.pane.timeline.builder.busy)
    timeline = window.pane.timeline
    assert len(timeline.rows) == 200
    assert timeline.rows[-1][0].text == "text 1000"
    bar = timeline.verticalScrollBar()
    for _ in range(140):
        bar.setValue(0)
        qtbot.wait(1)
        assert len(timeline.rows) <= 200
        if timeline.column.first == 0:
            break
    assert timeline.rows[0][0].text == "text 1"
    for _ in range(140):
        bar.setValue(bar.maximum())
        qtbot.wait(1)
    assert timeline.rows[-1][0].text == "text 1000"


def buttons(window: MainWindow) -> dict[str, QAbstractButton]:
    """What can be pressed in the conversation, by its words or its name."""
    found = [one for one in window.pane.timeline.findChildren(QAbstractButton) if one.isVisible()]
    return {one.text() or one.accessibleName(): one for one in found}


def press(window: MainWindow, words: str) -> None:
    """One click."""
    QTest.mouseClick(buttons(window)[words], Qt.MouseButton.LeftButton)


def test_a_question_about_what_is_here_already_offers_the_choice(
    window: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    window.open_peer(made.MARTA)
    made.conflict(window)
    qtbot.waitUntil(lambda: "Accept · 300 MB" in buttons(window))
    texts_shown = " ".join(label.text() for label in window.pane.timeline.findChildren(QLabel) if label.isVisible())
    assert "12 new · 1486 seem to be here already · 4 differ from yours" in texts_shown
    (choice,) = [one for one in window.pane.timeline.findChildren(QComboBox) if one.isVisible()]
    choice.setCurrentIndex(2)
    press(window, "Accept · 300 MB")
    answer = submitted[-1]
    assert isinstance(answer, c.AnswerOffer)
    assert (answer.accepted, answer.clash) == (True, ConflictPolicy.REPLACE)


def test_transfers_can_rest_go_on_be_retried_and_undone(
    window: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    window.open_peer(made.MARTA)
    made.many(window)
    qtbot.waitUntil(lambda: "Pause" in buttons(window))
    press(window, "Pause")
    ident = TransferId("d" * 32)
    assert submitted.pop() == c.PauseTransfer(ident)
    window.on_event(e.TransferPaused(ident, made.MARTA, "us", "You paused it.", 5, 10))
    qtbot.waitUntil(lambda: "Go on now" in buttons(window))
    press(window, "Go on now")
    assert submitted.pop() == c.ResumeTransfer(ident)
    window.on_event(e.TransferWaiting(ident, made.MARTA, "turn", "It waits for its turn.", 5, 10))
    qtbot.waitUntil(lambda: "Send this first" in buttons(window))
    window.on_event(e.TransferStarted(ident, made.MARTA, "out"))
    window.on_event(e.TransferProgressed(ident, 5, 10, 1.0, "d/one"))
    qtbot.waitUntil(lambda: "Leave this file out" in buttons(window))
    press(window, "Leave this file out")
    assert submitted.pop() == c.SkipFile(ident, "d/one")
    window.on_event(made.forgotten())
    qtbot.waitUntil(lambda: {"Retry the rest", "Undo"} <= set(buttons(window)))
    press(window, "Retry the rest")
    assert isinstance(submitted.pop(), c.RetryTransfer)
    press(window, "Undo")
    undo = submitted.pop()
    assert isinstance(undo, c.UndoReceive)
    window.on_event(e.ReceiveUndone(undo.transfer, made.MARTA, 3, 0, 0, "/x", "3 files were moved to /x."))
    qtbot.waitUntil(lambda: "Undo" not in buttons(window))


def test_a_field_for_megabytes_begins_where_other_fields_do_and_says_what_nothing_means(qtbot: QtBot) -> None:
    speed = megabytes(2_500_000, " MB/s", "No limit", 100_000.0, 1)
    qtbot.addWidget(speed)
    assert speed.value() == pytest.approx(2.5)
    assert speed.text().endswith("MB/s")
    speed.setValue(0)
    assert speed.text() == "No limit"
    assert speed.findChildren(QLineEdit)[0].textMargins().left() >= 8


def test_a_choice_begins_with_what_is_chosen_and_shows_that_it_opens(qtbot: QtBot) -> None:
    choice = Choice("Appearance", (("system", "As the system"), ("dark", "Dark")), "dark")
    qtbot.addWidget(choice)
    choice.resize(200, 32)
    assert (choice.currentData(), choice.accessibleName()) == ("dark", "Appearance")
    assert Choice("Other", (("a", "A"), ("b", "B")), "gone").currentData() == "a"
    assert len(colours(choice, QRect(174, 8, 16, 16))) > 1, "a chevron"


def test_a_mark_that_is_set_has_a_tick_and_one_that_is_not_has_none(qtbot: QtBot) -> None:
    mark = Mark("Yes")
    qtbot.addWidget(mark)
    mark.setStyleSheet(
        "QCheckBox::indicator { width: 14px; height: 14px; background: white; }"
        "QCheckBox::indicator:checked { background: blue; }"
    )
    mark.resize(mark.sizeHint())
    inside = QRect(3, (mark.height() - 8) // 2, 8, 8)
    assert len(colours(mark, inside)) == 1
    mark.setChecked(True)
    assert len(colours(mark, inside)) > 1


def test_labels_stand_beside_the_middle_of_their_fields(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    form = Form(10)
    box.setLayout(form)
    field = QLineEdit()
    field.setFixedHeight(60)
    form.add("Name", field)
    box.show()
    label = form.labelForField(field)
    assert label is not None
    assert abs(label.geometry().center().y() - field.geometry().center().y()) <= 1
    assert field.accessibleName() == "Name"


def test_a_transfer_that_moves_on_repaints_its_own_row_only(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    painted: list[str] = []
    paint = devicelist._DeviceDelegate.paint

    def noting(self: Any, painter: Any, option: Any, index: Any) -> None:
        painted.append(index.data(DEVICE_ROLE).name)
        paint(self, painter, option, index)

    monkeypatch.setattr(devicelist._DeviceDelegate, "paint", noting)
    window: MainWindow = request.getfixturevalue("window")
    made.living(window)
    qtbot.waitUntil(lambda: len(painted) >= 6)

    def nothing_more() -> bool:
        before = len(painted)
        QApplication.processEvents()
        return len(painted) == before

    qtbot.waitUntil(nothing_more)
    painted.clear()
    window.on_event(e.TransferProgressed(TransferId("a" * 32), 1_200_000_000, 1_480_000_000, 71_300_000.0))
    qtbot.waitUntil(lambda: "Marta's ThinkPad" in painted)
    qtbot.waitUntil(nothing_more)
    at = window.devices.row_of(made.MARTA)
    beside = {one.name for one in window.devices.devices()[max(0, at - 1) : at + 2]}
    assert set(painted) <= beside, "its neighbours' edges may be touched, no more"
    assert window.devices.devices()[at].status.endswith("81%")


def colours(widget: QWidget, part: QRect) -> set[int]:
    """The colours in a part of a widget's picture."""
    image = widget.grab().toImage()
    return {image.pixel(x, y) for x in range(part.left(), part.right()) for y in range(part.top(), part.bottom())}
