"""A victim: a running engine with something worth stealing or breaking around its receiving folder."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from tests.harness.attacker import Attacker, everything_below, paths_below
from tests.harness.shells import Shell


class Victim(Shell):
    """Bob, with his files: `root` is where he receives; nothing outside of it may ever change."""

    def __init__(self, folder: Path) -> None:
        self.jail = folder / "home"
        self.root = self.jail / "received"
        for path in (self.root, self.jail / ".ssh", self.jail / "received-evil"):
            path.mkdir(parents=True)
        (self.jail / ".bashrc").write_text("mine")
        (self.jail / ".ssh" / "authorized_keys").write_text("mine")
        (self.root / "before.txt").write_text("mine")
        self.profile = folder / "profile"
        super().__init__(self.profile, "Bob")
        self._id = self.wait_for(e.Snapshot).me.id

    def wait_id(self) -> PeerId:
        """Who he is."""
        return self._id

    def outside(self) -> dict[str, object]:
        """All that is around the receiving folder."""
        return everything_below(self.jail, (self.root,))

    def inside(self) -> dict[str, object]:
        """What was received."""
        return everything_below(self.root, (self.root / ".lanshare-incoming",))

    def received(self) -> list[Path]:
        """The paths of what was received; our staging is left out."""
        return paths_below(self.root, (self.root / ".lanshare-incoming",))

    def shows(self, *path: str) -> Path:
        """Wait until this has its final place: what came gets it a second later."""
        place, deadline = self.root.joinpath(*path), time.monotonic() + 20.0
        while not place.exists():
            assert time.monotonic() < deadline, place
            time.sleep(0.01)
        return place

    @contextlib.contextmanager
    def accepted(
        self, mallory: Identity, clash: ConflictPolicy = ConflictPolicy.KEEP, into: Path | None = None,
        after: bytes = b"", offered: tuple[object, ...] | None = None,
    ) -> Iterator[bytes]:
        """A transfer of hers that the person said yes to, while she stays: its id.

        Without `offered` the person said yes to a million names of any size, so that what else stands in the way of
        what is sent is what is tried.
        """
        transfer = secrets.token_bytes(16)
        with Attacker(self.port, mallory) as control:
            control.greet()
            anything = (transfer, [["harmless.txt", "file", 1, 1]], 10**6, 10**6, 2**53, True)
            control.say_raw(f.Offer, *((transfer, *offered) if offered is not None else anything), after)
            self.wait_for(e.OfferReceived, lambda one: one.transfer == transfer.hex())
            self.say(c.AnswerOffer(TransferId(transfer.hex()), True, into or self.root, clash))
            answer = control.hear_kind(f.Answer)
            assert answer.accepted
            control.keep()
            yield transfer


def verified_and_away(victim: Victim, one: Identity, name: str) -> None:
    """A friend of this name was here, is verified, and has gone."""
    with Attacker(victim.port, one) as link:
        link.greet(name=name)
        victim.wait_for(e.PeerAppeared, lambda now: now.id == one.id)
        victim.say(c.TrustPeer(one.id))
        victim.wait_for(e.PeerChanged, lambda now: now.trust == "verified")
    victim.wait_for(e.PeerVanished, lambda now: now.id == one.id)


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    """Bob."""
    one = Victim(tmp_path)
    yield one
    one.host.close()


@pytest.fixture
def mallory() -> Identity:
    """A key that nobody knows."""
    return Identity.create()


@pytest.fixture
def alive(victim: Victim) -> Iterator[Callable[[], None]]:
    """Asks whether the victim still answers; asked at the end of every test that takes it."""

    def check() -> None:
        with Attacker(victim.port) as friend:
            assert friend.greet().name == "Bob"

    yield check
    check()
    assert threading.active_count() < 100
