"""What goes to the terminal: JSON and nothing else for scripts; sentences for people, with nothing that steers it."""

from __future__ import annotations

import io
import json

import pytest

from lanshare.cli.printer import Printer
from lanshare.domain import events as e
from lanshare.domain.message import Moment
from lanshare.domain.offer import EntryKind, Offer, Skipped, TopEntry
from lanshare.domain.transfer import TransferId
from tests.harness.made import NOW, PEER, message

ID = TransferId("ab" * 16)
EVIL = "\x1b]0;pwned\x07\x1b[2J\u202egnp.exe\r\nAccept? [y/N]"
OFFER = Offer(tuple(TopEntry(f"{EVIL}{n}", EntryKind.FILE, 1, 1) for n in range(12)), 12, 12, 12, True)
EVENTS: list[e.Event] = [
    e.PeerAppeared(PEER, EVIL, "laptop", ("10.0.0.2:1",), "known", True),
    e.PeerVanished(PEER, EVIL),
    e.OfferReceived(ID, PEER, EVIL, 12, 12, OFFER, 5),
    e.TransferWaiting(ID, PEER, "peer-away", EVIL, 1, 2),
    e.TransferFailed(ID, PEER, "failed", "disk-full", EVIL),
    e.TransferFinished(ID, PEER, "in", "partial", 1, 2, 9, 0.1, True, (f"/x/{EVIL}",), (Skipped(EVIL, "c"),)),
    e.MessageReceived(message(1, "").id, PEER, EVIL, EVIL, NOW, 1),
    e.MessageRefused(message(1, "").id, PEER, "x", EVIL),
    e.IdentityChanged(EVIL, PEER, PEER),
    e.NetworkTroubled("x", EVIL),
    e.PairingCodeReady(PEER, EVIL, "123 456", False),
    e.PairingEnded(PEER, "pair-differs", EVIL),
    e.PeerChanged(PEER, EVIL, "laptop", (), "blocked", False, "", EVIL),
    e.AddressFailed("x", "y", EVIL),
]


class Terminal(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("event", EVENTS, ids=lambda one: type(one).__name__)
def test_nothing_a_peer_says_steers_the_terminal(event: e.Event) -> None:
    out, err = io.StringIO(), io.StringIO()
    Printer(False, out, err).event(event)
    text = out.getvalue() + err.getvalue()
    assert text.strip()
    assert not any(char in text for char in "\x1b\x07\u202e\r")
    assert "\nAccept? [y/N]" not in text


@pytest.mark.parametrize("event", EVENTS, ids=lambda one: type(one).__name__)
def test_json_is_one_object_a_line_with_the_vocabularys_name(event: e.Event) -> None:
    out, err = io.StringIO(), io.StringIO()
    Printer(True, out, err).event(event)
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["event"] == type(event).__name__
    assert err.getvalue() == ""


def test_the_bar_is_drawn_on_a_terminal_and_cleared_before_a_sentence() -> None:
    err = Terminal()
    printer = Printer(False, io.StringIO(), err)
    printer.event(e.TransferProgressed(ID, 50, 100, 10.0))
    assert "50 B of 100 B" in err.getvalue()
    assert "5 s left" in err.getvalue()
    printer.say("done")
    assert err.getvalue().endswith("\r\x1b[Kdone\n")
    quiet = io.StringIO()
    Printer(False, io.StringIO(), quiet).event(e.TransferProgressed(ID, 50, 100, 10.0))
    assert quiet.getvalue() == ""


def test_history_lines_have_the_promised_fields() -> None:
    out = io.StringIO()
    Printer(True, out).moment(Moment(1, NOW, message(1, "hi", out=True)), {})
    fields = json.loads(out.getvalue())
    assert fields == {
        "kind": "text", "id": message(1, "").id, "peer": PEER, "direction": "out", "at": "2026-11-22T12:00:00Z",
        "text": "hi", "state": "queued",
    }
    out = io.StringIO()
    Printer(False, out).moment(Moment(1, NOW, message(1, EVIL)), {PEER: EVIL})
    assert "\x1b" not in out.getvalue()


def test_a_reader_that_hangs_up_is_no_error() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    Printer(True, Closed()).record({"x": 1})
