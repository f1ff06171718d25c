"""Groups over the wire: whoever was removed takes nothing over, whatever it dates back and whomever it tells."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain import groups
from lanshare.domain.message import MessageId, MessageKind
from lanshare.domain.peer import PeerId, PeerPolicy, Permission
from lanshare.engine.messages.group_records import EACH
from lanshare.exchange import message_records
from lanshare.store import groups as stored
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.records import record_digest
from tests.harness.attacker import Attacker
from tests.harness.shells import Shell
from tests.hostile.conftest import Victim
from tests.hostile.talking import NOW, Ring, befriend, encoded, record, still, texts


def change(
    who: Identity, group: PeerId, number: int, seen: tuple[f.Text, ...] = (), name: str = "",
    add: tuple[PeerId, ...] = (), remove: tuple[PeerId, ...] = (),
) -> f.Text:
    """A record about a group that has seen these."""
    body = message_records.change_body(name, add, remove)
    parents = tuple(record_digest(one) for one in seen)
    return record(who, group, body, number, kind=MessageKind.CHANGE, parents=parents)


def told(shell: Shell, group: PeerId) -> list[str]:
    """The changes of a group that its conversation tells, from the beginning."""
    shell.say(c.LoadHistory(7, group))
    loaded = shell.wait_for(e.HistoryLoaded, lambda one: one.request == 7)
    return [one.message.text for one in loaded.moments if one.message and one.message.kind in ("found", "change")]


class Removed:
    """Bob founded a group with Mallory and Carl, wrote to it, and removed Mallory, who has all of it."""

    def __init__(self, victim: Victim, link: Attacker) -> None:
        self.victim, self.mallory, self.carl = victim, link.identity, Identity.create()
        befriend(victim, link)
        victim.say(c.CreateGroup(MessageId(secrets.token_hex(16)), "his", (self.mallory.id, self.carl.id)))
        self.group = victim.wait_for(e.GroupChanged).group
        self.founding = message_records.frame_of(link.hear_kind(f.GroupRecords).records[0])
        victim.say(c.ChangeGroup(MessageId(secrets.token_hex(16)), self.group, remove=(self.mallory.id,)))
        victim.wait_for(e.GroupChanged, lambda one: self.mallory.id not in one.members)
        while (removal := message_records.frame_of(link.hear_kind(f.GroupRecords).records[-1])) == self.founding:
            pass
        self.removal = removal


@pytest.mark.parametrize("number", [1, 2, 3, 4000])
@pytest.mark.parametrize("seen", ["nothing", "the founding", "the removal", "what does not exist"])
def test_whoever_was_removed_takes_nothing_over_however_it_dates_its_record(
    victim: Victim, mallory: Identity, alive: Callable[[], None], number: int, seen: str
) -> None:
    with Attacker(victim.port, mallory) as link:
        link.greet()
        one = Removed(victim, link)
        before = told(victim, one.group)
        named = {"nothing": (), "the founding": (one.founding,), "the removal": (one.removal,),
                 "what does not exist": (record(mallory, one.group, "never said", 9),)}[seen]
        eve = Identity.create()
        forged = [
            change(mallory, one.group, number, named, "mine", (mallory.id, eve.id), (victim.wait_id(), one.carl.id)),
            change(mallory, one.group, number, named, remove=(mallory.id,)),
        ]
        forged.append(change(eve, one.group, number + 1, (forged[0],), "mine too", (mallory.id,), (victim.wait_id(),)))
        link.say(f.GroupRecords((encoded(one.founding), *map(encoded, forged))))
        link.say(f.HistorySummary(one.founding.conversation, ()))
        victim.say(c.SendText(MessageId(secrets.token_hex(16)), one.group, "among us"))
        heard = still(victim, link)
    stands = [event for event in victim.seen if isinstance(event, e.GroupChanged) and event.group == one.group][-1]
    assert (stands.name, stands.members) == ("his", (victim.wait_id(), one.carl.id))
    assert told(victim, one.group) == before, "what counts for nothing is shown nowhere"
    assert not [frame for frame in heard if isinstance(frame, f.Text) and frame.body == "among us"]
    assert not [event for event in victim.seen if isinstance(event, e.GroupReversed)]
    again = Shell(victim.profile, "again")
    try:
        (group,) = [shown for shown in again.wait_for(e.Snapshot).groups if shown.group == one.group]
        assert group.members == (victim.wait_id(), one.carl.id), "and so it is for whoever starts next"
    finally:
        again.host.close()


def test_whoever_came_in_later_removes_nobody_who_was_there_and_bob_is_told_so(
    victim: Victim, mallory: Identity, alive: Callable[[], None]
) -> None:
    """Mallory founds; Bob cannot remove her, and is told what he can do. Carl, behind him, cannot remove Bob."""
    carl = Identity.create()
    with Attacker(victim.port, mallory) as link:
        link.greet()
        founding = secrets.token_hex(16)
        group = message_records.group_of(mallory, MessageId(founding))
        body = message_records.change_body("hers", [victim.wait_id(), carl.id], ())
        found = record(mallory, group, body, 1, kind=MessageKind.FOUND, ident=founding)
        link.say(f.GroupRecords((encoded(found),)))
        victim.say(c.AnswerGroup(victim.wait_for(e.GroupAsked).group, True))
        victim.wait_for(e.GroupChanged)
        victim.say(c.ChangeGroup(MessageId(secrets.token_hex(16)), group, remove=(mallory.id,)))
        refused = victim.wait_for(e.GroupRefused)
        assert (refused.group, refused.code) == (group, "more-senior")
        assert "leave" in refused.message
        link.say(
            f.GroupRecords((encoded(found), encoded(change(carl, group, 5, (found,), remove=(victim.wait_id(),)))))
        )
        still(victim, link)
        victim.say(c.ChangeGroup(MessageId(secrets.token_hex(16)), group, remove=(carl.id,)))
        left = victim.wait_for(e.GroupChanged, lambda one: carl.id not in one.members)
        assert left.members == (mallory.id, victim.wait_id())


def test_a_reversal_is_told_and_what_no_longer_counts_is_taken_away(
    victim: Victim, mallory: Identity, alive: Callable[[], None], tmp_path: Path
) -> None:
    """Carl adds Dora; then it turns out that he had been removed by whoever had not seen that."""
    carl, dora = Identity.create(), Identity.create()
    with Attacker(victim.port, mallory) as link:
        link.greet()
        founding = secrets.token_hex(16)
        group = message_records.group_of(mallory, MessageId(founding))
        body = message_records.change_body("hers", [carl.id, victim.wait_id()], ())
        found = record(mallory, group, body, 1, kind=MessageKind.FOUND, ident=founding)
        link.say(f.GroupRecords((encoded(found),)))
        victim.say(c.AnswerGroup(victim.wait_for(e.GroupAsked).group, True))
        victim.wait_for(e.GroupChanged)
        adds = change(carl, group, 2, (found,), add=(dora.id,))
        link.say(f.GroupRecords((encoded(found), encoded(adds))))
        victim.wait_for(e.GroupChanged, lambda one: dora.id in one.members)
        assert len(told(victim, group)) == 2
        link.say(f.GroupRecords((encoded(change(mallory, group, 2, (found,), remove=(carl.id,))),)))
        reversed_ = victim.wait_for(e.GroupReversed)
        assert set(reversed_.out) == {carl.id, dora.id}
        assert "no longer counts" in reversed_.message
        assert [text for text in told(victim, group) if dora.id in text] == []
        taken = [event.message for event in victim.seen if isinstance(event, e.MessageUnsent)]
        assert taken == [adds.id.hex()], "an open window takes its line away"
        assert texts(victim) == []


@pytest.mark.parametrize("how", ["blocked", "no messages"])
def test_whoever_is_blocked_is_not_heard_through_others_and_they_get_what_was_said(
    victim: Victim, mallory: Identity, alive: Callable[[], None], how: str
) -> None:
    """A friend hands on what he says in a group of three: it is kept for her, and stands nowhere, also afterwards."""
    carl = Identity.create()
    with Attacker(victim.port, carl) as his:
        his.greet()
        befriend(victim, his)
    with Attacker(victim.port, mallory) as link:
        link.greet()
        victim.say(c.SendText(MessageId(secrets.token_hex(16)), mallory.id, "I know you"))
        link.say(f.Stored(link.hear_kind(f.Text).id))
        victim.say(c.CreateGroup(MessageId(secrets.token_hex(16)), "us", (mallory.id, carl.id)))
        group = victim.wait_for(e.GroupChanged).group
        hers = record(mallory, group, "hers", 2)
        link.say(hers)
        before = record(carl, group, "before", 3)
        link.say(before)
        victim.wait_for(e.MessageReceived, lambda one: one.text == "before")
        if how == "blocked":
            victim.say(c.BlockPeer(carl.id))
            victim.wait_for(e.PeerChanged, lambda one: one.id == carl.id and one.trust == "blocked")
        else:
            victim.say(c.ChangePeer(carl.id, "", PeerPolicy(messages=Permission.BLOCK)))
            victim.wait_for(e.PeerChanged, lambda one: one.id == carl.id)
        told_so_far = len(victim.seen)
        his_text = record(carl, group, "from whom I blocked", 4)
        sign = message_records.frame_of(message_records.compose(
            carl, group, MessageId(secrets.token_hex(16)), "👎", (4, 4, ()), NOW, MessageKind.REACTION, group=True,
            about=record_digest(hers),
        ).record)
        answer = message_records.frame_of(message_records.compose(
            mallory, group, MessageId(secrets.token_hex(16)), "an answer to him", (4, 4, ()), NOW, group=True,
            about=record_digest(his_text),
        ).record)
        for one in (his_text, sign, answer, record(mallory, group, "the last", 6)):
            link.say(one)
        victim.wait_for(e.MessageReceived, lambda one: one.text == "the last")
        later = victim.seen[told_so_far:]
        shown_live = [one for one in later if isinstance(one, e.MessageReceived)]
        assert [(one.text, one.quote) for one in shown_live] == [("an answer to him", None), ("the last", None)]
        assert not [one for one in later if isinstance(one, e.MessageReacted)]
        if how == "blocked":
            victim.say(c.BlockPeer(carl.id, False))
        link.say(f.HistorySummary(hers.conversation, ()))
        handed: set[bytes] = set()
        while not handed >= {his_text.id, sign.id}:
            handed.add(link.hear_kind(f.Text).id)  # whoever does not block him gets it from us
    victim.say(c.LoadHistory(5, group))
    page = victim.wait_for(e.HistoryLoaded, lambda one: one.request == 5)
    shown = [one.message for one in page.moments if one.message and one.message.kind == "text"]
    assert [one.text for one in shown] == ["hers", "before", "an answer to him", "the last"]
    assert [(one.reactions, one.quote) for one in shown] == [((), None)] * 4
    victim.say(c.LoadHistory(6, group, search="blocked"))
    assert victim.wait_for(e.HistoryLoaded, lambda one: one.request == 6).moments == ()


def test_a_member_that_changes_the_group_without_end_fills_its_share_and_holds_nobody_up(
    victim: Victim, mallory: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each record is a frame of its own. Bob has a share of his own, and is told when that is spent."""
    monkeypatch.setattr(groups, "SHARE", 60)
    for name, most in (("VOID", 20), ("VOID_ALL", 30)):
        monkeypatch.setattr(stored, name, most)
    with Attacker(victim.port, mallory) as link:
        link.greet()
        befriend(victim, link)
        ring = Ring(victim, mallory)
        link.say(f.GroupRecords((encoded(ring.founding),)))
        victim.wait_for(e.GroupChanged)
        newest = ring.founding
        for number in range(2, 300):
            newest = change(mallory, ring.id, number, (newest,), f"name {number}")
            link.say(f.GroupRecords((encoded(newest),)))
        still(victim, link)
        assert [one for one in victim.seen if isinstance(one, e.GroupChanged)][-1].name == "name 61"
        assert len(records_of(victim, ring.id)) == 1 + 60 + 20, "what is beyond it is not even kept"
        victim.say(c.ChangeGroup(MessageId(secrets.token_hex(16)), ring.id, "Bob's"))
        assert victim.wait_for(e.GroupChanged, lambda one: one.name == "Bob's").members[0] == mallory.id
        for number in range(100):
            victim.say(c.ChangeGroup(MessageId(secrets.token_hex(16)), ring.id, f"Bob's {number}"))
        refused = victim.wait_for(e.GroupRefused)
        assert (refused.code, "found another group" in refused.message) == ("group-spent", True)
        link.say(record(mallory, ring.id, "writing goes on", 400))
        victim.wait_for(e.MessageReceived, lambda one: one.text == "writing goes on")


def test_somebody_new_gets_into_a_group_of_thousands_of_changes(victim: Victim, mallory: Identity) -> None:
    """As one member that follows PROTOCOL.md tells it: in many frames, with whoever is added at the end."""
    with Attacker(victim.port, mallory) as link:
        link.greet()
        befriend(victim, link)
        founding = secrets.token_hex(16)
        group = message_records.group_of(mallory, MessageId(founding))
        body = message_records.change_body("old", [Identity.create().id], ())
        records = [record(mallory, group, body, 1, kind=MessageKind.FOUND, ident=founding)]
        for number in range(2, 4000):
            records.append(change(mallory, group, number, (records[-1],), f"name {number}"))
        records.append(change(mallory, group, 4000, (records[-1],), add=(victim.wait_id(),)))
        sent = [encoded(one) for one in records]
        assert sum(map(len, sent)) > 2 * limits.GROUP_COLLECTED
        for at in range(0, len(sent), limits.CIRCLE):
            link.say(f.GroupRecords(tuple(sent[at : at + limits.CIRCLE])))
        joined = victim.wait_for(e.GroupChanged)
        assert (joined.group, joined.name, joined.mine) == (group, "name 3999", True)
        still(victim, link)
        assert len(records_of(victim, group)) == 4000


@pytest.mark.parametrize("kind", [MessageKind.FOUND, MessageKind.CHANGE])
def test_a_body_without_end_holds_nobody_up(victim: Victim, mallory: Identity, kind: MessageKind) -> None:
    """Its reading would end the store's work on it, and with that everybody's turn after it."""
    with Attacker(victim.port, mallory) as link:
        link.greet()
        founding = secrets.token_hex(16)
        group = message_records.group_of(mallory, MessageId(founding))
        deep = '{"x":' + "[" * 2500 + "]" * 2500 + "}"
        records = [record(mallory, group, deep, 1, kind=MessageKind.FOUND, ident=founding)]
        if kind is MessageKind.CHANGE:
            records = [
                record(mallory, group, message_records.change_body("x", (), ()), 1, kind=MessageKind.FOUND,
                       ident=founding),
                record(mallory, group, deep, 2, kind=MessageKind.CHANGE),
            ]
        link.say(f.GroupRecords(tuple(map(encoded, records))))
        still(victim, link)
        other = Identity.create()
        with Attacker(victim.port, other) as honest:
            honest.greet()
            ring = Ring(victim, other)
            honest.say(f.GroupRecords((encoded(ring.founding),)))
            assert victim.wait_for(e.GroupAsked).group == ring.id


def test_whoever_left_is_added_again_by_a_stranger_only_after_a_question(victim: Victim, mallory: Identity) -> None:
    with Attacker(victim.port, mallory) as link:
        link.greet()
        ring = Ring(victim, mallory)
        ring.invite(link)
        leaves = c.ChangeGroup(MessageId(secrets.token_hex(16)), ring.id, remove=(victim.wait_id(),))
        victim.say(leaves)
        victim.wait_for(e.GroupChanged, lambda one: not one.mine)
        left = message_records.frame_of(records_of(victim, ring.id)[-1])
        eve = Identity.create()
        adds = change(mallory, ring.id, 5, (left,), add=(eve.id,))
        again = change(eve, ring.id, 7, (adds,), add=(victim.wait_id(),))
        with Attacker(victim.port, eve) as strange:
            strange.greet()
            victim.wait_for(e.PeerAppeared, lambda one: one.id == eve.id)
            strange.say(f.GroupRecords((encoded(adds), encoded(again))))
            still(victim, strange)
        assert not [one for one in victim.seen if isinstance(one, e.GroupChanged)][-1].mine
        asked = [one for one in victim.seen if isinstance(one, e.GroupAsked)][-1]
        assert (asked.group, asked.peer) == (ring.id, eve.id)
        victim.say(c.AnswerGroup(ring.id, True))
        assert victim.wait_for(e.GroupChanged).mine


def test_whoever_is_no_member_rests_as_long_as_one_who_is(victim: Victim, mallory: Identity) -> None:
    with Attacker(victim.port, mallory) as link:
        link.greet()
        befriend(victim, link)
        ring = Ring(victim, mallory)
        records = [ring.founding]
        for number in range(2, 600):
            records.append(change(mallory, ring.id, number, (records[-1],), f"name {number}"))
        for at in range(0, len(records), limits.CIRCLE):
            link.say(f.GroupRecords(tuple(map(encoded, records[at : at + limits.CIRCLE]))))
        still(victim, link)
        engine = victim.host._engine
        assert engine is not None
        eve = Identity.create()
        with Attacker(victim.port, eve) as strange:
            strange.greet()
            before = time.monotonic()
            for number in range(12):
                strange.say(f.GroupRecords((encoded(change(eve, ring.id, 900 + number, (ring.founding,), "x")),)))
                strange.say(f.Ping(number))
                strange.hear_kind(f.Pong)
            still(victim, strange)
            rested = engine.node._groups._queue._rests[""]
        assert rested - before > 599 * EACH


def records_of(victim: Victim, group: PeerId) -> list[bytes]:
    """The records about a group that Bob keeps."""
    with contextlib.closing(sqlite3.connect(f"file:{victim.profile}/lanshare.sqlite?mode=ro", uri=True)) as link:
        return stored.circle(link, group)
