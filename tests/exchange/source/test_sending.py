"""Sending against Receiving without a socket: many schedules, cuts at any byte, files that change underneath."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from lanshare.domain.commands import SkipFile
from lanshare.domain.errors import Code, LocalMisuse
from lanshare.domain.transfer import CHUNK, TransferId
from lanshare.exchange.source.moving_file import MovingFile
from lanshare.exchange.source.sending import Halted
from lanshare.exchange.throttle import Throttle
from lanshare.files.source import manifest
from lanshare.files.source.tree import Found, walk
from lanshare.net.link import LinkLost
from lanshare.wire import frames as f
from tests.harness.sessions import greeted
from tests.harness.wires import TRANSFER, Wire, ends, prepare, same


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
    wire = Wire(sending, receiving)
    prepare(receiving)
    assert stage.kept().partials, "something was kept, and not used"
    assert wire.run(random.Random(2))
    sending.close()
    stage.discard()
    assert same(source, tmp_path / "in" / "top")


@pytest.mark.parametrize("side", ["source", "sink"])
def test_one_file_may_be_left_out_by_either_side_and_the_rest_arrives(tmp_path: Path, source: Path, side: str) -> None:
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    wire = Wire(sending, receiving)
    moving, original = sending if side == "source" else receiving, sending._file_bytes

    def meddle(moving_file: MovingFile) -> None:
        original(moving_file)
        moving.on_post(SkipFile(TransferId(TRANSFER), "top/big"), 0.0)
        moving.on_post(SkipFile(TransferId(TRANSFER), "top/another"), 0.0)

    sending._file_bytes = meddle  # type: ignore[method-assign]
    assert wire.run(random.Random(5))
    sending.close()
    stage.discard()
    assert [(one.path, one.code) for one in sending.flight.left] == [("top/big", Code.LEFT_OUT)]
    assert [(one.path, one.code) for one in receiving.report.failed] == [("top/big", Code.LEFT_OUT)]
    assert not (tmp_path / "in" / "top" / "big").exists()
    (source / "big").unlink()
    assert same(source, tmp_path / "in" / "top")


@pytest.mark.parametrize("side", ["source", "sink"])
def test_one_file_may_be_put_aside_by_either_side_and_goes_on_from_there_when_the_others_are_over(
    tmp_path: Path, source: Path, side: str
) -> None:
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    wire = Wire(sending, receiving)
    moving, original = sending if side == "source" else receiving, sending._file_bytes

    def meddle(moving_file: MovingFile) -> None:
        original(moving_file)
        if sending._file is not None and sending._file.offset > 2 * CHUNK:
            moving.on_post(SkipFile(TransferId(TRANSFER), "top/big", later=True), 0.0)

    sending._file_bytes = meddle  # type: ignore[method-assign]
    with pytest.raises(Halted) as halted:
        wire.run(random.Random(5))
    assert halted.value.code is Code.PUT_ASIDE
    assert receiving.rests
    sending.close()
    stage.close()
    assert not (tmp_path / "in" / "top" / "big").exists()
    arrived = {one.name for one in (tmp_path / "in" / "top").rglob("*") if one.is_file()}
    assert arrived == {one.name for one in source.rglob("*") if one.is_file()} - {"big"}
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    wire = Wire(sending, receiving)
    sent, filled = 0, wire.source.filled

    def counting(count: int) -> None:
        nonlocal sent
        sent += count
        filled(count)

    wire.source.filled = counting  # type: ignore[method-assign]
    assert wire.run(random.Random(6))
    sending.close()
    stage.discard()
    assert same(source, tmp_path / "in" / "top")
    assert sent < (source / "big").stat().st_size - CHUNK, "what was kept of it is not sent again"


def test_a_file_that_was_put_aside_rests_over_a_broken_link_too(tmp_path: Path, source: Path) -> None:
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    original = sending._file_bytes

    def meddle(moving_file: MovingFile) -> None:
        original(moving_file)
        if sending._file is not None and sending._file.offset > 2 * CHUNK:
            sending.on_post(SkipFile(TransferId(TRANSFER), "top/big", later=True), 0.0)

    def cut() -> None:
        if sending.aside:
            raise LinkLost(Code.PEER_AWAY)

    sending._file_bytes, sending._flush = meddle, cut  # type: ignore[method-assign]
    with pytest.raises(LinkLost):
        Wire(sending, receiving).run(random.Random(5))
    assert sending.aside == {"top/big"}
    sending.close()
    stage.close()
    again, receiving, stage = ends(tmp_path, source, tmp_path / "in", aside=frozenset(sending.aside))
    with pytest.raises(Halted) as halted:
        Wire(again, receiving).run(random.Random(6))
    assert halted.value.code is Code.PUT_ASIDE
    assert again.aside == {"top/big"}
    again.close()
    stage.close()
    arrived = {one.name for one in (tmp_path / "in" / "top").rglob("*") if one.is_file()}
    assert arrived == {one.name for one in source.rglob("*") if one.is_file()} - {"big"}
    last, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    assert Wire(last, receiving).run(random.Random(7))
    last.close()
    stage.discard()
    assert same(source, tmp_path / "in" / "top")


@pytest.mark.parametrize("what", ["vanishes", "shrinks", "changes and grows"])
def test_one_file_that_cannot_be_sent_is_named_and_the_rest_arrives(tmp_path: Path, source: Path, what: str) -> None:
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    wire = Wire(sending, receiving)
    victim = source / "big"
    if what == "vanishes":
        victim.unlink()
    else:
        original = sending._file_bytes

        def meddle(moving_file: MovingFile) -> None:
            original(moving_file)
            if sending._file is not None and sending._file.offset >= CHUNK:
                with victim.open("r+b") as file:
                    file.truncate(CHUNK + 5 if what == "shrinks" else 4 * CHUNK)
                    file.write(b"" if what == "shrinks" else b"another beginning")

        sending._file_bytes = meddle  # type: ignore[method-assign]
    assert wire.run(random.Random(3))
    sending.close()
    stage.discard()
    assert [one.path for one in receiving.report.failed] == ["top/big"]
    assert receiving.report.failed[0].code == (Code.FILE_VANISHED if what == "vanishes" else Code.FILE_CHANGED)
    assert sending.complete is not None
    assert (sending.complete.files, sending.complete.failed) == (12, 1)
    assert not (tmp_path / "in" / "top" / "big").exists()


def test_nothing_is_said_out_of_turn_by_us(tmp_path: Path) -> None:
    dialler, _ = greeted("data")
    with pytest.raises(LocalMisuse):
        dialler.send(f.Complete(0, 0, 0))


@pytest.mark.parametrize("size", [5, 3 * CHUNK])
def test_a_file_that_changed_and_was_listed_again_goes_once(tmp_path: Path, source: Path, size: int) -> None:
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    (source / "big").write_bytes(os.urandom(size))
    writer = manifest.ManifestWriter(tmp_path / "list")
    for item in walk([source]):
        writer.add(item)
    writer.finish()
    writer.close()
    listed = [one for one in manifest.read_all(tmp_path / "list") if isinstance(one, Found)]
    assert [one.entry.parts for one in listed].count(("top", "big")) == 2
    assert Wire(sending, receiving).run(random.Random(3))
    sending.close()
    stage.discard()
    assert sending.complete == f.Complete(13, 0, sum(one.stat().st_size for one in source.rglob("*") if one.is_file()))
    assert same(source, tmp_path / "in" / "top")


def test_a_file_that_changes_once_more_goes_in_its_last_version_too(tmp_path: Path, source: Path) -> None:
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    (source / "big").write_bytes(b"second")
    writer = manifest.ManifestWriter(tmp_path / "list")
    for item in walk([source]):
        writer.add(item)
    writer.finish()
    writer.close()
    (source / "big").write_bytes(b"the third")
    assert Wire(sending, receiving).run(random.Random(3))
    sending.close()
    stage.discard()
    assert same(source, tmp_path / "in" / "top"), "as it is now, and only once"


def test_a_speed_limit_is_about_what_crosses_the_network_alone(tmp_path: Path, source: Path) -> None:
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    assert not Wire(sending, receiving).run(random.Random(1), 11_000_000)
    sending.close()
    stage.close()
    charged = []

    class Limit(Throttle):
        def take(self, count: int, now: float) -> float:
            charged.append(count)
            return super().take(count, now)

    again, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    again._throttles = (Limit(lambda: 1_000_000),)
    wire = Wire(again, receiving)
    assert wire.run(random.Random(2))
    again.close()
    stage.discard()
    total = sum(one.stat().st_size for one in source.rglob("*") if one.is_file())
    assert again.bytes_moved < total - CHUNK, "some of it was kept"
    assert sum(charged) == again.bytes_moved
