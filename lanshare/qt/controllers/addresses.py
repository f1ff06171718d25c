"""The dialog for an address, and who answered there: never anybody else's conversation opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QWidget

from lanshare.domain import commands as c
from lanshare.domain.events import AddressFailed, AddressReached, Event
from lanshare.domain.peer import PeerId, parse_address, short_id
from lanshare.qt.formatting import tr
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.state import WindowState

if TYPE_CHECKING:
    from lanshare.qt.windows.address import AddressDialog


class AddressController:
    """One dialog at a time."""

    HEARS: Final = (AddressFailed, AddressReached)

    def __init__(
        self, window: QWidget, devices: DeviceModel, state: WindowState, submit: Callable[[c.Command], None],
        open_peer: Callable[[str], None],
    ) -> None:
        self._window, self._devices, self._state = window, devices, state
        self._submit, self._open_peer = submit, open_peer
        self.dialog: AddressDialog | None = None
        self._typed = ""

    def ask(self) -> None:
        """Open the dialog."""
        from lanshare.qt.windows.address import AddressDialog
        self.dialog = dialog = AddressDialog(self._state.me, self._window)
        dialog.asked.connect(self._add)
        dialog.finished.connect(self._done)
        dialog.open()

    def apply(self, event: Event) -> None:
        """What the engine tells."""
        match event:
            case AddressFailed() if self.dialog is not None:
                self.dialog.failed(event.message)
            case AddressReached():
                self._reached(event)

    def _add(self, text: str) -> None:
        self._typed = text
        self._submit(c.AddAddress(text))

    def _reached(self, event: AddressReached) -> None:
        if self.dialog is None or _plain(self._typed) != _plain(event.address):
            return
        if event.known:
            name = self._devices.names().get(PeerId(event.known), short_id(event.known))
            self.dialog.failed(
                tr("Another device answered there in the place of {0}. See the red notice.").format(name)
            )
            return
        self.dialog.accept()
        self._open_peer(event.peer)

    def _done(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None


def _plain(text: str) -> str:
    """A typed address in the one spelling of its kind; as it is if it is none."""
    try:
        return str(parse_address(text))
    except ValueError:
        return text
