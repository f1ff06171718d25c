"""What a person says: the window's part of conversations, apart from showing them.

Replies, reactions, edits, drafts, typing. Groups are founded in group_talk, found things are shown by finding, and how
long a conversation is kept is the matter of keeping.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from lanshare.domain import commands as c
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    EditRejected,
    Event,
    MessageEdited,
    MessageQueued,
    MessageReceived,
    MessageRefused,
    MessageUnsent,
    PeerTyping,
)
from lanshare.domain.message import TEXT_MOST, MessageId
from lanshare.domain.peer import PeerId
from lanshare.engine.presentation import user_messages
from lanshare.qt.formatting import tr
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.models.timeline import Entry, TimelineModel
from lanshare.qt.widgets.banner_stack import BannerStack
from lanshare.qt.widgets.composer import Half
from lanshare.qt.windows.conversation import ConversationPane

_DRAFT: Final = 700
"""Milliseconds of quiet after which what is written is kept."""

_TYPING: Final = 3.0
"""Seconds between two tellings that somebody writes."""


class _Leaving(Struct, frozen=True):
    """A text that the engine was asked to send and has not said to have."""

    peer: PeerId
    text: str
    about: MessageId | None
    instead: MessageId | None
    """The refused message that it is sent again for."""


class ConversationController(QObject):
    """Carries out what is said in a conversation."""

    HEARS: Final = (
        PeerTyping, MessageReceived, EditRejected, MessageEdited, MessageUnsent, MessageQueued, MessageRefused,
    )

    def __init__(
        self, window: QWidget, pane: ConversationPane, devices: DeviceModel, timeline: TimelineModel,
        board: BannerStack, submit: Callable[[c.Command], None],
    ) -> None:
        super().__init__(window)
        self._window, self._pane, self._devices, self._timeline = window, pane, devices, timeline
        self._board, self._submit = board, submit
        self._peer: PeerId | None = None
        self._told_at = 0.0
        self._leaving: dict[MessageId, _Leaving] = {}
        self._halves: dict[PeerId, Half] = {}
        """Replies and edits that were under way when their conversation was left."""

        self._edits: dict[MessageId, str] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DRAFT)
        self._timer.timeout.connect(self.keep_draft)
        composer = pane.composer
        composer.said.connect(self._say)
        composer.edited.connect(self._edited)
        composer.recall.connect(self._recall)
        composer.typing.connect(self._type)
        composer.field.textChanged.connect(self._timer.start)
        pane.timeline.wants.connect(self._want)

    # --- events

    def apply(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case PeerTyping() if event.peer == self._timeline.peer:
                name = self._devices.names().get(event.author, "")
                self._pane.show_typing(tr("{0} is typing…").format(name))
            case MessageReceived() if event.peer == self._timeline.peer:
                self._pane.show_typing("")
            case EditRejected():
                self._board.show("stays", event.message_text, "calm")
                if (text := self._edits.pop(event.message, None)) is not None:
                    self._give_back(event.peer, text)
            case MessageEdited() | MessageUnsent():
                self._edits.pop(event.message, None)
            case MessageQueued():
                self._left(event.message)
            case MessageRefused():
                self._refused(event)

    def leaves(self) -> None:
        """The conversation in front is about to be another one: what an input method composes belongs to this one."""
        self._pane.composer.field.compose()
        self.keep_draft()

    def opened(self, peer: PeerId | None) -> None:
        """Another conversation is in front: keep what was written in the one before, bring back what was here."""
        self.keep_draft()
        composer, field = self._pane.composer, self._pane.composer.field
        if self._peer is not None:
            self._halves.pop(self._peer, None)
            if (half := composer.half()) is not None:
                self._halves[self._peer] = half
        self._peer = peer
        field.blockSignals(True)  # nobody is told of it that somebody types
        composer.cancel()
        self._pane.show_typing("")
        device = self._devices.device(peer) if peer is not None else None
        field.setPlainText(device.draft if device is not None else "")
        if peer is not None and (half := self._halves.pop(peer, None)) is not None:
            composer.take_up(half)
        field.blockSignals(False)
        composer.grow()

    @property
    def unkept(self) -> int:
        """Texts that the engine was asked to send and has not stored: they are nowhere but here."""
        return len(self._leaving)

    # --- drafts and typing

    def keep_draft(self) -> None:
        """What is written and not sent is kept over a restart."""
        self._timer.stop()
        composer = self._pane.composer
        device = self._devices.device(self._peer) if self._peer is not None else None
        if device is None:
            return
        text = composer.draft()
        if text != device.draft:
            self._devices.set_draft(device.id, text)
            self._submit(c.SaveDraft(device.id, text))

    def _type(self) -> None:
        now = time.monotonic()
        if self._peer is not None and now - self._told_at > _TYPING:
            self._told_at = now
            self._submit(c.NotifyTyping(self._peer))

    # --- saying

    def _say(self, text: str, about: object) -> None:
        if self._peer is None:
            self._give_back(None, text)
            return
        answered = MessageId(about) if isinstance(about, str) else None
        self.say_to(self._peer, text, answered)
        self.keep_draft()

    def say_to(self, peer: PeerId, text: str, about: MessageId | None = None) -> None:
        """Say it, from wherever it was written: what is refused comes back as a draft."""
        if self._too_long(text):
            self._give_back(peer, text, about)
        else:
            self._send(peer, text, about)

    def _too_long(self, text: str) -> bool:
        if len(text.encode("utf-8", "replace")) <= TEXT_MOST:
            return False
        self._board.show("refused", user_messages.ended(Code.TEXT_TOO_LONG, "", tr("at most 1 MiB")), "warn")
        return True

    def _send(self, peer: PeerId, text: str, about: MessageId | None, instead: MessageId | None = None) -> None:
        """Say it; until the engine has it, it is remembered here, and comes back if it is refused."""
        message = MessageId(secrets.token_hex(16))
        self._leaving[message] = _Leaving(peer, text, about, instead)
        self._submit(c.SendText(message, peer, text, about))

    def _left(self, message: MessageId) -> None:
        """The engine has it: only now what it takes the place of may go."""
        leaving = self._leaving.pop(message, None)
        if leaving is not None and leaving.instead is not None:
            self._submit(c.DeleteMessage(leaving.instead, leaving.peer))

    def _refused(self, event: MessageRefused) -> None:
        leaving = self._leaving.pop(event.message, None)
        if leaving is not None and leaving.instead is None:
            self._give_back(leaving.peer, leaving.text, leaving.about)
            self._board.show("refused", event.message_text, "warn")

    def _give_back(self, peer: PeerId | None, text: str, about: MessageId | None = None) -> None:
        """What could not be sent stands in the field again, before what was written since."""
        composer = self._pane.composer
        if peer == self._peer:
            composer.stash(text)
            row = self._timeline.row_of(about) if about is not None else -1
            if row >= 0 and composer.editing is None and composer.about is None:
                self._want("reply", self._timeline.entry(row))
            self.keep_draft()
        elif peer is not None and (device := self._devices.device(peer)) is not None:
            draft = f"{text}\n{device.draft}" if device.draft else text
            self._devices.set_draft(peer, draft)
            self._submit(c.SaveDraft(peer, draft))

    def _edited(self, message: str, text: str) -> None:
        if self._peer is not None and self._too_long(text):
            self._pane.composer.edit(message, text, original="")
        elif self._peer is not None:
            self._edits[MessageId(message)] = text
            self._submit(c.EditText(MessageId(message), self._peer, text))

    def _recall(self) -> None:
        entry = self._timeline.last_queued()
        if entry is not None:
            self._pane.composer.edit(entry.key, entry.text)

    def _want(self, word: str, entry: object) -> None:
        peer = self._peer
        if not isinstance(entry, Entry) or peer is None:
            return
        message = MessageId(entry.key)
        verb, _, sign = word.partition(":")
        match verb:
            case "reply":
                device = self._devices.device(peer)
                name = tr("yourself") if entry.out else entry.who or (device.name if device else "")
                self._pane.composer.reply_to(entry.key, name, entry.text)
            case "react":
                self._submit(c.React(MessageId(secrets.token_hex(16)), peer, message, sign))
            case "edit":
                self._pane.composer.edit(entry.key, entry.text)
            case "take-back":
                self._submit(c.UnsendMessage(message, peer))
            case "again":
                self._send(peer, entry.text, entry.quote.id if entry.quote is not None else None, message)
            case "delete":
                self._submit(c.DeleteMessage(message, peer))

    # --- to several

    def to_several(self) -> None:
        """The same words to several, each on its own."""
        from lanshare.qt.windows.group import SeveralDialog
        dialog = SeveralDialog(self._devices.devices(), self._window)
        dialog.said.connect(self._say_to_each)
        dialog.finished.connect(lambda _: dialog.deleteLater())
        dialog.open()

    def _say_to_each(self, peers: tuple[PeerId, ...], text: str) -> None:
        for peer in peers:
            self.say_to(peer, text)
