"""Cards tell what is by every event, and their buttons are the same objects from the first picture to the last."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.message import TimelineItem
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.qt import assets
from lanshare.qt.timeline import card_words
from lanshare.qt.timeline.card import Card
from lanshare.qt.windows.main import MainWindow
from tests.harness.talks import NOW, said
from tools import pictures as made

IDENT = TransferId("c" * 32)
PHOTO = made.offer(made.top("photo.jpg", 800))


def card(window: MainWindow) -> Card:
    """The card of the transfer."""
    (found,) = [one for one in window.pane.timeline.findChildren(Card) if one._view.id == IDENT]
    return found


def begin(window: MainWindow, way: str) -> Card:
    """A transfer of Marta's conversation."""
    window.open_peer(made.MARTA)
    window.on_event(e.TransferQueued(IDENT, made.MARTA, way, PHOTO, NOW, "queued" if way == "out" else "offered"))
    if way == "in":
        window.on_event(e.OfferReceived(IDENT, made.MARTA, "Marta", 1, 800, PHOTO, 10**9))
    return card(window)


STEPS: list[tuple[e.Event, str, TransferState]] = [
    (e.TransferWaiting(IDENT, made.MARTA, "peer-away", "Marta went offline.", 0, 9), "Waiting", TransferState.WAITING),
    (e.TransferStands(IDENT, made.MARTA, "offered"), "Waiting for", TransferState.OFFERED),
    (e.TransferStands(IDENT, made.MARTA, "connecting"), "Starting", TransferState.CONNECTING),
    (e.TransferStarted(IDENT, made.MARTA, "out"), "", TransferState.MOVING),
    (e.TransferProgressed(IDENT, 400, 800, 1.0), "400 B of 800 B", TransferState.MOVING),
    (e.TransferPaused(IDENT, made.MARTA, "us", "You paused it.", 400, 800), "Paused", TransferState.PAUSED),
    (e.TransferProgressed(IDENT, 500, 800, 1.0), "Paused", TransferState.PAUSED),
    (e.TransferStands(IDENT, made.MARTA, "waiting"), "Waiting", TransferState.WAITING),
    (e.TransferStands(IDENT, made.MARTA, "offered"), "Waiting for", TransferState.OFFERED),
    (e.TransferVerifying(IDENT), "Making it safe", TransferState.VERIFYING),
    (e.TransferFinished(IDENT, made.MARTA, "out", "done", 1, 0, 8, 1.0, True, ("/x",)),
     "Delivered", TransferState.DONE),
]


def test_each_event_is_shown_for_what_it_is(window: MainWindow) -> None:
    shown = begin(window, "out")
    for event, words, state in STEPS:
        window.on_event(event)
        assert (words in shown._status.text(), shown._view.state) == (True, state), (event, shown._status.text())
        if state is TransferState.OFFERED:
            assert "away" not in shown._message.text()
            assert "offline" not in shown._message.text(), "it is there, and being asked"


@pytest.mark.parametrize("state", TransferState)
@pytest.mark.parametrize("way", ["in", "out"])
def test_every_state_has_words_a_picture_and_a_tone(window: MainWindow, state: TransferState, way: str) -> None:
    view = begin(window, way)._view
    view.state, view.asked = state, state is TransferState.OFFERED and way == "in"
    text, role = card_words.status(view, "Marta")
    assert text
    assert role in ("dim", "good", "warn", "bad")
    assert card_words.title(view, "Marta")
    assert assets.pixmap(*card_words.icon(view), 24, 1.0).isNull() is False
    trouble = {"failed": "bad", "waiting": "warn", "paused": "warn", "partial": "warn"}
    assert card_words.tone(view) == trouble.get(state, "")


def test_what_is_told_before_a_transfer_is_there_is_not_lost(window: MainWindow) -> None:
    window.open_peer(made.MARTA)
    window.on_event(e.TransferWaiting(IDENT, made.MARTA, "peer-away", "Marta is away.", 0, 800))
    window.on_event(e.TransferQueued(IDENT, made.MARTA, "out", PHOTO, NOW, "queued"))
    assert card(window)._message.text() == "Marta is away."


def test_after_a_restart_a_card_has_its_name_and_another_engine_its_truth(window: MainWindow) -> None:
    waits = Transfer(IDENT, made.MARTA, Direction.OUT, TransferState.WAITING, PHOTO, NOW, code="peer-away")
    window.on_event(replace(made.snapshot(), transfers=(waits,)))
    view = window.book.views[IDENT]
    assert view.message.startswith("Marta")
    window.on_event(replace(made.snapshot(), transfers=(replace(waits, state=TransferState.OFFERED, code=""),)))
    assert window.book.views[IDENT] is view
    assert view.state is TransferState.OFFERED
    window.on_event(made.snapshot())
    assert IDENT not in window.book.views, "what the engine does not know of does not move for ever"


def test_a_renamed_device_is_renamed_on_its_cards(window: MainWindow) -> None:
    shown = begin(window, "in")
    window.on_event(e.PeerChanged(made.MARTA, "Marta Neu", "laptop", (), "known", True))
    assert shown._title.text() == "Marta Neu wants to send"


def test_a_press_on_accept_is_one_answer_though_the_offer_grows_under_it(
    window: MainWindow, submitted: list[Command], qtbot: QtBot
) -> None:
    shown = begin(window, "in")
    accept, decline = shown._actions.accepting, shown._actions.declining
    submitted.clear()
    for number in range(3):
        QTest.mousePress(accept, Qt.MouseButton.LeftButton)
        tops = tuple(made.top(f"photo {at}.jpg", 800) for at in range(number + 2))
        grown = made.offer(*tops)
        window.on_event(e.OfferGrew(IDENT, made.MARTA, grown))
        window.on_event(e.OfferCompared(IDENT, made.MARTA, 1, 0, 0, 800, 0, (), True, 10**9))
        assert shown._actions.accepting is accept
        assert accept.isVisible()
        QTest.mouseRelease(accept, Qt.MouseButton.LeftButton)
        assert len([one for one in submitted if isinstance(one, c.AnswerOffer)]) == number + 1
        qtbot.waitUntil(lambda: not shown._waits)
    assert shown._actions.declining is decline
    accept.setFocus()
    window.on_event(e.OfferWithdrawn(IDENT, made.MARTA, "answered"))
    assert accept.isHidden()
    assert window.focusWidget() is shown, "not whatever comes next in the window"


@pytest.mark.parametrize("way", ["in", "out"])
def test_the_buttons_are_the_same_objects_through_a_whole_life(window: MainWindow, way: str) -> None:
    shown = begin(window, way)
    before = list(shown._actions.all)
    window.on_event(e.OfferGrew(IDENT, made.MARTA, PHOTO))
    window.on_event(e.OfferWithdrawn(IDENT, made.MARTA, "answered"))
    window.on_event(e.TransferStarted(IDENT, made.MARTA, way))
    window.on_event(e.TransferFailed(IDENT, made.MARTA, "failed", "disk-error", "x"))
    assert shown._actions.all == before
    assert card(window) is shown


OTHER = TransferId("e" * 32)
TREE = made.offer(made.top("d", 800, True, 3))


def acts(submitted: list[Command]) -> list[Command]:
    """What was done to transfers."""
    kinds = (c.CancelTransfer, c.PauseTransfer, c.ResumeTransfer, c.RetryTransfer, c.AnswerOffer, c.SkipFile)
    return [one for one in submitted if isinstance(one, kinds)]


ENDS: dict[str, e.Event] = {
    "done": e.TransferFinished(IDENT, made.MARTA, "out", "done", 3, 0, 8, 1.0, True, ("/x",)),
    "failed": e.TransferFailed(IDENT, made.MARTA, "failed", "disk-error", "x"),
    "cancelled": e.TransferFailed(IDENT, made.MARTA, "cancelled", "cancelled", "x"),
    "verifying": e.TransferVerifying(IDENT),
    "between two files": e.TransferProgressed(IDENT, 600, 800, 1.0, ""),
}


@pytest.mark.parametrize("end", list(ENDS))
@pytest.mark.parametrize("which", ["_close", "_rest", "_leave", "_aside"])
def test_a_button_that_goes_takes_no_other_ones_key(
    window: MainWindow, submitted: list[Command], qtbot: QtBot, which: str, end: str
) -> None:
    qtbot.waitActive(window)
    window.open_peer(made.MARTA)
    for ident, way in ((IDENT, "out"), (OTHER, "in")):
        window.on_event(e.TransferQueued(ident, made.MARTA, way, TREE, NOW, "queued" if way == "out" else "offered"))
    window.on_event(e.OfferReceived(OTHER, made.MARTA, "Marta", 3, 800, TREE, 10**9))
    window.on_event(e.TransferStarted(IDENT, made.MARTA, "out"))
    window.on_event(e.TransferProgressed(IDENT, 400, 800, 1.0, "d/one"))
    button = getattr(card(window), which)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    window.on_event(ENDS[end])
    submitted.clear()
    focused = window.focusWidget()
    assert focused is not None
    if button.isHidden() or not button.isVisible():
        QTest.keyClick(focused, Qt.Key.Key_Space)
        assert acts(submitted) == []


@pytest.mark.parametrize("what", ["a burst", "late ones between", "another look", "time runs out"])
def test_a_press_is_one_answer_whatever_is_built_anew_around_it(
    window: MainWindow, submitted: list[Command], qtbot: QtBot, what: str
) -> None:
    qtbot.waitActive(window)
    shown = begin(window, "in")
    for number in range(1, 10):
        window.on_event(said(number, f"line {number}", lamport=number))
    qtbot.waitUntil(lambda: shown._actions.accepting.isVisible())
    QTest.mousePress(shown._actions.accepting, Qt.MouseButton.LeftButton)
    if what == "a burst":
        for number in range(100, 180):
            window.on_event(said(number, f"line {number}", lamport=1000 + number))
    elif what == "late ones between":
        for number in range(100, 140):
            window.on_event(said(number, f"late {number}", lamport=2))
    elif what == "another look":
        window.dress()
    else:
        window.on_event(e.HistoryErased(made.MARTA, True, tuple(f"{number:032x}" for number in range(1, 10))))
    timeline = window.pane.timeline
    accepting = shown._actions.accepting
    qtbot.waitUntil(lambda: card(window) is shown and not timeline.builder.busy and accepting.height() > 10)
    QTest.mouseRelease(accepting, Qt.MouseButton.LeftButton)
    (answer,) = acts(submitted)
    assert isinstance(answer, c.AnswerOffer)
    assert answer.accepted


def test_what_was_chosen_for_files_that_differ_is_chosen_still(window: MainWindow, submitted: list[Command]) -> None:
    shown = begin(window, "in")
    window.on_event(e.OfferCompared(IDENT, made.MARTA, 0, 0, 1, 0, 800, ("photo.jpg",), True, 10**9))
    shown._clash.setCurrentIndex(shown._clash.findData("skip"))
    window.open_peer(made.ANNA)
    window.open_peer(made.MARTA)
    transfer = Transfer(IDENT, made.MARTA, Direction.IN, TransferState.OFFERED, PHOTO, NOW)
    moment = TimelineItem(3, NOW, None, transfer, order="3")
    window.on_event(e.HistoryLoaded(window.state._requests, made.MARTA, (moment,), False))
    anew = window.pane.timeline.rows[-1][1]
    assert isinstance(anew, Card)
    assert anew is not shown
    QTest.mouseClick(anew._actions.accepting, Qt.MouseButton.LeftButton)
    (answer,) = acts(submitted)
    assert isinstance(answer, c.AnswerOffer)
    assert answer.clash == "skip"


def test_who_declined_is_said_after_a_restart_too(window: MainWindow) -> None:
    window.open_peer(made.MARTA)
    for way, words in ((Direction.IN, "You declined"), (Direction.OUT, "Marta")):
        ident = IDENT if way is Direction.IN else OTHER
        view = window.book.take(
            Transfer(ident, made.MARTA, way, TransferState.DECLINED, PHOTO, NOW, code="declined"), "Marta's ThinkPad"
        )
        assert view.message.startswith(words)


def test_what_the_other_side_paused_has_no_button_that_does_nothing(window: MainWindow) -> None:
    shown = begin(window, "out")
    window.on_event(e.TransferStarted(IDENT, made.MARTA, "out"))
    window.on_event(e.TransferPaused(IDENT, made.MARTA, "peer", "Marta paused it.", 400, 800))
    assert shown._rest.isHidden()
    window.on_event(e.TransferWaiting(IDENT, made.MARTA, "peer-away", "Marta is away.", 400, 800))
    assert not shown._rest.isHidden(), "it waits now, and can be tried"
    assert shown._rest.toolTip() == "Go on now"
    window.on_event(e.TransferPaused(IDENT, made.MARTA, "us", "You paused it.", 400, 800))
    assert not shown._rest.isHidden()


@pytest.mark.parametrize("again", [True, False])
def test_a_comparison_that_is_older_than_the_offer_is_not_shown(window: MainWindow, again: bool) -> None:
    shown = begin(window, "in")
    window.on_event(e.OfferCompared(IDENT, made.MARTA, 0, 0, 1, 0, 800, ("photo.jpg",), True, 10**9))
    larger = made.offer(made.top("photo.jpg", 800), made.top("film.mp4", 5_000_000_000))
    if again:
        window.on_event(e.OfferReceived(IDENT, made.MARTA, "Marta", 2, larger.bytes, larger, 10**12))
    else:
        window.on_event(e.OfferGrew(IDENT, made.MARTA, larger))
    assert "5.0 GB" in shown._actions.accepting.text()
    assert "free afterwards" not in shown._message.text()


@pytest.mark.parametrize("name", ["on", "is", "a", "back", "Marta (home)"])
def test_another_name_changes_the_name_alone(window: MainWindow, name: str) -> None:
    window.on_event(e.PeerChanged(made.MARTA, name, "laptop", (), "known", True))
    shown = begin(window, "out")
    rest = "paused it. 400 B of 800 B are kept."
    window.on_event(e.TransferPaused(IDENT, made.MARTA, "peer", f"{name} {rest}", 400, 800))
    window.on_event(e.PeerChanged(made.MARTA, "Sister", "laptop", (), "known", True))
    assert shown._message.text() == f"Sister {rest}"


@pytest.mark.parametrize(("done", "total", "rate"), [(900, 800, 5.0), (-5, 800, 5.0), (400, 800, float("inf"))])
def test_odd_numbers_are_no_odd_card(window: MainWindow, done: int, total: int, rate: float) -> None:
    shown = begin(window, "out")
    window.on_event(e.TransferStarted(IDENT, made.MARTA, "out"))
    window.on_event(e.TransferProgressed(IDENT, done, total, rate))
    assert 0 <= int(shown._percent.text()[:-1]) <= 100
    assert not shown._status.text().startswith(("-", "900"))
