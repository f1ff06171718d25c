"""Two hundred payloads of markup, bidi and escapes in every field that reaches a widget or a terminal: text is text."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from lanshare.cli.printer import Printer
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.offer import EntryKind, Offer, Skipped, TopEntry
from lanshare.domain.transfer import TransferId
from lanshare.qt.bridge import Bridge
from lanshare.qt.windows.main import MainWindow
from tests.hostile.payloads import PAYLOADS, labels_are_plain
from tools import pictures as made


@pytest.fixture(scope="module")
def asked() -> Iterator[list[str]]:
    """What any document of the window asked to load."""
    loads: list[str] = []
    original = QTextDocument.loadResource

    def spy(self: QTextDocument, kind: int, url: object) -> object:
        loads.append(str(url))
        return original(self, kind, url)  # type: ignore[arg-type]

    QTextDocument.loadResource = spy  # type: ignore[method-assign]
    yield loads
    QTextDocument.loadResource = original  # type: ignore[method-assign]


def show_everywhere(window: MainWindow, text: str, number: int) -> None:
    """A payload in every field that a peer fills."""
    now = datetime.datetime.now(datetime.UTC)
    ident = TransferId(f"{number:032x}")
    tops = (TopEntry(text, EntryKind.FILE, 1, 1), TopEntry(text, EntryKind.FOLDER, 1, 1))
    offer = Offer(tops, 9, 9, 9, True)
    window.on_event(e.PeerChanged(made.MARTA, text, text, (text,), "known", True, text, text))
    window.on_event(e.TransferQueued(ident, made.MARTA, "in", offer, now, "offered"))
    window.on_event(e.OfferReceived(ident, made.MARTA, text, 2, 2, offer, 9))
    window.on_event(e.OfferCompared(ident, made.MARTA, 1, 1, 1, 1, 1, (text,), True, 9))
    window.on_event(e.OfferWithdrawn(ident, made.MARTA, "answered"))
    window.on_event(e.TransferProgressed(ident, 1, 2, 1.0, text))
    window.on_event(
        e.TransferFinished(
            ident,
            made.MARTA,
            "in",
            "partial",
            1,
            1,
            1,
            1.0,
            True,
            (f"/x/{text}",),
            (Skipped(text, "x"),),
            (Skipped(text, text),),
        )
    )
    window.on_event(e.MessageReceived(MessageId(f"{number:032x}"), made.MARTA, text, text, now, number))
    window.on_event(e.NetworkTroubled(f"x{number % 5}", text))
    window.on_event(e.IdentityChanged(text, made.MARTA, made.peer_id("z")))
    window.on_event(e.PairingCodeReady(made.MARTA, text, "123 456", False))
    window.on_event(e.PairingEnded(made.MARTA, "pair-ended", text))


def test_there_are_two_hundred() -> None:
    assert len(set(PAYLOADS)) >= 200


def test_whatever_a_peer_says_is_shown_as_text_and_loads_nothing(qtbot: QtBot, asked: list[str]) -> None:
    window = MainWindow(Bridge(lambda command: None), lambda image: None)
    qtbot.addWidget(window)
    window.show()
    window.on_event(made.snapshot())
    window.open_peer(made.MARTA)
    for number, text in enumerate(PAYLOADS):
        show_everywhere(window, text, number)
        if number % 10 == 0:
            labels_are_plain(window)
            device = window.devices.device(made.MARTA)
            assert device is not None
            window.trust.open_sheet(device)
            assert window.trust.sheet is not None
            labels_are_plain(window.trust.sheet)
            window.trust.sheet.reject()
    labels_are_plain(window)
    if window.trust.pairing is not None:
        window.trust.pairing.close()
    assert [one for one in asked if "http" in one or "file" in one or "data:" in one] == []


@pytest.mark.parametrize("text", PAYLOADS[::3])
def test_a_tooltip_holds_no_markup(text: str) -> None:
    from lanshare.qt import assets

    tip = assets.tooltip(text)
    assert tip.count("<") <= 2, "our own wrapping alone"


def test_no_payload_steers_a_terminal() -> None:
    for number, text in enumerate(PAYLOADS):
        out, err = io.StringIO(), io.StringIO()
        printer = Printer(False, out, err)
        ident = TransferId(f"{number:032x}")
        offer = Offer((TopEntry(text, EntryKind.FILE, 1, 1),), 1, 1, 1, True)
        printer.event(e.OfferReceived(ident, made.MARTA, text, 1, 1, offer, 9))
        printer.event(e.TransferFailed(ident, made.MARTA, "failed", text, text))
        printer.event(e.PairingCodeReady(made.MARTA, text, "1", False))
        printer.event(e.IdentityChanged(text, made.MARTA, made.MARTA))
        said = out.getvalue() + err.getvalue()
        lines = said.split("\n")
        assert len(lines) == 5, "one line each"
        assert not [char for char in said if (ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0]
