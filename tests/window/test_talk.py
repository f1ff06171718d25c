"""Conversations in real windows under Xvfb, by mouse and keys: a queue, a group of three, a search that jumps."""

from __future__ import annotations

import datetime
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lanshare.domain.message import MessageId
from lanshare.exchange import message_records
from lanshare.store import database, outbox
from lanshare.store.profile_paths import places
from lanshare.trust.identity import Identity
from tests.harness.engines import Process
from tests.harness.screen import Screen, cannot, until
from tests.harness.window import ROW, Window

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

REASON = cannot()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "there is a screen")
GROUP_BUTTON = (152, 21)


def say(window: Window, text: str) -> None:
    """Type it and send it."""
    window.screen.do("type", "--window", window.id, text)
    window.screen.do("key", "--window", window.id, "Return")


def knows(window: Window, name: str) -> None:
    """A word from a window's device to another one, so that they know each other."""
    assert Process(["text", name, "hi", "--json", "--profile", str(window.folder)]).end() == 0


def asked(window: Window, question: str) -> list[str]:
    """The first column of what a window's database answers."""
    link = sqlite3.connect(f"file:{window.folder}/lanshare.sqlite?mode=ro", uri=True)
    try:
        return [row[0] for row in link.execute(question)]
    finally:
        link.close()


def texts(window: Window) -> list[str]:
    """What was said in groups, in their order."""
    return asked(
        window,
        "SELECT text FROM messages WHERE peer IN (SELECT id FROM groups) AND kind = 'text'"
        " ORDER BY lamport, author, id",
    )


def files(window: Window) -> list[str]:
    """The states of what was sent in its groups."""
    return asked(
        window,
        "SELECT state FROM transfers JOIN timeline ON timeline.transfer = transfers.id"
        " WHERE timeline.peer IN (SELECT id FROM groups)",
    )


def members(window: Window) -> list[str]:
    """The names of its groups."""
    return asked(window, "SELECT name FROM groups")


def test_what_is_written_to_an_absent_device_waits_can_be_changed_and_is_delivered_and_read(
    screen: Screen, tmp_path: Path
) -> None:
    anna = Window(screen, tmp_path, "Anna")
    bob = Window(screen, tmp_path, "Bob", 450, 300)
    until(lambda: _peers(anna) and _peers(bob), "that they meet")
    knows(bob, "Anna")
    knows(anna, "Bob")
    bob.program.terminate()
    assert bob.program.wait(20) == 0
    anna.click(*ROW)
    say(anna, "for later")
    until(lambda: ("for later", "queued") in anna.history(), "that it waits")
    screen.picture("talk-queued")
    screen.do("key", "--window", anna.id, "Up")
    screen.do("type", "--window", anna.id, ", when you are back")
    screen.do("key", "--window", anna.id, "Return")
    until(lambda: ("for later, when you are back", "queued") in anna.history(), "that it was changed")
    bob.program = screen.lanshare(*bob.arguments())
    bob.id = screen.window("^lanshare$", bob.program.pid)
    until(lambda: ("for later, when you are back", "delivered") in anna.history(), "that it is delivered")
    screen.picture("talk-delivered")
    screen.do("windowfocus", "--sync", bob.id)
    bob.click(*ROW)
    until(lambda: ("for later, when you are back", "read") in anna.history(), "that it is read")
    screen.picture("talk-read")
    assert [text for text, _ in bob.history()].count("for later, when you are back") == 1


def _peers(window: Window) -> bool:
    path = window.folder / "lanshare.sqlite"
    if not path.exists():
        return False
    link = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return bool(link.execute("SELECT 1 FROM peers").fetchone())
    except sqlite3.OperationalError:
        return False
    finally:
        link.close()


def test_three_windows_make_a_group_and_all_see_the_same(screen: Screen, tmp_path: Path) -> None:
    anna = Window(screen, tmp_path, "Anna")
    bob = Window(screen, tmp_path, "Bob", 450, 100)
    carl = Window(screen, tmp_path, "Carl", 480, 330)
    for one in (anna, bob, carl):
        until(lambda one=one: _peers(one), "that they meet")  # type: ignore[misc]
    for one, name in ((bob, "Anna"), (carl, "Anna"), (bob, "Carl"), (carl, "Bob")):
        knows(one, name)
    screen.do("windowfocus", "--sync", anna.id)
    screen.do("windowraise", anna.id)
    anna.click(*GROUP_BUTTON)
    screen.picture("talk-clicked")
    dialog = screen.window("New group", anna.program.pid)
    screen.do("windowfocus", "--sync", dialog)
    screen.do("type", "Garden")
    screen.do("key", "Tab", "Home", "space", "Down", "space")
    screen.picture("talk-new-group")
    screen.do("key", "Return")
    for one in (anna, bob, carl):
        until(lambda one=one: members(one) == ["Garden"], "that it is in the group")  # type: ignore[misc]
    screen.do("windowfocus", "--sync", anna.id)
    say(anna, "hello all")
    for one in (bob, carl):
        until(lambda one=one: texts(one) == ["hello all"], "that it has the message")  # type: ignore[misc]
    screen.do("windowraise", carl.id)
    screen.do("windowfocus", "--sync", carl.id)
    carl.click(*ROW)
    say(carl, "hello Anna and Bob")
    for one in (anna, bob):
        until(lambda one=one: texts(one) == ["hello all", "hello Anna and Bob"], "that it has the answer")  # type: ignore[misc]
    until(lambda: ("hello all", "read") in anna.history() or ("hello all", "delivered") in anna.history(), "its state")
    (tmp_path / "plan.txt").write_text("where the beans go")
    sending = ["send", "Garden", str(tmp_path / "plan.txt"), "--no-wait", "--json", "--profile", str(carl.folder)]
    assert Process(sending).end() == 0
    for one in (anna, bob):
        until(lambda one=one: files(one) == ["offered"], "that it is asked in the group")  # type: ignore[misc]
    screen.picture("talk-three-windows")


def test_a_search_by_keys_jumps_to_its_place(screen: Screen, tmp_path: Path) -> None:
    from PySide6.QtGui import QImage

    me, peer = Identity.create(), Identity.create()
    where = places(tmp_path / "Anna")
    where.prepare()
    where.key.write_bytes(me.pem)
    where.key.chmod(0o600)
    database.prepare(where.database)
    link = database.connect(where.database)
    now = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)
    link.execute("BEGIN")
    link.execute(
        "INSERT INTO peers (id, name, kind, system, trust, addresses, first_seen, last_seen)"
        " VALUES (?, 'Bob', 'laptop', '', 'known', '[]', 0, 0)", (peer.id,)
    )
    for number in range(1, 3001):
        text = "the needle in it all" if number == 1500 else f"some words, number {number}"
        made = message_records.compose(
            me, peer.id, MessageId(f"{number:032x}"), text, (number - 1, number - 1, ()), now
        )
        outbox.add(link, made.message, made.sequence, made.record, made.digest)
        outbox.set_delivery(link, me.id, made.message.id, made.message.delivery.DELIVERED, peer.id)
    link.execute("COMMIT")
    link.close()
    window = Window(screen, tmp_path, "Anna", exist=True)
    window.click(*ROW)
    before = QImage(str(screen.picture("search-before")))
    screen.do("windowfocus", "--sync", window.id)
    screen.do("key", "ctrl+k")
    dialog = screen.window("Search", window.program.pid)
    screen.do("windowfocus", "--sync", dialog)
    until(lambda: _has_focus(screen, dialog), "that its field can be typed in")
    screen.do("type", "needl")
    until(lambda: _has_ink(screen, dialog), "that it is found")
    screen.picture("search-found")
    screen.do("key", "Return")
    screen.do("key", "Escape")

    def jumped() -> bool:
        after = QImage(str(screen.picture("search-jumped")))
        box = (700, 120, 180, 380)
        places = [(x, y) for x in range(700, 880, 9) for y in range(120, 500, 9)]
        bubbles = sum(after.pixelColor(*at).name() == "#4355e0" for at in places)
        return bubbles > 100 and after.copy(*box) != before.copy(*box)

    until(jumped, "that it jumped there")


def _picture_of(screen: Screen, dialog: str) -> tuple[QImage, int, int]:
    """The screen, and where on it a dialog begins."""
    from PySide6.QtGui import QImage

    text = screen._text("xdotool", "getwindowgeometry", "--shell", dialog)
    fields = dict(line.split("=") for line in text.splitlines())
    return QImage(str(screen.picture("search-looking"))), int(fields["X"]), int(fields["Y"])


def _has_focus(screen: Screen, dialog: str) -> bool:
    """Whether the border of its first field shows that keys go there."""
    image, left, top = _picture_of(screen, dialog)
    return "#4355e0" in {image.pixelColor(left + x, top + y).name() for x in range(8, 32) for y in (20, 26, 32, 38)}


def _has_ink(screen: Screen, dialog: str) -> bool:
    """Whether something is written in the list of what was found."""
    image, left, top = _picture_of(screen, dialog)
    line = [image.pixelColor(left + 30 + x, top + 108 + y).lightness() for x in range(200) for y in range(30)]
    return min(line) < 90
