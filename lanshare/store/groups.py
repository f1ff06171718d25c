"""Groups: their records, how they stand by those, and which member has what of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from lanshare.domain.groups import Change, Group, fold
from lanshare.domain.message import ChatMessage, MessageId
from lanshare.domain.peer import PeerId
from lanshare.domain.talk import Texted
from lanshare.store import outbox
from lanshare.store.rows import MESSAGE_COLUMNS, message_of

Ranges = tuple[tuple[int, int], ...]


def load(db: sqlite3.Connection) -> list[Group]:
    """All groups as they stand."""
    return [_group(row) for row in db.execute("SELECT id, name, members, since, former FROM groups")]


def find(db: sqlite3.Connection, group: PeerId) -> Group | None:
    """A group as it stands."""
    row = db.execute("SELECT id, name, members, since, former FROM groups WHERE id = ?", (group,)).fetchone()
    return _group(row) if row else None


def _group(row: tuple[str, ...]) -> Group:
    since = {PeerId(peer): (place[0], place[1], place[2]) for peer, place in json.loads(row[3]).items()}
    members = tuple(PeerId(one) for one in json.loads(row[2]))
    return Group(PeerId(row[0]), row[1], members, since, frozenset(PeerId(one) for one in json.loads(row[4])))


def changes(db: sqlite3.Connection, group: PeerId) -> list[ChatMessage]:
    """The records that found and change a group."""
    return [
        message_of(row)
        for row in db.execute(
            f"SELECT {MESSAGE_COLUMNS} FROM messages WHERE peer = ? AND kind IN ('found', 'change')", (group,)
        )
    ]


def settle(db: sqlite3.Connection, group: PeerId, read: Callable[[ChatMessage], Change]) -> Group | None:
    """Fold a group's records anew and keep how it stands."""
    one = fold(group, (read(message) for message in changes(db, group)))
    if one is not None:
        db.execute(
            "INSERT OR REPLACE INTO groups VALUES (?, ?, ?, ?, ?)",
            (one.id, one.name, json.dumps(one.members), json.dumps(one.since), json.dumps(sorted(one.former))),
        )
    return one


def merge(
    db: sqlite3.Connection, records: Sequence[Texted], speaker: PeerId, me: PeerId,
    read: Callable[[ChatMessage], Change],
) -> tuple[Group | None, list[tuple[Texted, outbox.Kept]]]:
    """Take in records about a group that a peer said; how it stands now, and what of it was new.

    None, and nothing is kept, unless it is a group of which by all records both of us are or were members.
    """
    group = records[0].message.peer
    known = changes(db, group)
    ids = {(one.author, one.id) for one in known}
    fresh = [one for one in records if (one.message.author, one.message.id) not in ids]
    stands = fold(group, [read(one) for one in (*known, *(one.message for one in fresh))])
    if stands is None or not (stands.knows(speaker) and stands.knows(me)):
        return None, []
    # What changed nothing is kept as well: it may count once an earlier record has come. Strangers' are not.
    fresh = [one for one in fresh if stands.knows(one.message.author)]
    kept = []
    for one in sorted(fresh, key=lambda one: read(one.message).order):
        if (where := outbox.add(db, one.message, one.sequence, one.record, one.digest)) is not None:
            kept.append((one, where))
    return (settle(db, group, read) if kept else stands), kept


def circle(db: sqlite3.Connection, group: PeerId) -> list[bytes]:
    """The records that found and change a group, as they travel, the founding one first."""
    rows = db.execute(
        "SELECT record FROM messages WHERE peer = ? AND kind IN ('found', 'change') ORDER BY lamport, author, id",
        (group,),
    )
    return [row[0] for row in rows]


def accept(db: sqlite3.Connection, said: Texted, speaker: PeerId, me: PeerId) -> tuple[bool, outbox.Kept | None]:
    """Keep a text of a group that a member handed us: whether it may be (else nothing is kept), and where it lies."""
    message = said.message
    group = find(db, message.peer)
    if group is None or me not in group.members or speaker not in group.members or not group.knows(message.author):
        return False, None
    if (message.lamport, message.author, message.id) < group.since[me]:
        return False, None
    kept = outbox.add(db, message, said.sequence, said.record, said.digest)
    if kept is not None and message.author == me:
        # Ours came back to us from others: our own history was lost.
        db.execute("UPDATE messages SET delivery = 'delivered' WHERE author = ? AND id = ?", (me, message.id))
    return True, kept


def held(db: sqlite3.Connection, group: PeerId, ranges: int) -> tuple[tuple[PeerId, Ranges], ...]:
    """What we have of a group: of each author the newest ranges of its numbers."""
    rows = db.execute("SELECT author, ranges FROM held WHERE peer = ?", (group,))
    return tuple(
        (PeerId(author), tuple((first, last) for first, last in json.loads(text)[-ranges:])) for author, text in rows
    )


def missing(
    db: sqlite3.Connection, group: PeerId, peer: PeerId, theirs: Iterable[tuple[PeerId, Ranges]], limit: int
) -> list[bytes]:
    """Texts that we have of a group and a member has not, oldest first: those that were said since it came in."""
    stands = find(db, group)
    if stands is None or peer not in stands.members:
        return []
    lamport, author, ident = stands.since[peer]
    has = dict(theirs)
    numbers = dict(db.execute("SELECT author, ranges FROM held WHERE peer = ?", (group,)).fetchall())
    found: list[tuple[int, str, str, bytes]] = []
    for one, text in numbers.items():
        ours = [(first, last) for first, last in json.loads(text)]
        for first, last in _without(ours, has.get(PeerId(one), ())):
            found += db.execute(
                "SELECT lamport, author, id, record FROM messages WHERE peer = ? AND author = ? AND sequence BETWEEN ?"
                " AND ? AND kind NOT IN ('found', 'change') AND (lamport, author, id) > (?, ?, ?)"
                " ORDER BY sequence LIMIT ?",
                (group, one, first, last, lamport, author, ident, limit),
            ).fetchall()
    found.sort(key=lambda row: row[:3])
    return [row[3] for row in found[:limit]]


def _without(ours: Sequence[tuple[int, int]], theirs: Ranges) -> list[tuple[int, int]]:
    """Ranges less other ranges; both sorted."""
    rest: list[tuple[int, int]] = []
    for first, last in ours:
        at = first
        for begin, end in theirs:
            if end < at or begin > last:
                continue
            if begin > at:
                rest.append((at, begin - 1))
            at = max(at, end + 1)
        if at <= last:
            rest.append((at, last))
    return rest


def confirm(
    db: sqlite3.Connection, group: PeerId, me: PeerId, member: PeerId, ranges: Ranges, among: Sequence[PeerId]
) -> list[tuple[MessageId, int]]:
    """A member has our messages of these numbers; those of which that is news, with how many members have each."""
    news = []
    for first, last in ranges:
        for (message,) in db.execute(
            "SELECT id FROM messages WHERE peer = ? AND author = ? AND sequence BETWEEN ? AND ? AND kind = 'text'"
            " AND delivery IN ('queued', 'sending')",
            (group, me, first, last),
        ).fetchall():
            if (have := receipt(db, MessageId(message), member, False, among)) is not None:
                news.append((MessageId(message), have))
    return news


def receipt(
    db: sqlite3.Connection, message: MessageId, member: PeerId, read: bool = False,
    among: Sequence[PeerId] | None = None,
) -> int | None:
    """Note that a member has (or read) a message of ours; how many (of those `among`) did by now, None if it was
    noted before."""
    if read:
        changed = db.execute(
            "INSERT INTO receipts VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET read = 1 WHERE read = 0", (message, member)
        )
    else:
        changed = db.execute("INSERT OR IGNORE INTO receipts VALUES (?, ?, 0)", (message, member))
    if not changed.rowcount:
        return None
    where = "AND read" if read else ""
    (count,) = db.execute(
        f"SELECT count(*) FROM receipts WHERE message = ?1 {where} AND (?2 = '' OR member IN (SELECT value FROM"
        " json_each(?2)))",
        (message, json.dumps(among) if among is not None else ""),
    ).fetchone()
    return int(count)


def delivered_now(db: sqlite3.Connection, me: PeerId, group: Group) -> list[MessageId]:
    """Messages of ours that all members have as the group stands now: whoever left need not have them any more."""
    others = [one for one in group.members if one != me]
    if me not in group.members or not others:
        return []
    rows = db.execute(
        "UPDATE messages SET delivery = 'delivered' WHERE peer = ?1 AND author = ?2 AND delivery = 'sending' AND"
        " (SELECT count(*) FROM receipts WHERE receipts.message = messages.id AND member IN"
        " (SELECT value FROM json_each(?3))) >= ?4 RETURNING id",
        (group.id, me, json.dumps(others), len(others)),
    )
    return [MessageId(row[0]) for row in rows.fetchall()]


def conversation_of(db: sqlite3.Connection, author: PeerId, message: MessageId) -> PeerId | None:
    """The conversation that a message of ours is in."""
    row = db.execute("SELECT peer FROM messages WHERE author = ? AND id = ?", (author, message)).fetchone()
    return PeerId(row[0]) if row else None
