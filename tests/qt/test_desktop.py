"""Desktop notices: text is never markup, buttons and replies come back, without a bus the tray stands in."""

from __future__ import annotations

import subprocess

import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.offer import EntryKind, Offer, TopEntry
from lanshare.domain.peer import PeerId
from lanshare.domain.settings import Settings
from lanshare.domain.transfer import TransferId
from lanshare.qt.desktop.notices import notice_of
from lanshare.qt.desktop.notifications import Desktop, Notice, arguments
from tests.harness.buses import bus
from tests.harness.made import ME, NOW, PEER

__all__ = ["bus"]

GROUP = PeerId("g" * 52)


def test_a_notice_is_shown_and_what_is_pressed_and_replied_comes_back(
    qtbot: QtBot, bus: subprocess.Popen[str]
) -> None:
    desktop = Desktop()
    heard: list[tuple[str, str, str]] = []
    desktop.acted.connect(lambda *what: heard.append(what))
    desktop.start()
    qtbot.waitUntil(lambda: desktop.there, timeout=20_000)
    assert desktop.tell(Notice("offer:x:y", "Anna <b>", "1 < 2 & <img>", (("accept", "Accept"),), "Reply"))
    assert bus.stdout is not None
    shown = bus.stdout.readline()
    assert "1 &lt; 2 &amp; &lt;img&gt;" in shown
    assert "'accept', 'Accept', 'inline-reply', 'Reply'" in shown
    qtbot.waitUntil(lambda: len(heard) == 2, timeout=20_000)
    assert heard == [("offer:x:y", "accept", ""), ("offer:x:y", "reply", "on my way")]
    desktop.close()


def test_without_a_bus_nothing_is_there_and_nothing_breaks(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    desktop = Desktop()
    desktop.start()
    if desktop._thread is not None:
        desktop._thread.join(20)
        assert not desktop._thread.is_alive()
    assert not desktop.tell(Notice("k", "t", "x"))
    desktop.close()


def test_a_service_that_cannot_do_more_gets_no_more() -> None:
    plain = arguments(Notice("k", "t", "a & b", (("accept", "Accept"),), "Reply"), 7, frozenset())
    assert (plain[1], plain[4], plain[5]) == (7, "a & b", [])
    assert plain[6]["suppress-sound"] == ("b", True)
    assert "sound-name" in arguments(Notice("k", "t", "x", sound=True), 0, frozenset())[6]


def test_what_is_told_is_what_the_person_wants_told() -> None:
    said = e.MessageReceived(MessageId("ab" * 16), PEER, "Anna", "the\u202e text", NOW, 1)
    offer = Offer((TopEntry("a.txt", EntryKind.FILE, 1, 1),), 1, 1, 1, True)
    asked = e.OfferReceived(TransferId("cd" * 16), PEER, "Anna", 1, 1, offer, 9)
    notice = notice_of(said, Settings())
    assert notice is not None
    assert "text" in notice.text
    assert "\u202e" not in notice.text
    hidden = notice_of(said, Settings(notice_text=False))
    assert hidden is not None
    assert "text" not in hidden.text
    question = notice_of(asked, Settings())
    assert question is not None
    assert [name for name, _ in question.actions] == ["accept", "decline"]
    for event in (said, asked):
        assert notice_of(event, Settings(notices=False)) is None
        assert notice_of(event, Settings(muted=(PEER,))) is None
    assert notice_of(e.PeerVanished(PEER, "Anna"), Settings()) is None


def test_ones_own_words_that_a_group_hands_back_are_no_news() -> None:
    mine = e.MessageReceived(MessageId("ab" * 16), GROUP, "me", "as I said", NOW, 1, author=ME)
    assert notice_of(mine, Settings(), ME) is None
    assert notice_of(replace(mine, author=PEER), Settings(), ME) is not None


def test_a_question_for_a_group_leads_to_the_group() -> None:
    offer = Offer((TopEntry("a.txt", EntryKind.FILE, 1, 1),), 1, 1, 1, True, room=GROUP)
    question = notice_of(e.OfferReceived(TransferId("cd" * 16), PEER, "Anna", 1, 1, offer, 9), Settings())
    assert question is not None
    assert question.key == f"offer:{'cd' * 16}:{GROUP}"
