"""Whoever is not to see us learns nothing to recognise us by: not by TLS, not by what we say, whatever it knows."""

from __future__ import annotations

import secrets
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId
from lanshare.domain.settings import Visibility
from lanshare.trust import proof, sealing
from lanshare.trust.identity import Identity, is_veil
from lanshare.wire import codec, limits
from lanshare.wire import frames as f
from tests.harness.attacker import Attacker, Gone
from tests.harness.screen import until
from tests.harness.shells import Shell, met
from tests.hostile.conftest import Victim
from tests.hostile.impostor import Impostor

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX")


def shown(link: Attacker) -> bytes:
    """The certificate that TLS showed."""
    certificate = link.sock.getpeercert(True)
    assert certificate is not None
    return certificate


def plainly(link: Attacker, challenge: f.Challenge, reader: bytes) -> f.Frame:
    nonce = secrets.token_bytes(32)
    signature = proof.prove(link.identity, shown(link), challenge.nonce, nonce)
    return f.Proof(nonce, link.identity.certificate, signature, 1, 1)


def sealed_for_him(link: Attacker, challenge: f.Challenge, reader: bytes) -> f.Frame:
    body = codec.encode(plainly(link, challenge, reader))[codec.HEADER.size :]
    return f.Sealed(*sealing.seal(reader, shown(link), challenge.nonce, body))


def sealed_for_another(link: Attacker, challenge: f.Challenge, reader: bytes) -> f.Frame:
    return sealed_for_him(link, challenge, Identity.create().public_key)


def sealed_nonsense(link: Attacker, challenge: f.Challenge, reader: bytes) -> f.Frame:
    return f.Sealed(*sealing.seal(reader, shown(link), challenge.nonce, b"nonsense"))


def nonsense(link: Attacker, challenge: f.Challenge, reader: bytes) -> f.Frame:
    return f.Sealed(bytes(65), bytes(limits.SEALED))


WAYS = {one.__name__: one for one in (plainly, sealed_for_him, sealed_for_another, sealed_nonsense, nonsense)}


def met_as(port: int, who: Identity, way: str, reader: bytes) -> tuple[bytes, list[f.Frame]]:
    """What a device shows and says to a stranger, to the last byte."""
    with Attacker(port, who) as link:
        certificate = shown(link)
        challenge = link.hear_kind(f.Challenge)
        link.say(WAYS[way](link, challenge, reader))
        said: list[f.Frame] = []
        try:
            while True:
                said.append(link.hear())
        except Gone:
            return certificate, said


@pytest.fixture
def key(victim: Victim) -> bytes:
    """His public key, which the stranger knows from elsewhere."""
    return Identity((victim.profile / "device.pem").read_bytes()).public_key


def hide(one: Shell, level: Visibility) -> None:
    """Show this one to nobody else."""
    one.say(c.SetTemporaryVisibility(level, 600.0))
    one.wait_for(e.MeChanged, lambda now: now.me.visibility == level.value)


@pytest.mark.parametrize("level", [Visibility.KNOWN, Visibility.NOBODY])
@pytest.mark.parametrize("way", WAYS)
def test_a_stranger_learns_nothing_that_stays(
    victim: Victim, mallory: Identity, key: bytes, way: str, level: Visibility, tmp_path: Path
) -> None:
    """Two devices that hide look alike, and one of them never twice the same."""
    hide(victim, level)
    other = Shell(tmp_path / "other", "Carl")
    try:
        other.wait_for(e.Snapshot)
        hide(other, level)
        certificates = set()
        for port in (victim.port, victim.port, other.port):
            certificate, said = met_as(port, mallory, way, key)
            assert is_veil(certificate)
            assert key not in certificate
            certificates.add(certificate)
            assert said == [f.Refusal("hidden")]
        assert len(certificates) == 3
    finally:
        other.host.close()


def test_from_the_first_moment_of_a_run(tmp_path: Path, mallory: Identity) -> None:
    """A hidden device that starts shows its certificate to nobody, not before it has read its settings either."""
    first = Shell(tmp_path / "bob", "Bob")
    settings = first.wait_for(e.Snapshot).settings
    first.say(c.ChangeSettings(replace(settings, visibility=Visibility.KNOWN)))
    first.wait_for(e.MeChanged, lambda now: now.me.visibility == "known")
    first.host.close()
    found: list[bool] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            try:
                with Attacker(first.port, mallory) as link:
                    found.append(is_veil(shown(link)))
            except (OSError, Gone):
                continue

    thread = threading.Thread(target=look)
    thread.start()
    again = Shell(tmp_path / "bob", "Bob", first.port)
    try:
        again.wait_for(e.Snapshot)
        until(lambda: len(found) > 5, "that it is looked at")
    finally:
        over.set()
        thread.join()
        again.host.close()
    assert all(found)


def knows(one: Shell) -> bool:
    """Whether this one knows somebody."""
    one.drain()
    return any(isinstance(now, e.PeerChanged) and now.trust == "known" for now in one.seen)


@pytest.fixture
def friends(victim: Victim, tmp_path: Path) -> Iterator[Shell]:
    """Anna, whom the victim knows, and who knows him."""
    anna = Shell(tmp_path / "anna", "Anna")
    peer = met(anna, victim)
    anna.say(c.SendText(MessageId("ab" * 16), peer.id, "hi"))
    victim.wait_for(e.MessageReceived)
    victim.say(c.SendText(MessageId("cd" * 16), PeerId(anna.host_id), "hello"))
    anna.wait_for(e.MessageReceived)
    for one in (anna, victim):
        until(lambda: knows(one), "that they know each other")  # noqa: B023 (asked at once)
    yield anna
    anna.host.close()


def test_friends_that_both_hide_find_each_other_again(victim: Victim, friends: Shell, tmp_path: Path) -> None:
    hide(victim, Visibility.KNOWN)
    friends.host.close()
    again = Shell(tmp_path / "anna", "Anna", friends.port)
    try:
        again.wait_for(e.Snapshot)
        hide(again, Visibility.KNOWN)
        again.say(c.SendText(MessageId("ef" * 16), victim.wait_id(), "still there?"))
        assert victim.wait_for(e.MessageReceived).text == "still there?"
    finally:
        again.host.close()


def test_whoever_takes_a_hidden_friends_place_does_not_learn_who_asks(
    victim: Victim, friends: Shell, tmp_path: Path
) -> None:
    """It shows a throwaway certificate as well: what it is told it cannot read, and nothing else comes."""
    port, bob = victim.port, victim.wait_id()
    anna = Identity((tmp_path / "anna" / "device.pem").read_bytes())
    victim.host.close()
    friends.wait_for(e.PeerVanished)
    impostor = Impostor(port, Identity.veil().pem, tmp_path)
    try:
        friends.say(c.SendText(MessageId("ef" * 16), bob, "for Bob alone"))
        until(lambda: len(impostor.told) >= 2416, "that it is asked")
    finally:
        impostor.close()
    told = impostor.told
    assert len(told) % (codec.HEADER.size + 1 + 2 + 65 + 3 + limits.SEALED) == 0, "nothing but sealed proofs"
    for secret in (anna.certificate, anna.public_key, anna.public_key[-64:], anna.id.encode(), b"for Bob alone"):
        assert secret not in told


@pytest.mark.parametrize("level", [Visibility.KNOWN, Visibility.NOBODY])
def test_a_greeting_that_began_before_we_hid_comes_to_nothing(
    victim: Victim, mallory: Identity, level: Visibility
) -> None:
    with Attacker(victim.port, mallory) as link:
        link.prove()
        link.hear_kind(f.Hello)
        hide(victim, level)
        link.say_raw(f.Hello, 1, "Mallory", "laptop", "Debian", 17717, secrets.token_bytes(16), "control", [])
        assert link.is_cut()
        assert met_as(victim.port, mallory, "plainly", b"")[1] == [f.Refusal("hidden")]
    assert not [one for one in victim.drain() if isinstance(one, e.PeerAppeared)]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a key goes through a file for a moment")
def test_it_needs_no_file_to_hide(
    victim: Victim, mallory: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user can fill a folder that all share."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    hide(victim, Visibility.NOBODY)
    assert met_as(victim.port, mallory, "plainly", b"")[1] == [f.Refusal("hidden")]
