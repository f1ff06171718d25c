"""Notices by the desktop's own service (Desktop Notifications Specification 1.2), with buttons and, if it can, a reply.

Nothing of it takes the focus. Without a session bus (Windows, macOS, a bare X server) tell() says so, and the tray's
own notices stand in.
Signals: acted(str, str, str) with a notice's key, the button pressed ("default": the notice itself), and a reply.
"""

from __future__ import annotations

import html
import logging
import queue
import sys
import threading
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from PySide6.QtCore import QObject, Signal

_log = logging.getLogger(__name__)
_PATH: Final = "/org/freedesktop/Notifications"
_NAME: Final = "org.freedesktop.Notifications"
_PATIENCE: Final = 5.0
_STAYS: Final = -1


class Notice(Struct, frozen=True):
    """What is to be told. One of the same key takes the place of an earlier one."""

    key: str
    title: str
    text: str
    actions: tuple[tuple[str, str], ...] = ()
    reply: str = ""
    """The words on the button that opens a field for a reply; "" without one."""

    sound: bool = False


class Desktop(QObject):
    """The connection to the desktop's service. All of D-Bus happens on a thread of its own."""

    acted = Signal(str, str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.there = False
        self._wanted: queue.SimpleQueue[Notice | tuple[str, Sequence[Any], str] | str | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._router: Any = None
        self._keys: dict[tuple[int, str], str] = {}
        """Notices that are up, by number and by who on the bus took them."""

        self._answered_by = ""
        self._ids: dict[str, int] = {}
        self._can: frozenset[str] = frozenset()
        self._filters: list[Any] = []

    def start(self) -> None:
        """Connect, on a thread of its own: a bus may be slow to answer. Until then, and without one, tell() says no."""
        if sys.platform == "linux":
            self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
            self._thread.start()

    def tell(self, notice: Notice) -> bool:
        """Show a notice soon; False if the desktop has no such service."""
        if self.there:
            self._wanted.put(notice)
        return self.there

    def take_down(self, beginning: str) -> None:
        """Close the notices whose keys begin so: what they are about is over, or was seen."""
        if self.there:
            self._wanted.put(beginning)

    def close(self) -> None:
        """Tell nothing more."""
        self.there = False
        self._wanted.put(None)
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    # --- its thread

    def _run(self) -> None:
        try:
            from jeepney.io.threading import DBusRouter, open_dbus_connection

            desktop = self

            class Router(DBusRouter):  # type: ignore[misc, unused-ignore]
                """One whose thread ends quietly when the bus does: from then on the tray stands in."""

                def _receiver(self) -> None:
                    try:
                        super()._receiver()
                    except Exception as error:  # as it ends, jeepney tells askers who have their answer already
                        _log.info("the session bus is gone: %s", type(error).__name__)
                    finally:
                        desktop.there = False
                        desktop._wanted.put(None)

            conn = open_dbus_connection("SESSION")
            self._router = Router(conn)
            self._can = frozenset(self._call("GetCapabilities")[0])
            for signal in ("ActionInvoked", "NotificationReplied", "NotificationClosed"):
                self._listen(signal)
        except Exception as error:  # a bus that is broken in any way is no bus
            _log.info("no desktop notices: %s", type(error).__name__)
            return
        self.there = True
        while (item := self._wanted.get()) is not None:
            try:
                if isinstance(item, Notice):
                    self._show(item)
                elif isinstance(item, str):
                    for key in [key for key in self._ids if key.startswith(item)]:
                        self._call("CloseNotification", "u", (self._ids[key],))
                else:
                    self._heard(*item)
            except Exception as error:
                _log.info("a notice was not shown: %s", type(error).__name__)
        self._router.close()
        conn.close()

    def _show(self, notice: Notice) -> None:
        fields = arguments(notice, self._ids.get(notice.key, 0), self._can)
        (ident,) = self._call("Notify", "susssasa{sv}i", fields)
        self._keys[ident, self._answered_by], self._ids[notice.key] = notice.key, ident

    def _call(self, method: str, signature: str | None = None, body: Sequence[Any] = ()) -> Sequence[Any]:
        from jeepney import DBusAddress, MessageType, new_method_call

        address = DBusAddress(_PATH, bus_name=_NAME, interface=_NAME)
        reply = self._router.send_and_get_reply(
            new_method_call(address, method, signature, tuple(body)), timeout=_PATIENCE
        )
        if reply.header.message_type is MessageType.error:
            raise OSError(str(reply.body))
        self._answered_by = sender_of(reply)
        body_out: Sequence[Any] = reply.body
        return body_out

    def _listen(self, signal: str) -> None:
        from jeepney import MatchRule, message_bus
        from jeepney.io.threading import Proxy

        rule = MatchRule(type="signal", interface=_NAME, member=signal, path=_PATH)
        Proxy(message_bus, self._router).AddMatch(rule)
        self._filters.append(self._router.filter(rule, queue=_Heard(self, signal)))

    def heard(self, signal: str, body: Sequence[Any], sender: str) -> None:
        """What a program on the bus says, from its thread: dealt with behind the notice that it is about."""
        self._wanted.put((signal, body, sender))

    def _heard(self, signal: str, body: Sequence[Any], sender: str) -> None:
        # Any program may say so: only the one that took the notice is believed.
        key = self._keys.get((int(body[0]), sender))
        if key is None:
            return
        if signal == "ActionInvoked":
            self.acted.emit(key, str(body[1]), "")
        elif signal == "NotificationReplied":
            self.acted.emit(key, "reply", str(body[1]))
        else:
            self._keys.pop((int(body[0]), sender), None)
            self._ids.pop(key, None)


class _Heard:
    """What the router takes for a queue: each message is dealt with as it comes."""

    def __init__(self, desktop: Desktop, signal: str) -> None:
        self._desktop, self._signal = desktop, signal

    def put_nowait(self, message: Any) -> None:
        self._desktop.heard(self._signal, message.body, sender_of(message))

    put = put_nowait


def sender_of(message: Any) -> str:
    """The unique name on the bus of who sent this: the bus itself writes it (D-Bus specification, Header Fields)."""
    from jeepney import HeaderFields

    return str(message.header.fields.get(HeaderFields.sender, ""))


def arguments(notice: Notice, replaces: int, can: frozenset[str]) -> tuple[Any, ...]:
    """The arguments of Notify. Text is never markup: what a service would read as such is escaped."""
    body = html.escape(notice.text, quote=False) if "body-markup" in can else notice.text
    actions: list[str] = []
    if "actions" in can:
        actions += ["default", ""]
        for name, label in notice.actions:
            actions += [name, label]
        if notice.reply and "inline-reply" in can:
            actions += ["inline-reply", notice.reply]
    hints: dict[str, tuple[str, Any]] = {
        "urgency": ("y", 1), "desktop-entry": ("s", "org.lanshare.lanshare"), "category": ("s", "im.received"),
    }
    if notice.sound:
        hints["sound-name"] = ("s", "message-new-instant")
    else:
        hints["suppress-sound"] = ("b", True)
    return ("lanshare", replaces, "org.lanshare.lanshare", notice.title, body, actions, hints, _STAYS)
