"""What was said and sent, in pages; and finding it again."""

from __future__ import annotations

import sqlite3

from lanshare.domain.events import ExchangedTold
from lanshare.domain.message import Conversation, Moment
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.store.folding import folded, query
from lanshare.store.rows import MESSAGE_COLUMNS, TRANSFER_COLUMNS, from_ms, message_of, transfer_of

_SELECT = f"""
    SELECT timeline.position, timeline.at, timeline.message, timeline.transfer, {MESSAGE_COLUMNS}, {TRANSFER_COLUMNS}
    FROM timeline
    LEFT JOIN messages ON messages.id = timeline.message AND messages.peer = timeline.peer
    LEFT JOIN transfers ON transfers.id = timeline.transfer
"""
_MESSAGE_AT = 4
_TRANSFER_AT = _MESSAGE_AT + 8


def page(db: sqlite3.Connection, peer: PeerId | None, before: int | None, limit: int) -> tuple[list[Moment], bool]:
    """Up to `limit` moments before a position, oldest first, and whether there are more before them."""
    rows = db.execute(
        _SELECT
        + " WHERE (?1 IS NULL OR timeline.peer = ?1) AND (?2 IS NULL OR timeline.position < ?2)"
        + " ORDER BY timeline.position DESC LIMIT ?3",
        (peer, before, limit + 1),
    ).fetchall()
    return [_moment(row) for row in reversed(rows[:limit])], len(rows) > limit


def search(db: sqlite3.Connection, text: str, peer: PeerId | None, limit: int) -> list[Moment]:
    """Messages that hold all the words, each also as a beginning; newest first, up to `limit`, oldest of them first."""
    words = query(text)
    if not words:
        return []
    rows = db.execute(
        _SELECT
        + " WHERE timeline.position IN (SELECT rowid FROM search WHERE search MATCH ?1)"
        + " AND (?2 IS NULL OR timeline.peer = ?2) ORDER BY timeline.position DESC LIMIT ?3",
        (words, peer, limit),
    ).fetchall()
    return [_moment(row) for row in reversed(rows)]


def exchanged(db: sqlite3.Connection, peer: PeerId) -> ExchangedTold:
    """How much was said and sent with a device."""
    (messages,) = db.execute("SELECT count(*) FROM messages WHERE peer = ?", (peer,)).fetchone()
    files, size = db.execute(
        "SELECT coalesce(sum(files_done), 0), coalesce(sum(done_bytes), 0) FROM transfers"
        " WHERE peer = ? AND state IN ('done', 'partial')",
        (peer,),
    ).fetchone()
    (first,) = db.execute("SELECT min(at) FROM timeline WHERE peer = ?", (peer,)).fetchone()
    return ExchangedTold(peer, messages, files, size, from_ms(first) if first is not None else None)


def erase(db: sqlite3.Connection, peer: PeerId | None) -> list[TransferId]:
    """Take out what was said and sent (with one device, or with all) and is over; the transfers that this took out.

    What still waits to be delivered stays. Store.compact() then takes it out of the file as well.
    """
    said = "(?1 IS NULL OR peer = ?1) AND delivery != 'queued'"
    sent = (
        "(?1 IS NULL OR peer = ?1) AND state IN ('done', 'partial', 'declined', 'cancelled', 'failed')"
    )
    # An id is its author's choice: it names a message only together with the conversation.
    for position, text in db.execute(
        "SELECT timeline.position, messages.text FROM timeline JOIN messages ON messages.id = timeline.message"
        " AND messages.peer = timeline.peer WHERE (messages.peer, messages.id) IN (SELECT peer, id FROM messages"
        f" WHERE {said})",
        (peer,),
    ).fetchall():
        db.execute("INSERT INTO search (search, rowid, body) VALUES ('delete', ?, ?)", (position, folded(text)))
    gone = [TransferId(row[0]) for row in db.execute(f"SELECT id FROM transfers WHERE {sent}", (peer,))]
    db.execute(
        f"DELETE FROM timeline WHERE (peer, message) IN (SELECT peer, id FROM messages WHERE {said})"
        f" OR (peer, transfer) IN (SELECT peer, id FROM transfers WHERE {sent})",
        (peer,),
    )
    db.execute(f"DELETE FROM messages WHERE {said}", (peer,))
    db.execute(f"DELETE FROM transfers WHERE {sent}", (peer,))
    db.execute("INSERT INTO search (search) VALUES ('optimize')")
    return gone


def conversations(db: sqlite3.Connection) -> list[Conversation]:
    """The newest moment of every peer, newest first."""
    newest = db.execute(
        _SELECT
        + " WHERE timeline.position IN (SELECT max(position) FROM timeline GROUP BY peer)"
        + " ORDER BY timeline.position DESC",
    ).fetchall()
    unread = dict(db.execute("SELECT peer, count(*) FROM timeline WHERE unread GROUP BY peer"))
    result = []
    for row in newest:
        moment = _moment(row)
        if moment.message is not None:
            peer, preview = moment.message.peer, moment.message.text[:200]
        elif moment.transfer is not None:
            peer = moment.transfer.peer
            preview = ", ".join(top.name for top in moment.transfer.offer.tops[:3])
        else:
            continue
        result.append(Conversation(peer, preview, moment.at, unread.get(peer, 0)))
    return result


def mark_read(db: sqlite3.Connection, peer: PeerId) -> None:
    """The person has seen all of it."""
    db.execute("UPDATE timeline SET unread = 0 WHERE peer = ? AND unread", (peer,))


def _moment(row: tuple[object, ...]) -> Moment:
    message = message_of(row[_MESSAGE_AT:_TRANSFER_AT]) if row[_MESSAGE_AT] is not None else None
    transfer = transfer_of(row[_TRANSFER_AT:]) if row[_TRANSFER_AT] is not None else None
    assert isinstance(row[0], int)
    assert isinstance(row[1], int)
    return Moment(row[0], from_ms(row[1]), message, transfer)
