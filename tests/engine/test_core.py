"""The inbox loop, stepped by hand."""


from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.errors import Code
from lanshare.domain.offer import EntryKind, Offer, TopEntry
from lanshare.domain.settings import Visibility
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.engine import inbox as n
from lanshare.engine.effects import DbRead, DbWrite, Discard, Scan
from lanshare.engine.ports import LeaseReply
from lanshare.exchange.control import SayBye
from lanshare.net.networks import Network
from lanshare.store import journal
from tests.harness.stepped import BOB, WALL, Setting


def test_what_an_earlier_engine_could_not_tidy_up_is_tidied(setting: Setting, tmp_path: Path) -> None:
    ident = TransferId("ef" * 16)
    transfer = Transfer(ident, BOB.id, Direction.IN, TransferState.DONE, Offer((), 0, 0, 0, True), WALL)
    journal.add(setting.store.link, transfer)
    journal.finish(setting.store.link, transfer)
    setting.node.load([], [], [(ident, tmp_path)])
    assert setting.runner.asked[-1] == Discard(ident, tmp_path)
    setting.do(n.CleanupDone(ident))
    assert journal.untidy(setting.store.link) == []


def test_a_sending_becomes_a_walk_and_its_row_is_told(setting: Setting) -> None:
    setting.do(c.SendFiles(TransferId("cd" * 16), BOB.id, (Path("/x"),)))
    assert [type(one) for one in setting.runner.asked] == [Scan]
    assert "TransferQueued" in setting.names()


def test_the_end_says_goodbye_to_everybody(setting: Setting) -> None:
    link = setting.connect()
    setting.do(n.Stop())
    assert isinstance(link.posted[-1], SayBye)
    assert setting.events[-1] == e.EngineStopped(Code.STOPPING)
    reply = LeaseReply()
    setting.node.post(n.AttachAsked(BOB.id, TransferId("cd" * 16), True, link, reply))
    assert reply.take(0.0) is Code.STOPPING


def test_only_time_passing_makes_it_try_again(setting: Setting) -> None:
    link = setting.connect()
    setting.do(n.LinkDown(BOB.id, link, False, Code.PEER_AWAY))
    assert "PeerVanished" not in setting.names()
    while "PeerVanished" not in setting.names():
        wait = setting.node.next_time()
        assert wait is not None
        setting.clock.time += wait + 0.01
        setting.node.step(None)
    assert setting.events[-1] == e.PeerVanished(BOB.id, "Bob")


def test_the_machine_stays_awake_while_something_moves_and_may_sleep_when_idle(setting: Setting) -> None:
    from lanshare.domain.control_messages import Answer

    setting.connect()
    transfer = TransferId("cd" * 16)
    setting.do(c.SendFiles(transfer, BOB.id, (Path("/x"),)))
    setting.do(n.Counted(transfer, Offer((TopEntry("x", EntryKind.FILE, 1, 1),), 1, 1, 1, True), 0))
    wishes = [one[1] for one in setting.runner.asked if isinstance(one, tuple) and one[0] == "keep_awake"]
    assert wishes == []
    setting.do(n.ControlReceived(BOB.id, Answer(transfer, True)))
    setting.do(n.RunEnded(transfer, 1, "", files=1, bytes=1))
    wishes = [one[1] for one in setting.runner.asked if isinstance(one, tuple) and one[0] == "keep_awake"]
    assert wishes == [True, False]


HOME, CAFE = Network("ab" * 8, "192.168.1.0/24"), Network("cd" * 8, "10.0.0.0/24")


def shows(setting: Setting) -> str:
    """To whom, as the window is told."""
    return [one for one in setting.events if isinstance(one, e.MeChanged)][-1].me.visibility


def test_a_new_network_is_asked_about_once_and_shown_nothing_before(setting: Setting) -> None:
    parts = setting.node._deps
    parts.asks = True
    announced: list[bool] = []
    parts.announced = announced.append
    setting.do(n.NetworkChanged(("192.168.1.2",), None, (HOME,)))
    assert [
        one for one in setting.events if isinstance(one, e.NetworkTrustRequested)
    ] == [e.NetworkTrustRequested(HOME.id, HOME.label)]
    assert (shows(setting), announced) == ("nobody", [False])
    assert not parts.me.admission.admits(BOB.id)
    setting.do(c.AnswerNetwork(HOME.id, True))
    assert announced == [False, True]
    assert parts.me.admission.admits(BOB.id)
    setting.do(n.NetworkChanged(("10.0.0.2",), None, (CAFE,)), c.AnswerNetwork(CAFE.id, False))
    assert announced == [False, True, False, False], "to nobody, then to known devices, which browse"
    assert shows(setting) == "known"
    setting.do(n.NetworkChanged(("192.168.1.2",), None, (HOME,)))
    assert shows(setting) == "everyone"
    assert len([one for one in setting.events if isinstance(one, e.NetworkTrustRequested)]) == 2, "each once"
    assert HOME.id in (parts.settings_path or Path()).read_text()
    announced.clear()
    setting.do(n.NetworkChanged(("192.168.1.3",), None, (HOME,)))
    assert announced == [True], "at every change, as discovery waits for it"


def test_a_window_that_joins_is_asked_too_and_a_person_may_show_himself_all_the_same(setting: Setting) -> None:
    setting.node._deps.asks = True
    setting.do(n.NetworkChanged(("192.168.1.2",), None, (HOME,)))
    joined: list[e.Event] = []
    setting.node.subscribe(joined.append, window=True)
    setting.run()
    assert [type(one).__name__ for one in joined] == ["Snapshot", "NetworkTrustRequested"]
    setting.do(c.SetTemporaryVisibility(Visibility.EVERYONE, 600.0))
    assert shows(setting) == "everyone"


def test_without_a_person_to_ask_a_new_network_is_as_the_settings_say(setting: Setting) -> None:
    setting.do(n.NetworkChanged(("192.168.1.2",), None, (HOME,)))
    assert shows(setting) == "everyone"
    assert not [one for one in setting.events if isinstance(one, e.NetworkTrustRequested)]


@pytest.mark.parametrize("kind", [DbWrite, DbRead])
def test_what_the_store_cannot_do_ends_for_all_who_counted_on_it(setting: Setting, kind: Any) -> None:
    """A link's backlog has room again, and whoever waits hears of it."""

    class Full:
        def write(self, operation: Any, then: Any, lost: Any, is_early: bool = False) -> None:
            lost()

        read = write

    node = setting.node
    node._deps.store = Full()  # type: ignore[assignment]
    over: list[str] = []
    effect = kind(journal.set_code, (), over=lambda: over.append("over"), lost=n.CleanupDone(TransferId("ef" * 16)))
    (node._write if kind is DbWrite else node._read)(effect)
    assert over == ["over"]
    assert node._inbox.get_nowait() == n.CleanupDone(TransferId("ef" * 16))
