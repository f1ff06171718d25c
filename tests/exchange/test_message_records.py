"""Message records: what we sign is believed, what anybody altered is not."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.message import Delivery, MessageId
from lanshare.domain.transfer import Direction
from lanshare.exchange import message_records
from lanshare.trust.identity import Identity
from lanshare.wire import limits
from lanshare.wire.frames import Text

ANNA, BOB, EVE = Identity.create(), Identity.create(), Identity.create()
NOW = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)


def frame(text: str = "hello") -> Text:
    """A record of Anna's for Bob."""
    texted = message_records.compose(ANNA, BOB.id, MessageId("0f" * 16), text, (4, 2, (bytes(32),)), NOW)
    return message_records.frame_of(texted.record)


def test_a_record_is_read_as_it_was_composed() -> None:
    texted = message_records.read(frame("hello \x00"), BOB.id, ANNA.id)
    message = texted.message
    assert (message.text, message.lamport, texted.sequence) == ("hello \ufffd", 5, 3)
    assert (message.direction, message.delivery, message.sent_at) == (Direction.IN, Delivery.RECEIVED, NOW)
    again = message_records.stored(texted.record, BOB.id)
    assert again.digest == texted.digest


@pytest.mark.parametrize(
    "change",
    [
        {"body": "altered"},
        {"sequence": 4},
        {"lamport": 9},
        {"sent_at_ms": 0},
        {"id": bytes(16)},
        {"parents": ()},
        {"signature": bytes(64)},
        {"conversation": bytes(32)},
        {"author": EVE.public_key},
        {"lamport": 2**53 - 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_altered_record_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        message_records.read(msgspec.structs.replace(frame(), **change), BOB.id, ANNA.id)


def test_a_record_is_no_good_in_another_conversation_or_from_another_mouth() -> None:
    """To others it is a record of a conversation that they have no part in: it is nobody's whom they know."""
    for me, peer in ((EVE.id, ANNA.id), (BOB.id, EVE.id)):
        conversation = message_records.read(frame(), me, peer).message.peer
        assert conversation not in (me, peer, ANNA.id, BOB.id, EVE.id)
    mine = message_records.compose(EVE, BOB.id, "0e" * 16, "x", (0, 0, ()), NOW)  # type: ignore[arg-type]
    other = msgspec.structs.replace(message_records.frame_of(mine.record), conversation=frame().conversation)
    with pytest.raises(ProtocolError):
        message_records.read(other, BOB.id, ANNA.id)


def test_a_text_that_is_too_long_or_no_text_is_refused_before_it_is_signed() -> None:
    message_records.check_text("x" * limits.TEXT)
    for text, code in (("x" * (limits.TEXT + 1), Code.TEXT_TOO_LONG), ("\ud800", Code.PROTOCOL)):
        with pytest.raises(LanshareError) as error:
            message_records.check_text(text)
        assert error.value.code is code
