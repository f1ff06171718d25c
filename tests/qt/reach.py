"""Opens each dialog on whatever screen there is, and says which controls cannot be reached: run by a test."""

from __future__ import annotations

import json
import sys

from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from lanshare.domain.peer import Habit, TrustLevel
from lanshare.domain.settings import Appearance, Settings
from lanshare.qt.bridge import Bridge
from lanshare.qt.theme import style
from lanshare.qt.windows.address import AddressDialog
from lanshare.qt.windows.group import GroupDialog
from lanshare.qt.windows.main import MainWindow
from lanshare.qt.windows.search import SearchDialog
from lanshare.qt.windows.settings import SettingsDialog
from lanshare.qt.windows.sheet import DeviceSheet
from tools import pictures as made

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox)


def reachable(control: QWidget, dialog: QDialog, screen: QRect) -> bool:
    """Whether it can be brought into sight as a whole, within the dialog and the screen."""
    area = control.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    inside = QRect(QPoint(0, 0), dialog.size())
    if isinstance(area, QScrollArea):
        viewport, content = area.viewport(), area.widget()
        assert content is not None
        top = control.mapTo(content, QPoint(0, 0)).y()
        area.verticalScrollBar().setValue(top + control.height() // 2 - viewport.height() // 2)
        inside = QRect(viewport.mapTo(dialog, QPoint(0, 0)), viewport.size())
    place = QRect(control.mapTo(dialog, QPoint(0, 0)), control.size())
    return inside.contains(place) and dialog.height() <= screen.height() and dialog.width() <= screen.width()


def main(points: float) -> int:
    """All dialogs at one size of the letters."""
    app = QApplication(["lanshare"])
    font = QFont(app.font())
    font.setPointSizeF(points)
    app.setFont(font)
    style.wear(app, Appearance.LIGHT)
    window = MainWindow(Bridge(lambda command: None), lambda image: None)
    window.show()
    window.on_event(made.snapshot())
    marta = window.devices.device(made.MARTA)
    assert marta is not None
    verified = replace(marta, trust=TrustLevel.VERIFIED, rules=replace(marta.rules, files=Habit.ACCEPT))
    dialogs: dict[str, QDialog] = {
        "settings": SettingsDialog(Settings(), made.ME, True, ("--port", "--name"), window),
        "sheet of a stranger": DeviceSheet(replace(marta, trust=TrustLevel.STRANGER), window),
        "sheet of a verified one": DeviceSheet(verified, window),
        "address": AddressDialog(made.ME, window),
        "group": GroupDialog(window.devices.devices(), made.ME.id, None, [made.MARTA], window),
        "search": SearchDialog(None, dict(window.devices.names()), window),
    }
    screen = app.primaryScreen().availableGeometry()
    count, bad = 0, []
    for name, dialog in dialogs.items():
        dialog.show()
        for _ in range(4):
            app.processEvents()
        for control in dialog.findChildren(QWidget):
            if isinstance(control, CONTROLS) and control.isVisible() and not isinstance(
                control.parentWidget(), QComboBox | QAbstractSpinBox
            ):
                count += 1
                if not reachable(control, dialog, screen):
                    what = control.text() if isinstance(control, QAbstractButton) else control.accessibleName()
                    bad.append(f"{name}: {type(control).__name__} {what} ({dialog.width()} x {dialog.height()})")
        dialog.close()
    size = [screen.width(), screen.height()]
    print(json.dumps({"screen": size, "dialogs": len(dialogs), "controls": count, "out of reach": bad}))
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
