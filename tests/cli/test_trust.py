"""Trust from the terminal, between real processes: digits, full ids, blocking, forgetting."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.engines import Device, Process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by POSIX signals")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Device, Device, Process]]:
    """Anna, Bob, and Bob's engine, which runs."""
    anna, bob = Device(tmp_path, "Anna"), Device(tmp_path, "Bob")
    yield anna, bob, bob.receive()
    anna.close()
    bob.close()


def levels(device: Device) -> dict[str, str]:
    """How far a device trusts others, by name. On a loaded machine nobody may have been seen at the first look."""
    found: dict[str, str] = {}
    for _ in range(6):
        found = {one["name"]: one["trust"] for one in device.run("peers", "--seconds", "1.5")[1] if "trust" in one}
        if found:
            break
    return found


def compared(anna: Device, bob: Device, engine: Process, hers: str, his: str) -> tuple[int, int]:
    """Both compare; Bob answers from a second terminal of his. The exit codes."""
    asking = anna.start("pair", "Bob", stdin=hers)
    shown = engine.wait_for("PairingCodeReady")
    answering = bob.start("pair", "Anna", stdin=his)
    codes = asking.end(), answering.end()
    on_screens = {one["code"] for process in (asking, answering) for one in process.events if "code" in one}
    assert shown["code"] in on_screens
    return codes


def test_two_who_see_the_same_digits_are_verified_and_stay_so(pair: tuple[Device, Device, Process]) -> None:
    anna, bob, engine = pair
    assert compared(anna, bob, engine, "y\n", "yes\n") == (0, 0)
    engine.wait_for("PeerVerified")
    assert levels(anna) == {"Bob": "verified"}
    engine.interrupt()
    other = anna.receive()
    assert levels(bob) == {"Anna": "verified"}
    other.interrupt()


def test_whoever_sees_other_digits_ends_it_with_5_on_both_sides(pair: tuple[Device, Device, Process]) -> None:
    anna, bob, engine = pair
    assert compared(anna, bob, engine, "y\n", "n\n") == (5, 5)
    assert engine.wait_for("PairingEnded")["code"] == "pair-differs"
    assert levels(anna) == {"Bob": "stranger"}


def test_nobody_at_standard_input_verifies_nobody(pair: tuple[Device, Device, Process]) -> None:
    anna, _, engine = pair
    assert anna.run("pair", "Bob", stdin="")[0] == 1
    assert engine.wait_for("PairingEnded")["code"] == "pair-ended"
    assert levels(anna) == {"Bob": "stranger"}


def test_a_full_id_verifies_and_another_one_does_not(pair: tuple[Device, Device, Process]) -> None:
    anna, bob, _ = pair
    full = str(bob.run("id")[1][0]["id"])
    assert anna.run("trust", "Bob", "--id", "a" * 52)[0] == 5
    assert anna.run("trust", "Bob", "--id", "short")[0] == 2
    assert levels(anna) == {"Bob": "stranger"}
    assert anna.run("trust", "Bob", "--id", "-".join([full[:26].upper(), full[26:]]))[0] == 0
    assert levels(anna) == {"Bob": "verified"}


def test_a_blocked_device_gets_nothing_through_and_may_be_let_in_again(pair: tuple[Device, Device, Process]) -> None:
    anna, bob, engine = pair
    assert anna.run("text", "Bob", "hi")[0] == 0
    engine.wait_for("MessageReceived")
    assert bob.run("block", "Anna")[0] == 0
    assert anna.run("text", "Bob", "still there?", "--wait", "2")[0] == 6
    assert bob.run("text", "Anna", "no")[0] == 5, "blocked by us"
    assert bob.run("unblock", "Anna")[0] == 0
    assert anna.run("text", "Bob", "again", "--wait", "20")[0] == 0
    heard = [engine.wait_for("MessageReceived")["text"] for _ in range(2)]
    assert heard == ["still there?", "again"]


def test_an_erased_history_is_gone_from_the_disk_and_received_files_stay(
    pair: tuple[Device, Device, Process], tmp_path: Path
) -> None:
    anna, bob, engine = pair
    (tmp_path / "a-name-to-forget.txt").write_text("content")
    assert anna.run("text", "Bob", "words to forget")[0] == 0
    assert anna.run("send", "Bob", str(tmp_path / "a-name-to-forget.txt"))[0] == 0
    engine.wait_for("TransferFinished")
    assert len(bob.history()) == 2
    assert bob.run("history", "Anna", "--erase")[0] == 0
    assert bob.history() == []
    engine.interrupt()
    for path in bob.folder.rglob("*"):
        if path.is_file() and bob.into not in path.parents:
            assert b"to forget" not in path.read_bytes(), path
            assert b"a-name-to-forget" not in path.read_bytes(), path
    assert (bob.into / "a-name-to-forget.txt").read_text() == "content"


def test_a_forgotten_device_is_a_stranger_again_and_the_history_stays(pair: tuple[Device, Device, Process]) -> None:
    anna, _, engine = pair
    assert anna.run("text", "Bob", "hi")[0] == 0
    engine.wait_for("MessageReceived")
    assert levels(anna) == {"Bob": "known"}
    assert anna.run("forget", "Bob")[0] == 0
    assert anna.run("forget", "Nobody")[0] == 3
    assert levels(anna) == {"Bob": "stranger"}
    assert [one["text"] for one in anna.history()] == ["hi"]
