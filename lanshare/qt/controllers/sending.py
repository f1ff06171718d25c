"""Files that go out of the window, and where those that come in are to go."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from lanshare.domain import commands as c
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.qt.formatting import tr
from lanshare.qt.models.device_row import Device
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.models.transfers import TransferBook
from lanshare.qt.state import WindowState
from lanshare.qt.widgets.banner_stack import BannerStack


class SendController:
    """Asks the engine to send; says so where nothing is sent."""

    def __init__(
        self, window: QWidget, board: BannerStack, devices: DeviceModel, book: TransferBook, state: WindowState,
        submit: Callable[[c.Command], None],
    ) -> None:
        self._window, self._board, self._devices, self._book = window, board, devices, book
        self._state, self._submit = state, submit

    def send(self, paths: object, peer: str | None = None, among: tuple[PeerId, ...] | None = None) -> None:
        """Offer files to a device (the open one if none is named). `among`: of a group to these members alone."""
        target = PeerId(peer) if peer is not None else self._state.open
        if target is None or not isinstance(paths, tuple) or not paths:
            return
        device = self._devices.device(target)
        if device is None or not device.mine or device.trust == "blocked":
            self._board.show("not-sent", _not_sent(device), "warn")
            return
        targets: tuple[PeerId, ...] = (target,)
        room, me = "", self._state.me
        if device.group:
            targets, room = tuple(one for one in device.members if me is None or one != me.id), device.id
            targets = targets if among is None else tuple(one for one in targets if one in among)
        for one in targets:
            self._submit(c.SendFiles(TransferId(secrets.token_hex(16)), one, paths, room))

    def save_to(self, transfer: str) -> None:
        """Let the person choose a folder for what is offered; what accepting would mean there is shown first."""
        start = self._state.me.download_folder if self._state.me is not None else ""
        folder = QFileDialog.getExistingDirectory(self._window, tr("Save to"), start)
        if folder:
            self._book.choose_folder(TransferId(transfer), folder)
            self._submit(c.CompareOffer(TransferId(transfer), Path(folder)))


def _not_sent(device: Device | None) -> str:
    if device is None:
        return tr("That device is not known here any more, so nothing was sent.")
    if not device.mine:
        return tr("You are not in {0} any more, so nothing was sent.").format(device.name)
    return tr("{0} is blocked, so nothing was sent.").format(device.name)
