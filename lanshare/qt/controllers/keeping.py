"""How long a conversation is kept, whether it is told of, how it is erased, saved into files and taken in from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec.structs import replace
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from lanshare.domain import commands as c
from lanshare.domain.events import (
    ConversationImported,
    ConversationSaved,
    Event,
)
from lanshare.domain.settings import Settings
from lanshare.engine.presentation import user_messages
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt.desktop.open_external import show_path
from lanshare.qt.formatting import tr
from lanshare.qt.state import WindowState
from lanshare.qt.widgets.banner_stack import BannerStack
from lanshare.qt.windows.confirm import confirm
from lanshare.qt.windows.conversation import ConversationPane


class KeepController(QObject):
    """Carries out what the menu of a conversation says of keeping it. `change` puts settings in force."""

    HEARS: Final = (ConversationSaved, ConversationImported)

    def __init__(
        self, window: QWidget, pane: ConversationPane, state: WindowState, board: BannerStack,
        submit: Callable[[c.Command], None], change: Callable[[Settings], None],
    ) -> None:
        super().__init__(window)
        self._window, self._state, self._board, self._submit, self._change = window, state, board, submit, change
        self.settings = Settings()
        pane.keep.connect(self._save)
        pane.take_in.connect(self._take_in)
        pane.forget_after.connect(self._forget_after)
        pane.mute.connect(self._mute)
        pane.erase.connect(self._erase)

    def apply(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case ConversationSaved():
                self._saved(event)
            case ConversationImported():
                told = user_messages.taken(event.messages, event.refused, event.strangers, event.transfers)
                text = event.message or " ".join(told)
                self._board.show("taken", text, "warn" if event.code or event.refused else "calm")

    def _erase(self) -> None:
        if (device := self._state.device) is None:
            return
        text = tr("Erase what you and {0} said and sent?").format(device.name)
        more = tr(
            "It cannot be brought back. Received files stay where they are; what still waits to be sent stays"
            " until it is cancelled."
        )
        if confirm(self._window, text, more, tr("Erase"), tr("Keep")):
            self._submit(c.EraseHistory(device.id))

    def _save(self) -> None:
        if self._state.open is None:
            return
        folder = QFileDialog.getExistingDirectory(self._window, tr("Save the conversation in"))
        if folder:
            self._submit(c.SaveConversation(self._state.open, Path(folder)))

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
        if self._state.open is not None:
            self._submit(c.SetRetention(self._state.open, seconds))

    def _mute(self, muted: bool) -> None:
        if self._state.open is not None:
            rest = tuple(one for one in self.settings.muted if one != self._state.open)
            self.change_settings(muted=(*rest, self._state.open) if muted else rest)

    def change_settings(self, **fields: object) -> None:
        """Change these alone: the others may have been changed elsewhere, and not have been answered yet."""
        self._change(replace(self.settings, **fields))
