"""Seen means seen: what was not before a person's eyes is unread, and what is theirs comes into sight."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.message import Conversation
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.qt.windows.main import MainWindow
from tests.harness.talks import NOW, page, queued, said
from tools import pictures as made

STRANGER = PeerId("s" * 52)


def marked(submitted: list[Command]) -> list[str]:
    """The ids that were said to be seen, in order."""
    return [one for mark in submitted if isinstance(mark, c.MarkRead) for one, _ in mark.seen or ()]


def ident(number: int) -> str:
    """A message's id."""
    return f"{number:032x}"


@pytest.fixture
def talk(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """Marta's conversation, full, at its end, before a person."""
    window.resize(900, 500)
    qtbot.waitActive(window)
    window.open_peer(made.MARTA)
    for number in range(1, 41):
        window.on_event(said(number, f"line {number}"))
    qtbot.waitUntil(lambda: window.pane.timeline.column.end == window.timeline.rowCount())
    window.pane.timeline.to_end()
    return window


def test_what_is_read_live_is_told_as_read_once_and_by_name(
    talk: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: ident(40) in marked(submitted))
    submitted.clear()
    talk.on_event(said(50, "live"))
    qtbot.waitUntil(lambda: ident(50) in marked(submitted))
    talk.pane.timeline.look()
    assert marked(submitted).count(ident(50)) == 1


def test_what_lies_above_what_is_shown_was_not_seen(talk: MainWindow, submitted: list[Command], qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: ident(40) in marked(submitted))
    assert ident(1) not in marked(submitted)
    talk.pane.timeline.verticalScrollBar().setValue(0)
    qtbot.waitUntil(lambda: ident(1) in marked(submitted))


def test_a_window_that_is_not_looked_at_counts_and_marks_nothing(
    talk: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: ident(40) in marked(submitted))
    talk.on_event(e.ConversationRead(made.MARTA, 0))
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: not talk.isActiveWindow())
    submitted.clear()
    talk.on_event(said(60, "behind"))
    talk.pane.timeline.look()
    assert marked(submitted) == []
    device = talk.devices.device(made.MARTA)
    assert device is not None
    assert device.unread == 1, "the open conversation counts as any other"
    other.close()
    talk.activateWindow()
    qtbot.waitUntil(lambda: ident(60) in marked(submitted))


def test_scrolled_up_there_is_a_count_and_a_way_down(talk: MainWindow, submitted: list[Command], qtbot: QtBot) -> None:
    timeline = talk.pane.timeline
    qtbot.waitUntil(lambda: ident(40) in marked(submitted))
    assert timeline.down.isHidden()
    timeline.verticalScrollBar().setValue(0)
    qtbot.waitUntil(lambda: timeline.down.isVisible())
    submitted.clear()
    timeline.look()
    before = int(timeline.down.text() or 0)
    for number in (70, 71, 72):
        talk.on_event(said(number, "below"))
    assert timeline.down.text() == str(before + 3)
    assert f"{before + 3} new" in timeline.down.accessibleName()
    timeline.look()
    assert not {ident(70), ident(71), ident(72)}.intersection(marked(submitted))
    QTest.mouseClick(timeline.down, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: {ident(70), ident(71), ident(72)} <= set(marked(submitted)))
    assert timeline.down.isHidden()


def test_one_that_comes_late_into_its_place_below_is_counted_too(
    talk: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    timeline = talk.pane.timeline
    qtbot.waitUntil(lambda: ident(40) in marked(submitted))
    timeline.verticalScrollBar().setValue(0)
    qtbot.waitUntil(lambda: timeline.down.isVisible())
    before = int(timeline.down.text() or 0)
    talk.on_event(said(45, "written while away", lamport=39))
    assert timeline.down.text() == str(before + 1)


@pytest.mark.parametrize("what", ["text", "files"])
def test_ones_own_is_brought_into_sight(talk: MainWindow, qtbot: QtBot, what: str) -> None:
    timeline = talk.pane.timeline
    timeline.verticalScrollBar().setValue(0)
    qtbot.waitUntil(lambda: not timeline.builder.at_end)
    if what == "text":
        talk.on_event(queued(80, "mine"))
    else:
        photo = made.offer(made.top("photo.jpg", 800))
        talk.on_event(e.TransferQueued(TransferId("8" * 32), made.MARTA, "out", photo, NOW, "queued"))
    bar = timeline.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    assert timeline.rows[-1][0].out


@pytest.mark.parametrize("first", ["card", "page"])
def test_a_drop_on_a_device_shows_its_card_though_its_page_comes_at_that_moment(
    window: MainWindow, qtbot: QtBot, first: str
) -> None:
    """The page of a conversation that is opened by the drop and the card cross: the card is the last row, in sight."""
    photo = made.offer(made.top("photo.jpg", 800))
    queued_one = e.TransferQueued(TransferId("9" * 32), made.MARTA, "out", photo, NOW, "queued")
    window.open_peer(made.MARTA)
    events: list[e.Event] = [queued_one, page(window, range(1, 61))]
    for event in events if first == "card" else events[::-1]:
        window.on_event(event)
    timeline = window.pane.timeline
    qtbot.waitUntil(lambda: timeline.column.end == window.timeline.rowCount() and not timeline.builder.busy)
    assert timeline.rows[-1][0].transfer == "9" * 32
    bar = timeline.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())


def test_who_was_spoken_with_keeps_badge_preview_and_draft_when_it_comes_later(window: MainWindow) -> None:
    """After a restart a device that was not answered yet is not among the peers before it appears."""
    shot = made.snapshot()
    talks = (*shot.conversations, Conversation(STRANGER, "are you there?", NOW, 3))
    window.on_event(e.Snapshot(shot.me, shot.peers, (), talks, shot.settings, False, drafts={STRANGER: "half"}))
    window.on_event(e.PeerAppeared(STRANGER, "New one", "laptop", (), "stranger", True))
    device = window.devices.device(STRANGER)
    assert device is not None
    assert (device.unread, device.preview, device.draft) == (3, "are you there?", "half")


def test_the_engines_count_is_the_truth(window: MainWindow) -> None:
    for number in range(5):
        window.on_event(said(number + 1, "x"))
    window.on_event(e.ConversationRead(made.MARTA, 2))
    device = window.devices.device(made.MARTA)
    assert device is not None
    assert device.unread == 2


def test_what_was_not_read_stays_unread_when_older_ones_run_out_of_time(
    talk: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    bar = talk.pane.timeline.verticalScrollBar()
    bar.setValue(bar.maximum() // 3)
    for number in range(60, 70):
        talk.on_event(said(number, f"new {number}"))
    submitted.clear()
    place = bar.value()
    left = Conversation(made.MARTA, "new 69", NOW, 10)
    talk.on_event(e.HistoryErased(made.MARTA, True, (ident(1), ident(2)), left))
    device = talk.devices.device(made.MARTA)
    assert device is not None
    assert (device.unread, device.preview) == (10, "new 69")
    assert talk.timeline.row_of(ident(1)) == -1
    talk.pane.timeline.look()
    assert not {ident(number) for number in range(60, 70)} & set(marked(submitted))
    assert bar.value() <= place < bar.maximum()


@pytest.mark.parametrize("rule", [True, False])
def test_what_comes_in_counts_once_asked_or_not(window: MainWindow, rule: bool) -> None:
    ident_of, photo = TransferId("f" * 32), made.offer(made.top("photo.jpg", 800))
    device = window.devices.device(made.MARTA)
    assert device is not None
    before = device.unread
    window.on_event(e.TransferQueued(ident_of, made.MARTA, "in", photo, NOW, "offered"))
    for _ in range(0 if rule else 3):
        window.on_event(e.OfferReceived(ident_of, made.MARTA, "Marta", 1, 800, photo, 10**9))
    device = window.devices.device(made.MARTA)
    assert device is not None
    assert device.unread == before + 1
    waits = Transfer(ident_of, made.MARTA, Direction.IN, TransferState.WAITING, photo, NOW, code="peer-away")
    talks = (Conversation(made.MARTA, "photo.jpg", NOW, 1),)
    window.on_event(replace(made.snapshot(), conversations=talks, transfers=(waits,)))
    window.on_event(e.OfferReceived(ident_of, made.MARTA, "Marta", 1, 800, photo, 10**9))
    device = window.devices.device(made.MARTA)
    assert device is not None
    assert device.unread == 1, "another engine asks the same question"


def test_what_is_read_stays_in_place_while_older_rows_are_still_built(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(900, 500)
    qtbot.waitActive(window)
    window.open_peer(made.MARTA)
    for number in range(1, 300):
        window.on_event(said(number, f"line {number}"))
    timeline = window.pane.timeline
    qtbot.waitUntil(lambda: timeline.column.end == 299 and 20 < len(timeline.rows) < 150 and timeline.builder.busy)
    bar = timeline.verticalScrollBar()
    timeline.column.lay_out()
    bar.setValue(bar.maximum() - 300)
    entry, row, _ = next(one for one in timeline.rows if one[1].y() >= bar.value())
    place = row.y() - bar.value()
    qtbot.waitUntil(lambda: not timeline.builder.busy)
    assert entry.key in {one[0].key for one in timeline.rows}
    assert abs(row.y() - bar.value() - place) <= 2
