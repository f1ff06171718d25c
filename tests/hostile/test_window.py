"""A real window over a running engine, and a hostile device on the wire: nothing that it sends is run, or deceives."""

from __future__ import annotations

import datetime
import queue
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.exchange import message_records
from lanshare.files import quarantine
from lanshare.files.content import small_id
from lanshare.qt.bridge import Bridge
from lanshare.qt.desktop.open_external import open_path
from lanshare.qt.timeline import preview
from lanshare.qt.timeline.bubble import Bubble
from lanshare.qt.timeline.card import Card
from lanshare.qt.windows.main import MainWindow
from lanshare.trust.identity import Identity, id_of_certificate
from lanshare.wire import frames as f
from tests.harness.attacker import Attacker, offer
from tests.harness.engines import PATIENCE, environment, free_port
from tests.harness.shells import Shell, met
from tests.hostile.conftest import Victim
from tests.hostile.images import measured_png
from tests.hostile.impostor import CANARY, Impostor
from tests.hostile.payloads import PAYLOADS, labels_are_plain

PROGRAM = b"#!/bin/sh\ntouch /tmp/lanshare-was-run\n"


class Desk:
    """A window that shows what an engine tells, and asks of it what is clicked."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.into = shell.root if isinstance(shell, Victim) else None
        self.window = MainWindow(Bridge(shell.host.submit), lambda image: None)
        self.window.leaving.sure = lambda moving, unkept: True
        for event in shell.seen:
            self.window.on_event(event)
        self.window.show()

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Show whatever is told until something holds."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"not seen: {what}"
            QApplication.processEvents()
            try:
                event = self.shell.events.get(timeout=0.02)
            except queue.Empty:
                continue
            self.shell.seen.append(event)
            self.window.on_event(event)

    def card(self, transfer: str) -> Card:
        """What is shown of a transfer."""
        return next(one for one in self.window.findChildren(Card) if one._view.id == transfer)

    def buttons(self, transfer: str) -> dict[str, QPushButton]:
        """What can be pressed there, by its words."""
        found = self.card(transfer).findChildren(QPushButton)
        return {one.text(): one for one in found if one.text() and not one.isHidden()}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the desktop was asked to open; questions are answered with their first button."""
    urls: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: urls.append(url.toString()))
    monkeypatch.setattr(QMessageBox, "exec", lambda box: 0)
    monkeypatch.setattr(QMessageBox, "clickedButton", lambda box: box.buttons()[0] if box.buttons() else None)
    return urls


@pytest.fixture
def desk(qtbot: QtBot, victim: Victim) -> Desk:
    """Bob's window."""
    one = Desk(victim)
    qtbot.addWidget(one.window)
    return one


@pytest.fixture
def impostor(victim: Victim, tmp_path: Path) -> Iterator[Callable[[], Impostor]]:
    """Takes Bob's place when asked."""
    made: list[Impostor] = []

    def begin() -> Impostor:
        victim.host.close()
        made.append(Impostor(victim.port, Identity.create().pem, tmp_path))
        return made[-1]

    yield begin
    for one in made:
        one.close()


def received(desk: Desk, mallory: Identity, name: str, content: bytes = PROGRAM) -> str:
    """One file of hers with this name, accepted by a click and arrived; the transfer's id."""
    transfer = secrets.token_bytes(16)
    ident = transfer.hex()
    with Attacker(desk.shell.port, mallory) as control:
        control.greet()
        control.say_raw(f.Offer, *offer(transfer, name, size=len(content)), b"")
        desk.until(lambda: TransferId(ident) in desk.window.book.views, "the offer")
        desk.window.open_peer(mallory.id)
        desk.until(lambda: desk.window.book.views[TransferId(ident)].asked, "the question")
        desk.shell.say(c.AnswerOffer(TransferId(ident), True, desk.into))
        control.keep()
        desk.until(lambda: not desk.window.book.views[TransferId(ident)].asked, "the answer")
        with Attacker(desk.shell.port, mallory) as data:
            data.attach(transfer)
            data.say_raw(f.Begin, 0, [name], "file", len(content), 1, 0, "", True)
            data.say(f.Data(memoryview(content)))
            data.say(f.End(small_id(content)))
            data.say(f.AllSent(1, len(content)))
            data.hear_kind(f.Complete)
        desk.until(lambda: bool(desk.window.book.views[TransferId(ident)].paths), "that it arrived")
    desk.until(lambda: "Show in folder" in desk.buttons(ident), "what can be done with it")
    return ident


@pytest.mark.parametrize("name", ["holiday.jpg.exe", "run.sh", "a.desktop", "photo.png.lnk", "x.url", "invoice.pdf.js"])
def test_a_program_that_came_is_only_shown_in_its_folder_and_may_not_run(
    desk: Desk, mallory: Identity, opened: list[str], name: str
) -> None:
    ident = received(desk, mallory, name)
    buttons = desk.buttons(ident)
    assert "Open" not in buttons
    path = Path(desk.window.book.views[TransferId(ident)].paths[0])
    assert path.read_bytes() == PROGRAM
    assert path.stat().st_mode & 0o111 == 0
    open_path(desk.window, str(path))
    desk.until(lambda: bool(opened), "that its folder is shown")
    opened.clear()
    buttons["Show in folder"].click()
    desk.until(lambda: bool(opened), "that its folder is shown")
    assert set(opened) == {f"file://{path.parent}"}


def test_a_name_that_reads_backwards_is_shown_as_it_is(desk: Desk, mallory: Identity) -> None:
    name = "holiday\u202egpj.exe"
    ident = received(desk, mallory, name)
    words = " ".join(one.text() for one in desk.card(ident).findChildren(QLabel))
    assert "\u202e" not in words
    assert "exe" in words
    assert "Open" not in desk.buttons(ident)
    path = Path(desk.window.book.views[TransferId(ident)].paths[0])
    assert path.suffix == ".exe", "its type is that of its last ending"


def test_links_in_a_text_lead_to_the_web_or_nowhere(desk: Desk, mallory: Identity, opened: list[str]) -> None:
    lines = ["file:///etc/passwd", "javascript:alert(1)", "smb://h/x", "http://web.example/x"]
    with Attacker(desk.shell.port, mallory) as control:
        control.greet()
        control.say(message_of(mallory, desk.shell.host_id, "\n".join(lines)))
        control.keep()
        desk.until(lambda: desk.window.devices.device(mallory.id) is not None, "who she is")
        desk.window.open_peer(mallory.id)
        desk.until(lambda: bool(desk.window.findChildren(Bubble)), "her message")
        (bubble,) = desk.window.findChildren(Bubble)
        for line in lines:
            bubble.link.emit(line)
    assert opened == ["http://web.example/x"]
    assert bubble._text.text().count("<a href=") == 1


def test_what_arrives_on_windows_says_that_it_came_from_elsewhere(
    desk: Desk, mallory: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, whose streams are here files of that name; that Windows heeds them was not verified."""
    marks: list[bytes] = []
    real = quarantine.mark

    def mark(fd: int, path: Path | None) -> None:
        where = Path(f"/proc/self/fd/{fd}").readlink()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "platform", "win32")
            patch.setattr(quarantine, "_has_streams", lambda folder: True)
            real(fd, where)
        marks.append(Path(quarantine.marked_path(where)).read_bytes())

    monkeypatch.setattr(quarantine, "mark", mark)
    received(desk, mallory, "tool.exe")
    assert marks == [b"[ZoneTransfer]\r\nZoneId=3\r\n"]


def test_somebody_in_a_friends_place_is_an_alarm_in_the_window_and_gets_nothing(
    qtbot: QtBot, victim: Victim, tmp_path: Path, impostor: Callable[[], Impostor]
) -> None:
    anna = Shell(tmp_path / "anna", "Anna")
    try:
        bob = met(anna, victim)
        anna.say(c.SendText(MessageId(secrets.token_hex(16)), bob.id, "hello"))
        anna.wait_for(e.MessageDelivered)
        desk = Desk(anna)
        qtbot.addWidget(desk.window)
        mallory = impostor()
        desk.until(lambda: desk.window.devices.device(bob.id) is not None, "Bob")
        desk.window.open_peer(bob.id)
        desk.window.pane.composer.field.setPlainText(CANARY)
        QTest.keyClick(desk.window.pane.composer.field, Qt.Key.Key_Return)
        desk.until(lambda: any(one.startswith("identity:") for one in desk.window.board.notices), "the alarm")
        assert mallory.came.is_set()
        assert mallory.told == b""
        device = desk.window.devices.device(bob.id)
        assert device is not None
        assert device.alarm
    finally:
        anna.host.close()


def message_of(author: Identity, to: str, text: str, sequence: int = 0) -> f.Text:
    """A signed text."""
    message = MessageId(secrets.token_hex(16))
    clock = (sequence, sequence, ())
    return message_records.frame_of(
        message_records.compose(author, PeerId(to), message, text, clock, datetime.datetime.now(datetime.UTC)).record
    )


def test_markup_in_names_texts_and_offers_from_the_wire_is_shown_as_text(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []
    original = QTextDocument.loadResource

    def spy(document: QTextDocument, kind: int, url: object) -> object:
        loads.append(str(url))
        return original(document, kind, url)  # type: ignore[arg-type]

    monkeypatch.setattr(QTextDocument, "loadResource", spy)
    for text in PAYLOADS[::12]:
        who = Identity.create()
        with Attacker(desk.shell.port, who) as control:
            control.greet(name=text)
            control.say(message_of(who, desk.shell.host_id, text))
            transfer = secrets.token_bytes(16)
            control.say_raw(f.Offer, *offer(transfer, text), b"")
            control.keep()

            def seen(who: Identity = who) -> bool:
                return desk.window.devices.device(who.id) is not None

            desk.until(seen, repr(text))
            desk.window.open_peer(who.id)
            desk.until(lambda: bool(desk.window.findChildren(Bubble) or desk.window.findChildren(Card)), repr(text))
            labels_are_plain(desk.window)
        desk.shell.say(c.BlockPeer(PeerId(who.id)))
    assert [one for one in loads if "http" in one or "file" in one or "data:" in one] == []


def test_a_terminal_that_receives_is_steered_by_nothing_from_the_wire(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "lanshare", "receive", "--accept", "verified", "--into", str(tmp_path / "in"),
         "--profile", str(tmp_path / "bob"), "--port", str(port), "--name", "Bob"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(),
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        for text in PAYLOADS[::6]:
            who = Identity.create()
            with Attacker(port, who) as control:
                hello = control.greet(name=text)
                control.say(message_of(who, id_of_certificate(control.sock.getpeercert(True) or b""), text))
                control.say_raw(f.Offer, *offer(secrets.token_bytes(16), text), b"")
                control.say(f.Ping(1))
                control.hear_kind(f.Pong)
                assert hello.name == "Bob"
    finally:
        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=PATIENCE)[0]
    words = said.decode("utf-8")
    assert len(words.splitlines()) > 10, "it told something"
    steering = [char for char in words if (ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0]
    assert steering == []
    assert "\u202e" not in words


def test_an_image_that_unfolds_without_end_is_no_picture_and_harms_nothing(desk: Desk, mallory: Identity) -> None:
    bomb = measured_png(60_000, 60_000)
    assert len(bomb) < 64 * 1024
    ident = received(desk, mallory, "photo.png", bomb)
    card = desk.card(ident)
    done: list[str] = []
    preview.loader().loaded.connect(lambda path, image: done.append(path))
    path = desk.window.book.views[TransferId(ident)].paths[0]
    desk.until(lambda: path in done or preview.loader().ask(path) is not None, "that it was looked at")
    assert not card._preview.isVisible()
    good = received(desk, mallory, "small.png", measured_png(16, 16))
    desk.until(lambda: desk.card(good)._preview.isVisible(), "a sound one")
