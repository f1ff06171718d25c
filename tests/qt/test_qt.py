"""The window's parts: colours to read, text that stays text, models that keep Qt's rules, every control named."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.message import MessageId
from lanshare.node.opening import may_open
from lanshare.qt import texts
from lanshare.qt.bridge import Bridge
from lanshare.qt.models.devices import DEVICE_ROLE
from lanshare.qt.theme.tokens import DARK, LIGHT, Tokens, contrast
from lanshare.qt.windows.main import MainWindow
from tools import pictures as made

PAYLOADS = [
    "<h1>x", "<img src='file:///etc/passwd'>", "<a href='http://x'>y</a>", "a<br>b", "&lt;b&gt;", "\u202egnp.exe",
    "\x1b[31mred", "<table><tr><td>", "<!--", "<script>alert(1)</script>", "<b>bold</b>", "%s %d {0}",
]


@pytest.fixture
def submitted() -> list[Command]:
    """What the window asked for."""
    return []


@pytest.fixture
def window(qtbot: QtBot, submitted: list[Command]) -> MainWindow:
    """A window over nothing, with made-up devices."""
    one = MainWindow(Bridge(submitted.append), lambda image: None)
    one._sure = lambda moving: True  # type: ignore[method-assign]
    qtbot.addWidget(one)
    one.show()
    one.on_event(made.snapshot())
    return one


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read(look: Tokens) -> None:
    pairs = {
        "text": (look.text, (look.ground, look.side, look.raised, look.bubble_in, look.selected, look.warn_ground,
                             look.bad_ground)),
        "dim": (look.dim, (look.ground, look.side, look.raised, look.bubble_in, look.selected)),
        "accent": (look.accent_ink, (look.ground, look.raised, look.side, look.selected)),
        "button": (look.accent_text, (look.accent,)),
        "out": (look.bubble_out_text, (look.bubble_out,)),
        "out time": (look.bubble_out_dim, (look.bubble_out,)),
        "good": (look.good, (look.ground, look.raised)),
        "bad": (look.bad, (look.ground, look.raised, look.side)),
        "warn": (look.warn, (look.ground, look.raised)),
    }
    weak = [
        f"{name}: {contrast(ink, ground):.2f} on {ground}"
        for name, (ink, grounds) in pairs.items()
        for ground in grounds
        if contrast(ink, ground) < 4.5
    ]
    assert not weak, weak


def test_models_keep_qts_rules_through_a_busy_day(window: MainWindow) -> None:
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    testers = [QAbstractItemModelTester(model, fatal) for model in (window.devices, window.timeline)]
    window.open_peer(made.MARTA)
    window.on_event(made.history())
    made.living(window)
    now = datetime.datetime.now(datetime.UTC)
    for number, peer in enumerate((made.BUILD, made.GARAGE, made.ANNA, made.MARTA)):
        window.on_event(e.MessageReceived(MessageId(f"{number:032x}"), peer, "n", "hi", now, 50 + number))
        window.on_event(e.PeerVanished(peer, "n"))
        window.on_event(e.PeerAppeared(peer, f"new name {number}", "server", ("10.0.0.1:1",), "known", True))
    window.on_event(e.PeerAppeared(made.peer_id("n"), "Newcomer", "laptop", (), "stranger", True))
    window.on_event(made.troubles())
    window.close_peer()
    assert window.devices.rowCount() == 7
    assert len(testers) == 2


def test_online_devices_come_first_and_twins_show_their_ids(window: MainWindow) -> None:
    window.on_event(e.PeerAppeared(made.peer_id("n"), "Build server", "server", (), "stranger", True))
    rows = window.devices.devices()
    assert [row.online for row in rows] == sorted((row.online for row in rows), reverse=True)
    assert [row.twin for row in rows if row.name == "Build server"] == [True, True]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_peers_text_is_never_markup(window: MainWindow, payload: str) -> None:
    window.open_peer(made.MARTA)
    now = datetime.datetime.now(datetime.UTC)
    window.on_event(e.PeerChanged(made.MARTA, payload, "laptop", (), "known", True, payload))
    window.on_event(e.MessageReceived(MessageId("9" * 32), made.MARTA, payload, payload, now, 99))
    window.on_event(e.NetworkTroubled("x", payload))
    for label in window.findChildren(QLabel):
        assert label.textFormat() is not Qt.TextFormat.AutoText, label.text()
        if label.textFormat() is Qt.TextFormat.RichText:
            assert payload not in label.text() or "<" not in payload


@given(st.text(max_size=300))
def test_linked_text_holds_no_markup_but_our_links(text: str) -> None:
    html = texts.linked(f"{text} https://example.org/a?b=c&d {text}", "#000000")
    inside = html.removeprefix('<p style="white-space: pre-wrap; margin: 0">').removesuffix("</p>")
    rest = inside.replace("</a>", "")
    while '<a href="http' in rest.lower():
        start = rest.lower().index('<a href="http')
        rest = rest[:start] + rest[rest.index(">", start) + 1 :]
    assert "<" not in rest


@pytest.mark.parametrize(
    "path", ["a.exe", "b.desktop", "c.jpg.lnk", "d.SH", "e.html", "f.jar", ".bashrc", "x/g.py", "h.exe."]
)
def test_programs_are_not_opened_by_a_click(path: str) -> None:
    assert not may_open(path)


@pytest.mark.parametrize("path", ["a.jpg", "b.pdf", "c", "d.tar.gz", "exe", "/home/x.exe/readme.txt"])
def test_documents_are(path: str) -> None:
    assert may_open(path)


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


def test_every_control_has_a_name(window: MainWindow) -> None:
    window.open_peer(made.MARTA)
    window.on_event(made.history())
    made.living(window)
    window.on_event(made.troubles())
    nameless = [
        control
        for kind in (QAbstractButton, QLineEdit, QPlainTextEdit)
        for control in window.findChildren(kind)
        if control.isVisible() and not (control.accessibleName() or getattr(control, "text", str)())
    ]
    assert not nameless


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


def test_the_question_is_answered_by_its_buttons(window: MainWindow, submitted: list[Command], qtbot: QtBot) -> None:
    window.open_peer(made.MARTA)
    made.living(window)

    def visible() -> dict[str, QAbstractButton]:
        return {one.text(): one for one in window.pane.timeline.findChildren(QAbstractButton) if one.isVisible()}

    qtbot.waitUntil(lambda: {"Decline", "Save to…"} < set(visible()))
    buttons = visible()
    accept = next(one for text, one in buttons.items() if text.startswith("Accept"))
    QTest.mouseClick(accept, Qt.MouseButton.LeftButton)
    assert submitted[-1] == c.AnswerOffer(submitted[-1].transfer, True)  # type: ignore[union-attr]


def test_paste_sends_files_and_images(window: MainWindow, submitted: list[Command], tmp_path: object) -> None:
    from pathlib import Path

    kept = Path(str(tmp_path)) / "Image.png"
    window._pasted = lambda image: kept
    window.open_peer(made.MARTA)
    QGuiApplication.clipboard().setImage(QImage(4, 4, QImage.Format.Format_RGB32))
    window._paste()
    assert isinstance(submitted[-1], c.SendFiles)
    assert submitted[-1].paths == (kept,)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/x")])
    QGuiApplication.clipboard().setMimeData(mime)
    window._paste()
    assert isinstance(submitted[-1], c.SendFiles)
    assert submitted[-1].paths == (Path("/tmp/x"),)
    # A QMimeData made in Python must not outlive the interpreter in the clipboard.
    QGuiApplication.clipboard().clear()


def test_a_long_conversation_keeps_few_rows_alive(window: MainWindow, qtbot: QtBot) -> None:
    moments = tuple(made.text(number, number % 3 == 0, f"text {number}", 5000 - number) for number in range(1, 1001))
    window.open_peer(made.MARTA)
    window.on_event(e.HistoryLoaded(1, made.MARTA, moments, True))
    qtbot.waitUntil(lambda: not window.pane.timeline._pending.isActive())
    timeline = window.pane.timeline
    assert len(timeline._rows) == 200
    assert timeline._rows[-1][0].text == "text 1000"
    bar = timeline.verticalScrollBar()
    for _ in range(40):
        bar.setValue(0)
        qtbot.wait(1)
        assert len(timeline._rows) <= 200
        if timeline._first == 0:
            break
    assert timeline._rows[0][0].text == "text 1"
    for _ in range(40):
        bar.setValue(bar.maximum())
        qtbot.wait(1)
    assert timeline._rows[-1][0].text == "text 1000"


def test_a_bridge_hands_over_on_the_windows_thread(qtbot: QtBot) -> None:
    import threading

    bridge = Bridge(lambda command: None)
    seen: list[int] = []
    bridge.arrived.connect(lambda event: seen.append(threading.get_ident()))
    thread = threading.Thread(target=lambda: bridge.post(e.ConversationRead(made.MARTA)))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: seen == [threading.get_ident()])
