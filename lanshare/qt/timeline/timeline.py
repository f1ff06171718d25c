"""The conversation: real widgets in a scroll area, so that text can be selected and read aloud, buttons pressed.

Here is what a person does with it: keys, scrolling, seeing. timeline_rows has the rows that are alive, timeline_builder
decides which those are, timeline_focus which of them has the focus.
Signals: older(); seen(object) with the entries that came before the person's eyes; link(str); wants(str, object) and
jump(str) of its bubbles; and those of its cards.
"""

from __future__ import annotations

import datetime
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPropertyAnimation, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGraphicsOpacityEffect, QScrollArea, QWidget

from lanshare.qt.formatting import tr
from lanshare.qt.models.timeline import Entry, TimelineModel
from lanshare.qt.models.transfers import TransferBook
from lanshare.qt.theme.style import em
from lanshare.qt.timeline.bubble import Bubble
from lanshare.qt.timeline.builder import RowBuilder
from lanshare.qt.timeline.card import Card
from lanshare.qt.timeline.downbutton import DownButton
from lanshare.qt.timeline.focus import RowFocus
from lanshare.qt.timeline.rows import Live, Row, RowColumn
from lanshare.qt.timeline.system_message import SystemMessage

_LOOK: Final = 100
"""Milliseconds that a row is before the eye until it counts as seen: what only flies past was not."""

_PEEP: Final = 8
"""Pixels of a row that have to be in view."""

_STEPS: Final[dict[int, int]] = {
    Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10,
}
_COMMANDS: Final = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)

_Index = QModelIndex | QPersistentModelIndex


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
        self._model, self._book = model, book
        self._name = ""
        self._today = datetime.datetime.now().astimezone().date()
        self.setObjectName("scroll")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Conversation"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.column = RowColumn(self._make)
        self.setWidget(self.column)
        self.focus = RowFocus(self, self.column)
        self.builder = RowBuilder(model, self.column, self)
        self.builder.built.connect(self._built)
        self.builder.moved.connect(self._seen_anew)
        self.builder.older.connect(self.older)
        self.down = DownButton(self.viewport())
        self.down.clicked.connect(self.to_end)
        self._looking = QTimer(self)
        self._looking.setSingleShot(True)
        self._looking.setInterval(_LOOK)
        self._looking.timeout.connect(self.look)
        model.dataChanged.connect(self._changed)
        model.rowsRemoved.connect(self._removed)
        self.verticalScrollBar().rangeChanged.connect(self._range_changed)
        self.column.fit(self.viewport().width())

    @property
    def rows(self) -> list[Live]:
        """The rows that are alive, from the top."""
        return self.column.alive

    def minimumSizeHint(self) -> QSize:
        """Hardly anything: what stands around it is never squeezed for it."""
        return QSize(0, em(40))

    # --- by key: the conversation is one stop of Tab, arrows lead through its rows

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.focus.go_to(self.focus.place())

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab leaves the conversation from whatever row it is in."""
        if self.down.hasFocus() and not forward:
            self.focus.go_to(self.focus.place())
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
        place, key = self.focus.place(), event.key()
        if key in _STEPS or key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move(key)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Menu) and self.rows:
            self.rows[place].widget.enter()
        elif event.matches(QKeySequence.StandardKey.Copy) and self.rows:
            self.rows[place].widget.copy()
        elif event.text().isprintable() and event.text().strip() and not event.modifiers() & _COMMANDS:
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def _move(self, key: int) -> None:
        place = self.focus.place()
        if key == Qt.Key.Key_Home:
            self.builder.to_top()
            place = 0
        elif key == Qt.Key.Key_End:
            self.to_end()
            place = len(self.rows) - 1
        else:
            place += _STEPS[key]
        if place < 0 and (self.column.first > 0 or self._model.more):
            self.verticalScrollBar().setValue(0)  # older rows are on their way, above this one
        self.focus.go_to(max(0, min(len(self.rows) - 1, place)))

    # --- seeing

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
            for entry, row, _ in self.rows
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
        self.builder.to_end()

    def reveal(self, row: int) -> None:
        """Bring a row of the model before the eye, wherever it is, and show for a moment which one is meant."""
        widget = self.builder.to_row(row)
        effect = QGraphicsOpacityEffect(widget)
        widget.setGraphicsEffect(effect)
        motion = QPropertyAnimation(effect, b"opacity", widget)
        motion.setDuration(900)
        for at, value in ((0.0, 1.0), (0.25, 0.35), (0.5, 1.0), (0.75, 0.35), (1.0, 1.0)):
            motion.setKeyValueAt(at, value)
        motion.finished.connect(lambda: widget.setGraphicsEffect(None))  # type: ignore[arg-type]
        motion.start(QPropertyAnimation.DeletionPolicy.DeleteWhenStopped)

    def set_name(self, name: str) -> None:
        """What the peer is called on its cards."""
        self._name = name

    def dress(self) -> None:
        """Take the colours and the letters in force."""
        for card in self.findChildren(Card):
            card.dress()
        self.builder.rebuild()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.column.fit(self.viewport().width())
        self.down.place()
        self.look_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look_soon()

    # --- inside

    def _show_down(self) -> None:
        below = sum(self._model.entry(row).unseen for row in range(self.column.first, self._model.rowCount()))
        bar = self.verticalScrollBar()
        self.down.tell(below, not self.builder.at_end and bar.maximum() - bar.value() > 8)

    def _turn_page(self) -> None:
        today = datetime.datetime.now().astimezone().date()
        if today != self._today:
            self._today = today
            self.column.turn_page()

    def _seen_anew(self) -> None:
        self._show_down()
        self.look_soon()

    def _built(self) -> None:
        self._seen_anew()
        self.focus.adopt(self.builder.busy)

    def _removed(self, parent: _Index, first: int, last: int) -> None:
        for _ in range(first, last + 1):
            place = first - self.column.first
            if 0 <= place < len(self.rows):
                self.column.take_out(place)
                self.focus.adopt(self.builder.busy, beside=place)
            elif place < 0:
                self.column.first -= 1

    def _changed(self, top: QModelIndex, bottom: QModelIndex) -> None:
        for row in range(top.row(), bottom.row() + 1):
            place = row - self.column.first
            if 0 <= place < len(self.rows):
                self.rows[place].widget.refresh()
        self.look_soon()

    def _range_changed(self, least: int, most: int) -> None:
        self.focus.show_ring()
        self.look_soon()

    def _make(self, entry: Entry) -> Row:
        """The row of an entry, its signals connected to ours."""
        if entry.transfer is not None:
            card = Card(self._book.views[entry.transfer], self._name, self.column)
            card.released.connect(self._released)
            card.moved.connect(self._move)
            for name in ("act", "save_to", "open_path", "show_path", "listed"):
                getattr(card, name).connect(getattr(self, name))
            return card
        if entry.tells:
            return SystemMessage(entry, self.column)
        bubble = Bubble(entry, self._name, self.column)
        for name in ("link", "jump", "wants"):
            getattr(bubble, name).connect(getattr(self, name))
        return bubble

    def _released(self) -> None:
        if not self.builder.busy:
            QTimer.singleShot(0, self.column, self.column.drop_spare)
        self.look_soon()
