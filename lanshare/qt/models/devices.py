"""The devices of the sidebar, as a list model: online ones first, then by the newest thing said or sent."""

from __future__ import annotations

import datetime
import zlib
from collections import Counter
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from lanshare.domain.confusables import skeleton
from lanshare.domain.events import (
    ConversationRead,
    Event,
    GroupChanged,
    HistoryErased,
    IdentityChanged,
    IdentitySettled,
    MessageQueued,
    MessageReceived,
    OfferReceived,
    PeerAppeared,
    PeerChanged,
    PeerForgotten,
    PeerVanished,
    Snapshot,
    TransferFinished,
    TransferQueued,
)
from lanshare.domain.message import Conversation, MessageKind
from lanshare.domain.peer import ORDINARY, PeerId, PeerPolicy, short_id
from lanshare.domain.transfer import TransferId, TransferState
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import formatting
from lanshare.qt.formatting import tr
from lanshare.qt.models.transfers import TransferBook, TransferView
from lanshare.qt.theme.tokens import HUES

DEVICE_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
GROUP: Final = "group"
_EPOCH: Final = datetime.datetime.fromtimestamp(0, datetime.UTC)
_Index = QModelIndex | QPersistentModelIndex


class Device(Struct, frozen=True):
    """A row."""

    id: PeerId
    name: str
    kind: str
    addresses: tuple[str, ...]
    trust: str
    online: bool
    system: str
    hue: int
    preview: str = ""
    at: datetime.datetime = _EPOCH
    unread: int = 0
    status: str = ""
    part: float = -1.0
    twin: bool = False
    alarm: bool = False
    alias: str = ""
    said: str = ""
    """What it calls itself; `name` is what the person calls it, if anything."""

    rules: PeerPolicy = ORDINARY
    note: str = ""
    """What its person wants to be seen beside its name."""

    members: tuple[PeerId, ...] = ()
    """Of a group: who is in it."""

    mine: bool = True
    """Of a group: whether this device is in it."""

    muted: bool = False
    """Nothing is told of it by the desktop."""

    draft: str = ""
    """What is written to it and not sent."""

    @property
    def group(self) -> bool:
        """Whether it is no device but a group of them."""
        return self.kind == GROUP


class DeviceModel(QAbstractListModel):
    """Rows of Device. Fed by apply() only."""

    HEARS: Final = (
        Snapshot, PeerAppeared, PeerChanged, PeerVanished, GroupChanged, MessageReceived, MessageQueued,
        OfferReceived, TransferQueued, TransferFinished, ConversationRead, IdentityChanged, IdentitySettled,
        HistoryErased, PeerForgotten,
    )

    def __init__(self, book: TransferBook, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Device] = []
        self._book = book
        self._me: PeerId | None = None
        self._talks: dict[PeerId, Conversation] = {}
        self._drafts: dict[PeerId, str] = {}
        """What the engine told of conversations with devices that have no row yet."""

        self.held = False
        self._unsorted = False
        self._gone: list[PeerId] = []
        """Devices that were forgotten while something hung over the list."""

        book.changed.connect(self._transfer_changed)

    # --- Qt's side

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self._rows):
            return None
        device = self._rows[index.row()]
        if role == DEVICE_ROLE:
            return device
        if role == Qt.ItemDataRole.DisplayRole:
            return device.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(device)
        return None

    # --- the window's side

    def device(self, peer: PeerId) -> Device | None:
        """A device by its id."""
        return next((row for row in self._rows if row.id == peer), None)

    def devices(self) -> list[Device]:
        """All rows in order."""
        return list(self._rows)

    def names(self) -> dict[PeerId, str]:
        """What each device is called."""
        return {row.id: row.name for row in self._rows}

    def told_apart(self) -> dict[PeerId, str]:
        """The same, with the short ids of those that are called alike."""
        return {row.id: f"{row.name} · {short_id(row.id)}" if row.twin else row.name for row in self._rows}

    def row_of(self, peer: PeerId) -> int:
        """A device's row, -1 if it has none."""
        return next((at for at, row in enumerate(self._rows) if row.id == peer), -1)

    def unread(self) -> int:
        """How much is unread in all."""
        return sum(row.unread for row in self._rows)

    def apply(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case Snapshot():
                self._reset(event)
            case PeerAppeared() | PeerChanged():
                self._seen(event)
                self._groups_online()
            case PeerVanished():
                self._change(event.id, online=False)
                self._groups_online()
            case GroupChanged():
                self._grouped(event)
            case MessageReceived() if event.kind == MessageKind.TEXT:
                self._received(event)
            case MessageQueued() if event.kind == MessageKind.TEXT:
                self._heard(event.peer, tr("You: {0}").format(event.text), event.sent_at, False)
            case OfferReceived():
                self._offered(event, event.name, formatting.now_utc())
            case TransferQueued() if event.direction == "in":
                # Also where a rule accepts it and nobody is asked: it is unread all the same.
                names = self.names()
                self._offered(event, names.get(event.peer, short_id(event.peer)), event.at)
            case TransferQueued() if event.direction == "out":
                self._heard(PeerId(event.offer.room or event.peer), tr("You: files"), event.at, False)
            case TransferFinished():
                self._finished(event)
            case ConversationRead():
                self._change(event.peer, unread=event.unread)
            case IdentityChanged():
                self._change(event.known, alarm=True)
            case IdentitySettled():
                self._change(event.known, alarm=False)
            case HistoryErased() if event.gone is not None and event.peer is not None:
                left = event.left
                self._change(event.peer, preview=escaped(left.preview) if left is not None else "",
                             unread=left.unread if left is not None else 0)
            case HistoryErased():
                for row in [row for row in self._rows if event.peer in (None, row.id)]:
                    self._change(row.id, preview="", unread=0, at=_EPOCH)
            case PeerForgotten():
                self._forget(event.peer)

    # --- inside

    def _reset(self, snapshot: Snapshot) -> None:
        said = {one.peer: one for one in snapshot.conversations}
        self._talks, self._drafts = dict(said), dict(snapshot.drafts)
        alarmed = {one.known for one in snapshot.alarms}
        self.beginResetModel()
        self._rows = []
        for peer in snapshot.peers:
            talk = said.get(peer.id)
            row = Device(
                peer.id, escaped(peer.alias or peer.name), peer.kind, peer.addresses, peer.trust, peer.online,
                peer.system, self._hue(peer.id), alias=peer.alias, said=peer.name, rules=peer.rules,
                note=peer.note,
            )
            if talk is not None:
                row = replace(row, preview=escaped(talk.preview), at=talk.at, unread=talk.unread)
            draft = snapshot.drafts.get(peer.id, "")
            self._rows.append(self._with_status(replace(row, draft=draft, alarm=peer.id in alarmed)))
        self._me = snapshot.me.id
        for group in snapshot.groups:
            row = self._group_row(group)
            if (talk := said.get(group.group)) is not None:
                row = replace(row, preview=escaped(talk.preview), at=talk.at, unread=talk.unread)
            self._rows.append(replace(row, draft=snapshot.drafts.get(group.group, "")))
        self._rows.sort(key=_order)
        self._mark_twins()
        self.endResetModel()

    def _group_row(self, event: GroupChanged) -> Device:
        online = any(row.online for row in self._rows if row.id in event.members)
        return Device(
            event.group, escaped(event.name), GROUP, (), "known", online, "", self._hue(event.group),
            said=event.name, members=event.members, mine=event.mine,
        )

    def _grouped(self, event: GroupChanged) -> None:
        row = self._group_row(event)
        if self.row_of(event.group) >= 0:
            self._change(event.group, name=row.name, said=row.said, members=row.members, mine=row.mine,
                         online=row.online)
            return
        row = replace(row, at=formatting.now_utc())
        at = self._place(row)
        self.beginInsertRows(QModelIndex(), at, at)
        self._rows.insert(at, row)
        self.endInsertRows()
        self._refresh_twins()

    def _groups_online(self) -> None:
        there = {row.id for row in self._rows if row.online and not row.group}
        for row in [one for one in self._rows if one.group]:
            self._change(row.id, online=bool(there.intersection(row.members)))

    def _offered(self, event: OfferReceived | TransferQueued, name: str, at: datetime.datetime) -> None:
        """Somebody would send something: it counts once, however often it is asked."""
        view = self._book.views.get(event.transfer)
        again = view is not None and view.counted
        if view is not None:
            view.counted = True
        text = tr("wants to send {0}").format(formatting.files(event.offer.files))
        if event.offer.room:
            text = f"{escaped(name)} {text}"
        self._heard(PeerId(event.offer.room or event.peer), text, at, not again)

    def _received(self, event: MessageReceived) -> None:
        group = self.device(event.peer)
        named = group is not None and group.group
        text = tr("{0}: {1}").format(escaped(event.name), event.text) if named else event.text
        ours = event.author is not None and event.author == self._me
        self._heard(event.peer, text, event.sent_at, not ours)

    def set_muted(self, muted: tuple[PeerId, ...]) -> None:
        """Conversations of which nothing is told."""
        for row in list(self._rows):
            self._change(row.id, muted=row.id in muted)

    def set_draft(self, peer: PeerId, text: str) -> None:
        """What is written to it and not sent."""
        self._drafts[peer] = text
        self._change(peer, draft=text)

    def _seen(self, event: PeerAppeared | PeerChanged) -> None:
        if event.id in self._gone:
            self._gone.remove(event.id)
        if self.row_of(event.id) >= 0:
            self._change(
                event.id,
                name=escaped(event.alias or event.name),
                alias=event.alias,
                said=event.name,
                rules=event.rules,
                note=event.note,
                kind=event.kind,
                addresses=event.addresses,
                trust=event.trust,
                online=event.online,
                system=event.system,
            )
            return
        row = Device(
            event.id, escaped(event.alias or event.name), event.kind, event.addresses, event.trust, event.online,
            event.system, self._hue(event.id), alias=event.alias, said=event.name, rules=event.rules,
            note=event.note,
        )
        if (talk := self._talks.get(event.id)) is not None:
            row = replace(row, preview=escaped(talk.preview), at=talk.at, unread=talk.unread)
        row = replace(row, draft=self._drafts.get(event.id, ""))
        at = self._place(row)
        self.beginInsertRows(QModelIndex(), at, at)
        self._rows.insert(at, row)
        self.endInsertRows()
        self._refresh_twins()

    def settle(self, peer: PeerId) -> None:
        """An alarm about this device was settled."""
        self._change(peer, alarm=False)

    def _forget(self, peer: PeerId) -> None:
        at = self.row_of(peer)
        if at >= 0 and self.held:
            self._gone.append(peer)  # nobody else may slip under what hangs over it
            return
        if at >= 0:
            row = self._rows[at]
            # What was said stays, and is there again if it comes back.
            self._talks[peer] = Conversation(peer, row.preview, row.at, row.unread)
            self.beginRemoveRows(QModelIndex(), at, at)
            del self._rows[at]
            self.endRemoveRows()
            self._refresh_twins()

    def _heard(self, peer: PeerId, preview: str, at: datetime.datetime, counts: bool) -> None:
        device = self.device(peer)
        if device is None:
            row = Device(peer, short_id(peer), "unknown", (), "stranger", False, "", self._hue(peer))
            if (talk := self._talks.get(peer)) is not None:
                row = replace(row, unread=talk.unread)
            row = replace(row, draft=self._drafts.get(peer, ""))
            at_row = self._place(row)
            self.beginInsertRows(QModelIndex(), at_row, at_row)
            self._rows.insert(at_row, row)
            self.endInsertRows()
            device = row
        unread = device.unread + 1 if counts else device.unread
        self._change(peer, preview=escaped(" ".join(preview[:200].split())), at=at, unread=unread)

    def _finished(self, event: TransferFinished) -> None:
        view = self._book.views.get(event.transfer)
        if view is not None and view.offer.tops:
            text = tr("You: {0}") if view.out else tr("{0} received")
            self._heard(view.conversation, text.format(view.offer.tops[0].name), formatting.now_utc(), False)

    def _transfer_changed(self, transfer: str) -> None:
        view = self._book.views.get(TransferId(transfer))
        if view is not None:
            self._change(view.conversation)

    def _change(self, peer: PeerId, **fields: Any) -> None:
        at = self.row_of(peer)
        if at < 0:
            return
        old = self._rows[at]
        new = self._with_status(replace(old, **fields))
        if new == old:
            return
        self._rows[at] = new
        index = self.index(at)
        moved_on = new == replace(old, status=new.status, part=new.part)
        self.dataChanged.emit(index, index, [DEVICE_ROLE] if moved_on else [])
        self._resort(at)
        if new.name != old.name:
            self._refresh_twins()

    def _resort(self, at: int) -> None:
        row = self._rows[at]
        if self.held:
            self._unsorted = True
            return
        rest = self._rows[:at] + self._rows[at + 1 :]
        to = next((place for place, other in enumerate(rest) if _order(row) < _order(other)), len(rest))
        if to == at:
            return
        self.beginMoveRows(QModelIndex(), at, at, QModelIndex(), to + 1 if to > at else to)
        rest.insert(to, row)
        self._rows = rest
        self.endMoveRows()

    def hold(self, held: bool) -> None:
        """Keep the rows where they are while something is dragged over them; afterwards they are put in order."""
        self.held = held
        if not held:
            gone, self._gone = self._gone, []
            for peer in gone:
                self._forget(peer)
        if not held and self._unsorted:
            self._unsorted = False
            self.layoutAboutToBeChanged.emit()
            before = {row.id: at for at, row in enumerate(self._rows)}
            self._rows.sort(key=_order)
            after = {before[row.id]: at for at, row in enumerate(self._rows)}
            for old in self.persistentIndexList():
                self.changePersistentIndex(old, self.index(after[old.row()]))
            self.layoutChanged.emit()

    def _place(self, row: Device) -> int:
        if self.held:
            self._unsorted = True
            return len(self._rows)
        return next((at for at, other in enumerate(self._rows) if _order(row) < _order(other)), len(self._rows))

    def _with_status(self, row: Device) -> Device:
        active = self._book.active_of(row.id)
        if not active:
            return replace(row, status="", part=-1.0)
        view = next((one for one in active if one.state is TransferState.MOVING), active[-1])
        moving = view.state in (TransferState.MOVING, TransferState.VERIFYING)
        return replace(row, status=_status(view), part=view.part if moving else -1.0)

    def _hue(self, peer: PeerId) -> int:
        """A stable colour, moved on if a device in the list wears it already."""
        start = zlib.crc32(peer.encode("ascii", "replace")) % len(HUES)
        used = {row.hue for row in self._rows}
        for step in range(len(HUES)):
            hue = (start + 5 * step) % len(HUES)
            if hue not in used:
                return hue
        return start

    def _mark_twins(self) -> bool:
        names = [skeleton(row.name) for row in self._rows]
        count = Counter(names)
        changed = False
        for at, row in enumerate(self._rows):
            twin = count[names[at]] > 1
            if twin != row.twin:
                self._rows[at] = replace(row, twin=twin)
                changed = True
        return changed

    def _refresh_twins(self) -> None:
        if self._mark_twins() and self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def _spoken(self, device: Device) -> str:
        name = f"{device.name} {short_id(device.id)}" if device.twin else device.name
        parts = [name, tr("answers with another key") if device.alarm else ""]
        parts += [{
            "verified": tr("verified"), "stranger": tr("new device"), "blocked": tr("blocked"),
        }.get(device.trust, ""), device.system, tr("online") if device.online else tr("away")]
        draft = tr("draft: {0}").format(device.draft) if device.draft else ""
        parts += [device.status or draft or device.preview]
        if device.unread:
            parts.append(tr("{0} unread").format(device.unread))
        return ", ".join(part for part in parts if part)


def _order(row: Device) -> tuple[bool, float, str, str]:
    return (not row.online, -row.at.timestamp(), row.name.casefold(), row.id)


def _status(view: TransferView) -> str:
    name = escaped(view.offer.tops[0].name) if view.offer.tops else tr("files")
    if view.offer.names > 1:
        name = tr("{0} and {1} more").format(name, view.offer.names - 1)
    if view.asked:
        return tr("wants to send {0}").format(name)
    if view.state is TransferState.WAITING:
        return tr("Waiting: {0}").format(name)
    if view.state in (TransferState.MOVING, TransferState.VERIFYING):
        verb = tr("Sending {0}") if view.out else tr("Receiving {0}")
        return f"{verb.format(name)} · {int(view.part * 100)}%"
    return tr("Offering {0}").format(name) if view.out else name
