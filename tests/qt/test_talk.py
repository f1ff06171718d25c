"""What a person does in a conversation, by keys and mouse on a window over nothing: what it asks of the engine."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListWidget, QPushButton
from pytestqt.qtbot import QtBot

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.message import MessageId, Quote
from lanshare.domain.settings import Settings
from lanshare.domain.transfer import TransferId
from lanshare.qt import formatting
from lanshare.qt.timeline.bubble import Bubble
from lanshare.qt.timeline.card import Card
from lanshare.qt.timeline.system_message import SystemMessage
from lanshare.qt.windows.main import MainWindow
from tests.harness.talks import GROUP, NOW, asked, page, queued, said, type_in
from tools import pictures as made


def bubbles(window: MainWindow) -> list[str]:
    """The texts that are shown, from above to below."""
    found = window.pane.timeline.findChildren(Bubble)
    return [one._entry.text for one in sorted(found, key=lambda one: one.y())]


@pytest.fixture
def talk(window: MainWindow, submitted: list[Command]) -> MainWindow:
    """The window with Marta's conversation in front."""
    window.open_peer(made.MARTA)
    submitted.clear()
    return window


def test_files_that_arrive_are_marked_as_read_once_they_are_before_the_persons_eyes(
    talk: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    photo = made.offer(made.top("photo.jpg", 800))
    first, sent = (TransferId(sign * 32) for sign in "13")
    qtbot.waitActive(talk)

    def finished(ident: TransferId, way: str) -> None:
        talk.on_event(e.TransferQueued(ident, made.MARTA, way, photo, NOW, "moving"))
        talk.on_event(e.TransferFinished(ident, made.MARTA, way, "done", 1, 0, 800, 1.0, True, ("/x/photo.jpg",)))

    finished(first, "in")
    qtbot.waitUntil(lambda: c.MarkRead(made.MARTA, ((first, None),)) in submitted)
    finished(sent, "out")
    talk.pane.timeline.look()
    marks = [dict(one.seen or ()) for one in submitted if isinstance(one, c.MarkRead)]
    assert all(sent not in seen for seen in marks), "our own files are no news to us"

    card = next(one for one in talk.pane.timeline.findChildren(Card) if one._view.id == sent)
    assert card._status.text().endswith("Delivered and verified")
    talk.on_event(e.TransferRead(sent, made.MARTA))
    assert card._status.text().endswith("Verified and read")


def test_up_brings_the_last_queued_message_back_and_enter_changes_it(
    talk: MainWindow, submitted: list[Command]
) -> None:
    talk.on_event(queued(1, "delivered one", "delivered"))
    talk.on_event(queued(2, "hello"))
    QTest.keyClick(talk.pane.composer.field, Qt.Key.Key_Up)
    assert talk.pane.composer.field.toPlainText() == "hello"
    type_in(talk, " again")
    assert asked(submitted, c.EditText) == [c.EditText(MessageId(f"{2:032x}"), made.MARTA, "hello again")]
    assert asked(submitted, c.SendText) == []
    talk.on_event(e.MessageEdited(MessageId(f"{2:032x}"), made.MARTA, "hello again"))
    assert "hello again" in bubbles(talk)
    QTest.keyClick(talk.pane.composer.field, Qt.Key.Key_Up)
    QTest.keyClick(talk.pane.composer.field, Qt.Key.Key_Escape)
    assert talk.pane.composer.field.toPlainText() == ""


def test_a_reply_names_what_it_answers_and_a_click_on_the_quote_leads_there(
    talk: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    talk.on_event(said(1, "the question"))
    (bubble,) = talk.pane.timeline.findChildren(Bubble)
    bubble._want("reply")
    type_in(talk, "the answer")
    (sent,) = asked(submitted, c.SendText)
    assert isinstance(sent, c.SendText)
    assert (sent.text, sent.about) == ("the answer", MessageId(f"{1:032x}"))
    type_in(talk, "no reply any more")
    assert isinstance(submitted[-1], c.SendText | c.SaveDraft)
    last = asked(submitted, c.SendText)[-1]
    assert isinstance(last, c.SendText)
    assert last.about is None
    quote = Quote(MessageId(f"{1:032x}"), made.MARTA, "the question")
    talk.on_event(replace(queued(2, "the answer"), quote=quote))
    answer = next(one for one in talk.pane.timeline.findChildren(Bubble) if one._entry.text == "the answer")
    with qtbot.waitSignal(answer.jump):
        assert answer._quote is not None
        QTest.mouseClick(answer._quote, Qt.MouseButton.LeftButton)


def test_a_quote_follows_the_message_that_it_quotes(talk: MainWindow) -> None:
    talk.on_event(queued(1, "the qestion"))
    quote = Quote(MessageId(f"{1:032x}"), made.ME.id, "the qestion")
    talk.on_event(replace(queued(2, "the answer"), quote=quote))
    talk.on_event(e.MessageEdited(MessageId(f"{1:032x}"), made.MARTA, "the question"))
    answer = next(one for one in talk.pane.timeline.findChildren(Bubble) if one._entry.text == "the answer")
    assert answer._quote is not None
    assert answer._quote._text.text() == "the question"
    long = "the question, which has become much longer than it was before"
    talk.on_event(e.MessageEdited(MessageId(f"{1:032x}"), made.MARTA, long))
    assert answer._quote._text.text() == long
    assert answer._text.width() >= answer._quote.natural(), "the bubble grows with it"


def test_a_quote_follows_a_message_that_is_not_loaded(talk: MainWindow) -> None:
    quote = Quote(MessageId(f"{1:032x}"), made.ME.id, "the qestion")
    talk.on_event(replace(queued(2, "the answer"), quote=quote))
    talk.on_event(e.MessageEdited(MessageId(f"{1:032x}"), made.MARTA, "the question"))
    (answer,) = [one for one in talk.pane.timeline.findChildren(Bubble) if one._entry.text == "the answer"]
    assert answer._quote is not None
    assert answer._quote._text.text() == "the question"


def test_reactions_are_asked_for_shown_and_taken_away(talk: MainWindow, submitted: list[Command]) -> None:
    talk.on_event(said(1, "nice"))
    (bubble,) = talk.pane.timeline.findChildren(Bubble)
    bubble._want("react:👍")
    (reaction,) = asked(submitted, c.React)
    assert isinstance(reaction, c.React)
    assert (reaction.about, reaction.sign) == (MessageId(f"{1:032x}"), "👍")
    for author in (made.MARTA, made.ME.id):
        talk.on_event(e.MessageReacted(MessageId(f"{1:032x}"), made.MARTA, author, "👍"))
    assert bubble._signs.text() == "👍 2"
    talk.on_event(e.MessageReacted(MessageId(f"{1:032x}"), made.MARTA, made.MARTA, ""))
    assert bubble._signs.text() == "👍"


@pytest.mark.parametrize(("state", "offers"), [("queued", "Take back"), ("delivered", "Delete here")])
def test_what_can_be_taken_back_is_offered_and_goes(
    talk: MainWindow, submitted: list[Command], state: str, offers: str
) -> None:
    talk.on_event(queued(1, "a", state))
    talk.on_event(queued(2, "b", "delivered"))
    first = next(one for one in talk.pane.timeline.findChildren(Bubble) if one._entry.text == "a")
    actions = {one.text(): one for one in first.menu().actions()}
    assert ("Edit" in actions) is (state == "queued")
    actions[offers].trigger()
    assert isinstance(submitted[-1], c.UnsendMessage | c.DeleteMessage)
    talk.on_event(e.MessageUnsent(MessageId(f"{1:032x}"), made.MARTA))
    QApplication.sendPostedEvents(None, 52)  # DeferredDelete
    assert bubbles(talk) == ["b"]


def test_a_late_message_goes_to_its_place_and_says_so(talk: MainWindow) -> None:
    talk.on_event(said(1, "one", lamport=1))
    talk.on_event(said(3, "three", lamport=3))
    talk.on_event(said(2, "two", lamport=2, late=True))
    QApplication.processEvents()
    assert bubbles(talk) == ["one", "two", "three"]
    late = next(one for one in talk.pane.timeline.findChildren(Bubble) if one._entry.text == "two")
    assert late._late.isVisible()


def test_a_draft_is_kept_and_comes_back(window: MainWindow, submitted: list[Command]) -> None:
    window.open_peer(made.MARTA)
    type_in(window, "half a thought", enter=False)
    window.open_peer(made.LIVING)
    assert c.SaveDraft(made.MARTA, "half a thought") in submitted
    assert window.pane.composer.field.toPlainText() == ""
    window.open_peer(made.MARTA)
    assert window.pane.composer.field.toPlainText() == "half a thought"
    type_in(window, "", enter=True)
    window.talk.keep_draft()
    assert c.SaveDraft(made.MARTA, "") in submitted
    fresh = replace(made.snapshot(), drafts={made.ANNA: "from before"})
    window.on_event(fresh)
    window.open_peer(made.ANNA)
    assert window.pane.composer.field.toPlainText() == "from before"


@pytest.mark.parametrize("sends", [True, False])
def test_enter_does_what_the_person_chose(talk: MainWindow, submitted: list[Command], sends: bool) -> None:
    talk.on_event(e.SettingsChanged(Settings(enter_sends=sends), ()))
    type_in(talk, "one")
    field = talk.pane.composer.field
    assert bool(asked(submitted, c.SendText)) is sends
    if not sends:
        assert field.toPlainText() == "one\n"
        QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert len(asked(submitted, c.SendText)) == 1


def test_a_group_is_founded_shown_and_changed(window: MainWindow, submitted: list[Command]) -> None:
    window.groups.new_group()
    dialog = window.groups.dialog
    assert dialog is not None
    dialog._name.setText("Garden")
    for row in range(2):
        dialog._list.item(row).setCheckState(Qt.CheckState.Checked)
    QTest.mouseClick(dialog._save, Qt.MouseButton.LeftButton)
    (found,) = asked(submitted, c.CreateGroup)
    assert isinstance(found, c.CreateGroup)
    assert (found.name, len(found.members)) == ("Garden", 2)
    window.on_event(e.GroupChanged(GROUP, "Garden", (made.ANNA, made.ME.id), True, True))
    assert window.state.open != GROUP, "somebody else's group of that name"
    window.on_event(e.GroupChanged(GROUP, "Garden", (*found.members, made.ME.id), True, True))
    assert window.state.open == GROUP, "the new one comes to the front"
    body = f'{{"name":"Garden","add":["{made.ANNA}"]}}'
    window.on_event(said(1, body, GROUP, kind="found", author=made.MARTA))
    window.on_event(said(2, "hello", GROUP, author=made.MARTA))
    (told,) = window.pane.timeline.findChildren(SystemMessage)
    assert "added Anna's MacBook" in told._entry.text
    assert bubbles(window) == ["hello"]
    (device,) = [one for one in window.devices.devices() if one.id == GROUP]
    assert device.preview == "Marta: hello"
    window.groups.about_group(device)
    dialog = window.groups.dialog
    assert dialog is not None
    leave = next(one for one in dialog.findChildren(QPushButton) if "Leave" in one.text())
    QTest.mouseClick(leave, Qt.MouseButton.LeftButton)
    (change,) = asked(submitted, c.ChangeGroup)
    assert isinstance(change, c.ChangeGroup)
    assert change.remove == (made.ME.id,)
    window.on_event(e.GroupChanged(GROUP, "Garden", (made.MARTA,), False))
    assert not window.pane.composer.isEnabled()


def test_whoever_came_in_before_us_cannot_be_taken_out_and_a_reversal_is_told(
    window: MainWindow, submitted: list[Command]
) -> None:
    window.on_event(e.GroupChanged(GROUP, "Garden", (made.ANNA, made.ME.id, made.MARTA), True))
    (device,) = [one for one in window.devices.devices() if one.id == GROUP]
    window.groups.about_group(device)
    dialog = window.groups.dialog
    assert dialog is not None
    rows = {dialog._list.item(row).text().split(" ·")[0]: dialog._list.item(row) for row in range(dialog._list.count())}
    before, behind = (
        next(item for name, item in rows.items() if who in name) for who in ("Anna", "Marta")
    )
    assert not before.flags() & Qt.ItemFlag.ItemIsUserCheckable
    assert "before you" in before.toolTip()
    assert before.checkState() is Qt.CheckState.Checked
    assert behind.flags() & Qt.ItemFlag.ItemIsUserCheckable
    behind.setCheckState(Qt.CheckState.Unchecked)
    QTest.mouseClick(dialog._save, Qt.MouseButton.LeftButton)
    (change,) = asked(submitted, c.ChangeGroup)
    assert isinstance(change, c.ChangeGroup)
    assert (change.add, change.remove) == ((), (made.MARTA,))
    window.on_event(e.GroupReversed(GROUP, (made.MARTA,), (), "In Garden a change no longer counts."))
    assert "no longer counts" in window.board.notices[f"reversed:{GROUP}"].label.text()


def test_files_to_a_group_are_offered_to_each_member(window: MainWindow, submitted: list[Command]) -> None:
    from pathlib import Path

    window.on_event(e.GroupChanged(GROUP, "Garden", (made.MARTA, made.ANNA, made.ME.id), True))
    window.open_peer(GROUP)
    window.send_files((Path("/x"),))
    sent = [one for one in submitted if isinstance(one, c.SendFiles)]
    assert [(one.peer, one.room) for one in sent] == [(made.MARTA, GROUP), (made.ANNA, GROUP)]
    photo = replace(made.offer(made.top("photo.jpg", 800)), room=GROUP)
    for one in sent:
        window.on_event(e.TransferQueued(one.transfer, one.peer, "out", photo, NOW, "queued"))
    window.on_event(e.TransferWaiting(sent[0].transfer, made.MARTA, "peer-away", "Marta is away.", 0, 800))
    window.on_event(e.TransferFinished(sent[1].transfer, made.ANNA, "out", "done", 1, 0, 800, 1.0, True, ("/x",)))
    cards = {one._view.peer: one._status.text() for one in window.pane.timeline.findChildren(Card)}
    assert cards[made.MARTA].startswith("Marta's ThinkPad  ·  Waiting")
    assert cards[made.ANNA].startswith("Anna's MacBook  ·  800 B  ·  Delivered")
    group = window.devices.device(GROUP)
    assert group is not None
    assert group.preview == "You: photo.jpg"
    window.open_peer(made.MARTA)
    assert window.timeline.row_of(sent[0].transfer) < 0, "it was said in the group"


def test_a_file_from_a_member_is_asked_about_in_the_group(
    window: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    window.on_event(e.GroupChanged(GROUP, "Garden", (made.MARTA, made.ANNA, made.ME.id), True))
    photo = replace(made.offer(made.top("photo.jpg", 800)), room=GROUP)
    ident, friend = TransferId("5" * 32), window.devices.device(made.MARTA)
    before = friend.preview if friend is not None else ""
    window.on_event(e.TransferQueued(ident, made.MARTA, "in", photo, NOW, "offered"))
    window.on_event(e.OfferReceived(ident, made.MARTA, "Marta", 1, 800, photo, 10**9))
    device, other = window.devices.device(GROUP), window.devices.device(made.MARTA)
    assert device is not None
    assert other is not None
    assert (device.preview, device.unread) == ("Marta wants to send 1 file", 1)
    window.on_event(e.OfferReceived(ident, made.MARTA, "Marta", 1, 800, photo, 10**9))
    again = window.devices.device(GROUP)
    assert again is not None
    assert again.unread == 1, "asked again of the same, as after a break"
    assert other.preview == before
    window.open_peer(GROUP)
    ident = TransferId("6" * 32)
    window.on_event(e.TransferQueued(ident, made.MARTA, "in", photo, NOW, "offered"))
    window.on_event(e.OfferReceived(ident, made.MARTA, "Marta", 1, 800, photo, 10**9))
    (card,) = [one for one in window.pane.timeline.findChildren(Card) if one._view.id == ident]
    assert card._title.text() == "Marta's ThinkPad wants to send"
    window.on_event(e.OfferWithdrawn(ident, made.MARTA, "answered"))
    submitted.clear()
    qtbot.waitActive(window)
    window.on_event(e.TransferFinished(ident, made.MARTA, "in", "done", 1, 0, 800, 1.0, True, ("/x/photo.jpg",)))
    qtbot.waitUntil(lambda: any(ident in dict(one.seen or ()) for one in submitted if isinstance(one, c.MarkRead)))


def test_a_search_asks_shows_and_jumps(window: MainWindow, submitted: list[Command], qtbot: QtBot) -> None:
    window.open_peer(made.MARTA)
    submitted.clear()
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    dialog = window.searching.dialog
    assert dialog is not None
    QTest.keyClicks(dialog._field, "alb")
    qtbot.waitUntil(lambda: bool(asked(submitted, c.LoadHistory)), timeout=5000)
    question = asked(submitted, c.LoadHistory)[-1]
    assert isinstance(question, c.LoadHistory)
    assert (question.search, question.peer) == ("alb", None)
    moments = tuple(one for one in made.history().moments if one.message is not None)
    window.on_event(e.HistoryLoaded(question.request, None, moments, False, True))
    found = dialog.findChildren(QListWidget)[0]
    assert found.count() == len(moments)
    QTest.keyClick(dialog._field, Qt.Key.Key_Return)
    jump = asked(submitted, c.LoadHistory)[-1]
    assert isinstance(jump, c.LoadHistory)
    assert jump.around == moments[-1].position
    window.on_event(e.HistoryLoaded(jump.request, made.MARTA, made.history().moments, False))
    assert window.timeline.row_of(moments[-1].message.id) >= 0 if moments[-1].message else False


@pytest.mark.parametrize(("text", "large", "code"), [
    ("🍅🍅", True, False), ("❤️", True, False), ("hi 🍅", False, False), ("12", False, False),
    ("```\nx = 1\n```", False, True), ("    a\n    b\n    c", False, True), ("", False, False),
])
def test_emoji_alone_are_large_and_code_keeps_its_columns(text: str, large: bool, code: bool) -> None:
    assert formatting.only_emoji(text) is large
    assert formatting.is_code(text) is code


def test_a_text_of_a_mebibyte_is_folded_and_can_be_unfolded(talk: MainWindow) -> None:
    talk.on_event(said(1, "long words " * 95_000))
    (bubble,) = talk.pane.timeline.findChildren(Bubble)
    assert len(bubble._text.text()) < 2000
    assert bubble._more is not None
    assert "MB" in bubble._more.text()
    QTest.mouseClick(bubble._more, Qt.MouseButton.LeftButton)
    assert 2000 < len(bubble._text.text()) <= 40_000
    QTest.mouseClick(bubble._more, Qt.MouseButton.LeftButton)
    assert len(QApplication.clipboard().text()) > 1_000_000


def test_typing_is_told_and_shown_and_over_with_the_message(talk: MainWindow, submitted: list[Command]) -> None:
    talk.activateWindow()
    talk.pane.composer.field.setFocus()
    type_in(talk, "abc", enter=False)
    assert len(asked(submitted, c.NotifyTyping)) <= 1, "not at every key"
    talk.on_event(e.PeerTyping(made.MARTA, made.MARTA))
    assert "typing" in talk.pane._status.text()
    talk.on_event(said(1, "there"))
    assert "typing" not in talk.pane._status.text()


def test_a_stranger_who_would_have_us_in_a_group_asks(window: MainWindow, submitted: list[Command]) -> None:
    window.on_event(e.GroupAsked(GROUP, "<b>club</b>", made.GUEST, "Guest", 3))
    (notice,) = window.board.notices.values()
    (join,) = [one for one in notice.findChildren(QPushButton) if one.text() == "Join"]
    QTest.mouseClick(join, Qt.MouseButton.LeftButton)
    assert submitted[-1] == c.AnswerGroup(GROUP, True)
    assert window.board.notices == {}


def test_the_same_words_go_to_several_each_on_its_own(window: MainWindow, submitted: list[Command]) -> None:
    from lanshare.qt.windows.group import SeveralDialog

    window.talk.to_several()
    (dialog,) = window.findChildren(SeveralDialog)
    assert not dialog._send.isEnabled()
    for row in range(2):
        dialog._list.item(row).setCheckState(Qt.CheckState.Checked)
    dialog._text.setPlainText("lunch?")
    QTest.mouseClick(dialog._send, Qt.MouseButton.LeftButton)
    sent = asked(submitted, c.SendText)
    assert len({one.peer for one in sent if isinstance(one, c.SendText)}) == 2
    assert {one.text for one in sent if isinstance(one, c.SendText)} == {"lunch?"}


def test_a_note_is_seen_beside_the_name(talk: MainWindow) -> None:
    device = talk.devices.device(made.MARTA)
    assert device is not None
    talk.on_event(e.PeerChanged(made.MARTA, "Marta", "laptop", (), "known", True, note="back on Monday"))
    assert "back on Monday" in talk.pane._status.text()


def test_a_refused_message_says_why_and_can_be_sent_again(talk: MainWindow, submitted: list[Command]) -> None:
    talk.on_event(queued(1, "too much"))
    talk.on_event(e.MessageRefused(MessageId(f"{1:032x}"), made.MARTA, "peer-busy", "Marta has too many open."))
    (bubble,) = talk.pane.timeline.findChildren(Bubble)
    assert "too many" in bubble._note.text()
    again = next(one for one in bubble.findChildren(QPushButton) if one.text() == "Send again")
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    assert [type(one).__name__ for one in submitted[-1:]] == ["SendText"], "the old one stays until the new one is kept"
    sent = submitted[-1]
    assert isinstance(sent, c.SendText)
    talk.on_event(replace(queued(2, "too much"), message=sent.message))
    assert submitted[-1] == c.DeleteMessage(MessageId(f"{1:032x}"), made.MARTA)


def test_a_page_that_comes_after_something_new_loses_nothing(talk: MainWindow) -> None:
    talk.on_event(said(61, "text 61", lamport=61))
    talk.on_event(page(talk, range(1, 61), more=True))
    assert [talk.timeline.entry(row).text for row in range(talk.timeline.rowCount())] == [
        f"text {number}" for number in range(1, 62)
    ]


def test_older_ones_can_be_had_after_the_oldest_that_was_loaded_is_deleted(
    talk: MainWindow, submitted: list[Command]
) -> None:
    talk.on_event(page(talk, range(11, 31), more=True))
    talk.on_event(e.MessageUnsent(MessageId(f"{11:032x}"), made.MARTA))
    talk.front.load()
    question = submitted[-1]
    assert isinstance(question, c.LoadHistory)
    assert question.before == 12


def test_two_messages_of_one_id_by_two_authors_are_both_shown(talk: MainWindow) -> None:
    talk.on_event(queued(1, "ours", "delivered"))
    talk.on_event(replace(said(2, "theirs"), message=MessageId(f"{1:032x}")))
    assert bubbles(talk) == ["ours", "theirs"]


def test_a_jump_into_another_conversation_waits_for_its_own_page(
    window: MainWindow, submitted: list[Command]
) -> None:
    window.open_peer(made.LIVING)
    window.searching.jump(made.MARTA, 5)
    ordinary, around = [one for one in submitted if isinstance(one, c.LoadHistory)][-2:]
    window.on_event(page(window, range(40, 61), True, ordinary.request))
    desk: Any = window.searching
    assert desk._jump == 5, "that was not the one"
    window.on_event(page(window, range(1, 61), False, around.request))
    assert desk._jump is None
    row = window.timeline.row_of(f"{5:032x}")
    timeline = window.pane.timeline
    assert timeline.column.first <= row < timeline.column.end
