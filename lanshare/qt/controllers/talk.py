"""What a person does with what is said: the window's part of conversations, apart from showing them.

Replies, reactions, edits, drafts, groups, searching, typing, keeping.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog, QWidget

from lanshare.domain import commands as c
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    ConversationImported,
    ConversationSaved,
    EditRejected,
    Event,
    GroupAsked,
    GroupChanged,
    GroupRefused,
    GroupReversed,
    HistoryLoaded,
    MessageEdited,
    MessageQueued,
    MessageReceived,
    MessageRefused,
    MessageUnsent,
    PeerTyping,
)
from lanshare.domain.message import TEXT_MOST, MessageId
from lanshare.domain.peer import PeerId, clean_name
from lanshare.domain.settings import Settings
from lanshare.engine.presentation import user_messages
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt.formatting import tr
from lanshare.qt.models.device_row import Device
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.models.timeline import Entry, TimelineModel
from lanshare.qt.open_external import show_path
from lanshare.qt.widgets.composer import Half
from lanshare.qt.windows.conversation import ConversationPane
from lanshare.qt.windows.group import GroupDialog, SeveralDialog
from lanshare.qt.windows.notices import BannerStack
from lanshare.qt.windows.search import SearchDialog

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
    """Carries out what is pressed in a conversation; `open_peer` brings one to the front."""

    HEARS: Final = (
        HistoryLoaded, PeerTyping, MessageReceived, GroupAsked, GroupRefused, GroupReversed, GroupChanged,
        EditRejected, MessageEdited, MessageUnsent, MessageQueued, MessageRefused, ConversationSaved,
        ConversationImported,
    )

    def __init__(
        self, window: QWidget, pane: ConversationPane, devices: DeviceModel, timeline: TimelineModel,
        board: BannerStack, submit: Callable[[c.Command], None], open_peer: Callable[[str], None],
        next_request: Callable[[], int],
    ) -> None:
        """`next_request`: a number for a question that nobody else has."""
        super().__init__(window)
        self._window, self._pane, self._devices, self._timeline = window, pane, devices, timeline
        self._board, self._submit, self._open_peer = board, submit, open_peer
        self.search: SearchDialog | None = None
        self.group: GroupDialog | None = None
        self.settings = Settings()
        self.change: Callable[[Settings], None] = lambda settings: submit(c.ChangeSettings(settings))
        self._peer: PeerId | None = None
        self._jump: int | None = None
        self._told_at = 0.0
        self._next_request = next_request
        self._request = 0
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
        pane.timeline.jump.connect(self._jump_to_message)
        pane.search.connect(lambda: self.find(self._peer))
        pane.keep.connect(self._save)
        pane.take_in.connect(self._take_in)
        pane.forget_after.connect(self._forget_after)
        pane.mute.connect(self._mute)

    # --- events

    def apply(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case HistoryLoaded() if event.found and self.search is not None:
                self.search.show_found(event)
            case HistoryLoaded() if self._jump is not None and event.request == self._request:
                position, self._jump = self._jump, None
                self._reveal(self._timeline.key_at(position))
            case PeerTyping() if event.peer == self._timeline.peer:
                name = self._devices.names().get(event.author, "")
                self._pane.show_typing(tr("{0} is typing…").format(name))
            case MessageReceived() if event.peer == self._timeline.peer:
                self._pane.show_typing("")
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
                    # Somebody who writes goes on writing to whom he writes.
                    self._board.show("founded", tr("The group “{0}” is there.").format(escaped(event.name)), "calm",
                                     tr("Open it"), lambda: self._open_founded(event.group))
                else:
                    self._open_peer(event.group)
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
            case ConversationSaved():
                self._saved(event)
            case ConversationImported():
                told = user_messages.taken(event.messages, event.refused, event.strangers, event.transfers)
                text = event.message or " ".join(told)
                self._board.show("taken", text, "warn" if event.code or event.refused else "calm")

    _founding: tuple[str, tuple[PeerId, ...]] | None = None
    """Name and members of a group that is being founded."""

    def _open_founded(self, group: PeerId) -> None:
        self._board.drop("founded")
        self._open_peer(group)

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

    # --- groups

    def new_group(self) -> None:
        """Found one."""
        chosen = [self._peer] if self._peer is not None and not self._is_group(self._peer) else []
        self._show_group(None, chosen)

    def to_several(self) -> None:
        """The same words to several, each on its own."""
        dialog = SeveralDialog(self._devices.devices(), self._window)
        dialog.said.connect(self._say_to_each)
        dialog.finished.connect(lambda _: dialog.deleteLater())
        dialog.open()

    def _say_to_each(self, peers: tuple[PeerId, ...], text: str) -> None:
        for peer in peers:
            self.say_to(peer, text)

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
        if self.group is not None:
            return
        marked = [PeerId(one) for one in chosen] if isinstance(chosen, list) else []
        self.group = dialog = GroupDialog(self._devices.devices(), self._timeline.me, group, marked, self._window)
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
        if self.group is not None:
            self.group.deleteLater()
            self.group = None

    def _is_group(self, peer: PeerId) -> bool:
        device = self._devices.device(peer)
        return device is not None and device.group

    # --- finding

    def find(self, peer: PeerId | None) -> None:
        """Search in a conversation, or in all."""
        if self.search is not None:
            self.search.close()
        self.search = dialog = SearchDialog(peer, self._devices.told_apart(), self._next_request, self._window)
        dialog.wanted.connect(self._submit)
        dialog.chosen.connect(self.jump)
        dialog.finished.connect(lambda _: self._drop_search(dialog))
        dialog.show()

    def _drop_search(self, dialog: SearchDialog) -> None:
        if self.search is dialog:
            self.search = None
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

    def _jump_to_message(self, key: str) -> None:
        self._reveal(key)

    def _reveal(self, key: str | None) -> None:
        row = self._timeline.row_of(key) if key is not None else -1
        if row >= 0:
            self._pane.timeline.reveal(row)
        elif key is not None:
            self._board.show("found", tr("It is further above: scroll up, or search for it."), "calm")

    # --- keeping

    def _save(self) -> None:
        if self._peer is None:
            return
        folder = QFileDialog.getExistingDirectory(self._window, tr("Save the conversation in"))
        if folder:
            self._submit(c.SaveConversation(self._peer, Path(folder)))

    def _take_in(self) -> None:
        found, _ = QFileDialog.getOpenFileName(
            self._window, tr("A saved conversation"), "", "conversation.jsonl (*.jsonl)"
        )
        if found:
            self._submit(c.ImportConversation(Path(found)))

    def _saved(self, event: ConversationSaved) -> None:
        if event.code:
            self._board.show("saved", event.message, "warn")
            return
        text = tr("{0} messages and files were saved in {1}.").format(event.moments, escaped(event.folder))
        if event.missing:
            text += " " + tr("{0} files were not there any more.").format(event.missing)
        folder = event.folder
        self._board.show("saved", text, "calm", tr("Show in folder"), lambda: show_path(self._window, folder))

    def _forget_after(self, seconds: int) -> None:
        if self._peer is not None:
            self._submit(c.SetRetention(self._peer, seconds))

    def _mute(self, muted: bool) -> None:
        if self._peer is not None:
            rest = tuple(one for one in self.settings.muted if one != self._peer)
            self.change_settings(muted=(*rest, self._peer) if muted else rest)

    def change_settings(self, **fields: object) -> None:
        """Change these alone: the others may have been changed elsewhere, and not have been answered yet."""
        self.change(replace(self.settings, **fields))


def _as_founded(event: GroupChanged) -> tuple[str, tuple[PeerId, ...]]:
    return event.name, _sorted(event.members)


def _sorted(members: Iterable[PeerId]) -> tuple[PeerId, ...]:
    return tuple(sorted(members))
