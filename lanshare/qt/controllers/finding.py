"""Searching in what was said, and going to the place of a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from lanshare.domain import commands as c
from lanshare.domain.events import (
    Event,
    HistoryLoaded,
)
from lanshare.domain.peer import PeerId
from lanshare.qt.formatting import tr
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.models.timeline import TimelineModel
from lanshare.qt.state import WindowState
from lanshare.qt.widgets.banner_stack import BannerStack
from lanshare.qt.windows.conversation import ConversationPane

if TYPE_CHECKING:
    from lanshare.qt.windows.search import SearchDialog


class SearchController(QObject):
    """Shows what was found; `open_peer` brings a conversation to the front."""

    HEARS: Final = (HistoryLoaded,)

    def __init__(
        self, window: QWidget, pane: ConversationPane, devices: DeviceModel, timeline: TimelineModel,
        board: BannerStack, submit: Callable[[c.Command], None], open_peer: Callable[[str], None],
        state: WindowState,
    ) -> None:
        super().__init__(window)
        self._window, self._pane, self._devices, self._timeline = window, pane, devices, timeline
        self._board, self._submit, self._open_peer = board, submit, open_peer
        self._next_request = state.next_request
        self.dialog: SearchDialog | None = None
        self._jump: int | None = None
        self._request = 0
        pane.timeline.jump.connect(self._reveal)
        pane.search.connect(lambda: self.find(state.open))

    def apply(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case HistoryLoaded() if event.found and self.dialog is not None:
                self.dialog.show_found(event)
            case HistoryLoaded() if self._jump is not None and event.request == self._request:
                position, self._jump = self._jump, None
                self._reveal(self._timeline.key_at(position))

    def find(self, peer: PeerId | None) -> None:
        """Search in a conversation, or in all."""
        if self.dialog is not None:
            self.dialog.close()
        from lanshare.qt.windows.search import SearchDialog
        self.dialog = dialog = SearchDialog(peer, self._devices.told_apart(), self._next_request, self._window)
        dialog.wanted.connect(self._submit)
        dialog.chosen.connect(self.jump)
        dialog.finished.connect(lambda _: self._drop_search(dialog))
        dialog.show()

    def _drop_search(self, dialog: SearchDialog) -> None:
        if self.dialog is dialog:
            self.dialog = None
        dialog.deleteLater()

    def jump(self, peer: str, position: int) -> None:
        """Open a conversation at this place."""
        if self._timeline.peer != peer:
            self._open_peer(peer)
        if (key := self._timeline.key_at(position)) is not None and self._timeline.row_of(key) >= 0:
            self._reveal(key)
            return
        device = self._devices.device(PeerId(peer))
        self._timeline.open(PeerId(peer), device is not None and device.group)
        self._jump = position
        self._request = self._next_request()
        self._submit(c.LoadHistory(self._request, PeerId(peer), None, 60, around=position))

    def _reveal(self, key: str | None) -> None:
        row = self._timeline.row_of(key) if key is not None else -1
        if row >= 0:
            self._pane.timeline.reveal(row)
        elif key is not None:
            self._board.show("found", tr("It is further above: scroll up, or search for it."), "calm")
