"""Groups: their records, how they stand by those, and which member has what of them."""

from __future__ import annotations

import itertools
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from lanshare.domain.control_messages import SignedMessage
from lanshare.domain.groups import WHOLE, Change, Folded, Group, Order, fold
from lanshare.domain.message import ChatMessage, MessageId
from lanshare.domain.peer import PeerId
from lanshare.store import outbox
from lanshare.store.rows import MESSAGE_COLUMNS, message_of

Ranges = tuple[tuple[int, int], ...]
Read = Callable[[bytes], Change]
"""What a stored record about a group says."""

VOID: Final = 1000
"""What the records of one author may weigh (see Change.weight) that are kept though they count for nothing: whoever was
removed could send them for ever."""

VOID_ALL: Final = 4000
"""The same of all authors of a group."""

_ROUNDS: Final = 4
"""How often it is looked what is left of new records without those that are not kept. Honest ones need two looks."""

_KEEPING: Final = 10
"""To keep a record takes as long as to look at so many, measured."""


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


class Settled(Struct, frozen=True):
    """How a group stands, and what that means for what is shown of it: records that count from now on, with their
    places, and those that did and do no more."""

    group: Group
    shown: tuple[tuple[ChatMessage, outbox.Kept], ...] = ()
    gone: tuple[MessageId, ...] = ()
    kept: tuple[SignedMessage, ...] = ()
    """What was new."""

    weight: int = 0
    """What all that were looked at weigh: what it took."""

    spent: frozenset[PeerId] = frozenset()
    """The members of whom no more can count."""


def changes(db: sqlite3.Connection, group: PeerId, read: Read) -> list[Change]:
    """The records that found and change a group."""
    rows = db.execute(
        "SELECT record, older_changes.id IS NOT NULL FROM messages LEFT JOIN older_changes"
        " ON older_changes.author = messages.author AND older_changes.id = messages.id"
        " WHERE peer = ? AND kind IN ('found', 'change')",
        (group,),
    )
    return [replace(read(record), older=True) if older else read(record) for record, older in rows]


def count(db: sqlite3.Connection, group: PeerId) -> int:
    """How many records about a group are kept."""
    (found,) = db.execute(
        "SELECT count(*) FROM messages WHERE peer = ? AND kind IN ('found', 'change')", (group,)
    ).fetchone()
    return int(found)


def seen(db: sqlite3.Connection, group: PeerId, author: PeerId, read: Read) -> tuple[bytes, ...]:
    """What a record that this member signs now is to name: the records about the group that it has."""
    folded = fold(group, changes(db, group, read))
    return folded.parents(author) if folded is not None else ()


def settle(db: sqlite3.Connection, group: PeerId, read: Read) -> Settled | None:
    """Fold a group's records anew, keep how it stands, and show of them what counts."""
    folded = fold(group, changes(db, group, read))
    return _settle(db, folded) if folded is not None else None


def _settle(
    db: sqlite3.Connection, folded: Folded, kept: tuple[SignedMessage, ...] = (), weight: int = 0
) -> Settled:
    one = folded.group
    db.execute(
        "INSERT OR REPLACE INTO groups VALUES (?, ?, ?, ?, ?)",
        (one.id, one.name, json.dumps(one.members), json.dumps(one.since), json.dumps(sorted(one.former))),
    )
    db.execute("DELETE FROM witnesses WHERE peer = ?", (one.id,))
    seen = ((one.id, author, ident) for _, author, ident in folded.witnesses)
    db.executemany("INSERT INTO witnesses VALUES (?, ?, ?)", seen)
    rows = db.execute(
        "SELECT messages.lamport, messages.author, messages.id, timeline.position IS NOT NULL FROM messages"
        " LEFT JOIN timeline ON timeline.author = messages.author AND timeline.message = messages.id"
        " WHERE messages.peer = ? AND kind IN ('found', 'change')"
        " ORDER BY +messages.lamport, messages.author, messages.id",
        (one.id,),
    ).fetchall()
    shown, gone = [], []
    for lamport, author, ident, is_shown in rows:
        counts = (lamport, author, ident) not in folded.void
        if counts == bool(is_shown):
            continue
        found = db.execute(f"SELECT {MESSAGE_COLUMNS} FROM messages WHERE author = ? AND id = ?", (author, ident))
        message = message_of(found.fetchone())
        if counts:
            shown.append((message, outbox.place(db, message)))
        else:
            outbox.displace(db, message)
            gone.append(message.id)
    return Settled(one, tuple(shown), tuple(gone), kept, weight, folded.spent)


def merge(
    db: sqlite3.Connection, records: Sequence[SignedMessage], speaker: PeerId, me: PeerId, read: Read
) -> Settled | None:
    """Take in records about a group that a peer said; how it stands now, and what of it was new.

    None, and nothing is kept, unless it is a group of which by all records both of us are or were members.
    """
    group = records[0].message.peer
    different = {(one.message.author, one.message.id): one for one in reversed(records)}
    unknown = [one for one in different.values() if outbox.find(db, one.message.author, one.message.id) is None]
    if not unknown:
        stands = find(db, group)
        return Settled(stands) if stands is not None and stands.knows(speaker) and stands.knows(me) else None
    known = changes(db, group, read)
    begins = not known
    if not begins:
        unknown = [one for one in unknown if outbox.is_near(db, one.message)]
    fresh = {(change := read(one.record)).order: (change, one) for one in unknown}
    weight = sum(one.weight for one in known) + sum(change.weight for change, _ in fresh.values())
    for _ in range(_ROUNDS):
        folded = fold(group, [*known, *(change for change, _ in fresh.values())])
        if folded is None or not (folded.group.knows(speaker) and folded.group.knows(me)):
            return None
        # What is not kept is not so, whatever was said: without it others may count, or do no more.
        if not (refused := _refused(folded, known, fresh.values())):
            break
        for order in refused:
            del fresh[order]
    else:
        fresh = {}
    if not fresh or folded is None:
        stands = find(db, group)
        return Settled(stands, weight=weight) if stands is not None else None
    for order in sorted(fresh):
        one = fresh[order][1]
        counts = order not in folded.void
        outbox.add(db, one.message, one.sequence, one.record, one.digest, far=begins, counts=counts)
    kept = tuple(fresh[order] for order in sorted(fresh))
    weight += _KEEPING * sum(change.weight for change, _ in kept)
    return _settle(db, folded, tuple(one for _, one in kept), weight)


def _refused(folded: Folded, known: Iterable[Change], fresh: Iterable[tuple[Change, SignedMessage]]) -> list[Order]:
    """What is not kept of new records: strangers', and what counts for nothing beyond its room.

    What counts for nothing is kept, as it may count once an earlier record has come; and what authors of those that
    count had seen, whoever it is by, as all who judge these have to know it.
    """
    useless = Counter[PeerId]()
    seen = 0
    for before in known:
        if before.order in folded.witnesses:
            seen += before.weight
        elif before.order in folded.void:
            useless[before.author] += before.weight
    refused = []
    for change, _ in sorted(fresh, key=lambda one: one[0].order):
        if change.order in folded.witnesses and seen + change.weight <= WHOLE:
            seen += change.weight
        elif not folded.group.knows(change.author):
            refused.append(change.order)
        elif change.order in folded.void:
            if useless[change.author] + change.weight > VOID or useless.total() + change.weight > VOID_ALL:
                refused.append(change.order)
            else:
                useless[change.author] += change.weight
    return refused


def circle(db: sqlite3.Connection, group: PeerId) -> list[bytes]:
    """The records that found and change a group, as they travel, the founding one first."""
    rows = db.execute(
        "SELECT record FROM messages WHERE peer = ? AND kind IN ('found', 'change') ORDER BY +lamport, author, id",
        (group,),
    )
    return [row[0] for row in rows]


def accept(
    db: sqlite3.Connection, said: SignedMessage, speaker: PeerId, me: PeerId, hidden: bool = False
) -> tuple[bool, outbox.Kept | None]:
    """Keep a text of a group that a member handed us: whether it may be (else nothing is kept), and where it lies.

    `hidden`: only for the other members.
    """
    message = said.message
    group = find(db, message.peer)
    if group is None or me not in group.members or speaker not in group.members or not group.knows(message.author):
        return False, None
    if (message.lamport, message.author, message.id) < group.since[me]:
        return False, None
    kept = outbox.add(db, message, said.sequence, said.record, said.digest, hidden=hidden)
    if kept is None and not outbox.is_here(db, message, said.digest):
        return False, None
    if kept is not None and message.author == me:
        # Ours came back to us from others: our own history was lost.
        db.execute("UPDATE messages SET delivery = 'delivered' WHERE author = ? AND id = ?", (me, message.id))
    return True, kept


def held(db: sqlite3.Connection, group: PeerId, ranges: int) -> tuple[tuple[PeerId, Ranges], ...]:
    """What we have of a group: of each author the ranges of its numbers, the lowest ones if they are too many.

    `ranges`: how many in all. Who leaves many holes has to do with fewer than the others.
    """
    rows = [(PeerId(author), json.loads(text)) for author, text in db.execute(
        "SELECT author, ranges FROM held WHERE peer = ? ORDER BY author", (group,)
    )]
    rows.sort(key=lambda row: len(row[1]))
    told = []
    left = ranges
    for at, (author, ours) in enumerate(rows):
        share = max(1, left // (len(rows) - at))
        some = tuple((first, last) for first, last in ours[:share])
        left -= len(some)
        told.append((author, some))
    return tuple(told)


def missing(
    db: sqlite3.Connection, group: PeerId, peer: PeerId, theirs: Iterable[tuple[PeerId, Ranges]], limit: int
) -> list[bytes]:
    """What we have of a group and a member has not, oldest first: texts that were said since it came in, and records
    about the group that count.

    Every author gets its share of what is handed over at once, so that none keeps another's from coming. Bounded in
    bytes as well, but never to nothing.
    """
    stands = find(db, group)
    if stands is None or peer not in stands.members:
        return []
    lamport, author, ident = stands.since[peer]
    has = dict(theirs)
    numbers = dict(db.execute("SELECT author, ranges FROM held WHERE peer = ?", (group,)).fetchall())
    share = max(1, limit // max(1, len(numbers)))
    found: list[tuple[int, str, str, bytes]] = []
    looks = _LOOKS
    # By chance in another order each time: what one author's records cost keeps nobody else's from coming for long.
    for one, text in random.sample(sorted(numbers.items()), len(numbers)):
        ours = [(first, last) for first, last in json.loads(text)]
        mine: list[tuple[int, str, str, bytes]] = []
        for first, last in itertools.islice(_without(ours, has.get(PeerId(one), ())), looks):
            looks -= 1
            mine += db.execute(
                "SELECT lamport, author, id, record FROM messages WHERE peer = ? AND author = ? AND sequence BETWEEN ?"
                " AND ? AND CASE WHEN kind IN ('found', 'change')"
                " THEN EXISTS (SELECT 1 FROM timeline WHERE author = messages.author AND message = messages.id)"
                " OR EXISTS (SELECT 1 FROM witnesses WHERE author = messages.author AND id = messages.id)"
                " ELSE (lamport, author, id) > (?, ?, ?) END ORDER BY sequence LIMIT ?",
                (group, one, first, last, lamport, author, ident, limit - len(mine)),
            ).fetchall()
            if len(mine) >= limit:
                break
        found += mine[:share] if len(numbers) > 1 else mine
        if len(found) >= limit or not looks:
            break
    found.sort(key=lambda row: row[:3])
    records: list[bytes] = []
    size = 0
    for row in found[:limit]:
        if records and size + len(row[3]) > _BYTES:
            break
        records.append(row[3])
        size += len(row[3])
    return records


_LOOKS: Final = 2048
"""Ranges of numbers that are looked at, to find what a member lacks: there may be nothing in them any more."""

_BYTES = 2 * 1024 * 1024
"""Bytes of texts that are handed over at once."""


def _without(ours: Sequence[tuple[int, int]], theirs: Ranges) -> Iterator[tuple[int, int]]:
    """Ranges less other ranges; both sorted. They are walked through once, side by side."""
    other = 0
    for first, last in ours:
        at = first
        while other < len(theirs) and theirs[other][1] < at:
            other += 1
        place = other
        while place < len(theirs) and theirs[place][0] <= last:
            begin, end = theirs[place]
            if begin > at:
                yield (at, begin - 1)
            at = max(at, end + 1)
            place += 1
        other = max(other, place - 1)
        if at <= last:
            yield (at, last)


def confirm(db: sqlite3.Connection, group: PeerId, me: PeerId, ranges: Ranges) -> list[MessageId]:
    """Messages of ours of these numbers of which it is not known yet that all have them."""
    return [
        MessageId(row[0])
        for first, last in ranges
        for row in db.execute(
            "SELECT id FROM messages WHERE peer = ? AND author = ? AND sequence BETWEEN ? AND ?"
            " AND kind IN ('text', 'reaction') AND delivery IN ('queued', 'sending')",
            (group, me, first, last),
        ).fetchall()
    ]


def owed(db: sqlite3.Connection, me: PeerId, group: Group, message: MessageId) -> list[PeerId]:
    """The members that are to have a message of ours: those that were in the group when it was said, and are."""
    row = db.execute("SELECT lamport FROM messages WHERE author = ? AND id = ?", (me, message)).fetchone()
    place = (row[0] if row else 0, str(me), str(message))
    return [one for one in group.members if one != me and group.since[one] < place]


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
    those = json.dumps(among) if among is not None else ""
    (count,) = db.execute(
        f"SELECT count(*) FROM receipts WHERE message = ? {where} AND (? = '' OR member IN (SELECT value FROM"
        " json_each(?)))",
        (message, those, those),
    ).fetchone()
    return int(count)


def delivered_now(db: sqlite3.Connection, me: PeerId, group: Group) -> list[MessageId]:
    """Messages of ours that all have as the group stands now: whoever left need not have them any more.

    Once we are out, nobody is to have anything of us: what is under way is over.
    """
    done = []
    for (ident,) in db.execute(
        "SELECT id FROM messages WHERE peer = ? AND author = ? AND delivery IN ('queued', 'sending')", (group.id, me)
    ).fetchall():
        message = MessageId(ident)
        others = owed(db, me, group, message) if me in group.members else []
        (have,) = db.execute(
            "SELECT count(*) FROM receipts WHERE message = ? AND member IN (SELECT value FROM json_each(?))",
            (message, json.dumps(others)),
        ).fetchone()
        if have >= len(others):
            db.execute("UPDATE messages SET delivery = 'delivered' WHERE author = ? AND id = ?", (me, message))
            done.append(message)
    return done


def conversation_of(db: sqlite3.Connection, author: PeerId, message: MessageId) -> PeerId | None:
    """The conversation that a message of ours is in."""
    row = db.execute("SELECT peer FROM messages WHERE author = ? AND id = ?", (author, message)).fetchone()
    return PeerId(row[0]) if row else None
