"""Nothing typed is lost, nothing goes by accident: every way by which text leaves the field, or comes to a device."""

from __future__ import annotations

import datetime

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QTextOption
from PySide6.QtTest import QTest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.message import MessageId
from lanshare.qt.models.devices import DEVICE_ROLE
from lanshare.qt.windows.main import MainWindow
from tests.qt.test_talk import NOW, asked, queued, type_in
from tools import pictures as made

LATER = NOW + datetime.timedelta(days=3650)
"""After everything that the pictures' devices said."""


@pytest.fixture
def talk(window: MainWindow, submitted: list[Command]) -> MainWindow:
    """The window with Marta's conversation in front."""
    window.open_peer(made.MARTA)
    submitted.clear()
    return window


def field(window: MainWindow) -> str:
    """What stands in the field."""
    return window.pane.composer.field.toPlainText()


def last_text(submitted: list[Command]) -> c.SendText:
    """The text that was asked to be sent last."""
    one = asked(submitted, c.SendText)[-1]
    assert isinstance(one, c.SendText)
    return one


@pytest.mark.parametrize("code", ["text-too-long", "not-a-member", "protocol-error", "declined"])
@pytest.mark.parametrize("since", ["", "meanwhile"])
def test_a_refused_text_comes_back(talk: MainWindow, submitted: list[Command], code: str, since: str) -> None:
    type_in(talk, "precious")
    sent = last_text(submitted)
    type_in(talk, since, enter=False)
    talk.on_event(e.MessageRefused(sent.message, made.MARTA, code, "It cannot be."))
    assert field(talk) == ("precious\nmeanwhile" if since else "precious")
    assert c.SaveDraft(made.MARTA, field(talk)) in submitted


def test_a_text_of_more_than_a_mebibyte_never_leaves_the_field(talk: MainWindow, submitted: list[Command]) -> None:
    long = "é" * (512 * 1024 + 1)
    talk.pane.composer.field.setPlainText(long)
    QTest.keyClick(talk.pane.composer.field, Qt.Key.Key_Return)
    assert asked(submitted, c.SendText) == []
    assert field(talk) == long
    talk.pane.composer.field.setPlainText(long[:-1])
    QTest.keyClick(talk.pane.composer.field, Qt.Key.Key_Return)
    assert len(asked(submitted, c.SendText)) == 1


@pytest.mark.parametrize("way", ["paste", "plain paste", "draft"])
def test_a_word_without_end_is_broken_anywhere_so_that_the_window_goes_on(talk: MainWindow, way: str) -> None:
    """Half a mebibyte of base64 stopped the window for twenty seconds."""
    word = "x" * 500_000
    box = talk.pane.composer.field
    if way == "paste":
        QGuiApplication.clipboard().setText(word)
        box.paste()
    elif way == "plain paste":
        QGuiApplication.clipboard().setText(word)
        talk._paste_plain()
    else:
        box.setPlainText(word)
    assert field(talk) == word
    assert box.wordWrapMode() == QTextOption.WrapMode.WrapAnywhere
    box.clear()
    box.setPlainText("ordinary words")
    assert box.wordWrapMode() == QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere


def test_what_is_refused_in_another_conversation_becomes_its_draft(talk: MainWindow, submitted: list[Command]) -> None:
    type_in(talk, "for Marta")
    sent = last_text(submitted)
    talk.open_peer(made.ANNA)
    talk.on_event(e.MessageRefused(sent.message, made.MARTA, "declined", "No."))
    assert field(talk) == ""
    talk.open_peer(made.MARTA)
    assert field(talk) == "for Marta"


def test_what_was_kept_is_gone_from_the_field_for_good(talk: MainWindow, submitted: list[Command]) -> None:
    type_in(talk, "kept")
    sent = last_text(submitted)
    talk.on_event(e.MessageQueued(sent.message, made.MARTA, "kept", NOW, 1, order="1"))
    talk.on_event(e.MessageRefused(sent.message, made.MARTA, "declined", "No."))
    assert field(talk) == "", "it stands in the conversation, with Send again"


def test_paste_as_plain_text_pastes(talk: MainWindow, submitted: list[Command]) -> None:
    QGuiApplication.clipboard().setText("a password")
    type_in(talk, "half ", enter=False)
    QTest.keyClick(talk.pane.composer.field, Qt.Key.Key_V,
                   Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert asked(submitted, c.SendText) == []
    assert field(talk) == "half a password"


def test_the_trays_paste_sends_nothing_by_itself(talk: MainWindow, submitted: list[Command]) -> None:
    QGuiApplication.clipboard().setText("a password")
    talk.hide()
    talk.send_clipboard()
    assert talk.isVisible()
    assert asked(submitted, c.SendText) == []


def test_an_edit_gives_back_what_was_half_written(talk: MainWindow, submitted: list[Command]) -> None:
    talk.on_event(queued(1, "old words"))
    type_in(talk, "a half written answer", enter=False)
    talk.talk.keep_draft()
    talk.pane.composer.edit(MessageId(f"{1:032x}"), "old words")
    talk.talk.keep_draft()
    assert talk.pane.composer.draft() == "a half written answer"
    type_in(talk, "!")
    assert field(talk) == "a half written answer"
    assert asked(submitted, c.EditText) == [c.EditText(MessageId(f"{1:032x}"), made.MARTA, "old words!")]
    talk.on_event(e.MessageStays(MessageId(f"{1:032x}"), made.MARTA, "It is on its way."))
    assert field(talk).startswith("old words!"), "the change that came too late is not lost"


@pytest.mark.parametrize("act", ["another", "close", "reply", "search", "settings"])
def test_a_draft_survives_whatever_else_is_done(talk: MainWindow, submitted: list[Command], act: str) -> None:
    type_in(talk, "half", enter=False)
    if act == "another":
        talk.open_peer(made.ANNA)
        talk.open_peer(made.MARTA)
    elif act == "close":
        talk.close_peer()
        talk.open_peer(made.MARTA)
    elif act == "reply":
        talk.pane.composer.reply_to(MessageId("1" * 32), "Marta", "x")
        talk.pane.composer.cancel()
    elif act == "search":
        talk.talk.find(made.MARTA)
        assert talk.talk.search is not None
        talk.talk.search.close()
    else:
        talk.on_event(e.SettingsChanged(talk.settings))
    assert field(talk) == "half"


def drag(window: MainWindow, row: int) -> tuple[QMimeData, QPointF]:
    """A file over a row."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/secret.txt")])
    view = window.sidebar.list
    return mime, QPointF(view.visualRect(view.model().index(row, 0)).center())


def test_a_drop_goes_to_the_row_it_fell_on_not_to_the_open_conversation(
    talk: MainWindow, submitted: list[Command]
) -> None:
    view = talk.sidebar.list
    shown = [view.model().index(at, 0).data(DEVICE_ROLE) for at in range(view.model().rowCount())]
    row, device = next((at, one) for at, one in enumerate(shown) if one.id != made.MARTA)
    mime, place = drag(talk, row)
    view.dropEvent(QDropEvent(place, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
                              Qt.KeyboardModifier.NoModifier))
    assert {one.peer for one in submitted if isinstance(one, c.SendFiles)} == {device.id} | set(device.members) - {
        made.ME.id
    } - ({device.id} if device.group else set())


def test_rows_stay_where_they_are_under_a_drag(talk: MainWindow) -> None:
    view = talk.sidebar.list
    before = [view.model().index(at, 0).data(DEVICE_ROLE).id for at in range(view.model().rowCount())]
    mime, place = drag(talk, 0)
    view.dragEnterEvent(QDragEnterEvent(QPoint(int(place.x()), int(place.y())), Qt.DropAction.CopyAction, mime,
                                        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))
    last = before[-1]
    talk.on_event(e.PeerAppeared(last, "Suddenly there", "laptop", (), "known", True))
    talk.on_event(e.MessageReceived(MessageId("7" * 32), last, "x", "the newest", LATER, 99, order="7"))
    during = [view.model().index(at, 0).data(DEVICE_ROLE).id for at in range(view.model().rowCount())]
    assert during == before
    view._hold(False)
    after = [view.model().index(at, 0).data(DEVICE_ROLE).id for at in range(view.model().rowCount())]
    assert after != before
    assert set(after) == set(before)


def test_an_address_opens_the_device_that_answered_there_and_no_other(
    talk: MainWindow, submitted: list[Command]
) -> None:
    talk._ask_address()
    dialog = talk._address
    assert dialog is not None
    dialog.asked.emit("10.0.0.77")
    talk.on_event(e.PeerChanged(made.ANNA, "Anna", "laptop", (), "known", True))
    assert talk._address is dialog, "somebody else who is there changes nothing"
    assert talk._open == made.MARTA
    talk.on_event(e.AddressReached("10.0.0.77:17717", made.ANNA, made.MARTA))
    assert talk._open == made.MARTA, "not one that answers in the place of another"
    talk.on_event(e.AddressReached("10.0.0.77:17717", made.ANNA))
    assert talk._open == made.ANNA
