"""The rows of the sidebar as Qt's list: kept in order, held still while something is dragged over them, names that are
alike told apart. What the rows say is device_row's matter; what changes them, devices'.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from msgspec.structs import replace
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from lanshare.domain.confusables import skeleton
from lanshare.domain.peer import PeerId, short_id
from lanshare.domain.transfer import TransferState
from lanshare.qt.models.device_row import Device, order, spoken, status
from lanshare.qt.models.transfers import TransferBook

DEVICE_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
_Index = QModelIndex | QPersistentModelIndex


class DeviceRows(QAbstractListModel):
    """Rows of Device, in their order."""

    def __init__(self, book: TransferBook, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Device] = []
        self._book = book
        self.held = False
        self._unsorted = False
        self._gone: list[PeerId] = []
        """Devices that were forgotten while something hung over the list."""

    # --- Qt's side

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self._rows):
            return None
        device = self._rows[index.row()]
        if role == DEVICE_ROLE:
            return device
        if role == Qt.ItemDataRole.DisplayRole:
            return device.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(device)
        return None

    # --- the window's side

    def device(self, peer: PeerId) -> Device | None:
        """A device by its id."""
        return next((row for row in self._rows if row.id == peer), None)

    def devices(self) -> list[Device]:
        """All rows in order."""
        return list(self._rows)

    def names(self) -> dict[PeerId, str]:
        """What each device is called."""
        return {row.id: row.name for row in self._rows}

    def told_apart(self) -> dict[PeerId, str]:
        """The same, with the short ids of those that are called alike."""
        return {row.id: f"{row.name} · {short_id(row.id)}" if row.twin else row.name for row in self._rows}

    def row_of(self, peer: PeerId) -> int:
        """A device's row, -1 if it has none."""
        return next((at for at, row in enumerate(self._rows) if row.id == peer), -1)

    # --- for whoever changes them

    def _fill(self, rows: list[Device]) -> None:
        """All of them anew."""
        self.beginResetModel()
        self._rows = sorted(map(self._with_status, rows), key=order)
        self._mark_twins()
        self.endResetModel()

    def _insert(self, row: Device) -> None:
        at = self._place(row)
        self.beginInsertRows(QModelIndex(), at, at)
        self._rows.insert(at, row)
        self.endInsertRows()
        self._refresh_twins()

    def _remove(self, peer: PeerId) -> Device | None:
        """Take a row out; not while something hangs over the list, as nobody else may slip under it."""
        at = self.row_of(peer)
        if at < 0:
            return None
        if self.held:
            self._gone.append(peer)
            return None
        row = self._rows[at]
        self.beginRemoveRows(QModelIndex(), at, at)
        del self._rows[at]
        self.endRemoveRows()
        self._refresh_twins()
        return row

    def _change(self, peer: PeerId, **fields: Any) -> None:
        at = self.row_of(peer)
        if at < 0:
            return
        old = self._rows[at]
        new = self._with_status(replace(old, **fields))
        if new == old:
            return
        self._rows[at] = new
        index = self.index(at)
        moved_on = new == replace(old, status=new.status, part=new.part)
        self.dataChanged.emit(index, index, [DEVICE_ROLE] if moved_on else [])
        self._resort(at)
        if new.name != old.name:
            self._refresh_twins()

    def _resort(self, at: int) -> None:
        row = self._rows[at]
        if self.held:
            self._unsorted = True
            return
        rest = self._rows[:at] + self._rows[at + 1 :]
        to = next((place for place, other in enumerate(rest) if order(row) < order(other)), len(rest))
        if to == at:
            return
        self.beginMoveRows(QModelIndex(), at, at, QModelIndex(), to + 1 if to > at else to)
        rest.insert(to, row)
        self._rows = rest
        self.endMoveRows()

    def hold(self, held: bool) -> None:
        """Keep the rows where they are while something is dragged over them; afterwards they are put in order."""
        self.held = held
        if not held:
            gone, self._gone = self._gone, []
            for peer in gone:
                self._leave(peer)
        if not held and self._unsorted:
            self._unsorted = False
            self.layoutAboutToBeChanged.emit()
            before = {row.id: at for at, row in enumerate(self._rows)}
            self._rows.sort(key=order)
            after = {before[row.id]: at for at, row in enumerate(self._rows)}
            for old in self.persistentIndexList():
                self.changePersistentIndex(old, self.index(after[old.row()]))
            self.layoutChanged.emit()

    def _place(self, row: Device) -> int:
        if self.held:
            self._unsorted = True
            return len(self._rows)
        return next((at for at, other in enumerate(self._rows) if order(row) < order(other)), len(self._rows))

    def _leave(self, peer: PeerId) -> None:
        """A row that was to go while the list was held goes now."""
        self._remove(peer)

    def _with_status(self, row: Device) -> Device:
        active = self._book.active_of(row.id)
        if not active:
            return replace(row, status="", part=-1.0)
        view = next((one for one in active if one.state is TransferState.MOVING), active[-1])
        moving = view.state in (TransferState.MOVING, TransferState.VERIFYING)
        return replace(row, status=status(view), part=view.part if moving else -1.0)

    def _mark_twins(self) -> bool:
        names = [skeleton(row.name) for row in self._rows]
        count = Counter(names)
        changed = False
        for at, row in enumerate(self._rows):
            twin = count[names[at]] > 1
            if twin != row.twin:
                self._rows[at] = replace(row, twin=twin)
                changed = True
        return changed

    def _refresh_twins(self) -> None:
        if self._mark_twins() and self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))
