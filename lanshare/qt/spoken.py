"""What is heard of the window: roles that Qt cannot know, and announcements of what comes while it is in front.

Roles: Qt takes a plain widget for a filler. A widget that has an attribute SPOKEN_AS is what that says.
Announcements: at most one in two seconds, the rest is counted; progress is never announced.
"""

from __future__ import annotations

import ctypes
import time
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QAccessibleWidget, QWidget

from lanshare.domain.events import (
    Event,
    IdentityChanged,
    MessageReceived,
    OfferReceived,
    TransferFailed,
    TransferFinished,
)
from lanshare.domain.message import MessageKind
from lanshare.domain.peer import PeerId
from lanshare.domain.settings import Settings
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import formatting
from lanshare.qt.formatting import tr

_PAUSE: Final = 2.0
"""Seconds between two announcements: a screen reader says a short one in less."""

_LONGEST: Final = 200
"""Characters of a message that are announced."""

_installed: list[bool] = []


def install() -> None:
    """Let screen readers be told of our own roles. Once for the process."""
    if not _installed:
        _installed.append(True)
        QAccessible.installFactory(_interface)


def _interface(name: str, what: QObject | None) -> Any:
    role = getattr(what, "SPOKEN_AS", None)
    if role is None or not isinstance(what, QWidget):
        return None
    found = QAccessibleWidget(what, role, "")
    # Qt owns it from here on, and Python must not let go of it: it has no way to be told so.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(found))
    return found


class Announcer(QObject):
    """Says what comes, while its window is in front: else the desktop's notices do."""

    HEARS: Final = (
        MessageReceived, OfferReceived, TransferFinished, TransferFailed, IdentityChanged,
    )

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._waiting: list[tuple[str, bool]] = []
        self._said_at = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._say)

    def apply(
        self, event: Event, names: dict[PeerId, str], me: PeerId | None, settings: Settings, where: PeerId | None,
        front: PeerId | None,
    ) -> None:
        """Take an event in. `where`: the conversation that it belongs to; if that is not in `front`, the event is told
        as the notices are, or is not."""
        elsewhere = where != front
        if isinstance(event, MessageReceived | OfferReceived | TransferFinished) and elsewhere and (
            not settings.notices or not {event.peer, where}.isdisjoint(settings.muted)
        ):
            return
        match event:
            case MessageReceived() if event.kind == MessageKind.TEXT and event.author != me:
                name = names.get(event.author or event.peer, escaped(event.name))
                if event.author not in (None, event.peer) and elsewhere:
                    name = tr("{0} in {1}").format(name, names.get(event.peer, ""))
                if elsewhere and not settings.notice_text:
                    self.say(tr("A message from {0}").format(name))
                else:
                    self.say(tr("{0}: {1}").format(name, " ".join(event.text[:_LONGEST].split())))
            case OfferReceived():
                what = f"{formatting.files(event.files)}, {formatting.size(event.bytes)}"
                self.say(tr("{0} wants to send {1}").format(escaped(event.name), what), urgent=True)
            case TransferFinished():
                name = names.get(event.peer, "")
                way = tr("Files from {0} are here") if event.direction == "in" else tr("{0} has the files")
                self.say(way.format(name))
            case TransferFailed():
                self.say(escaped(event.message), urgent=True)
            case IdentityChanged():
                self.say(tr("{0} answers with another key than before").format(escaped(event.name)), urgent=True)

    def say(self, text: str, urgent: bool = False) -> None:
        """Announce it, now or together with what comes within the pause. `urgent`: it interrupts what is being said."""
        if not self._window.isActiveWindow():
            return
        self._waiting.append((text, urgent))
        left = self._said_at + _PAUSE - time.monotonic()
        if left <= 0:
            self._say()
        elif not self._timer.isActive():
            self._timer.start(int(left * 1000) + 1)

    def _say(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        self._said_at = time.monotonic()
        urgent = [text for text, one in waiting if one]
        text = urgent[-1] if urgent else waiting[-1][0]
        if len(waiting) > 1:
            text = tr("{0} new. {1}").format(len(waiting), text)
        announcement = QAccessibleAnnouncementEvent(self._window, text)
        politeness = QAccessible.AnnouncementPoliteness
        announcement.setPoliteness(politeness.Assertive if urgent else politeness.Polite)
        QAccessible.updateAccessibility(announcement)
