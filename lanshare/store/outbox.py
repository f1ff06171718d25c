"""Messages: ours until the peer stored them, theirs once each. Unique by (author, id)."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence

from msgspec import Struct

from lanshare.domain.message import CONTROL, ChatMessage, Delivery, MessageId, MessageKind
from lanshare.domain.message import place as place_of
from lanshare.domain.peer import PeerId
from lanshare.domain.ranges import Ranges
from lanshare.domain.transfer import Direction
from lanshare.store.rows import MESSAGE_COLUMNS, message_of, to_ms, to_the_end
from lanshare.store.search_text import folded

_JUMP = 2**28
"""How far a peer's Lamport number may be ahead: a number at the end of all counting would end the conversation."""

_HOLES = 1024
"""Ranges of an author's numbers that are kept apart."""


def clock(db: sqlite3.Connection, peer: PeerId, author: PeerId) -> tuple[int, int, tuple[bytes, ...]]:
    """For the next message to `peer`: the highest Lamport number so far, our highest sequence, the last digest.

    The numbers outlive what is erased: a number that was used is never used again.
    """
    row = db.execute(
        "SELECT digest FROM messages WHERE peer = ? ORDER BY lamport DESC, author DESC, id DESC LIMIT 1",
        (peer,),
    ).fetchone()
    lamport, sequence = db.execute("SELECT lamport, sequence FROM clocks WHERE peer = ?", (peer,)).fetchone() or (0, 0)
    return (lamport, sequence, (row[0],) if row else ())


def add(
    db: sqlite3.Connection, message: ChatMessage, sequence: int, record: bytes, digest: bytes, again: bool = False,
    hidden: bool = False, far: bool = False, counts: bool = True,
) -> Kept | None:
    """Keep a message; where it came to lie, or None if it was here already, or is not to be believed.

    `far`: it may be far ahead, as the conversation begins with it here. `counts`: else it moves no clock.

    What changes a group gets no place: place() gives it one if it counts. What was deleted here is not taken when it is
    said once more; with `again` it is. `hidden`: it is kept for others in its group, and stands nowhere here.
    """
    theirs = message.direction is Direction.IN
    (clock_now,) = db.execute("SELECT max(lamport) FROM clocks WHERE peer = ?", (message.peer,)).fetchone()
    if theirs and counts and not far and message.lamport > (clock_now or 0) + _JUMP:
        return None
    if again:
        db.execute("DELETE FROM gone WHERE author = ? AND id = ?", (message.author, message.id))
    elif db.execute(
        "SELECT 1 FROM gone WHERE author = ? AND id = ?", (message.author, message.id)
    ).fetchone():
        return None
    cursor = db.execute(
        "INSERT INTO messages (author, id, peer, direction, text, sent_at, lamport, sequence, delivery, record, digest,"
        " kind, about, arrived, hidden) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
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
            message.kind,
            bytes.fromhex(message.about) if not hidden else b"",
            int(time.time() * 1000) if theirs else to_ms(message.sent_at),
            int(hidden),
        ),
    )
    if cursor.rowcount == 0:
        return None
    lamport = message.lamport if counts else clock_now or 0
    db.execute(
        "INSERT INTO clocks VALUES (?, ?, ?) ON CONFLICT (peer) DO UPDATE SET"
        " lamport = max(lamport, excluded.lamport), sequence = max(sequence, excluded.sequence)",
        (message.peer, lamport, 0 if theirs else sequence),
    )
    restarted = hold(db, message.peer, message.author, sequence) and message.author == message.peer
    if hidden or message.kind is MessageKind.REACTION or message.kind in CONTROL:
        return Kept(0, False, "")  # it stands at another message, or has a place only if it counts
    return place(db, message, restarted)


def place(db: sqlite3.Connection, message: ChatMessage, restarted: bool = False) -> Kept:
    """Give a message that is kept its place among what is shown."""
    theirs = message.direction is Direction.IN
    where = (message.lamport, f"{message.author}{message.id}")
    late = theirs and not restarted and db.execute(
        "SELECT 1 FROM timeline WHERE peer = ? AND (lamport, tie) > (?, ?) AND message IS NOT NULL LIMIT 1",
        (message.peer, *where),
    ).fetchone() is not None
    cursor = db.execute(
        "INSERT INTO timeline (peer, at, author, message, unread, lamport, tie, late) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.peer, to_ms(message.sent_at), message.author, message.id,
            int(theirs and message.kind is MessageKind.TEXT), *where, int(late),
        ),
    )
    position = int(cursor.lastrowid or 0)
    if restarted:
        # The other side lost its history and counts anew: what it says now is new, and stands at the end.
        to_the_end(db, position, message.peer)
    if message.kind not in CONTROL:
        db.execute("INSERT INTO search (rowid, body) VALUES (?, ?)", (position, folded(message.text)))
    lamport, tie = db.execute("SELECT lamport, tie FROM timeline WHERE position = ?", (position,)).fetchone()
    return Kept(position, late, place_of(lamport, tie))


def is_near(db: sqlite3.Connection, message: ChatMessage) -> bool:
    """Whether a peer's message is not so far ahead of its conversation that it would end that."""
    (clock_now,) = db.execute("SELECT max(lamport) FROM clocks WHERE peer = ?", (message.peer,)).fetchone()
    return message.direction is Direction.OUT or message.lamport <= (clock_now or 0) + _JUMP


class Kept(Struct, frozen=True):
    """Where a message came to lie: its position (0: it has none of its own), whether later ones were there, and its
    place in the order of all."""

    position: int
    late: bool
    order: str


def hold(db: sqlite3.Connection, peer: PeerId, author: PeerId, sequence: int) -> bool:
    """Note that we have an author's number; True if we had it. What is deleted later stays noted: it is not wanted."""
    row = db.execute("SELECT ranges FROM held WHERE peer = ? AND author = ?", (peer, author)).fetchone()
    ranges = Ranges([(first, last) for first, last in json.loads(row[0])] if row else [])
    if sequence in ranges:
        return True
    ranges.add(sequence)
    if len(ranges.ranges) > _HOLES:
        # Whoever leaves that many holes gets the oldest closed: what was in it is not asked for any more.
        (first, _), (_, last) = ranges.ranges[:2]
        ranges.ranges[:2] = [(first, last)]
    db.execute("INSERT OR REPLACE INTO held VALUES (?, ?, ?)", (peer, author, json.dumps(ranges.ranges)))
    return False


def take(
    db: sqlite3.Connection, peer: PeerId, most: int = -1
) -> tuple[list[tuple[MessageId, bytes]], list[MessageId]]:
    """Our messages to a peer that nobody confirmed yet, oldest first, with their records: from now on they are on their
    way. And which of them were not before. `most`: so many of them at most, -1 for all."""
    rows = db.execute(
        "SELECT id, record, delivery FROM messages WHERE delivery IN ('queued', 'sending') AND peer = ?"
        " ORDER BY sequence LIMIT ?",
        (peer, most),
    ).fetchall()
    fresh = [MessageId(row[0]) for row in rows if row[2] == Delivery.QUEUED]
    db.executemany(
        "UPDATE messages SET delivery = 'sending' WHERE id = ? AND delivery = 'queued' AND peer = ?",
        [(one, peer) for one in fresh],
    )
    return [(MessageId(row[0]), row[1]) for row in rows], fresh


def on_their_way(db: sqlite3.Connection, author: PeerId, group: PeerId) -> list[MessageId]:
    """Our messages in a group that were queued until now: members begin to get them."""
    rows = db.execute(
        "UPDATE messages SET delivery = 'sending' WHERE author = ? AND peer = ? AND delivery = 'queued' RETURNING id",
        (author, group),
    )
    return [MessageId(row[0]) for row in rows.fetchall()]


def waiting(db: sqlite3.Connection, peer: PeerId | None = None) -> list[tuple[PeerId, MessageId]]:
    """Messages of ours that nobody confirmed yet, oldest first."""
    rows = db.execute(
        "SELECT peer, id FROM messages WHERE delivery IN ('queued', 'sending') AND (? IS NULL OR peer = ?)"
        " ORDER BY peer, sequence",
        (peer, peer),
    )
    return [(PeerId(row[0]), MessageId(row[1])) for row in rows]


def set_delivery(
    db: sqlite3.Connection, author: PeerId, message: MessageId, delivery: Delivery, peer: PeerId
) -> bool:
    """How far an unconfirmed message of ours to `peer` got; False if it was confirmed before."""
    cursor = db.execute(
        "UPDATE messages SET delivery = ? WHERE author = ? AND id = ? AND peer = ? AND delivery IN"
        " ('queued', 'sending')",
        (delivery, author, message, peer),
    )
    return cursor.rowcount > 0


def set_read(
    db: sqlite3.Connection, author: PeerId, messages: Sequence[MessageId], peer: PeerId
) -> list[MessageId]:
    """Messages of ours that the peer's person has seen; those of which that was not known."""
    changed = []
    for message in messages:
        cursor = db.execute(
            "UPDATE messages SET delivery = 'read' WHERE author = ? AND id = ? AND peer = ?"
            " AND delivery IN ('sending', 'delivered')",
            (author, message, peer),
        )
        if cursor.rowcount:
            changed.append(message)
    return changed


def queued_record(db: sqlite3.Connection, author: PeerId, message: MessageId, peer: PeerId) -> bytes | None:
    """The record of a message that nobody but us has; None if it is on its way."""
    row = db.execute(
        "SELECT record FROM messages WHERE author = ? AND id = ? AND peer = ? AND delivery = 'queued'",
        (author, message, peer),
    ).fetchone()
    return bytes(row[0]) if row else None


def queued_behind(db: sqlite3.Connection, author: PeerId, message: MessageId, peer: PeerId) -> list[bytes]:
    """The records of an author's queued messages that were written after this one, in their order."""
    rows = db.execute(
        "SELECT record FROM messages WHERE author = ? AND peer = ? AND delivery = 'queued' AND sequence > (SELECT"
        " sequence FROM messages WHERE author = ? AND id = ? AND peer = ?) ORDER BY sequence",
        (author, peer, author, message, peer),
    )
    return [bytes(row[0]) for row in rows]


def is_answered(db: sqlite3.Connection, digest: bytes, peer: PeerId) -> bool:
    """Whether somebody may have a message that names this one."""
    row = db.execute(
        "SELECT 1 FROM messages WHERE about = ? AND about != x'' AND +peer = ? AND delivery != 'queued' LIMIT 1",
        (digest, peer),
    ).fetchone()
    return row is not None


def record_of(db: sqlite3.Connection, author: PeerId, message: MessageId) -> bytes | None:
    """A message as it travels."""
    row = db.execute("SELECT record FROM messages WHERE author = ? AND id = ?", (author, message)).fetchone()
    return bytes(row[0]) if row else None


def change(db: sqlite3.Connection, message: ChatMessage, record: bytes, digest: bytes) -> None:
    """Put another text in the place of a queued message, or have it name another record."""
    position, old = _place(db, message.author, message.id, message.peer)
    if position is not None:
        db.execute("INSERT INTO search (search, rowid, body) VALUES ('delete', ?, ?)", (position, folded(old)))
        db.execute("INSERT INTO search (rowid, body) VALUES (?, ?)", (position, folded(message.text)))
    db.execute(
        "UPDATE messages SET text = ?, record = ?, digest = ?, about = ? WHERE author = ? AND id = ? AND peer = ?",
        (message.text, record, digest, bytes.fromhex(message.about), message.author, message.id, message.peer),
    )


def remove(db: sqlite3.Connection, message: MessageId, peer: PeerId) -> bool:
    """Take a message out of the history, with what was found by it; False if it is not there, or still unconfirmed."""
    gone = False
    rows = db.execute(
        "SELECT author FROM messages WHERE id = ? AND +peer = ? AND delivery != 'sending' AND kind = 'text'",
        (message, peer),
    ).fetchall()
    for (author,) in rows:
        position, text = _place(db, PeerId(author), message, peer)
        if position is not None:
            db.execute("INSERT INTO search (search, rowid, body) VALUES ('delete', ?, ?)", (position, folded(text)))
            db.execute("DELETE FROM timeline WHERE position = ?", (position,))
        db.execute("INSERT OR IGNORE INTO gone VALUES (?, ?)", (author, message))
        db.execute("DELETE FROM messages WHERE author = ? AND id = ? AND peer = ?", (author, message, peer))
        gone = True
    return gone


def digest_of(db: sqlite3.Connection, message: MessageId, peer: PeerId) -> bytes:
    """How other records name a message of a conversation; empty if it is not here."""
    row = db.execute(
        "SELECT digest FROM messages WHERE id = ? AND +peer = ? AND kind = 'text' ORDER BY lamport DESC LIMIT 1",
        (message, peer),
    ).fetchone()
    return bytes(row[0]) if row else b""


def _place(db: sqlite3.Connection, author: PeerId, message: MessageId, peer: PeerId) -> tuple[int | None, str]:
    row = db.execute(
        "SELECT timeline.position, messages.text FROM messages LEFT JOIN timeline ON timeline.peer = messages.peer AND"
        " timeline.author = messages.author AND timeline.message = messages.id"
        " WHERE messages.author = ? AND messages.id = ? AND messages.peer = ?",
        (author, message, peer),
    ).fetchone()
    return (row[0], row[1]) if row else (None, "")


def is_here(db: sqlite3.Connection, message: ChatMessage, digest: bytes) -> bool:
    """Whether this very message is kept here, or was until a person deleted it."""
    row = db.execute("SELECT digest FROM messages WHERE author = ? AND id = ?", (message.author, message.id)).fetchone()
    if row is not None:
        return bytes(row[0]) == digest
    gone = db.execute("SELECT 1 FROM gone WHERE author = ? AND id = ?", (message.author, message.id)).fetchone()
    return gone is not None


def displace(db: sqlite3.Connection, message: ChatMessage) -> None:
    """Take what changes a group out of what is shown: it counts for nothing."""
    db.execute("DELETE FROM timeline WHERE peer = ? AND author = ? AND message = ?",
               (message.peer, message.author, message.id))


def position_of(db: sqlite3.Connection, message: ChatMessage) -> int:
    """Where a message lies in the timeline; 0 if it has no place of its own."""
    return _place(db, message.author, message.id, message.peer)[0] or 0


def keep_draft(db: sqlite3.Connection, peer: PeerId, text: str) -> None:
    """What a person has written to a peer and not sent; empty: nothing."""
    if text:
        db.execute("INSERT OR REPLACE INTO drafts VALUES (?, ?)", (peer, text))
    else:
        db.execute("DELETE FROM drafts WHERE peer = ?", (peer,))


def drafts(db: sqlite3.Connection) -> dict[PeerId, str]:
    """All that was written and not sent."""
    return {PeerId(row[0]): row[1] for row in db.execute("SELECT peer, text FROM drafts")}


def find(db: sqlite3.Connection, author: PeerId, message: MessageId) -> ChatMessage | None:
    """A message, if it is here."""
    row = db.execute(
        f"SELECT {MESSAGE_COLUMNS} FROM messages WHERE author = ? AND id = ?",
        (author, message),
    ).fetchone()
    return message_of(row) if row else None
