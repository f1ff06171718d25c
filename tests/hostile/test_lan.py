"""A hostile LAN: somebody takes over a verified device's address and announcement. Nothing leaks, and it is said."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.engines import ROOT, Device, environment
from tests.harness.lan import Lan, cannot

REASON = cannot()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "there are namespaces")
CANARY = "canary-77e1-do-not-leak"


@pytest.fixture
def lan() -> Iterator[Lan]:
    """A fresh LAN."""
    one = Lan()
    yield one
    one.close()


@pytest.mark.parametrize("bob_is", ["gone", "there"])
def test_arp_and_mdns_taken_over_leaks_nothing_and_is_said_everywhere(lan: Lan, tmp_path: Path, bob_is: str) -> None:
    spaces = {name: lan.host(name) for name in ("a", "b", "m")}
    for number, space in enumerate(spaces.values(), start=1):
        lan.plug(space, "eth0", f"10.77.0.{number}/24")
    anna = Device(tmp_path, "Anna", lan.prefix(spaces["a"]), "", 17717)
    bob = Device(tmp_path, "Bob", lan.prefix(spaces["b"]), "", 17717)
    taken = tmp_path / "mallory"
    taken.mkdir()
    mallory: subprocess.Popen[str] | None = None
    try:
        engine = bob.receive()
        asking = anna.start("pair", "Bob", stdin="y\n")
        engine.wait_for("PairingCodeReady")
        assert bob.run("pair", "Anna", stdin="y\n")[0] == 0
        assert asking.end() == 0
        full = str(bob.run("id")[1][0]["id"])
        if bob_is == "gone":
            engine.kill()
            lan.link(spaces["b"], "eth0", False)
        lan._inside(spaces["m"], "ip", "addr", "add", "10.77.0.2/32", "dev", "eth0")
        mallory = subprocess.Popen(
            [*lan.prefix(spaces["m"]), sys.executable, "-m", "tests.hostile.takeover", "eth0", "10.77.0.2", full[:8],
             "Bob", str(taken)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment(""),
        )
        assert mallory.stdout is not None
        assert mallory.stdout.readline().strip() == "ready"
        secret = tmp_path / "secret.txt"
        secret.write_text(CANARY)
        code, events = anna.run("send", "Bob", str(secret), "--wait", "15")
        if bob_is == "gone":
            assert code == 5
            assert "IdentityChanged" in [one["event"] for one in events]
            assert (taken / "came").exists(), "she was really asked"
            picture = tmp_path / "alarm.png"
            seen = subprocess.run(
                [*lan.prefix(spaces["a"]), sys.executable, "-m", "tests.hostile.windowed", str(anna.folder), "17717",
                 "Anna", full, CANARY, str(picture)],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, env=environment(""), timeout=60,
            )
            assert seen.returncode == 0, seen.stderr
            assert seen.stdout.startswith(f"alarm identity:{full}:")
            assert "answers with another key" in seen.stdout
            assert picture.stat().st_size > 1000
        else:
            # Whoever wins the race for the address: the file goes to the real Bob, or nowhere.
            assert code in (0, 3, 5, 6)
        assert (taken / "told").read_bytes() == b""
    finally:
        if mallory is not None:
            mallory.communicate("", timeout=20)
        anna.close()
        bob.close()
