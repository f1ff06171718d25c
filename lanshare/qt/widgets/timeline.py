"""The conversation: real widgets in a scroll area, so that text can be selected and read aloud, buttons pressed.

At most a window of rows is alive; older ones are asked for when the person scrolls up.
Signals: older(); seen(object) with the entries that came before the person's eyes; link(str); wants(str, object) and
jump(str) of its bubbles; and those of its cards.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPropertyAnimation,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAccessible, QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsOpacityEffect, QLabel, QScrollArea, QVBoxLayout, QWidget

from lanshare.qt import formatting
from lanshare.qt.formatting import tr
from lanshare.qt.models.timeline import Entry, TimelineModel
from lanshare.qt.models.transfers import TransferBook
from lanshare.qt.theme.style import em
from lanshare.qt.widgets.bubble import Bubble, SystemMessage
from lanshare.qt.widgets.card import Card
from lanshare.qt.widgets.downbutton import DownButton
from lanshare.qt.widgets.labels import plain

ALIVE: Final = 200
"""Rows kept alive: 150 take 80 MB and 1.1 ms a frame, 1,000 take twice that."""

_BATCH: Final = 8
"""Rows built in one turn of the event loop: what is typed meanwhile waits no longer than that."""

_SOON: Final = 60
"""Milliseconds between two turns of building while more comes in than is built."""

_SLICE: Final = 0.008
"""Seconds of one turn of building."""

_LOOK: Final = 100
"""Milliseconds that a row is before the eye until it counts as seen: what only flies past was not."""

_NEAR: Final = 200
"""Pixels to an end of what is alive, within which more is brought there."""

_PEEP: Final = 8
"""Pixels of a row that have to be in view."""

_STEPS: Final[dict[int, int]] = {
    Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10,
}
_COMMANDS: Final = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)

_Index = QModelIndex | QPersistentModelIndex
_Row = Bubble | Card | SystemMessage


class _Rows(QWidget):
    """What holds the rows: a list, to those who hear."""

    SPOKEN_AS = QAccessible.Role.List


class Timeline(QScrollArea):
    """Shows a TimelineModel."""

    older = Signal()
    seen = Signal(object)
    link = Signal(str)
    jump = Signal(str)
    wants = Signal(str, object)
    act = Signal(object)
    save_to = Signal(str)
    open_path = Signal(str)
    show_path = Signal(str)
    listed = Signal(str, object)
    typed = Signal(str)

    def __init__(self, model: TimelineModel, book: TransferBook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._book = book
        self._name = ""
        self.setObjectName("scroll")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Conversation"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._inside = _Rows()
        self._inside.setObjectName("timeline")
        self._inside.setAccessibleName(tr("Conversation"))
        self._ring = QFrame(self._inside)
        self._ring.setObjectName("ring")
        self._ring.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._ring.hide()
        self._current = ""
        """The key of the row that arrows have led to."""

        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(22, 16, 22, 12)
        self._column.setSpacing(4)
        self._column.addStretch(1)
        self.setWidget(self._inside)
        self._rows: list[tuple[Entry, _Row, QLabel | None]] = []
        self._first = 0
        self._at_end = True
        self._pending = QTimer(self)
        self._pending.setSingleShot(True)
        self._pending.setInterval(0)
        self._pending.timeout.connect(self._build_more)
        self._looking = QTimer(self)
        self._looking.setSingleShot(True)
        self._looking.setInterval(_LOOK)
        self._looking.timeout.connect(self.look)
        self.down = DownButton(self.viewport())
        self.down.clicked.connect(self.to_end)
        self._orphan = False
        """The row that had the focus was taken out."""

        self._peer = model.peer
        self._today = datetime.datetime.now().astimezone().date()
        self._spare: dict[str, Card] = {}
        """Cards that were taken out, by their keys, until it is clear whether they come back."""

        self._following = False
        self._filling = False
        self._stale = False
        self._refilled, self._budget = 0.0, 0
        model.modelReset.connect(self.rebuild)
        model.rowsInserted.connect(self._inserted)
        model.dataChanged.connect(self._changed)
        model.rowsRemoved.connect(self._removed)
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._range_changed)
        bar.valueChanged.connect(self._scrolled)

    # --- by key: the conversation is one stop of Tab, arrows lead through its rows

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._go_to(self._place_of_current())

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab leaves the conversation from whatever row it is in."""
        if self.down.hasFocus() and not forward:
            self._go_to(self._place_of_current())
            return True
        one = self.nextInFocusChain() if forward else self.previousInFocusChain()
        while one is not None and one is not self:
            tabbed = bool(one.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
            if tabbed and one.isEnabled() and one.isVisible() and one.window() is self.window():
                reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
                one.setFocus(reason)
                return True
            one = one.nextInFocusChain() if forward else one.previousInFocusChain()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        place, key = self._place_of_current(), event.key()
        if key in _STEPS or key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move(key)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Menu) and self._rows:
            self._rows[place][1].enter()
        elif event.matches(QKeySequence.StandardKey.Copy) and self._rows:
            self._rows[place][1].copy()
        elif event.text().isprintable() and event.text().strip() and not event.modifiers() & _COMMANDS:
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def _move(self, key: int) -> None:
        place = self._place_of_current()
        if key == Qt.Key.Key_Home:
            if self._first > 0:
                self._build_around(0)
            self.verticalScrollBar().setValue(0)
            place = 0
        elif key == Qt.Key.Key_End:
            self.to_end()
            place = len(self._rows) - 1
        else:
            place += _STEPS[key]
        if place < 0 and (self._first > 0 or self._model.more):
            self.verticalScrollBar().setValue(0)  # older rows are on their way, above this one
        self._go_to(max(0, min(len(self._rows) - 1, place)))

    def _place_of_current(self) -> int:
        found = next((at for at, (entry, _, _) in enumerate(self._rows) if entry.key == self._current), -1)
        return found if found >= 0 else len(self._rows) - 1

    def _go_to(self, place: int) -> None:
        if not 0 <= place < len(self._rows):
            return
        entry, row, _ = self._rows[place]
        self._current = entry.key
        row.setFocus(Qt.FocusReason.OtherFocusReason)
        self.ensureWidgetVisible(row, 0, em(12))

    def _focus_moved(self, before: QWidget | None, now: QWidget | None) -> None:
        row = now
        while row is not None and not isinstance(row, Bubble | Card | SystemMessage):
            row = row.parentWidget()
        place = next((at for at, (_, one, _) in enumerate(self._rows) if one is row), -1) if row is not None else -1
        if place >= 0:
            self._current = self._rows[place][0].key
        self._show_ring()

    def _show_ring(self) -> None:
        """Around the row that has the focus; it is seen wherever a key would do something."""
        row = next((one for _, one, _ in self._rows if one.hasFocus()), None)
        self._ring.setVisible(row is not None or (self.hasFocus() and not self._rows))
        if row is None:
            self._ring.setGeometry(self._inside.rect().adjusted(4, 4, -4, -4))
        if row is not None:
            box = QRect(row.frame.mapTo(self._inside, QPoint(0, 0)), row.frame.size())
            self._ring.setGeometry(box.adjusted(-3, -3, 3, 3))
            self._ring.raise_()

    def minimumSizeHint(self) -> QSize:
        """Hardly anything: what stands around it is never squeezed for it."""
        return QSize(0, em(40))

    def look(self) -> None:
        """Whatever is before the person's eyes now was seen."""
        self._looking.stop()
        window = self.window()
        handle = window.windowHandle()
        if not window.isActiveWindow() or not self.isVisible() or (handle is not None and not handle.isExposed()):
            return
        top = self.verticalScrollBar().value()
        bottom = top + self.viewport().height()
        found = [
            entry
            for entry, row, _ in self._rows
            if entry.unseen and row.height() > 0 and row.y() < bottom - _PEEP and row.y() + row.height() > top + _PEEP
        ]
        for entry in found:
            entry.unseen = False
        self._show_down()
        self._turn_page()
        if found:
            self.seen.emit(found)

    def look_soon(self) -> None:
        """Something may have come into view."""
        if not self._looking.isActive():
            self._looking.start()

    def to_end(self) -> None:
        """The newest comes into view, wherever the person had scrolled to."""
        if self._end() < self._model.rowCount():
            self.rebuild()
        self._at_end = True
        self._column.activate()
        self._inside.adjustSize()
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        self._show_down()
        self.look_soon()

    def _show_down(self) -> None:
        below = sum(self._model.entry(row).unseen for row in range(self._first, self._model.rowCount()))
        bar = self.verticalScrollBar()
        self.down.tell(below, not self._at_end and bar.maximum() - bar.value() > 8)

    def set_name(self, name: str) -> None:
        """What the peer is called on its cards."""
        self._name = name

    def rebuild(self) -> None:
        """Start anew: another conversation, or another appearance."""
        self._clear()
        self._at_end = True
        count = self._model.rowCount()
        self._first = count
        self._stale, self._filling = False, True
        self._build_more()

    def dress(self) -> None:
        """Take the colours and the letters in force."""
        for card in self.findChildren(Card):
            card.dress()
        self.rebuild()

    def reveal(self, row: int) -> None:
        """Bring a row before the eye, wherever it is; newer ones follow when the person scrolls down."""
        if not self._first <= row < self._end():
            self._build_around(row)
        self._column.activate()
        self._inside.adjustSize()
        self._tidy_spare()
        widget = self._rows[row - self._first][1]
        self._at_end = False
        self.verticalScrollBar().setValue(max(0, widget.y() - self.viewport().height() // 3))
        self.flash(widget)

    def _build_around(self, row: int) -> None:
        """Rows alive are this one and its neighbours, however far that is from those that were."""
        self._clear()
        self._at_end = self._stale = self._filling = False
        self._first = max(0, row)
        for at in range(self._first, min(self._model.rowCount(), self._first + 2 * _BATCH)):
            self._append(at)
        for at in range(self._first - 1, max(-1, self._first - 1 - _BATCH), -1):
            self._insert_above(at)

    def flash(self, widget: QWidget) -> None:
        """Show for a moment which one is meant."""
        effect = QGraphicsOpacityEffect(widget)
        widget.setGraphicsEffect(effect)
        motion = QPropertyAnimation(effect, b"opacity", widget)
        motion.setDuration(900)
        for at, value in ((0.0, 1.0), (0.25, 0.35), (0.5, 1.0), (0.75, 0.35), (1.0, 1.0)):
            motion.setKeyValueAt(at, value)
        motion.finished.connect(lambda: widget.setGraphicsEffect(None))  # type: ignore[arg-type]
        motion.start(QPropertyAnimation.DeletionPolicy.DeleteWhenStopped)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self._width()
        for _, row, _day in self._rows:
            row.fit(width)
        self.down.place()
        self.look_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look_soon()

    # --- inside

    def _clear(self) -> None:
        """Take all rows out. Cards are put by: they are the same objects when they come back, with a finger on them."""
        self._pending.stop()
        other = self._peer != self._model.peer
        if other:
            self._peer = self._model.peer
            self._forget_spare()
        for entry, row, day in self._rows:
            if isinstance(row, Card) and not other:
                self._column.removeWidget(row)
                self._spare[entry.key] = row
                self._drop(day)
            else:
                self._drop(row, day)
        self._rows = []

    def _forget_spare(self) -> None:
        spare, self._spare = self._spare, {}
        self._drop(*spare.values())

    def _tidy_spare(self) -> None:
        """Let go of cards that did not come back; of one that is pressed only once it is let go."""
        for key in [key for key, card in self._spare.items() if not card.pressed()]:
            self._drop(self._spare.pop(key))

    def _drop(self, *widgets: QWidget | None) -> None:
        focused = QApplication.focusWidget()
        for widget in widgets:
            if widget is not None:
                if focused is not None and (focused is widget or widget.isAncestorOf(focused)):
                    # Not whatever comes next in the window, which a key would press then.
                    self._orphan = True
                    self.setFocus(Qt.FocusReason.OtherFocusReason)
                self._column.removeWidget(widget)
                widget.hide()
                widget.deleteLater()

    def _adopt(self, beside: int = -1) -> None:
        """The row that had the focus has it again once it is there anew; if it is gone for good, its neighbour."""
        if not self._orphan or not self.hasFocus():
            self._orphan = False
            return
        place = next((at for at, (entry, _, _) in enumerate(self._rows) if entry.key == self._current), -1)
        if place < 0 and (self._following or self._filling or not self._rows):
            return
        self._orphan = False
        place = place if place >= 0 else min(beside, len(self._rows) - 1) if beside >= 0 else len(self._rows) - 1
        self._current = self._rows[place][0].key
        self._rows[place][1].setFocus(Qt.FocusReason.OtherFocusReason)

    def _width(self) -> int:
        return self.viewport().width() - 44

    def _inserted(self, parent: _Index, first: int, last: int) -> None:
        if first == 0 and self._rows and last < self._model.rowCount() - 1:
            # Older ones, above what is shown.
            self._first += last - first + 1
            if self.verticalScrollBar().value() < _NEAR and not (self._filling or self._following):
                self._more_above()
            return
        if first >= self._end() and not self._at_end and self._rows:
            newest = self._model.entry(last)
            if newest.out:
                self.to_end()  # one's own is always brought into sight
            else:
                self._show_down()
            return
        if first >= self._end():
            if self._at_end or not self._rows:
                if not self._rows:
                    self._first, self._filling = last + 1, True
                self._following = True
                if not self._pending.isActive():
                    if last + 1 - self._end() <= _BATCH and self._may():
                        self._build_more()
                    else:
                        self._pending.start(_SOON)
            return
        place = first - self._first
        if first == last and 0 <= place < len(self._rows):
            if self._stale or not self._may():
                self._stale = self._filling = True
                if not self._pending.isActive():
                    self._pending.start(_SOON)
                return
            self._insert_between(place, first)
            self._show_down()
        elif first <= self._first:
            self._first += last - first + 1

    def _insert_between(self, place: int, row: int) -> None:
        """One that came late: in its place among those that are seen."""
        entry = self._model.entry(row)
        widget = self._make(entry)
        _, next_row, next_day = self._rows[place]
        self._column.insertWidget(self._column.indexOf(next_day if next_day is not None else next_row), widget)
        widget.show()
        self._rows.insert(place, (entry, widget, None))
        for at in (place, place + 1):
            self._set_day(at)
        self._trim(above=self._at_end)

    def _set_day(self, place: int) -> None:
        """Above this row its day, if it is another one than above."""
        if not 0 <= place < len(self._rows):
            return
        entry, widget, old = self._rows[place]
        self._drop(old)
        day = self._day(entry, self._rows[place - 1][0] if place else None)
        if day is not None:
            self._column.insertWidget(self._column.indexOf(widget), day)
            day.show()
        self._rows[place] = (entry, widget, day)

    def _removed(self, parent: _Index, first: int, last: int) -> None:
        for _ in range(first, last + 1):
            place = first - self._first
            if 0 <= place < len(self._rows):
                _, widget, day = self._rows.pop(place)
                self._drop(widget, day)
                self._set_day(place)
                self._adopt(beside=place)
            elif place < 0:
                self._first -= 1

    def _end(self) -> int:
        """The model's row behind the last one alive."""
        return self._first + len(self._rows)

    def _build_more(self) -> None:
        """Some of what is to be alive, for a few milliseconds: the newest first, then what is above it."""
        count = self._model.rowCount()
        until = time.perf_counter() + _SLICE
        if self._stale and not self._at_end and self._rows:
            self._rebuild_here()
            return
        if self._stale or (self._rows and count - self._end() > 3 * _BATCH):
            self._stale, self._filling = False, True
            self._clear()
            self._first = count
        bar = self.verticalScrollBar()
        anchor, before = None, 0
        if not self._at_end and bar.value() > 0:
            # Whoever has scrolled up meanwhile goes on seeing the same, whatever is built above it.
            self._column.activate()
            anchor = next((one for _, one, _ in self._rows if one.y() >= bar.value()), None)
            before = anchor.y() - bar.value() if anchor is not None else 0
        if not self._rows:
            for row in range(max(0, count - _BATCH), count):
                self._append(row)
        while self._end() < count and self._following and time.perf_counter() < until:
            self._append(self._end())
        if self._end() == count:
            self._following = False
            least = max(0, count - ALIVE)
            while self._filling and self._first > least and time.perf_counter() < until:
                self._insert_above(self._first - 1)
            self._filling = self._filling and self._first > least
        self._trim(above=True)
        if anchor is not None:
            self._column.activate()
            self._inside.adjustSize()
            bar.setValue(anchor.y() - before)
        self.look_soon()
        if self._following or self._filling:
            self._pending.start(_SOON if self._following else 0)
        elif count:
            self._tidy_spare()
        self._adopt()

    def _rebuild_here(self) -> None:
        """So much came between the rows alive that they are made anew: around the one that is before the eye."""
        at_end = self._at_end
        bar = self.verticalScrollBar()
        at = next((one for one in self._rows if one[1].y() + one[1].height() > bar.value()), self._rows[-1])
        offset, row = at[1].y() - bar.value(), self._model.row_of(at[0].key)
        self._build_around(row)
        self._at_end = at_end
        self._column.activate()
        self._inside.adjustSize()
        self._tidy_spare()
        self._adopt()
        if (place := row - self._first) < len(self._rows):
            bar.setValue(self._rows[place][1].y() - offset)
        self._show_down()

    def _may(self) -> bool:
        """Whether a row may be built at once: so many in a tenth of a second; beyond that they come together."""
        now = time.perf_counter()
        if now - self._refilled > 0.1:
            self._refilled, self._budget = now, _BATCH
        self._budget -= 1
        return self._budget >= 0

    def _more_above(self) -> None:
        """A batch of older rows; the same rows stay in front of the eye."""
        older = range(self._first - 1, max(-1, self._first - 1 - _BATCH), -1)
        self._keeping_place(self._rows[0][1], older, self._insert_above, trim_above=False)

    def _more_below(self) -> None:
        """A batch of newer rows, after scrolling back down."""
        newer = range(self._end(), min(self._model.rowCount(), self._end() + _BATCH))
        self._keeping_place(self._rows[-1][1], newer, self._append, trim_above=True)

    def _keeping_place(self, anchor: _Row, rows: range, add: Callable[[int], None], trim_above: bool) -> None:
        """Add rows at one end and let go of others at the far end, while `anchor` stays where it is to the eye."""
        bar = self.verticalScrollBar()
        before = anchor.y() - bar.value()
        for row in rows:
            add(row)
        self._trim(above=trim_above)
        self._column.activate()
        self._inside.adjustSize()
        bar.setValue(anchor.y() - before)

    def _trim(self, above: bool) -> None:
        """Let go of rows at the far end."""
        while len(self._rows) > ALIVE:
            _, row, day = self._rows.pop(0 if above else -1)
            self._first += int(above)
            self._drop(row, day)

    def _append(self, row: int) -> None:
        if not self._rows:
            self._first = row
        elif row != self._end():
            return
        entry = self._model.entry(row)
        previous = self._rows[-1][0] if self._rows else None
        widget = self._make(entry)
        day = self._day(entry, previous)
        if day is not None:
            self._column.addWidget(day)
        elif previous is not None and (previous.out != entry.out or previous.transfer or entry.transfer):
            widget.setContentsMargins(0, 6, 0, 0)
        self._column.addWidget(widget)
        widget.show()  # the layout passes over what is not shown yet
        self._rows.append((entry, widget, day))

    def _insert_above(self, row: int) -> None:
        if row != self._first - 1:
            return
        entry = self._model.entry(row)
        if self._rows and self._rows[0][2] is not None and _same_day(entry.at, self._rows[0][0].at):
            first_entry, first_widget, label = self._rows[0]
            assert label is not None
            self._column.removeWidget(label)
            label.deleteLater()
            self._rows[0] = (first_entry, first_widget, None)
        widget = self._make(entry)
        day = self._day(entry, None)
        self._column.insertWidget(1, widget)
        widget.show()
        if day is not None:
            self._column.insertWidget(1, day)
            day.show()
        self._rows.insert(0, (entry, widget, day))
        self._first = row

    def _day(self, entry: Entry, previous: Entry | None) -> QLabel | None:
        if previous is not None and _same_day(entry.at, previous.at):
            return None
        label = plain(formatting.day(entry.at), "day")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setContentsMargins(0, 10, 0, 6)
        return label

    def _turn_page(self) -> None:
        """After midnight, "Today" is yesterday."""
        today = datetime.datetime.now().astimezone().date()
        if today != self._today:
            self._today = today
            for entry, _, day in self._rows:
                if day is not None:
                    day.setText(formatting.day(entry.at))

    def _make(self, entry: Entry) -> _Row:
        widget: _Row
        if entry.transfer is not None and (spare := self._spare.pop(entry.key, None)) is not None:
            spare.fit(self._width())
            spare.refresh()
            return spare
        if entry.transfer is not None:
            card = Card(self._book.views[entry.transfer], self._name, self._inside)
            card.released.connect(self._released)
            card.moved.connect(self._move)
            for name in ("act", "save_to", "open_path", "show_path", "listed"):
                getattr(card, name).connect(getattr(self, name))
            widget = card
        elif entry.tells:
            widget = SystemMessage(entry, self._inside)
        else:
            bubble = Bubble(entry, self._name, self._inside)
            for name in ("link", "jump", "wants"):
                getattr(bubble, name).connect(getattr(self, name))
            widget = bubble
        widget.fit(self._width())
        return widget

    def _released(self) -> None:
        if self._spare and not (self._following or self._filling):
            QTimer.singleShot(0, self, self._tidy_spare)
        self.look_soon()

    def _changed(self, top: QModelIndex, bottom: QModelIndex) -> None:
        for row in range(top.row(), bottom.row() + 1):
            place = row - self._first
            if 0 <= place < len(self._rows):
                self._rows[place][1].refresh()
        self.look_soon()

    def _range_changed(self, least: int, most: int) -> None:
        if self._at_end:
            self.verticalScrollBar().setValue(most)
        self._show_ring()
        self.look_soon()

    def _scrolled(self, value: int) -> None:
        bar = self.verticalScrollBar()
        behind = self._end() < self._model.rowCount() and not self._following
        # Rows that are to be made anew say nothing of what is behind them: until then, who was at the end stays there.
        at_end = self._at_end if self._stale else not behind
        self._at_end = value >= bar.maximum() - 8 and at_end
        self._show_down()
        self.look_soon()
        if self._following or self._filling or bar.maximum() <= 0:
            return
        if value < _NEAR and self._first > 0:
            self._more_above()
        elif value < _NEAR and self._model.more:
            self.older.emit()
        elif behind and value >= bar.maximum() - _NEAR:
            self._more_below()


def _same_day(one: datetime.datetime, other: datetime.datetime) -> bool:
    return one.astimezone().date() == other.astimezone().date()
