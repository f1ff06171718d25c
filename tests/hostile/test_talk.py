"""What a hostile device says in conversations: forged, altered, replayed, out of order, from the future, endless."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable

import msgspec
import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId, MessageKind
from lanshare.domain.peer import PeerId
from lanshare.exchange import message_records
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from lanshare.wire.records import canonical
from tests.harness.attacker import Attacker, Gone
from tests.hostile.conftest import Victim
from tests.hostile.talking import Ring, befriend, encoded, record, still, texts


def test_a_stranger_takes_nobody_into_a_group_and_asks_but_once(
    victim: Victim, mallory: Identity, alive: Callable[[], None]
) -> None:
    ring = Ring(victim, mallory)
    with Attacker(victim.port, mallory) as link:
        link.greet()
        for _ in range(5):
            link.say(f.GroupRecords((encoded(ring.founding),)))
        link.say(record(mallory, ring.id, "unasked", 2))
        still(victim, link)
    assert len([one for one in victim.seen if isinstance(one, e.GroupAsked)]) == 1
    assert not [one for one in victim.seen if isinstance(one, e.GroupChanged)]
    assert texts(victim) == []


def test_forged_altered_and_foreign_records_are_refused_and_good_ones_kept_once(
    victim: Victim, mallory: Identity, alive: Callable[[], None]
) -> None:
    ring = Ring(victim, mallory)
    carl, eve = ring.carl, Identity.create()
    good = record(carl, ring.id, "really Carl's", 2)
    with Attacker(victim.port, mallory) as link:
        link.greet()
        ring.invite(link)
        link.say(good)  # relayed by a member
        link.say(good)  # replayed
        assert victim.wait_for(e.MessageReceived, lambda one: one.kind == "text").text == "really Carl's"
        link.say(record(eve, ring.id, "no member", 3))
        link.say(record(carl, PeerId("a" * 52), "another group", 3))
        link.say(record(mallory, ring.id, "before it was founded", 1, ident="00" * 16))
        still(victim, link)
    assert texts(victim) == ["really Carl's"]
    forgeries = [
        msgspec.structs.replace(good, body="altered"), msgspec.structs.replace(good, lamport=9),
        msgspec.structs.replace(good, conversation=bytes(32)), msgspec.structs.replace(good, id=bytes(16)),
        msgspec.structs.replace(good, author=mallory.public_key),
        msgspec.structs.replace(good, author=mallory.public_key, signature=mallory.sign(canonical(good))),
    ]
    for forged in forgeries:
        with Attacker(victim.port, mallory) as link:
            link.greet()
            link.say(forged)
            assert link.is_cut(), forged
    victim.say(c.LoadHistory(2, None))
    victim.wait_for(e.HistoryLoaded)
    assert texts(victim) == ["really Carl's"]


def test_a_group_cannot_be_founded_in_anothers_name_nor_changed_by_whoever_is_not_in_it(
    victim: Victim, mallory: Identity, alive: Callable[[], None]
) -> None:
    ring = Ring(victim, mallory)
    eve = Identity.create()
    with Attacker(victim.port, mallory) as link:
        link.greet()
        ring.invite(link)
        change = record(eve, ring.id, message_records.change_body("hers", [eve.id], ()), 5, kind=MessageKind.CHANGE)
        link.say(f.GroupRecords((encoded(ring.founding), encoded(change))))
        still(victim, link)
        assert not [one for one in victim.seen if isinstance(one, e.GroupChanged) and one.name == "hers"]
        stolen = record(
            eve, ring.id, message_records.change_body("x", [victim.wait_id()], ()), 1, kind=MessageKind.FOUND
        )
        link.say(f.GroupRecords((encoded(stolen),)))
        assert link.is_cut()
    with Attacker(victim.port, mallory) as link:
        link.greet()
        link.say(record(mallory, ring.id, "x" * 20_000, 6, kind=MessageKind.CHANGE))
        assert link.is_cut(), "one that could not be handed on is not taken"


def test_whoever_was_removed_says_nothing_more(victim: Victim, mallory: Identity, alive: Callable[[], None]) -> None:
    with Attacker(victim.port, mallory) as link:
        link.greet()
        befriend(victim, link)
        victim.say(c.CreateGroup(MessageId(secrets.token_hex(16)), "his", (mallory.id,)))
        group = victim.wait_for(e.GroupChanged).group
        (founding,) = link.hear_kind(f.GroupRecords).records
        victim.say(c.ChangeGroup(MessageId(secrets.token_hex(16)), group, remove=(mallory.id,)))
        victim.wait_for(e.GroupChanged, lambda one: mallory.id not in one.members)
        link.say(record(mallory, group, "still here", 9))
        back = record(mallory, group, message_records.change_body("", [mallory.id], ()), 9, kind=MessageKind.CHANGE)
        link.say(f.GroupRecords((founding, encoded(back))))
        link.say(f.HistorySummary(bytes(32), ()))
        heard = still(victim, link)
    assert texts(victim) == []
    members = [one.members for one in victim.seen if isinstance(one, e.GroupChanged)]
    assert mallory.id not in members[-1]
    assert not [one for one in heard if isinstance(one, f.Text)], "and is handed nothing"


def test_the_same_message_twice_out_of_order_and_from_the_future_is_shown_once_in_its_place(
    victim: Victim, mallory: Identity, alive: Callable[[], None]
) -> None:
    bob = victim.wait_id()
    far = datetime.datetime(2500, 1, 1, tzinfo=datetime.UTC)
    made = [
        message_records.compose(
            mallory, bob, MessageId(f"{n:032x}"), f"text {n}", (n - 1, n - 1, ()), far
        ) for n in (1, 2, 3)
    ]
    with Attacker(victim.port, mallory) as link:
        link.greet()
        befriend(victim, link)
        for one in (made[0], made[2], made[1], made[2], made[0]):
            link.say(message_records.frame_of(one.record))
        stored = [link.hear_kind(f.Stored).id for _ in range(5)]
        assert len(set(stored)) == 3, "what is said again is confirmed again"
        for _ in range(3):
            victim.wait_for(e.MessageReceived)
    assert texts(victim) == ["text 1", "text 3", "text 2"]
    victim.say(c.LoadHistory(9, PeerId(mallory.id)))
    page = victim.wait_for(e.HistoryLoaded, lambda one: one.request == 9)
    shown = [one.message.text for one in page.moments if one.message and one.message.text != "I know you"]
    assert shown == ["text 1", "text 2", "text 3"]
    late = {one.message.text: one.message.late for one in page.moments if one.message}
    assert late["text 2"]
    assert not late["text 3"]


def test_lone_surrogates_and_texts_beyond_the_bound_poison_nothing(
    victim: Victim, mallory: Identity, alive: Callable[[], None]
) -> None:
    frame = record(mallory, victim.wait_id(), "x", 1, group=False)
    fields = [getattr(frame, name) for name in frame.__struct_fields__]
    at = frame.__struct_fields__.index("body")
    from tests.harness.attacker import Raw

    for body in (Raw(b"\xed\xa0\x80 lone"), Raw(b"\xff\xfe"), "x" * (1024 * 1024 + 1)):
        with Attacker(victim.port, mallory) as link:
            link.greet()
            try:
                link.say_raw(f.Text, *fields[:at], body, *fields[at + 1 :])
            except Gone:
                continue
            assert link.is_cut()
    with Attacker(victim.port, mallory) as link:
        link.greet()
        link.say_body(16, b"", length=1024**3)
        assert link.is_cut(), "a text of 1 GiB is refused by its length"
    victim.say(c.LoadHistory(1, None))
    assert victim.wait_for(e.HistoryLoaded).moments == ()


@pytest.mark.parametrize("count", [3000])
def test_a_flood_of_messages_is_kept_in_pages_and_the_engine_answers(
    victim: Victim, mallory: Identity, alive: Callable[[], None], count: int
) -> None:
    bob = victim.wait_id()
    with Attacker(victim.port, mallory) as link:
        link.greet()
        befriend(victim, link)
        for number in range(1, count + 1):
            link.say(record(mallory, bob, f"flood {number}", number + 1, group=False))
            if number % 100 == 0:
                link.drain()
        victim.wait_for(e.MessageReceived, lambda one: one.text == f"flood {count}")
    victim.say(c.LoadHistory(7, PeerId(mallory.id)))
    page = victim.wait_for(e.HistoryLoaded, lambda one: one.request == 7)
    assert len(page.moments) == 60
    assert page.more
