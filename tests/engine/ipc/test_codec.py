"""Commands and events as JSON: everything a shell says survives the way, and nonsense is refused."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.errors import ProtocolError
from lanshare.domain.message import MessageId
from lanshare.domain.offer import EntryKind, Offer, Skipped, TopEntry
from lanshare.domain.settings import Appearance, Settings
from lanshare.domain.transfer import TransferId
from lanshare.engine.ipc import codec
from tests.harness.made import NOW, PEER

ID = TransferId("ab" * 16)
OFFER = Offer((TopEntry("a", EntryKind.FOLDER, 2, 3),), 1, 2, 3, False)


@pytest.mark.parametrize(
    "command",
    [
        c.SendFiles(ID, PEER, (Path(os.fsdecode(b"/not \xff text")), Path("/b"))),
        c.SendText(MessageId("cd" * 16), PEER, "hi \u202e \x00 🙂"),
        c.AnswerOffer(ID, True, Path("/into")),
        c.AnswerOffer(ID, False),
        c.LoadHistory(1, None, None, 60, "words"),
        c.ChangeSettings(Settings(name="x", appearance=Appearance.DARK)),
        c.OpenWindow((Path("/x"),)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_commands_survive(command: c.Command) -> None:
    assert codec.decode_command(codec.encode(command)) == command


@pytest.mark.parametrize(
    "event",
    [
        e.OfferReceived(ID, PEER, "Bob", 2, 3, OFFER, 99),
        e.TransferFinished(ID, PEER, "in", "partial", 1, 1, 3, 0.5, True, ("/x",), (Skipped("y", "z"),)),
        e.MessageReceived(MessageId("cd" * 16), PEER, "Bob", "text", NOW, 7),
        e.HistoryLoaded(1, None, (), True),
    ],
    ids=lambda one: type(one).__name__,
)
def test_events_survive(event: e.Event) -> None:
    assert codec.decode_event(codec.encode(event)) == event


def test_text_that_is_no_unicode_does_not_stop_an_event() -> None:
    event = e.MessageReceived(MessageId("cd" * 16), PEER, "B\udcff", "t", datetime.datetime.now(datetime.UTC), 1)
    heard = codec.decode_event(codec.encode(event))
    assert isinstance(heard, e.MessageReceived)
    assert heard.name == "B?"


@pytest.mark.parametrize("data", [b"", b"{}", b'{"type":"Nothing","body":{}}', b'{"type":"SendText","body":{}}',
                                  b"\xff", b'{"type":"SendText","body":{"x":' + b"[" * 9999 + b"]" * 9999 + b"}}",
                                  b'{"type":"AnswerOffer","body":{"transfer":1,"accepted":"x"}}'])
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        codec.decode_command(data)
