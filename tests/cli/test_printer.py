"""What goes to the terminal: JSON and nothing else for scripts; sentences for people, with nothing that steers it."""

from __future__ import annotations

import io
import json
import queue

import pytest
from msgspec.structs import replace

from lanshare.cli.printer import Printer
from lanshare.cli.session import CliSession
from lanshare.domain import events as e
from lanshare.domain.message import Delivery, TimelineItem
from lanshare.domain.offer import EntryKind, Offer, Skipped, TopEntry
from lanshare.domain.peer import PeerId
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
    Printer(True, out).moment(TimelineItem(1, NOW, message(1, "hi", out=True)), {})
    fields = json.loads(out.getvalue())
    assert fields == {
        "kind": "text", "id": message(1, "").id, "peer": PEER, "direction": "out", "at": "2026-11-22T12:00:00Z",
        "text": "hi", "state": "queued", "author": message(1, "", out=True).author,
    }
    out = io.StringIO()
    Printer(False, out).moment(TimelineItem(1, NOW, message(1, EVIL)), {PEER: EVIL})
    assert "\x1b" not in out.getvalue()


def test_a_reader_that_hangs_up_is_no_error() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    Printer(True, Closed()).record({"x": 1})


def test_a_line_of_history_says_who_wrote_in_a_group_and_what_is_still_queued() -> None:
    out = io.StringIO()
    group, names = PeerId("g" * 52), {"g" * 52: "Garden", PEER: "Anna"}
    printer = Printer(False, out)
    printer.moment(TimelineItem(1, NOW, replace(message(1, "hello\nyou"), peer=group, author=PEER)), names)
    printer.moment(TimelineItem(2, NOW, message(2, "soon", out=True)), names)
    printer.moment(TimelineItem(3, NOW, replace(message(3, "there", out=True), delivery=Delivery.DELIVERED)), names)
    first, second, third, fourth = out.getvalue().splitlines()
    assert second == "    you", "it cannot pose as a line of ours"
    whom = ["<- Garden (Anna): hello", "-> Anna: [queued] soon", "-> Anna: there"]
    assert [line[18:] for line in (first, third, fourth)] == whom


def test_how_fast_it_was_is_told_of_what_came_over_the_network_only() -> None:
    for moved, told in ((0, ""), (5_000_000, ", 2.5 MB/s")):
        err = io.StringIO()
        printer = Printer(False, io.StringIO(), err)
        printer.event(e.TransferFinished(ID, PEER, "out", "done", 3, 0, 10**10, 2.0, True, (), moved=moved))
        assert err.getvalue() == f"3 files sent and verified: 10.0 GB{told}.\n"


def test_a_device_is_called_by_its_name_from_the_start() -> None:
    err = io.StringIO()
    printer = Printer(False, io.StringIO(), err)
    desk = CliSession(None, queue.SimpleQueue(), printer)  # type: ignore[arg-type]
    desk.events.put(e.PeerAppeared(PEER, "Anna", "laptop", (), "known", True))
    desk.next(0.0)
    printer.event(e.PeerVerified(PEER))
    assert err.getvalue() == "Anna is verified now.\n"


def test_json_says_the_same_with_everything_hidden_written_out() -> None:
    text = "a\u202eb\x9bc\x7fd\U000e0041e\u2066 👍 ü"
    out = io.StringIO()
    Printer(True, out, io.StringIO()).record({"text": text})
    line = out.getvalue().removesuffix("\n")
    assert line.isprintable()
    assert json.loads(line) == {"text": text}
    assert "👍 ü" in line, "what is seen stays as it is"
