"""What the network says: links that open and end, what peers say on them, addresses that change."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from lanshare.domain.control_messages import ControlMessage
from lanshare.domain.errors import Code
from lanshare.domain.peer import Address, PeerId
from lanshare.engine.ports import LinkHandle
from lanshare.exchange.handshake import AuthenticatedPeer
from lanshare.net.networks import Network


class LinkUp(Struct, frozen=True):
    """A control link is open. `address`: as it was dialled, or where it came from; `met`: the other end as it is in
    truth, whatever was dialled."""

    guest: AuthenticatedPeer
    link: LinkHandle
    dialled: bool
    address: Address
    met: Address | None = None


class LinkDown(Struct, frozen=True):
    """A control link ended. `left`: the peer said goodbye."""

    peer: PeerId
    link: LinkHandle
    left: bool
    code: str


class DialEnded(Struct, frozen=True):
    """A dial came to nothing. `seen`: the id that answered instead of the one asked for, and at which address."""

    target: str
    code: Code
    detail: str
    seen: PeerId | None
    at: Address | None = None


class Glanced(Struct, frozen=True):
    """A device showed its key at this address, and was told nothing."""

    target: str
    peer: PeerId
    address: Address


class Gone(Struct, frozen=True):
    """mDNS says goodbye for a short id: a hint."""

    short: str


class NetworkChanged(Struct, frozen=True):
    """Our addresses, what is wrong with mDNS if something is, and the networks that we are in."""

    addresses: tuple[str, ...]
    trouble: Code | None
    networks: tuple[Network, ...] = ()


class ControlReceived(Struct, frozen=True):
    """The peer said something on its control link. `done` is called once it is dealt with."""

    peer: PeerId
    said: ControlMessage
    link: LinkHandle | None = None
    done: Callable[[], None] | None = None
