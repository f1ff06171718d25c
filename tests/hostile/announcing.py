"""Forged announcements."""

from __future__ import annotations

import base64
import secrets
import socket
import struct

from lanshare.domain.peer import PeerId, short_id

GROUP = ("224.0.0.251", 5353)

SERVICE = b"\x09_lanshare\x04_tcp\x05local\x00"


class Forger:
    """Says any bytes to the multicast group, on loopback alone."""

    def __init__(self) -> None:
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        self._sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        self._sock.bind(("127.0.0.1", 0))

    def say(self, packet: bytes) -> None:
        """One datagram."""
        self._sock.sendto(packet[:9000], GROUP)

    def close(self) -> None:
        """Be silent."""
        self._sock.close()


def head(questions: int = 0, answers: int = 0, more: int = 0, flags: int = 0x8400) -> bytes:
    """A header of RFC 1035 4.1.1."""
    return struct.pack(">HHHHHH", 0, flags, questions, answers, 0, more)


def record(name: bytes, kind: int, data: bytes, ttl: int = 4500) -> bytes:
    """A resource record of class IN."""
    return name + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def instance(number: int) -> bytes:
    """A name of an instance that is nowhere."""
    return b"\x08" + label(number) + SERVICE


def label(number: int) -> bytes:
    """A short id that nobody has."""
    return base64.b32encode(number.to_bytes(5, "big")).lower()


def announced(number: int, text: bytes = b"") -> bytes:
    """All that a device announces, with a name of ours."""
    full = instance(number)
    txt = text or b"\x03v=1" + b"\x0bid=" + label(number) + b"\x08name=Bob"
    host = b"\x01h\x05local\x00"
    return head(0, 4) + b"".join([
        record(SERVICE, 12, full), record(full, 33, struct.pack(">HHH", 0, 0, 17717) + host), record(full, 16, txt),
        record(host, 1, bytes([127, 0, 9, number % 250 + 1])),
    ])


def lies() -> list[bytes]:
    """Packets that brought others down: loops of pointers, counts and lengths that are not true, names without end."""
    deep = b"".join(struct.pack(">H", 0xC000 | (12 + 2 * turn + 2)) for turn in range(3000))
    back = b"".join(struct.pack(">H", 0xC000 | (12 + 2 * max(0, turn - 1))) for turn in range(3000))
    return [
        head(1) + b"\xc0\x0c\x00\x0c\x00\x01",  # points to itself
        head(1) + b"\xc0\x0e\xc0\x0c\x00\x0c\x00\x01",  # two that point to each other
        head(0, 1) + deep, head(0, 1) + back, head(0xFFFF, 0xFFFF, 0xFFFF) + b"\x00",
        head(0, 1) + b"\x3f" + b"a" * 63 + (b"\x3f" + b"a" * 63) * 100 + b"\x00" + b"\x00\x0c\x00\x01",
        head(0, 1) + record(SERVICE, 16, b"\xff" + b"x" * 20), head(0, 1) + record(SERVICE, 1, b"\x7f"),
        head(0, 1) + SERVICE + struct.pack(">HHIH", 12, 1, 4500, 0xFFFF) + b"short",
        head(0, 1) + record(SERVICE, 47, b"\xc0\x0c\x00\xff" + b"\xff" * 255),
        head(0, 1) + record(SERVICE, 33, b"\x00"), head(0, 1) + record(b"\xff\xff\x00", 12, b"\xc0\xff"),
        b"", b"\x00", head()[:11], head(0, 0, 0, 0xFFFF), secrets.token_bytes(1400),
    ]


def claim(peer: PeerId, port: int, host: str = "127.0.0.1", name: bytes = b"Bob") -> bytes:
    """A packet that says that this device is there."""
    short = short_id(peer).encode()
    full = bytes([len(short)]) + short + SERVICE
    txt = b"".join(bytes([len(one)]) + one for one in (b"v=1", b"id=" + short, b"name=" + name))
    at = bytes([len(short) + 1]) + b"x" + short + b"\x05local\x00"
    return head(0, 4) + b"".join([
        record(SERVICE, 12, full), record(full, 33, struct.pack(">HHH", 0, 0, port) + at), record(full, 16, txt),
        record(at, 1, socket.inet_aton(host)),
    ])
