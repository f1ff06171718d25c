"""What the window does about trust: opens sheets and comparisons, shows alarms, and hands the answers to the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QWidget

from lanshare.domain import commands as c
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    Event,
    IdentityChanged,
    PairingCodeReady,
    PairingEnded,
    PeerStats,
    PeerVerified,
)
from lanshare.domain.peer import PeerId
from lanshare.qt.models.device_row import Device
from lanshare.qt.models.devices import DeviceModel

ALARMING = (Code.PAIR_DIFFERS, Code.PAIR_BROKEN)

if TYPE_CHECKING:
    from lanshare.qt.windows.alarm import AlarmDialog
    from lanshare.qt.windows.device_details import DeviceSheet
    from lanshare.qt.windows.pairing import PairingDialog


class TrustController(QObject):
    """The dialogs about devices, at most one of each kind."""

    HEARS: Final = (
        PairingCodeReady, PeerVerified, PeerStats, PairingEnded,
    )

    def __init__(self, window: QWidget, devices: DeviceModel, submit: Callable[[c.Command], None]) -> None:
        super().__init__(window)
        self._window, self._devices, self._submit = window, devices, submit
        self.sheet: DeviceSheet | None = None
        self.pairing: PairingDialog | None = None
        self.alarm: AlarmDialog | None = None
        self._peer: PeerId | None = None
        devices.dataChanged.connect(lambda *_: self._refresh())

    def apply(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case PairingCodeReady():
                if self.pairing is None or self._peer != event.peer:
                    self._open_pairing(event.peer, event.name, event.ours)
                if self.pairing is not None:
                    self.pairing.show_code(event.code)
            case PeerVerified() if self.pairing is not None and self._peer == event.peer:
                self.pairing.verified()
            case PeerStats() if self.sheet is not None and self.sheet.device.id == event.peer:
                self.sheet.show_exchanged(event)
            case PairingEnded() if self.pairing is not None and self._peer == event.peer:
                self.pairing.ended(event.message, event.code in ALARMING)

    def _refresh(self) -> None:
        """What is known of the devices is different: the open sheet shows it."""
        if self.sheet is not None and (device := self._devices.device(self.sheet.device.id)) is not None:
            self.sheet.show_device(device)

    def open_sheet(self, device: Device) -> None:
        """Show who it is."""
        if self.sheet is not None:
            return
        from lanshare.qt.windows.device_details import DeviceSheet
        self.sheet = sheet = DeviceSheet(device, self._window)
        sheet.act.connect(self._submit)
        sheet.pair.connect(lambda: self.compare(device))
        sheet.finished.connect(lambda _: self._drop("sheet"))
        sheet.open()
        self._submit(c.RequestPeerStats(device.id))

    def compare(self, device: Device) -> None:
        """Ask a device to compare digits."""
        if self.pairing is None:
            self._open_pairing(device.id, device.name, True)
            self._submit(c.RequestPairing(device.id))

    def decide(self, event: IdentityChanged) -> None:
        """Let the person say what an alarm is."""
        if self.alarm is not None:
            return
        from lanshare.qt.windows.alarm import AlarmDialog
        self.alarm = alarm = AlarmDialog(event, self._window)
        alarm.settled.connect(lambda same: self._submit(c.ResolveIdentityChange(event.known, event.seen, same)))
        alarm.finished.connect(lambda _: self._drop("alarm"))
        alarm.open()

    # --- inside

    def _open_pairing(self, peer: PeerId, name: str, ours: bool) -> None:
        self._drop("pairing")
        self._peer = peer
        from lanshare.qt.windows.pairing import PairingDialog
        self.pairing = dialog = PairingDialog(name, ours, self._window)
        dialog.answered.connect(lambda same: self._submit(c.AnswerPairing(peer, same, dialog.code)))
        dialog.finished.connect(lambda _: self._drop("pairing"))
        dialog.show()

    def _drop(self, which: str) -> None:
        dialog: QDialog | None = getattr(self, which)
        setattr(self, which, None)
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()
