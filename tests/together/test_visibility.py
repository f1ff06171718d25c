"""Hidden is hidden: on the wire no name, in mDNS nothing; known devices come in where they may."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from zeroconf import ServiceBrowser, Zeroconf

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.settings import Visibility
from tests.harness.pairs import replace_downloads
from tests.harness.shells import Shell, met

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX")


def announced() -> set[str]:
    """What anybody on loopback can browse."""
    import threading

    found: set[str] = set()
    gone = threading.Event()

    def changed(zeroconf: Zeroconf, service_type: str, name: str, state_change: object) -> None:
        if "Removed" in str(state_change):
            found.discard(name.partition(".")[0])
        else:
            found.add(name.partition(".")[0])

    zeroconf = Zeroconf(interfaces=["127.0.0.1"])
    browser = ServiceBrowser(zeroconf, "_lanshare._tcp.local.", handlers=[changed])
    gone.wait(1.5)
    browser.cancel()
    zeroconf.close()
    return found


def test_a_hidden_device_is_not_announced_and_tells_a_stranger_nothing(
    tmp_path: Path, shells: Callable[..., Shell]
) -> None:
    anna = shells("Anna")
    me = anna.wait_for(e.Snapshot).me
    anna.say(c.ChangeSettings(replace(replace_downloads(anna, tmp_path), visibility=Visibility.KNOWN)))
    anna.wait_for(e.MeChanged, lambda one: one.me.visibility == "known")
    assert me.id[:8] not in announced()
    bob = shells("Bob")
    bob.say(c.AddAddress(f"127.0.0.1:{anna.port}"))
    failed = bob.wait_for(e.AddressFailed)
    assert failed.code == "hidden"
    assert not [one for one in anna.seen if isinstance(one, e.PeerAppeared)]
    anna.say(c.SetTemporaryVisibility(Visibility.EVERYONE, 600.0))
    assert bob.wait_for(e.PeerAppeared).name == "Anna"
    assert me.id[:8] in announced()


def test_a_known_device_finds_one_that_shows_itself_to_known_ones(
    tmp_path: Path, shells: Callable[..., Shell]
) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    peer = met(anna, bob)
    anna.say(c.SendText(MessageId("ab" * 16), peer.id, "hi"))
    received = bob.wait_for(e.MessageReceived)
    bob.say(c.SendText(MessageId("cd" * 16), received.peer, "hello"))
    anna.wait_for(e.MessageReceived)
    anna.say(c.SetTemporaryVisibility(Visibility.KNOWN, 600.0))
    anna.wait_for(e.MeChanged, lambda one: one.me.visibility == "known")
    bob.say(c.SendText(MessageId("ef" * 16), received.peer, "still there?"))
    assert anna.wait_for(e.MessageReceived).text == "still there?"
    anna.say(c.SetTemporaryVisibility(Visibility.NOBODY, 600.0))
    anna.wait_for(e.PeerVanished)
    bob.wait_for(e.PeerVanished)
