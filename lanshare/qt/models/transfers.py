"""All transfers the window knows of, as they stand: fed by events, watched by the list and the timeline.

Signals: changed(str) with a transfer's id.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from lanshare.domain.errors import Code
from lanshare.domain.events import (
    Event,
    OfferCompared,
    OfferGrew,
    OfferReceived,
    OfferWithdrawn,
    ReceiveUndone,
    Snapshot,
    TransferFailed,
    TransferFinished,
    TransferPaused,
    TransferProfiled,
    TransferProgressed,
    TransferQueued,
    TransferRead,
    TransferStands,
    TransferStarted,
    TransferVerifying,
    TransferWaiting,
)
from lanshare.domain.offer import Offer, Skipped
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import FINAL, Direction, Transfer, TransferId, TransferState
from lanshare.engine.presentation import user_messages
from lanshare.engine.presentation.display_text import escaped

_EARLY: Final = 64
"""Transfers of which something was told before they were, kept until then."""

_MAY_MOVE: Final = frozenset(
    {TransferState.QUEUED, TransferState.OFFERED, TransferState.CONNECTING, TransferState.MOVING}
)
"""Where a late word of progress means that it moves: not once it was paused, waits, or is over."""


@dataclass(slots=True)
class TransferView:
    """What a card shows."""

    id: TransferId
    peer: PeerId
    out: bool
    offer: Offer
    at: datetime.datetime
    state: TransferState
    asked: bool = False
    free: int = 0
    bytes: int = 0
    total: int = 0
    rate: float = 0.0
    file: str = ""
    code: str = ""
    message: str = ""
    paths: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = field(default=())
    notes: tuple[Skipped, ...] = field(default=())
    files: int = 0
    files_failed: int = 0
    compared: OfferCompared | None = None
    into: str = ""
    """The folder that the person chose for it instead of the usual one."""

    profiled: TransferProfiled | None = None
    undone: bool = False
    read: bool = False
    name: str = ""
    """What the other device is called."""

    asker: str = ""
    """What the device that asks was called when it asked."""

    clash: str = "keep"
    """What the person chose for files that differ."""

    by_peer: bool = False
    """It is paused by the other side alone: nothing here makes it go on."""

    fresh: bool = True
    """What is here was compared with all that is offered now."""

    counted: bool = False
    """Its question counts among what is unread."""

    @property
    def conversation(self) -> PeerId:
        """Where it is shown: in the group that it was sent to, else with the device."""
        return PeerId(self.offer.room) if self.offer.room else self.peer

    @property
    def active(self) -> bool:
        """Whether it is not over."""
        return self.state not in FINAL

    @property
    def part(self) -> float:
        """How much of it is done: 0 to 1."""
        return min(1.0, self.bytes / self.total) if self.total else 0.0


_ANSWERED: Final = (TransferFinished, TransferPaused, TransferWaiting, TransferFailed)
"""Nobody is asked any more."""


def _offered(view: TransferView, event: OfferReceived) -> None:
    view.fresh = view.fresh and event.offer == view.offer
    view.offer, view.total, view.free = event.offer, event.bytes, event.free
    view.asked, view.state = True, TransferState.OFFERED
    view.asker = escaped(event.name)


def _grew(view: TransferView, event: OfferGrew) -> None:
    view.fresh = view.fresh and event.offer == view.offer
    view.offer, view.total = event.offer, max(event.offer.bytes, view.bytes)
    if view.out and view.state is TransferState.QUEUED:
        view.state = TransferState.OFFERED


def _withdrawn(view: TransferView, event: OfferWithdrawn) -> None:
    view.asked = False
    if view.state is TransferState.OFFERED and event.code == "answered":
        view.state = TransferState.CONNECTING
    elif event.code == "peer-away":
        view.state, view.message = TransferState.WAITING, ""


def _stands(view: TransferView, event: TransferStands) -> None:
    view.state, view.code = TransferState(event.state), event.code
    view.asked = view.asked and view.state is TransferState.OFFERED
    if not event.code and view.active:
        view.message, view.rate = "", 0.0


def _started(view: TransferView, event: TransferStarted) -> None:
    view.state, view.message = TransferState.MOVING, ""


def _progressed(view: TransferView, event: TransferProgressed) -> None:
    total = max(0, event.total)
    view.bytes, view.total, view.file = min(max(0, event.bytes), total), total, event.file
    view.rate = event.rate if 0 < event.rate < 1e15 else 0.0
    if view.state in _MAY_MOVE:
        view.state = TransferState.MOVING


def _verifying(view: TransferView, event: TransferVerifying) -> None:
    view.state = TransferState.VERIFYING


def _compared(view: TransferView, event: OfferCompared) -> None:
    view.compared, view.free, view.fresh = event, event.free, True


def _profiled(view: TransferView, event: TransferProfiled) -> None:
    view.profiled = event


def _paused(view: TransferView, event: TransferPaused) -> None:
    view.state, view.message, view.rate, view.code = TransferState.PAUSED, event.message, 0.0, ""
    view.by_peer = event.by == "peer"
    view.bytes, view.total = event.bytes, event.total


def _undone(view: TransferView, event: ReceiveUndone) -> None:
    view.undone = bool(event.files or event.restored)
    view.message = event.message


def _waiting(view: TransferView, event: TransferWaiting) -> None:
    view.state, view.message, view.rate = TransferState.WAITING, event.message, 0.0
    view.code = event.code
    view.bytes, view.total = event.bytes, event.total


def _finished(view: TransferView, event: TransferFinished) -> None:
    view.state = TransferState(event.state)
    view.files, view.files_failed = event.files, event.files_failed
    view.bytes = view.total = event.bytes
    view.paths, view.skipped, view.notes, view.message = event.paths, event.skipped, event.notes, ""


def _read(view: TransferView, event: TransferRead) -> None:
    view.read = True


def _failed(view: TransferView, event: TransferFailed) -> None:
    view.state, view.message, view.asked = TransferState(event.state), event.message, False
    view.code, view.skipped, view.files_failed = event.code, event.skipped, event.files_failed


_UPDATES: Final[dict[type[Any], Callable[[TransferView, Any], None]]] = {
    OfferReceived: _offered,
    OfferGrew: _grew,
    OfferWithdrawn: _withdrawn,
    TransferStands: _stands,
    TransferStarted: _started,
    TransferProgressed: _progressed,
    TransferVerifying: _verifying,
    OfferCompared: _compared,
    TransferProfiled: _profiled,
    TransferPaused: _paused,
    ReceiveUndone: _undone,
    TransferWaiting: _waiting,
    TransferFinished: _finished,
    TransferRead: _read,
    TransferFailed: _failed,
}
"""What an event changes in what is shown of its transfer."""


class TransferBook(QObject):
    """The table."""

    HEARS: Final[tuple[type[Any], ...]] = (Snapshot, TransferQueued, *_UPDATES)

    changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.views: dict[TransferId, TransferView] = {}
        self._early: dict[TransferId, list[Event]] = {}

    def active_of(self, peer: PeerId) -> list[TransferView]:
        """What is under way in a conversation, oldest first."""
        return [view for view in self.views.values() if view.conversation == peer and view.active]

    def take(self, transfer: Transfer, name: str) -> TransferView:
        """A transfer from history or a snapshot; what is known live is newer and stays."""
        view = self.views.get(transfer.id)
        if view is not None:
            return view
        message = ""
        if transfer.state is TransferState.WAITING:
            message = user_messages.waiting(
                transfer.code or "peer-away", name, transfer.done_bytes, transfer.offer.bytes, transfer.detail
            )
        elif transfer.state is TransferState.PAUSED:
            message = user_messages.paused("us", name, transfer.done_bytes, transfer.offer.bytes)
        elif transfer.code or transfer.state is TransferState.DECLINED:
            sending = transfer.direction is Direction.OUT
            message = user_messages.transfer_ended(transfer.code or Code.DECLINED, name, transfer.detail, sending)
        view = TransferView(
            transfer.id,
            transfer.peer,
            transfer.direction is Direction.OUT,
            transfer.offer,
            transfer.started_at,
            transfer.state,
            asked=transfer.state is TransferState.OFFERED and transfer.direction is Direction.IN,
            bytes=transfer.done_bytes,
            total=transfer.offer.bytes,
            message=message,
            code=transfer.code,
            paths=transfer.paths,
            skipped=transfer.skipped,
            notes=transfer.notes,
            undone=transfer.code == Code.UNDONE,
            read=transfer.read,
            files=transfer.files_done,
            files_failed=transfer.files_failed,
            name=name,
        )
        view.counted = True  # what an engine tells of unread counts it already
        self.views[transfer.id] = view
        return view

    def choose_folder(self, transfer: TransferId, folder: str) -> None:
        """A person would have what is offered in this folder."""
        view = self.views.get(transfer)
        if view is not None and view.asked:
            view.into, view.compared = folder, None
            self.changed.emit(transfer)

    def apply(self, event: Event, names: dict[PeerId, str]) -> None:
        """Take an event in; `changed` follows if it was about a transfer."""
        match event:
            case Snapshot():
                # Another engine begins with what it has: what it does not know of is not under way.
                there = {one.id for one in event.transfers}
                for gone in [view.id for view in self.views.values() if view.active and view.id not in there]:
                    del self.views[gone]
                for transfer in event.transfers:
                    self._renew(transfer, names.get(transfer.peer, ""))
                    self.changed.emit(transfer.id)
                return
            case TransferQueued():
                if event.transfer not in self.views:
                    out = event.direction == "out"
                    state = TransferState(event.state)
                    fresh = TransferView(event.transfer, event.peer, out, event.offer, event.at, state)
                    fresh.total, fresh.name = event.offer.bytes, names.get(event.peer, "")
                    self.views[event.transfer] = fresh
                    for early in self._early.pop(event.transfer, ()):
                        self._update(fresh, early)
                self.changed.emit(event.transfer)
                return
        transfer_id = getattr(event, "transfer", None)
        view = self.views.get(TransferId(transfer_id)) if isinstance(transfer_id, str) else None
        if view is not None:
            self._update(view, event)
            self.changed.emit(view.id)
        elif isinstance(event, TransferStands | TransferWaiting | OfferGrew):
            # Told before its row was durable: kept for TransferQueued.
            self._early = {key: self._early[key] for key in list(self._early)[-_EARLY:]}
            self._early.setdefault(event.transfer, []).append(event)

    def _renew(self, transfer: Transfer, name: str) -> None:
        """What an engine says when a shell joins it, in the very object that a card shows."""
        old = self.views.pop(transfer.id, None)
        fresh = self.take(transfer, name)
        if old is not None:
            for one in fields(fresh):
                setattr(old, one.name, getattr(fresh, one.name))
            self.views[transfer.id] = old

    def rename(self, names: dict[PeerId, str]) -> None:
        """Devices are called something else: their cards say so."""
        for view in self.views.values():
            name = names.get(view.peer, view.name)
            if name != view.name:
                if view.name:
                    # The name as a whole word of the sentence: it may be "on", or a letter.
                    whole = rf"(?<!\w){re.escape(view.name)}(?!\w)"
                    view.message = re.sub(whole, name.replace("\\", r"\\"), view.message, count=1)
                view.name = name
                self.changed.emit(view.id)

    def _update(self, view: TransferView, event: Event) -> None:
        if not view.active and isinstance(event, TransferProgressed | TransferVerifying | TransferStarted):
            return  # it was on its way when the end was told
        view.asked = view.asked and not isinstance(event, _ANSWERED)
        _UPDATES[type(event)](view, event)
