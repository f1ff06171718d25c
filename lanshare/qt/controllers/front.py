"""The conversation that is in front: opened, closed, loaded page by page, and what of it was seen."""

from __future__ import annotations

from collections.abc import Callable

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.peer import PeerId
from lanshare.qt.controllers.alarms import AlarmController
from lanshare.qt.controllers.networks import NetworkController
from lanshare.qt.controllers.ready_files import ReadyFiles
from lanshare.qt.controllers.talk import ConversationController
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.models.timeline import TimelineModel
from lanshare.qt.state import WindowState
from lanshare.qt.windows.conversation import ConversationPane
from lanshare.qt.windows.sidebar import Sidebar


class FrontController:
    """Knows what is shown of the open conversation, and asks for the rest of it."""

    def __init__(
        self, sidebar: Sidebar, pane: ConversationPane, devices: DeviceModel, timeline: TimelineModel,
        state: WindowState, submit: Callable[[c.Command], None], moved: Callable[[], None],
    ) -> None:
        """`moved` is called once another conversation is in front, or none."""
        self._sidebar, self._pane, self._devices, self._timeline = sidebar, pane, devices, timeline
        self._state, self._submit, self._moved = state, submit, moved

    def join(
        self, talk: ConversationController, networks: NetworkController, alarms: AlarmController, ready: ReadyFiles
    ) -> None:
        """Those who have to know what is in front; they open conversations themselves, so they come later."""
        self._talk, self._networks, self._alarms, self._ready = talk, networks, alarms, ready

    def open(self, peer: str) -> None:
        """Bring a conversation to the front."""
        device = self._devices.device(PeerId(peer))
        if device is None:
            return
        if self._state.open != device.id:
            self._talk.leaves()
            self._state.open = device.id
            self._pane.show_device(device)
            self._timeline.open(device.id, device.group)
            self.load()
            self._talk.opened(device.id)
        self._sidebar.select(device.id)
        self._networks.ask_again()
        self._pane.timeline.look_soon()
        self._alarms.show_again(device.id)
        self._ready.offer()
        self._moved()
        self._pane.composer.field.setFocus()

    def close(self) -> None:
        """Back to the list, where the window is narrow."""
        self._talk.opened(None)
        self._state.open = None
        self._timeline.open(None)
        self._pane.show_device(None)
        self._sidebar.select("")
        self._networks.ask_again()
        self._ready.offer()
        self._moved()

    def leave_forgotten(self, event: e.PeerForgotten) -> None:
        """Before the device is gone."""
        if event.peer == self._state.open:
            self._talk.leaves()  # what was written to it is kept, and is there if it comes back

    def close_forgotten(self, event: e.PeerForgotten) -> None:
        """Once the device is gone."""
        if event.peer == self._state.open:
            self.close()

    def erased(self, event: e.HistoryErased) -> None:
        """What was said is gone; of what was past its time only some is, and the rest stays where it is."""
        if event.gone is None and event.peer in (None, self._state.open):
            self.reopen()

    def reopen(self) -> None:
        """Show it anew, from its end."""
        device = self._state.device
        self._timeline.open(self._state.open, device is not None and device.group)
        self.load()

    def seen(self, entries: object) -> None:
        """These rows were in sight."""
        if self._state.open is not None and isinstance(entries, list):
            seen = tuple((one.message, None if one.transfer else one.author) for one in entries if one.message)
            self._submit(c.MarkRead(self._state.open, seen))

    def load(self) -> None:
        """Ask for the page before what is shown."""
        if self._state.open is not None:
            before = self._timeline.first_position
            self._timeline.more = False
            self._submit(c.LoadHistory(self._state.next_request(), self._state.open, before, 60))
