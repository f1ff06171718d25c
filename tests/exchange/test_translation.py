"""Whatever devices say to each other becomes a frame, and is heard as it was said."""

from __future__ import annotations

import datetime
from typing import get_args

import pytest
from msgspec.structs import replace

from lanshare.domain.control_messages import (
    Answer,
    Cancel,
    ControlMessage,
    Fetch,
    Finished,
    GroupRecords,
    HistorySummary,
    Later,
    Listing,
    Offered,
    PairAnswer,
    PairBegin,
    PairReveal,
    PairStop,
    PairVerdict,
    Pause,
    Renamed,
    Seen,
    SeenKept,
    SignedMessage,
    Stored,
    TextRefused,
    Typing,
)
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.message import MessageId, MessageKind
from lanshare.domain.offer import EntryKind, FileEntry, Offer, TopEntry
from lanshare.domain.transfer import TransferId
from lanshare.exchange import message_records
from lanshare.exchange.translation import HEARD, SAID, Ends, heard, said
from lanshare.trust.identity import Identity
from lanshare.wire import codec
from lanshare.wire import frames as f

ANNA, BOB = Identity.create(), Identity.create()
OURS, THEIRS = Ends(ANNA.id, BOB.id), Ends(BOB.id, ANNA.id)
ID, TEXT = TransferId("ab" * 16), MessageId("cd" * 16)
GROUP = message_records.group_of(ANNA, TEXT)
NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
OFFER = Offer((TopEntry("a", EntryKind.FOLDER, 3, 9), TopEntry("b", EntryKind.FILE, 1, 1)), 2, 4, 10, True)
ENTRIES = (FileEntry(("a", "x"), EntryKind.FILE, 7, -5), FileEntry(("a",), EntryKind.FOLDER, 0, 0))
FOUNDING = message_records.compose(
    ANNA, GROUP, TEXT, message_records.change_body("us", (BOB.id,), ()), (0, 0, ()), NOW, MessageKind.FOUND, group=True
)
MESSAGES: list[ControlMessage] = [
    Offered(ID, OFFER),
    Offered(ID, OFFER, TransferId("cd" * 16)),
    Offered(ID, replace(OFFER, room=GROUP, complete=False)),
    Answer(ID, True),
    Answer(ID, False, "declined"),
    Cancel(ID, "cancelled"),
    Fetch(ID),
    Finished(ID, 4, 1, 10),
    Listing(ID, 5, ENTRIES, False),
    Listing(ID, 7, (), True),
    Pause(ID, True),
    Pause(ID, False),
    Later(ID, "peer-busy"),
    Stored(TEXT),
    TextRefused(TEXT, "text-too-long"),
    Seen((TEXT, MessageId("ef" * 16))),
    SeenKept((TEXT,)),
    message_records.compose(ANNA, BOB.id, TEXT, "hi", (0, 0, ()), NOW),
    GroupRecords((FOUNDING,)),
    HistorySummary(GROUP, ((ANNA.id, ((1, 4), (6, 6))), (BOB.id, ()))),
    Typing(BOB.id),
    Typing(GROUP),
    PairBegin(b"c" * 32),
    PairAnswer(b"n" * 32),
    PairReveal(b"r" * 32),
    PairVerdict(True),
    PairVerdict(False),
    PairStop("cancelled"),
]
OF_THE_LINK = {f.Ping, f.Pong, f.Bye, f.Refusal}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_what_is_said_is_heard_as_it_was_said(message: ControlMessage) -> None:
    """Also over the wire: the frame is encoded and decoded between the two."""
    data = codec.encode(said(message, OURS))
    length, number = codec.HEADER.unpack_from(data)
    frame = codec.decode(number, memoryview(data)[codec.HEADER.size : 4 + length])
    assert frame is not None
    got = heard(frame, THEIRS)
    if isinstance(message, Typing):
        # A conversation of two is named by the other one, on either side.
        assert got == (Typing(ANNA.id) if message.conversation == BOB.id else message)
    elif isinstance(message, SignedMessage):
        assert isinstance(got, SignedMessage)
        assert (got.record, got.digest, got.message.text) == (message.record, message.digest, "hi")
    elif isinstance(message, GroupRecords):
        assert isinstance(got, GroupRecords)
        assert [one.record for one in got.records] == [one.record for one in message.records]
    else:
        assert got == message


def test_everything_that_may_be_said_is_in_the_tables_and_tried_above() -> None:
    kinds = set(get_args(ControlMessage))
    assert set(SAID) == kinds - {Renamed}
    assert {type(one) for one in MESSAGES} == set(SAID)
    assert {type(said(one, OURS)) for one in MESSAGES} | {f.Hello} == set(HEARD)
    assert set(HEARD).isdisjoint(OF_THE_LINK)


def test_a_name_is_cleaned_before_it_is_heard() -> None:
    told = heard(f.Hello(1, " Bob\x00\n ", "laptop", "linux", 1, b"i" * 16, "control"), THEIRS)
    assert isinstance(told, Renamed)
    assert told.name == "Bob"


@pytest.mark.parametrize("frame", [f.Complete(0, 0, 0), f.Hole(1), f.Ping(1), f.Confirmed(0, 0)])
def test_a_frame_that_has_no_place_on_a_control_link_says_nothing(frame: f.Frame) -> None:
    with pytest.raises(LanshareError) as error:
        heard(frame, THEIRS)
    assert error.value.code is Code.PROTOCOL
