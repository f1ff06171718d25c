"""What was said and sent, in pages; and finding it again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from msgspec.structs import replace

from lanshare.domain.events import PeerStats
from lanshare.domain.message import CONTROL, QUOTED, Conversation, MessageId, Quote, SearchQuery, TimelineItem, place
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.store.rows import MESSAGE_COLUMNS, TRANSFER_COLUMNS, from_ms, message_of, transfer_of
from lanshare.store.search_text import folded, query

_SELECT = f"""
    SELECT timeline.position, timeline.at, timeline.message, timeline.transfer, timeline.lamport, timeline.tie,
        timeline.late, timeline.unread, {MESSAGE_COLUMNS}, {TRANSFER_COLUMNS}
    FROM timeline
    LEFT JOIN messages ON messages.author = timeline.author AND messages.id = timeline.message
    LEFT JOIN transfers ON transfers.id = timeline.transfer
"""
_MESSAGE_AT = 8
_TRANSFER_AT = _MESSAGE_AT + 10
_CONVERSATION = "CASE coalesce(offer ->> 'room', '') WHEN '' THEN transfers.peer ELSE offer ->> 'room' END"
"""Where a transfer is shown: Transfer.conversation."""

_LINK = "(messages.text LIKE '%http://%' OR messages.text LIKE '%https://%')"
_IMAGES = ("png", "jpg", "jpeg", "gif", "webp", "bmp", "heic", "tif", "tiff", "avif")


def page(
    db: sqlite3.Connection, peer: PeerId | None, before: int | None, limit: int, around: int | None = None
) -> tuple[list[TimelineItem], bool]:
    """Up to `limit` moments before a position, oldest first, and whether there are more before them.

    In one conversation in the order that all share, in all of them as they came. `around`: what follows it, too, but
    never so much that a page cannot hold it.
    """
    if peer is None:
        rows = db.execute(
            _SELECT + " WHERE (? IS NULL OR timeline.position < ?) ORDER BY timeline.position DESC LIMIT ?",
            (before, before, limit + 1),
        ).fetchall()
    elif around is not None:
        after = db.execute(
            _SELECT + " WHERE timeline.peer = ? AND (timeline.lamport, timeline.tie) >= (SELECT lamport, tie FROM"
            " timeline WHERE position = ?) ORDER BY timeline.lamport, timeline.tie LIMIT ?",
            (peer, around, _AROUND),
        ).fetchall()
        rows = after[::-1] + _before(db, peer, around, limit // 2 + 1)
        limit = len(after) + limit // 2
    else:
        rows = _before(db, peer, before, limit + 1)
    return _with_answers(db, [_moment(row) for row in reversed(rows[:limit])]), len(rows) > limit


_AROUND = 20_000
"""Moments that may follow one that is jumped to: the page reaches to the end of the conversation."""


def _before(db: sqlite3.Connection, peer: PeerId, before: int | None, limit: int) -> list[tuple[object, ...]]:
    """Newest first."""
    values: tuple[object, ...] = (peer, limit)
    where = ""
    if before is not None:
        where = " AND (timeline.lamport, timeline.tie) < (SELECT lamport, tie FROM timeline WHERE position = ?)"
        values = (peer, before, limit)
    return db.execute(
        _SELECT + f" WHERE timeline.peer = ?{where} ORDER BY timeline.lamport DESC, timeline.tie DESC LIMIT ?", values
    ).fetchall()


def search(db: sqlite3.Connection, wanted: SearchQuery, limit: int) -> list[TimelineItem]:
    """Messages and transfers that fit; newest first, up to `limit`, oldest of them first."""
    words = query(wanted.words)
    where, values = ["1"], list[object]()
    for condition, value in (
        ("timeline.peer = ?", wanted.peer), ("timeline.at >= ?", wanted.since), ("timeline.at < ?", wanted.until)
    ):
        if value is not None:
            where.append(condition)
            values.append(value)
    # With a +, for rows that another index finds: else SQLite walks through all that was said with a device.
    chosen = [f"+{one}" for one in where]
    rows: list[tuple[object, ...]] = []
    if wanted.kind in ("", "text", "link") and (words or not wanted.words.strip()):
        found = [*where, "messages.kind = 'text'"] + ([_LINK] if wanted.kind == "link" else [])
        if words:
            found[: len(where)] = chosen
            rows += _with_words(db, words, " AND ".join(found), values, limit)
        else:
            rows += db.execute(
                f"{_SELECT} WHERE {' AND '.join(found)} ORDER BY timeline.position DESC LIMIT ?", (*values, limit)
            ).fetchall()
    if wanted.kind in ("", "file", "image"):
        found = [*chosen, "timeline.transfer IS NOT NULL"]
        rows += [
            row
            for row in db.execute(
                f"{_SELECT} WHERE {' AND '.join(found)} ORDER BY timeline.position DESC LIMIT ?",
                (*values, _CANDIDATES),
            )
            if _names_fit(row, wanted)
        ][:limit]
    rows.sort(key=lambda row: int(row[0]))  # type: ignore[call-overload]
    return [_moment(row) for row in rows[-limit:]]


_CANDIDATES = 2000
_ROUNDS = 25
"""The newest that hold the words are looked at more closely, so many at a time, at most so often: what a word that is
everywhere costs is bounded by it."""


def _with_words(
    db: sqlite3.Connection, words: str, where: str, values: list[object], limit: int
) -> list[tuple[object, ...]]:
    """Newest first. The index alone finds the words; what else is wanted is asked of the rows that it found."""
    rows: list[tuple[object, ...]] = []
    before = 2**62
    for _ in range(_ROUNDS):
        hits = [
            row[0]
            for row in db.execute(
                "SELECT rowid FROM search WHERE search MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
                (words, before, limit if where == _ANY else _CANDIDATES),
            )
        ]
        if not hits:
            break
        before = hits[-1]
        rows += db.execute(
            f"SELECT * FROM ({_SELECT} WHERE timeline.position IN (SELECT value FROM json_each(?)) AND {where})"
            " ORDER BY 1 DESC LIMIT ?",
            (json.dumps(hits), *values, limit - len(rows)),
        ).fetchall()
        if len(rows) >= limit:
            break
    return rows


_ANY = "+1 AND messages.kind = 'text'"


def _names_fit(row: tuple[object, ...], wanted: SearchQuery) -> bool:
    moment = _moment(row)
    if moment.transfer is None:
        return False
    names = [top.name for top in moment.transfer.offer.tops]
    if wanted.kind == "image":
        names = [name for name in names if name.rpartition(".")[2].lower() in _IMAGES]
    words = folded(wanted.words).split()
    return any(all(word in folded(name) for word in words) for name in names)


def _with_answers(db: sqlite3.Connection, moments: list[TimelineItem]) -> list[TimelineItem]:
    """The same with what each message answers, and the signs that stand at it."""
    texts = [one.message for one in moments if one.message is not None]
    if not texts:
        return moments
    wanted = json.dumps([[one.author, one.id] for one in texts])
    signs: dict[tuple[str, str], dict[PeerId, str]] = {}
    for author, message, by, sign in db.execute(
        "SELECT messages.author, messages.id, reaction.author, reaction.text FROM json_each(?) AS wanted"
        " CROSS JOIN messages ON messages.author = wanted.value ->> 0 AND messages.id = wanted.value ->> 1"
        " CROSS JOIN messages AS reaction ON reaction.about = messages.digest AND +reaction.peer = messages.peer"
        " WHERE reaction.about != x'' AND reaction.kind = 'reaction'"
        " ORDER BY reaction.lamport, reaction.author, reaction.id",
        (wanted,),
    ):
        signs.setdefault((author, message), {})[by] = sign
    result = []
    for moment in moments:
        one = moment.message
        if one is not None:
            reactions = tuple((by, sign) for by, sign in signs.get((one.author, one.id), {}).items() if sign)
            changed = replace(one, quote=quote(db, one.peer, one.about), reactions=reactions)
            moment = replace(moment, message=changed)
        result.append(moment)
    return result


def quote(db: sqlite3.Connection, peer: PeerId, about: str) -> Quote | None:
    """The message of this digest in a conversation, as far as it is here."""
    if not about:
        return None
    row = db.execute(
        "SELECT id, author, substr(text, 1, ?) FROM messages WHERE digest = ? AND +peer = ? AND NOT hidden",
        (QUOTED, bytes.fromhex(about), peer),
    ).fetchone()
    return Quote(MessageId(row[0]), PeerId(row[1]), row[2]) if row else None


def exchanged(db: sqlite3.Connection, peer: PeerId) -> PeerStats:
    """How much was said and sent with a device."""
    (messages,) = db.execute("SELECT count(*) FROM messages WHERE peer = ? AND NOT hidden", (peer,)).fetchone()
    files, size = db.execute(
        "SELECT coalesce(sum(files_done), 0), coalesce(sum(done_bytes), 0) FROM transfers"
        " WHERE peer = ? AND state IN ('done', 'partial')",
        (peer,),
    ).fetchone()
    (first,) = db.execute("SELECT min(at) FROM timeline WHERE peer = ?", (peer,)).fetchone()
    return PeerStats(peer, messages, files, size, from_ms(first) if first is not None else None)


def erase(db: sqlite3.Connection, peer: PeerId | None) -> list[TransferId]:
    """Take out what was said and sent (with one device, or with all) and is over; the transfers that this took out.

    What still waits to be delivered stays. Store.compact() then takes it out of the file as well.
    """
    said = "(:who IS NULL OR peer = :who) AND delivery NOT IN ('queued', 'sending') AND kind NOT IN ('found', 'change')"
    sent = (
        f"(:who IS NULL OR {_CONVERSATION} = :who) AND state IN ('done', 'partial', 'declined', 'cancelled', 'failed')"
    )
    which = {"who": peer}
    # An id is its author's choice: it names a message only together with the author.
    for position, text in db.execute(
        "SELECT timeline.position, messages.text FROM timeline JOIN messages ON messages.author = timeline.author"
        " AND messages.id = timeline.message WHERE (messages.author, messages.id) IN (SELECT author, id FROM messages"
        f" WHERE {said}) AND messages.kind = 'text'",
        which,
    ).fetchall():
        db.execute("INSERT INTO search (search, rowid, body) VALUES ('delete', ?, ?)", (position, folded(text)))
    db.execute(f"INSERT OR IGNORE INTO gone SELECT author, id FROM messages WHERE {said}", which)
    gone = [TransferId(row[0]) for row in db.execute(f"SELECT id FROM transfers WHERE {sent}", which)]
    db.execute(
        f"DELETE FROM timeline WHERE (author, message) IN (SELECT author, id FROM messages WHERE {said})"
        f" OR transfer IN (SELECT id FROM transfers WHERE {sent})",
        which,
    )
    db.execute(f"DELETE FROM messages WHERE {said}", which)
    db.execute(f"DELETE FROM transfers WHERE {sent}", which)
    db.execute("INSERT INTO search (search) VALUES ('optimize')")
    return gone


def keep_for(db: sqlite3.Connection, peer: PeerId, seconds: int) -> None:
    """How long what is said in a conversation stays here; 0: for ever, 1: until it was read.

    What has expired by then leaves the index of words as well: nobody would look for it any more.
    """
    if seconds:
        db.execute("INSERT OR REPLACE INTO retention VALUES (?, ?)", (peer, seconds))
    elif tidy(db):
        db.execute("DELETE FROM retention WHERE peer = ?", (peer,))


def expire(db: sqlite3.Connection, now_ms: int) -> dict[PeerId, tuple[str, ...]]:
    """Take out what has been here longer than it is to stay; by conversation, the messages that are gone.

    It counts from when a message came, whatever its author says. What still waits to be delivered stays, and so does
    what was not read yet. tidy() takes its words out of the index, Store.flush() all of it out of the file's journal.
    """
    changed: dict[PeerId, tuple[str, ...]] = {}
    for peer, seconds in db.execute("SELECT peer, seconds FROM retention").fetchall():
        rows = db.execute(
            "SELECT shown.position, messages.author, messages.id, messages.text FROM messages LEFT JOIN"
            " (SELECT * FROM timeline WHERE peer = :peer) AS shown"
            " ON shown.author = messages.author AND shown.message = messages.id"
            " WHERE messages.peer = :peer AND arrived < :before AND NOT coalesce(unread, 0)"
            " AND delivery NOT IN ('queued', 'sending') AND kind = 'text'",
            {"peer": peer, "before": now_ms - seconds * 1000},
        ).fetchall()
        for position, author, message, text in rows:
            if position is not None:
                db.execute("INSERT INTO search (search, rowid, body) VALUES ('delete', ?, ?)", (position, folded(text)))
                db.execute("DELETE FROM timeline WHERE position = ?", (position,))
            db.execute("INSERT OR IGNORE INTO gone VALUES (?, ?)", (author, message))
            db.execute("DELETE FROM messages WHERE author = ? AND id = ?", (author, message))
        if rows:
            changed[PeerId(peer)] = tuple(message for _, _, message, _ in rows)
    return changed


def tidy(db: sqlite3.Connection) -> bool:
    """Take the words of what has expired out of the index: one that is taken out stays in it until what holds it is
    made anew, which takes about a second for 200,000 messages. Whether anything may expire, so that it was done."""
    if db.execute("SELECT 1 FROM retention LIMIT 1").fetchone() is None:
        return False
    db.execute("INSERT INTO search (search) VALUES ('optimize')")
    return True


def conversations(db: sqlite3.Connection) -> list[Conversation]:
    """The newest moment of every peer, newest first."""
    newest = db.execute(
        _SELECT
        + " WHERE timeline.position IN (WITH RECURSIVE each(peer) AS (SELECT min(peer) FROM timeline UNION ALL"
        + " SELECT (SELECT min(peer) FROM timeline WHERE peer > each.peer) FROM each WHERE each.peer IS NOT NULL)"
        + " SELECT (SELECT position FROM timeline WHERE peer = each.peer ORDER BY lamport DESC, tie DESC LIMIT 1)"
        + " FROM each)"
        + " ORDER BY timeline.position DESC",
    ).fetchall()
    unread = dict(db.execute("SELECT peer, count(*) FROM timeline WHERE unread GROUP BY peer"))
    result = []
    for row in newest:
        moment = _moment(row)
        if moment.message is not None:
            peer, preview = moment.message.peer, moment.message.text[:200]
            if moment.message.kind in CONTROL:
                preview = ""
        elif moment.transfer is not None:
            peer = moment.transfer.conversation
            preview = ", ".join(top.name for top in moment.transfer.offer.tops[:3])
        else:
            continue
        result.append(Conversation(peer, preview, moment.at, unread.get(peer, 0)))
    return result


def mark_read(db: sqlite3.Connection, peer: PeerId, seen: Sequence[tuple[str, PeerId | None]] | None = None) -> int:
    """The person has seen these messages (id, author) and transfers (id, None), or all: how much is unread now.

    What is told to their authors is untold().
    """
    some, which, transfers = "", tuple[str, ...](), tuple[str, ...]()
    if seen is not None:
        some = (
            " AND EXISTS (SELECT 1 FROM json_each(?) WHERE value ->> 0 = coalesce(message, transfer)"
            " AND coalesce(value ->> 1, '') = author)"
        )
        which = (json.dumps(list(seen)),)
        transfers = (json.dumps([one for one, author in seen if author is None]),)
    db.execute(
        "UPDATE messages SET seen = 1 WHERE peer = ? AND direction = 'in' AND seen = 0 AND (author, id) IN"
        f" (SELECT author, message FROM timeline WHERE peer = ? AND unread{some})",
        (peer, peer, *which),
    )
    db.execute(f"UPDATE timeline SET unread = 0 WHERE peer = ? AND unread{some}", (peer, *which))
    group = db.execute("SELECT 1 FROM groups WHERE id = ?", (peer,)).fetchone()
    # A group's are few, but lie among those of its members: only for it all that were not seen are looked through.
    where = "offer ->> 'room' = ?" if group else "peer = ? AND coalesce(offer ->> 'room', '') = ''"
    where += " AND id IN (SELECT value FROM json_each(?))" if seen is not None else ""
    db.execute(
        f"UPDATE transfers SET seen = 1 WHERE {where} AND direction = 'in' AND seen = 0 AND seen < 2"
        " AND state IN ('done', 'partial')",
        (peer, *transfers),
    )
    (left,) = db.execute("SELECT count(*) FROM timeline WHERE peer = ? AND unread", (peer,)).fetchone()
    return int(left)


def untold(db: sqlite3.Connection, author: PeerId, limit: int) -> list[str]:
    """Messages of an author, in whatever conversation, and its transfers to us that were seen, by id, of which it has
    not confirmed that it knows."""
    rows = db.execute(
        "SELECT id FROM messages WHERE author = ? AND seen = 1 UNION ALL"
        " SELECT id FROM transfers WHERE peer = ? AND direction = 'in' AND seen = 1 AND seen < 2 LIMIT ?",
        (author, author, limit),
    )
    return [row[0] for row in rows]


def told(db: sqlite3.Connection, author: PeerId, seen: Sequence[str]) -> bool:
    """An author knows that these messages and transfers were seen; whether that was news."""
    which = [(author, one) for one in seen]
    messages = db.executemany("UPDATE messages SET seen = 2 WHERE author = ? AND id = ? AND seen = 1", which)
    transfers = db.executemany(
        "UPDATE transfers SET seen = 2 WHERE peer = ? AND id = ? AND direction = 'in' AND seen = 1", which
    )
    return messages.rowcount + transfers.rowcount > 0


def _moment(row: tuple[object, ...]) -> TimelineItem:
    message = message_of(row[_MESSAGE_AT:_TRANSFER_AT]) if row[_MESSAGE_AT] is not None else None
    transfer = transfer_of(row[_TRANSFER_AT:]) if row[_TRANSFER_AT] is not None else None
    position, at, _, _, lamport, tie, late, unread = row[:_MESSAGE_AT]
    assert isinstance(position, int)
    assert isinstance(at, int)
    assert isinstance(lamport, int)
    if message is not None and late:
        message = replace(message, late=True)
    return TimelineItem(position, from_ms(at), message, transfer, place(lamport, str(tie)), bool(unread))
