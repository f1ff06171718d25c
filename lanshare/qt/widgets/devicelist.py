"""The list of devices: painted rows, each of them a place to drop files on.

Signals: chosen(str) with a device's id; dropped(str, object) with an id and a tuple of paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import (
    QAbstractProxyModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFont,
    QFontMetrics,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from lanshare.domain.peer import short_id
from lanshare.qt import assets, formatting
from lanshare.qt.formatting import tr
from lanshare.qt.models.device_row import Device
from lanshare.qt.models.device_rows import DEVICE_ROLE
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.theme.style import em, font_of, tokens
from lanshare.qt.widgets.avatar import paint_avatar
from lanshare.qt.widgets.drops import paths_in

_MARKS: Final = {
    "verified": ("badge-check", "accent_ink"),
    "stranger": ("circle-help", "warn"),
    "blocked": ("ban", "bad"),
}
"""What is seen of trust in the list; a known device has no mark, as it is the ordinary case."""

_GAP = 2
_AIR = 12
"""Between a row's lines, and above and below them."""

_Index = QModelIndex | QPersistentModelIndex


class DeviceList(QListView):
    """Shows a DeviceModel."""

    chosen = Signal(str)
    dropped = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(_DeviceDelegate(self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.setAccessibleName(tr("Devices"))
        self.drop_row = -1
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)

    def dataChanged(  # type: ignore[override]
        self, first: QModelIndex, last: QModelIndex, roles: Sequence[int] = ()
    ) -> None:
        """Ten times a second a transfer moves on: Qt would lay out and paint the whole list for it."""
        if list(roles) == [DEVICE_ROLE] and first == last:
            self.update(first)
        else:
            super().dataChanged(first, last, roles)

    def selectionCommand(
        self, index: _Index, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        """Only the device that is open is marked: keys move the ring, and a press that ends elsewhere does nothing."""
        return QItemSelectionModel.SelectionFlag.NoUpdate

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_in(event.mimeData()):
            self._hold(True)
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        self._mark(index.row() if index.isValid() else -1)
        if index.isValid() and paths_in(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._mark(-1)
        self._hold(False)

    def _hold(self, held: bool) -> None:
        """Rows stay where they are while something hangs over them: else it would fall on somebody else."""
        model = self.model()
        while isinstance(model, QAbstractProxyModel):
            if isinstance(model, QSortFilterProxyModel):
                model.setDynamicSortFilter(not held)
            model = model.sourceModel()
        if isinstance(model, DeviceModel):
            model.hold(held)

    def dropEvent(self, event: QDropEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        self._mark(-1)
        paths = paths_in(event.mimeData())
        device = index.data(DEVICE_ROLE) if index.isValid() else None
        self._hold(False)
        if isinstance(device, Device) and paths:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.dropped.emit(device.id, paths)

    def _mark(self, row: int) -> None:
        if row != self.drop_row:
            self.drop_row = row
            self.viewport().update()

    def _choose(self, index: QModelIndex) -> None:
        device = index.data(DEVICE_ROLE)
        if isinstance(device, Device):
            self.chosen.emit(device.id)


class _DeviceDelegate(QStyledItemDelegate):
    """Paints a row: picture, name, time, the newest thing, what is unread."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        name, line = _fonts(option.font)
        words = QFontMetrics(name).height() + QFontMetrics(line).height()
        return QSize(em(120), max(em(40), words + em(_GAP)) + 2 * em(_AIR))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        device = index.data(DEVICE_ROLE)
        if not isinstance(device, Device):
            return
        look = tokens()
        box: QRect = option.rect.adjusted(8, 2, -8, -2)
        state: QStyle.StateFlag = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        view = option.widget
        target = isinstance(view, DeviceList) and view.drop_row == index.row()
        ground = look.selected if selected or target else look.hover if hovered else look.side
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if ground != look.side:
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(QRectF(box), 10, 10)
        if target or focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            style = Qt.PenStyle.DashLine if target else Qt.PenStyle.SolidLine
            painter.setPen(QPen(QColor(look.accent), 2, style))
            painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), 9, 9)
        side = em(40)
        picture = QRectF(box.left() + em(10), box.center().y() + 1 - side / 2, side, side)
        paint_avatar(painter, picture, device.kind, device.hue, device.online, ground, device.part)
        words = box.adjusted(em(63), 0, -em(12), 0)
        self._texts(painter, option, device, words, target)
        painter.restore()

    def _texts(
        self, painter: QPainter, option: QStyleOptionViewItem, device: Device, box: QRect, target: bool
    ) -> None:
        look = tokens()
        bold, small = _fonts(option.font)
        first, second = QFontMetrics(bold).height(), QFontMetrics(small).height()
        top = box.top() + (box.height() - first - second - em(_GAP)) // 2
        upper = QRect(box.left(), top, box.width(), first)
        lower = QRect(box.left(), top + first + em(_GAP), box.width(), second)
        painter.setFont(small)
        painter.setPen(QColor(look.dim))
        time = formatting.when(device.at) if device.at.timestamp() > 0 else ""
        width = painter.fontMetrics().horizontalAdvance(time)
        painter.drawText(upper, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), time)
        painter.setFont(bold)
        painter.setPen(QColor(look.text if device.online else look.dim))
        room = upper.adjusted(0, 0, -(width + 8), 0)
        mark = em(18) if device.trust in _MARKS else 0
        metrics = painter.fontMetrics()
        # What tells two devices of one name apart is never what is cut off.
        twin = f" · {short_id(device.id)}" if device.twin else ""
        left = room.width() - mark - metrics.horizontalAdvance(twin)
        fitted = metrics.elidedText(device.name, Qt.TextElideMode.ElideRight, left) + twin
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), fitted)
        if mark:
            at = room.left() + metrics.horizontalAdvance(fitted) + em(5)
            icon, colour = _MARKS[device.trust]
            size = em(14)
            place = QRectF(at, room.top() + (room.height() - size) / 2, size, size)
            assets.draw_icon(painter, icon, getattr(look, colour), place)
        if device.unread:
            lower = self._badge(painter, small, device.unread, lower)
        painter.setFont(small)
        text, colour = _second_line(device, target)
        painter.setPen(QColor(colour))
        fitted = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), fitted)

    def _badge(self, painter: QPainter, font: QFont, count: int, box: QRect) -> QRect:
        look = tokens()
        text = str(count) if count < 100 else "99+"
        bold = font_of(11, font)
        bold.setWeight(QFont.Weight.Bold)
        painter.setFont(bold)
        height = painter.fontMetrics().height() + em(5)
        width = max(height, painter.fontMetrics().horizontalAdvance(text) + em(10))
        badge = QRectF(box.right() - width, box.center().y() + 1 - height / 2, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.accent))
        painter.drawRoundedRect(badge, height / 2, height / 2)
        painter.setPen(QColor(look.accent_text))
        painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), text)
        return box.adjusted(0, 0, -(width + 6), 0)


def _fonts(base: QFont) -> tuple[QFont, QFont]:
    """Of a row's first line and of its second."""
    name = font_of(14, base)
    name.setWeight(QFont.Weight.DemiBold)
    return name, font_of(12, base)


def _second_line(device: Device, target: bool) -> tuple[str, str]:
    look = tokens()
    if target:
        return tr("Drop to send"), look.accent_ink
    if device.alarm:
        return tr("Answers with another key"), look.bad
    if device.trust == "blocked":
        return tr("Blocked"), look.dim
    if device.status:
        return device.status, look.accent_ink
    if device.draft:
        return tr("Draft: {0}").format(" ".join(device.draft.split())), look.accent_ink
    if device.preview:
        return device.preview, look.dim
    if not device.online:
        return tr("Away"), look.dim
    return (tr("New device") if device.trust == "stranger" else tr("Online")), look.dim
