"""The shares of wire/limits.py over the wire: who holds too much gives way, and a known device always has room."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId
from lanshare.trust.identity import Identity
from lanshare.wire import limits
from tests.harness.attacker import Attacker, Gone
from tests.harness.engines import free_port
from tests.harness.screen import until
from tests.harness.shells import Shell, met
from tests.hostile.conftest import Victim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.0/8 is loopback as a whole on Linux only")


def opened(port: int, identity: Identity) -> Attacker:
    """A link of a device, proven, that waits with saying what it is for."""
    link = Attacker(port, identity)
    link.greet("data")
    return link


def is_gone(link: Attacker) -> bool:
    """Whether it is hung up by now."""
    try:
        link.drain()
    except Gone:
        return True
    return False


@pytest.mark.parametrize("known", [True, False])
def test_one_device_holds_so_many_links_and_no_more(victim: Victim, known: bool) -> None:
    mallory = Identity.create()
    if known:
        with Attacker(victim.port, mallory) as first:
            first.greet()
            victim.wait_for(e.PeerAppeared, lambda one: one.id == mallory.id)
            victim.say(c.TrustPeer(mallory.id))
            victim.wait_for(e.PeerChanged, lambda one: one.trust == "verified")
    most = limits.LINKS_PER_PEER if known else limits.LINKS_PER_STRANGER
    links = [opened(victim.port, mallory) for _ in range(most)]
    try:
        assert not any(map(is_gone, links))
        for number in range(3):
            links.append(opened(victim.port, mallory))
            until(lambda oldest=links[number]: is_gone(oldest), "that the oldest gives way")  # type: ignore[misc]
            assert not is_gone(links[-1])
    finally:
        for link in links:
            link.close()


def test_all_strangers_together_hold_so_many_links_and_a_friend_gets_in(victim: Victim, tmp_path: Path) -> None:
    links = []
    try:
        for _ in range(limits.STRANGERS_LINKS + 10):
            link = Attacker(victim.port, Identity.create())
            link.greet()
            links.append(link)
        most = limits.STRANGERS_LINKS // 2
        until(lambda: sum(not is_gone(link) for link in links) <= most, "that so many are left of one address")
        assert sum(not is_gone(link) for link in links) == most
        friend = Shell(tmp_path / "friend", "Friend", free_port())
        friend.say(c.AddAddress(f"127.0.0.1:{victim.port}"))
        friend.wait_for(e.AddressReached)
        friend.host.close()
    finally:
        for link in links:
            link.close()


def test_a_known_device_founds_so_many_groups_in_a_minute(tmp_path: Path, victim: Victim) -> None:
    anna = Shell(tmp_path / "anna", "Anna", free_port())
    try:
        bob = met(anna, victim)
        anna.say(c.SendText(MessageId(secrets.token_hex(16)), bob.id, "hello"))
        victim.wait_for(e.MessageReceived)
        victim.say(c.SendText(MessageId(secrets.token_hex(16)), PeerId(anna.host_id), "hello too"))
        anna.wait_for(e.MessageReceived)
        for number in range(limits.GROUPS_FOUNDED + 6):
            anna.say(c.CreateGroup(MessageId(secrets.token_hex(16)), f"group {number}", (bob.id,)))
            anna.wait_for(e.GroupChanged, lambda one, name=f"group {number}": one.name == name)  # type: ignore[misc]
        anna.say(c.SendText(MessageId(secrets.token_hex(16)), bob.id, "the last word"))
        victim.wait_for(e.MessageReceived, lambda one: one.text == "the last word")
        groups = {one.group for one in victim.seen if isinstance(one, e.GroupChanged)}
        assert len(groups) == limits.GROUPS_FOUNDED
    finally:
        anna.host.close()


def test_strangers_that_went_are_forgotten_the_longest_away_first(victim: Victim) -> None:
    ids: list[PeerId] = []
    batch = 46  # of one address no more links are held at once
    for _ in range((limits.STRANGERS_KEPT + 20) // batch + 1):
        identities = [Identity.create() for _ in range(batch)]
        links = []
        for identity in identities:
            links.append(Attacker(victim.port, identity))
            links[-1].greet()
        for link in links:
            link.close()
        left = {identity.id for identity in identities}
        while left:
            left.discard(victim.wait_for(e.PeerVanished).id)
        ids += [identity.id for identity in identities]
    beside = Shell(victim.profile, "beside")
    try:
        kept = [one.id for one in beside.wait_for(e.Snapshot).peers]
    finally:
        beside.host.close()
    assert len(kept) <= limits.STRANGERS_KEPT + 1
    assert set(ids[-batch:]) <= set(kept)
    assert len(set(ids[:batch]) & set(kept)) <= batch - 15
