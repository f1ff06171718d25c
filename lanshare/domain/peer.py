"""Devices: who they are (a key's hash), where they were seen, how far they are trusted."""

from __future__ import annotations

import base64
import ipaddress
import re
import struct
from enum import StrEnum
from typing import Final, NewType

from msgspec import Struct

from lanshare.domain.showable import without_hidden

PeerId = NewType("PeerId", str)
"""SHA-256 of a device's public key (SubjectPublicKeyInfo, DER) in lower-case base32 without padding: 52 characters."""

SHORT = 8
"""Characters of a PeerId that people and mDNS see: 40 bits, enough to tell devices of one network apart."""

_PEER_ID = re.compile(r"[a-z2-7]{52}")
_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aiou"
DEFAULT_PORT = 17717


def peer_id(text: str) -> PeerId:
    """`text` as a PeerId; ValueError unless it is 52 characters of lower-case base32."""
    if not _PEER_ID.fullmatch(text):
        raise ValueError(f"not a device id: {text[:80]!r}")
    return PeerId(text)


def short_id(peer: str) -> str:
    """The first characters of an id, for people and for mDNS instance names."""
    return peer[:SHORT]


def is_full_id(text: str) -> bool:
    """Whether this is an id as a whole."""
    return _PEER_ID.fullmatch(text) is not None


def id_of_digest(digest: bytes) -> PeerId:
    """An id from the 32 bytes that it spells: of a device's key, or of a group."""
    return PeerId(base64.b32encode(digest).decode("ascii").rstrip("=").lower())


def key_bytes(peer: str) -> bytes:
    """The 32 bytes of SHA-256 that an id spells."""
    return base64.b32decode(peer.upper() + "====")


def key_words(peer: str) -> str:
    """The first 64 bits of an id as four words that can be said aloud (proquints: arXiv 0901.4016)."""
    words = []
    for (number,) in struct.iter_unpack(">H", key_bytes(peer)[:8]):
        consonants = [_CONSONANTS[number >> shift & 15] for shift in (12, 6, 0)]
        vowels = [_VOWELS[number >> shift & 3] for shift in (10, 4)]
        words.append("".join((consonants[0], vowels[0], consonants[1], vowels[1], consonants[2])))
    return "-".join(words)


def clean_name(text: str, fallback: str = "") -> str:
    """A device name fit to show: no control or invisible characters, single spaces, at most 64 characters."""
    cleaned = " ".join(without_hidden(text.replace("\n", " ").replace("\t", " ")).split())
    return without_hidden(cleaned[:64]).strip() or fallback


class TrustLevel(StrEnum):
    """How far this device trusts another one."""

    STRANGER = "stranger"
    KNOWN = "known"
    VERIFIED = "verified"
    BLOCKED = "blocked"


class Permission(StrEnum):
    """What happens to something that a device sends."""

    ASK = "ask"
    ACCEPT = "accept"
    BLOCK = "block"


class PeerPolicy(Struct, frozen=True):
    """What a person decided for one device. Only a verified device's files are ever accepted without asking.

    `up_to`: bytes of one offer, 0 for any; `into`: a folder, "" for the download folder; `until`: ms since 1970, 0 for
    good; `at_home`: only on networks where the person is at home; `speed`: bytes per second that go to it, 0 for any;
    `run`: a command for what has arrived from it, "" for none.
    """

    files: Permission = Permission.ASK
    messages: Permission = Permission.ACCEPT
    up_to: int = 0
    into: str = ""
    until: int = 0
    at_home: bool = False
    speed: int = 0
    run: str = ""


ORDINARY: Final = PeerPolicy()
"""Nothing was decided: ask for files, take messages."""


class DeviceKind(StrEnum):
    """What a device says it is: a hint for the icon."""

    DESKTOP = "desktop"
    LAPTOP = "laptop"
    SERVER = "server"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, text: str) -> DeviceKind:
        """The kind named by a peer, UNKNOWN for anything else."""
        try:
            return cls(text)
        except ValueError:
            return cls.UNKNOWN


class Address(Struct, frozen=True):
    """Host (numeric IP or name; IPv6 link-local with %scope) and TCP port."""

    host: str
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """host, host:port, [v6]:port or a bare v6 address; ValueError if it is none of them.

    One spelling for each: an IP address as RFC 5952 writes it, a host name in lower case.
    """
    text = text.strip()
    host, port = text, ""
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError(f"not an address: {text!r}")
        port = rest[1:]
    elif text.count(":") == 1:
        host, colon, port = text.partition(":")
        if colon and not port:
            raise ValueError(f"not a port: {text!r}")
    if not host or not re.fullmatch(r"[A-Za-z0-9._:%\-]+", host):
        raise ValueError(f"not an address: {text!r}")
    if port and not re.fullmatch(r"[0-9]{1,5}", port):
        raise ValueError(f"not a port: {port!r}")
    number = int(port) if port else DEFAULT_PORT
    if not 1 <= number <= 65535:
        raise ValueError(f"not a port: {number}")
    return Address(_spelled(host), number)


def _spelled(host: str) -> str:
    plain, scoped, scope = host.partition("%")
    try:
        return f"{ipaddress.ip_address(plain)}{scoped}{scope}"
    except ValueError:
        return host.lower()


class Peer(Struct, frozen=True):
    """A device as a shell shows it. `name` is what it says, `alias` what our person calls it: that one goes first."""

    id: PeerId
    name: str
    kind: DeviceKind
    addresses: tuple[str, ...]
    trust: TrustLevel
    online: bool
    system: str = ""
    alias: str = ""
    rules: PeerPolicy = ORDINARY
    note: str = ""
    met_as: str = ""
