"""The window as a whole: narrow and wide, drops and pastes."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

import lanshare
from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.peer import PeerPolicy, Permission
from lanshare.domain.settings import SortBy, Visibility
from lanshare.qt.models.device_rows import DEVICE_ROLE
from lanshare.qt.qr import code_of, peer_in
from lanshare.qt.timeline.card import Card
from lanshare.qt.windows.main import MainWindow
from lanshare.qt.windows.own_device import MineDialog
from lanshare.qt.windows.pastesheet import PasteSheet
from tools import pictures as made


@pytest.mark.parametrize("width", [480, 560, 719, 720, 900, 1400])
def test_the_window_is_as_narrow_as_it_is_asked_to_be(window: MainWindow, qtbot: QtBot, width: int) -> None:
    window.open_peer(made.MARTA)
    window.on_event(made.history())
    made.living(window)
    window.resize(width, 700)
    qtbot.waitUntil(lambda: window.width() == width)
    assert window.sidebar.isVisible() == (width >= 720)
    qtbot.waitUntil(lambda: window.pane.timeline.horizontalScrollBar().maximum() == 0)
    window.close_peer()
    assert window.sidebar.isVisible()


def test_a_drop_on_a_row_sends_there(window: MainWindow, submitted: list[Command], tmp_path: object) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/a file # 1.txt"), QUrl("http://example.org/x")])
    view = window.sidebar.list
    index = view.model().index(2, 0)
    device = index.data(DEVICE_ROLE)
    place = QPointF(view.visualRect(index).center())
    event = QDropEvent(
        place, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    view.dropEvent(event)
    sent = [one for one in submitted if isinstance(one, c.SendFiles)]
    assert [(one.peer, [str(path) for path in one.paths]) for one in sent] == [(device.id, ["/tmp/a file # 1.txt"])]


def test_every_shortcut_has_a_key_on_every_system(window: MainWindow) -> None:
    """Qt has standard keys that are no key at all on one system or another."""
    keys = [one.key().toString(QKeySequence.SequenceFormat.PortableText) for one in window.findChildren(QShortcut)]
    assert "" not in keys
    assert {"Ctrl+Q", "Ctrl+,", "Ctrl+F", "Ctrl+K", "Ctrl+V", "Ctrl+O", "Esc"} <= set(keys)
    assert len(set(keys)) == len(keys)


def test_what_is_pasted_is_looked_at_before_it_goes(
    window: MainWindow, submitted: list[Command], tmp_path: object
) -> None:
    kept = Path(str(tmp_path)) / "Image.png"
    window.pasting.keep = lambda image: kept
    window.open_peer(made.MARTA)
    submitted.clear()

    def sheet() -> PasteSheet:
        (found,) = [one for one in window.findChildren(PasteSheet) if one.isVisible()]
        return found

    QGuiApplication.clipboard().setImage(QImage(4, 4, QImage.Format.Format_RGB32))
    window.pasting.paste()
    assert submitted == []
    sheet().reject()
    assert submitted == []
    window.pasting.paste()
    window.open_peer(made.ANNA)
    QTest.mouseClick(sheet().send, Qt.MouseButton.LeftButton)
    (image,) = [one for one in submitted if isinstance(one, c.SendFiles)]
    assert (image.peer, image.paths) == (made.MARTA, (kept,)), "it goes to whom the sheet named"
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/x")])
    QGuiApplication.clipboard().setMimeData(mime)
    QTest.keyClick(window.pane.composer.field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    QTest.mouseClick(sheet().send, Qt.MouseButton.LeftButton)
    files = [one for one in submitted if isinstance(one, c.SendFiles)][-1]
    assert (files.peer, files.paths) == (made.ANNA, (Path("/tmp/x"),))
    # A QMimeData made in Python must not outlive the interpreter in the clipboard.
    QGuiApplication.clipboard().clear()


def dialog_buttons(dialog: QDialog) -> dict[str, QPushButton]:
    """What can be pressed now, by its words."""
    return {one.text(): one for one in dialog.findChildren(QPushButton) if one.isVisible()}


def words(dialog: QDialog) -> str:
    """What it says now."""
    return " ".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def test_a_comparison_shows_the_digits_and_asks_one_question(
    window: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    window.open_peer(made.GUEST)
    window.pane.compare.emit()
    assert submitted[-1:] == [c.RequestPairing(made.GUEST)]
    window.on_event(e.PairingCodeReady(made.GUEST, "Guest-7F2A", "521 086", True))
    dialog = window.trust.pairing
    assert dialog is not None
    assert "521 086" in words(dialog)
    QTest.mouseClick(dialog_buttons(dialog)["Yes, the same"], Qt.MouseButton.LeftButton)
    assert submitted[-1:] == [c.AnswerPairing(made.GUEST, True, "521 086")]
    assert "Waiting for Guest-7F2A" in words(dialog)
    assert set(dialog_buttons(dialog)) == {"Cancel"}, "answered once"
    window.on_event(e.PeerVerified(made.GUEST))
    assert "is verified" in words(dialog)
    count = len(submitted)
    dialog.close()
    assert len(submitted) == count, "what is over is not given up"
    assert window.trust.pairing is None


def test_digits_that_differ_are_an_alarm(window: MainWindow, submitted: list[Command], qtbot: QtBot) -> None:
    window.on_event(e.PairingCodeReady(made.GUEST, "Guest-7F2A", "521 086", False))
    dialog = window.trust.pairing
    assert dialog is not None
    assert dialog.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating), "it was not asked for here"
    QTest.mouseClick(dialog_buttons(dialog)["No"], Qt.MouseButton.LeftButton)
    assert submitted[-1:] == [c.AnswerPairing(made.GUEST, False, "521 086")]
    window.on_event(e.PairingEnded(made.GUEST, "pair-differs", "Somebody may be between you."))
    assert "Not the same device" in words(dialog)
    assert "Somebody may be between you." in words(dialog)
    dialog.close()


def test_closing_an_open_comparison_gives_it_up(window: MainWindow, submitted: list[Command]) -> None:
    window.on_event(e.PairingCodeReady(made.GUEST, "Guest-7F2A", "521 086", False))
    assert window.trust.pairing is not None
    window.trust.pairing.close()
    assert submitted[-1:] == [c.AnswerPairing(made.GUEST, None, "521 086")]


def test_the_sheet_lets_only_a_verified_device_in_unasked(
    window: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    for peer, may in ((made.GUEST, False), (made.MARTA, True)):
        window.open_peer(peer)
        window.pane.about.emit()
        sheet = window.trust.sheet
        assert sheet is not None
        flags = sheet._files.model().flags(sheet._files.model().index(1, 0))
        assert bool(flags & Qt.ItemFlag.ItemIsEnabled) is may
        assert ("Compare digits…" in dialog_buttons(sheet)) is not may
        if may:
            sheet._files.setCurrentIndex(1)
            sheet._size.setValue(500)
            sheet._alias.setText("Mum")
            QTest.mouseClick(dialog_buttons(sheet)["Save"], Qt.MouseButton.LeftButton)
        else:
            sheet.reject()
    changed = submitted[-1]
    assert isinstance(changed, c.ChangePeer)
    assert (changed.alias, changed.rules) == ("Mum", PeerPolicy(files=Permission.ACCEPT, up_to=500_000_000))


def test_another_hour_is_an_hour_from_now(window: MainWindow, submitted: list[Command]) -> None:
    over = PeerPolicy(files=Permission.ACCEPT, until=1000)
    window.on_event(e.PeerChanged(made.MARTA, "Marta", "laptop", (), "verified", True, "", "", over))
    window.open_peer(made.MARTA)
    window.pane.about.emit()
    assert window.trust.sheet is not None
    QTest.mouseClick(dialog_buttons(window.trust.sheet)["Save"], Qt.MouseButton.LeftButton)
    changed = submitted[-1]
    assert isinstance(changed, c.ChangePeer)
    assert changed.rules.until > time.time() * 1000


def test_a_full_id_that_is_typed_verifies_and_another_is_said(window: MainWindow, submitted: list[Command]) -> None:
    window.open_peer(made.GUEST)
    window.pane.about.emit()
    sheet = window.trust.sheet
    assert sheet is not None
    sheet._id.setText("b" + made.GUEST[1:])
    assert "not the id of this device" in words(sheet)
    assert not [one for one in submitted if isinstance(one, c.TrustPeer)]
    sheet._id.setText(" ".join(made.GUEST[at : at + 4] for at in range(0, 52, 4)).upper())
    assert submitted[-1:] == [c.TrustPeer(made.GUEST)]
    sheet.reject()


def test_a_picture_of_its_code_verifies_and_another_devices_is_said(
    window: MainWindow, submitted: list[Command]
) -> None:
    window.open_peer(made.GUEST)
    window.pane.about.emit()
    sheet = window.trust.sheet
    assert sheet is not None
    blank = QImage(9, 9, QImage.Format.Format_RGB32)
    for picture, said in ((blank, "no code"), (code_of(made.MARTA, 200), "not the id")):
        sheet.read_code(picture)
        assert said in words(sheet)
    assert not [one for one in submitted if isinstance(one, c.TrustPeer)]
    QGuiApplication.clipboard().setImage(code_of(made.GUEST, 200))
    QTest.keyClick(sheet, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert submitted[-1:] == [c.TrustPeer(made.GUEST)]
    QGuiApplication.clipboard().clear()
    sheet.reject()


def test_the_sheet_tells_what_was_exchanged_and_slows_what_goes_there(
    window: MainWindow, submitted: list[Command]
) -> None:
    window.open_peer(made.MARTA)
    window.pane.about.emit()
    assert submitted[-1:] == [c.RequestPeerStats(made.MARTA)]
    sheet = window.trust.sheet
    assert sheet is not None
    window.on_event(e.PeerStats(made.MARTA, 12, 3, 4_000_000, datetime(2026, 11, 2, 12, tzinfo=UTC)))
    assert "12 messages, 3 files, 4.0 MB" in words(sheet)
    window.on_event(e.PeerStats(made.MARTA, 0, 0, 0, None))
    assert "Nothing was exchanged" in words(sheet)
    sheet._speed.setValue(1.5)
    QTest.mouseClick(dialog_buttons(sheet)["Save"], Qt.MouseButton.LeftButton)
    changed = submitted[-1]
    assert isinstance(changed, c.ChangePeer)
    assert changed.rules.speed == 1_500_000


def test_this_devices_own_code_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    window.sidebar.mine.emit()
    dialog = window.findChild(MineDialog)
    assert dialog is not None
    codes = [label.pixmap().toImage() for label in dialog.findChildren(QLabel) if not label.pixmap().isNull()]
    assert [peer_in(one) for one in codes] == [window.state.me.id if window.state.me is not None else None]
    dialog.accept()


def test_a_copied_key_is_said_and_another_is_made_after_a_question(
    window: MainWindow, submitted: list[Command]
) -> None:
    window.on_event(e.DuplicateKeyDetected(made.MARTA, "Marta", False, "Two devices use the key of Marta."))
    window.on_event(e.DuplicateKeyDetected(made.ME.id, "", True, "Another device uses this computer's key."))
    theirs, ours = list(window.board.notices)
    window.board.act(theirs)
    assert not [one for one in submitted if isinstance(one, c.RenewIdentity)]
    asked = []

    def answer(label: str) -> None:
        """The question is up: press one of its buttons."""
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        asked.append(box.informativeText())
        focused = box.focusWidget()
        assert isinstance(focused, QPushButton)
        assert focused.text() == "Keep the key", "a key meant for something else is harmless"
        QTest.mouseClick(next(one for one in box.buttons() if one.text() == label), Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, lambda: answer("Keep the key"))
    window.board.act(ours)
    assert not [one for one in submitted if isinstance(one, c.RenewIdentity)]
    assert list(window.board.notices) == [theirs, ours]
    QTimer.singleShot(0, lambda: answer("Make it a new device"))
    window.board.act(ours)
    assert submitted[-1:] == [c.RenewIdentity()]
    assert list(window.board.notices) == [theirs]
    assert "accept it anew" in asked[0]


def test_blocking_and_forgetting_are_one_press_away(window: MainWindow, submitted: list[Command]) -> None:
    for name, command in (("Block", c.BlockPeer(made.GUEST)), ("Forget", c.ForgetPeer(made.GUEST))):
        window.open_peer(made.GUEST)
        window.pane.about.emit()
        assert window.trust.sheet is not None
        QTest.mouseClick(dialog_buttons(window.trust.sheet)[name], Qt.MouseButton.LeftButton)
        assert submitted[-1] == command
    window.on_event(e.PeerForgotten(made.GUEST))
    assert window.devices.device(made.GUEST) is None
    assert window.state.open is None


@pytest.mark.parametrize("same", [True, False])
def test_an_alarm_stands_until_the_person_decides(window: MainWindow, submitted: list[Command], same: bool) -> None:
    alarm = e.IdentityChanged("Pi in the garage", made.GARAGE, made.peer_id("z"))
    window.on_event(alarm)
    key = f"identity:{alarm.known}:{alarm.seen}"
    window.board.act(key)
    dialog = window.trust.alarm
    assert dialog is not None
    assert "set up anew" in words(dialog)
    assert "pretends" in words(dialog)
    dialog.reject()
    assert key in window.board.notices, "closing decides nothing"
    window.board.close(key)
    window.open_peer(made.GARAGE)
    assert key in window.board.notices, "it can still be decided"
    window.board.act(key)
    assert window.trust.alarm is not None
    press = "It was set up anew" if same else "Block the one seen now"
    QTest.mouseClick(dialog_buttons(window.trust.alarm)[press], Qt.MouseButton.LeftButton)
    assert submitted[-1:] == [c.ResolveIdentityChange(alarm.known, alarm.seen, same)]
    assert key not in window.board.notices


def test_who_sees_this_device_is_chosen_and_counted_down(window: MainWindow, submitted: list[Command]) -> None:
    window.sidebar.show_to.emit("nobody", 600.0)
    assert submitted[-1:] == [c.SetTemporaryVisibility(Visibility.NOBODY, 600.0)]
    window.on_event(e.MeChanged(replace(made.ME, visibility="nobody", visible_left=125.0)))
    assert "Visible to nobody · 2:05" in window.sidebar._where.text()
    window.sidebar._tick()
    assert "2:04" in window.sidebar._where.text()
    window.sidebar.show_to.emit("known", 0.0)
    changed = submitted[-1]
    assert isinstance(changed, c.ChangeSettings)
    assert changed.settings.visibility is Visibility.KNOWN


@pytest.mark.parametrize(("press", "home"), [("Yes, show it", True), ("Known devices only", False)])
@pytest.mark.parametrize("width", [1120, 400])
def test_the_first_greeting_asks_who_may_see_this_device(
    window: MainWindow, submitted: list[Command], press: str, home: bool, width: int
) -> None:
    window.resize(width, 760)
    window.on_event(made.snapshot(peers=False))
    window.on_event(e.NetworkTrustRequested("ab" * 8, "192.168.1.0/24"))
    greeting = window.pane.greeting
    assert greeting.isVisible()
    assert window.board.notices == {}
    words = " ".join(one.text() for one in greeting.findChildren(QLabel))
    assert "Welcome" in words
    assert "192.168.1.0/24" in words
    (button,) = [one for one in greeting.findChildren(QPushButton) if one.text() == press]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert submitted[-1:] == [c.AnswerNetwork("ab" * 8, home)]
    assert not greeting.isVisible()
    assert window.pane.nobody.isVisible()


@pytest.mark.parametrize(("press", "home"), [("Yes, show it", True), ("Known devices only", False)])
def test_a_new_network_is_asked_about(window: MainWindow, submitted: list[Command], press: str, home: bool) -> None:
    window.on_event(e.NetworkTrustRequested("ab" * 8, "192.168.1.0/24"))
    window.open_peer(made.MARTA)
    (notice,) = window.board.notices.values()
    assert "192.168.1.0/24" in notice.label.text()
    (button,) = [one for one in notice.findChildren(QPushButton) if one.text() == press]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert submitted[-1:] == [c.AnswerNetwork("ab" * 8, home)]
    assert window.board.notices == {}


def test_before_a_folder_is_accepted_it_is_compared_with(
    window: MainWindow, submitted: list[Command], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    window.open_peer(made.MARTA)
    made.living(window)
    view = next(one for one in window.book.views.values() if one.asked)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    window.sending.save_to(view.id)
    assert submitted[-1] == c.CompareOffer(view.id, tmp_path)
    assert not [one for one in submitted if isinstance(one, c.AnswerOffer)], "nothing is accepted by it"
    window.on_event(e.OfferCompared(view.id, made.MARTA, 1, 0, 1, 5, 0, ("waypoints.txt",), True, 10**9))
    card = next(one for one in window.findChildren(Card) if one._view is view)
    assert str(tmp_path) in card._message.text()
    assert "1 differ" in card._message.text()
    accept = next(one for one in card.findChildren(QPushButton) if one.text().startswith("Accept"))
    QTest.mouseClick(accept, Qt.MouseButton.LeftButton)
    (answer,) = [one for one in submitted if isinstance(one, c.AnswerOffer)]
    assert answer.into == tmp_path


def test_a_newer_release_is_said_in_the_settings_and_nowhere_else(window: MainWindow) -> None:
    window.on_event(e.NewerReleaseSeen(made.peer_id("b"), "Bob\u202e", "7.0"))
    assert not window.findChildren(QDialog)
    window.preferences.show()
    dialog = window.preferences.dialog
    assert dialog is not None
    assert dialog._newer.text() == f"Bob\\u202e runs lanshare 7.0. This is {lanshare.__version__}."
    assert dialog._newer.isVisibleTo(dialog)
    dialog.reject()
    window.preferences.newer = None
    window.preferences.show()
    dialog = window.preferences.dialog
    assert dialog is not None
    assert not dialog._newer.isVisibleTo(dialog)
    dialog.reject()


def test_how_what_comes_is_sorted_is_chosen_in_the_settings(window: MainWindow, submitted: list[Command]) -> None:
    window.preferences.show()
    dialog = window.preferences.dialog
    assert dialog is not None
    assert [dialog._sort.itemData(at) for at in range(dialog._sort.count())] == ["nothing", "device", "day", "kind"]
    assert dialog._sort.currentData() == "nothing"
    dialog._sort.setCurrentIndex(2)
    dialog._save.click()
    (asked,) = [one for one in submitted if isinstance(one, c.ChangeSettings)]
    assert asked.settings.sort is SortBy.DAY


def test_settings_that_were_not_taken_come_back_as_they_were_typed(
    window: MainWindow, submitted: list[Command], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    window.preferences.show()
    dialog = window.preferences.dialog
    assert dialog is not None
    dialog._name.setText("Other")
    for typed, message in (("here", "whole path"), (str(tmp_path / "gone"), "no such folder")):
        dialog._folder.setText(typed)
        QTest.mouseClick(dialog._save, Qt.MouseButton.LeftButton)
        assert message in dialog._message.text()
        assert dialog.isVisible()
    dialog._folder.setText("~/here")
    QTest.mouseClick(dialog._save, Qt.MouseButton.LeftButton)
    (asked,) = [one.settings for one in submitted if isinstance(one, c.ChangeSettings)]
    assert (asked.name, asked.download_folder) == ("Other", str(tmp_path / "here"))
    window.on_event(e.SettingsRefused("download_folder"))
    (notice,) = window.board.notices.values()
    (button,) = [one for one in notice.findChildren(QPushButton) if one.text() == "Settings"]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    again = window.preferences.dialog
    assert again is not None
    assert again is not dialog
    assert (again._name.text(), again._folder.text()) == ("Other", str(tmp_path / "here"))
    QTest.mouseClick(again._save, Qt.MouseButton.LeftButton)
    asked = [one.settings for one in submitted if isinstance(one, c.ChangeSettings)][-1]
    assert asked.name == "Other", "it is what is wanted, beside what is in force"
    window.on_event(e.SettingsChanged(asked, ()))
    assert window.board.notices == {}
    window.preferences.show()
    assert window.preferences.dialog is not None
    assert window.preferences.dialog._name.text() == "Other"
    window.preferences.dialog.reject()
