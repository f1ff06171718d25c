"""What devices say of themselves to everybody on the network. Hints only: a key is proven on a connection."""

from __future__ import annotations

from msgspec import Struct

from lanshare.domain.peer import Address, DeviceKind, PeerId


class Announcement(Struct, frozen=True):
    """What we say of ourselves on the network."""

    id: PeerId
    name: str
    kind: DeviceKind
    port: int


class Sighting(Struct, frozen=True):
    """What a device said of itself: hints only, never trusted."""

    short: str
    name: str
    kind: DeviceKind
    addresses: tuple[Address, ...]
