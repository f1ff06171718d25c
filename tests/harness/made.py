"""Made-up messages, peers and offers for tests."""

from __future__ import annotations

import datetime

from lanshare.domain.message import ChatMessage, Delivery, MessageId
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction

ME, PEER = PeerId("m" * 52), PeerId("p" * 52)
NOW = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)


def message(number: int, text: str, out: bool = False) -> ChatMessage:
    """A message of the pair."""
    direction = Direction.OUT if out else Direction.IN
    delivery = Delivery.QUEUED if out else Delivery.RECEIVED
    author = ME if out else PEER
    return ChatMessage(MessageId(f"{number:032x}"), PEER, author, direction, text, NOW, number, delivery)
