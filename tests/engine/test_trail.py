"""`-v`: a failed transfer can be explained afterwards, and nothing private is in the log."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lanshare.domain.peer import short_id
from tests.harness.engines import Device

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by POSIX signals")
Pair = tuple[Device, Device]
SECRET = "canary-5512"


def log(device: Device) -> str:
    """What a device's log says."""
    return (device.folder / "lanshare.log").read_text()


def test_a_transfer_leaves_its_trail_on_both_sides_and_nothing_private(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    engine = bob.receive("-v")
    source = tmp_path / f"{SECRET}.txt"
    source.write_text(SECRET)
    code, events = anna.run("send", "Bob", str(source), "-v")
    assert code == 0
    assert anna.run("text", "Bob", SECRET, "-v")[0] == 0
    engine.interrupt()
    transfer = next(one["transfer"] for one in events if one["event"] == "TransferQueued")
    for device in (anna, bob):
        told = log(device)
        words = ("TransferStarted", "TransferFinished", "is open", "the link with", "data link ended", transfer[:8])
        for word in words:
            assert word in told, (device.name, word)
        assert SECRET not in told
        assert "PRIVATE KEY" not in told


@pytest.mark.parametrize(("accept", "reason"), [("ask", "declined"), ("verified", "declined")])
def test_a_refusal_is_told_with_its_reason_on_both_sides(
    two_devices: Pair, tmp_path: Path, accept: str, reason: str
) -> None:
    anna, bob = two_devices
    engine = bob.receive("-v", accept=accept)
    source = tmp_path / "x"
    source.write_text("x")
    assert anna.run("send", "Bob", str(source), "-v")[0] == 4
    engine.interrupt()
    assert "TransferFailed, with" in log(anna)
    assert reason in log(anna)
    assert f"is told Answer ({reason})" in log(bob)


def test_a_link_that_is_left_because_the_engine_ends_is_told_too(two_devices: Pair) -> None:
    anna, bob = two_devices
    engines = [device.receive("-v") for device in (anna, bob)]
    seen = [engine.wait_for("PeerAppeared")["id"] for engine in engines]
    engines[0].interrupt()
    assert f"the link with {short_id(seen[0])} ended: we stop" in log(anna)
