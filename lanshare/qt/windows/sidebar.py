"""The left-hand side: the devices, and who we are.

Signals: chosen(str); dropped(str, object); add_address(); settings(); new_group(); search_all().
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from lanshare.domain.events import Me
from lanshare.domain.settings import Visibility
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import assets
from lanshare.qt.formatting import tr
from lanshare.qt.models.device_row import Device
from lanshare.qt.models.device_rows import DEVICE_ROLE
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.theme.style import tokens
from lanshare.qt.widgets.avatar import Avatar
from lanshare.qt.widgets.devicelist import DeviceList
from lanshare.qt.widgets.labels import plain, wrapped


class Sidebar(QWidget):
    """The list of devices with its head and foot."""

    chosen = Signal(str)
    dropped = Signal(str, object)
    add_address = Signal()
    settings = Signal()
    show_to = Signal(str, float)
    new_group = Signal()
    to_several = Signal()
    search_all = Signal()
    mine = Signal()

    def __init__(self, model: DeviceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._filter = _Filter(self)
        self._filter.setSourceModel(model)
        self.list = DeviceList()
        self.list.setModel(self._filter)
        self.list.chosen.connect(self.chosen)
        self.list.dropped.connect(self.dropped)
        self._me: Me | None = None
        self._left = 0
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._tick)
        self._make_tools()
        self._section = plain(tr("ON THIS NETWORK"), "section")
        self._section.setContentsMargins(22, 0, 0, 4)
        head, search, foot = self._make_head(), self._make_search(), self._make_foot()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 1, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(search)
        column.addWidget(self._section)
        column.addWidget(self.list, 1)
        column.addWidget(foot)
        self.dress()
        self.set_ready(False)

    def _make_tools(self) -> None:
        self._add = _tool(tr("Add a device by its address"))
        self._add.clicked.connect(self.add_address)
        self._group = _tool(tr("New group"))
        groups = QMenu(self)
        groups.addAction(tr("New group…"), self.new_group.emit)
        groups.addAction(tr("Write to several…"), self.to_several.emit)
        self._group.clicked.connect(self.new_group)
        self._group.setMenu(groups)
        self._group.setPopupMode(QToolButton.ToolButtonPopupMode.DelayedPopup)
        self._find = _tool(tr("Search everywhere (Ctrl+K)"))
        self._find.clicked.connect(self.search_all)
        self._settings = _tool(tr("Settings"))
        self._settings.clicked.connect(self.settings)

    def _make_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(18, 16, 14, 8)
        head.addWidget(plain(tr("Devices"), "title"))
        head.addStretch(1)
        head.addWidget(self._find)
        head.addWidget(self._group)
        head.addWidget(self._add)
        head.addWidget(self._settings)
        return head

    def _make_search(self) -> QHBoxLayout:
        self._search = QLineEdit()
        self._search.setPlaceholderText(tr("Search devices"))
        self._search.setAccessibleName(tr("Search devices"))
        self._search.setClearButtonEnabled(True)
        self._in_front = ""
        self._search.textChanged.connect(self._look_for)
        search = QHBoxLayout()
        search.setContentsMargins(16, 0, 16, 10)
        search.addWidget(self._search)
        return search

    def _make_foot(self) -> QWidget:
        """This device, who sees it, and its code."""
        self._mine = Avatar(34)
        self._mine.setObjectName("mine")
        self._name = wrapped("", "name")
        self._where = wrapped("", "dim")
        self._eye = _tool(tr("Who sees this device"))
        self._eye.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._eye.setMenu(self._seen_by())
        self._code = _tool(tr("This device's code"))
        self._code.clicked.connect(self.mine)
        foot = QWidget()
        foot.setObjectName("foot")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self._name)
        words.addWidget(self._where)
        words.addStretch(1)
        row = QHBoxLayout(foot)
        row.setContentsMargins(12, 8, 6, 8)
        row.setSpacing(4)
        row.addWidget(self._mine)
        row.addLayout(words, 1)
        row.addWidget(self._code)
        row.addWidget(self._eye)
        return foot

    def set_ready(self, ready: bool) -> None:
        """Whether the engine can be asked for something."""
        self.ready = ready
        for tool in (self._add, self._group, self._find, self._settings, self._eye, self._code):
            tool.setEnabled(ready)

    def dress(self) -> None:
        """Take the colours in force."""
        look = tokens()
        assets.put_icon(self._add, "user-plus", look.dim, 20)
        assets.put_icon(self._group, "users", look.dim, 20)
        assets.put_icon(self._find, "search", look.dim, 20)
        assets.put_icon(self._settings, "settings", look.dim, 20)
        assets.put_icon(self._eye, "eye", look.dim, 18)
        assets.put_icon(self._code, "qr-code", look.dim, 18)
        self._mine.dress()
        self.list.scheduleDelayedItemsLayout()
        self.list.viewport().update()

    def show_me(self, me: Me) -> None:
        """Show who we are."""
        self._name.setText(escaped(me.name))
        self._mine.show_device(me.kind, 1, True)
        self._me, self._left = me, round(me.visible_left)
        if self._left:
            self._clock.start()
        else:
            self._clock.stop()
        self._show_where()

    def _seen_by(self) -> QMenu:
        menu = QMenu(self)
        for level, label in (
            (Visibility.EVERYONE, tr("Everyone on this network")),
            (Visibility.KNOWN, tr("Known devices only")),
            (Visibility.NOBODY, tr("Nobody")),
        ):
            menu.addAction(label, partial(self.show_to.emit, str(level), 0.0))
        menu.addSeparator()
        for level, label in (
            (Visibility.EVERYONE, tr("Everyone, for ten minutes")),
            (Visibility.NOBODY, tr("Nobody, for ten minutes")),
        ):
            menu.addAction(label, partial(self.show_to.emit, str(level), 600.0))
        return menu

    def _tick(self) -> None:
        self._left = max(0, self._left - 1)
        self._show_where()

    def _show_where(self) -> None:
        if self._me is None:
            return
        if not self._me.addresses:
            self._where.setText(tr("No network"))
            return
        text = {
            Visibility.KNOWN: tr("Visible to known devices"),
            Visibility.NOBODY: tr("Visible to nobody"),
        }.get(Visibility(self._me.visibility), tr("Visible on this network"))
        self._where.setText(f"{text} · {self._left // 60}:{self._left % 60:02}" if self._left else text)

    def show_count(self, count: int) -> None:
        """An empty list needs no headline."""
        self._section.setVisible(count > 0)

    def _look_for(self, text: str) -> None:
        self._filter.look_for(text)
        self._mark()

    def select(self, peer: str) -> None:
        """Mark a device as the one in front; empty: none is."""
        self._in_front = peer
        self._mark()

    def _mark(self) -> None:
        peer = self._in_front
        self.list.clearSelection()
        for row in range(self._filter.rowCount()):
            index = self._filter.index(row, 0)
            device = index.data(DEVICE_ROLE)
            if isinstance(device, Device) and device.id == peer:
                self.list.selectionModel().setCurrentIndex(
                    index, QItemSelectionModel.SelectionFlag.ClearAndSelect
                )
                return


class _Filter(QSortFilterProxyModel):
    """Devices whose name has what was typed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._wanted = ""

    def look_for(self, text: str) -> None:
        """Show only these."""
        self._wanted = text.strip().casefold()
        self.invalidate()

    def filterAcceptsRow(
        self, source_row: int, source_parent: QModelIndex | QPersistentModelIndex
    ) -> bool:
        device = self.sourceModel().index(source_row, 0, source_parent).data(DEVICE_ROLE)
        return isinstance(device, Device) and self._wanted in device.name.casefold()


def _tool(text: str) -> QToolButton:
    button = QToolButton()
    button.setAccessibleName(text)
    button.setToolTip(text)
    return button
