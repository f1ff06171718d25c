"""Fields for numbers that look like the other fields."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QLineEdit

Box = TypeVar("Box", bound=QAbstractSpinBox)


def inset(box: Box) -> Box:
    """Let its text begin where that of other fields does: the style sheet's padding does not reach it."""
    line = box.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    line.setTextMargins(8, 0, 8, 0)
    return box


def megabytes(size: int, suffix: str, nothing: str, most: float, decimals: int) -> QDoubleSpinBox:
    """A field for a number of bytes, shown in millions with this suffix; 0 is shown as `nothing`."""
    box = inset(QDoubleSpinBox())
    box.setRange(0.0, most)
    box.setDecimals(decimals)
    box.setSuffix(suffix)
    box.setSpecialValueText(nothing)
    box.setValue(size / 1e6)
    return box
