"""Messages: ours until the peer stored them, theirs once each. Unique by (author, id)."""

from __future__ import annotations

import sqlite3

from lanshare.domain.message import ChatMessage, Delivery, MessageId
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction
from lanshare.store.folding import folded
from lanshare.store.rows import MESSAGE_COLUMNS, message_of, to_ms


def clock(db: sqlite3.Connection, peer: PeerId, author: PeerId) -> tuple[int, int, bytes | None]:
    """For the next message to `peer`: the highest Lamport number so far, our highest sequence, the last digest."""
    row = db.execute(
        "SELECT lamport, digest FROM messages WHERE peer = ? ORDER BY lamport DESC, author DESC, id DESC LIMIT 1",
        (peer,),
    ).fetchone()
    (sequence,) = db.execute(
        "SELECT coalesce(max(sequence), 0) FROM messages WHERE peer = ? AND author = ?",
        (peer, author),
    ).fetchone()
    return (row[0], sequence, row[1]) if row else (0, sequence, None)


def add(db: sqlite3.Connection, message: ChatMessage, sequence: int, record: bytes, digest: bytes) -> int | None:
    """Keep a message; its position in the timeline, or None if it was here already."""
    cursor = db.execute(
        "INSERT INTO messages (author, id, peer, direction, text, sent_at, lamport, sequence, delivery, record, digest)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            message.author,
            message.id,
            message.peer,
            message.direction,
            message.text,
            to_ms(message.sent_at),
            message.lamport,
            sequence,
            message.delivery,
            record,
            digest,
        ),
    )
    if cursor.rowcount == 0:
        return None
    cursor = db.execute(
        "INSERT INTO timeline (peer, at, message, unread) VALUES (?, ?, ?, ?)",
        (message.peer, to_ms(message.sent_at), message.id, int(message.direction is Direction.IN)),
    )
    position = int(cursor.lastrowid or 0)
    db.execute("INSERT INTO search (rowid, body) VALUES (?, ?)", (position, folded(message.text)))
    return position


def queued(db: sqlite3.Connection, peer: PeerId | None = None) -> list[tuple[PeerId, MessageId, bytes]]:
    """Messages of ours that nobody confirmed yet, oldest first, with their records."""
    rows = db.execute(
        "SELECT peer, id, record FROM messages WHERE delivery = 'queued' AND (?1 IS NULL OR peer = ?1)"
        " ORDER BY peer, sequence",
        (peer,),
    )
    return [(PeerId(row[0]), MessageId(row[1]), row[2]) for row in rows]


def set_delivery(
    db: sqlite3.Connection, author: PeerId, message: MessageId, delivery: Delivery, peer: PeerId
) -> bool:
    """How far a queued message of ours to `peer` got; False if it was not queued (any more)."""
    cursor = db.execute(
        "UPDATE messages SET delivery = ? WHERE author = ? AND id = ? AND peer = ? AND delivery = 'queued'",
        (delivery, author, message, peer),
    )
    return cursor.rowcount > 0


def find(db: sqlite3.Connection, author: PeerId, message: MessageId) -> ChatMessage | None:
    """A message, if it is here."""
    row = db.execute(
        f"SELECT {MESSAGE_COLUMNS} FROM messages WHERE author = ? AND id = ?",
        (author, message),
    ).fetchone()
    return message_of(row) if row else None
