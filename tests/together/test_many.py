"""Very many files, one very large one: flat memory, an end that comes at a word."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.engines import Device, Process
from tests.harness.pairs import moving

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
MIB = 1024 * 1024
COUNT = 100_000


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where that can be had: a hundred thousand files are deleted again afterwards."""
    base = Path("/dev/shm")
    roomy = base.is_dir() and os.statvfs(base).f_bavail * os.statvfs(base).f_frsize > 2 * 1024 * MIB
    with tempfile.TemporaryDirectory(dir=base if roomy else tmp_path) as name:
        yield Path(name)


@pytest.fixture
def devices(tmp_path: Path, folder: Path) -> Iterator[tuple[Device, Device]]:
    """Anna and Bob; what Bob receives lies in the roomy folder."""
    anna, bob = Device(tmp_path, "Anna"), Device(tmp_path, "Bob")
    bob.into = folder / "received"
    yield anna, bob
    anna.close()
    bob.close()


def very_many(folder: Path) -> Path:
    """A hundred thousand small files in a thousand folders."""
    top = folder / "many"
    for number in range(COUNT // 100):
        below = top / f"{number // 50:02}" / f"{number:04}"
        below.mkdir(parents=True)
        for each in range(100):
            fd = os.open(below / f"file {each:02}.txt", os.O_WRONLY | os.O_CREAT)
            os.write(fd, b"%d %d\n" % (number, each))
            os.close(fd)
    return top


def peak(process: Process) -> int:
    """VmHWM while it still runs."""
    return process.peak_memory()


def test_a_hundred_thousand_files_take_little_memory_and_again_no_bytes(
    devices: tuple[Device, Device], folder: Path
) -> None:
    anna, bob = devices
    source = very_many(folder)
    engine, receiving = anna.receive(), bob.receive()
    receiving.wait_for("PeerAppeared")
    for turn in range(2):
        sending = anna.start("send", "Bob", str(source))
        started = sending.wait_for("TransferStarted")
        queued = next(one for one in sending.heard() if one["event"] == "TransferQueued")
        assert started["transfer"] == queued["transfer"]
        finished = receiving.wait_for("TransferFinished", seconds=120)
        assert (finished["files"], finished["files_failed"], finished["state"]) == (COUNT, 0, "done")
        assert sending.end() == 0
        memory = {"sender": peak(engine) // MIB, "receiver": peak(receiving) // MIB}
        print(f"turn {turn}: peak memory in MiB: {memory}")
        assert max(memory.values()) < (100 if turn == 0 else 130)
    count = sum(len(files) for _, _, files in os.walk(bob.into / "many"))
    assert count == COUNT
    assert [one for one in os.listdir(bob.into) if not one.startswith(".")] == ["many"]


def test_a_sending_of_very_many_begins_before_they_are_counted_and_ends_at_a_word(
    devices: tuple[Device, Device], folder: Path
) -> None:
    anna, bob = devices
    source = very_many(folder)
    receiving = bob.receive()
    sending = anna.start("send", "Bob", str(source))
    offer = receiving.wait_for("OfferReceived")
    assert not offer["offer"]["complete"], "it waited for the end of the walk"
    moving(receiving)
    assert sending.interrupt() == 130
    failed = receiving.wait_for("TransferFailed")
    assert failed["code"] == "cancelled-by-peer"
    text = (bob.into / "many" / "00" / "0000" / "file 00.txt")
    assert not text.exists() or text.read_bytes() == b"0 0\n"


def test_a_sparse_file_of_64_gib_takes_no_room_and_no_time(devices: tuple[Device, Device], folder: Path) -> None:
    anna, bob = devices
    source = folder / "image.raw"
    with source.open("wb") as file:
        for at in (0, 17 * 2**30 + 5, 2**36 - 10):
            file.seek(at)
            file.write(b"data here!")
    receiving = bob.receive()
    engine = anna.start("send", "Bob", str(source))
    receiving.wait_for("TransferFinished", seconds=120)
    print(f"peak memory of the receiver: {peak(receiving) // MIB} MiB")
    assert peak(receiving) < 64 * MIB
    assert engine.end() == 0
    arrived = bob.into / "image.raw"
    assert arrived.stat().st_size == 2**36
    assert arrived.stat().st_blocks * 512 < 64 * MIB
    with arrived.open("rb") as file:
        for at in (0, 17 * 2**30 + 5, 2**36 - 10):
            file.seek(at)
            assert file.read(10) == b"data here!"
