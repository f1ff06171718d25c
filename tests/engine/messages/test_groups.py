"""The table of groups: who may found and change what, who is told."""

from __future__ import annotations

import datetime
import sqlite3
from typing import Any

import pytest

from lanshare.domain import commands as c
from lanshare.domain.control_messages import GroupRecords, HistorySummary
from lanshare.domain.errors import Code
from lanshare.domain.events import GroupAsked, GroupChanged, GroupRefused, MessageReceived
from lanshare.domain.groups import Group
from lanshare.domain.message import Delivery, MessageId, MessageKind
from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.engine.effects import Compose, DbRead, DbWrite, Effect, Publish, SendControl
from lanshare.engine.inbox import CircleLoaded, GroupMerged
from lanshare.engine.messages.groups import Groups
from lanshare.exchange import message_records
from lanshare.store import groups as stored
from lanshare.trust.identity import Identity
from tests.harness.made import ME, PEER

GROUP, OTHER = PeerId("g" * 52), PeerId("o" * 52)
ID = MessageId("ab" * 16)


def table(trust: TrustLevel = TrustLevel.KNOWN, members: tuple[PeerId, ...] = (ME, PEER)) -> Groups:
    """One with a group."""
    groups = Groups(ME, lambda peer: "Bob", lambda peer: trust, lambda peer: peer == PEER, lambda founding: OTHER)
    groups.rows[GROUP] = Group(GROUP, "us", members, dict.fromkeys(members, (1, "", "")))
    return groups


def refused(effects: list[Effect]) -> list[Any]:
    """The codes of what was refused."""
    return [one.event.code for one in effects if isinstance(one, Publish) and isinstance(one.event, GroupRefused)]


@pytest.mark.parametrize(("name", "members", "trust", "code"), [
    (" ", (PEER,), TrustLevel.KNOWN, Code.GROUP_EMPTY),
    ("x", (), TrustLevel.KNOWN, Code.GROUP_EMPTY),
    ("x", (ME,), TrustLevel.KNOWN, Code.GROUP_EMPTY),
    ("x", tuple(PeerId(f"{n:052}") for n in range(256)), TrustLevel.KNOWN, Code.GROUP_EMPTY),
    ("x", (PEER,), TrustLevel.BLOCKED, Code.BLOCKED_MEMBER),
])
def test_a_group_that_cannot_be_is_refused_with_a_reason(
    name: str, members: tuple[PeerId, ...], trust: TrustLevel, code: Code
) -> None:
    assert refused(table(trust).create(c.CreateGroup(ID, name, members))) == [code]


def test_founding_and_changing_are_signed_records() -> None:
    (compose,) = table().create(c.CreateGroup(ID, "  new\tname ", (PEER, ME, PEER)))
    assert isinstance(compose, Compose)
    assert (compose.peer, compose.kind, compose.group, compose.delivery) == (
        OTHER, MessageKind.FOUND, True, Delivery.DELIVERED
    )
    assert PEER in compose.text
    assert "new name" in compose.text
    (compose,) = table().change(c.ChangeGroup(ID, GROUP, remove=(ME,)))
    assert isinstance(compose, Compose)
    assert compose.kind is MessageKind.CHANGE
    assert table().change(c.ChangeGroup(ID, GROUP, name="us", add=(PEER,))) == [], "it is so already"
    senior = c.ChangeGroup(ID, GROUP, name="new", remove=(PEER,))
    assert isinstance(table().change(senior)[0], Compose)
    assert refused(table(members=(PEER, ME)).change(senior)) == [Code.MORE_SENIOR], "nor is it renamed"
    assert refused(table(members=(PEER,)).change(c.ChangeGroup(ID, GROUP, name="x"))) == [Code.NOT_A_MEMBER]


@pytest.mark.parametrize(("speaker", "adder", "asks"), [
    (TrustLevel.KNOWN, TrustLevel.KNOWN, False),
    (TrustLevel.KNOWN, TrustLevel.STRANGER, True),
    (TrustLevel.STRANGER, TrustLevel.KNOWN, True),
    (TrustLevel.STRANGER, TrustLevel.STRANGER, True),
])
def test_by_a_strangers_word_or_record_the_person_is_asked_and_nothing_is_kept(
    db: sqlite3.Connection, speaker: TrustLevel, adder: TrustLevel, asks: bool
) -> None:
    """Anna founds it with Bob, who has us in it; Bob or Anna tells us."""
    anna, bob = Identity.create(), Identity.create()
    founding = MessageId("cd" * 16)
    group = message_records.group_of(anna, founding)
    now = datetime.datetime.now(datetime.UTC)
    founds = message_records.compose(
        anna, group, founding, message_records.change_body("us", (bob.id,), ()), (0, 0, ()), now, MessageKind.FOUND,
        group=True,
    )
    adds = message_records.compose(
        bob, group, ID, message_records.change_body("", (ME,), ()), (1, 0, (founds.digest,)), now, MessageKind.CHANGE,
        group=True,
    )
    trust = {anna.id: speaker, bob.id: adder}
    groups = Groups(ME, lambda peer: "Anna", trust.__getitem__, lambda peer: peer == anna.id, lambda founding: OTHER)
    (write,) = groups.heard_circle(anna.id, GroupRecords((founds, adds)), 0.0)
    assert isinstance(write, DbWrite)
    note = write.work(db, *write.args)
    assert isinstance(note, GroupMerged)
    effects = groups.merged(note, 1.0)
    told = [type(one.event) for one in effects if isinstance(one, Publish)]
    assert told == ([GroupAsked] if asks else [GroupChanged, MessageReceived, MessageReceived])
    assert len(stored.circle(db, group)) == (0 if asks else 2)
    if not asks:
        return
    for again in groups.heard_circle(anna.id, GroupRecords((founds, adds)), 2.0):
        assert isinstance(again, DbWrite)
        assert groups.merged(again.work(db, *again.args), 3.0) == [], "it is asked once"
    _, write = groups.answer(c.AnswerGroup(group, True))
    assert isinstance(write, DbWrite)
    write.work(db, *write.args)
    assert len(stored.circle(db, group)) == 2


def test_what_is_held_is_told_to_members_that_are_there_and_not_to_those_that_left() -> None:
    groups = table()
    assert groups.present(GROUP) == (PEER,)
    assert isinstance(groups.peer_up(PEER)[0], DbRead)
    assert groups.peer_up(OTHER) == []
    note = CircleLoaded(GROUP, (PEER, OTHER), (), ())
    assert groups.circle_loaded(note) == [SendControl(PEER, HistorySummary(GROUP, ()))]
    assert table(members=(PEER,)).heard_held(PEER, HistorySummary(GROUP, ()), 0.0) == [], "we left"


def test_gossip_waits_a_moment_so_that_much_is_told_once() -> None:
    groups = table()
    assert groups.gossip_soon(GROUP, 10.0) == []
    groups.gossip_soon(GROUP, 10.2)
    at = groups.next_time()
    assert at is not None
    assert 10.0 < at < 11.0
    assert groups.tick(at - 0.01) == []
    assert isinstance(groups.tick(at)[0], DbRead)
    assert groups.next_time() is None
