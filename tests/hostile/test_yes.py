"""A yes is to what was shown when it was said: whatever its sender puts in the place of it is asked about anew."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pytest
from msgspec.structs import replace

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.transfer import TransferId
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from lanshare.wire import limits
from tests.harness.attacker import Attacker, Gone, offer
from tests.hostile.conftest import Victim


def make_known(victim: Victim, control: Attacker) -> None:
    """The person accepts something of hers first: then she is no stranger any more, and may offer anew."""
    ident = secrets.token_bytes(16)
    control.say_raw(f.Offer, *offer(ident, "harmless.txt"), b"")
    victim.wait_for(e.OfferReceived)
    victim.say(c.AnswerOffer(TransferId(ident.hex()), True))
    control.hear_kind(f.Answer)
    control.say(f.Cancel(ident, "cancelled"))
    victim.wait_for(e.TransferFailed)


def test_a_yes_to_one_offer_is_none_to_another_that_took_its_place(victim: Victim, mallory: Identity) -> None:
    ident = secrets.token_bytes(16)
    with Attacker(victim.port, mallory) as control:
        control.greet()
        make_known(victim, control)
        control.say_raw(f.Offer, *offer(ident, "holiday.jpg"), b"")
        shown = victim.wait_for(e.OfferReceived)
        control.say_raw(f.Offer, *offer(ident, "autostart", files=100_000, size=10**12), b"")
        victim.wait_for(e.OfferGrew)
        victim.say(c.AnswerOffer(shown.transfer, True, shown=shown.offer))
        anew = victim.wait_for(e.OfferReceived)
        assert [top.name for top in anew.offer.tops] == ["autostart"]
        control.drain()
        victim.say(c.AnswerOffer(shown.transfer, True, shown=anew.offer))
        assert control.hear_kind(f.Answer) == f.Answer(ident, True)


def test_a_stranger_cannot_talk_by_changing_what_it_offers(victim: Victim, mallory: Identity) -> None:
    ident = secrets.token_bytes(16)
    with Attacker(victim.port, mallory) as control:
        control.greet()
        control.say_raw(f.Offer, *offer(ident, "holiday.jpg"), b"")
        shown = victim.wait_for(e.OfferReceived)
        for number in range(20):
            control.say_raw(f.Offer, *offer(ident, f"BUY {number}"), b"")
            assert control.hear_kind(f.Answer) == f.Answer(ident, False, "peer-busy")
        assert not [one for one in victim.drain() if isinstance(one, e.OfferGrew)]
        victim.say(c.AnswerOffer(shown.transfer, True, shown=shown.offer))
        assert control.hear_kind(f.Answer) == f.Answer(ident, True), "what was shown is what is there"


def test_what_is_still_counted_grows_by_its_own_names_alone(victim: Victim, mallory: Identity) -> None:
    ident = secrets.token_bytes(16)
    with Attacker(victim.port, mallory) as control:
        control.greet()
        control.say_raw(f.Offer, ident, [["a", "file", 1, 1]], 2, 1, 1, False, b"")
        victim.wait_for(e.OfferReceived)
        control.say_raw(f.Offer, ident, [["a", "file", 1, 1], ["b", "file", 1, 1]], 2, 2, 2, False, b"")
        victim.wait_for(e.OfferGrew)
        for tops, names in (([["c", "file", 1, 1]], 1), ([["a", "file", 1, 1], ["b", "file", 1, 1]], 3)):
            control.say_raw(f.Offer, ident, tops, names, 2, 2, True, b"")
            assert control.hear_kind(f.Answer) == f.Answer(ident, False, "peer-busy")
        control.say_raw(f.Offer, ident, [["a", "file", 1, 1], ["b", "file", 2, 2]], 2, 3, 3, True, b"")
        assert victim.wait_for(e.OfferGrew).offer.complete


def test_a_stranger_that_goes_and_comes_asks_no_more_often_than_one_that_stays(
    victim: Victim, mallory: Identity
) -> None:
    ident = secrets.token_bytes(16)
    for number in range(2 * limits.STRANGER_PROMPTS):
        with Attacker(victim.port, mallory) as control:
            control.greet()
            control.say_raw(f.Offer, *offer(ident, f"BUY {number}"), b"")
            try:
                control.hear_kind(f.Answer)
            except (Gone, TimeoutError):
                pass
            control.say(f.Bye())
            control.is_cut()
    asked = [one for one in victim.drain() if isinstance(one, e.OfferReceived)]
    assert 2 <= len(asked) <= limits.STRANGER_PROMPTS
    assert len({one.offer.tops[0].name for one in asked}) == len(asked), "what changed meanwhile is asked as it is"


@pytest.mark.parametrize("kind", ["seen", "renamed", "listing"])
def test_one_link_fills_neither_memory_nor_the_queue_that_others_wait_in(
    victim: Victim, mallory: Identity, kind: str
) -> None:
    """A stranger says the same as fast as it can; what is not dealt with yet stays on its side of the wire."""
    ident = secrets.token_bytes(16)
    with Attacker(victim.port, mallory) as control:
        hello = control.greet()
        control.say_raw(f.Offer, *offer(ident, "x"), b"")
        victim.wait_for(e.OfferReceived)
        entries = tuple(f.Listed(("x", f"{one}"), "file", 1, 1) for one in range(500))
        said: list[f.Frame] = {  # type: ignore[assignment]
            "seen": [f.Seen(tuple(secrets.token_bytes(16) for _ in range(256)))],
            "renamed": [replace(hello, name=f"name {number}") for number in range(2)],
            "listing": [f.Listing(ident, 0, entries, False)],
        }[kind]
        core: Any = victim.host._engine.node  # type: ignore[union-attr]
        deepest = 0
        until = time.monotonic() + 3.0
        control.sock.settimeout(0.2)
        while time.monotonic() < until:
            try:
                control.say_together(*said * 8)
            except Gone:
                break
            deepest = max(deepest, core._inbox.qsize() + core._deps.store._writes.qsize())
        assert deepest < 4 * limits.BACKLOG_ITEMS
        with Attacker(victim.port) as other:
            other.greet()
            other.say_raw(f.Offer, *offer(secrets.token_bytes(16), "y"), b"")
            other.hear_kind(f.Answer, f.Ping)
