"""What several parts of the window go by: who we are, which conversation is open, and numbers for questions."""

from __future__ import annotations

from collections.abc import Callable

from lanshare.domain.events import Me
from lanshare.domain.peer import PeerId
from lanshare.qt.models.device_row import Device
from lanshare.qt.models.devices import DeviceModel


class WindowState:
    """Owned by the main window, which alone changes `open`."""

    def __init__(self, devices: DeviceModel) -> None:
        self._devices = devices
        self.me: Me | None = None
        self.open: PeerId | None = None
        self._requests = 0
        self._later: list[Callable[[], None]] = []
        """What a person wanted before the engine was there."""

    @property
    def device(self) -> Device | None:
        """The device or group whose conversation is open."""
        return self._devices.device(self.open) if self.open is not None else None

    def next_request(self) -> int:
        """A number for a question to the engine: no two have the same, whoever asks."""
        self._requests += 1
        return self._requests

    def when_known(self, work: Callable[[], None]) -> None:
        """Do it now, or as soon as the engine has said what there is: what it would change or show is not known yet."""
        if self.me is not None:
            work()
        else:
            self._later.append(work)

    def do_what_waited(self) -> None:
        """The engine has said what there is."""
        later, self._later = self._later, []
        for work in later:
            work()
