"""A stranger does not become somebody else by a name, however it is spelt, and whenever it takes it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from tests.harness.attacker import Attacker
from tests.hostile.conftest import Victim, verified_and_away

LIKE_MARTA = [
    "Marta", "MARTA", " marta ", "M\u0430rt\u0430", "\uff2darta", "Ma\u200brta", "M\u00e1rta", "\U0001d4dcarta",
    "\u039c\u0430\u0433ta", "Rnarta", "Mar\u03c4a", "Ma\u0280ta",
]
OTHERS = ["Martin", "Greta", "Marta\u0661"]


@pytest.fixture
def marta(victim: Victim) -> Identity:
    """A verified friend, who is away."""
    one = Identity.create()
    verified_and_away(victim, one, "Marta")
    return one


def takes(link: Attacker, name: str) -> None:
    """A further Hello tells a new name."""
    link.say_raw(f.Hello, 1, name, "laptop", "Debian", 17717, secrets.token_bytes(16), "control", [])


@pytest.mark.parametrize("name", LIKE_MARTA)
@pytest.mark.parametrize("when", ["at once", "later"])
def test_a_name_like_that_of_a_friend_who_is_away_is_told(
    victim: Victim, marta: Identity, mallory: Identity, name: str, when: str, alive: Callable[[], None]
) -> None:
    with Attacker(victim.port, mallory) as link:
        link.greet(name=name if when == "at once" else "x1")
        victim.wait_for(e.PeerAppeared, lambda now: now.id == mallory.id)
        link.keep()
        if when == "later":
            takes(link, name)
        told = victim.wait_for(e.IdentityChanged)
        assert (told.known, told.seen) == (marta.id, mallory.id)
        victim.say(c.SendText(MessageId("ab" * 16), mallory.id, "to whom?"))
        victim.wait_for(e.MessageDelivered)
        victim.say(c.LoadHistory(9, None))
        victim.wait_for(e.HistoryLoaded)
        changes = [now for now in victim.seen if isinstance(now, e.PeerChanged) and now.id == mallory.id]
        assert all(now.trust == "stranger" for now in changes), "a text makes it no friend before that is decided"


@pytest.mark.parametrize("name", OTHERS)
def test_another_name_is_nobodys_business(victim: Victim, marta: Identity, mallory: Identity, name: str) -> None:
    with Attacker(victim.port, mallory) as link:
        link.greet(name="x1")
        victim.wait_for(e.PeerAppeared, lambda now: now.id == mallory.id)
        link.keep()
        takes(link, name)
        victim.wait_for(e.PeerChanged, lambda now: now.id == mallory.id and now.name != "x1")
        victim.say(c.SendText(MessageId("ab" * 16), mallory.id, "hello"))
        victim.wait_for(e.PeerChanged, lambda now: now.id == mallory.id and now.trust == "known")
        assert not [now for now in victim.seen if isinstance(now, e.IdentityChanged)]


def test_a_renewed_key_leaves_nothing_of_the_one_that_was_copied(victim: Victim) -> None:
    """Whoever reads the disk later finds the old one nowhere."""
    old = (victim.profile / "device.pem").read_bytes()
    secret = old.splitlines()[1]
    (victim.profile / "device.before-20260101-000000.pem").write_bytes(old)
    victim.say(c.RenewIdentity())
    victim.wait_for(e.IdentityRenewed)
    assert victim.wait_for(e.Snapshot).me.id != victim.wait_id()
    left = [path for path in victim.profile.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert left == []
