"""Done is only said of what was done: a receiver that lies is not believed, and one that is honest always is."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.exchange.source.moving_file import MovingFile
from lanshare.exchange.source.sending import Sending
from lanshare.files.source.manifest import ManifestReader, ManifestWriter
from lanshare.files.source.sent import SentLog, sent_path
from lanshare.files.source.tree import walk
from lanshare.wire import codec
from lanshare.wire import frames as f
from lanshare.wire.frames import NUMBERS, Frame
from tests.harness.wires import TRANSFER, Ear, Wire, ends, same


def speaking(tmp_path: Path, source: Path, attached: f.Attached, tries: bool = False) -> tuple[Sending, Ear]:
    """A sending that has said all that it has; `tries`: it had been sent once before."""
    writer = ManifestWriter(tmp_path / "list")
    for item in walk([source]):
        writer.add(item)
    writer.finish()
    writer.close()
    log = SentLog(sent_path(tmp_path / "list"))
    if tries:
        log.add(0, 0)
    reader = ManifestReader(tmp_path / "list")
    sending = Sending(TRANSFER, (source,), reader, True, lambda *_: None, lambda: None, sent=log)
    ear = Ear()
    sending.begin(ear, 0.0)
    sending.on_frame(attached, 0.0)
    while sending.produce(0.0):
        pass
    assert isinstance(ear.said[-1], f.AllSent)
    return sending, ear


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A folder with two small files: entries 0, 1 and 2."""
    folder = tmp_path / "top"
    folder.mkdir()
    (folder / "a").write_bytes(b"one")
    (folder / "b").write_bytes(b"two")
    return folder


LIES: dict[str, list[Frame]] = {
    "nothing was confirmed": [f.Complete(3, 0, 6)],
    "nothing at all": [f.Complete(0, 0, 0)],
    "one is missing": [f.Confirmed(0, 1), f.Complete(3, 0, 6)],
    "more than was sent": [f.Confirmed(0, 3)],
    "backwards": [f.Confirmed(2, 1)],
    "failed what was not sent": [f.Failed(7, "disk-full")],
    "failed twice": [f.Failed(1, "x"), f.Failed(1, "x")],
    "failed what is confirmed": [f.Confirmed(0, 2), f.Failed(1, "x")],
}


@pytest.mark.parametrize("lie", LIES)
def test_a_receiver_that_lies_costs_its_link_and_is_not_believed(tmp_path: Path, three: Path, lie: str) -> None:
    sending, _ = speaking(tmp_path, three, f.Attached())
    *before, last = LIES[lie]
    for frame in before:
        sending.on_frame(frame, 0.0)
    with pytest.raises(ProtocolError):
        sending.on_frame(last, 0.0)
    assert sending.complete is None
    sending.close()


@pytest.mark.parametrize("claimed", [((0, 2),), ((1, 2),), ((0, 0), (2, 2)), ((0, 999_999),)])
def test_what_was_never_sent_is_not_there_whatever_attached_says(
    tmp_path: Path, three: Path, claimed: tuple[tuple[int, int], ...]
) -> None:
    sending, ear = speaking(tmp_path, three, f.Attached(claimed))
    packed = [one.index for frame in ear.said if isinstance(frame, f.Pack) for one in frame.files]
    assert packed == [1, 2], "all of it is sent"
    sending.close()


def test_what_was_sent_in_an_earlier_try_is_believed_to_be_there(tmp_path: Path, three: Path) -> None:
    sending, ear = speaking(tmp_path, three, f.Attached(((0, 0),)), tries=True)
    assert not [frame for frame in ear.said if isinstance(frame, f.Begin)]
    sending.close()


@pytest.mark.parametrize("ranges", [((2, 1),), ((0, 1), (1, 2)), ((2, 2), (0, 0))])
def test_ranges_that_do_not_rise_are_no_frame(ranges: tuple[tuple[int, int], ...]) -> None:
    data = codec.encode(f.Attached(ranges))
    with pytest.raises(ProtocolError):
        codec.decode(NUMBERS[f.Attached], memoryview(data)[codec.HEADER.size :])


def test_the_receivers_numbers_are_its_own(tmp_path: Path, three: Path) -> None:
    """What is told to the person is counted from what was confirmed."""
    sending, _ = speaking(tmp_path, three, f.Attached())
    sending.on_frame(f.Confirmed(0, 1), 0.0)
    sending.on_frame(f.Failed(2, "name-refused"), 0.0)
    sending.on_frame(f.Complete(10**9, 0, 10**15), 0.0)
    assert (sending.flight.files, sending.flight.bytes, len(sending.flight.failed)) == (1, 3, 1)
    sending.close()


def test_a_goodbye_in_the_middle_is_a_link_that_ended_and_no_more(tmp_path: Path, three: Path) -> None:
    sending, _ = speaking(tmp_path, three, f.Attached())
    with pytest.raises(LanshareError) as ended:
        sending.on_frame(f.Bye(), 0.0)
    assert ended.value.code is Code.PEER_AWAY
    for alive in (f.Ping(3), f.Pong(3)):
        sending.on_frame(alive, 0.0)
    sending.close()


@pytest.mark.parametrize("size", [100_000, 9 * 1024 * 1024 + 5])
def test_a_log_that_only_grows_goes_as_far_as_it_was_and_that_is_said(tmp_path: Path, size: int) -> None:
    source = tmp_path / "top"
    source.mkdir()
    log = source / "log"
    before = os.urandom(size)
    log.write_bytes(before)
    writer = ManifestWriter(tmp_path / "list")
    for item in walk([source]):
        writer.add(item)
    writer.finish()
    writer.close()
    sending, receiving, stage = ends(tmp_path, source, tmp_path / "in")
    original = sending._file_bytes

    def written_meanwhile(moving: MovingFile) -> None:
        with log.open("ab") as file:
            file.write(b"a further line")
        original(moving)

    sending._file_bytes = written_meanwhile  # type: ignore[method-assign]
    assert Wire(sending, receiving).run(random.Random(1))
    assert (tmp_path / "in" / "top" / "log").read_bytes() == before
    assert [(one.path, one.code) for one in sending.fidelity.notes] == [("top/log", Code.FILE_GREW)]
    assert receiving.report.failed == []
    sending.close()
    stage.discard()
    assert not same(source, tmp_path / "in" / "top"), "it is longer here by now"
