"""The settings page: name, download folder, port, appearance, start hidden.

Signals: changed(object) with the new Settings; at_home(bool, bool): start at login, and devices in the desktop's menus.
"""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

import lanshare
from lanshare.domain.events import Me, NewerReleaseSeen
from lanshare.domain.peer import clean_name
from lanshare.domain.settings import Appearance, Settings, SortBy
from lanshare.engine.integration import installed
from lanshare.engine.integration.installed import HAS_MENUS
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt.formatting import tr
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.form import Choice, Form, Mark
from lanshare.qt.widgets.labels import set_role, wrapped
from lanshare.qt.widgets.number import inset, megabytes
from lanshare.qt.widgets.tall import fit, stacked


class SettingsDialog(QDialog):
    """Shows the settings in force; what is saved goes to the engine."""

    changed = Signal(object)
    at_home = Signal(bool, bool)

    def __init__(
        self, settings: Settings, me: Me, tray: bool, overrides: tuple[str, ...], parent: QWidget,
        wanted: Settings | None = None,
    ) -> None:
        """`wanted`: what was asked for last and not taken, to begin with."""
        super().__init__(parent)
        self.before = settings
        self._settings = settings = wanted or settings
        self.setWindowTitle(tr("Settings"))
        self._make_fields(settings, me, tray)
        self._login = Mark(tr("Start when I log in, in the background"))
        self._login.setChecked(installed.starts_at_login())
        self._menus = Mark(tr("Show my devices in the file manager's menu"))
        self._menus.setChecked(HAS_MENUS and installed.is_in_menus())
        self._message = wrapped("", "dim")
        if overrides:
            self._message.setText(tr("Given on the command line for this run: {0}.").format(", ".join(overrides)))
        self._newer = wrapped("", "dim")
        self._newer.hide()
        self._save = QPushButton(tr("Save"))
        self._save.setProperty("kind", "main")
        self._save.setDefault(True)
        self._save.clicked.connect(self._apply)
        cancel = QPushButton(tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        column = QVBoxLayout()
        column.setSpacing(14)
        column.addWidget(wrapped(tr("Settings"), "title"))
        column.addLayout(self._make_form(settings))
        below = stacked(self, column, (22, 20, 22, 16), 440)
        below.setSpacing(14)
        below.addWidget(self._newer)
        below.addWidget(self._message)
        below.addWidget(Buttons(cancel, self._save))

    def _make_fields(self, settings: Settings, me: Me, tray: bool) -> None:
        self._name = QLineEdit(settings.name)
        self._name.setPlaceholderText(me.name)
        self._name.setMaxLength(64)
        self._folder = QLineEdit(settings.download_folder)
        self._folder.setPlaceholderText(me.download_folder)
        self._note = QLineEdit(settings.away_note)
        self._note.setMaxLength(64)
        self._note.setPlaceholderText(tr("Back on Monday"))
        self._port = inset(QSpinBox())
        self._port.setRange(1024, 65535)
        self._port.setValue(settings.port)
        self._look = Choice(tr("Appearance"), (
            (Appearance.SYSTEM.value, tr("As the system")),
            (Appearance.LIGHT.value, tr("Light")),
            (Appearance.DARK.value, tr("Dark")),
        ), settings.appearance.value)
        self._sort = Choice(tr("Sort into folders"), (
            (SortBy.NOTHING.value, tr("Not at all")),
            (SortBy.DEVICE.value, tr("By device")),
            (SortBy.DAY.value, tr("By day")),
            (SortBy.KIND.value, tr("By kind: pictures, music, …")),
        ), settings.sort.value)
        self._limit = _speed(settings.speed_limit)
        self._receive_limit = _speed(settings.receive_limit)
        self._hidden = Mark(tr("Start in the background, without showing the window"))
        self._hidden.setChecked(settings.start_hidden)
        self._hidden.setEnabled(tray)
        if not tray:
            self._hidden.setToolTip(tr("This desktop has no notification area to come back from."))

    def _make_form(self, settings: Settings) -> Form:
        browse = QPushButton(tr("Choose…"))
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        form = Form(12)
        folder = QHBoxLayout()
        folder.addWidget(self._folder, 1)
        folder.addWidget(browse)
        form.add(tr("Name of this device"), self._name)
        form.add(tr("Save files in"), folder)
        self._folder.setAccessibleName(tr("Save files in"))
        form.add(tr("Sort into folders"), self._sort)
        form.add(tr("Note beside it"), self._note)
        form.add(tr("Port"), self._port)
        form.add(tr("Appearance"), self._look)
        form.add(tr("Sending speed"), self._limit)
        form.add(tr("Receiving speed"), self._receive_limit)
        form.addRow("", self._hidden)
        form.addRow("", self._login)
        if HAS_MENUS:
            form.addRow("", self._menus)
        self._marks = {
            "enter_sends": Mark(tr("Enter sends a message, Shift+Enter begins a new line")),
            "read_receipts": Mark(tr("Tell known devices when what they sent was read")),
            "notices": Mark(tr("Show a notice when the window is not in front")),
            "notice_text": Mark(tr("… with its text")),
            "sound": Mark(tr("… with a sound")),
        }
        for field, box in self._marks.items():
            box.setChecked(bool(getattr(settings, field)))
            form.addRow("", box)
        for field in ("notice_text", "sound"):
            self._marks[field].setEnabled(settings.notices)
            self._marks["notices"].toggled.connect(self._marks[field].setEnabled)
        return form

    def tell_newer(self, seen: NewerReleaseSeen) -> None:
        """Say that another device runs a newer lanshare."""
        said = tr("{0} runs lanshare {1}. This is {2}.")
        self._newer.setText(said.format(escaped(seen.name), seen.release, lanshare.__version__))
        self._newer.show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit(self)

    def _browse(self) -> None:
        start = self._folder.text() or self._folder.placeholderText()
        folder = QFileDialog.getExistingDirectory(self, tr("Save files in"), start)
        if folder:
            self._folder.setText(folder)

    def _apply(self) -> None:
        folder = self._folder.text().strip()
        folder = os.path.expanduser(folder)
        reason = ""
        if folder and not Path(folder).is_absolute():
            reason = tr("Type the whole path of the folder, from its beginning.")
        elif folder and not Path(folder).is_dir():
            reason = tr("There is no such folder. Choose one that is there.")
        if reason:
            self._message.setText(reason)
            set_role(self._message, "bad")
            return
        self.at_home.emit(self._login.isChecked(), self._menus.isChecked())
        self.changed.emit(
            replace(
                self._settings,
                name=clean_name(self._name.text()),
                download_folder=folder,
                port=self._port.value(),
                appearance=Appearance(self._look.currentData()),
                sort=SortBy(self._sort.currentData()),
                start_hidden=self._hidden.isChecked(),
                speed_limit=int(self._limit.value() * 1e6),
                receive_limit=int(self._receive_limit.value() * 1e6),
                away_note=clean_name(self._note.text()),
                enter_sends=self._marks["enter_sends"].isChecked(),
                read_receipts=self._marks["read_receipts"].isChecked(),
                notices=self._marks["notices"].isChecked(),
                notice_text=self._marks["notice_text"].isChecked(),
                sound=self._marks["sound"].isChecked(),
            )
        )
        self.accept()


def _speed(bytes_per_second: int) -> QDoubleSpinBox:
    return megabytes(bytes_per_second, tr(" MB/s"), tr("No limit"), 100_000.0, 1)
