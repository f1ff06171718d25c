"""What can be done with a transfer from its card: all buttons, made once, and which of them there are now."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtWidgets import QPushButton

from lanshare.domain import commands as c
from lanshare.domain.offer import ConflictPolicy, EntryKind
from lanshare.domain.transfer import TransferId, TransferState
from lanshare.engine.presentation.openable import may_open_by_name
from lanshare.qt import formatting
from lanshare.qt.formatting import tr
from lanshare.qt.models.transfers import TransferView
from lanshare.qt.timeline import card_words as words


class CardSignals(Protocol):
    """Where what is pressed is told."""

    act: SignalInstance
    save_to: SignalInstance
    open_path: SignalInstance
    show_path: SignalInstance


class CardActions:
    """All that may ever be pressed to decide something: the same objects from the first picture to the last."""

    def __init__(self, view: TransferView, card: CardSignals, clash: Callable[[], ConflictPolicy]) -> None:
        """`clash`: what to do with files that differ, as chosen now."""
        self._view, self._act, self._clash = view, card.act, clash
        self._offer_shown = view.offer
        """What stands on the card, also while a finger is on it: a yes is to that."""

        self.accepting = push_button(tr("Accept"), "main")
        self.accepting.clicked.connect(self._accept)
        self.declining = push_button(tr("Decline"))
        self.declining.clicked.connect(lambda: card.act.emit(c.AnswerOffer(view.id, False)))
        self.elsewhere = push_button(tr("Save to…"))
        self.elsewhere.clicked.connect(lambda: card.save_to.emit(view.id))
        self.opening = push_button(tr("Open"))
        self.opening.clicked.connect(lambda: card.open_path.emit(view.paths[0]))
        self.showing = push_button(tr("Show in folder"))
        self.showing.clicked.connect(lambda: card.show_path.emit(view.paths[0]))
        self.undoing = push_button(tr("Undo"))
        self.undoing.setToolTip(tr("Move what was received aside, and bring back what it replaced"))
        self.undoing.clicked.connect(lambda: card.act.emit(c.UndoReceive(view.id)))
        self.again = push_button(tr("Send again"))
        self.again.clicked.connect(
            lambda: card.act.emit(c.RetryTransfer(view.id, TransferId(secrets.token_hex(16))))
        )
        self.all = [
            self.accepting, self.declining, self.elsewhere, self.opening, self.showing, self.undoing, self.again
        ]
        for button in self.all:
            button.hide()

    def possible(self) -> list[QPushButton]:
        """What may be done now."""
        view = self._view
        if view.asked:
            known = view.compared if view.compared is not None and view.compared.complete and view.fresh else None
            size = known.new_bytes if known is not None else view.offer.bytes
            self._offer_shown = view.offer
            self.accepting.setText(tr("Accept · {0}").format(formatting.size(size)))
            return [self.accepting, self.declining, self.elsewhere]
        if view.undone:
            return []
        if view.state in words.ARRIVED and not view.out and view.paths:
            folder = any(top.kind is EntryKind.FOLDER for top in view.offer.tops)
            opens = len(view.paths) == 1 and may_open_by_name(view.paths[0], folder)
            return [*([self.opening] if opens else []), self.showing, self.undoing]
        ended = (TransferState.FAILED, TransferState.DECLINED, TransferState.CANCELLED, TransferState.PARTIAL)
        if view.out and view.state in ended:
            partial = view.state is TransferState.PARTIAL
            self.again.setText(tr("Retry the rest") if partial else tr("Send again"))
            return [self.again]
        return []

    def _accept(self) -> None:
        into = Path(self._view.into) if self._view.into else None
        shown = self._offer_shown
        self._act.emit(c.AnswerOffer(self._view.id, True, into, self._clash(), shown=shown))


def push_button(text: str, kind: str = "") -> QPushButton:
    """A button of a card."""
    button = QPushButton(text)
    button.setProperty("kind", kind)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button
