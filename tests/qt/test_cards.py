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
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.qt.widgets.card import Card
from lanshare.qt.windows.main import MainWindow
from tests.qt.test_talk import NOW
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
    accept, decline = shown._accepting, shown._declining
    submitted.clear()
    for number in range(3):
        QTest.mousePress(accept, Qt.MouseButton.LeftButton)
        tops = tuple(made.top(f"photo {at}.jpg", 800) for at in range(number + 2))
        grown = made.offer(*tops)
        window.on_event(e.OfferGrew(IDENT, made.MARTA, grown))
        window.on_event(e.OfferCompared(IDENT, made.MARTA, 1, 0, 0, 800, 0, (), True, 10**9))
        assert shown._accepting is accept
        assert accept.isVisible()
        QTest.mouseRelease(accept, Qt.MouseButton.LeftButton)
        assert len([one for one in submitted if isinstance(one, c.AnswerOffer)]) == number + 1
        qtbot.waitUntil(lambda: not shown._waits)
    assert shown._declining is decline
    accept.setFocus()
    window.on_event(e.OfferWithdrawn(IDENT, made.MARTA, "answered"))
    assert accept.isHidden()
    assert window.focusWidget() is shown, "not whatever comes next in the window"


@pytest.mark.parametrize("way", ["in", "out"])
def test_the_buttons_are_the_same_objects_through_a_whole_life(window: MainWindow, way: str) -> None:
    shown = begin(window, way)
    before = list(shown._acting)
    window.on_event(e.OfferGrew(IDENT, made.MARTA, PHOTO))
    window.on_event(e.OfferWithdrawn(IDENT, made.MARTA, "answered"))
    window.on_event(e.TransferStarted(IDENT, made.MARTA, way))
    window.on_event(e.TransferFailed(IDENT, made.MARTA, "failed", "disk-error", "x"))
    assert shown._acting == before
    assert card(window) is shown
