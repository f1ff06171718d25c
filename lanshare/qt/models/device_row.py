"""A row of the sidebar: a device or a group, what is shown of it, and what is said of it."""

from __future__ import annotations

import datetime
import zlib
from typing import Final

from msgspec import Struct

from lanshare.domain.peer import ORDINARY, PeerId, PeerPolicy, short_id
from lanshare.domain.transfer import TransferState
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt.formatting import tr
from lanshare.qt.models.transfers import TransferView
from lanshare.qt.theme.tokens import HUES

GROUP: Final = "group"
EPOCH: Final = datetime.datetime.fromtimestamp(0, datetime.UTC)


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
    at: datetime.datetime = EPOCH
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


def hue_of(peer: PeerId, used: set[int]) -> int:
    """A stable colour, moved on if a device in the list wears it already."""
    start = zlib.crc32(peer.encode("ascii", "replace")) % len(HUES)
    for step in range(len(HUES)):
        hue = (start + 5 * step) % len(HUES)
        if hue not in used:
            return hue
    return start


def order(row: Device) -> tuple[bool, float, str, str]:
    """What comes first: who is there, then the newest thing said or sent."""
    return (not row.online, -row.at.timestamp(), row.name.casefold(), row.id)


def status(view: TransferView) -> str:
    """What is under way with a device, in a few words."""
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


def spoken(device: Device) -> str:
    """What is said of a row to whoever cannot see it."""
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
