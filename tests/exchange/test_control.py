"""The control link: silence is noticed by pings, and whoever leaves says so."""

from __future__ import annotations

import datetime

import pytest

from lanshare.domain.control_messages import (
    ControlMessage,
    Fetch,
    Offered,
)
from lanshare.domain.errors import LanshareError
from lanshare.domain.offer import EntryKind, Offer, TopEntry
from lanshare.domain.transfer import TransferId
from lanshare.exchange.control import Control, SayBye
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from lanshare.wire import limits
from tests.harness.wires import Ear

ANNA, BOB = Identity.create(), Identity.create()
ID = TransferId("ab" * 16)
NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
def open_control(me: Identity, peer: Identity, heard: list[ControlMessage]) -> tuple[Control, Ear]:
    """One end."""
    control, ear = Control(me.id, peer.id, heard.append), Ear()
    control.begin(ear, 0.0)
    return control, ear


def test_it_pings_at_once_and_then_every_two_seconds_and_answers_pings() -> None:
    control, ear = open_control(ANNA, BOB, [])
    assert control.on_time(0.0) == limits.PING_EVERY
    assert control.on_time(1.0) == limits.PING_EVERY
    control.on_time(limits.PING_EVERY)
    assert ear.said == [f.Ping(1), f.Ping(2)]
    control.on_frame(f.Ping(7), 2.0)
    assert ear.said[-1] == f.Pong(7)


def test_goodbye_ends_it_on_both_sides_and_nothing_is_said_afterwards() -> None:
    ours, ear = open_control(ANNA, BOB, [])
    theirs, _ = open_control(BOB, ANNA, [])
    ours.on_post(SayBye(), 0.0)
    ours.on_post(Fetch(ID), 0.0)
    assert ear.said == [f.Bye()]
    theirs.on_frame(f.Bye(), 0.0)
    assert (ours.done, ours.left, theirs.done, theirs.left) == (True, False, True, True)


def test_an_offer_of_many_names_lists_the_first_and_counts_them_all() -> None:
    many = Offer(tuple(TopEntry(str(n), EntryKind.FILE, 1, 1) for n in range(500)), 500, 500, 500, True)
    ours, ear = open_control(ANNA, BOB, [])
    ours.on_post(Offered(ID, many), 0.0)
    frame = ear.said[-1]
    assert isinstance(frame, f.Offer)
    assert (len(frame.tops), frame.names) == (limits.TOPS, 500)


def test_a_word_that_has_no_place_here_ends_it() -> None:
    control, _ = open_control(ANNA, BOB, [])
    with pytest.raises(LanshareError):
        control.on_frame(f.Complete(0, 0, 0), 0.0)
