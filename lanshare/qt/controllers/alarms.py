"""Alarms about keys, told in banners until a person decides: another key, a copied key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtWidgets import QWidget

from lanshare.domain import commands as c
from lanshare.domain.events import DuplicateKeyDetected, Event, IdentityChanged, IdentityRenewed, IdentitySettled
from lanshare.domain.peer import PeerId, short_id
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt.controllers.trust import TrustController
from lanshare.qt.formatting import tr
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.widgets.banner_stack import BannerStack
from lanshare.qt.windows.confirm import confirm


class AlarmController:
    """Keeps the alarms that nobody has decided."""

    HEARS: Final = (IdentityChanged, IdentitySettled, DuplicateKeyDetected, IdentityRenewed)

    def __init__(
        self, window: QWidget, board: BannerStack, devices: DeviceModel, trust: TrustController,
        submit: Callable[[c.Command], None],
    ) -> None:
        self._window, self._board, self._devices, self._trust, self._submit = window, board, devices, trust, submit
        self._alarms: dict[str, IdentityChanged] = {}

    def apply(self, event: Event) -> None:
        """What the engine tells."""
        match event:
            case IdentityChanged():
                self._show(event)
            case IdentitySettled():
                self._drop(_key(event.known, event.seen))
            case DuplicateKeyDetected():
                self._copied(event)
            case IdentityRenewed():
                text = tr("This device has a new key, so others see it as a new device. Compare digits again.")
                self._board.show("renewed", text, "calm")

    def reset(self, alarms: tuple[IdentityChanged, ...]) -> None:
        """All that stand, as the engine says anew."""
        for key in list(self._alarms):
            self._drop(key)
        for alarm in alarms:
            self._show(alarm)

    def show_again(self, peer: PeerId) -> None:
        """This conversation is opened: its alarms stand before the person, also if they were closed."""
        for alarm in [one for one in self._alarms.values() if one.known == peer]:
            self._show(alarm)

    # --- inside

    def _show(self, event: IdentityChanged) -> None:
        text = tr(
            "{0} answers with another key than before (known {1}, seen {2}). Nothing was sent to it. Was it set up"
            " anew? If not, somebody may be pretending."
        ).format(escaped(event.name), short_id(event.known), short_id(event.seen))
        key = _key(event.known, event.seen)
        self._alarms[key] = event
        self._board.show(key, text, "bad", tr("Decide…"), lambda: self._decide(key, event))

    def _decide(self, key: str, alarm: IdentityChanged) -> None:
        self._trust.decide(alarm)
        if self._trust.alarm is not None:
            self._trust.alarm.settled.connect(lambda _: self._settled(key, alarm))

    def _settled(self, key: str, alarm: IdentityChanged) -> None:
        self._drop(key)
        self._devices.settle(alarm.known)

    def _drop(self, key: str) -> None:
        self._alarms.pop(key, None)
        self._board.drop(key)

    def _copied(self, event: DuplicateKeyDetected) -> None:
        key, text = f"cloned:{event.peer}", escaped(event.message)
        if event.ours:
            self._board.show(key, text, "bad", tr("Make this a new device"), lambda: self._renew(key))
        else:
            self._board.show(key, text, "bad")

    def _renew(self, key: str) -> None:
        more = tr(
            "Everyone who knows this device sees a new one in its place, and has to accept it anew: compare the"
            " digits with them again. Messages, files and settings stay. It cannot be taken back."
        )
        text, doing = tr("Make this a new device, with a key of its own?"), tr("Make it a new device")
        if confirm(self._window, text, more, doing, tr("Keep the key")):
            self._board.drop(key)
            self._submit(c.RenewIdentity())


def _key(known: str, seen: str) -> str:
    return f"identity:{known}:{seen}"
