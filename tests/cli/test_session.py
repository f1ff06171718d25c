"""What a command knows of devices and alarms, from the events alone, over a change of engines too."""

from __future__ import annotations

import io
import queue
from pathlib import Path

from lanshare.cli.printer import Printer
from lanshare.cli.session import CliSession
from lanshare.domain import events as e
from lanshare.domain.peer import DeviceKind, Peer, PeerId, TrustLevel
from lanshare.domain.settings import Settings
from lanshare.engine.client import EngineClient
from lanshare.engine.options import Options

ANNA, BOB, EVIL = PeerId("a" * 52), PeerId("b" * 52), PeerId("e" * 52)


def snapshot(*peers: Peer, alarms: tuple[e.IdentityChanged, ...] = ()) -> e.Snapshot:
    """What an engine tells first."""
    me = e.Me(ANNA, "Anna", "laptop", 17717, (), "/tmp")
    return e.Snapshot(me, peers, (), (), Settings(), False, alarms=alarms)


def heard(*events: e.Event) -> CliSession:
    """A desk that heard these."""
    waiting: queue.SimpleQueue[e.Event] = queue.SimpleQueue()
    host = EngineClient(Options(profile=Path("/nowhere")), waiting.put)
    desk = CliSession(host, waiting, Printer(True, io.StringIO(), io.StringIO()))
    for event in events:
        waiting.put(event)
        assert desk.next(None) is event
    return desk


def bob(online: bool, trust: TrustLevel = TrustLevel.KNOWN) -> Peer:
    """Bob."""
    return Peer(BOB, "Bob", DeviceKind.LAPTOP, (), trust, online)


def test_another_engine_begins_with_what_it_knows() -> None:
    desk = heard(snapshot(bob(True)), snapshot(bob(False)))
    assert [one.online for one in desk.candidates(False)] == [False]
    assert desk.peers.keys() == {BOB}
    assert heard(snapshot(bob(True)), snapshot()).candidates(False) == []


def test_alarms_hold_until_they_are_settled() -> None:
    alarm = e.IdentityChanged("Bob", BOB, EVIL)
    assert heard(snapshot(alarms=(alarm,))).alarm_about(BOB) == alarm
    assert set(heard(snapshot(), alarm).alarms) == {(BOB, EVIL)}
    assert not heard(snapshot(), alarm, e.IdentitySettled(BOB, EVIL)).alarms
    assert not heard(snapshot(alarms=(alarm,)), snapshot()).alarms


def test_a_forgotten_device_is_nobody() -> None:
    assert heard(snapshot(bob(True)), e.PeerForgotten(BOB)).candidates(False, everybody=True) == []


def test_strangers_that_are_away_count_only_where_everybody_does() -> None:
    desk = heard(snapshot(bob(True, TrustLevel.STRANGER)), e.PeerVanished(BOB, "Bob"))
    assert [one.online for one in desk.candidates(False)] == [False]
    assert [one.online for one in desk.candidates(False, everybody=True)] == [True]
