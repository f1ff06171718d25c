"""The second implementation and a real engine, in both directions: what the paper says is what goes over the wire."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from blake3 import blake3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .engine import CLONE, Engine
from .files import Sink, Source
from .peer import Gone, Link, Peer, Refused, record_of, sealing_key
from .words import (
    CHUNK,
    Broken,
    Frame,
    Record,
    Value,
    commitment,
    content_of,
    digits,
    frame,
    group_conversation,
    id_of,
    membership,
    packed,
    pair_conversation,
    read_frame,
    revealed,
    sealed_info,
    several,
    transcript,
    unpacked,
)

MIB = 1024 * 1024
BIG = 9 * MIB + 123
SPARSE = 6 * CHUNK + 77
Start = Callable[..., Engine]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts engines, all of one profile, and ends them."""
    running: list[Engine] = []

    def starting(command: str, *arguments: object, port: int = 0) -> Engine:
        running.append(Engine(tmp_path / "engine", command, *arguments, port=port))
        return running[-1]

    yield starting
    for engine in running:
        engine.close()


@pytest.fixture
def peer(start: Start, tmp_path: Path) -> Iterator[Peer]:
    """A peer; it goes before the engines do."""
    with Peer(tmp_path / "peer") as made:
        yield made


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with small files, an empty one, an empty folder, a link, several chunks, and holes."""
    top = tmp_path / "source" / "tree"
    (top / "sub" / "hollow").mkdir(parents=True)
    for each in range(7):
        (top / f"small {each}.txt").write_bytes(os.urandom(1000 * each + 1))
    (top / "sub" / "nothing").write_bytes(b"")
    (top / "sub" / "grüße.sh").write_bytes(b"#!/bin/sh\n")
    (top / "sub" / "way").symlink_to("../small 1.txt")
    (top / "big.bin").write_bytes(os.urandom(BIG))
    with (top / "sparse.bin").open("wb") as file:
        file.write(os.urandom(5000))
        file.seek(2 * CHUNK + 300_000)
        file.write(b"middle" * 2000)
        file.truncate(SPARSE)
    return top


def receiver(start: Start, peer: Peer, into: Path, count: int = 1, port: int = 0) -> tuple[Engine, Link]:
    """An engine that receives, and a control link to it."""
    engine = start("receive", "--into", into, "--accept", "all", "--count", count, port=port)
    mine = engine.ready(peer)
    return engine, peer.dial(engine.port, expected=mine)


def offered(start: Start, peer: Peer, *paths: Path) -> tuple[Engine, Link, bytes]:
    """An engine that sends, its control link, and its transfer, once it is counted."""
    engine = start("send", f"127.0.0.1:{peer.port}", *paths)
    control = peer.arrival(saying="Offer")
    while not (offer := peer.take(control, "Offer")).flag("complete"):
        pass
    return engine, control, offer.raw("transfer")


def identity(start: Start, tmp_path: Path) -> str:
    """The id that the engine of this profile has."""
    with Peer(tmp_path / "asker") as asker:
        engine = start("id")
        assert engine.ended(asker) == 0
        return str(engine.events[0]["id"])


def inventory(top: Path) -> dict[str, object]:
    """All that is in a folder: contents, links' targets, and the files' times."""
    found: dict[str, object] = {}
    for path in [top, *sorted(top.rglob("*"))]:
        name = str(path.relative_to(top))
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_dir():
            found[name] = "a folder"
        else:
            found[name] = content_of(path.read_bytes()).hex(), path.stat().st_mtime_ns
    return found


def hear(whole: bytes) -> Frame:
    heard = read_frame(bytearray(whole))[1]
    assert heard is not None
    return heard


# --- the paper's vectors ---


def public_of(private: int) -> bytes:
    """The public key of a private one, as the paper spells keys."""
    public = ec.derive_private_key(private, ec.SECP256R1()).public_key()
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_every_vector_of_the_paper() -> None:
    paper = (CLONE / "lanshare" / "wire" / "PROTOCOL.md").read_text(encoding="utf-8")
    block = re.search(r"```json\n(.*?)```", paper, re.DOTALL)
    assert block is not None
    one, other, first, second = "a" * 52, "b" * 52, bytes(range(32)), bytes(range(32, 64))
    at = 1_700_000_000_000
    record = Record(b"K", pair_conversation(one, other), bytes(range(16)), 1, (), 1, at, "héllo")
    thumb = Record(
        b"K", record.conversation, bytes(range(16, 32)), 2, (record.digest(),), 2, at, "\U0001f44d", "reaction",
        record.digest(),
    )  # fmt: skip
    group = group_conversation(b"K", bytes(range(16)))
    found = Record(b"K", group, bytes(range(16)), 1, (), 1, at, membership("us", [one], []), "found")
    signed = [
        found.author, found.conversation, found.id, found.sequence, [], found.lamport, found.sent_at_ms, found.body,
        b"S", found.kind, found.about,
    ]  # fmt: skip
    chunk = blake3(b"\1" * CHUNK).digest()
    once, reader = ec.derive_private_key(2, ec.SECP256R1()), ec.derive_private_key(1, ec.SECP256R1()).public_key()
    point = once.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    mine = {
        "header-ping": frame("Ping", 1).hex(),
        "hello": frame("Hello", 1, "Anna", "laptop", "Debian 12", 17717, bytes(16), "control", [], "").hex(),
        "begin": frame("Begin", 3, ["a", "b.txt"], "file", 5, 1_600_000_000_000_000_000, 0, "", False).hex(),
        "transcript": transcript(b"S", b"C", first, second).hex(),
        "revealed": revealed(b"H", b"S", b"C", first, second).hex(),
        "sealed-key": sealing_key(once, reader, sealed_info(point, public_of(1), b"S", first)).hex(),
        "content-empty": content_of(b"").hex(),
        "content-abc": content_of(b"abc").hex(),
        "content-chunk-and-one": content_of(b"\1" * (CHUNK + 1)).hex(),
        "pair-commitment": commitment(first, one, other).hex(),
        "pair-digits": digits(one, other, first, second),
        "pair": pair_conversation(one, other).hex(),
        "record": record.digest().hex(),
        "record-reaction": thumb.digest().hex(),
        "group": group.hex(),
        "record-found": found.digest().hex(),
        "seen": frame("Seen", [bytes(range(16))]).hex(),
        "holding": frame("HistorySummary", first, [[bytes(32), [[1, 3], [7, 7]]]]).hex(),
        "peer-id": id_of(b"K"),
        "pack": frame(
            "Pack", ["a"], [[3, "b.txt", 1_600_000_000_000_000_000, False, content_of(b"abc"), b"abc", False]]
        ).hex(),
        "chunk": chunk.hex(),
        "attached": frame("Attached", [[0, 2]], [[3, 1, blake3(chunk).digest()]]).hex(),
        "circle": frame("GroupRecords", [packed(signed)]).hex(),
        "private-key-1": sha256(public_of(1)).hexdigest(),
        "noted": frame("Noted", "a/b.txt", "name-mapped").hex(),
    }
    assert mine == json.loads(block[1])
    for name in ("header-ping", "hello", "begin", "seen", "holding"):  # and back
        again = hear(bytes.fromhex(mine[name]))
        assert frame(again.name, *again.fields.values()).hex() == mine[name]


def test_messagepack_there_and_back() -> None:
    values: list[Value] = [True, 0, 2**64 - 1, "", "ä" * 20, "x" * 70_000, bytes(300), [[]] * 20]
    for power in (5, 7, 8, 15, 16, 31, 32, 63):
        values += [2**power - 1, 2**power, -(2**power), 1 - 2**power]
    assert unpacked(packed(values)) == values
    with pytest.raises(Broken):
        hear(frame("Ping", 1).replace(b"\x91", b"\x90"))


# --- greeting and control link ---


def test_greeting_and_pings_both_ways(peer: Peer, start: Start, tmp_path: Path) -> None:
    engine, control = receiver(start, peer, tmp_path / "in")
    assert control.hello is not None
    assert (control.hello.text("name"), control.hello.text("purpose")) == ("Engine", "control")
    assert control.hello.number("port") == engine.port
    control.say("Ping", 77)
    while peer.take(control, "Pong").number("number") != 77:
        pass
    control.send(b"\x00\x00\x00\x03\xc8\x91\x01")  # a type that nobody knows is skipped
    control.send(b"\x00\x00\x00\x05\x05\x92\x4e\xa1x")  # Ping(78, "x"): what was appended is ignored
    while peer.take(control, "Pong").number("number") != 78:
        pass
    assert "Ping" in control.heard
    assert engine.event(peer, "PeerAppeared", id=peer.id)["name"] == "Second"
    with Peer(tmp_path / "liar", "Liar") as liar:
        liar.private = peer.private  # signs with a key that is not its certificate's
        with pytest.raises((Refused, Gone)):
            liar.dial(engine.port)
    with pytest.raises(Broken):  # another id was expected: nothing is said
        peer.dial(engine.port, expected=peer.id)


@pytest.mark.parametrize("smaller", ["the engine", "the peer"])
def test_of_two_crossing_links_that_of_the_smaller_id_stays(start: Start, tmp_path: Path, smaller: str) -> None:
    theirs = identity(start, tmp_path)
    with Peer(tmp_path / "peer", suits=lambda mine: (mine < theirs) == (smaller == "the peer")) as peer:
        engine = start("text", f"127.0.0.1:{peer.port}", "so that it knows the way")
        peer.read_text(peer.arrival())
        assert engine.ended(peer) == 0
        engine = start("receive", "--into", tmp_path / "in")
        accepted = peer.arrival()
        dialled = peer.dial(engine.port)
        stays, goes = (dialled, accepted) if smaller == "the peer" else (accepted, dialled)
        peer.over(goes)
        peer.write(stays, "still there")
        peer.take(stays, "Stored")


# --- texts ---


def test_an_engine_that_hides_is_found_by_whom_it_knows(peer: Peer, start: Start, tree: Path, tmp_path: Path) -> None:
    engine = start("text", f"127.0.0.1:{peer.port}", "moin")
    control = peer.arrival(saying="Text")
    peer.read_text(control)
    assert engine.ended(peer) == 0
    mine, key = control.peer_id, control.peer_key
    (tmp_path / "engine" / "profile" / "settings.json").write_text('{"visibility": "known"}')
    engine, _, _ = offered(start, peer, tree)
    for wanted in (key, b""):  # asked for, and found
        link = peer.dial(engine.port, expected=mine if wanted else "", wanted=wanted)
        assert (link.peer_id, link.peer_key) == (mine, key)
    with Peer(tmp_path / "stranger") as stranger:
        for wanted in (key, b""):
            with pytest.raises(Refused, match="hidden"):
                stranger.dial(engine.port, expected=mine if wanted else "", wanted=wanted)


def test_texts_to_the_engine(peer: Peer, start: Start, tmp_path: Path) -> None:
    engine, control = receiver(start, peer, tmp_path / "in", 2)
    long = peer.write(control, "x" * 1001)  # too long for a stranger's first text
    refused = peer.take(control, "Stored", "TextRefused")
    assert list(refused.fields.values()) == [long.id, "text-too-long"]
    first = peer.write(control, "Grüße \U0001f44b")
    assert peer.take(control, "Stored", "TextRefused").raw("id") == first.id
    peer.hand_over(control, first)  # again: confirmed again, shown once
    assert peer.take(control, "Stored", "TextRefused").raw("id") == first.id
    second = peer.write(control, "and more", parents=(first.digest(),))
    assert peer.take(control, "Stored", "TextRefused").raw("id") == second.id
    assert engine.ended(peer) == 0
    shown = [(one["peer"], one["text"]) for one in engine.named("MessageReceived")]
    assert shown == [(peer.id, "Grüße \U0001f44b"), (peer.id, "and more")]


def test_texts_from_the_engine(peer: Peer, start: Start) -> None:
    records = []
    for whom, body in ((f"127.0.0.1:{peer.port}", "moin"), (peer.id[:20], "ça va?")):
        engine = start("text", whom, body)
        control = peer.arrival(saying="Text")
        records.append(peer.read_text(control))
        assert engine.ended(peer) == 0
        assert engine.named("MessageDelivered")
        peer.over(control)
        assert control.heard[-1] == "Bye"
    assert [(one.body, one.kind, one.sequence, one.lamport) for one in records] == [
        ("moin", "text", 1, 1),
        ("ça va?", "text", 2, 2),
    ]
    assert records[1].parents == (records[0].digest(),)


def test_a_group_that_the_engine_founds(peer: Peer, start: Start, tmp_path: Path) -> None:
    engine = start("text", f"127.0.0.1:{peer.port}", "so that it knows the way")
    peer.read_text(peer.arrival())
    assert engine.ended(peer) == 0
    engine = start("group", "Garden", "--new", peer.id)
    control = peer.arrival(saying="HistorySummary")
    (raw_record,) = peer.take(control, "GroupRecords").list("records")
    assert isinstance(raw_record, bytes)
    found = record_of(several(unpacked(raw_record)))
    assert (found.author, found.kind, found.sequence) == (control.peer_key, "found", 1)
    assert found.body == membership("Garden", [peer.id], [])
    assert found.conversation == group_conversation(found.author, found.id)
    holding = peer.take(control, "HistorySummary")
    assert holding.list("held") == [[sha256(found.author).digest(), [[1, 1]]]]  # an author is its id, as bytes
    peer.know(found)
    held = [[sha256(one).digest(), [[1, 1]]] for one in (found.author, peer.key)]
    control.say("HistorySummary", found.conversation, held[:1])  # its receipt
    assert engine.ended(peer) == 0

    engine = start("receive", "--into", tmp_path / "in", "--count", 1)
    control = peer.arrival(saying="HistorySummary")
    mine = peer.write(control, "me too", (found.digest(),), found.conversation)
    assert peer.take(control, "Stored", "TextRefused").fields == {"id": mine.id}
    assert engine.ended(peer) == 0
    assert [one["text"] for one in engine.named("MessageReceived")] == ["me too"]

    engine = start("text", "Garden", "all of you")
    control = peer.arrival(saying="HistorySummary")
    control.say("HistorySummary", found.conversation, held)  # what it said before this meeting it hands over now
    heard = peer.read_text(control, found.conversation)
    assert (heard.body, heard.lamport, heard.parents) == ("all of you", mine.lamport + 1, (mine.digest(),))
    assert engine.ended(peer) == 0


# --- files ---


def test_files_to_the_engine(peer: Peer, start: Start, tree: Path, tmp_path: Path) -> None:
    engine, control = receiver(start, peer, tmp_path / "in")
    source = Source(tree)
    source.offer(control)
    source.accepted(peer, control)
    data = peer.dial(engine.port, "data", expected=control.peer_id)
    source.attach(peer, data)
    assert source.send(peer, data)
    assert source.complete is not None
    size = sum(entry.size for entry in source.entries)
    assert list(source.complete.fields.values()) == [11, 0, size]
    assert source.confirmed == set(range(len(source.entries)))
    assert engine.ended(peer) == 0
    assert inventory(tmp_path / "in" / "tree") == inventory(tree)


def test_files_from_the_engine(peer: Peer, start: Start, tree: Path, tmp_path: Path) -> None:
    single = tmp_path / "source" / "single.txt"
    single.write_bytes(b"alone")
    engine, control, transfer = offered(start, peer, tree, single)
    control.say("Answer", transfer, True, "")
    data = peer.arrival("data")
    assert data.peer_id == control.peer_id
    sink = Sink(tmp_path / "in")
    sink.attach(peer, data, transfer)
    assert sink.receive(peer, data)
    assert engine.ended(peer) == 0
    assert inventory(tmp_path / "in" / "tree") == inventory(tree)
    assert (tmp_path / "in" / "single.txt").read_bytes() == b"alone"
    assert {"Pack", "Hole", "ChunkEnd"} <= set(sink.names)
    assert sink.content_bytes < BIG + MIB  # the holes did not travel


def test_the_engine_fetches(peer: Peer, start: Start, tree: Path, tmp_path: Path) -> None:
    engine, control = receiver(start, peer, tmp_path / "in")
    source = Source(tree)
    source.offer(control)
    source.accepted(peer, control)
    control.say("Fetch", source.transfer)
    data = peer.arrival("data")
    attach = peer.take(data, "Attach")
    assert (attach.raw("transfer"), attach.text("direction")) == (source.transfer, "pull")
    source.attached(peer, data)
    assert source.send(peer, data)
    assert engine.ended(peer) == 0
    assert inventory(tmp_path / "in" / "tree") == inventory(tree)


def test_fetching_from_the_engine(peer: Peer, start: Start, tree: Path, tmp_path: Path) -> None:
    engine, control, transfer = offered(start, peer, tree)
    control.say("Answer", transfer, True, "")
    data = peer.dial(engine.port, "data", expected=control.peer_id)
    data.say("Attach", transfer, "pull")
    sink = Sink(tmp_path / "pulled")
    sink.attached(data)
    assert sink.receive(peer, data)
    assert engine.ended(peer) == 0
    assert inventory(tmp_path / "pulled" / "tree") == inventory(tree)


def test_a_declined_offer(peer: Peer, start: Start, tree: Path) -> None:
    engine, control, transfer = offered(start, peer, tree)
    control.say("Answer", transfer, False, "declined")
    assert engine.ended(peer) == 4


def test_what_is_there_already_does_not_travel_to_the_engine(
    peer: Peer, start: Start, tree: Path, tmp_path: Path
) -> None:
    shutil.copytree(tree, tmp_path / "in" / "tree", symlinks=True)
    changed = tmp_path / "in" / "tree" / "small 3.txt"
    about = changed.stat()
    changed.write_bytes(os.urandom(about.st_size))
    os.utime(changed, ns=(about.st_mtime_ns, about.st_mtime_ns))
    engine, control = receiver(start, peer, tmp_path / "in")
    source = Source(tree)
    source.offer(control)
    source.accepted(peer, control)
    data = peer.dial(engine.port, "data", expected=control.peer_id)
    source.attach(peer, data)
    assert len(source.confirmed) == 10
    assert source.send(peer, data)
    assert source.content_bytes == about.st_size
    assert engine.ended(peer) == 0


def test_what_is_here_already_does_not_travel_from_the_engine(
    peer: Peer, start: Start, tree: Path, tmp_path: Path
) -> None:
    shutil.copytree(tree, tmp_path / "in" / "tree", symlinks=True)
    (tmp_path / "in" / "tree" / "small 3.txt").unlink()
    (tmp_path / "in" / "tree" / "sub" / "way").unlink()
    engine, control, transfer = offered(start, peer, tree)
    control.say("Answer", transfer, True, "")
    data = peer.arrival("data")
    sink = Sink(tmp_path / "in")
    sink.attach(peer, data, transfer, compare=True)
    assert sink.receive(peer, data)
    assert sink.content_bytes == 3001
    assert engine.ended(peer) == 0
    assert inventory(tmp_path / "in" / "tree") == inventory(tree)


# --- going on ---


def test_going_on_to_the_engine(peer: Peer, start: Start, tree: Path, tmp_path: Path) -> None:
    """The data link is cut in mid-file; then the engine is killed in mid-file, and comes back."""
    engine, control = receiver(start, peer, tmp_path / "in")
    source = Source(tree / "big.bin")
    source.offer(control)
    source.accepted(peer, control)
    data = peer.dial(engine.port, "data", expected=control.peer_id)
    source.attach(peer, data)
    assert not source.send(peer, data, cut_after=CHUNK + MIB)
    assert source.content_bytes == CHUNK + MIB

    source.accepted(peer, control)  # the receiver says by itself that it is ready for the rest
    data = peer.dial(engine.port, "data", expected=control.peer_id)
    source.attach(peer, data)
    assert source.offsets == {0: CHUNK}
    assert not source.send(peer, data, cut_after=CHUNK + MIB)
    assert source.content_bytes == CHUNK + MIB

    engine.kill()
    peer.over(control)
    engine = start("receive", "--into", tmp_path / "in", "--accept", "all", "--count", 1, port=engine.port)
    control = peer.arrival()  # it knows the way
    source.offer(control)
    source.accepted(peer, control)
    data = peer.dial(engine.port, "data", expected=control.peer_id)
    source.attach(peer, data)
    assert source.offsets == {0: 2 * CHUNK}
    assert source.send(peer, data)
    assert source.content_bytes == BIG - 2 * CHUNK
    assert engine.ended(peer) == 0
    assert (tmp_path / "in" / "big.bin").read_bytes() == (tree / "big.bin").read_bytes()


def test_going_on_with_other_bytes_begins_anew(peer: Peer, start: Start, tree: Path, tmp_path: Path) -> None:
    big = tree / "big.bin"
    engine, control = receiver(start, peer, tmp_path / "in")
    source = Source(big)
    source.offer(control)
    source.accepted(peer, control)
    data = peer.dial(engine.port, "data", expected=control.peer_id)
    source.attach(peer, data)
    assert not source.send(peer, data, cut_after=CHUNK + MIB)
    big.write_bytes(os.urandom(BIG))
    source.accepted(peer, control)
    data = peer.dial(engine.port, "data", expected=control.peer_id)
    source.attach(peer, data)
    assert source.offsets == {0: 0}  # something is kept, but not of these bytes
    assert source.send(peer, data)
    assert source.content_bytes == BIG
    assert engine.ended(peer) == 0
    assert (tmp_path / "in" / "big.bin").read_bytes() == big.read_bytes()


def test_going_on_from_the_engine(peer: Peer, start: Start, tree: Path, tmp_path: Path) -> None:
    engine, control, transfer = offered(start, peer, tree)
    control.say("Answer", transfer, True, "")
    sink = Sink(tmp_path / "in")
    data = peer.arrival("data")
    sink.attach(peer, data, transfer)
    assert not sink.receive(peer, data, cut_after=2 * CHUNK + MIB)
    (big,) = sink.kept
    assert len(sink.kept[big].digests) == 2
    assert peer.take(control, "Offer").raw("transfer") == transfer  # it asks again
    control.say("Answer", transfer, True, "")
    data = peer.arrival("data")
    sink.attach(peer, data, transfer)
    assert sink.receive(peer, data)
    assert sink.begun[big] == 2 * CHUNK
    assert sink.content_bytes < BIG - 2 * CHUNK + MIB  # the rest, the small ones, and what is not a hole
    assert sink.content_bytes >= BIG - 2 * CHUNK
    assert engine.ended(peer) == 0
    assert inventory(tmp_path / "in" / "tree") == inventory(tree)


def test_the_engine_checks_what_is_said_to_be_kept(peer: Peer, start: Start, tree: Path, tmp_path: Path) -> None:
    engine, control, transfer = offered(start, peer, tree / "big.bin")
    control.say("Answer", transfer, True, "")
    sink = Sink(tmp_path / "in")
    data = peer.arrival("data")
    sink.attach(peer, data, transfer)
    assert not sink.receive(peer, data, cut_after=CHUNK + MIB)
    sink.kept[0].digests[0] = bytes(32)
    peer.take(control, "Offer")
    control.say("Answer", transfer, True, "")
    data = peer.arrival("data")
    sink.attach(peer, data, transfer)
    assert sink.receive(peer, data)
    assert sink.begun == {0: 0}
    assert sink.content_bytes == BIG
    assert engine.ended(peer) == 0


def test_the_engine_had_all_since_earlier(peer: Peer, start: Start, tree: Path, tmp_path: Path) -> None:
    """Complete could have been lost: asked again, the receiver says Finished."""
    engine, control = receiver(start, peer, tmp_path / "in", 2)
    source = Source(tree / "small 1.txt")
    source.offer(control)
    source.accepted(peer, control)
    data = peer.dial(engine.port, "data", expected=control.peer_id)
    source.attach(peer, data)
    assert source.send(peer, data)
    engine.event(peer, "TransferFinished")  # before that, it says nothing to an offer of what it has in hand
    source.offer(control)
    finished = peer.take(control, "Finished", "Answer")
    assert list(finished.fields.values()) == [source.transfer, 1, 0, 1001]


def test_all_was_here_since_earlier(peer: Peer, start: Start, tree: Path, tmp_path: Path) -> None:
    engine, control, transfer = offered(start, peer, tree / "small 2.txt")
    control.say("Answer", transfer, True, "")
    data = peer.arrival("data")
    sink = Sink(tmp_path / "back")
    sink.attach(peer, data, transfer)
    assert not sink.receive(peer, data, cut_after=1)
    peer.take(control, "Offer")
    control.say("Finished", transfer, 1, 0, 2001)
    assert engine.ended(peer) == 0


# --- six digits ---


@pytest.mark.parametrize(("begins", "same"), [("the engine", False), ("the peer", True)])
def test_pairing(start: Start, tmp_path: Path, begins: str, same: bool) -> None:
    """Both say PairBegin; that of the smaller id stands."""
    theirs = identity(start, tmp_path)
    with Peer(tmp_path / "peer", suits=lambda mine: (mine < theirs) == (begins == "the peer")) as peer:
        engine = start("text", f"127.0.0.1:{peer.port}", "so that it knows the way")
        peer.read_text(peer.arrival())
        assert engine.ended(peer) == 0
        engine = start("pair", peer.id)
        control = peer.arrival(saying="PairBegin")
        assert control.peer_id == theirs
        shown = peer.begin_pairing(control) if begins == "the peer" else peer.answer_pairing(control)
        ready = engine.event(peer, "PairingCodeReady")
        assert ready["code"].replace(" ", "") == shown
        assert ready["ours"] == (begins == "the engine")
        engine.answer("y" if same else "n")
        assert peer.verdict(control, True) == same
        assert engine.ended(peer) == (0 if same else 5)
        assert bool(engine.named("PeerVerified")) == same
