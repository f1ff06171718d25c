"""The open conversation as a list model: texts and transfers in one order. Fed by apply() and history pages."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from lanshare.domain.events import (
    Event,
    HistoryLoaded,
    MessageDelivered,
    MessageQueued,
    MessageReceived,
    MessageRefused,
    TransferQueued,
)
from lanshare.domain.message import Delivery, Moment
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction, TransferId
from lanshare.node.shown import shown
from lanshare.qt.models.transfers import TransferBook

ENTRY_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
_Index = QModelIndex | QPersistentModelIndex


@dataclass(slots=True)
class Entry:
    """A row: a text, or the id of a transfer whose view is in the TransferBook."""

    key: str
    at: datetime.datetime
    out: bool
    text: str = ""
    delivery: str = ""
    note: str = ""
    transfer: TransferId | None = None


class TimelineModel(QAbstractListModel):
    """Rows of Entry for one peer."""

    def __init__(self, book: TransferBook, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self.peer: PeerId | None = None
        self.more = False
        self.first_position: int | None = None
        self._entries: list[Entry] = []
        self._keys: dict[str, Entry] = {}
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

    def open(self, peer: PeerId | None) -> None:
        """Show another conversation: empty until its history comes."""
        self.beginResetModel()
        self.peer = peer
        self._entries, self._keys = [], {}
        self.more, self.first_position = False, None
        self.endResetModel()

    def apply(self, event: Event, names: dict[PeerId, str]) -> None:
        """Take an event in."""
        match event:
            case HistoryLoaded() if event.peer == self.peer:
                self._page(event, names)
            case MessageQueued() if event.peer == self.peer:
                self._append(Entry(event.message, event.sent_at, True, event.text, Delivery.QUEUED))
            case MessageReceived() if event.peer == self.peer:
                self._append(Entry(event.message, event.sent_at, False, event.text, Delivery.RECEIVED))
            case MessageDelivered():
                self._mark(event.message, Delivery.DELIVERED, "")
            case MessageRefused():
                self._mark(event.message, Delivery.REFUSED, event.message_text)
            case TransferQueued() if event.peer == self.peer:
                self._append(Entry(event.transfer, event.at, event.direction == "out", transfer=event.transfer))

    # --- inside

    def _page(self, event: HistoryLoaded, names: dict[PeerId, str]) -> None:
        fresh = [one for one in (self._entry_of(moment, names) for moment in event.moments) if one is not None]
        fresh = [one for one in fresh if one.key not in self._keys]
        self.more = event.more
        if event.moments:
            first = event.moments[0].position
            self.first_position = first if self.first_position is None else min(first, self.first_position)
        if not fresh:
            return
        self.beginInsertRows(QModelIndex(), 0, len(fresh) - 1)
        self._entries[:0] = fresh
        self._keys.update({one.key: one for one in fresh})
        self.endInsertRows()

    def _entry_of(self, moment: Moment, names: dict[PeerId, str]) -> Entry | None:
        if moment.message is not None:
            one = moment.message
            return Entry(one.id, one.sent_at, one.direction is Direction.OUT, one.text, one.delivery)
        if moment.transfer is not None:
            view = self._book.take(moment.transfer, names.get(moment.transfer.peer, ""))
            return Entry(view.id, view.at, view.out, transfer=view.id)
        return None

    def _append(self, entry: Entry) -> None:
        if entry.key in self._keys:
            return
        at = len(self._entries)
        self.beginInsertRows(QModelIndex(), at, at)
        self._entries.append(entry)
        self._keys[entry.key] = entry
        self.endInsertRows()

    def _mark(self, key: str, delivery: str, note: str) -> None:
        entry = self._keys.get(key)
        if entry is not None:
            entry.delivery, entry.note = delivery, shown(note)
            self._touch(entry)

    def _transfer_changed(self, transfer: str) -> None:
        entry = self._keys.get(transfer)
        if entry is not None:
            self._touch(entry)

    def _touch(self, entry: Entry) -> None:
        # The newest rows are the ones that change.
        for row in range(len(self._entries) - 1, -1, -1):
            if self._entries[row] is entry:
                index = self.index(row)
                self.dataChanged.emit(index, index)
                return
