"""EngineClient: the engine is ours or joined; commands given in between are not lost."""

from __future__ import annotations

import base64
import datetime
import json
import queue
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import confusables
from lanshare.domain import events as e
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.message import MessageId, SearchQuery
from lanshare.domain.peer import DeviceKind, TrustLevel
from lanshare.engine import client as host_module
from lanshare.engine.assemble import load_identity, read_history
from lanshare.engine.client import EngineClient
from lanshare.engine.options import Options
from lanshare.exchange import message_records
from lanshare.store import database, trustbook
from lanshare.store.lock import ProfileLock
from lanshare.store.profile_paths import places
from lanshare.store.trustbook import TrustEntry
from lanshare.trust.identity import Identity
from tests.harness.made import PEER
from tests.harness.shells import Shell


def test_the_second_joins_and_takes_over_when_the_first_goes(tmp_path: Path) -> None:
    first = Shell(tmp_path, "Anna")
    first.wait_for(e.Snapshot)
    second = Shell(tmp_path, "Anna", first.port)
    assert (first.host.joined, second.host.joined) == (False, True)
    second.wait_for(e.Snapshot)
    first.host.close()
    second.wait_for(e.Snapshot)
    assert not second.host.joined
    second.say(c.SendText(MessageId("ab" * 16), PEER, "still here"))
    second.wait_for(e.MessageQueued)
    second.host.close()


def test_what_is_asked_before_the_start_is_done_after_it(tmp_path: Path) -> None:
    options = Options(profile=tmp_path, port=None, interfaces=("127.0.0.1",), announce=False)
    host = EngineClient(options, lambda event: None)
    host.submit(c.SendText(MessageId("ab" * 16), PEER, "early"))
    host.start()
    host.close()
    (kept,) = read_history(options, SearchQuery("", PEER), 10)
    assert kept.message is not None
    assert kept.message.text == "early"


def test_what_comes_of_what_was_asked_before_the_start_is_heard(tmp_path: Path) -> None:
    heard: queue.SimpleQueue[e.Event] = queue.SimpleQueue()
    host = EngineClient(Options(profile=tmp_path, interfaces=("127.0.0.1",), announce=False), heard.put)
    host.submit(c.AddAddress("no address at all !"))
    host.start()
    try:
        assert isinstance(heard.get(timeout=20), e.Snapshot)
        while not isinstance(heard.get(timeout=20), e.AddressFailed):
            pass
    finally:
        host.close()


def test_who_leaves_before_the_engine_is_there_does_not_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    monkeypatch.setattr("lanshare.engine.assemble.Engine.__init__", lambda self, options: made.append(options))
    host = EngineClient(Options(profile=tmp_path), lambda event: None)
    failed: list[Exception] = []
    host._closing.set()
    host.begin(failed.append)
    host.close()
    assert (made, failed) == ([], [])


def test_a_saved_conversation_is_taken_in_whole_though_the_engine_ends_meanwhile(tmp_path: Path) -> None:
    anna = Options(profile=tmp_path / "anna", interfaces=("127.0.0.1",), announce=False)
    where = places(tmp_path / "anna")
    where.prepare()
    me, bob = load_identity(where), Identity.create()
    lines = ['{"lanshare": 1}']
    now = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)
    for number in range(2000):
        clock = (number, number, ())
        made = message_records.compose(me, bob.id, MessageId(f"{number:032x}"), f"text {number}", clock, now)
        lines.append(json.dumps({"record": base64.b64encode(made.record).decode(), "delivery": "read"}))
    (tmp_path / "saved.jsonl").write_text("\n".join(lines))
    database.prepare(where.database)
    link = database.connect(where.database)
    trustbook.remember(link, TrustEntry(bob.id, "Bob", DeviceKind.LAPTOP, "", TrustLevel.KNOWN, (), 0))
    link.close()
    heard: queue.SimpleQueue[e.Event] = queue.SimpleQueue()
    host = EngineClient(anna, heard.put)
    host.start()
    while not isinstance(heard.get(timeout=20), e.Snapshot):
        pass
    host.submit(c.ImportConversation(tmp_path / "saved.jsonl"))
    host.close()
    assert len(read_history(anna, SearchQuery("", bob.id), 5000)) == 2000


def test_a_profile_that_is_held_by_something_silent_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "_TRIES", 2)
    where = places(tmp_path)
    where.prepare()
    lock = ProfileLock(where.lock)
    assert lock.take()
    host = EngineClient(Options(profile=tmp_path, interfaces=("127.0.0.1",)), lambda event: None)
    with pytest.raises(LanshareError) as error:
        host.start()
    assert error.value.code is Code.PROFILE_BUSY
    host.close()
    lock.release()


def test_a_new_identity_starts_the_engine_anew_and_keeps_the_rest(tmp_path: Path) -> None:
    shell = Shell(tmp_path, "Anna")
    before = shell.wait_for(e.Snapshot)
    shell.say(c.SendText(MessageId("ab" * 16), PEER, "from before"))
    shell.wait_for(e.MessageQueued)
    old_key = places(tmp_path).key.read_bytes()
    (tmp_path / "device.before-20260101-000000.pem").write_bytes(old_key)
    shell.say(c.RenewIdentity())
    renewed = shell.wait_for(e.IdentityRenewed)
    after = shell.wait_for(e.Snapshot)
    assert after.me.id != before.me.id
    assert renewed.old == ""
    keys = list(tmp_path.rglob("*.pem"))
    assert keys == [places(tmp_path).key], "the copied one, and those of before, are gone"
    assert keys[0].read_bytes() != old_key
    assert keys[0].stat().st_mode & 0o777 == 0o600
    assert [one.preview for one in after.conversations] == ["from before"]
    shell.host.close()


def test_an_engine_that_runs_needs_none_of_its_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program may be moved, removed or replaced meanwhile: devices were then met by nobody."""
    confusables._read.cache_clear()
    anna = Shell(tmp_path / "Anna", "Anna")
    try:
        anna.wait_for(e.Snapshot)
        monkeypatch.setattr(confusables, "_TABLE", tmp_path / "gone")
        assert confusables.skeleton("\u0410nna") == confusables.skeleton("Anna")
    finally:
        anna.host.close()
