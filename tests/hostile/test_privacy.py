"""What others on this computer, and whoever reads our files and logs, get to see."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from lanshare.net.discovery import Announcement, Discovery
from tests.harness.engines import Device

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
SECRET_TEXT, SECRET_NAME = "the secret words 4711", "very-private-name-4711.txt"


def test_profile_staging_and_logs_are_private_even_under_a_careless_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        anna, bob = Device(tmp_path, "Anna"), Device(tmp_path, "Bob")
        engine = bob.receive()
        (tmp_path / SECRET_NAME).write_text("content")
        assert anna.run("text", "Bob", SECRET_TEXT)[0] == 0
        assert anna.run("send", "Bob", str(tmp_path / SECRET_NAME), "-v")[0] == 0
        engine.wait_for("TransferFinished")
        lines = [Path(f"/proc/{engine.process.pid}/cmdline").read_bytes()] if sys.platform == "linux" else []
        engine.interrupt()
    finally:
        os.umask(old)
    for device in (anna, bob):
        assert stat.S_IMODE(device.folder.stat().st_mode) == 0o700
        for path in device.folder.rglob("*"):
            if bob.into in (path, *path.parents) or not path.is_file():
                continue
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        key = (device.folder / "device.pem").read_bytes()
        log = (device.folder / "lanshare.log").read_bytes()
        for secret in (SECRET_TEXT.encode(), SECRET_NAME.encode(), key[40:80]):
            assert secret not in log
            assert not [line for line in lines if secret in line]
    received = bob.into / SECRET_NAME
    assert received.stat().st_mode & 0o111 == 0
    leftovers = [name for name in os.listdir("/tmp") if "lanshare" in name and not name.startswith("lanshare-0")]
    assert not [name for name in leftovers if SECRET_NAME in name]


def test_what_is_announced_is_a_name_a_kind_a_port_and_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    from lanshare.domain.peer import DeviceKind, PeerId

    said: list[dict[bytes, bytes | None]] = []

    class Ear:
        """Stands in for zeroconf."""

        def register_service(self, info: object, cooperating_responders: bool) -> None:
            said.append(dict(info.properties))  # type: ignore[attr-defined]

    me = Announcement(PeerId("a" * 52), "Desk", DeviceKind.LAPTOP, 17717)
    discovery = Discovery(me, me.id, ("127.0.0.1",), lambda one: None, lambda one: None, lambda one, two: None)
    discovery._register(Ear(), ("127.0.0.1",))  # type: ignore[arg-type]
    (properties,) = said
    assert set(properties) == {b"v", b"id", b"name", b"kind"}
    everything = b" ".join(value or b"" for value in properties.values())
    for private in (os.environ.get("USER", "") or "root", str(Path.home())):
        assert private.encode() not in everything
