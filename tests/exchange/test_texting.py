"""Message records: what we sign is believed, what anybody altered is not."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.message import Delivery
from lanshare.domain.transfer import Direction
from lanshare.exchange import texting
from lanshare.trust.identity import Identity
from lanshare.wire import limits
from lanshare.wire.frames import Text

ANNA, BOB, EVE = Identity.create(), Identity.create(), Identity.create()
NOW = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)


def frame(text: str = "hello") -> Text:
    """A record of Anna's for Bob."""
    return texting.frame_of(texting.compose(ANNA, BOB.id, "0f" * 16, text, (4, 2, (bytes(32),)), NOW).record)  # type: ignore[arg-type]


def test_a_record_is_read_as_it_was_composed() -> None:
    texted = texting.read(frame("hello \x00"), BOB.id, ANNA.id)
    message = texted.message
    assert (message.text, message.lamport, texted.sequence) == ("hello \ufffd", 5, 3)
    assert (message.direction, message.delivery, message.sent_at) == (Direction.IN, Delivery.RECEIVED, NOW)
    again = texting.stored(texted.record, BOB.id)
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
        texting.read(msgspec.structs.replace(frame(), **change), BOB.id, ANNA.id)


def test_a_record_is_no_good_in_another_conversation_or_from_another_mouth() -> None:
    """To others it is a record of a conversation that they have no part in: it is nobody's whom they know."""
    for me, peer in ((EVE.id, ANNA.id), (BOB.id, EVE.id)):
        conversation = texting.read(frame(), me, peer).message.peer
        assert conversation not in (me, peer, ANNA.id, BOB.id, EVE.id)
    mine = texting.compose(EVE, BOB.id, "0e" * 16, "x", (0, 0, ()), NOW)  # type: ignore[arg-type]
    other = msgspec.structs.replace(texting.frame_of(mine.record), conversation=frame().conversation)
    with pytest.raises(ProtocolError):
        texting.read(other, BOB.id, ANNA.id)


def test_a_text_that_is_too_long_or_no_text_is_refused_before_it_is_signed() -> None:
    texting.check_text("x" * limits.TEXT)
    for text, code in (("x" * (limits.TEXT + 1), Code.TEXT_TOO_LONG), ("\ud800", Code.PROTOCOL)):
        with pytest.raises(LanshareError) as error:
            texting.check_text(text)
        assert error.value.code is code
