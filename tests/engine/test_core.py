"""The inbox loop, stepped by hand with a real store and a runner that only notes what was asked of it."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.control_messages import SignedMessage, Stored
from lanshare.domain.errors import Code
from lanshare.domain.message import MessageId
from lanshare.domain.offer import EntryKind, Offer, TopEntry
from lanshare.domain.peer import Address, DeviceKind
from lanshare.domain.settings import Settings, Visibility
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.engine import inbox as n
from lanshare.engine.core import EngineCore, EngineDeps
from lanshare.engine.effects import Discard
from lanshare.engine.runtime.link_tasks import LocalDevice
from lanshare.exchange import message_records
from lanshare.exchange.control import SayBye
from lanshare.exchange.handshake import AuthenticatedPeer, DeviceInfo
from lanshare.net.networks import Network
from lanshare.store import database, history, journal
from lanshare.trust.identity import Identity

ANNA, BOB = Identity.create(), Identity.create()
WALL = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)


class Clock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def wall(self) -> datetime.datetime:
        return WALL


class Store:
    """A real database, used at once on the caller's thread."""

    def __init__(self, path: Path) -> None:
        database.prepare(path)
        self.link = database.connect(path)

    def write(self, operation: Any, then: Any) -> None:
        result = operation(self.link)
        if then is not None:
            then(result)

    def read(self, operation: Any, then: Any) -> None:
        then(operation(self.link))

    def compact(self, then: Any) -> None:
        then(True)


class Runner:
    """Notes what was asked."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[object] = []
        self._folder = folder

    def papers(self, transfer: TransferId) -> tuple[Path, Path]:
        return self._folder / "list", self._folder / "receipt"

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.asked.append((name, *arguments))


class Link:
    """A control link that notes what was posted."""

    def __init__(self) -> None:
        self.posted: list[object] = []

    def post(self, item: object) -> bool:
        self.posted.append(item)
        return True

    def abort(self, code: Code = Code.CANCELLED) -> None:
        """Nothing to end."""


class Setting:
    """A node without threads."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.runner, self.store = Clock(), Runner(folder), Store(folder / "x.sqlite")
        me = LocalDevice(ANNA, DeviceInfo("Anna", DeviceKind.LAPTOP, "Debian", 1, bytes(16)))
        self.node = EngineCore(
            EngineDeps(me, self.clock, self.store, self.runner, Settings(), folder / "settings.json", "Anna",
                  folder, lambda path: 10**9, lambda path: 10**9, 17717)
        )
        self.events: list[e.Event] = []
        self.node.subscribe(self.events.append)
        self.run()

    def run(self) -> None:
        """Until the inbox is empty."""
        while not self.node._inbox.empty():
            self.node.step(self.node._inbox.get())

    def do(self, *items: Any) -> None:
        """Commands or notes."""
        for item in items:
            self.node.post(item)
        self.run()

    def names(self) -> list[str]:
        """What was told."""
        return [type(one).__name__ for one in self.events]

    def connect(self) -> Link:
        """Bob comes."""
        link = Link()
        facts = DeviceInfo("Bob", DeviceKind.SERVER, "Debian", 2, b"x" * 16)
        self.do(n.LinkUp(AuthenticatedPeer(BOB.id, facts, "control"), link, True, Address("10.0.0.2", 2)))
        return link


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    """A fresh one."""
    one = Setting(tmp_path)
    yield one
    one.store.link.close()


def test_a_snapshot_comes_first(setting: Setting) -> None:
    assert setting.names() == ["Snapshot"]
    snapshot = setting.events[0]
    assert isinstance(snapshot, e.Snapshot)
    assert (snapshot.me.id, snapshot.me.name, snapshot.peers) == (ANNA.id, "Anna", ())


def test_a_message_to_a_device_that_is_away_goes_when_it_comes(setting: Setting) -> None:
    ident = MessageId("ab" * 16)
    setting.do(c.SendText(ident, BOB.id, "hi"))
    assert setting.names()[-1] == "MessageQueued"
    link = setting.connect()
    (texted,) = [one for one in link.posted if type(one).__name__ == "Texted"]
    setting.do(n.ControlReceived(BOB.id, Stored(texted.message.id)))  # type: ignore[attr-defined]
    assert "MessageDelivered" in setting.names()


def test_answers_to_a_queued_message_still_answer_it_when_it_was_changed(setting: Setting) -> None:
    first, second, third, other = (MessageId(f"{number:032x}") for number in range(1, 5))
    setting.do(c.SendText(first, BOB.id, "the qestion"))
    setting.do(c.SendText(second, BOB.id, "the answer", first))
    setting.do(c.SendText(third, BOB.id, "an answer to the answer", second))
    setting.do(c.SendText(other, BOB.id, "something else"))
    setting.do(c.EditText(first, BOB.id, "the question"))
    link = setting.connect()
    posted = [one for one in link.posted if isinstance(one, SignedMessage)]
    said = [message_records.read(message_records.frame_of(one.record), BOB.id, ANNA.id) for one in posted]
    assert [one.message.text for one in said] == [
        "the question", "the answer", "an answer to the answer", "something else"
    ]
    assert [one.message.about for one in said] == ["", said[0].digest.hex(), said[1].digest.hex(), ""]
    for before, one in itertools.pairwise(said):
        assert message_records.frame_of(one.record).parents == (before.digest,)
    quotes = [one.message.quote for one in history.page(setting.store.link, BOB.id, None, 10)[0] if one.message]
    assert [one.text if one is not None else "" for one in quotes] == ["", "the question", "the answer", ""]


def test_a_message_whose_answer_somebody_has_stays_as_it_is(setting: Setting) -> None:
    first, second = (MessageId(f"{number:032x}") for number in (1, 2))
    setting.do(c.SendText(first, BOB.id, "the question"))
    setting.do(c.SendText(second, BOB.id, "the answer", first))
    setting.store.link.execute("UPDATE messages SET delivery = 'sending' WHERE id = ?", (second,))
    setting.do(c.EditText(first, BOB.id, "another question"))
    assert setting.names()[-1] == "EditRejected"
    quotes = [one.message.quote for one in history.page(setting.store.link, BOB.id, None, 10)[0] if one.message]
    assert [one.text if one is not None else "" for one in quotes] == ["", "the question"]


def test_what_an_earlier_engine_could_not_tidy_up_is_tidied(setting: Setting, tmp_path: Path) -> None:
    ident = TransferId("ef" * 16)
    transfer = Transfer(ident, BOB.id, Direction.IN, TransferState.DONE, Offer((), 0, 0, 0, True), WALL)
    journal.add(setting.store.link, transfer)
    journal.finish(setting.store.link, transfer)
    setting.node.load([], [], [(ident, tmp_path)])
    assert setting.runner.asked[-1] == ("discard", Discard(ident, tmp_path))
    setting.do(n.CleanupDone(ident))
    assert journal.untidy(setting.store.link) == []


def test_a_sending_becomes_a_walk_and_its_row_is_told(setting: Setting) -> None:
    setting.do(c.SendFiles(TransferId("cd" * 16), BOB.id, (Path("/x"),)))
    assert [one[0] for one in setting.runner.asked if isinstance(one, tuple)] == ["scan"]
    assert "TransferQueued" in setting.names()


def test_settings_are_kept_and_a_wrong_one_is_named(setting: Setting, tmp_path: Path) -> None:
    link = setting.connect()
    setting.do(c.ChangeSettings(Settings(name="Desk", port=20000)))
    assert [type(one).__name__ for one in setting.events[-2:]] == ["MeChanged", "SettingsChanged"]
    changed = setting.events[-1]
    assert isinstance(changed, e.SettingsChanged)
    assert changed.needs_restart == ("port",)
    assert "Desk" in (tmp_path / "settings.json").read_text()
    assert any(isinstance(one, DeviceInfo) and one.name == "Desk" for one in link.posted), "peers hear the new name"
    setting.do(c.ChangeSettings(Settings(port=1)))
    assert setting.events[-1] == e.SettingsRefused("port")


def test_a_trouble_is_told_once_over_and_only_if_it_was_there(setting: Setting) -> None:
    setting.do(n.NetworkChanged(("10.0.0.1",), Code.NO_NETWORK))
    setting.do(n.NetworkChanged(("10.0.0.1",), None))
    setting.do(n.NetworkChanged(("10.0.0.1",), None))
    told = [one for one in setting.events if isinstance(one, e.NetworkTroubled)]
    assert [(one.code, bool(one.message)) for one in told] == [(Code.NO_NETWORK, True), (Code.NO_NETWORK, False)]


def test_the_end_says_goodbye_to_everybody(setting: Setting) -> None:
    link = setting.connect()
    setting.do(n.Stop())
    assert isinstance(link.posted[-1], SayBye)
    assert setting.events[-1] == e.EngineStopped(Code.STOPPING)
    reply = n.Reply()
    setting.node.post(n.AttachAsked(BOB.id, TransferId("cd" * 16), True, link, reply))
    lease = reply.take(0.0)
    assert lease is not None
    assert lease.code == Code.STOPPING


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
    parts = setting.node._parts
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


def test_a_window_that_joins_is_asked_too_and_a_person_may_show_himself_all_the_same(setting: Setting) -> None:
    setting.node._parts.asks = True
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
