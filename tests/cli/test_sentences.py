"""What a person reads of an event: of every kind, and never with what controls a terminal in it."""

from __future__ import annotations

import datetime
import enum
import inspect
import types
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from lanshare.cli import sentences
from lanshare.cli.sentences import sentence
from lanshare.domain.events import (
    ConversationImported,
    GroupDeliveryProgress,
    HistoryErased,
    MessageReceived,
    MessageSending,
    TransferFinished,
)
from lanshare.domain.message import MessageId, MessageKind
from lanshare.domain.offer import Skipped
from lanshare.domain.peer import PeerId
from lanshare.domain.showable import is_hidden
from tests.harness.made import NOW, PEER

EVIL = "a\x1b[31m\u202eb\nc"
KINDS = sorted(sentences._SENTENCES, key=lambda kind: kind.__name__)


def made(kind: Any) -> Any:
    """Something of this type, with evil in every string that is no id."""
    if isinstance(kind, NewType):
        return "p" * 52
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return made(next(one for one in inner if one is not type(None)))
    if origin is tuple:
        return (made(inner[0]),)
    if origin is not None:
        return origin()
    if inspect.isclass(kind) and issubclass(kind, enum.Enum):
        return next(iter(kind))
    if inspect.isclass(kind) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        return kind(**{field: made(hints[field]) for field in kind.__struct_fields__})
    if kind is datetime.datetime:
        return NOW
    return {str: EVIL, int: 1, float: 1.0, bool: True}[kind]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_sentence_lets_anything_through_that_controls_a_terminal(kind: type) -> None:
    event = made(kind)
    if isinstance(event, MessageReceived):
        event = msgspec.structs.replace(event, kind=MessageKind.TEXT)
    text = sentence(event, lambda peer: "Bob")
    assert not [one for one in text if is_hidden(one) and one != "\n"]
    assert "\x1b" not in text


def test_what_is_not_to_be_read_is_passed_over() -> None:
    name = str
    assert sentence(MessageSending(MessageId("ab" * 16), PEER), name) == ""
    assert sentence(GroupDeliveryProgress(MessageId("ab" * 16), PeerId("g" * 52), 2, 2), name) == ""
    assert sentence(GroupDeliveryProgress(MessageId("ab" * 16), PeerId("g" * 52), 1, 2), name).startswith("1 of 2")


def test_an_end_tells_what_did_not_come_and_an_erasure_what_is_left() -> None:
    finished: TransferFinished = msgspec.structs.replace(
        made(TransferFinished), direction="out", files=2, files_failed=30,
        skipped=tuple(Skipped(f"x{number}", "file-changed") for number in range(30)), notes=(),
    )
    text = sentence(finished, str)
    assert text.startswith("2 of 32 files sent and verified")
    assert text.count("not kept") == 20
    assert text.endswith("and 10 more")
    assert "traces" in sentence(HistoryErased(None, False), str)
    assert "traces" not in sentence(HistoryErased(None, True), str)
    taken: ConversationImported = msgspec.structs.replace(made(ConversationImported), code="", messages=3)
    assert "3" in sentence(taken, str)
