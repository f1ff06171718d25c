"""Rows of a dialog: a label and a field beside it, on one line; the fields that let a person choose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLayout,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionButton,
    QStyleOptionViewItem,
    QWidget,
)

from lanshare.qt import assets
from lanshare.qt.theme.style import em, tokens
from lanshare.qt.widgets.labels import plain

_LETTERS: Final = 12
_WRAPPED: Final = int(Qt.TextFlag.TextWordWrap)
_KEY: Final = int(Qt.ItemDataRole.UserRole)
_Index = QModelIndex | QPersistentModelIndex


class Form(QFormLayout):
    """Labels stand in the middle of their fields' height: Qt would keep them near the top."""

    def __init__(self, spacing: int) -> None:
        super().__init__()
        self.setSpacing(spacing)
        self.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)

    def add(self, text: str, field: QWidget | QLayout) -> None:
        """A row. A field that has no name yet is read out by its label."""
        label = plain(text)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.addRow(label, field)
        if isinstance(field, QWidget) and not field.accessibleName():
            field.setAccessibleName(text)


class Choice(QComboBox):
    """One of several, with the mark of something that opens: the style sheet takes Qt's own away."""

    def __init__(self, name: str, choices: Iterable[tuple[object, str]], chosen: object = None) -> None:
        """`name`: what it is called when it is read out. `choices`: values and what they are called."""
        super().__init__()
        self.setAccessibleName(name)
        # As wide as its place: a name that somebody chose must not make a dialog wider than the screen.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_LETTERS)
        for value, label in choices:
            self.addItem(label, value)
        self.setCurrentIndex(max(0, self.findData(chosen)))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        size = em(16)
        place = QRectF(self.width() - size - 10, (self.height() - size) / 2, size, size)
        assets.draw_icon(painter, "chevron-down", tokens().dim, place)
        painter.end()


class Mark(QCheckBox):
    """Yes or no, with a text that breaks lines, and a tick that is seen in every look.

    Qt's own has one line only, and the style sheet takes its tick away.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def minimumSizeHint(self) -> QSize:
        words = max((self.fontMetrics().horizontalAdvance(word) for word in self.text().split()), default=0)
        return QSize(self._beside() + words, self.sizeHint().height())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        room = QRect(0, 0, max(1, width - self._beside()), 1 << 16)
        return max(self.sizeHint().height(), self.fontMetrics().boundingRect(room, _WRAPPED, self.text()).height() + 2)

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        style, painter = self.style(), QPainter(self)
        box = style.subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        option.rect = box
        style.drawPrimitive(QStyle.PrimitiveElement.PE_IndicatorCheckBox, option, painter, self)
        look = tokens()
        painter.setPen(QColor(look.accent_ink if self.hasFocus() else look.text if self.isEnabled() else look.away))
        room = self.rect().adjusted(self._beside(), 0, 0, 0)
        painter.drawText(room, _WRAPPED | int(Qt.AlignmentFlag.AlignVCenter), self.text())
        if self.isChecked():
            painter.setOpacity(1.0 if self.isEnabled() else 0.5)
            _tick(painter, box)
        if self.hasFocus():
            painter.setOpacity(1.0)
            painter.setPen(QPen(QColor(look.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box).adjusted(-1, -1, 1, 1), 4, 4)
        painter.end()

    def _beside(self) -> int:
        """Pixels that the box takes, with the gap to the text."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        return self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self).right() + 9


class MarkList(QListWidget):
    """Several of many, by marks before their names."""

    def __init__(self, name: str) -> None:
        """`name`: what it is called when it is read out."""
        super().__init__()
        self.setAccessibleName(name)
        self.setItemDelegate(_Ticked(self))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # what tells two of one name apart stands at the end

    def add(self, key: str, label: str, marked: bool, fixed: str = "") -> None:
        """One that can be marked. `fixed`: why it cannot be changed."""
        item = QListWidgetItem(label)
        item.setData(_KEY, key)
        item.setToolTip(assets.tooltip(fixed or label))
        if fixed:
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsUserCheckable)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, fixed)
        else:
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if marked else Qt.CheckState.Unchecked)
        self.addItem(item)

    def marked(self) -> tuple[str, ...]:
        """The keys of those that are marked, in order."""
        items = [self.item(row) for row in range(self.count())]
        return tuple(str(one.data(_KEY)) for one in items if one.checkState() is Qt.CheckState.Checked)


class _Ticked(QStyledItemDelegate):
    """Puts the tick where the style sheet leaves only a coloured square."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, option.fontMetrics.height() + 20)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        if index.data(Qt.ItemDataRole.CheckStateRole) != Qt.CheckState.Checked.value:
            return
        whole = QStyleOptionViewItem(option)
        self.initStyleOption(whole, index)
        view = whole.widget
        _tick(painter, view.style().subElementRect(QStyle.SubElement.SE_ItemViewItemCheckIndicator, whole, view))


def _tick(painter: QPainter, box: QRect) -> None:
    assets.draw_icon(painter, "check", tokens().accent_text, QRectF(box).adjusted(1, 1, -1, -1))
