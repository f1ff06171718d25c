"""What others on this computer, and whoever reads our files and logs, get to see."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.net.announcement import Announcement
from lanshare.net.mdns import Mdns
from lanshare.store.profile_paths import places
from tests.harness.engines import Device
from tests.harness.shells import Shell, met, new_transfer
from tests.hostile.conftest import Victim

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


class Tap:
    """Everything that goes over loopback while it is open, as whoever sits on the network would have it."""

    def __init__(self) -> None:
        every_protocol = 3  # ETH_P_ALL
        self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(every_protocol))
        self._sock.bind(("lo", 0))
        self._sock.settimeout(0.2)
        self._sock.setsockopt(socket.SOL_SOCKET, 33, 64 * 1024 * 1024)  # SO_RCVBUFFORCE
        self.heard = bytearray()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self.heard += self._sock.recv(70_000)
            except TimeoutError:
                continue

    def close(self) -> None:
        """Hear no more."""
        self._over.set()
        self._thread.join()
        self._sock.close()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="a tap needs Linux and root")
def test_whoever_listens_on_the_network_reads_neither_words_nor_files_nor_names(tmp_path: Path) -> None:
    anna, bob = Device(tmp_path, "Anna"), Device(tmp_path, "Bob")
    canary = b"canary in the mine 4711 " * 400
    (tmp_path / SECRET_NAME).write_bytes(canary)
    tap = Tap()
    try:
        engine = bob.receive()
        assert anna.run("text", "Bob", SECRET_TEXT)[0] == 0
        assert anna.run("send", "Bob", str(tmp_path / SECRET_NAME))[0] == 0
        engine.wait_for("TransferFinished")
        engine.interrupt()
    finally:
        tap.close()
        anna.close()
        bob.close()
    heard = bytes(tap.heard)
    assert len(heard) > len(canary), "the tap heard the transfer"
    assert b"_lanshare" in heard, "and the announcements"
    for secret in (canary[:24], SECRET_TEXT.encode(), SECRET_NAME.encode(), str(tmp_path).encode()):
        assert secret not in heard


def test_what_is_announced_is_a_name_a_kind_a_port_and_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    from lanshare.domain.peer import DeviceKind, PeerId

    said: list[dict[bytes, bytes | None]] = []

    class Ear:
        """Stands in for zeroconf."""

        def register_service(self, info: object, cooperating_responders: bool) -> None:
            said.append(dict(info.properties))  # type: ignore[attr-defined]

    me = Announcement(PeerId("a" * 52), "Desk", DeviceKind.LAPTOP, 17717)
    mdns = Mdns("a" * 8, lambda: me, bool, bool, ("127.0.0.1",), lambda one: None, lambda one: None)
    mdns._register(Ear(), ("127.0.0.1",))  # type: ignore[arg-type]
    (properties,) = said
    assert set(properties) == {b"v", b"id", b"name", b"kind"}
    everything = b" ".join(value or b"" for value in properties.values())
    for private in (os.environ.get("USER", "") or "root", str(Path.home())):
        assert private.encode() not in everything


def test_a_link_in_what_is_shared_is_never_followed(victim: Victim, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text(SECRET_TEXT)
    album = tmp_path / "album"
    (album / "sub").mkdir(parents=True)
    (album / "photo").write_text("photo")
    (album / "file").symlink_to(outside / "secret")
    (album / "folder").symlink_to(outside)
    (album / "sub" / "up").symlink_to("../../outside/secret")
    (album / "inside").symlink_to("photo")
    anna = Shell(tmp_path / "anna", "Anna")
    try:
        bob = met(anna, victim)
        transfer = new_transfer()
        anna.say(c.SendFiles(transfer, bob.id, (album,)))
        victim.wait_for(e.OfferReceived)
        victim.say(c.AnswerOffer(transfer, True, victim.root))
        done = victim.wait_for(e.TransferFinished)
    finally:
        anna.host.close()
    assert sorted(one.path for one in done.skipped) == ["album/file", "album/folder", "album/sub/up"]
    came = {str(one.relative_to(victim.root)): one for one in (victim.root / "album").rglob("*")}
    assert sorted(came) == ["album/inside", "album/photo", "album/sub"]
    assert os.readlink(came["album/inside"]) == "photo"


OTHER_USER = """
import json, os, socket, sys
os.setgid(65534)
os.setuid(65534)
got = []
for path in json.loads(sys.argv[1]):
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(path)
            got.append(path)
        except OSError:
            pass
    try:
        open(path).close()
        got.append(path)
    except OSError:
        pass
print(json.dumps([os.access("/", os.R_OK), got]))
"""


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="becomes another user")
def test_another_user_of_this_computer_can_neither_steer_the_engine_nor_read_what_it_keeps() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        base = Path(name)
        base.chmod(0o755)
        bob = Shell(base / "profile", "Bob")
        try:
            bob.wait_for(e.Snapshot)
            where = json.loads(places(base / "profile").door.read_text())
            paths = {str(one) for one in (base / "profile").rglob("*")} | {where["address"]}
            assert any(stat.S_ISSOCK(os.lstat(one).st_mode) for one in paths)
            python = Path(sys.executable).resolve()
            said = subprocess.run([str(python), "-c", OTHER_USER, json.dumps(sorted(paths))], capture_output=True,
                                  text=True, check=True, cwd="/")
        finally:
            bob.host.close()
    assert json.loads(said.stdout) == [True, []]
