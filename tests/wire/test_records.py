"""Records: no two different ones have the same bytes to sign, and a pair's conversation is the same from both ends."""

from __future__ import annotations

import msgspec
import pytest

from lanshare.wire.frames import Text
from lanshare.wire.records import canonical, pair_conversation, record_digest

RECORD = Text(b"author", bytes(32), bytes(16), 1, (bytes(32),), 2, 3, "body", b"signature")


@pytest.mark.parametrize(
    "change",
    [
        {"author": b"authos"},
        {"conversation": b"x" * 32},
        {"id": b"x" * 16},
        {"sequence": 2},
        {"parents": ()},
        {"parents": (bytes(32), bytes(32))},
        {"lamport": 3},
        {"sent_at_ms": -3},
        {"body": "bodz"},
    ],
    ids=str,
)
def test_every_field_is_under_the_signature(change: dict[str, object]) -> None:
    other = msgspec.structs.replace(RECORD, **change)
    assert canonical(other) != canonical(RECORD)
    assert record_digest(other) != record_digest(RECORD)


def test_the_signature_itself_is_not() -> None:
    assert canonical(msgspec.structs.replace(RECORD, signature=b"")) == canonical(RECORD)


def test_a_pairs_conversation_has_one_name_from_both_ends() -> None:
    assert pair_conversation("a" * 52, "b" * 52) == pair_conversation("b" * 52, "a" * 52)
    assert pair_conversation("a" * 52, "b" * 52) != pair_conversation("a" * 52, "c" * 52)
