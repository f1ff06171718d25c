"""The words of the protocol: MessagePack, frames, and everything that is hashed. From PROTOCOL.md alone."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Union

from blake3 import blake3

Value = Union[bool, int, str, bytes, "list[Value]"]

CHUNK = 4 * 1024 * 1024
PACKED = 64 * 1024
DATA = 1024 * 1024
UNPROVEN = 4096
BOUNDS = {"Text": 1024 * 1024 + 4096, "Data": DATA, "Pack": DATA}
OTHERS = 65_536

# Number, name, fields: u unsigned, w uint16, i signed, s str, f bool, l array, b bytes (b32: so many; e32: or none).
TABLE = """
1 Challenge nonce:b32 lowest:w highest:w
2 Proof nonce:b32 certificate:b signature:b lowest:w highest:w
3 Hello version:u name:s kind:s system:s port:w instance:b16 purpose:s capabilities:l note:s
4 Refusal code:s detail:s
5 Ping number:u
6 Pong number:u
7 Bye code:s
8 Sealed point:b65 body:b2416
16 Text author:b conversation:b32 id:b16 sequence:u parents:l lamport:u sent_at_ms:i body:s signature:b kind:s about:e32
17 Stored id:b16
18 TextRefused id:b16 code:s
19 Seen ids:l
20 SeenKept ids:l
21 GroupRecords records:l
22 HistorySummary conversation:b32 held:l
23 Typing conversation:b32
24 PairBegin commitment:b32
25 PairAnswer nonce:b32
26 PairReveal nonce:b32
27 PairVerdict same:f
28 PairStop code:s
32 Offer transfer:b16 tops:l names:u files:u bytes:u complete:f after:e16 conversation:e32
33 Answer transfer:b16 accepted:f code:s
34 Cancel transfer:b16 code:s
35 Fetch transfer:b16
36 Finished transfer:b16 files:u failed:u bytes:u
37 Listing transfer:b16 first:u entries:l last:f
38 Pause transfer:b16 paused:f
39 Later transfer:b16 code:s
48 Attach transfer:b16 direction:s
49 Attached confirmed:l partials:l
50 Begin index:u parts:l kind:s size:u mtime_ns:i offset:u target:s executable:f
51 Data
52 Hole length:u
53 ChunkEnd digest:b32
54 End content:b32
55 FileAborted index:u code:s
56 EntrySkipped path:s code:s
57 AllSent entries:u bytes:u
58 Contents files:l
59 Timing disk:u work:u waiting:u
60 Pack folder:l files:l
61 FilePaused index:u
64 Confirmed first:u last:u
65 Failed index:u code:s
66 Halt code:s detail:s
67 Complete files:u failed:u bytes:u
68 Have files:l
69 Unwanted index:u code:s
70 Compare
71 Noted path:s code:s
"""
NAMES: dict[int, str] = {}
NUMBERS: dict[str, int] = {}
FIELDS: dict[str, list[tuple[str, str]]] = {}
for _line in TABLE.split("\n"):
    if _line:
        _number, _name, *_fields = _line.split()
        NAMES[int(_number)], NUMBERS[_name] = _name, int(_number)
        FIELDS[_name] = [(field.split(":")[0], field.split(":")[1]) for field in _fields]


class Broken(Exception):
    """The other side said something that the paper does not allow."""


# --- MessagePack, as much of it as frames need ---


def packed(value: object) -> bytes:
    """A value in MessagePack, each in its shortest form."""
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return _packed_int(value)
    if isinstance(value, str):
        raw = value.encode()
        short = bytes([0xA0 | len(raw)]) if len(raw) < 32 else b""
        return (short or _head(len(raw), (0xD9, 0xDA, 0xDB))) + raw
    if isinstance(value, (bytes, bytearray)):
        return _head(len(value), (0xC4, 0xC5, 0xC6)) + bytes(value)
    if isinstance(value, (list, tuple)):
        short = bytes([0x90 | len(value)]) if len(value) < 16 else b""
        return (short or _head(len(value), (0, 0xDC, 0xDD))) + b"".join(packed(one) for one in value)
    raise TypeError(type(value))


def _packed_int(value: int) -> bytes:
    if -32 <= value < 128:
        return struct.pack(">b" if value < 0 else ">B", value)
    if value >= 0:
        width = next(width for width in range(4) if value < 1 << (8 << width))
        return bytes([0xCC + width]) + value.to_bytes(1 << width, "big")
    width = next(width for width in range(4) if -value <= 1 << ((8 << width) - 1))
    return bytes([0xD0 + width]) + value.to_bytes(1 << width, "big", signed=True)


def _head(length: int, marks: tuple[int, int, int]) -> bytes:
    if length < 256 and marks[0]:
        return bytes([marks[0], length])
    return struct.pack(">BH", marks[1], length) if length < 65_536 else struct.pack(">BI", marks[2], length)


class _Reader:
    """Reads one MessagePack value after the other."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def take(self, count: int) -> bytes:
        piece = self.raw[self.at : self.at + count]
        if len(piece) != count:
            raise Broken("a body ends too early")
        self.at += count
        return piece

    def number(self, width: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(width), "big", signed=signed)

    def value(self) -> Value:
        mark = self.take(1)[0]
        if mark < 0x80 or mark >= 0xE0:
            return mark if mark < 0x80 else mark - 256
        if 0x90 <= mark <= 0x9F:
            return [self.value() for _ in range(mark & 15)]
        if 0xA0 <= mark <= 0xBF:
            return self.text(mark & 31)
        if mark in (0xC2, 0xC3):
            return mark == 0xC3
        if 0xC4 <= mark <= 0xC6:
            return self.take(self.number(1 << (mark - 0xC4)))
        if 0xCC <= mark <= 0xD3:
            return self.number(1 << (mark & 3), signed=mark >= 0xD0)
        if 0xD9 <= mark <= 0xDB:
            return self.text(self.number(1 << (mark - 0xD9)))
        if mark in (0xDC, 0xDD):
            return [self.value() for _ in range(self.number(2 << (mark - 0xDC)))]
        raise Broken(f"a MessagePack value of the kind {mark:#x}")

    def text(self, length: int) -> str:
        try:
            return self.take(length).decode()
        except UnicodeDecodeError as error:
            raise Broken("a string is not UTF-8") from error


def unpacked(raw: bytes) -> Value:
    """The one value that these bytes are."""
    reader = _Reader(raw)
    value = reader.value()
    if reader.at != len(raw):
        raise Broken("a body goes on after its array")
    return value


# --- values and frames ---


def number(value: Value) -> int:
    """An unsigned or signed number, or an error."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Broken(f"{value!r} is no number")
    return value


def text(value: Value) -> str:
    """A string, or an error."""
    if not isinstance(value, str):
        raise Broken(f"{value!r} is no string")
    return value


def raw(value: Value) -> bytes:
    """Bytes, or an error."""
    if not isinstance(value, bytes):
        raise Broken(f"{value!r} is no bytes")
    return value


def several(value: Value) -> list[Value]:
    """An array, or an error."""
    if not isinstance(value, list):
        raise Broken(f"{value!r} is no array")
    return value


def ranges(value: Value) -> set[int]:
    """All numbers in [[first, last]]."""
    found: set[int] = set()
    for pair in several(value):
        first, last = several(pair)[:2]
        found.update(range(number(first), number(last) + 1))
    return found


def in_ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Numbers as [[first, last]]."""
    found: list[list[int]] = []
    for one in sorted(numbers):
        if found and found[-1][1] == one - 1:
            found[-1][1] = one
        else:
            found.append([one, one])
    return found


@dataclass(frozen=True)
class Frame:
    """One frame that was heard: its name and its fields; the raw bytes of Data."""

    name: str
    fields: dict[str, Value]
    data: bytes = b""

    def number(self, field: str) -> int:
        return number(self.fields[field])

    def text(self, field: str) -> str:
        return text(self.fields[field])

    def raw(self, field: str) -> bytes:
        return raw(self.fields[field])

    def flag(self, field: str) -> bool:
        return self.fields[field] is True

    def list(self, field: str) -> list[Value]:
        return several(self.fields[field])


def frame(name: str, *values: object) -> bytes:
    """A frame with these fields, as it goes over the wire."""
    if len(values) != len(FIELDS[name]):
        raise TypeError(f"{name} has {len(FIELDS[name])} fields")
    return framed(name, packed(list(values)))


def framed(name: str, body: bytes) -> bytes:
    """A body behind its length and type."""
    if len(body) > BOUNDS.get(name, OTHERS):
        raise ValueError(f"{name} is too long")
    return struct.pack(">IB", len(body) + 1, NUMBERS[name]) + body


def read_frame(buffer: bytearray, proven: bool = True) -> tuple[bool, Frame | None]:
    """Take one frame off the buffer: whether there was a whole one, and the frame if its type is known."""
    if len(buffer) < 5:
        return False, None
    length, kind = struct.unpack_from(">IB", buffer)
    name = NAMES.get(kind, "")
    if length < 1 or length - 1 > (BOUNDS.get(name, OTHERS) if proven else UNPROVEN):
        raise Broken(f"a {name or kind} of {length} bytes")
    if len(buffer) < 4 + length:
        return False, None
    body = bytes(memoryview(buffer)[5 : 4 + length])
    del buffer[: 4 + length]
    if not name:
        return True, None
    if name == "Data":
        if not body:
            raise Broken("an empty Data")
        return True, Frame(name, {}, body)
    values = several(unpacked(body))
    fields = FIELDS[name]
    if len(values) < len(fields):
        raise Broken(f"a field of {name} is missing")
    for (field, kind_of), value in zip(fields, values, strict=False):
        _check(f"{name}.{field}", kind_of, value)
    return True, Frame(name, {field: value for (field, _), value in zip(fields, values, strict=False)})


def _check(where: str, kind: str, value: Value) -> None:
    letter, size = kind[0], int(kind[1:] or 0)
    if letter in "uwi":
        low, high = {"u": (0, 1 << 64), "w": (0, 1 << 16), "i": (-1 << 63, 1 << 63)}[letter]
        right = low <= number(value) < high
    elif letter == "s":
        right = isinstance(value, str)
    elif letter == "f":
        right = isinstance(value, bool)
    elif letter == "l":
        right = isinstance(value, list)
    else:
        right = isinstance(value, bytes) and (not size or len(value) == size or (letter == "e" and not value))
    if not right:
        raise Broken(f"{where} is {value!r:.60}")


# --- what is hashed ---


def joined(*parts: str | bytes) -> bytes:
    """Each part behind its length as 4 bytes."""
    pieces = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(struct.pack(">I", len(piece)) + piece for piece in pieces)


def sha(*parts: str | bytes) -> bytes:
    """SHA-256 over the parts, each behind its length."""
    return hashlib.sha256(joined(*parts)).digest()


def id_of(key: bytes) -> str:
    """The id of a device: of its public key as SubjectPublicKeyInfo in DER."""
    return base64.b32encode(hashlib.sha256(key).digest()).decode().rstrip("=").lower()


def transcript(acceptor: bytes, dialler: bytes, challenge: bytes, proof: bytes) -> bytes:
    """What the dialler signs: both certificates, both nonces."""
    certificates = hashlib.sha256(acceptor).digest(), hashlib.sha256(dialler).digest()
    return sha("lanshare/1 peer-auth", "client", *certificates, challenge, proof)


def revealed(hidden: bytes, throwaway: bytes, dialler: bytes, challenge: bytes, proof: bytes) -> bytes:
    """What an acceptor that hides signs: three certificates, both nonces."""
    certificates = [hashlib.sha256(one).digest() for one in (hidden, throwaway, dialler)]
    return sha("lanshare/1 peer-auth", "server", *certificates, challenge, proof)


def sealed_info(point: bytes, wanted: bytes, throwaway: bytes, challenge: bytes) -> bytes:
    """What the key of a Sealed depends on, beside the secret."""
    digests = hashlib.sha256(wanted).digest(), hashlib.sha256(throwaway).digest()
    return joined("lanshare/1 sealed proof", point, *digests, challenge)


def pair_conversation(one: str, other: str) -> bytes:
    """The conversation of two devices."""
    return sha("lanshare/1 pair", *sorted((one, other)))


def group_conversation(founder: bytes, record: bytes) -> bytes:
    """The conversation of a group: its founder's key and the id of the record that founds it."""
    return sha("lanshare/1 group", founder, record)


def commitment(nonce: bytes, initiator: str, responder: str) -> bytes:
    """What the initiator of a comparison binds itself to."""
    return sha("lanshare/1 pairing", "commit", nonce, initiator, responder)


def digits(initiator: str, responder: str, first: bytes, second: bytes) -> str:
    """The six digits that both sides show."""
    found = sha("lanshare/1 pairing", "digits", initiator, responder, first, second)
    return f"{int.from_bytes(found[:8], 'big') % 1_000_000:06}"


def content_id(size: int, digests: Iterable[bytes]) -> bytes:
    """The content id of a file of this size with these chunks."""
    return blake3(b"lanshare/1 content" + struct.pack(">Q", size) + b"".join(digests)).digest()


def content_of(data: bytes) -> bytes:
    """The content id of a whole file."""
    return content_id(len(data), [blake3(data[at : at + CHUNK]).digest() for at in range(0, len(data), CHUNK)])


def membership(name: str, add: list[str], remove: list[str]) -> str:
    """The body of a record that founds or changes a group."""
    return json.dumps({"name": name, "add": add, "remove": remove}, separators=(",", ":"))


@dataclass(frozen=True)
class Record:
    """A message as its author signs it."""

    author: bytes
    conversation: bytes
    id: bytes
    sequence: int
    parents: tuple[bytes, ...]
    lamport: int
    sent_at_ms: int
    body: str
    kind: str = "text"
    about: bytes = b""

    def canonical(self) -> bytes:
        numbers = struct.pack(">Q", self.sequence), struct.pack(">Q", self.lamport), struct.pack(">q", self.sent_at_ms)
        return joined(
            "lanshare/1 message", self.author, self.conversation, self.id, numbers[0], b"".join(self.parents),
            numbers[1], numbers[2], self.body, self.kind, self.about,
        )  # fmt: skip

    def digest(self) -> bytes:
        return hashlib.sha256(self.canonical()).digest()
