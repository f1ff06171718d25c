"""Which rows of a conversation are alive, and when they are built: a few at a time, so that the window goes on.

Whoever reads the end stays at the end: what comes is built behind it. Whoever reads further up goes on seeing the same,
whatever is built or let go above and below. Rows that are still to be built are told by `Due`; a timer builds some of
them in each turn of the event loop.
"""

from __future__ import annotations

import time
from enum import Flag, auto
from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QTimer, Signal
from PySide6.QtWidgets import QScrollArea

from lanshare.qt.models.timeline import TimelineModel
from lanshare.qt.timeline.rows import ALIVE, Row, RowColumn

_BATCH: Final = 8
"""Rows built in one turn of the event loop: what is typed meanwhile waits no longer than that."""

_SOON: Final = 60
"""Milliseconds between two turns of building while more comes in than is built."""

_SLICE: Final = 0.008
"""Seconds of one turn of building."""

_NEAR: Final = 200
"""Pixels to an end of what is alive, within which more is brought there."""

_END: Final = 8
"""Pixels to the end within which whoever reads is at the end."""

_Index = QModelIndex | QPersistentModelIndex


class Due(Flag):
    """What is still to be built."""

    NOTHING = 0
    BELOW = auto()
    """Newer rows, behind those alive."""

    ABOVE = auto()
    """Older rows, until as many are alive as may be."""

    ANEW = auto()
    """So much came between rows alive that they are no stretch of the model any more: all of them."""


class RowBuilder(QObject):
    """Builds the rows of a model into a column that a scroll area shows.

    Signals: built(), after some of what was due is there; moved(), when others are before the eye, or more came that
    is not; older(), when rows that the model has not are wanted.
    """

    built = Signal()
    moved = Signal()
    older = Signal()

    def __init__(self, model: TimelineModel, column: RowColumn, area: QScrollArea) -> None:
        super().__init__(area)
        self._model, self._column = model, column
        self._bar = area.verticalScrollBar()
        self._peer = model.peer
        self._due = Due.NOTHING
        self.at_end = True
        """Whoever reads is at the end, and stays there whatever comes."""

        self._pending = QTimer(self)
        self._pending.setSingleShot(True)
        self._pending.setInterval(0)
        self._pending.timeout.connect(self.build)
        self._refilled, self._budget = 0.0, 0
        model.modelReset.connect(self.rebuild)
        model.rowsInserted.connect(self._inserted)
        self._bar.rangeChanged.connect(self._range_changed)
        self._bar.valueChanged.connect(self._scrolled)

    @property
    def busy(self) -> bool:
        """Whether rows are still to be built."""
        return bool(self._due) or self._pending.isActive()

    # --- where to

    def rebuild(self) -> None:
        """Start anew, at the end: another conversation, or another appearance."""
        self._clear()
        self.at_end = True
        self._column.first = self._model.rowCount()
        self._due = Due.ABOVE
        self.build()

    def to_end(self) -> None:
        """The newest comes into view, wherever the person had scrolled to."""
        if self._column.end < self._model.rowCount():
            self.rebuild()
        self.at_end = True
        self._column.lay_out()
        self._bar.setValue(self._bar.maximum())
        self.moved.emit()

    def to_row(self, row: int) -> Row:
        """Bring a row before the eye, wherever it is; newer ones follow when the person scrolls down."""
        column = self._column
        if not column.first <= row < column.end:
            self._build_around(row)
        column.lay_out()
        column.drop_spare()
        widget = column.alive[row - column.first].widget
        self.at_end = False
        self._bar.setValue(max(0, widget.y() - self._bar.pageStep() // 3))
        return widget

    def to_top(self) -> None:
        """The first row that the model has comes before the eye."""
        if self._column.first > 0:
            self._build_around(0)
        self._bar.setValue(0)

    # --- building

    def build(self) -> None:
        """Some of what is due, for a few milliseconds: the newest first, then what is above it."""
        column, count = self._column, self._model.rowCount()
        until = time.perf_counter() + _SLICE
        if Due.ANEW in self._due and not self.at_end and column.alive:
            self._rebuild_here()
            return
        if Due.ANEW in self._due or (column.alive and count - column.end > 3 * _BATCH):
            self._due = self._due & Due.BELOW | Due.ABOVE
            self._clear()
            column.first = count
        anchor, offset = self._anchor()
        if not column.alive:
            for row in range(max(0, count - _BATCH), count):
                self._append(row)
        while column.end < count and Due.BELOW in self._due and time.perf_counter() < until:
            self._append(column.end)
        if column.end == count:
            self._due &= ~Due.BELOW
            self._fill(max(0, count - ALIVE), until)
        column.trim(above=True)
        if anchor is not None:
            self._keep(anchor, offset)
        if self._due:
            self._pending.start(_SOON if Due.BELOW in self._due else 0)
        elif count:
            column.drop_spare()
        self.built.emit()

    def _fill(self, least: int, until: float) -> None:
        """Older rows, down to the model's row `least`."""
        column = self._column
        while Due.ABOVE in self._due and column.first > least and time.perf_counter() < until:
            self._insert_above(column.first - 1)
        if column.first <= least:
            self._due &= ~Due.ABOVE

    def _rebuild_here(self) -> None:
        """Anew, around the row that is before the eye."""
        column = self._column
        seen = next((one for one in column.alive if one.widget.y() + one.widget.height() > self._bar.value()), None)
        seen = seen or column.alive[-1]
        offset, row = seen.widget.y() - self._bar.value(), self._model.row_of(seen.entry.key)
        self._build_around(row)
        column.lay_out()
        column.drop_spare()
        if (place := row - column.first) < len(column.alive):
            self._bar.setValue(column.alive[place].widget.y() - offset)
        self.built.emit()

    def _build_around(self, row: int) -> None:
        """Alive are this row and its neighbours, however far that is from those that were; nothing more is due."""
        self._clear()
        self.at_end, self._due = False, Due.NOTHING
        first = self._column.first = max(0, row)
        for at in range(first, min(self._model.rowCount(), first + 2 * _BATCH)):
            self._append(at)
        for at in range(first - 1, max(-1, first - 1 - _BATCH), -1):
            self._insert_above(at)

    def _more_above(self) -> None:
        """A batch of older rows; the same rows stay in front of the eye."""
        column = self._column
        anchor = column.alive[0].widget
        offset = anchor.y() - self._bar.value()
        for row in range(column.first - 1, max(-1, column.first - 1 - _BATCH), -1):
            self._insert_above(row)
        column.trim(above=False)
        self._keep(anchor, offset)

    def _more_below(self) -> None:
        """A batch of newer rows, after scrolling back down; the same rows stay in front of the eye."""
        column = self._column
        anchor = column.alive[-1].widget
        offset = anchor.y() - self._bar.value()
        for row in range(column.end, min(self._model.rowCount(), column.end + _BATCH)):
            self._append(row)
        column.trim(above=True)
        self._keep(anchor, offset)

    def _anchor(self) -> tuple[Row | None, int]:
        """The row that whoever has scrolled up goes on seeing, and where it is to the eye."""
        if self.at_end or self._bar.value() <= 0:
            return None, 0
        self._column.settle()
        rows = (one.widget for one in self._column.alive)
        anchor = next((one for one in rows if one.y() >= self._bar.value()), None)
        return anchor, anchor.y() - self._bar.value() if anchor is not None else 0

    def _keep(self, anchor: Row, offset: int) -> None:
        self._column.lay_out()
        self._bar.setValue(anchor.y() - offset)

    def _append(self, row: int) -> None:
        self._column.append(row, self._model.entry(row))

    def _insert_above(self, row: int) -> None:
        self._column.insert_above(row, self._model.entry(row))

    def _clear(self) -> None:
        self._pending.stop()
        same, self._peer = self._peer == self._model.peer, self._model.peer
        self._column.clear(keep_cards=same)

    def _may(self) -> bool:
        """Whether a row may be built at once: so many in a tenth of a second; beyond that they come together."""
        now = time.perf_counter()
        if now - self._refilled > 0.1:
            self._refilled, self._budget = now, _BATCH
        self._budget -= 1
        return self._budget >= 0

    # --- what the model and the scroll bar tell

    def _inserted(self, parent: _Index, first: int, last: int) -> None:
        column = self._column
        if first == 0 and column.alive and last < self._model.rowCount() - 1:
            # Older ones, above what is shown.
            column.first += last - first + 1
            if self._bar.value() < _NEAR and not self._due & (Due.ABOVE | Due.BELOW):
                self._more_above()
        elif first >= column.end:
            self._inserted_behind(last)
        elif first >= column.first and first == last:
            self._inserted_between(first)
        elif first <= column.first:
            column.first += last - first + 1

    def _inserted_behind(self, last: int) -> None:
        column = self._column
        if column.alive and not self.at_end:
            if self._model.entry(last).out:
                self.to_end()  # one's own is always brought into sight
            else:
                self.moved.emit()
            return
        if not column.alive:
            column.first = last + 1
            self._due |= Due.ABOVE
        self._due |= Due.BELOW
        if self._pending.isActive():
            return
        if last + 1 - column.end <= _BATCH and self._may():
            self.build()
        else:
            self._pending.start(_SOON)

    def _inserted_between(self, row: int) -> None:
        if Due.ANEW in self._due or not self._may():
            self._due |= Due.ANEW | Due.ABOVE
            if not self._pending.isActive():
                self._pending.start(_SOON)
            return
        self._column.insert_between(row - self._column.first, self._model.entry(row))
        self._column.trim(above=self.at_end)
        self.moved.emit()

    def _range_changed(self, least: int, most: int) -> None:
        if self.at_end:
            self._bar.setValue(most)

    def _scrolled(self, value: int) -> None:
        column, bar = self._column, self._bar
        behind = column.end < self._model.rowCount() and Due.BELOW not in self._due
        # Rows that are to be made anew say nothing of what is behind them: until then, who was at the end stays there.
        at_end = self.at_end if Due.ANEW in self._due else not behind
        self.at_end = value >= bar.maximum() - _END and at_end
        self.moved.emit()
        if self._due & (Due.ABOVE | Due.BELOW) or bar.maximum() <= 0:
            return
        if value < _NEAR and column.first > 0:
            self._more_above()
        elif value < _NEAR and self._model.more:
            self.older.emit()
        elif behind and value >= bar.maximum() - _NEAR:
            self._more_below()
