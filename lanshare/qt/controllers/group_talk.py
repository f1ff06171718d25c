"""Groups, as the window founds and changes them, and what is asked and told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from lanshare.domain import commands as c
from lanshare.domain.events import (
    Event,
    GroupAsked,
    GroupChanged,
    GroupRefused,
    GroupReversed,
)
from lanshare.domain.peer import PeerId, clean_name
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt.formatting import tr
from lanshare.qt.models.device_row import Device
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.models.timeline import TimelineModel
from lanshare.qt.state import WindowState
from lanshare.qt.widgets.banner_stack import BannerStack
from lanshare.qt.windows.conversation import ConversationPane

if TYPE_CHECKING:
    from lanshare.qt.windows.group import GroupDialog


class GroupController(QObject):
    """Shows who is in a group; `open_peer` brings one to the front."""

    HEARS: Final = (GroupAsked, GroupRefused, GroupReversed, GroupChanged)

    def __init__(
        self, window: QWidget, pane: ConversationPane, devices: DeviceModel, timeline: TimelineModel,
        board: BannerStack, submit: Callable[[c.Command], None], open_peer: Callable[[str], None], state: WindowState,
    ) -> None:
        super().__init__(window)
        self._state = state
        self._window, self._pane, self._devices, self._timeline = window, pane, devices, timeline
        self._board, self._submit, self._open_peer = board, submit, open_peer
        self.dialog: GroupDialog | None = None
        self._founding: tuple[str, tuple[PeerId, ...]] | None = None
        """Name and members of a group that is being founded."""

    def apply(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case GroupAsked():
                self._asked(event)
            case GroupRefused():
                self._founding = None
                self._board.show("group", event.message, "warn")
            case GroupReversed():
                self._board.show(f"reversed:{event.group}", event.message, "warn")
            case GroupChanged() if event.added and event.mine and self._founding == _as_founded(event):
                self._founding = None
                if self._pane.composer.field.toPlainText():
                    # Whoever writes goes on writing to whom they write.
                    self._board.show("founded", tr("The group “{0}” is there.").format(escaped(event.name)), "calm",
                                     tr("Open it"), lambda: self._open_founded(event.group))
                else:
                    self._open_peer(event.group)

    def _open_founded(self, group: PeerId) -> None:
        self._board.drop("founded")
        self._open_peer(group)

    def new_group(self) -> None:
        """Found one."""
        peer = self._state.open
        chosen = [peer] if peer is not None and not self._is_group(peer) else []
        self._show_group(None, chosen)

    def about_group(self, group: Device) -> None:
        """Who is in it."""
        self._show_group(group, ())

    def _asked(self, event: GroupAsked) -> None:
        text = tr("{0}, whom you do not know yet, would have you in the group “{1}” of {2}.").format(
            escaped(event.by), escaped(event.name), event.members
        )
        key = f"group:{event.group}"

        def answer(joins: bool) -> None:
            self._submit(c.AnswerGroup(event.group, joins))
            self._board.drop(key)

        self._board.show(key, text, "calm", tr("Join"), lambda: answer(True), tr("No"),
                         lambda: answer(False))

    def _show_group(self, group: Device | None, chosen: object) -> None:
        if self.dialog is not None:
            return
        marked = [PeerId(one) for one in chosen] if isinstance(chosen, list) else []
        from lanshare.qt.windows.group import GroupDialog
        self.dialog = dialog = GroupDialog(self._devices.devices(), self._timeline.me, group, marked, self._window)
        dialog.act.connect(self._group_act)
        dialog.finished.connect(lambda _: self._drop_group())
        dialog.open()

    def _group_act(self, command: object) -> None:
        if isinstance(command, c.CreateGroup):
            me = (self._timeline.me,) if self._timeline.me is not None else ()
            self._founding = clean_name(command.name), _sorted({*command.members, *me})
            self._submit(command)
        elif isinstance(command, c.ChangeGroup):
            self._submit(command)

    def _drop_group(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _is_group(self, peer: PeerId) -> bool:
        device = self._devices.device(peer)
        return device is not None and device.group


def _as_founded(event: GroupChanged) -> tuple[str, tuple[PeerId, ...]]:
    return event.name, _sorted(event.members)


def _sorted(members: Iterable[PeerId]) -> tuple[PeerId, ...]:
    return tuple(sorted(members))
