"""Opens each dialog and page on whatever screen there is: which controls cannot be reached, which words not be read.

Run by a test, with the size of the letters.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)

from lanshare.domain import events as e
from lanshare.domain.message import TimelineItem
from lanshare.domain.peer import Permission, TrustLevel
from lanshare.domain.settings import Appearance, Settings
from lanshare.domain.transfer import TransferState
from lanshare.qt.bridge import Bridge
from lanshare.qt.formatting import breakable
from lanshare.qt.theme import style
from lanshare.qt.widgets.labels import ElidedLabel
from lanshare.qt.windows.address import AddressDialog
from lanshare.qt.windows.alarm import AlarmDialog
from lanshare.qt.windows.device_details import DeviceSheet
from lanshare.qt.windows.group import GroupDialog, SeveralDialog
from lanshare.qt.windows.listing import ListingDialog
from lanshare.qt.windows.main import MainWindow
from lanshare.qt.windows.own_device import MineDialog
from lanshare.qt.windows.pairing import PairingDialog
from lanshare.qt.windows.pastesheet import PasteSheet
from lanshare.qt.windows.search import SearchDialog
from lanshare.qt.windows.settings import SettingsDialog
from tools import pictures as made

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox)


def reachable(control: QWidget, window: QWidget, screen: QRect) -> bool:
    """Whether it can be brought into sight as a whole, within the window and the screen."""
    inside = QRect(QPoint(0, 0), window.size())
    area = control.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    if isinstance(area, QScrollArea):
        viewport, content = area.viewport(), area.widget()
        assert content is not None
        if not content.isAncestorOf(control):  # it floats over what scrolls
            return viewport.rect().contains(control.geometry())
        top = control.mapTo(content, QPoint(0, 0)).y()
        area.verticalScrollBar().setValue(top + control.height() // 2 - viewport.height() // 2)
        inside = QRect(viewport.mapTo(window, QPoint(0, 0)), viewport.size())
        for _ in range(3):
            QApplication.processEvents()
    place = QRect(control.mapTo(window, QPoint(0, 0)), control.size())
    return inside.contains(place) and window.height() <= screen.height() and window.width() <= screen.width()


def whole(label: QLabel) -> bool:
    """Whether all of its text is within it."""
    if isinstance(label, ElidedLabel) or not label.text():
        return True
    words = label.accessibleName() or label.text()
    if not label.wordWrap():
        return label.width() >= label.sizeHint().width()
    flags = int(Qt.TextFlag.TextWordWrap)
    if label.textFormat() is Qt.TextFormat.PlainText:
        shown = breakable(words)
        wide = label.fontMetrics().boundingRect(QRect(0, 0, label.width(), 1 << 20), flags, shown).width()
        if wide > label.width():
            return False
    return label.height() >= label.heightForWidth(label.width())


def name_of(control: QWidget) -> str:
    """What it is to a person."""
    if isinstance(control, QAbstractButton):
        return control.text() or control.accessibleName()
    return control.text()[:60] if isinstance(control, QLabel) else control.accessibleName()


def faults(name: str, window: QWidget, screen: QRect) -> tuple[int, list[str]]:
    """How many controls and labels were looked at, and what is wrong with them."""
    for _ in range(6):
        QApplication.processEvents()
    count, bad, size = 0, [], f"{window.width()} x {window.height()}"
    for control in window.findChildren(QWidget):
        if not control.isVisible() or control.window() is not window:
            continue
        if isinstance(control, QLabel):
            count += 1
            if not whole(control):
                bad.append(f"{name} ({size}): cut off: {name_of(control)} ({control.width()} x {control.height()})")
        if isinstance(control, CONTROLS) and not isinstance(control.parentWidget(), QComboBox | QAbstractSpinBox):
            count += 1
            cut = isinstance(control, QPushButton) and control.width() < control.sizeHint().width()
            if cut or not reachable(control, window, screen):
                bad.append(f"{name} ({size}): out of reach: {name_of(control)}")
    return count, bad


def long_offer() -> TimelineItem:
    """An offer whose names have no place to break."""
    names = [f"{'Jahresabschluss' * 5}{number}.tar.gz" for number in range(9)]
    tops = tuple(made.top(name, 914_000_000) for name in names)
    return made.transfer(5, False, TransferState.OFFERED, 1, made.offer(*tops))


def pages(window: MainWindow) -> dict[str, Callable[[], None]]:
    """What the window may show, one after the other, each with how it gets there."""
    link = "see https://example.org/" + "a" * 300

    def talk() -> None:
        window.on_event(made.snapshot())
        window.open_peer(made.MARTA)
        made.living(window)

    def long_words() -> None:
        window.open_peer(made.ANNA)
        moments = (
            made.text(41, False, "W" * 400, 9), made.text(42, True, link, 8), made.text(43, False, "语" * 200, 7),
            made.text(44, True, "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen " * 3, 6), long_offer(),
        )
        window.on_event(e.HistoryLoaded(window.state._requests, made.ANNA, moments, False))

    def trouble() -> None:
        talk()
        window.on_event(replace(made.troubles(), request=window.state._requests))

    def notices() -> None:
        for number in range(9):
            text = "The network was not there for a while. " * 3
            window.board.show(f"n{number}", text, "warn", "Do this", lambda: None, "Or do that", lambda: None)

    def new_network() -> None:
        window.close_peer()
        for number in range(9):
            window.board.drop(f"n{number}")
        window.on_event(e.NetworkTrustRequested("n", "Wi-Fi of the café"))

    def nobody() -> None:
        window.networks.answer(True)
        window.on_event(made.snapshot(peers=False))

    return {
        "conversation": talk, "long words": long_words, "trouble": trouble, "notices": notices,
        "a new network": new_network, "nobody there": nobody,
    }


def main(points: float) -> int:
    """All dialogs at one size of the letters."""
    app = QApplication(["lanshare"])
    font = QFont(app.font())
    font.setPointSizeF(points)
    app.setFont(font)
    style.apply_theme(app, Appearance.LIGHT)
    window = MainWindow(Bridge(lambda command: None), lambda image: None)
    window.show()
    window.on_event(made.snapshot())
    marta = window.devices.device(made.MARTA)
    assert marta is not None
    verified = replace(marta, trust=TrustLevel.VERIFIED, rules=replace(marta.rules, files=Permission.ACCEPT))
    digits = PairingDialog(marta.name, True, window)
    digits.show_code("123 456")
    dialogs: dict[str, QDialog] = {
        "settings": SettingsDialog(Settings(), made.ME, True, ("--port", "--name"), window),
        "sheet of a stranger": DeviceSheet(replace(marta, trust=TrustLevel.STRANGER), window),
        "sheet of a verified one": DeviceSheet(verified, window),
        "address": AddressDialog(made.ME, window),
        "group": GroupDialog(window.devices.devices(), made.ME.id, None, [made.MARTA], window),
        "search": SearchDialog(None, dict(window.devices.names()), window.state.next_request, window),
        "mine": MineDialog(made.ME, window),
        "alarm": AlarmDialog(e.IdentityChanged(marta.name, made.MARTA, made.ANNA), window),
        "asking": PairingDialog(marta.name, True, window),
        "digits": digits,
        "several": SeveralDialog(window.devices.devices(), window),
        "what is pasted": PasteSheet(marta, tuple(Path(f"{'name' * 30}{n}") for n in range(40)), None, window),
        "a listing": ListingDialog("All of it", ["line " * 40] * 300, window),
    }
    screen = app.primaryScreen().availableGeometry()
    count, bad = 0, list[str]()
    for name, dialog in dialogs.items():
        dialog.show()
        more, wrong = faults(name, dialog, screen)
        count, bad = count + more, bad + wrong
        dialog.close()
    shown = pages(window)
    for width, height in ((360, 420), (721, 560), (1024, 568)):
        for name, show in shown.items():
            window.resize(width, height)
            show()
            more, wrong = faults(name, window, screen)
            count, bad = count + more, bad + wrong
    size = [screen.width(), screen.height()]
    windows = len(dialogs) + len(shown)
    print(json.dumps({"screen": size, "windows": windows, "controls": count, "wrong": bad}))
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
