"""Find what was said and sent: in one conversation (Ctrl+F) or in all of them (Ctrl+K).

Signals: wanted(object) with a LoadHistory; chosen(str, int) with the conversation and the position that was pressed.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QDate, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDateEdit,
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lanshare.domain.commands import LoadHistory
from lanshare.domain.events import HistoryLoaded
from lanshare.domain.message import TimelineItem
from lanshare.domain.peer import PeerId, short_id
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import formatting
from lanshare.qt.formatting import tr
from lanshare.qt.theme.style import em
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.form import Choice
from lanshare.qt.widgets.labels import plain
from lanshare.qt.widgets.number import inset

_PLACE: Final = int(Qt.ItemDataRole.UserRole)
_PAUSE: Final = 120
"""Milliseconds after a key before it is searched: fast typing asks once."""

_MOST: Final = 100


class SearchDialog(QDialog):
    """Stays open while results are looked at; Enter jumps to the first."""

    wanted = Signal(object)
    chosen = Signal(str, int)

    def __init__(
        self, peer: PeerId | None, names: dict[PeerId, str], next_request: Callable[[], int],
        parent: QWidget | None = None,
    ) -> None:
        """`peer` None: everywhere. `next_request`: a number for a question that nobody else has."""
        super().__init__(parent)
        self._names = names
        self._next_request = next_request
        self._request = 0
        self.setWindowTitle(tr("Search"))
        room = self.screen().availableGeometry()
        self.resize(min(em(560), room.width() - 24), min(em(520), room.height() - 48))
        self._field = _Field()
        self._field.setPlaceholderText(tr("Words, or their beginnings"))
        self._field.setAccessibleName(tr("What to search for"))
        self._field.setClearButtonEnabled(True)
        places = sorted(names.items(), key=lambda item: item[1].casefold())
        self._where = Choice(tr("Where"), ((None, tr("Everywhere")), *places), peer)
        self._kind = Choice(tr("What kind"), (
            ("", tr("All")), ("text", tr("Messages")), ("link", tr("Links")),
            ("file", tr("Files")), ("image", tr("Images")),
        ))
        self._days = Choice(tr("When"), (
            (0, tr("Any time")), (7, tr("Last week")), (31, tr("Last month")),
            (366, tr("Last year")), (-1, tr("Since…")),
        ))
        self._since = inset(QDateEdit(QDate.currentDate().addDays(-31)))
        self._since.setCalendarPopup(True)
        self._since.setAccessibleName(tr("Since this day"))
        self._since.hide()
        self._list = QListWidget()
        self._list.setAccessibleName(tr("Found"))
        self._list.setWordWrap(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._count = plain("", "dim")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._ask)
        self._field.textChanged.connect(lambda _: self._timer.start())
        self._field.down.connect(self._into_list)
        self._field.returnPressed.connect(self._first)
        for box in (self._where, self._kind, self._days):
            box.currentIndexChanged.connect(lambda _: self._ask())
        self._since.dateChanged.connect(lambda _: self._ask())
        self._list.itemActivated.connect(self._choose)
        self._list.itemClicked.connect(self._choose)
        filters = Buttons(self._where, self._kind, self._days, self._since, fill=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(10)
        column.addWidget(self._field)
        column.addWidget(filters)
        column.addWidget(self._list, 1)
        column.addWidget(self._count)

    def show_found(self, event: HistoryLoaded) -> None:
        """What was found; the newest first."""
        if event.request != self._request:
            return  # an answer to an older question
        self._list.clear()
        for moment in reversed(event.moments):
            peer, line = self._line(moment)
            item = QListWidgetItem(f"{self._names.get(peer, short_id(peer))} · {formatting.when(moment.at)}\n{line}")
            item.setData(_PLACE, (str(peer), moment.position))
            self._list.addItem(item)
        count = len(event.moments)
        if count >= _MOST:
            self._count.setText(tr("The newest {0}. More words find less.").format(_MOST))
        else:
            self._count.setText(tr("{0} found").format(count) if count else tr("Nothing was found."))

    def _line(self, moment: TimelineItem) -> tuple[PeerId, str]:
        if moment.message is not None:
            text = " ".join(moment.message.text.split())
            word = self._field.text().split()[0].casefold() if self._field.text().split() else ""
            at = max(0, text.casefold().find(word) - 40) if word else 0
            return moment.message.peer, escaped(("…" if at else "") + text[at : at + 160])
        assert moment.transfer is not None
        tops = moment.transfer.offer.tops
        return moment.transfer.conversation, escaped(", ".join(top.name for top in tops[:4]))

    def _ask(self) -> None:
        text, kind = self._field.text().strip(), self._kind.currentData()
        days = self._days.currentData()
        self._since.setVisible(days == -1)
        if not text and not kind:
            self._list.clear()
            self._count.setText("")
            return
        since: datetime.datetime | None = None
        if days == -1:
            day = self._since.date()
            since = datetime.datetime(day.year(), day.month(), day.day()).astimezone()
        elif days:
            since = formatting.now_utc() - datetime.timedelta(days=days)
        self._request = self._next_request()
        self.wanted.emit(
            LoadHistory(self._request, self._where.currentData(), None, _MOST, text, kind or "", since)
        )

    def _into_list(self) -> None:
        if self._list.count():
            self._list.setFocus()
            self._list.setCurrentRow(0)

    def _first(self) -> None:
        if self._list.count():
            self._choose(self._list.item(max(0, self._list.currentRow())))

    def _choose(self, item: QListWidgetItem) -> None:
        peer, position = item.data(_PLACE)
        self.chosen.emit(peer, position)


class _Field(QLineEdit):
    """Down goes to what was found."""

    down = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.down.emit()
            return
        super().keyPressEvent(event)
