"""Bad input and faults, against real engines: a clear sentence, nothing lost, the app goes on."""

from __future__ import annotations

import os
import secrets
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.message import MessageId
from lanshare.engine.assemble import Engine
from lanshare.engine.options import Options
from lanshare.net import tls
from lanshare.trust.identity import Identity
from lanshare.wire import codec
from lanshare.wire import frames as f
from lanshare.wire.frames import Frame
from lanshare.wire.session import Session
from tests.harness import disks
from tests.harness.disks import Disk
from tests.harness.shells import Shell, appeared, met, new_transfer


def test_a_taken_port_gives_another_one_and_a_notice(shells: Callable[..., Shell]) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        anna, bob = shells("Anna", taken), shells("Bob")
        told = anna.wait_for(e.Snapshot).troubles
        trouble = told[0] if told else anna.wait_for(e.NetworkTroubled)
        assert trouble.code == Code.PORT_TAKEN
        assert str(taken) in trouble.message
        assert appeared(bob).name == "Anna"


def test_a_profile_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LanshareError) as error:
        Engine(Options(profile=tmp_path / "file" / "profile"))
    assert error.value.code is Code.PROFILE_UNWRITABLE
    done = subprocess.run(
        [sys.executable, "-m", "lanshare", "id", "--profile", str(tmp_path / "file" / "x")],
        capture_output=True, text=True,
    )
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_history_is_set_aside_and_said(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    (tmp_path / "Anna").mkdir()
    (tmp_path / "Anna" / "lanshare.sqlite").write_bytes(b"junk" * 5000)
    anna = shells("Anna")
    snapshot = anna.wait_for(e.Snapshot)
    codes = [one.code for one in snapshot.troubles] or [anna.wait_for(e.NetworkTroubled).code]
    assert codes == [Code.DATABASE_DAMAGED]
    assert [one for one in (tmp_path / "Anna").iterdir() if "damaged" in one.name]


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts need root on Linux")
def test_a_full_disk_waits_and_goes_on_when_there_is_room(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    target = tmp_path / "small disk"
    target.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(target)], check=False).returncode:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        source = tmp_path / "20 MB"
        source.write_bytes(os.urandom(20_000_000))
        anna, bob = shells("Anna"), shells("Bob")
        peer = met(anna, bob)
        anna.say(c.SendFiles(new_transfer(), peer.id, (source,)))
        offer = bob.wait_for(e.OfferReceived)
        bob.say(c.AnswerOffer(offer.transfer, True, target))
        for side in (anna, bob):
            waiting = side.wait_for(e.TransferWaiting)
            assert waiting.code == Code.DISK_FULL
            assert "room" in waiting.message
        assert [one.name for one in target.iterdir()] == [".lanshare-incoming"]
        subprocess.run(["mount", "-o", "remount,size=64m", str(target)], check=True)
        assert anna.wait_for(e.TransferFinished).state == "done"
        bob.wait_for(e.TransferFinished)
        assert (target / "20 MB").read_bytes() == source.read_bytes()
    finally:
        subprocess.run(["umount", "-l", str(target)], check=True)


@pytest.mark.skipif(bool(disks.cannot()), reason=disks.cannot() or "disks can be made")
def test_a_disk_that_is_unplugged_and_plugged_in_again_is_waited_for(
    tmp_path: Path, shells: Callable[..., Shell], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lanshare.engine.transfers.table.DISK_AGAIN", 0.5)
    disk = Disk(tmp_path)
    try:
        source = tmp_path / "150 MB"
        source.write_bytes(os.urandom(150_000_000))
        anna, bob = shells("Anna"), shells("Bob")
        peer = met(anna, bob)
        transfer = new_transfer()
        anna.say(c.SendFiles(transfer, peer.id, (source,)))
        offer = bob.wait_for(e.OfferReceived)
        bob.say(c.AnswerOffer(offer.transfer, True, disk.path))
        bob.wait_for(e.TransferProgressed, lambda one: one.bytes > 20_000_000)
        disk.unplug()
        for side in (anna, bob):
            waiting = side.wait_for(e.TransferWaiting)
            assert waiting.code in (Code.DISK_ERROR, Code.NO_FOLDER)
        assert bob.wait_for(e.TransferWaiting, lambda one: one.code == Code.NO_FOLDER).code == Code.NO_FOLDER
        assert list(disk.path.iterdir()) == [], "nothing is written where the disk was"
        disk.plug()
        assert anna.wait_for(e.TransferFinished).state == "done"
        bob.wait_for(e.TransferFinished)
        assert (disk.path / "150 MB").read_bytes() == source.read_bytes()
    finally:
        disk.close()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts need root on Linux")
def test_a_read_only_folder_fails_with_its_reason_on_both_sides(
    tmp_path: Path, shells: Callable[..., Shell]
) -> None:
    target = tmp_path / "read only"
    target.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=8m", "tmpfs", str(target)], check=False).returncode:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        (tmp_path / "x").write_bytes(b"x")
        anna, bob = shells("Anna"), shells("Bob")
        peer = met(anna, bob)
        anna.say(c.SendFiles(new_transfer(), peer.id, (tmp_path / "x",)))
        offer = bob.wait_for(e.OfferReceived)
        bob.say(c.AnswerOffer(offer.transfer, True, target))
        for side in (anna, bob):
            failed = side.wait_for(e.TransferFailed)
            assert (failed.state, failed.code) == ("failed", Code.READ_ONLY)
            assert "read-only" in failed.message
    finally:
        subprocess.run(["umount", "-l", str(target)], check=True)


def test_what_cannot_be_sent_is_named_and_the_rest_arrives(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    top = tmp_path / "top"
    top.mkdir()
    (top / "good").write_bytes(b"good")
    os.mkfifo(top / "pipe")
    (top / "link").symlink_to("good")
    (top / "way out").symlink_to("/etc")
    anna, bob = shells("Anna"), shells("Bob")
    peer = met(anna, bob)
    anna.say(c.SendFiles(new_transfer(), peer.id, (top,)))
    offer = bob.wait_for(e.OfferReceived)
    bob.say(c.AnswerOffer(offer.transfer, True, tmp_path / "in"))
    for side in (anna, bob):
        finished = side.wait_for(e.TransferFinished)
        assert (finished.state, finished.files, finished.files_failed) == ("partial", 1, 2)
        assert {one.code for one in finished.skipped} == {Code.FILE_SPECIAL, Code.FILE_LINK}
    assert (tmp_path / "in" / "top" / "good").read_bytes() == b"good"
    assert os.readlink(tmp_path / "in" / "top" / "link") == "good"
    assert sorted(one.name for one in (tmp_path / "in" / "top").iterdir()) == ["good", "link"]


def test_nothing_that_can_be_sent_fails_with_its_reason(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    peer = met(anna, bob)
    anna.say(c.SendFiles(new_transfer(), peer.id, (tmp_path / "gone",)))
    failed = anna.wait_for(e.TransferFailed)
    assert failed.code == Code.FILE_VANISHED


def raw(port: int) -> ssl.SSLSocket:
    """A TLS connection as a stranger makes it."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    return tls.dialler_context().wrap_socket(plain)


def test_strangers_who_say_nothing_or_nonsense_are_cut_and_the_app_goes_on(shells: Callable[..., Shell]) -> None:
    anna = shells("Anna")
    anna.wait_for(e.Snapshot)
    silent = socket.create_connection(("127.0.0.1", anna.port), timeout=15)
    plain = socket.create_connection(("127.0.0.1", anna.port), timeout=15)
    plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
    no_alpn = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    no_alpn.check_hostname, no_alpn.verify_mode = False, ssl.CERT_NONE
    other = no_alpn.wrap_socket(socket.create_connection(("127.0.0.1", anna.port), timeout=15))
    garbage = raw(anna.port)
    garbage.sendall(b"\xff" * 64)
    for sock in (silent, plain, other, garbage):
        with sock:
            assert _closed(sock)
    bob = shells("Bob")
    assert met(bob, anna).name == "Anna"


def _closed(sock: socket.socket) -> bool:
    """Whether the other side hangs up before our patience ends (then recv raises TimeoutError)."""
    try:
        data = sock.recv(4096)
        while data:
            data = sock.recv(4096)
    except (ConnectionError, ssl.SSLError):
        return True
    return not data


def _next(session: Session, sock: ssl.SSLSocket) -> Frame:
    while True:
        session.receive_data(sock.recv(4096))
        if (frame := session.next_frame()) is not None:
            return frame


def test_another_version_is_refused_with_both_named(shells: Callable[..., Shell]) -> None:
    anna = shells("Anna")
    anna.wait_for(e.Snapshot)
    session, me = Session(True), Identity.create()
    with raw(anna.port) as sock:
        assert isinstance(_next(session, sock), f.Challenge)
        sock.sendall(codec.encode(f.Proof(bytes(32), me.certificate, b"", 7, 9)))
        session.send(f.Proof(bytes(32), me.certificate, b"", 7, 9))
        refusal = _next(session, sock)
    assert isinstance(refusal, f.Refusal)
    assert refusal.code == Code.VERSION
    assert "1-1" in refusal.detail
    assert "7-9" in refusal.detail


def test_a_stranger_may_not_write_at_length(shells: Callable[..., Shell]) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    peer = met(anna, bob)
    message = MessageId(secrets.token_hex(16))
    anna.say(c.SendText(message, peer.id, "x" * 1001))
    refused = anna.wait_for(e.MessageRefused)
    assert refused.message == message
    assert "1,000" in refused.message_text
    anna.say(c.SendText(MessageId(secrets.token_hex(16)), peer.id, "y" * 1000))
    anna.wait_for(e.MessageDelivered)


def _joined(shell: Shell) -> bool:
    return shell.host.joined


def test_a_shell_that_loses_its_engine_becomes_one(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    anna = shells("Anna")
    anna.wait_for(e.Snapshot)
    second = Shell(tmp_path / "Anna", "Anna", anna.port)
    try:
        second.wait_for(e.Snapshot)
        assert _joined(second)
        anna.host.close()
        second.wait_for(e.Snapshot)
        assert not _joined(second)
        bob = shells("Bob")
        assert appeared(bob).name == "Anna"
    finally:
        second.host.close()


def test_a_restart_remembers_who_is_who_without_mdns(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    peer = met(anna, bob)
    anna.say(c.SendText(MessageId(secrets.token_hex(16)), peer.id, "hi"))
    anna.wait_for(e.MessageDelivered)
    anna.host.close()
    again = shells("Anna", anna.port)
    listed = again.wait_for(e.Snapshot).peers
    assert [(one.name, one.trust) for one in listed] == [("Bob", "known")]


def test_our_own_address_is_no_device(shells: Callable[..., Shell]) -> None:
    anna = shells("Anna")
    anna.say(c.AddAddress(f"127.0.0.1:{anna.port}"))
    assert "own address" in anna.wait_for(e.AddressFailed).message
    anna.say(c.AddAddress("not an address!"))
    assert "not an address" in anna.wait_for(e.AddressFailed).message
