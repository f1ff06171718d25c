"""The question before something ends or is destroyed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def confirm(
    window: QWidget, text: str, more: str, doing: str, keeping: str,
    icon: QMessageBox.Icon = QMessageBox.Icon.Warning,
    role: QMessageBox.ButtonRole = QMessageBox.ButtonRole.DestructiveRole,
) -> bool:
    """Whether the person wants it: a key that was meant for the field keeps all. `doing`, `keeping`: the buttons."""
    box = QMessageBox(window)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(icon)
    box.setText(text)
    box.setInformativeText(more)
    do = box.addButton(doing, role)
    keep = box.addButton(keeping, QMessageBox.ButtonRole.RejectRole)
    box.setEscapeButton(keep)
    keep.setFocus()
    box.exec()
    return box.clickedButton() is do
