"""Events about the program: all that a shell needs when it joins, settings, networks, the end."""

from __future__ import annotations

from msgspec import Struct, field

from lanshare.domain.events.devices import IdentityChanged, Me
from lanshare.domain.events.messages import GroupChanged
from lanshare.domain.message import Conversation
from lanshare.domain.peer import Peer, PeerId
from lanshare.domain.settings import Settings
from lanshare.domain.transfer import Transfer


class Snapshot(Struct, frozen=True):
    """All that a shell needs when it joins; sent once, first."""

    me: Me
    peers: tuple[Peer, ...]
    transfers: tuple[Transfer, ...]
    conversations: tuple[Conversation, ...]
    settings: Settings
    window_open: bool
    troubles: tuple[NetworkTroubled, ...] = ()
    overrides: tuple[str, ...] = ()
    groups: tuple[GroupChanged, ...] = ()
    drafts: dict[PeerId, str] = field(default_factory=dict)
    alarms: tuple[IdentityChanged, ...] = ()
    """What no person has decided yet."""

    newer: NewerReleaseSeen | None = None


class NewerReleaseSeen(Struct, frozen=True):
    """A known device runs a newer lanshare than this one."""

    peer: PeerId
    name: str
    release: str


class SettingsChanged(Struct, frozen=True):
    """The settings in force. `needs_restart` names fields that take effect at the next start."""

    settings: Settings
    needs_restart: tuple[str, ...] = ()


class SettingsRefused(Struct, frozen=True):
    """The settings were not taken; `field` names the one that is wrong."""

    field: str


class NetworkTroubled(Struct, frozen=True):
    """Something about the network or the profile that a person should know; an empty message: it is over."""

    code: str
    message: str


class NetworkTrustRequested(Struct, frozen=True):
    """A network that is new to this computer: until AnswerNetwork it shows itself to nobody there."""

    network: str
    label: str


class WindowRequested(Struct, frozen=True):
    """Somebody wants the window in front, with these paths ready to send, or (`peer`) sent to that device."""

    paths: tuple[str, ...]
    peer: PeerId | None = None


class EngineStopped(Struct, frozen=True):
    """The engine ends; nothing follows."""

    code: str
