"""Files that were handed to the window: sent to whom they were meant for, or waiting for a device to be chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.qt import formatting
from lanshare.qt.formatting import tr
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.state import WindowState
from lanshare.qt.widgets.banner_stack import BannerStack

_KEY: Final = "ready"


class ReadyFiles:
    """They are told in a banner, with a button to send them once a conversation is open."""

    def __init__(
        self, board: BannerStack, devices: DeviceModel, state: WindowState,
        open_peer: Callable[[str], None], send: Callable[[tuple[Path, ...], PeerId | None], None],
    ) -> None:
        self._board, self._devices, self._state = board, devices, state
        self._open_peer, self._send = open_peer, send
        self._paths: tuple[Path, ...] = ()

    def take(self, paths: tuple[Path, ...], peer: PeerId | None = None) -> None:
        """Files from outside: sent to whom they were meant for, or ready for whom the person chooses."""
        if peer is None:
            self.add(paths)
            return
        self._open_peer(peer)
        device = self._devices.device(peer)
        if device is not None and device.trust == TrustLevel.STRANGER:
            self.add(paths)  # an entry of a menu is older than what we know of it: it was forgotten
        else:
            self._send(paths, peer)

    def add(self, paths: tuple[Path, ...]) -> None:
        """Some more."""
        if not paths:
            return
        self._paths = tuple(dict.fromkeys((*self._paths, *paths)))
        if self._state.open is None and len(self._devices.devices()) == 1:
            self._open_peer(self._devices.devices()[0].id)
        self.offer()

    def offer(self) -> None:
        """Say what waits, and for whom: again when another conversation is open."""
        if not self._paths:
            return
        device = self._state.device
        count = len(self._paths)
        what = formatting.path_name(str(self._paths[0])) if count == 1 else tr("{0} items").format(count)
        if device is None:
            text = tr("{0} ready to send: choose a device.").format(what)
            self._board.show(_KEY, text, "calm", closed=self._drop)
        else:
            text = tr("{0} ready for {1}.").format(what, device.name)
            self._board.show(_KEY, text, "calm", tr("Send"), self._go, closed=self._drop)

    def _drop(self) -> None:
        self._paths = ()

    def _go(self) -> None:
        if self._state.device is None:
            self.offer()
            return
        paths, self._paths = self._paths, ()
        self._board.drop(_KEY)
        self._send(paths, None)
