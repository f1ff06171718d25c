"""Lanshare at home on the desktop: start at login, and the devices in the menus of file managers, as they come and go.

What follows the devices is written on a thread of its own, as a home folder may be slow; only one writes at a time.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from lanshare.domain.confusables import skeleton
from lanshare.domain.events import Event, PeerAppeared, PeerChanged, PeerForgotten, PeerVerified, Snapshot
from lanshare.domain.peer import PeerId, short_id
from lanshare.engine.integration import installed
from lanshare.engine.integration.entries import MOST
from lanshare.engine.integration.installed import HAS_MENUS
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt.formatting import tr
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.widgets.banner_stack import BannerStack

_SOON: Final = 1500
"""Milliseconds after a change of the devices: what comes together is written once."""


class AtHomeController(QObject):
    """Writes what the settings ask for, and what the devices change of it."""

    HEARS: Final = (Snapshot, PeerAppeared, PeerChanged, PeerVerified, PeerForgotten)

    failed = Signal(str)

    def __init__(self, window: QWidget, board: BannerStack, devices: DeviceModel) -> None:
        super().__init__(window)
        self._board, self._devices = board, devices
        self.enabled = False
        """Only the window of a person's own profile: an entry of a menu names none."""

        self._written: list[tuple[PeerId, str]] | None = None
        self._writing: threading.Thread | None = None
        self._lock = threading.Lock()
        """Held by whoever writes: what a person takes out must not be written behind their back."""

        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SOON)
        self._timer.timeout.connect(self.keep_in_step)
        self.failed.connect(self._tell)

    def apply(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case Snapshot() | PeerAppeared() | PeerChanged() | PeerVerified() | PeerForgotten():
                if HAS_MENUS and self.enabled:
                    self._timer.start()

    def set(self, login: bool, menus: bool) -> None:
        """A person wants lanshare started at login, and the devices in the menus, or not."""
        try:
            if login is not installed.starts_at_login():
                installed.set_start_at_login(login)
            with self._lock:
                if HAS_MENUS and menus is not installed.is_in_menus():
                    if menus:
                        installed.integrate(self._known(), None)
                    else:
                        installed.take_out()
        except OSError as error:
            self._tell(f"{error.strerror or error} ({error.filename})" if error.filename else str(error))

    def keep_in_step(self) -> None:
        """Write the devices anew, if they are in the menus and are others by now."""
        known = self._known()
        if self._writing is not None and self._writing.is_alive():
            self._timer.start()  # once that is written
            return
        if self._written is not None and set(known[:MOST]) == set(self._written[:MOST]):
            return
        self._written = known

        def work() -> None:
            try:
                with self._lock:
                    installed.renew()
                    if installed.is_in_menus():
                        installed.integrate(known, None)
            except OSError as error:
                self._written = None
                self.failed.emit(error.strerror or type(error).__name__)

        self._writing = threading.Thread(target=work, name="menus")
        self._writing.start()

    def _known(self) -> list[tuple[PeerId, str]]:
        """The devices that were dealt with, each with a name that means it alone."""
        rows = [one for one in self._devices.devices() if not one.group and one.trust in ("known", "verified")]
        names = Counter(skeleton(one.name) for one in rows)
        return [(one.id, one.name if names[skeleton(one.name)] == 1 else short_id(one.id)) for one in rows]

    def _tell(self, reason: str) -> None:
        text = tr("The menus of this desktop could not be changed: {0}. Nothing else was.").format(escaped(reason))
        self._board.show("menus", text, "warn")
