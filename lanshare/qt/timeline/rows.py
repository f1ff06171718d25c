"""The rows of a conversation that are alive: real widgets, one below the other, with a label where a day begins.

They stand for the model's rows `first` to `end`, without a gap. Which ones these are is decided in timeline_builder;
here they are made, put in and taken out. Cards are kept for a moment when they are taken out (`_spare`): one that comes
back is the same object, with a finger on its button.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Final, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from lanshare.qt import formatting
from lanshare.qt.models.timeline import Entry
from lanshare.qt.timeline.bubble import Bubble
from lanshare.qt.timeline.card import Card
from lanshare.qt.timeline.system_message import SystemMessage
from lanshare.qt.widgets.labels import plain

ALIVE: Final = 200
"""Rows kept alive: 150 take 80 MB and 1.1 ms a frame, 1,000 take twice that."""

Row = Bubble | Card | SystemMessage


class Live(NamedTuple):
    """A row that is alive, and the label of its day if it is the first one of it."""

    entry: Entry
    widget: Row
    day: QLabel | None


class RowColumn(QWidget):
    """The column of rows: a list, to those who hear. Signal: orphaned(), before a row that has the focus goes."""

    SPOKEN_AS = QAccessible.Role.List
    orphaned = Signal()

    def __init__(self, make: Callable[[Entry], Row]) -> None:
        """`make`: a new row, with its signals connected."""
        super().__init__()
        self.setObjectName("timeline")
        self.setAccessibleName(formatting.tr("Conversation"))
        self.alive: list[Live] = []
        self.first = 0
        """The model's row of the first one alive."""

        self._make_new = make
        self._width = 0
        self._spare: dict[str, Card] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(22, 16, 22, 12)
        self._column.setSpacing(4)
        self._column.addStretch(1)

    @property
    def end(self) -> int:
        """The model's row behind the last one alive."""
        return self.first + len(self.alive)

    def place_of(self, key: str) -> int:
        """Where the row of this key is among those alive, -1 if it is not."""
        return next((at for at, one in enumerate(self.alive) if one.entry.key == key), -1)

    def lay_out(self) -> None:
        """Give all rows their places now, instead of at the next turn of the event loop."""
        self._column.activate()
        self.adjustSize()

    def settle(self) -> None:
        """The same, but for the column's own size."""
        self._column.activate()

    def fit(self, width: int) -> None:
        """So many pixels are there for a row."""
        self._width = width - 44
        for one in self.alive:
            one.widget.fit(self._width)

    def turn_page(self) -> None:
        """After midnight, "Today" is yesterday."""
        for entry, _, day in self.alive:
            if day is not None:
                day.setText(formatting.day(entry.at))

    # --- putting in

    def append(self, row: int, entry: Entry) -> None:
        """The model's row behind those alive; any other one is passed over."""
        if not self.alive:
            self.first = row
        elif row != self.end:
            return
        previous = self.alive[-1].entry if self.alive else None
        widget = self._make(entry)
        day = _day(entry, previous)
        if day is not None:
            self._column.addWidget(day)
        elif previous is not None and (previous.out != entry.out or previous.transfer or entry.transfer):
            widget.setContentsMargins(0, 6, 0, 0)
        self._column.addWidget(widget)
        widget.show()  # the layout passes over what is not shown yet
        self.alive.append(Live(entry, widget, day))

    def insert_above(self, row: int, entry: Entry) -> None:
        """The model's row above those alive; any other one is passed over."""
        if row != self.first - 1:
            return
        if self.alive and self.alive[0].day is not None and _same_day(entry.at, self.alive[0].entry.at):
            top = self.alive[0]
            self._drop(top.day)
            self.alive[0] = top._replace(day=None)
        widget = self._make(entry)
        day = _day(entry, None)
        self._column.insertWidget(1, widget)
        widget.show()
        if day is not None:
            self._column.insertWidget(1, day)
            day.show()
        self.alive.insert(0, Live(entry, widget, day))
        self.first = row

    def insert_between(self, place: int, entry: Entry) -> None:
        """One that came late, before the one that is at this place among those alive."""
        widget = self._make(entry)
        behind = self.alive[place]
        self._column.insertWidget(self._column.indexOf(behind.day if behind.day is not None else behind.widget), widget)
        widget.show()
        self.alive.insert(place, Live(entry, widget, None))
        for at in (place, place + 1):
            self._set_day(at)

    # --- taking out

    def take_out(self, place: int) -> None:
        """One that is no more."""
        gone = self.alive.pop(place)
        self._drop(gone.widget, gone.day)
        self._set_day(place)

    def trim(self, above: bool) -> None:
        """Let go of rows at one end, until there are no more than may be alive."""
        while len(self.alive) > ALIVE:
            gone = self.alive.pop(0 if above else -1)
            self.first += int(above)
            self._drop(gone.widget, gone.day)

    def clear(self, keep_cards: bool) -> None:
        """All go. `keep_cards`: they may come back in a moment; else those that were kept go as well."""
        if not keep_cards:
            spare, self._spare = self._spare, {}
            self._drop(*spare.values())
        for entry, row, day in self.alive:
            if isinstance(row, Card) and keep_cards:
                self._column.removeWidget(row)
                self._spare[entry.key] = row
                self._drop(day)
            else:
                self._drop(row, day)
        self.alive = []

    def drop_spare(self) -> None:
        """Let go of cards that did not come back; of one that is pressed only once it is let go."""
        for key in [key for key, card in self._spare.items() if not card.pressed()]:
            self._drop(self._spare.pop(key))

    # --- inside

    def _make(self, entry: Entry) -> Row:
        spare = self._spare.pop(entry.key, None) if entry.transfer is not None else None
        if spare is not None:
            spare.fit(self._width)
            spare.refresh()
            return spare
        widget = self._make_new(entry)
        widget.fit(self._width)
        return widget

    def _set_day(self, place: int) -> None:
        """Above this row its day, if it is another one than above."""
        if not 0 <= place < len(self.alive):
            return
        one = self.alive[place]
        self._drop(one.day)
        day = _day(one.entry, self.alive[place - 1].entry if place else None)
        if day is not None:
            self._column.insertWidget(self._column.indexOf(one.widget), day)
            day.show()
        self.alive[place] = one._replace(day=day)

    def _drop(self, *widgets: QWidget | None) -> None:
        focused = QApplication.focusWidget()
        for widget in widgets:
            if widget is not None:
                if focused is not None and (focused is widget or widget.isAncestorOf(focused)):
                    # Not whatever comes next in the window, which a key would press then.
                    self.orphaned.emit()
                self._column.removeWidget(widget)
                widget.hide()
                widget.deleteLater()


def _day(entry: Entry, previous: Entry | None) -> QLabel | None:
    """The label of its day, if it is another one than that of the row above."""
    if previous is not None and _same_day(entry.at, previous.at):
        return None
    label = plain(formatting.day(entry.at), "day")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setContentsMargins(0, 10, 0, 6)
    return label


def _same_day(one: datetime.datetime, other: datetime.datetime) -> bool:
    return one.astimezone().date() == other.astimezone().date()
