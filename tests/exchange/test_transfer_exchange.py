"""Sending and Receiving against each other without a socket: many schedules, cuts at any byte, hostile sources."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from lanshare.domain.errors import Code, LocalMisuse, ProtocolError
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.receiving import Receiving
from lanshare.exchange.sending import Halted, Sending
from lanshare.files import manifest, staging
from lanshare.files.faults import DiskFault
from lanshare.files.manifest import ManifestReader
from lanshare.files.staging import Staging
from lanshare.files.tree import walk
from lanshare.net.link import Exchange
from lanshare.wire import codec
from lanshare.wire import frames as f
from lanshare.wire.frames import Frame
from lanshare.wire.session import Session
from tests.wire.test_session import greeted

TRANSFER = "cd" * 16


class Side:
    """One end of a link without a socket."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.out = bytearray()
        self._room = memoryview(bytearray(2 * 1024 * 1024))

    def say(self, frame: Frame) -> None:
        self.out += self.session.send(frame)

    def reserve(self, size: int) -> memoryview:
        return self._room[:size]

    def filled(self, count: int) -> None:
        self.out += self._room[:count]

    @property
    def unsent(self) -> int:
        return len(self.out)

    def hear(self, data: bytes, exchange: Exchange, now: float) -> None:
        """Bytes from the other end."""
        while data and not exchange.done:
            data = data[self.session.receive_data(data) :]
            while not exchange.done and (frame := self.session.next_frame()) is not None:
                exchange.on_frame(frame, now)


class Wire:
    """Both ends, with a clock that only moves when asked."""

    def __init__(self, sending: Sending, receiving: Receiving) -> None:
        dialler, acceptor = greeted("data")
        self.source, self.sink = Side(dialler), Side(acceptor)
        self.sending, self.receiving = sending, receiving
        self.now = 0.0
        sending.begin(self.source, 0.0)
        # The acceptor reads Attach before it begins, as the node's thread does.
        data, self.source.out = bytes(self.source.out), bytearray()
        assert self.sink.session.receive_data(data) == len(data)
        assert isinstance(self.sink.session.next_frame(), f.Attach)
        receiving.begin(self.sink, 0.0)

    def run(self, chance: random.Random, cut_after: int | None = None) -> bool:
        """Move bytes in pieces of any size until both are done; False if the cut came first."""
        moved = 0
        for _ in range(200_000):
            self.now += chance.choice([0.0, 0.01, 0.4])
            self.sending.on_time(self.now)
            self.receiving.on_time(self.now)
            if not self.source.out and not self.sending.done:
                self.sending.produce(self.now)
            for side, other, exchange in (
                (self.source, self.sink, self.receiving),
                (self.sink, self.source, self.sending),
            ):
                count = chance.randint(1, 400_000)
                piece = bytes(side.out[:count])
                del side.out[: len(piece)]
                moved += len(piece)
                if cut_after is not None and moved >= cut_after:
                    return False
                other.hear(piece, exchange, self.now)
            if self.sending.done and self.receiving.done:
                return True
        raise AssertionError("it does not end")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small tree with a file of several chunks."""
    top = tmp_path / "top"
    (top / "empty").mkdir(parents=True)
    (top / "sub").mkdir()
    for number in range(12):
        (top / "sub" / f"small {number}").write_bytes(os.urandom(number * 100))
    (top / "big").write_bytes(os.urandom(3 * CHUNK + 11))
    writer = manifest.ManifestWriter(tmp_path / "list")
    for item in walk([top]):
        writer.add(item)
    writer.finish()
    writer.close()
    return top


def ends(tmp_path: Path, source: Path, into: Path) -> tuple[Sending, Receiving, Staging]:
    """A fresh pair of exchanges over what is kept so far."""
    into.mkdir(exist_ok=True)
    stage = Staging(into, TRANSFER)
    sending = Sending(
        TRANSFER, (source,), ManifestReader(tmp_path / "list"), True, lambda done, rate: None, lambda: None
    )
    return sending, Receiving(stage, None, lambda done, rate: None, lambda: None), stage


def same(one: Path, other: Path) -> bool:
    """Whether two trees are equal."""
    from tests.harness.engines import tree_of

    return tree_of(one) == tree_of(other)


@pytest.mark.parametrize("seed", range(12))
def test_any_schedule_ends_with_the_same_tree(tmp_path: Path, source: Path, seed: int) -> None:
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    assert Wire(sending, receiving).run(random.Random(seed))
    sending.close()
    stage.discard()
    assert sending.complete == f.Complete(13, 0, sum(one.stat().st_size for one in source.rglob("*") if one.is_file()))
    assert same(source, tmp_path / "in" / "top")


@pytest.mark.parametrize("seed", range(25))
def test_cut_at_any_byte_it_goes_on_and_nothing_is_doubled_or_torn(tmp_path: Path, source: Path, seed: int) -> None:
    chance = random.Random(seed)
    total = 13_000_000
    for _ in range(4):
        sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
        ended = Wire(sending, receiving).run(chance, chance.randint(1, total))
        sending.close()
        stage.close()
        for path in (tmp_path / "in").rglob("*"):
            if path.is_file() and ".lanshare-incoming" not in str(path):
                twin = source / path.relative_to(tmp_path / "in" / "top")
                assert path.read_bytes() == twin.read_bytes(), "an unverified file has a final name"
        if ended:
            break
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    assert Wire(sending, receiving).run(chance)
    sending.close()
    stage.discard()
    assert same(source, tmp_path / "in" / "top")
    assert [one.name for one in (tmp_path / "in").iterdir()] == ["top"]


def test_a_file_that_changes_between_two_tries_starts_anew(tmp_path: Path, source: Path) -> None:
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    assert not Wire(sending, receiving).run(random.Random(1), 9_000_000)
    sending.close()
    stage.close()
    (source / "big").write_bytes(os.urandom(3 * CHUNK + 11))
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    assert receiving._kept.chunks > 0
    assert Wire(sending, receiving).run(random.Random(2))
    sending.close()
    stage.discard()
    assert same(source, tmp_path / "in" / "top")


@pytest.mark.parametrize("what", ["vanishes", "shrinks", "grows"])
def test_one_file_that_cannot_be_sent_is_named_and_the_rest_arrives(
    tmp_path: Path, source: Path, what: str
) -> None:
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    wire = Wire(sending, receiving)
    victim = source / "big"
    if what == "vanishes":
        victim.unlink()
    else:
        original = sending._file_bytes

        def meddle() -> None:
            original()
            if sending._file is not None and sending._file.offset >= CHUNK:
                with victim.open("r+b") as file:
                    file.truncate(CHUNK + 5 if what == "shrinks" else 4 * CHUNK)

        sending._file_bytes = meddle  # type: ignore[method-assign]
    assert wire.run(random.Random(3))
    sending.close()
    stage.discard()
    assert [one.path for one in receiving.failed] == ["top/big"]
    assert receiving.failed[0].code == (Code.FILE_VANISHED if what == "vanishes" else Code.FILE_CHANGED)
    assert sending.complete is not None
    assert (sending.complete.files, sending.complete.failed) == (12, 1)
    assert not (tmp_path / "in" / "top" / "big").exists()


def test_a_full_disk_halts_the_source_and_keeps_what_is_there(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    written = 0
    write = Staging.write

    def full(self: Staging, data: memoryview) -> None:
        nonlocal written
        written += len(data)
        if written > 6_000_000:
            raise DiskFault(Code.DISK_FULL)
        write(self, data)

    monkeypatch.setattr(staging.Staging, "write", full)
    with pytest.raises(Halted) as halted:
        Wire(sending, receiving).run(random.Random(4))
    assert halted.value.code is Code.DISK_FULL
    assert receiving.fault is not None
    sending.close()
    stage.close()
    monkeypatch.setattr(staging.Staging, "write", write)
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    assert Wire(sending, receiving).run(random.Random(5))
    sending.close()
    stage.discard()
    assert same(source, tmp_path / "in" / "top")


HOSTILE: list[list[Frame]] = [
    [f.Data(memoryview(b"x"))],
    [f.End(bytes(32))],
    [f.ChunkEnd(bytes(32))],
    [f.Hole(5)],
    [f.Lost(0, "x")],
    [f.Begin(0, ("a",), "file", 3, 0), f.Data(memoryview(b"four"))],
    [f.Begin(0, ("a",), "file", 3, 0), f.Hole(2**53)],
    [f.Begin(0, ("a",), "file", 3, 0), f.Begin(1, ("b",), "file", 3, 0)],
    [f.Begin(5, ("a",), "folder", 0, 0), f.Begin(5, ("b",), "folder", 0, 0)],
    [f.Begin(5, ("a",), "folder", 0, 0), f.Begin(4, ("b",), "folder", 0, 0)],
    [f.Begin(0, ("a",), "file", 2 * CHUNK, 0, CHUNK)],
    [f.Begin(0, ("a",), "file", 3, 0, 2)],
    [f.Begin(0, ("a",), "file", 2 * CHUNK, 0), f.ChunkEnd(bytes(32))],
    [f.Begin(0, ("a",), "file", 3, 0), f.AllSent(1, 3)],
]


@pytest.mark.parametrize("frames", HOSTILE, ids=lambda frames: "+".join(type(one).__name__ for one in frames))
def test_a_source_that_breaks_the_rules_is_cut_and_leaves_nothing(tmp_path: Path, frames: list[Frame]) -> None:
    dialler, acceptor = greeted("data")
    stage = Staging(tmp_path, TRANSFER)
    receiving = Receiving(stage, None, lambda done, rate: None, lambda: None)
    source, sink = Side(dialler), Side(acceptor)
    assert sink.session.receive_data(source.session.send(f.Attach(bytes(16), "push")))
    sink.session.next_frame()
    receiving.begin(sink, 0.0)
    source.session.receive_data(bytes(sink.out))
    source.session.next_frame()
    data = b"".join(codec.encode(one) for one in frames)
    with pytest.raises(ProtocolError):
        sink.hear(data, receiving, 0.0)
    stage.discard()
    assert [one for one in tmp_path.iterdir() if one.is_file()] == []


@pytest.mark.parametrize(
    "parts", [("..", "x"), ("/etc/passwd",), ("a", "..", "b"), ("a/../../b",), ("\x00",), ("x" * 200, "..")]
)
def test_a_name_that_would_leave_is_refused_by_name_and_the_rest_goes_on(
    tmp_path: Path, parts: tuple[str, ...]
) -> None:
    root = tmp_path / "in"
    root.mkdir()
    dialler, acceptor = greeted("data")
    stage = Staging(root, TRANSFER)
    receiving = Receiving(stage, None, lambda done, rate: None, lambda: None)
    source, sink = Side(dialler), Side(acceptor)
    sink.session.receive_data(source.session.send(f.Attach(bytes(16), "push")))
    sink.session.next_frame()
    receiving.begin(sink, 0.0)
    frames: list[Frame] = [
        f.Begin(0, parts, "file", 1, 0),
        f.Data(memoryview(b"x")),
        f.End(bytes(32)),
        f.AllSent(1, 1),
    ]
    sink.hear(b"".join(codec.encode(one) for one in frames), receiving, 0.0)
    assert receiving.finished
    assert [one.code for one in receiving.failed] == [Code.NAME_REFUSED]
    stage.discard()
    assert [one.name for one in tmp_path.iterdir()] == ["in"]
    assert list(root.iterdir()) == []


def test_nothing_is_said_out_of_turn_by_us(tmp_path: Path) -> None:
    dialler, _ = greeted("data")
    with pytest.raises(LocalMisuse):
        dialler.send(f.Complete(0, 0, 0))
