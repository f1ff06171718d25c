"""PROTOCOL.md tells the truth: its vectors and its table of frames are what the code does."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.message_records import change_body
from lanshare.files.content import Content, chunk_digest, prefix_digest
from lanshare.trust.identity import id_of_key, verify
from lanshare.trust.pairing import commitment, digits
from lanshare.trust.proof import transcript
from lanshare.trust.sealing import key_of
from lanshare.wire import codec
from lanshare.wire import frames as f
from lanshare.wire.records import group_conversation, pair_conversation, record_digest

PAPER = (Path(__file__).resolve().parents[2] / "lanshare" / "wire" / "PROTOCOL.md").read_text(encoding="utf-8")


def content(size: int, byte: bytes) -> str:
    """The content id of so many equal bytes."""
    one = Content()
    while one.size < size:
        one.update(byte * min(one.to_boundary, size - one.size))
    return one.id().hex()


def computed() -> dict[str, str]:
    """Every vector, as the code makes it."""
    pair = pair_conversation("b" * 52, "a" * 52)
    text = f.Text(b"K", pair, bytes(range(16)), 1, (), 1, 1_700_000_000_000, "héllo", b"")
    reaction = f.Text(
        b"K", pair, bytes(range(16, 32)), 2, (record_digest(text),), 2, 1_700_000_000_000, "\N{THUMBS UP SIGN}", b"",
        "reaction", record_digest(text),
    )
    group = group_conversation(b"K", bytes(range(16)))
    found = f.Text(
        b"K", group, bytes(range(16)), 1, (), 1, 1_700_000_000_000, change_body("us", [PeerId("a" * 52)], ()), b"",
        "found",
    )
    one_chunk = chunk_digest(b"\x01" * CHUNK)
    abc = Content()
    abc.update(b"abc")
    return {
        "header-ping": codec.encode(f.Ping(1)).hex(),
        "hello": codec.encode(f.Hello(1, "Anna", "laptop", "Debian 12", 17717, bytes(16), "control")).hex(),
        "begin": codec.encode(f.Begin(3, ("a", "b.txt"), "file", 5, 1_600_000_000_000_000_000)).hex(),
        "transcript": transcript(b"S", b"C", bytes(range(32)), bytes(range(32, 64))).hex(),
        "revealed": transcript(b"S", b"C", bytes(range(32)), bytes(range(32, 64)), b"H").hex(),
        "sealed-key": sealed_key().hex(),
        "content-empty": Content().id().hex(),
        "content-abc": abc.id().hex(),
        "content-chunk-and-one": content(CHUNK + 1, b"\x01"),
        "pair-commitment": commitment(bytes(range(32)), PeerId("a" * 52), PeerId("b" * 52)).hex(),
        "pair-digits": digits(PeerId("a" * 52), PeerId("b" * 52), bytes(range(32)), bytes(range(32, 64))),
        "pair": pair.hex(),
        "record": record_digest(text).hex(),
        "record-reaction": record_digest(reaction).hex(),
        "group": group_conversation(b"K", bytes(range(16))).hex(),
        "record-found": record_digest(found).hex(),
        "seen": codec.encode(f.Seen((bytes(range(16)),))).hex(),
        "holding": codec.encode(
            f.HistorySummary(bytes(range(32)), (f.AuthorRanges(bytes(32), ((1, 3), (7, 7))),))
        ).hex(),
        "peer-id": id_of_key(b"K"),
        "pack": codec.encode(
            f.Pack(("a",), (f.Packed(3, "b.txt", 1_600_000_000_000_000_000, False, abc.id(), b"abc"),))
        ).hex(),
        "chunk": one_chunk.hex(),
        "attached": codec.encode(f.Attached(((0, 2),), ((3, 1, prefix_digest([one_chunk])),))).hex(),
        "circle": codec.encode(f.GroupRecords((encoded(found),))).hex(),
        "private-key-1": hashlib.sha256(key_one()).hexdigest(),
        "noted": codec.encode(f.Noted("a/b.txt", "name-mapped")).hex(),
    }


def encoded(text: f.Text) -> bytes:
    """A record as it stands in GroupRecords: the body of a Text frame, here with the signature `S`."""
    signed = f.Text(
        text.author, text.conversation, text.id, text.sequence, text.parents, text.lamport, text.sent_at_ms, text.body,
        b"S", text.kind, text.about,
    )
    return codec.encode(signed)[codec.HEADER.size :]


def sealed_key() -> bytes:
    """The key of a text that was sealed with the private key 2 for the private key 1."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    once, reader = ec.derive_private_key(2, ec.SECP256R1()), ec.derive_private_key(1, ec.SECP256R1())
    point = once.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return key_of(once.exchange(ec.ECDH(), reader.public_key()), point, key_one(), b"S", bytes(range(32)))


def key_one() -> bytes:
    """The public key (SubjectPublicKeyInfo, DER) of the private key 1."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    public = ec.derive_private_key(1, ec.SECP256R1()).public_key()
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_the_papers_signature_is_one_of_its_key_over_its_transcript() -> None:
    found = re.search(r"signature `([0-9a-f]+)` of the private key 1", PAPER)
    assert found is not None
    over = transcript(b"S", b"C", bytes(range(32)), bytes(range(32, 64)))
    assert verify(key_one(), bytes.fromhex(found[1]), over)


def test_the_vectors_hold() -> None:
    block = re.search(r"```json\n(.*?)```", PAPER, re.DOTALL)
    assert block is not None
    assert json.loads(block[1]) == computed()


def test_the_table_names_every_frame_with_its_number_and_fields() -> None:
    rows = re.findall(r"^\| ([0-9, ]+) \| ([A-Za-z, ]+) \| (.*)\|$", PAPER, re.MULTILINE)
    told: dict[str, int] = {}
    for numbers, names, fields in rows:
        for number, name in zip(numbers.split(", "), names.split(", "), strict=True):
            told[name] = int(number)
            kind = getattr(f, name)
            for field in kind.__struct_fields__:
                assert name == "Data" or re.search(rf"\b{field}\b", fields), f"{name}.{field} is not told"
    assert told == {kind.__name__: number for kind, number in f.NUMBERS.items()}
