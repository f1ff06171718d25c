"""The open conversation as a list model: texts and transfers in one order. Fed by apply() and history pages."""

from __future__ import annotations

import bisect
import datetime
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec.structs import replace
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from lanshare.domain.events import (
    Event,
    GroupDeliveryProgress,
    HistoryErased,
    HistoryLoaded,
    MessageDelivered,
    MessageEdited,
    MessageQueued,
    MessageReacted,
    MessageRead,
    MessageReceived,
    MessageRefused,
    MessageSending,
    MessageUnsent,
    MessageWaiting,
    TransferFinished,
    TransferQueued,
)
from lanshare.domain.message import CONTROL, QUOTED, Delivery, Quote, TimelineItem
from lanshare.domain.peer import PeerId, short_id
from lanshare.domain.transfer import Direction, TransferId
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import formatting
from lanshare.qt.formatting import tr
from lanshare.qt.models.transfers import TransferBook

ENTRY_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
_Index = QModelIndex | QPersistentModelIndex
_CONTROL: Final = frozenset(str(one) for one in CONTROL)


@dataclass(slots=True)
class Entry:
    """A row: a text, what changed in a group, or the id of a transfer whose view is in the TransferBook."""

    key: str
    at: datetime.datetime
    out: bool
    text: str = ""
    delivery: str = ""
    note: str = ""
    transfer: TransferId | None = None
    order: str = ""
    author: PeerId | None = None
    who: str = ""
    """Its author's name, where there may be several."""

    tells: bool = False
    """It tells what changed in a group: no bubble."""

    late: bool = False
    quote: Quote | None = None
    quoted: str = ""
    """The name of the quoted one's author."""

    reactions: dict[PeerId, str] = field(default_factory=dict)
    spread: tuple[int, int] = (0, 0)
    unseen: bool = False
    """It was never in front of the person."""

    message: str = ""
    """The id by which the engine knows it."""

_DELIVERY: Final[dict[type[Event], Delivery]] = {
    MessageWaiting: Delivery.QUEUED, MessageSending: Delivery.SENDING, MessageDelivered: Delivery.DELIVERED,
    MessageRead: Delivery.READ, MessageRefused: Delivery.REFUSED,
}
"""How far a message of ours is when this is told."""


class TimelineModel(QAbstractListModel):
    """Rows of Entry for one conversation, in the order that all who hold it share."""

    HEARS: Final = (
        HistoryLoaded, MessageQueued, MessageReceived, MessageWaiting, MessageSending, MessageDelivered,
        MessageRead, MessageRefused, GroupDeliveryProgress, MessageEdited, MessageUnsent, HistoryErased,
        MessageReacted, TransferQueued, TransferFinished,
    )

    def __init__(self, book: TransferBook, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self.peer: PeerId | None = None
        self.shared = False
        """Several may speak: each bubble tells its author."""

        self.me: PeerId | None = None
        self.more = False
        self.first_position: int | None = None
        self._entries: list[Entry] = []
        self._keys: dict[str, Entry] = {}
        self._places: dict[str, int] = {}
        self._lived = 0
        book.changed.connect(self._transfer_changed)

    # --- Qt's side

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self._entries):
            return None
        entry = self._entries[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry.text or entry.key
        return None

    # --- the window's side

    def entry(self, row: int) -> Entry:
        """The row's content."""
        return self._entries[row]

    def row_of(self, key: str) -> int:
        """The row of a message or transfer, -1 if it is not here."""
        entry = self._keys.get(key)
        if entry is None:
            return -1
        at = bisect.bisect_left(self._entries, entry.order, key=lambda one: one.order)
        while at < len(self._entries) and self._entries[at] is not entry:
            at += 1
        return at if at < len(self._entries) else -1

    def key_at(self, position: int) -> str | None:
        """The key of what history calls by this position, if its page is here."""
        return next((key for key, at in self._places.items() if at == position), None)

    def last_queued(self) -> Entry | None:
        """The newest text of ours that nobody has yet."""
        return next((one for one in reversed(self._entries) if one.out and one.delivery == Delivery.QUEUED), None)

    def open(self, peer: PeerId | None, shared: bool = False) -> None:
        """Show another conversation: empty until its history comes."""
        self.beginResetModel()
        self.peer, self.shared = peer, shared
        self._entries, self._keys, self._places = [], {}, {}
        self.more, self.first_position = False, None
        self.endResetModel()

    def apply(self, event: Event, names: dict[PeerId, str]) -> None:
        """Take an event in."""
        match event:
            case HistoryLoaded() if event.peer == self.peer and not event.found:
                self._page(event, names)
            case MessageQueued() if event.peer == self.peer:
                self._insert(self._own(event, names), event.position)
            case MessageReceived() if event.peer == self.peer:
                self._insert(self._theirs(event, names), event.position)
            case MessageWaiting() | MessageRefused():
                note = event.message_text if isinstance(event, MessageRefused) else event.explanation
                self._mark(event.message, _DELIVERY[type(event)], note)
            case MessageSending() | MessageDelivered() | MessageRead():
                self._mark(event.message, _DELIVERY[type(event)], "")
            case GroupDeliveryProgress() if (entry := self._keys.get(event.message)) is not None:
                entry.spread = (event.have, event.of)
                self._touch(entry)
            case MessageEdited() if event.peer == self.peer:
                self._edited(event)
            case MessageUnsent() if event.peer == self.peer:
                self._remove(event.message)
            case HistoryErased() if event.gone is not None and event.peer == self.peer:
                for message in event.gone:
                    self._remove(message)
            case MessageReacted() if (entry := self._keys.get(event.message)) is not None:
                if event.sign:
                    entry.reactions[event.author] = event.sign
                else:
                    entry.reactions.pop(event.author, None)
                self._touch(entry)
            case TransferQueued() if (event.offer.room or event.peer) == self.peer:
                self._insert(self._moving(event))
            case TransferFinished() if event.direction == "in" and event.transfer in self._keys:
                # Its files are there now: whether they were seen is told anew.
                self._keys[event.transfer].unseen = True
                self._touch(self._keys[event.transfer])

    # --- inside

    def _own(self, event: MessageQueued, names: dict[PeerId, str]) -> Entry:
        entry = Entry(event.message, event.sent_at, True, event.text, event.state, order=event.order, author=self.me)
        if event.kind in _CONTROL:
            entry.tells, entry.text = True, formatting.change(event.text, self.me, tr("You"), names, self.me)
        self._quote(entry, event.quote, names)
        return entry

    def _theirs(self, event: MessageReceived, names: dict[PeerId, str]) -> Entry:
        author = event.author or event.peer
        entry = Entry(
            event.message, event.sent_at, author == self.me, event.text, Delivery.RECEIVED, order=event.order,
            author=author, who=escaped(event.name) if self.shared else "", late=event.late,
            unseen=author != self.me and event.kind not in _CONTROL, message=event.message,
        )
        if event.kind in _CONTROL:
            who = self._called(author, names)
            entry.tells, entry.text = True, formatting.change(event.text, author, who, names, self.me)
        self._quote(entry, event.quote, names)
        return entry

    def _moving(self, event: TransferQueued) -> Entry:
        # It has no number of its own: behind all that is here.
        self._lived += 1
        last = self._entries[-1].order[:16] if self._entries else "0" * 16
        return Entry(
            event.transfer, event.at, event.direction == "out", transfer=event.transfer,
            order=f"{last}~9{self._lived:016d}", unseen=event.direction == "in", message=event.transfer,
        )

    def _edited(self, event: MessageEdited) -> None:
        if (entry := self._keys.get(event.message)) is not None:
            entry.text = event.text
            self._touch(entry)
        for answer in self._entries:
            quote = answer.quote
            if quote is not None and (quote.id, quote.author) == (event.message, self.me):
                answer.quote = replace(quote, text=event.text[:QUOTED])
                self._touch(answer)

    def _quote(self, entry: Entry, quote: Quote | None, names: dict[PeerId, str]) -> None:
        if quote is not None:
            entry.quote, entry.quoted = quote, self._called(quote.author, names)

    def _called(self, peer: PeerId, names: dict[PeerId, str]) -> str:
        return tr("You") if peer == self.me else names.get(peer, short_id(peer))

    def _page(self, event: HistoryLoaded, names: dict[PeerId, str]) -> None:
        fresh: list[Entry] = []
        for moment in event.moments:
            entry = self._entry_of(moment, names)
            if entry is None or self._distinct(entry).key in self._keys:
                continue
            if any(one.key == entry.key for one in fresh):
                entry.key = f"{entry.key}@{entry.author}"
            fresh.append(entry)
            self._places[entry.key] = moment.position
        self.more = event.more
        if event.moments:
            self.first_position = event.moments[0].position
        if not fresh:
            return
        for one in self._entries:
            if one.order[16:18] == "~9" and one.order < fresh[-1].order:
                # It came before the page, and has no number of its own: it stands behind it all the same.
                self._lived += 1
                one.order = f"{fresh[-1].order[:16]}~9{self._lived:016d}"
        if self._entries and fresh[-1].order > self._entries[0].order:
            # Something came between the question and the answer: one list of both, in order.
            self.beginResetModel()
            self._entries = sorted([*self._entries, *fresh], key=lambda one: one.order)
            self._keys.update({one.key: one for one in fresh})
            self.endResetModel()
            return
        self.beginInsertRows(QModelIndex(), 0, len(fresh) - 1)
        self._entries[:0] = fresh
        self._keys.update({one.key: one for one in fresh})
        self.endInsertRows()

    def _entry_of(self, moment: TimelineItem, names: dict[PeerId, str]) -> Entry | None:
        if moment.message is not None:
            one = moment.message
            out = one.direction is Direction.OUT
            who = self._called(one.author, names)
            entry = Entry(
                one.id, one.sent_at, out, one.text, one.delivery, order=moment.order or one.order, author=one.author,
                who=who if self.shared and not out else "", late=one.late, reactions=dict(one.reactions),
                unseen=moment.unread, message=one.id,
            )
            if one.kind in CONTROL:
                entry.tells, entry.text = True, formatting.change(one.text, one.author, who, names, self.me)
            self._quote(entry, one.quote, names)
            return entry
        if moment.transfer is not None:
            view = self._book.take(moment.transfer, names.get(moment.transfer.peer, ""))
            return Entry(
                view.id, view.at, view.out, transfer=view.id, order=moment.order, unseen=moment.unread, message=view.id
            )
        return None

    def _distinct(self, entry: Entry) -> Entry:
        """An id is its author's choice: of two authors' messages of one id the second one gets a key of its own."""
        other = self._keys.get(entry.key)
        if other is not None and entry.author is not None and other.author not in (None, entry.author):
            entry.key = f"{entry.key}@{entry.author}"
        return entry

    def _insert(self, entry: Entry, position: int = 0) -> None:
        if self._distinct(entry).key in self._keys:
            return
        at = len(self._entries)
        if self._entries and entry.order and entry.order < self._entries[-1].order:
            at = bisect.bisect_left(self._entries, entry.order, key=lambda one: one.order)
            if at == 0 and self.more:
                return  # among what is not loaded yet: its page brings it
        self.beginInsertRows(QModelIndex(), at, at)
        self._entries.insert(at, entry)
        self._keys[entry.key] = entry
        if position:
            self._places[entry.key] = position
        self.endInsertRows()

    def _remove(self, key: str) -> None:
        row = self.row_of(key)
        if row < 0:
            return
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._keys[key], self._entries[row]
        gone = self._places.pop(key, None)
        if gone is not None and gone == self.first_position:
            # What is older is asked for from the next one that is still there.
            self.first_position = next(
                (self._places[one.key] for one in self._entries if one.key in self._places), None
            )
        self.endRemoveRows()

    def _mark(self, key: str, delivery: str, note: str) -> None:
        entry = self._keys.get(key)
        if entry is not None:
            entry.delivery, entry.note = delivery, escaped(note)
            self._touch(entry)

    def _transfer_changed(self, transfer: str) -> None:
        entry = self._keys.get(transfer)
        if entry is not None:
            self._touch(entry)

    def _touch(self, entry: Entry) -> None:
        row = self.row_of(entry.key)
        if row >= 0:
            index = self.index(row)
            self.dataChanged.emit(index, index)
