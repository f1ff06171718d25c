"""What the services of messages have the store's thread do. No state: each function gets the connection and all that it
needs, writes or reads, and returns what is to go into the inbox once that is durable, or None for nothing.
"""

from __future__ import annotations

import datetime
import re
import sqlite3
from pathlib import Path
from typing import Final

from lanshare.domain import commands as c
from lanshare.domain.control_messages import HistorySummary, SignedMessage
from lanshare.domain.events import ConversationRead, EditRejected, HistoryErased, HistoryLoaded, MessageUnsent
from lanshare.domain.groups import WEIGHED, fold
from lanshare.domain.message import Delivery, MessageId, SearchQuery
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import FlushStore, Publish, ReadHere
from lanshare.engine.inbox import (
    AfterCommit,
    CircleLoaded,
    DeliveryStored,
    EventReady,
    GroupMerged,
    Handed,
    OutboxLoaded,
    SeenLooked,
    SeenStored,
    Spreads,
    SpreadStored,
    TextArrived,
    TextHeld,
    TextUnkept,
)
from lanshare.engine.messages import news
from lanshare.exchange import message_records
from lanshare.store import groups as circles
from lanshare.store import history, journal, outbox
from lanshare.wire import limits

_RECEIPT: Final = re.compile(r"[0-9a-f]{32}")
"""A receipt is called as its transfer."""

# --- messages with one device


def take_back(db: sqlite3.Connection, me: PeerId, message: MessageId, peer: PeerId) -> EventReady:
    """A message of ours goes out of the outbox, if nobody can have it yet."""
    if outbox.queued_record(db, me, message, peer) is None:
        return EventReady(stays(message, peer))
    return delete(db, message, peer)


def delete(db: sqlite3.Connection, message: MessageId, peer: PeerId) -> EventReady:
    """A message goes out of this history."""
    gone = outbox.remove(db, message, peer)
    return EventReady(MessageUnsent(message, peer) if gone else stays(message, peer))


def stays(message: MessageId, peer: PeerId) -> EditRejected:
    """It is too late for a change."""
    return EditRejected(message, peer, "It is on its way already, so it can be neither changed nor taken back.")


def keep_text(db: sqlite3.Connection, peer: PeerId, said: SignedMessage, name: str) -> TextArrived | TextUnkept:
    """A peer's message into its conversation. Only what was kept is confirmed."""
    message = said.message
    kept = outbox.add(db, message, said.sequence, said.record, said.digest)
    if kept is None and not outbox.is_here(db, message, said.digest):
        return TextUnkept(peer, message.id)
    told = news.read(db, message, kept, name) if kept is not None else None
    return TextArrived(message.id, peer, peer, kept is not None, told)


def delivered(db: sqlite3.Connection, me: PeerId, message: MessageId, peer: PeerId) -> DeliveryStored | Spreads | None:
    """A peer has a message of ours: in its own conversation or in a group."""
    conversation = circles.conversation_of(db, me, message)
    if conversation == peer:
        kept = outbox.set_delivery(db, me, message, Delivery.DELIVERED, peer)
        return DeliveryStored(peer, message, Delivery.DELIVERED) if kept else None
    found = spread(db, me, conversation, message, peer, False) if conversation is not None else []
    return Spreads(tuple(found)) if found else None


def hold(db: sqlite3.Connection, me: PeerId, message: MessageId, peer: PeerId) -> TextHeld | None:
    """A peer takes a message of ours later: it is queued again."""
    return TextHeld(peer, message) if outbox.set_delivery(db, me, message, Delivery.QUEUED, peer) else None


def refuse(db: sqlite3.Connection, me: PeerId, message: MessageId, peer: PeerId, code: str) -> DeliveryStored | None:
    """A peer never takes a message of ours."""
    changed = outbox.set_delivery(db, me, message, Delivery.REFUSED, peer)
    return DeliveryStored(peer, message, Delivery.REFUSED, code) if changed else None


def take_waiting(db: sqlite3.Connection, peer: PeerId, most: int) -> OutboxLoaded:
    """What waits for a peer, at most so much of it (-1: all): it is on its way from now on."""
    records, fresh = outbox.take(db, peer, most)
    return OutboxLoaded(peer, tuple(records), tuple(fresh))


# --- what was seen


def find_untold(db: sqlite3.Connection, peer: PeerId) -> SeenLooked | None:
    """What was seen of a peer and the peer does not know of."""
    found = history.untold(db, peer, limits.SEEN)
    return SeenLooked(peer, tuple(found)) if found else None


def see(db: sqlite3.Connection, me: PeerId, ids: tuple[str, ...], peer: PeerId) -> SeenStored:
    """A peer's person has seen messages and transfers of ours."""
    messages = [MessageId(one) for one in ids]
    read = outbox.set_read(db, me, messages, peer)
    transfers = journal.set_seen(db, ids, peer)
    shared = [(one, circles.conversation_of(db, me, one)) for one in messages if one not in read]
    found = [
        note
        for one, conversation in shared
        if conversation is not None and conversation != peer
        for note in spread(db, me, conversation, one, peer, True)
    ]
    return SeenStored(peer, ids, tuple(read), tuple(transfers), tuple(found))


def told_seen(db: sqlite3.Connection, peer: PeerId, ids: tuple[str, ...]) -> AfterCommit | None:
    """The peer knows of these; the rest may be told, if there is any."""
    return AfterCommit((ReadHere(peer),)) if history.told(db, peer, ids) else None


# --- groups


def spread(
    db: sqlite3.Connection, me: PeerId, group: PeerId, message: MessageId, member: PeerId, read: bool
) -> list[SpreadStored]:
    """Note that a member has, or read, our message in a group; once all do, so it is delivered, or read.

    All are those who were members when it was said, and are: others need not have it.
    """
    stands = circles.find(db, group)
    if stands is None or member not in stands.members:
        return []
    notes = []
    owed = circles.owed(db, me, stands, message)
    for kind in (False, True) if read else (False,):
        have = circles.receipt(db, message, member, kind, owed)
        if have is None:
            continue
        done = have >= len(owed) and (
            bool(outbox.set_read(db, me, [message], group))
            if kind
            else outbox.set_delivery(db, me, message, Delivery.DELIVERED, group)
        )
        notes.append(SpreadStored(group, message, have, len(owed), kind, done))
    return notes


def merge(
    db: sqlite3.Connection, me: PeerId, peer: PeerId, records: tuple[SignedMessage, ...], strangers: frozenset[PeerId]
) -> GroupMerged:
    """Records about a group that a peer handed over. Nothing is kept of a group if we would be in it by a record of one
    of `strangers`."""
    conversation = records[0].message.peer
    weight = circles.count(db, conversation) + sum(1 + len(one.record) // WEIGHED for one in records)
    if strangers:
        changes = circles.changes(db, conversation, message_records.change_of)
        changes += [message_records.change_of(one.record) for one in records]
        folded = fold(conversation, changes)
        entry = folded.entries.get(me) if folded is not None else None
        if folded is not None and any(one.author in strangers for one in changes if one.digest == entry):
            return GroupMerged(peer, conversation, folded.group, (), weight=weight, asks=records)
    settled = circles.merge(db, records, peer, me, message_records.change_of)
    if settled is None:
        return GroupMerged(peer, conversation, None, (), weight=weight)
    done = circles.delivered_now(db, me, settled.group) if settled.kept else []
    return GroupMerged(
        peer, conversation, settled.group, settled.shown, tuple(done), settled.gone, settled.kept, settled.weight
    )


def keep_group_text(
    db: sqlite3.Connection, me: PeerId, peer: PeerId, said: SignedMessage, name: str, hidden: bool
) -> TextArrived | None:
    """A text of a group, its author's or handed on. `hidden`: the person wants to read nothing of its author."""
    message = said.message
    may, kept = circles.accept(db, said, peer, me, hidden)
    told = news.read(db, message, kept, name) if kept is not None and not hidden else None
    return TextArrived(message.id, message.peer, peer, kept is not None, told) if may else None


def hand_over(db: sqlite3.Connection, me: PeerId, peer: PeerId, said: HistorySummary) -> Handed:
    """Note what a member has of ours, and find what it lacks."""
    group = said.group
    ours = dict(said.ranges).get(me, ())
    notes = tuple(
        note for message in circles.confirm(db, group, me, ours)
        for note in spread(db, me, group, message, peer, False)
    )
    records = circles.missing(db, group, peer, said.ranges, limits.HANDED)
    fresh = outbox.on_their_way(db, me, group) if records else []
    return Handed(group, peer, tuple(records), tuple(fresh), notes)


def load_circle(db: sqlite3.Connection, group: PeerId, told: tuple[PeerId, ...], circle: bool) -> CircleLoaded:
    """What we hold of a group, to be told to these. `circle`: and the records of who is in it."""
    records = tuple(circles.circle(db, group)) if circle else ()
    return CircleLoaded(group, told, records, circles.held(db, group, limits.HELD_RANGES))


# --- the history


def page(db: sqlite3.Connection, command: c.LoadHistory) -> EventReady:
    """A page of a conversation, or what a search finds."""
    is_search = bool(command.search or command.kind)
    if is_search:
        times = (_ms(command.since), _ms(command.until))
        wanted = SearchQuery(command.search, command.peer, command.kind, *times)
        found, more = history.search(db, wanted, command.limit), False
    else:
        found, more = history.page(db, command.peer, command.before, command.limit, command.around)
    return EventReady(HistoryLoaded(command.request, command.peer, tuple(found), more, is_search))


def exchanged(db: sqlite3.Connection, peer: PeerId) -> EventReady:
    """How much was exchanged with a device."""
    return EventReady(history.exchanged(db, peer))


def mark_read(db: sqlite3.Connection, command: c.MarkRead) -> AfterCommit:
    """The person has seen these, or all of a conversation."""
    left = history.mark_read(db, command.peer, command.seen)
    return AfterCommit((Publish(ConversationRead(command.peer, left)), ReadHere(command.peer)))


def tidy(db: sqlite3.Connection) -> AfterCommit | None:
    """What is hidden in the history goes out of it."""
    return AfterCommit((FlushStore(),)) if history.tidy(db) else None


def erase(db: sqlite3.Connection, peer: PeerId | None) -> None:
    """All of a conversation goes, or all there is."""
    history.erase(db, peer)


def sweep_receipts(db: sqlite3.Connection, folder: Path) -> None:
    """The receipts of transfers that are in the journal no more go: what was received can be undone no more."""
    for path in folder.glob("*"):
        if _RECEIPT.fullmatch(path.name) and not journal.is_known(db, TransferId(path.name)):
            path.unlink(missing_ok=True)


def expire(db: sqlite3.Connection, now_ms: int) -> AfterCommit | None:
    """What is past its time goes. `now_ms`: milliseconds since 1970."""
    gone = history.expire(db, now_ms)
    if not gone:
        return None
    left = {one.peer: one for one in history.conversations(db)}
    told = (Publish(HistoryErased(peer, True, messages, left.get(peer))) for peer, messages in gone.items())
    return AfterCommit((FlushStore(), *told))


def _ms(when: datetime.datetime | None) -> int | None:
    return int(when.timestamp() * 1000) if when is not None else None
