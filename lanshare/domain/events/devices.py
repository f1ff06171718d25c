"""Events about devices: who is here, under which key, how far it is trusted."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from lanshare.domain.peer import ORDINARY, PeerId, PeerPolicy


class Me(Struct, frozen=True):
    """This device."""

    id: PeerId
    name: str
    kind: str
    port: int
    addresses: tuple[str, ...]
    download_folder: str
    visibility: str = "everyone"
    visible_left: float = 0.0
    """Seconds for which `visibility` holds; 0: for good."""


class MeChanged(Struct, frozen=True):
    """This device's name, port, addresses or visibility changed."""

    me: Me


class PeerAppeared(Struct, frozen=True):
    """A device can be reached now. `met_as`: what it was called when a person here first dealt with it."""

    id: PeerId
    name: str
    kind: str
    addresses: tuple[str, ...]
    trust: str
    online: bool
    system: str = ""
    alias: str = ""
    rules: PeerPolicy = ORDINARY
    note: str = ""
    met_as: str = ""


class PeerChanged(Struct, frozen=True):
    """A device has a new name, address, trust level or presence."""

    id: PeerId
    name: str
    kind: str
    addresses: tuple[str, ...]
    trust: str
    online: bool
    system: str = ""
    alias: str = ""
    rules: PeerPolicy = ORDINARY
    note: str = ""
    met_as: str = ""


class PeerVanished(Struct, frozen=True):
    """A device can be reached no longer."""

    id: PeerId
    name: str


class AddressFailed(Struct, frozen=True):
    """Nobody of ours answered at an address that a person typed."""

    address: str
    code: str
    message: str


class AddressReached(Struct, frozen=True):
    """The device that answered at an address that a person typed. `known`: the known device in whose place it
    answered, with another key ("" if there is none): then nothing may be sent to it by that address."""

    address: str
    peer: PeerId
    known: PeerId | str = ""


class IdentityChanged(Struct, frozen=True):
    """A known device's name or id is used with another key: nothing was sent to it."""

    name: str
    known: PeerId
    seen: PeerId


class IdentitySettled(Struct, frozen=True):
    """A person has decided what an alarm was: nothing stands against this device any more."""

    known: PeerId
    seen: PeerId


class DuplicateKeyDetected(Struct, frozen=True):
    """One key is used by two devices at the same time, as when a disk or a profile was copied. `ours`: our own key."""

    peer: PeerId
    name: str
    ours: bool
    message: str


class IdentityRenewed(Struct, frozen=True):
    """This device has a new key from its next start on, which follows. The old one is gone; `old` is always empty."""

    old: str = ""


class PeerStats(Struct, frozen=True):
    """What was exchanged with a device so far, as far as the history holds it. `since`: the first of it, if any."""

    peer: PeerId
    messages: int
    files: int
    bytes: int
    since: datetime | None


class PairingCodeReady(Struct, frozen=True):
    """Both screens show these digits now ("123 456"); answer with AnswerPairing. `ours`: this side asked for it."""

    peer: PeerId
    name: str
    code: str
    ours: bool


class PairingEnded(Struct, frozen=True):
    """A comparison ended without success; trust is as it was before."""

    peer: PeerId
    code: str
    message: str


class PeerVerified(Struct, frozen=True):
    """Both persons saw the same digits, or its full id was typed: this device is verified."""

    peer: PeerId


class PeerForgotten(Struct, frozen=True):
    """A device is known here no longer; what was exchanged with it stays in the history."""

    peer: PeerId
