"""A newer lanshare that a known device runs is told of once; who runs which is told to known devices alone."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lanshare
from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.peer import DeviceKind, PeerId, TrustLevel
from lanshare.engine.effects import Publish
from lanshare.engine.peers.releases import Releases
from lanshare.exchange.handshake import DeviceInfo, hello, release_in
from tests.harness.shells import Shell, appeared, met

BOB = PeerId("b" * 52)
FACTS = DeviceInfo("Anna", DeviceKind.LAPTOP, "Debian", 1, bytes(16))


def releases(trust: TrustLevel = TrustLevel.KNOWN, ours: str = "1.2.0", link: Any = None) -> Releases:
    """Of a device that runs this one."""
    return Releases(lambda: FACTS, lambda peer: "Bob", lambda peer: trust, lambda peer: link, ours)


@pytest.mark.parametrize(("ours", "theirs", "newer"), [
    ("1.2.0", "1.2.1", True), ("1.2.0", "1.10", True), ("1.9.0", "1.10.0", True), ("1.2", "1.2.0", False),
    ("1.2.0", "1.2", False), ("1.2.0", "1.1.9", False), ("1.2.0", "1.2.0", False), ("0.1.0", "1.0", True),
    ("1.2.0", "", False), ("1.2.0", "2", False), ("1.2.0", "2.0; rm -rf /", False), ("1.2.0", "99999.0", False),
    ("1.2.0", "2.0\n", False), ("1.2.0", "２.0", False), ("1.2.0", "2.0.0.0.0", False),
])
def test_only_a_higher_number_is_newer(ours: str, theirs: str, newer: bool) -> None:
    one = releases(ours=ours)
    told = [effect.event for effect in one.heard(BOB, theirs) if isinstance(effect, Publish)]
    assert told == ([e.NewerReleaseSeen(BOB, "Bob", theirs)] if newer else [])
    assert one.newest == (told[0] if told else None)
    assert one.heard(BOB, theirs) == [], "once"


def test_of_several_the_newest_is_told() -> None:
    one = releases()
    assert [len(one.heard(BOB, release)) for release in ("1.3", "1.2.5", "1.3.0", "1.4")] == [1, 0, 0, 1]
    assert one.newest is not None
    assert one.newest.release == "1.4"


@pytest.mark.parametrize("trust", [TrustLevel.STRANGER, TrustLevel.BLOCKED])
def test_whoever_is_not_known_is_neither_told_nor_believed(trust: TrustLevel) -> None:
    said: list[DeviceInfo] = []

    class Link:
        def post(self, item: DeviceInfo) -> None:
            said.append(item)

    one = releases(trust, link=Link())
    assert one.heard(BOB, "9.0") == []
    one._tell(BOB)
    assert said == []
    releases(link=Link())._tell(BOB)
    assert [fact.release for fact in said] == ["1.2.0"]


def test_a_hello_tells_of_it_only_if_it_is_to() -> None:
    assert hello(FACTS, "control").capabilities == ()
    told = hello(FACTS.of_release("1.2.0"), "control")
    assert told.capabilities == ("lanshare/1.2.0",)
    assert release_in(("other", *told.capabilities)) == "1.2.0"
    assert release_in(("other",)) == ""


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Shell, Shell]]:
    """Anna and Bob."""
    shells = Shell(tmp_path / "anna", "Anna"), Shell(tmp_path / "bob", "Bob")
    yield shells
    for one in shells:
        one.host.close()


def test_two_that_know_each_other_tell_each_other_at_their_next_meeting(
    two: tuple[Shell, Shell], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, bob = two
    met(anna, bob)
    anna.say(c.SendText(MessageId(secrets.token_hex(16)), PeerId(bob.host_id), "hello"))
    bob.wait_for(e.MessageReceived)
    bob.say(c.SendText(MessageId(secrets.token_hex(16)), PeerId(anna.host_id), "hello too"))
    anna.wait_for(e.MessageReceived)
    bob.wait_for(e.MessageDelivered)  # from here on he knows her, too
    assert not [one for one in (*anna.seen, *bob.seen) if isinstance(one, e.NewerReleaseSeen)]
    bob.host.close()
    monkeypatch.setattr(Releases.__init__, "__defaults__", ("7.0",))
    newer = Shell(tmp_path / "bob", "Bob")
    try:
        seen = anna.wait_for(e.NewerReleaseSeen)
        assert (seen.peer, seen.name, seen.release) == (newer.host_id, "Bob", "7.0")
        appeared(newer)
        late = Shell(tmp_path / "anna", "another window")
        assert late.wait_for(e.Snapshot).newer == seen, "whoever joins later is told as well"
        late.host.close()
        assert lanshare.__version__ < "7"
    finally:
        newer.host.close()
    assert not [one for one in newer.seen if isinstance(one, e.NewerReleaseSeen)]
