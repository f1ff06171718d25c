"""A conversation in the window without an engine."""

from __future__ import annotations

import datetime

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.message import MessageId, place
from lanshare.domain.peer import PeerId
from lanshare.qt.windows.main import MainWindow
from tools import pictures as made

NOW = datetime.datetime(2026, 11, 25, 12, 0, tzinfo=datetime.UTC)

GROUP = PeerId("g" * 52)


def said(number: int, text: str, peer: PeerId = made.MARTA, lamport: int = 0, **more: object) -> e.MessageReceived:
    """A message of Marta's."""
    author = str(more.pop("author", peer))
    order = place(lamport or number, f"{author}{number:032x}")
    return e.MessageReceived(MessageId(f"{number:032x}"), peer, "Marta", text, NOW, number, author=PeerId(author),
                             order=order, **more)  # type: ignore[arg-type]


def queued(number: int, text: str, state: str = "queued") -> e.MessageQueued:
    """One of ours."""
    order = place(number, f"{made.ME.id}{number:032x}")
    return e.MessageQueued(MessageId(f"{number:032x}"), made.MARTA, text, NOW, number, None, state, order)


def type_in(window: MainWindow, text: str, enter: bool = True) -> None:
    """By keys."""
    field = window.pane.composer.field
    QTest.keyClicks(field, text)
    if enter:
        QTest.keyClick(field, Qt.Key.Key_Return)


def asked(submitted: list[Command], kind: type) -> list[Command]:
    """Commands of a kind."""
    return [one for one in submitted if isinstance(one, kind)]


def page(window: MainWindow, numbers: range, more: bool = False, request: int = 1) -> e.HistoryLoaded:
    """A page of Marta's messages."""
    moments = []
    for number in numbers:
        one = made.text(number, False, f"text {number}", 100 - number)
        moments.append(replace(one, order=one.message.order if one.message else ""))
    return e.HistoryLoaded(request, made.MARTA, tuple(moments), more)
