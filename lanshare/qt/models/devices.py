"""The devices of the sidebar, as a list model: online ones first, then by the newest thing said or sent."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace
from PySide6.QtCore import QObject

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
from lanshare.domain.peer import Peer, PeerId, short_id
from lanshare.domain.transfer import TransferId
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import formatting
from lanshare.qt.formatting import tr
from lanshare.qt.models.device_row import EPOCH, GROUP, Device, hue_of
from lanshare.qt.models.device_rows import DeviceRows
from lanshare.qt.models.transfers import TransferBook


class DeviceModel(DeviceRows):
    """Rows of Device. Fed by apply() only."""

    HEARS: Final = (
        Snapshot, PeerAppeared, PeerChanged, PeerVanished, GroupChanged, MessageReceived, MessageQueued,
        OfferReceived, TransferQueued, TransferFinished, ConversationRead, IdentityChanged, IdentitySettled,
        HistoryErased, PeerForgotten,
    )

    def __init__(self, book: TransferBook, parent: QObject | None = None) -> None:
        super().__init__(book, parent)
        self._me: PeerId | None = None
        self._talks: dict[PeerId, Conversation] = {}
        self._drafts: dict[PeerId, str] = {}
        """What the engine told of conversations with devices that have no row yet."""

        book.changed.connect(self._transfer_changed)

    def unread(self) -> int:
        """How much is unread in all."""
        return sum(row.unread for row in self._rows)

    def apply(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case PeerAppeared() | PeerChanged() | PeerVanished() | PeerForgotten() | GroupChanged():
                self._apply_presence(event)
            case MessageReceived() | MessageQueued() | OfferReceived() | TransferQueued() | TransferFinished():
                self._apply_news(event)
            case Snapshot():
                self._reset(event)
            case ConversationRead():
                self._change(event.peer, unread=event.unread)
            case IdentityChanged() | IdentitySettled():
                self._change(event.known, alarm=isinstance(event, IdentityChanged))
            case HistoryErased():
                self._erased(event)

    def set_muted(self, muted: tuple[PeerId, ...]) -> None:
        """Conversations of which nothing is told."""
        for row in list(self._rows):
            self._change(row.id, muted=row.id in muted)

    def set_draft(self, peer: PeerId, text: str) -> None:
        """What is written to it and not sent."""
        self._drafts[peer] = text
        self._change(peer, draft=text)

    def settle(self, peer: PeerId) -> None:
        """An alarm about this device was settled."""
        self._change(peer, alarm=False)

    # --- all of it

    def _reset(self, snapshot: Snapshot) -> None:
        self._talks, self._drafts = {one.peer: one for one in snapshot.conversations}, dict(snapshot.drafts)
        self._me = snapshot.me.id
        alarmed = {one.known for one in snapshot.alarms}
        rows: list[Device] = []
        for peer in snapshot.peers:
            rows.append(replace(self._row_of_device(peer, rows), alarm=peer.id in alarmed))
        for group in snapshot.groups:
            rows.append(self._with_talk(self._row_of_group(group, rows)))
        self._fill(rows)

    def _row_of_device(self, peer: Peer | PeerAppeared | PeerChanged, others: Sequence[Device]) -> Device:
        return self._with_talk(Device(
            peer.id, escaped(peer.alias or peer.name), peer.kind, peer.addresses, peer.trust, peer.online,
            peer.system, _hue(peer.id, others), alias=peer.alias, said=peer.name, rules=peer.rules, note=peer.note,
        ))

    def _row_of_group(self, event: GroupChanged, others: Sequence[Device]) -> Device:
        online = any(row.online for row in others if row.id in event.members)
        return Device(
            event.group, escaped(event.name), GROUP, (), "known", online, "", _hue(event.group, others),
            said=event.name, members=event.members, mine=event.mine,
        )

    def _with_talk(self, row: Device) -> Device:
        """With what was said and is written there."""
        if (talk := self._talks.get(row.id)) is not None:
            row = replace(row, preview=escaped(talk.preview), at=talk.at, unread=talk.unread)
        return replace(row, draft=self._drafts.get(row.id, ""))

    # --- who is there

    def _apply_presence(
        self, event: PeerAppeared | PeerChanged | PeerVanished | PeerForgotten | GroupChanged
    ) -> None:
        match event:
            case PeerAppeared() | PeerChanged():
                self._seen(event)
            case PeerVanished():
                self._change(event.id, online=False)
            case PeerForgotten():
                self._leave(event.peer)
                return
            case GroupChanged():
                self._grouped(event)
                return
        there = {row.id for row in self._rows if row.online and not row.group}
        for row in [one for one in self._rows if one.group]:
            self._change(row.id, online=bool(there.intersection(row.members)))

    def _grouped(self, event: GroupChanged) -> None:
        row = self._row_of_group(event, self._rows)
        if self.row_of(event.group) >= 0:
            self._change(event.group, name=row.name, said=row.said, members=row.members, mine=row.mine,
                         online=row.online)
            return
        self._insert(replace(row, at=formatting.now_utc()))

    def _seen(self, event: PeerAppeared | PeerChanged) -> None:
        if event.id in self._gone:
            self._gone.remove(event.id)
        if self.row_of(event.id) < 0:
            self._insert(self._row_of_device(event, self._rows))
            return
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

    def _leave(self, peer: PeerId) -> None:
        row = self._remove(peer)
        if row is not None:
            # What was said stays, and is there again if it comes back.
            self._talks[peer] = Conversation(peer, row.preview, row.at, row.unread)

    # --- what was said and sent

    def _apply_news(
        self, event: MessageReceived | MessageQueued | OfferReceived | TransferQueued | TransferFinished
    ) -> None:
        match event:
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
            case TransferQueued():
                self._heard(PeerId(event.offer.room or event.peer), tr("You: files"), event.at, False)
            case TransferFinished():
                self._finished(event)

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

    def _heard(self, peer: PeerId, preview: str, at: datetime.datetime, counts: bool) -> None:
        device = self.device(peer)
        if device is None:
            device = Device(peer, short_id(peer), "unknown", (), "stranger", False, "", _hue(peer, self._rows))
            if (talk := self._talks.get(peer)) is not None:
                device = replace(device, unread=talk.unread)
            device = replace(device, draft=self._drafts.get(peer, ""))
            self._insert(device)
        unread = device.unread + 1 if counts else device.unread
        self._change(peer, preview=escaped(" ".join(preview[:200].split())), at=at, unread=unread)

    def _finished(self, event: TransferFinished) -> None:
        view = self._book.views.get(event.transfer)
        if view is not None and view.offer.tops:
            text = tr("You: {0}") if view.out else tr("{0} received")
            self._heard(view.conversation, text.format(view.offer.tops[0].name), formatting.now_utc(), False)

    def _erased(self, event: HistoryErased) -> None:
        if event.gone is not None and event.peer is not None:
            left = event.left
            fields: dict[str, Any] = {
                "preview": escaped(left.preview) if left is not None else "",
                "unread": left.unread if left is not None else 0,
            }
            self._change(event.peer, **fields)
            return
        for row in [row for row in self._rows if event.peer in (None, row.id)]:
            self._change(row.id, preview="", unread=0, at=EPOCH)

    def _transfer_changed(self, transfer: str) -> None:
        view = self._book.views.get(TransferId(transfer))
        if view is not None:
            self._change(view.conversation)


def _hue(peer: PeerId, others: Sequence[Device]) -> int:
    return hue_of(peer, {row.hue for row in others})
