"""By key and by ear: one stop of Tab, arrows within it, names that say who, when and how far; what comes is said."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.message import Delivery
from lanshare.domain.peer import PeerId
from lanshare.domain.settings import Settings
from lanshare.domain.transfer import TransferId
from lanshare.qt.models.device_rows import DEVICE_ROLE
from lanshare.qt.timeline.bubble import Bubble
from lanshare.qt.timeline.card import Card
from lanshare.qt.timeline.system_message import SystemMessage
from lanshare.qt.timeline.timeline import Timeline
from lanshare.qt.windows.group import SeveralDialog
from lanshare.qt.windows.main import MainWindow
from tests.harness.talks import NOW, queued, said
from tools import pictures as made

ASKED = TransferId("a" * 32)
ALBUM = made.offer(made.top("photo.jpg", 800))


@pytest.fixture
def talk(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """Marta's conversation: twelve lines, and a question in the middle."""
    qtbot.waitActive(window)
    window.open_peer(made.MARTA)
    for number in range(1, 7):
        window.on_event(said(number, f"line {number}", lamport=number))
    window.on_event(e.TransferQueued(ASKED, made.MARTA, "in", ALBUM, NOW, "offered"))
    window.on_event(e.OfferReceived(ASKED, made.MARTA, "Marta", 1, 800, ALBUM, 10**9))
    for number in range(7, 13):
        window.on_event(said(number, f"line {number}", lamport=100 + number))
    qtbot.waitUntil(lambda: len(window.pane.timeline.rows) == 13)
    window.pane.timeline.builder._refilled = 0.0  # what comes next is not held up by how much has just come
    return window


def rows(window: MainWindow) -> list[Bubble | Card | SystemMessage]:
    """The conversation's rows, from the top."""
    return [row for _, row, _ in window.pane.timeline.rows]


def focused(window: MainWindow) -> QWidget:
    """What has the focus."""
    found = window.focusWidget()
    assert found is not None
    return found


def tabs(window: MainWindow, key: Qt.Key = Qt.Key.Key_Tab) -> list[QWidget]:
    """One round of Tab, from the field."""
    window.pane.composer.field.setFocus()
    found: list[QWidget] = []
    for _ in range(60):
        QTest.keyClick(focused(window), key)
        found.append(focused(window))
        if found[-1] is window.pane.composer.field:
            return found
    raise AssertionError("Tab does not come round")


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Backtab])
def test_the_conversation_is_one_stop_among_few(talk: MainWindow, key: Qt.Key) -> None:
    stops = tabs(talk, key)
    within = [one for one in stops if talk.pane.timeline.widget().isAncestorOf(one)]  # type: ignore[union-attr]
    assert within == [rows(talk)[-1]]
    assert len(stops) <= 15
    assert len(set(map(id, stops))) == len(stops)
    for one in stops:
        said_of_it = one.accessibleName() or getattr(one, "text", str)()
        assert said_of_it, type(one).__name__


def test_arrows_lead_through_the_rows_and_tab_leaves_from_any(talk: MainWindow) -> None:
    timeline = talk.pane.timeline
    timeline.setFocus(Qt.FocusReason.TabFocusReason)
    seen = rows(talk)
    assert focused(talk) is seen[-1]
    for expected in reversed(seen[:-1]):
        QTest.keyClick(focused(talk), Qt.Key.Key_Up)
        assert focused(talk) is expected
        assert timeline.focus.ring.isVisible()
        middle = expected.frame.mapTo(timeline.column, expected.frame.rect().center())
        assert timeline.focus.ring.geometry().contains(middle)
    QTest.keyClick(focused(talk), Qt.Key.Key_Up)
    assert focused(talk) is seen[0]
    QTest.keyClick(focused(talk), Qt.Key.Key_End)
    assert focused(talk) is seen[-1]
    QTest.keyClick(focused(talk), Qt.Key.Key_Home)
    QTest.keyClick(focused(talk), Qt.Key.Key_PageDown)
    assert focused(talk) is seen[10]
    QTest.keyClick(focused(talk), Qt.Key.Key_Tab)
    assert not timeline.column.isAncestorOf(focused(talk))
    assert not timeline.focus.ring.isVisible()
    QTest.keyClick(focused(talk), Qt.Key.Key_Backtab)
    assert focused(talk) is seen[10], "it comes back to where it was"


def test_a_card_is_answered_by_keys_alone(talk: MainWindow, submitted: list[Command]) -> None:
    talk.pane.timeline.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(6):
        QTest.keyClick(focused(talk), Qt.Key.Key_Up)
    card = focused(talk)
    assert isinstance(card, Card)
    QTest.keyClick(card, Qt.Key.Key_Return)
    assert focused(talk) is card._actions.accepting
    QTest.keyClick(focused(talk), Qt.Key.Key_Right)
    assert focused(talk) is card._actions.declining
    QTest.keyClick(focused(talk), Qt.Key.Key_Left)
    QTest.keyClick(focused(talk), Qt.Key.Key_Left)
    assert focused(talk) is card
    QTest.keyClick(card, Qt.Key.Key_Right)
    QTest.keyClick(focused(talk), Qt.Key.Key_Right)
    QTest.keyClick(focused(talk), Qt.Key.Key_Return)
    (answer,) = [one for one in submitted if isinstance(one, c.AnswerOffer)]
    assert not answer.accepted
    card._actions.elsewhere.setFocus()
    QTest.keyClick(focused(talk), Qt.Key.Key_Up)
    assert isinstance(focused(talk), Bubble), "up and down lead on from a button, too"


def test_a_message_has_its_menu_and_is_copied_by_keys_and_what_is_typed_goes_into_the_field(talk: MainWindow) -> None:
    talk.on_event(said(50, "see https://example.org/x now", lamport=900))
    talk.pane.timeline.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(focused(talk), Qt.Key.Key_End)
    QTest.keyClick(focused(talk), Qt.Key.Key_Return)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert {"Reply", "Copy", "Open https://example.org/x"} <= {action.text() for action in menu.actions()}
    menu.close()
    QTest.keySequence(focused(talk), QKeySequence(QKeySequence.StandardKey.Copy))
    assert QGuiApplication.clipboard().text() == "see https://example.org/x now"
    QTest.keyClick(focused(talk), Qt.Key.Key_H)
    assert focused(talk) is talk.pane.composer.field
    assert talk.pane.composer.field.toPlainText() == "h"


@pytest.mark.parametrize(("delivery", "word"), [
    (Delivery.QUEUED, "Queued"), (Delivery.SENDING, "On its way"), (Delivery.DELIVERED, "Delivered"),
    (Delivery.READ, "Read"), (Delivery.REFUSED, "Not delivered"),
])
def test_a_message_says_who_what_when_and_how_far_it_got(talk: MainWindow, delivery: Delivery, word: str) -> None:
    talk.on_event(queued(60, "on my way", delivery))
    talk.on_event(e.MessageReacted(f"{60:032x}", made.MARTA, made.MARTA, "👍"))  # type: ignore[arg-type]
    (ours,) = [row for row in rows(talk) if isinstance(row, Bubble) and row._entry.out]
    name = ours.accessibleName()
    assert name.startswith("You: on my way, ")
    assert word in name
    assert "👍" in name
    theirs = next(row for row in rows(talk) if isinstance(row, Bubble) and not row._entry.out)
    assert theirs.accessibleName().startswith("Marta's ThinkPad: line 1, ")
    card = next(row for row in rows(talk) if isinstance(row, Card))
    assert card.accessibleName().startswith("Marta's ThinkPad wants to send, 1 file · 800 B")


def test_roles_are_what_they_are(talk: MainWindow) -> None:
    def role(widget: QWidget) -> QAccessible.Role:
        found = QAccessible.queryAccessibleInterface(widget)
        assert found is not None
        return found.role()

    assert role(talk) is QAccessible.Role.Window
    assert role(talk.pane.timeline.widget()) is QAccessible.Role.List  # type: ignore[arg-type]
    assert {role(row) for row in rows(talk)} == {QAccessible.Role.ListItem}
    assert role(talk.sidebar.list) is QAccessible.Role.List
    found = QAccessible.queryAccessibleInterface(rows(talk)[-1])
    assert found is not None
    assert found.text(QAccessible.Text.Name) == rows(talk)[-1].accessibleName()
    talk.open_peer(made.ANNA)  # rows that were asked about go, and nothing is left of them
    QApplication.processEvents()
    assert role(talk) is QAccessible.Role.Window


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """What a screen reader is told, and whether it interrupts."""
    told: list[tuple[str, bool]] = []

    def hear(event: object) -> None:
        if isinstance(event, QAccessibleAnnouncementEvent):
            urgent = event.politeness() is QAccessible.AnnouncementPoliteness.Assertive
            told.append((event.message(), urgent))

    monkeypatch.setattr(QAccessible, "updateAccessibility", hear)
    return told


def test_what_comes_is_announced_in_front_and_counted(
    talk: MainWindow, announced: list[tuple[str, bool]], qtbot: QtBot
) -> None:
    talk.announcer._said_at = 0.0
    talk.announcer._waiting.clear()
    for number in range(70, 80):
        talk.on_event(said(number, f"hello {number}", lamport=2000 + number))
        talk.on_event(e.TransferProgressed(ASKED, number, 800, 1.0))
    assert announced == [("Marta's ThinkPad: hello 70", False)]
    qtbot.waitUntil(lambda: len(announced) == 2)
    assert announced[1] == ("9 new. Marta's ThinkPad: hello 79", False)


@pytest.mark.parametrize(("event", "words", "urgent"), [
    (e.OfferReceived(ASKED, made.MARTA, "Marta", 3, 914_000_000, ALBUM, 10**9), "Marta wants to send 3 files", True),
    (e.TransferFinished(ASKED, made.MARTA, "in", "done", 1, 0, 8, 1.0, True, ("/x",)), "Files from Marta", False),
    (e.TransferFailed(ASKED, made.MARTA, "failed", "disk-error", "The disk is full."), "The disk is full.", True),
    (e.IdentityChanged("Marta", made.MARTA, made.ANNA), "Marta answers with another key", True),
])
def test_questions_ends_and_alarms_are_announced(
    talk: MainWindow, announced: list[tuple[str, bool]], event: e.Event, words: str, urgent: bool
) -> None:
    talk.announcer._said_at = 0.0
    talk.announcer._waiting.clear()
    talk.on_event(event)
    ((text, interrupts),) = announced
    assert (words in text, interrupts) == (True, urgent)


def test_behind_other_windows_the_notices_speak_and_nothing_else(
    talk: MainWindow, announced: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.announcer._said_at = 0.0
    talk.announcer._waiting.clear()
    talk.hide()
    talk.on_event(said(90, "unseen", lamport=3000))
    assert announced == []


def test_ones_own_words_from_elsewhere_are_not_announced(talk: MainWindow, announced: list[tuple[str, bool]]) -> None:
    talk.announcer._said_at = 0.0
    talk.announcer._waiting.clear()
    talk.on_event(replace(said(91, "mine", lamport=3001), author=PeerId(made.ME.id)))
    assert announced == []
    assert isinstance(talk.pane.timeline, Timeline)


@pytest.mark.parametrize(
    "what", ["forty at once", "six hundred at once", "late ones between", "another look", "taken back"]
)
def test_the_focus_stays_in_the_conversation_whatever_happens_to_its_row(
    talk: MainWindow, qtbot: QtBot, what: str
) -> None:
    timeline = talk.pane.timeline
    talk.on_event(queued(60, "mine"))
    qtbot.waitUntil(lambda: any(one[0].key == f"{60:032x}" for one in timeline.rows))
    place = timeline.rows.index(next(one for one in timeline.rows if one[0].key == f"{60:032x}"))
    timeline.setFocus(Qt.FocusReason.TabFocusReason)
    timeline.focus.go_to(place)
    if what == "late ones between":
        for number in range(200, 240):
            talk.on_event(said(number, f"late {number}", lamport=2))
    elif what == "another look":
        talk.dress()
    elif what == "taken back":
        talk.on_event(e.MessageUnsent(f"{60:032x}", made.MARTA))  # type: ignore[arg-type]
    else:
        for number in range(200, 240 if what == "forty at once" else 800):
            talk.on_event(said(number, f"line {number}", lamport=1000 + number))
    qtbot.waitUntil(lambda: not timeline.builder.busy)
    assert timeline is focused(talk) or timeline.column.isAncestorOf(focused(talk))
    QTest.keyClick(focused(talk), Qt.Key.Key_Up)
    assert timeline.column.isAncestorOf(focused(talk))
    if what in ("forty at once", "another look"):
        QTest.keyClick(focused(talk), Qt.Key.Key_Down)
        assert timeline.focus.current == f"{60:032x}", "it is on the very row"


def test_an_empty_conversation_shows_its_focus_and_what_is_typed_goes_into_the_field(
    window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.waitActive(window)
    window.open_peer(made.LIVING)
    window.pane.timeline.setFocus(Qt.FocusReason.TabFocusReason)
    assert window.pane.timeline.focus.ring.isVisible()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Home, Qt.Key.Key_Return):
        QTest.keyClick(focused(window), key)
    QTest.keyClick(focused(window), Qt.Key.Key_H)
    assert window.pane.composer.field.toPlainText() == "h"
    assert not window.pane.timeline.focus.ring.isVisible()


def test_a_click_beside_the_rows_draws_no_ring_around_all_of_them(talk: MainWindow) -> None:
    talk.pane.timeline.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not talk.pane.timeline.focus.ring.isVisible()
    QTest.keyClick(focused(talk), Qt.Key.Key_Up)
    assert talk.pane.timeline.focus.ring.isVisible()


def test_what_is_seen_of_a_device_in_the_list_is_heard_too(window: MainWindow) -> None:
    window.on_event(e.IdentityChanged("Anna", made.ANNA, made.peer_id("w")))
    window.on_event(e.PeerAppeared(made.peer_id("w"), "Anna's MacBook", "laptop", (), "stranger", True))
    model = window.devices
    heard = [str(model.data(model.index(row), Qt.ItemDataRole.AccessibleTextRole)) for row in range(model.rowCount())]
    assert any("verified" in one and "Marta" in one for one in heard)
    assert any("new device" in one for one in heard)
    assert any("another key" in one and "Anna" in one for one in heard)
    assert len(set(heard)) == len(heard)
    assert any(made.ANNA[:4] in one for one in heard), "two of one name are told apart"


@pytest.mark.parametrize(("settings", "heard"), [
    (Settings(muted=(made.ANNA,)), 0), (Settings(notices=False), 0), (Settings(notice_text=False), 1), (Settings(), 1),
])
def test_who_is_not_to_disturb_is_not_heard_but_in_front(
    talk: MainWindow, announced: list[tuple[str, bool]], settings: Settings, heard: int
) -> None:
    talk.on_event(e.SettingsChanged(settings, ()))
    for peer, expected in ((made.ANNA, heard), (made.MARTA, 1)):
        announced.clear()
        talk.announcer._said_at = 0.0
        talk.announcer._waiting.clear()
        talk.on_event(said(95, "a word", peer=peer, lamport=4000))
        assert len(announced) == expected
        shown_whole = peer == made.MARTA or settings.notice_text
        assert all(("a word" in text) is shown_whole for text, _ in announced)


@pytest.mark.parametrize("muted", [made.ANNA, made.TEAM])
def test_what_is_sent_to_a_group_is_told_as_the_groups(
    talk: MainWindow, announced: list[tuple[str, bool]], muted: PeerId
) -> None:
    sent, offer = TransferId("b" * 32), replace(ALBUM, room=made.TEAM)
    events: list[e.Event] = [
        e.TransferQueued(sent, made.ANNA, "in", offer, NOW, "offered"),
        e.OfferReceived(sent, made.ANNA, "Anna", 1, 800, offer, 10**9),
        e.TransferFinished(sent, made.ANNA, "in", "done", 1, 0, 8, 1.0, True, ("/x",)),
    ]
    for settings, heard in ((Settings(muted=(muted,)), 0), (Settings(), 1)):
        talk.on_event(e.SettingsChanged(settings, ()))
        for event in events:
            announced.clear()
            talk.announcer._said_at = 0.0
            talk.announcer._waiting.clear()
            talk.on_event(event)
            assert len(announced) == (heard if not isinstance(event, e.TransferQueued) else 0)


def test_tab_leaves_every_field_of_a_dialog(window: MainWindow, qtbot: QtBot) -> None:
    dialog = SeveralDialog(window.devices.devices(), window)
    dialog.show()
    qtbot.waitActive(dialog)
    dialog._text.setFocus()
    QTest.keyClick(dialog._text, Qt.Key.Key_Tab)
    assert dialog.focusWidget() is not dialog._text
    assert dialog._text.toPlainText() == ""
    dialog.close()


def test_home_leads_to_the_first_of_a_long_conversation_and_end_back(talk: MainWindow, qtbot: QtBot) -> None:
    for number in range(100, 900):
        talk.on_event(said(number, f"line {number}", lamport=1000 + number))
    timeline = talk.pane.timeline
    qtbot.waitUntil(lambda: timeline.column.end == talk.timeline.rowCount())
    assert timeline.column.first > 0, "not all of it is built"
    timeline.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(focused(talk), Qt.Key.Key_Home)
    assert timeline.column.first == 0
    assert focused(talk) is rows(talk)[0]
    assert rows(talk)[0].visibleRegion().boundingRect().height() > 0
    QTest.keyClick(focused(talk), Qt.Key.Key_Down)
    assert focused(talk) is rows(talk)[1]
    QTest.keyClick(focused(talk), Qt.Key.Key_End)
    assert timeline.column.end == talk.timeline.rowCount()
    assert focused(talk) is rows(talk)[-1]


def test_arrows_in_the_list_mark_no_other_device_than_the_one_that_is_open(talk: MainWindow, qtbot: QtBot) -> None:
    view = talk.sidebar.list

    def marked() -> list[str]:
        return [one.data(DEVICE_ROLE).id for one in view.selectedIndexes()]

    assert marked() == [made.MARTA]
    view.setFocus(Qt.FocusReason.TabFocusReason)
    for key in (Qt.Key.Key_End, Qt.Key.Key_Up, Qt.Key.Key_Home, Qt.Key.Key_Down):
        QTest.keyClick(view, key)
        assert marked() == [made.MARTA]
    goal = view.currentIndex().data(DEVICE_ROLE).id
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.currentIndex()).center())
    assert marked() == [made.MARTA]
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.currentIndex()).center())
    assert marked() == [goal]
    talk.sidebar._search.setText("zzzz")
    assert marked() == []
    talk.sidebar._search.setText("")
    assert marked() == [goal], "what was out of sight is marked again"


def test_scrolling_far_away_from_the_row_with_the_focus_keeps_its_place(talk: MainWindow, qtbot: QtBot) -> None:
    """It is let go of when it is far away; nobody is led to another row by that, and scrolling back it is there."""
    for number in range(100, 700):
        talk.on_event(said(number, f"line {number}", lamport=1000 + number))
    timeline = talk.pane.timeline
    qtbot.waitUntil(lambda: not timeline.builder.busy)
    timeline.setFocus(Qt.FocusReason.TabFocusReason)
    timeline.focus.go_to(len(timeline.rows) - 1)
    key, bar = timeline.focus.current, timeline.verticalScrollBar()
    while timeline.column.place_of(key) >= 0:
        bar.setValue(0)
        QApplication.processEvents()
    assert timeline.focus.current == key
    assert focused(talk) is timeline
    timeline.to_end()
    qtbot.waitUntil(lambda: not timeline.builder.busy and timeline.column.place_of(key) >= 0)
    assert focused(talk) is timeline.rows[timeline.column.place_of(key)].widget
