"""Nothing typed is lost, nothing goes by accident: every way by which text leaves the field, or comes to a device."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QInputMethodEvent, QTextOption
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.message import MessageId
from lanshare.qt.models.device_rows import DEVICE_ROLE
from lanshare.qt.windows.main import MainWindow
from lanshare.qt.windows.pastesheet import PasteSheet
from tests.harness.talks import GROUP, NOW, asked, queued, type_in
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
        talk.pasting.paste_plain()
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
    talk.on_event(e.EditRejected(MessageId(f"{1:032x}"), made.MARTA, "It is on its way."))
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
        talk.searching.find(made.MARTA)
        assert talk.searching.dialog is not None
        talk.searching.dialog.close()
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
    talk.addresses.ask()
    dialog = talk.addresses.dialog
    assert dialog is not None
    dialog.asked.emit("10.0.0.77")
    talk.on_event(e.PeerChanged(made.ANNA, "Anna", "laptop", (), "known", True))
    assert talk.addresses.dialog is dialog, "somebody else who is there changes nothing"
    assert talk.state.open == made.MARTA
    talk.on_event(e.AddressReached("10.0.0.77:17717", made.ANNA, made.MARTA))
    assert talk.state.open == made.MARTA, "not one that answers in the place of another"
    talk.on_event(e.AddressReached("10.0.0.77:17717", made.ANNA))
    assert talk.state.open == made.ANNA


GROUP_OF = (made.ME.id, made.MARTA, made.ANNA)


def group(window: MainWindow, mine: bool = True, name: str = "Garden", added: bool = False) -> None:
    """A group as the engine tells of it."""
    window.on_event(e.GroupChanged(GROUP, name, GROUP_OF if mine else GROUP_OF[1:], mine, added))


def file(name: str = "/tmp/secret.txt") -> QMimeData:
    """A file as it is dragged."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(name)])
    return mime


def over(window: MainWindow, mime: QMimeData) -> None:
    """Dragged into the conversation."""
    window.pane.dragEnterEvent(QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, mime,
                                               Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))


def drop(window: MainWindow, mime: QMimeData) -> None:
    """Let go there."""
    window.pane.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
                                     Qt.KeyboardModifier.NoModifier))


@pytest.mark.parametrize("then", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_a_refused_text_waits_behind_an_edit(talk: MainWindow, submitted: list[Command], then: Qt.Key) -> None:
    talk.on_event(queued(1, "old words"))
    type_in(talk, "precious")
    sent = last_text(submitted)
    QTest.keyClick(talk.pane.composer.field, Qt.Key.Key_Up)
    talk.on_event(e.MessageRefused(sent.message, made.MARTA, "declined", "No."))
    assert field(talk) == "old words"
    QTest.keyClick(talk.pane.composer.field, then)
    assert field(talk) == "precious"
    assert [one.text for one in asked(submitted, c.EditText) if isinstance(one, c.EditText)] == (
        ["old words"] if then == Qt.Key.Key_Return else []
    )


def test_an_edit_that_is_too_long_stays_in_the_field(talk: MainWindow, submitted: list[Command]) -> None:
    talk.on_event(queued(1, "old words"))
    QTest.keyClick(talk.pane.composer.field, Qt.Key.Key_Up)
    long = "é" * (512 * 1024 + 1)
    talk.pane.composer.field.setPlainText(long)
    QTest.keyClick(talk.pane.composer.field, Qt.Key.Key_Return)
    assert asked(submitted, c.EditText) == []
    assert (field(talk), talk.pane.composer.editing) == (long, f"{1:032x}")
    talk.talk._want("reply", talk.timeline.entry(talk.timeline.row_of(f"{1:032x}")))
    assert field(talk) == long, "and is kept by a reply, too"


@pytest.mark.parametrize("edits", [True, False])
def test_a_reply_or_an_edit_that_is_left_is_taken_up_again_and_nobody_else_hears_of_it(
    talk: MainWindow, submitted: list[Command], qtbot: QtBot, edits: bool
) -> None:
    qtbot.waitActive(talk)
    talk.pane.composer.field.setFocus()
    talk.on_event(queued(1, "old words"))
    if edits:
        type_in(talk, "what waits", enter=False)
        talk.talk._want("edit", talk.timeline.entry(talk.timeline.row_of(f"{1:032x}")))
    else:
        talk.talk._want("reply", talk.timeline.entry(talk.timeline.row_of(f"{1:032x}")))
    type_in(talk, " and more", enter=False)
    submitted.clear()
    talk.talk._told_at = 0.0
    talk.open_peer(made.ANNA)
    assert field(talk) == ""
    assert asked(submitted, c.NotifyTyping) == []
    talk.open_peer(made.MARTA)
    QTest.keyClick(talk.pane.composer.field, Qt.Key.Key_Return)
    if edits:
        (changed,) = asked(submitted, c.EditText)
        assert isinstance(changed, c.EditText)
        assert changed.text == "old words and more"
    else:
        assert (last_text(submitted).text, last_text(submitted).about) == (" and more", f"{1:032x}")


def test_what_is_still_being_composed_belongs_to_the_message(talk: MainWindow, submitted: list[Command]) -> None:
    type_in(talk, "meet at ", enter=False)
    QApplication.sendEvent(talk.pane.composer.field, QInputMethodEvent("とうきょう", []))
    QTest.mouseClick(talk.pane.composer._send, Qt.MouseButton.LeftButton)
    assert last_text(submitted).text == "meet at とうきょう"
    assert field(talk) == ""


def test_a_blank_that_does_not_break_stays_one(talk: MainWindow, submitted: list[Command]) -> None:
    talk.pane.composer.field.insertPlainText("10\u00a0km")
    QTest.keyClick(talk.pane.composer.field, Qt.Key.Key_Return)
    assert last_text(submitted).text == "10\u00a0km"


def test_what_was_written_to_a_device_that_is_forgotten_is_there_when_it_comes_back(talk: MainWindow) -> None:
    marta = talk.devices.device(made.MARTA)
    assert marta is not None
    type_in(talk, "half a line", enter=False)
    talk.on_event(e.PeerForgotten(made.MARTA))
    assert talk.state.open is None
    talk.on_event(e.PeerAppeared(made.MARTA, "Marta", "laptop", (), "stranger", True))
    back = talk.devices.device(made.MARTA)
    assert back is not None
    assert (back.draft, back.unread, back.preview) == ("half a line", marta.unread, marta.preview)


def test_somebody_elses_group_never_takes_what_is_being_written(talk: MainWindow, submitted: list[Command]) -> None:
    talk.groups._group_act(c.CreateGroup(MessageId("a" * 32), "Garden", GROUP_OF[1:]))
    type_in(talk, "for Marta alone", enter=False)
    group(talk, added=True)
    assert (talk.state.open, field(talk)) == (made.MARTA, "for Marta alone")
    talk.groups._group_act(c.CreateGroup(MessageId("b" * 32), "Shed", GROUP_OF[1:]))
    talk.on_event(e.GroupRefused(GROUP, "declined", "No."))
    talk.pane.composer.field.clear()
    group(talk, name="Shed", added=True)
    assert talk.state.open == made.MARTA


@pytest.mark.parametrize("way", ["drop", "row", "paste", "choose"])
def test_to_a_group_that_one_is_not_in_nothing_goes(talk: MainWindow, submitted: list[Command], way: str) -> None:
    group(talk)
    talk.open_peer(GROUP)
    if way == "paste":
        talk.pasting.paste_files((Path("/tmp/secret.txt"),))
    over(talk, file())
    group(talk, mine=False)
    submitted.clear()
    if way == "drop":
        drop(talk, file())
    elif way == "row":
        talk.sidebar.dropped.emit(GROUP, (Path("/tmp/secret.txt"),))
    elif way == "paste":
        (sheet,) = [one for one in talk.findChildren(PasteSheet) if one.isVisible()]
        QTest.mouseClick(sheet.send, Qt.MouseButton.LeftButton)
    else:
        talk.send_files((Path("/tmp/secret.txt"),))
    assert asked(submitted, c.SendFiles) == []
    assert "not in" in talk.board.notices["not-sent"].label.text()


def test_what_is_pasted_goes_to_those_it_was_shown_for(talk: MainWindow, submitted: list[Command]) -> None:
    group(talk)
    talk.open_peer(GROUP)
    talk.pasting.paste_files((Path("/tmp/x"),))
    talk.on_event(e.GroupChanged(GROUP, "Garden", (*GROUP_OF, made.peer_id("w")), True))
    (sheet,) = [one for one in talk.findChildren(PasteSheet) if one.isVisible()]
    QTest.mouseClick(sheet.send, Qt.MouseButton.LeftButton)
    assert {one.peer for one in submitted if isinstance(one, c.SendFiles)} == {made.MARTA, made.ANNA}


def test_what_was_promised_under_the_pointer_is_kept_or_nothing_goes(
    talk: MainWindow, submitted: list[Command]
) -> None:
    over(talk, file())
    talk.open_peer(made.ANNA)
    drop(talk, file())
    assert asked(submitted, c.SendFiles) == []
    view = talk.sidebar.list
    mime, place = drag(talk, 1)
    under = view.model().index(1, 0).data(DEVICE_ROLE).id
    view.dragEnterEvent(QDragEnterEvent(QPoint(int(place.x()), int(place.y())), Qt.DropAction.CopyAction, mime,
                                        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))
    talk.on_event(e.PeerForgotten(under))
    view.dropEvent(QDropEvent(place, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
                              Qt.KeyboardModifier.NoModifier))
    assert asked(submitted, c.SendFiles) == []
    assert talk.devices.device(under) is None, "it is gone once nothing hangs over it"


def test_a_device_that_comes_back_while_something_hangs_over_the_list_stays(talk: MainWindow) -> None:
    talk.sidebar.list._hold(True)
    talk.on_event(e.PeerForgotten(made.ANNA))
    talk.on_event(e.PeerAppeared(made.ANNA, "Anna", "laptop", (), "stranger", True))
    talk.sidebar.list._hold(False)
    assert talk.devices.device(made.ANNA) is not None


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Escape])
@pytest.mark.parametrize("question", ["erase", "quit"])
def test_a_key_that_was_meant_for_the_field_decides_nothing(
    talk: MainWindow, submitted: list[Command], qtbot: QtBot, key: Qt.Key, question: str
) -> None:
    pressed: list[str] = []

    def press() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox) and box.isActiveWindow():
            pressed.append(box.text())
            QTest.keyClick(box.focusWidget() or box, key)
        else:
            QTimer.singleShot(20, press)

    QTimer.singleShot(20, press)
    if question == "erase":
        talk.pane.erase.emit()
        assert asked(submitted, c.EraseHistory) == []
    else:
        assert not talk.leaving.sure(1, 0)
    assert len(pressed) == 1


def test_texts_that_are_stored_nowhere_are_not_left_without_a_question(
    talk: MainWindow, submitted: list[Command], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[tuple[int, int]] = []

    def no(moving: int, unkept: int) -> bool:
        answers.append((moving, unkept))
        return False

    monkeypatch.setattr(talk.leaving, "sure", no)
    type_in(talk, "precious")
    assert not talk.may_quit()
    assert answers == [(0, 1)]
    talk.on_event(queued(5, "precious"))
    talk.talk._left(last_text(submitted).message)
    assert talk.may_quit()


def test_a_change_of_one_setting_keeps_what_was_changed_elsewhere(talk: MainWindow, submitted: list[Command]) -> None:
    talk.preferences.show()
    dialog = talk.preferences.dialog
    assert dialog is not None
    talk.set_quiet(True)
    talk.keeping._mute(True)
    dialog._name.setText("Another name")
    QTest.mouseClick(dialog._save, Qt.MouseButton.LeftButton)
    last = asked(submitted, c.ChangeSettings)[-1]
    assert isinstance(last, c.ChangeSettings)
    assert (last.settings.name, last.settings.notices, last.settings.muted) == ("Another name", False, (made.MARTA,))


def test_files_that_wait_for_a_device_wait_on_when_it_goes(talk: MainWindow, submitted: list[Command]) -> None:
    talk.make_ready((Path("/tmp/x"),))
    talk.make_ready((Path("/tmp/y"),))
    talk.on_event(e.PeerForgotten(made.MARTA))
    talk.board.act("ready")
    assert asked(submitted, c.SendFiles) == []
    assert "choose a device" in talk.board.notices["ready"].label.text()
    talk.open_peer(made.ANNA)
    talk.board.act("ready")
    (sent,) = asked(submitted, c.SendFiles)
    assert isinstance(sent, c.SendFiles)
    assert (sent.peer, sent.paths) == (made.ANNA, (Path("/tmp/x"), Path("/tmp/y")))
