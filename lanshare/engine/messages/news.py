"""What the shells are told of a message that came and is kept: one event, made beside the write that keeps it.

The event goes through the inbox as it is. So a message has five forms on its way to the window: the bytes, the frame,
the signed message, this event, and the line of the window's list.
"""

from __future__ import annotations

import sqlite3

from lanshare.domain.events import MessageReacted, MessageReceived
from lanshare.domain.message import ChatMessage, MessageKind, Quote
from lanshare.store import history
from lanshare.store.outbox import Kept


def read(
    db: sqlite3.Connection, message: ChatMessage, kept: Kept, name: str
) -> MessageReceived | MessageReacted | None:
    """What is told of it, with what it answers or reacts to as far as that is here; None for a reaction to nothing that
    is here. `name`: what its author is called."""
    quote = history.quote(db, message.peer, message.about) if message.about else None
    if message.kind is not MessageKind.REACTION:
        return received(message, kept, name, quote)
    if quote is None:
        return None
    return MessageReacted(quote.id, message.peer, message.author, message.text)


def received(message: ChatMessage, kept: Kept, name: str, quote: Quote | None = None) -> MessageReceived:
    """What is told of one that is no reaction."""
    return MessageReceived(
        message=message.id, peer=message.peer, name=name, text=message.text, sent_at=message.sent_at,
        position=kept.position, quote=quote, author=message.author, order=kept.order, late=kept.late,
        kind=message.kind,
    )
