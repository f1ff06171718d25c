"""Receiving: a disk that fills, a source that breaks the rules, names that would leave."""

from __future__ import annotations

import os
import random
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from lanshare.domain.errors import Code, ProtocolError
from lanshare.domain.offer import Allowance, ConflictPolicy
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.sink.receiving import Receiving
from lanshare.exchange.source.sending import Halted, Sending
from lanshare.files.content import small_id
from lanshare.files.faults import DiskFault
from lanshare.files.sink import staging
from lanshare.files.sink.staging import Staging
from lanshare.files.source.manifest import ManifestReader, ManifestWriter
from lanshare.files.source.tree import walk
from lanshare.wire import codec
from lanshare.wire import frames as f
from lanshare.wire.frames import Frame
from tests.harness.sessions import greeted
from tests.harness.wires import TRANSFER, Side, Wire, ends, prepare, same


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


def packed(index: int, name: str, data: bytes = b"x") -> f.Packed:
    """A small file as it travels."""
    return f.Packed(index, name, 1_600_000_000_000_000_007, False, small_id(data), data)


HOSTILE: list[list[Frame]] = [
    [f.Data(memoryview(b"x"))],
    [f.End(bytes(32))],
    [f.ChunkEnd(bytes(32))],
    [f.Hole(5)],
    [f.FileAborted(0, "x")],
    [f.Begin(0, ("a",), "file", 3, 0), f.Data(memoryview(b"four"))],
    [f.Begin(0, ("a",), "file", 3, 0), f.Hole(2**53)],
    [f.Begin(0, ("a",), "file", 3, 0), f.Begin(1, ("b",), "file", 3, 0)],
    [f.Begin(5, ("a",), "folder", 0, 0), f.Begin(5, ("b",), "folder", 0, 0)],
    [f.Begin(5, ("a",), "folder", 0, 0), f.Begin(4, ("b",), "folder", 0, 0)],
    [f.Begin(0, ("a",), "file", 2 * CHUNK, 0, CHUNK)],
    [f.Begin(0, ("a",), "file", 3, 0, 2)],
    [f.Begin(0, ("a",), "file", 2 * CHUNK, 0), f.ChunkEnd(bytes(32))],
    [f.Begin(0, ("a",), "file", 3, 0), f.AllSent(1, 3)],
    [f.Begin(0, ("a",), "file", 3, 0), f.Pack((), (packed(1, "b"),))],
    [f.Pack((), (packed(5, "a"), packed(5, "b")))],
    [f.Pack((), (packed(5, "a"),)), f.Pack((), (packed(4, "b"),))],
    [f.Contents(((0, bytes(32)),))],
    [f.FilePaused(0)],
    [f.Begin(0, ("a",), "file", 3, 0), f.FilePaused(1)],
    [one for n in range(65) for one in (f.Begin(n, (f"a{n}",), "file", 3, 0), f.FilePaused(n))],
    [f.Listing(bytes(16), 0, (), True)],
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
    prepare(receiving)
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
    prepare(receiving)
    frames: list[Frame] = [
        f.Begin(0, parts, "file", 1, 0),
        f.Data(memoryview(b"x")),
        f.End(bytes(32)),
        f.AllSent(1, 1),
    ]
    sink.hear(b"".join(codec.encode(one) for one in frames), receiving, 0.0)
    assert receiving.finished
    assert [one.code for one in receiving.report.failed] == [Code.NAME_REFUSED]
    stage.discard()
    assert [one.name for one in tmp_path.iterdir()] == ["in"]
    assert list(root.iterdir()) == []


def test_a_small_file_that_is_not_what_was_announced_is_refused_by_name_and_the_others_arrive(tmp_path: Path) -> None:
    dialler, acceptor = greeted("data")
    stage = Staging(tmp_path, TRANSFER)
    receiving = Receiving(stage, None, lambda done, rate: None, lambda: None)
    source, sink = Side(dialler), Side(acceptor)
    sink.session.receive_data(source.session.send(f.Attach(bytes(16), "push")))
    sink.session.next_frame()
    receiving.begin(sink, 0.0)
    prepare(receiving)
    wrong = f.Packed(1, "b", 0, True, small_id(b"other"), b"x")
    pack = f.Pack(("d",), (packed(0, "a"), wrong, packed(2, ".."), packed(3, "c", b"")))
    frames: list[Frame] = [pack, f.AllSent(4, 1)]
    sink.hear(b"".join(codec.encode(one) for one in frames), receiving, 0.0)
    assert receiving.finished
    stage.discard()
    assert [(one.path, one.code) for one in receiving.report.failed] == [
        ("d/b", Code.CONTENT_DIFFERS), ("d/..", Code.NAME_REFUSED)
    ]
    assert {one.name: one.read_bytes() for one in (tmp_path / "d").iterdir()} == {"a": b"x", "c": b""}
    assert (tmp_path / "d" / "a").stat().st_mtime_ns == 1_600_000_000_000_000_007


@pytest.mark.parametrize("at_once", [1, 2, 512])
def test_what_is_here_already_is_found_however_long_it_takes_to_read(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    into = tmp_path / "in"
    into.mkdir()
    shutil.copytree(source, into / "top")
    monkeypatch.setattr("lanshare.exchange.sink.prelude._SLICE", 0.0)
    monkeypatch.setattr("lanshare.wire.limits.LISTED_AT_ONCE", at_once)
    sending, _, stage = ends(tmp_path, source, into)
    receiving = Receiving(stage, None, lambda done, rate: None, lambda: None, ("top",))
    wire = Wire(sending, receiving)
    sent: list[bytes] = []
    reserve = wire.source.filled

    def filled(count: int) -> None:
        sent.append(b"x")
        reserve(count)

    monkeypatch.setattr(wire.source, "filled", filled)
    assert wire.run(random.Random(5))
    receiving.close()
    sending.close()
    stage.discard()
    assert sent == [], "not one byte of content was sent"
    assert sending.complete is not None
    assert (sending.complete.files, sending.complete.failed) == (13, 0)
    assert same(source, into / "top")
    assert [one.name for one in into.iterdir()] == ["top"]


@pytest.mark.parametrize("cut", [None, *range(40, 480, 40)])
@pytest.mark.parametrize("kind", ["a file", "in a folder", "both"])
@pytest.mark.parametrize("clash", list(ConflictPolicy))
def test_an_empty_file_that_is_here_already_counts_once(
    tmp_path: Path, kind: str, clash: ConflictPolicy, cut: int | None
) -> None:
    """However it is found to be here, and over all tries: what is accepted is no more than what comes."""
    source, into = tmp_path / "source", tmp_path / "in"
    empties = {"a file": ["zero"], "in a folder": ["d/zero"], "both": ["d/zero", "zero"]}[kind]
    for root in (source, into):
        for path in (root / one for one in empties):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
            os.utime(path, ns=(5, 5))
    (source / "f1").write_bytes(b"hello")
    tops = tuple(sorted(one.name for one in source.iterdir()))
    with closing(ManifestWriter(tmp_path / "list")) as writer:
        for item in walk([source / top for top in tops]):
            writer.add(item)
        writer.finish()
    allowed = Allowance(tops, len(tops), len(empties) + 1, 5)
    for end in (cut, None):
        stage = Staging(into, TRANSFER, clash=clash)
        sending = Sending(
            TRANSFER, tuple(source / top for top in tops), ManifestReader(tmp_path / "list"), True,
            lambda done, rate: None, lambda: None, (), frozenset(),
        )
        receiving = Receiving(stage, None, lambda done, rate: None, lambda: None, tops, clash, allowed=allowed)
        whole = Wire(sending, receiving).run(random.Random(5), end)
        receiving.close()
        sending.close()
        if whole:
            stage.discard()
            break
        stage.close()
    assert sending.complete is not None
    assert (sending.complete.files, sending.complete.failed) == (len(empties) + 1, 0)
    assert sorted(one.relative_to(into).as_posix() for one in into.rglob("*") if one.is_file()) == sorted(
        ["f1", *empties]
    )
