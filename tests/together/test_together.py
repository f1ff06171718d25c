"""Two whole engines in separate processes over loopback: the exchanges that people see."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.harness.engines import Device, Process, final_files, tree_of
from tests.harness.pairs import Pair, big_file, moving

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and sends POSIX signals")


def made_tree(folder: Path) -> Path:
    """A folder with all that a folder may hold."""
    top = folder / "the tree"
    (top / "empty").mkdir(parents=True)
    (top / "nothing.bin").write_bytes(b"")
    (top / "ünïcødé 名前 🙂.txt").write_text("names in every script", encoding="utf-8")
    (top / ("n" * 255)).write_bytes(b"a name of 255 bytes")
    (top / "three chunks.bin").write_bytes(os.urandom(9 * 1024 * 1024 + 17))
    deep = top
    for level in range(58):
        deep = deep / f"d{level}"
    deep.mkdir(parents=True)
    (deep / "at the bottom").write_bytes(b"deep")
    return top


def test_a_message_each_way_is_delivered_and_remembered(two_devices: Pair) -> None:
    anna, bob = two_devices
    receiving = bob.receive("--count", "1")
    code, events = anna.run("text", "Bob", "hello <b>Bob</b>")
    assert code == 0
    told = [one["event"] for one in events if one["event"] != "MessageSending"]
    assert told == ["MessageQueued", "MessageDelivered"]
    heard = receiving.wait_for("MessageReceived")
    assert (heard["text"], heard["name"]) == ("hello <b>Bob</b>", "Anna")
    assert receiving.end() == 0
    answering = anna.receive("--count", "1")
    assert bob.run("text", "anna", "-", stdin="two\nlines\n")[0] == 0
    assert answering.wait_for("MessageReceived")["text"] == "two\nlines"
    assert answering.end() == 0
    for device in two_devices:
        texts = [(one["text"], one["state"]) for one in device.history()]
        assert [text for text, _ in texts] == ["hello <b>Bob</b>", "two\nlines"]
        assert {state for _, state in texts} == {"delivered", "received"}


def test_files_and_folders_arrive_byte_for_byte(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    tree, single = made_tree(tmp_path), tmp_path / "single file.txt"
    single.write_bytes(b"one more")
    receiving = bob.receive("--count", "1")
    code, events = anna.run("send", "Bob", str(tree), str(single))
    assert code == 0
    finished = events[-1]
    assert (finished["event"], finished["state"], finished["verified"]) == ("TransferFinished", "done", True)
    assert receiving.end() == 0
    assert tree_of(bob.into / "the tree") == tree_of(tree)
    assert (bob.into / "single file.txt").read_bytes() == b"one more"
    assert not (bob.into / ".lanshare-incoming").exists()


def test_the_same_names_again_overwrite_nothing(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    tree, single = tmp_path / "album", tmp_path / "photo.jpg"
    tree.mkdir()
    (tree / "a").write_bytes(b"new a")
    single.write_bytes(b"new")
    (bob.into / "album").mkdir(parents=True)
    (bob.into / "album" / "a").write_bytes(b"old a")
    (bob.into / "photo.jpg").write_bytes(b"old")
    receiving = bob.receive("--count", "1")
    assert anna.run("send", "Bob", str(tree), str(single))[0] == 0
    assert receiving.end() == 0
    assert tree_of(bob.into) == {
        "album": None,
        "album/a": b"old a",
        "album (1)": None,
        "album (1)/a": b"new a",
        "photo.jpg": b"old",
        "photo (1).jpg": b"new",
    }


def test_a_sparse_file_of_5_gib_keeps_its_holes(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    sparse = tmp_path / "sparse.img"
    with sparse.open("wb") as file:
        file.write(b"start")
        file.seek(3 * 2**30)
        file.write(b"middle")
        file.truncate(5 * 2**30)
    receiving = bob.receive("--count", "1")
    assert anna.run("send", "Bob", str(sparse))[0] == 0
    assert receiving.end() == 0
    arrived = bob.into / "sparse.img"
    assert arrived.stat().st_size == 5 * 2**30
    assert arrived.stat().st_blocks * 512 < 16 * 2**20
    with arrived.open("rb") as file:
        assert file.read(5) == b"start"
        file.seek(3 * 2**30)
        assert file.read(6) == b"middle"


def test_declined_means_nothing_is_written(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    (tmp_path / "x").write_bytes(b"x")
    receiving = bob.receive("--count", "1", accept="ask")
    code, events = anna.run("send", "Bob", str(tmp_path / "x"))
    assert code == 4
    assert (events[-1]["event"], events[-1]["state"], events[-1]["code"]) == ("TransferFailed", "declined", "declined")
    assert receiving.end() == 0
    assert list(bob.into.iterdir()) == []


def test_the_sender_cancels(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    receiving = bob.receive()
    sending = anna.start("send", "Bob", str(big_file(tmp_path)))
    moving(sending, 10_000_000)
    assert sending.interrupt() == 130
    failed = receiving.wait_for("TransferFailed")
    assert (failed["state"], failed["code"]) == ("cancelled", "cancelled-by-peer")
    receiving.interrupt()
    assert final_files(bob.into) == []
    assert bob.history()[-1]["state"] == "cancelled"


def test_the_receiver_quits_and_the_sender_waits_then_goes_on(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    source = big_file(tmp_path)
    receiving = bob.receive()
    sending = anna.start("send", "Bob", str(source))
    moving(receiving, 10_000_000)
    assert receiving.interrupt() == 130
    waiting = sending.wait_for("TransferWaiting")
    assert waiting["code"] == "peer-away"
    assert final_files(bob.into) == []
    again = bob.receive("--count", "1")
    assert sending.end() == 0
    assert again.end() == 0
    assert (bob.into / "big.bin").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("victim", ["sender", "receiver"])
def test_a_killed_side_leaves_the_other_clean_and_it_goes_on(two_devices: Pair, tmp_path: Path, victim: str) -> None:
    anna, bob = two_devices
    source = big_file(tmp_path)
    receiving = bob.receive("--count", "1")
    sending = anna.start("send", "Bob", str(source), "--wait", "60")
    transfer = moving(sending, 60_000_000)
    killed, other = (sending, receiving) if victim == "sender" else (receiving, sending)
    killed.kill()
    waiting = other.wait_for("TransferWaiting")
    assert (waiting["transfer"], waiting["code"]) == (transfer, "peer-away")
    assert final_files(bob.into) == []
    if victim == "receiver":
        again = bob.receive("--count", "1")
        assert sending.end() == 0
        assert again.end() == 0
        first = next(one for one in again.events if one["event"] == "TransferProgressed")
        assert first["bytes"] >= 8 * 1024 * 1024, "what was kept is not sent again"
    else:
        anna.start("receive", "--accept", "ask")
        assert receiving.end() == 0
    assert (bob.into / "big.bin").read_bytes() == source.read_bytes()
    assert final_files(bob.into) == ["big.bin"]


def test_the_receiver_cancels(two_devices: Pair, tmp_path: Path) -> None:
    """Through a second shell that joins the receiver's engine: the door, and cancel from the other side."""
    from lanshare.domain.commands import CancelTransfer
    from lanshare.domain.events import Event
    from lanshare.domain.transfer import TransferId
    from lanshare.engine.client import EngineClient
    from lanshare.engine.options import Options

    anna, bob = two_devices
    receiving = bob.receive()
    sending = anna.start("send", "Bob", str(big_file(tmp_path)))
    transfer = moving(receiving, 10_000_000)
    heard: list[Event] = []
    second = EngineClient(Options(profile=bob.folder), heard.append)
    second.start()
    assert second.joined
    second.submit(CancelTransfer(TransferId(transfer)))
    failed = sending.wait_for("TransferFailed")
    second.close()
    assert (failed["state"], failed["code"]) == ("cancelled", "cancelled-by-peer")
    assert sending.end() == 1
    receiving.wait_for("TransferFailed")
    receiving.interrupt()
    assert final_files(bob.into) == []


def test_a_command_joins_the_engine_that_runs(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    receiving = bob.receive()
    first = anna.receive()
    receiving.wait_for("PeerAppeared")
    (tmp_path / "x").write_bytes(b"joined")
    code, _ = anna.run("send", "Bob", str(tmp_path / "x"))
    assert code == 0
    assert (bob.into / "x").read_bytes() == b"joined"
    other_port = Process(["text", "Bob", "hi", "--json", "--profile", str(anna.folder), "--port", "20001"])
    assert other_port.end() == 2
    assert "--port" in "".join(other_port.errors)
    first.interrupt()
    receiving.interrupt()


def test_a_queued_message_goes_when_the_device_is_back(two_devices: Pair) -> None:
    anna, bob = two_devices
    once = bob.receive("--count", "1")
    assert anna.run("text", "Bob", "first")[0] == 0
    assert once.end() == 0
    assert anna.run("text", "Bob", "second", "--no-wait")[0] == 0
    assert anna.run("text", "Bob", "third", "--wait", "0.5")[0] == 6
    back = bob.receive("--count", "2")
    anna.start("receive", "--accept", "ask")
    assert back.end() == 0
    assert [one["text"] for one in back.events if one["event"] == "MessageReceived"] == ["second", "third"]


def test_nobody_of_that_name(two_devices: Pair) -> None:
    anna, _ = two_devices
    assert anna.run("text", "Nobody", "hi", "--wait", "0.2")[0] == 3


def test_another_key_at_the_known_address_is_refused_with_exit_5(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    once = bob.receive("--count", "1")
    assert anna.run("text", "Bob", "hello")[0] == 0
    assert once.end() == 0
    mallory = Device(tmp_path / "elsewhere", "Bob")
    mallory.port = bob.port
    false = mallory.receive()
    code, events = anna.run("text", "Bob", "secret", "--wait", "20")
    assert code == 5
    assert "IdentityChanged" in [one["event"] for one in events]
    assert false.interrupt() == 130
    assert "MessageReceived" not in [one["event"] for one in false.events]
    mallory.close()


def test_sharing_2_gib_keeps_each_engine_below_64_mib(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    source = tmp_path / "two gib.bin"
    with source.open("wb") as file:
        block = os.urandom(4 * 1024 * 1024)
        for number in range(512):
            file.write(number.to_bytes(8, "big") + block[8:])
    receiving = bob.receive()
    sending = anna.start("send", "Bob", str(source))
    peaks = [0, 0]

    def note(event: dict[str, object]) -> bool:
        peaks[0] = max(peaks[0], sending.peak_memory())
        peaks[1] = max(peaks[1], receiving.peak_memory())
        return int(str(event["bytes"])) > 1_900_000_000

    sending.wait_for("TransferProgressed", note)
    assert sending.end() == 0
    receiving.wait_for("TransferFinished")
    peaks[1] = max(peaks[1], receiving.peak_memory())
    receiving.interrupt()
    assert max(peaks) < 64 * 1024 * 1024, [peak / 2**20 for peak in peaks]
    assert (bob.into / "two gib.bin").stat().st_size == source.stat().st_size


def test_several_sendings_at_once_to_several_devices_all_arrive(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    carol = Device(tmp_path, "Carol")
    try:
        engine = anna.receive()
        receivers = {"Bob": bob.receive("--count", "3"), "Carol": carol.receive("--count", "3")}
        sources = [made_tree(tmp_path), big_file(tmp_path, 60_000_000), tmp_path / "small.txt"]
        sources[2].write_bytes(b"small")
        for process in receivers.values():
            process.wait_for("PeerAppeared", lambda one: one["name"] == "Anna")
        sendings = [anna.start("send", name, str(source)) for source in sources for name in receivers]
        assert [one.end() for one in sendings] == [0] * 6
        for process in receivers.values():
            assert process.end() == 0
        for device in (bob, carol):
            assert tree_of(device.into / "the tree") == tree_of(sources[0])
            assert (device.into / "big.bin").read_bytes() == sources[1].read_bytes()
            assert (device.into / "small.txt").read_bytes() == b"small"
            assert not (device.into / ".lanshare-incoming").exists()
        assert engine.interrupt() == 130
    finally:
        carol.close()
