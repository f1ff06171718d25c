"""Groups on disk: what may be kept of them, what is missing where, who has what."""

from __future__ import annotations

import datetime
import itertools
import json
import random
import secrets
import sqlite3
from pathlib import Path

import pytest

from lanshare.domain import groups as rules
from lanshare.domain.control_messages import SignedMessage
from lanshare.domain.message import Delivery, MessageId, MessageKind
from lanshare.domain.peer import PeerId
from lanshare.exchange import message_records
from lanshare.store import database, groups, history, outbox
from lanshare.trust.identity import Identity
from tests.harness.made import message
from tests.harness.steps import counted

NOW = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)
ANNA, BOB, CARL, EVE = (Identity.create() for _ in range(4))
FOUNDING = MessageId("ab" * 16)
GROUP = message_records.group_of(ANNA, FOUNDING)


def said(
    who: Identity, number: int, text: str, kind: MessageKind = MessageKind.TEXT, ident: str = "",
    parents: tuple[bytes, ...] = (),
) -> SignedMessage:
    """A record of somebody's in the group, as one who holds it has it."""
    made = message_records.compose(
        who, GROUP, MessageId(ident or f"{number:032x}"), text, (number - 1, number - 1, parents), NOW, kind,
        delivery=Delivery.RECEIVED, group=True,
    )
    return message_records.read(message_records.frame_of(made.record), BOB.id, ANNA.id)


def founded(db: sqlite3.Connection, *members: Identity) -> None:
    """The group of Anna and these, as Bob has it."""
    body = message_records.change_body("us", [one.id for one in members], ())
    record = said(ANNA, 1, body, MessageKind.FOUND, FOUNDING)
    settled = groups.merge(db, [record], ANNA.id, BOB.id, message_records.change_of)
    assert settled is not None
    assert len(settled.shown) == 1


def test_a_group_that_is_not_ours_or_not_its_speakers_is_not_kept(db: sqlite3.Connection) -> None:
    for members, speaker in (((CARL,), ANNA), ((BOB, CARL), EVE)):
        body = message_records.change_body("us", [one.id for one in members], ())
        record = said(ANNA, 1, body, MessageKind.FOUND, FOUNDING)
        assert groups.merge(db, [record], speaker.id, BOB.id, message_records.change_of) is None
    assert groups.load(db) == []
    assert db.execute("SELECT count(*) FROM messages").fetchone() == (0,)


def test_texts_come_from_members_alone_and_only_of_members_and_since_we_are_in_it(db: sqlite3.Connection) -> None:
    founded(db, BOB, CARL)
    assert groups.accept(db, said(CARL, 5, "hi"), ANNA.id, BOB.id)[0], "handed on by another member"
    assert groups.accept(db, said(CARL, 5, "hi"), CARL.id, BOB.id) == (True, None), "once"
    assert groups.accept(db, said(CARL, 6, "hi"), EVE.id, BOB.id) == (False, None)
    assert groups.accept(db, said(EVE, 6, "hi"), ANNA.id, BOB.id) == (False, None)
    assert groups.accept(db, said(ANNA, 1, "before the beginning", ident="00" * 16), ANNA.id, BOB.id) == (False, None)


def test_what_a_member_lacks_is_found_by_its_numbers_and_deleted_ones_are_not_wanted_back(
    db: sqlite3.Connection,
) -> None:
    founded(db, BOB, CARL)
    for number in range(2, 9):
        groups.accept(db, said(ANNA, number, f"text {number}"), ANNA.id, BOB.id)
    theirs = ((ANNA.id, ((1, 3), (6, 6))),)
    found = [message_records.frame_of(one).body for one in groups.missing(db, GROUP, CARL.id, theirs, 100)]
    assert found == ["text 4", "text 5", "text 7", "text 8"]
    assert len(groups.missing(db, GROUP, CARL.id, theirs, 2)) == 2
    assert groups.missing(db, GROUP, EVE.id, (), 100) == []
    assert outbox.remove(db, MessageId(f"{4:032x}"), GROUP)
    assert dict(groups.held(db, GROUP, 9))[ANNA.id] == ((1, 8),), "it is held to be had, so that nobody sends it again"


def test_a_receipt_counts_once_for_each_member(db: sqlite3.Connection) -> None:
    one, other = PeerId("x" * 52), PeerId("y" * 52)
    assert groups.receipt(db, FOUNDING, one) == 1
    assert groups.receipt(db, FOUNDING, one) is None
    assert groups.receipt(db, FOUNDING, other) == 2
    assert groups.receipt(db, FOUNDING, other, read=True) == 1
    assert groups.receipt(db, FOUNDING, other, read=True) is None


def test_a_change_that_came_before_what_makes_it_count_counts_in_the_end(db: sqlite3.Connection) -> None:
    founded(db, BOB)
    adds = said(ANNA, 6, message_records.change_body("", [CARL.id], ()), MessageKind.CHANGE)
    early = said(CARL, 7, message_records.change_body("his", (), ()), MessageKind.CHANGE, parents=(adds.digest,))
    settled = groups.merge(db, [early], ANNA.id, BOB.id, message_records.change_of)
    assert settled is not None
    assert (settled.kept, settled.shown) == ((), ()), "a stranger's"
    settled = groups.merge(db, [early, adds], ANNA.id, BOB.id, message_records.change_of)
    assert settled is not None
    assert (settled.group.name, len(settled.group.members), len(settled.shown)) == ("his", 3, 2)
    assert groups.find(db, GROUP) == groups.load(db)[0]
    assert [message_records.frame_of(one).kind for one in groups.circle(db, GROUP)] == ["found", "change", "change"]


def test_an_author_with_holes_keeps_nobody_elses_texts_from_coming(db: sqlite3.Connection) -> None:
    founded(db, BOB, CARL)
    for number in range(2, 700, 2):
        groups.accept(db, said(ANNA, number, f"hole {number}"), ANNA.id, BOB.id)
    assert groups.accept(db, said(CARL, 900, "honest"), CARL.id, BOB.id)[0]
    told = dict(groups.held(db, GROUP, 100))
    assert 50 < sum(map(len, told.values())) <= 100
    assert told[CARL.id] == ((900, 900),), "who leaves no holes is told of as a whole"
    theirs = ((ANNA.id, told[ANNA.id]),)
    found = [message_records.frame_of(one).body for one in groups.missing(db, GROUP, CARL.id, theirs, 40)]
    assert "honest" in found


def test_what_is_handed_over_at_once_is_bounded_in_bytes(db: sqlite3.Connection) -> None:
    founded(db, BOB, CARL)
    for number in range(2, 10):
        groups.accept(db, said(ANNA, number, "x" * 900_000), ANNA.id, BOB.id)
    found = groups.missing(db, GROUP, CARL.id, ((ANNA.id, ((1, 1),)),), 200)
    assert 1 <= len(found) <= 2


def test_what_counts_is_shown_and_what_does_no_more_is_taken_away(db: sqlite3.Connection) -> None:
    founded(db, CARL, BOB)
    adds = said(CARL, 2, message_records.change_body("", [EVE.id], ()), MessageKind.CHANGE)
    settled = groups.merge(db, [adds], CARL.id, BOB.id, message_records.change_of)
    assert settled is not None
    assert EVE.id in settled.group.members
    before = history.page(db, GROUP, None, 9)[0]
    removes = said(ANNA, 3, message_records.change_body("", (), [CARL.id]), MessageKind.CHANGE)
    settled = groups.merge(db, [removes], ANNA.id, BOB.id, message_records.change_of)
    assert settled is not None
    assert settled.gone == (adds.message.id,), "Anna had not seen it"
    assert [message.id for message, _ in settled.shown] == [removes.message.id]
    assert settled.group.members == (ANNA.id, BOB.id)
    after = history.page(db, GROUP, None, 9)[0]
    assert [one.message.id for one in before if one.message] == [FOUNDING, adds.message.id]
    assert [one.message.id for one in after if one.message] == [FOUNDING, removes.message.id]
    assert len(groups.circle(db, GROUP)) == 3, "it is handed on all the same"


def test_of_what_counts_for_nothing_so_much_is_kept_of_one_author(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "VOID", 5)
    founded(db, CARL, BOB)
    removes = said(ANNA, 3, message_records.change_body("", (), [CARL.id]), MessageKind.CHANGE)
    groups.merge(db, [removes], ANNA.id, BOB.id, message_records.change_of)
    for number in range(10, 30):
        forged = said(CARL, number, message_records.change_body(f"his {number}", (), ()), MessageKind.CHANGE)
        groups.merge(db, [forged], CARL.id, BOB.id, message_records.change_of)
    assert len(groups.circle(db, GROUP)) == 2 + 5


def test_of_what_counts_for_nothing_so_much_is_kept_of_all_by_weight(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "VOID_ALL", 20)
    founded(db, CARL, EVE, BOB)
    removes = said(ANNA, 3, message_records.change_body("", (), [CARL.id, EVE.id]), MessageKind.CHANGE)
    groups.merge(db, [removes], ANNA.id, BOB.id, message_records.change_of)
    fat = message_records.change_body("x", [PeerId(f"{letter}" * 52) for letter in "abcdefghijklmnopqrst"], ())
    assert message_records.change_of(said(CARL, 9, fat, MessageKind.CHANGE).record).weight == 1 + len(fat) // 512 == 3
    for number in range(10, 40):
        forged = said((CARL, EVE)[number % 2], number, fat, MessageKind.CHANGE)
        groups.merge(db, [forged], CARL.id, BOB.id, message_records.change_of)
    assert len(groups.circle(db, GROUP)) == 2 + 20 // 3


def test_what_carries_useless_records_uses_up_a_share_and_what_is_kept_stays_bounded(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each pair is one that counts for nothing and beyond its room, and one that has seen it."""
    monkeypatch.setattr(rules, "SHARE", 10)
    monkeypatch.setattr(groups, "VOID", 5)
    monkeypatch.setattr(groups, "WHOLE", 7)
    found = said(ANNA, 1, message_records.change_body("us", [BOB.id], ()), MessageKind.FOUND, FOUNDING)
    adds = said(
        ANNA, 2, message_records.change_body("", [CARL.id], ()), MessageKind.CHANGE, parents=(found.digest,)
    )
    groups.merge(db, [found, adds], ANNA.id, BOB.id, message_records.change_of)
    kept = []
    for number in range(10, 400, 2):
        useless = said(
            CARL, number, message_records.change_body("", (), [ANNA.id]), MessageKind.CHANGE, parents=(adds.digest,)
        )
        saw = said(
            CARL, number + 1, message_records.change_body(f"n{number}", (), ()), MessageKind.CHANGE,
            parents=(useless.digest,),
        )
        groups.merge(db, [useless, saw], CARL.id, BOB.id, message_records.change_of)
        kept.append(len(groups.circle(db, GROUP)))
    assert kept[40] == kept[-1] <= 2 * (2 + 10 + 5 + 7), "it ends"


def test_a_text_that_is_not_kept_is_not_confirmed(db: sqlite3.Connection) -> None:
    founded(db, BOB, CARL)
    assert groups.accept(db, said(ANNA, 2**28 + 50, "far ahead"), ANNA.id, BOB.id) == (False, None)
    assert groups.accept(db, said(ANNA, 2, "here"), ANNA.id, BOB.id)[0]


def test_whoever_begins_with_a_group_takes_its_clock_from_those_who_are_in_it(db: sqlite3.Connection) -> None:
    found = said(ANNA, 1, message_records.change_body("us", [CARL.id], ()), MessageKind.FOUND, FOUNDING)
    adds = said(
        ANNA, 2**29 + 5, message_records.change_body("", [BOB.id], ()), MessageKind.CHANGE, parents=(found.digest,)
    )
    settled = groups.merge(db, [found, adds], ANNA.id, BOB.id, message_records.change_of)
    assert settled is not None
    assert BOB.id in settled.group.members
    assert groups.accept(db, said(CARL, 2**29 + 6, "hello"), CARL.id, BOB.id)[0]


def test_authors_of_whom_nothing_can_be_handed_over_keep_no_others_from_it(db: sqlite3.Connection) -> None:
    """Each of many has signed one id under two numbers: what Carl has of them is never what Bob has."""
    many = [Identity.create() for _ in range(230)]
    founded(db, BOB, CARL, *many)
    for one in many:
        assert groups.accept(db, said(one, 5, "variant", ident=secrets.token_hex(16)), one.id, BOB.id)[0]
    groups.accept(db, said(ANNA, 900, "honest"), ANNA.id, BOB.id)
    theirs = [(ANNA.id, ((1, 1),)), *((one.id, ((7, 7),)) for one in many)]
    tries = 0
    while True:
        found = groups.missing(db, GROUP, CARL.id, theirs, 200)
        assert len(found) <= 200
        if "honest" in [message_records.frame_of(one).body for one in found]:
            break
        tries += 1
        assert tries < 60, "200 of 231 each time"


def test_holes_in_which_there_is_nothing_cost_no_more_than_so_many_looks(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of many authors has said every second number and deleted it, and the member tells of nothing."""
    monkeypatch.setattr(groups, "_LOOKS", 100)
    many = [Identity.create() for _ in range(20)]
    founded(db, BOB, CARL, *many)
    holes = json.dumps([[number, number] for number in range(2, 2000, 2)])
    for one in many:
        db.execute("INSERT OR REPLACE INTO held VALUES (?, ?, ?)", (GROUP, one.id, holes))
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    assert groups.missing(db, GROUP, CARL.id, ((ANNA.id, ((1, 1),)),), 200) == []
    db.set_trace_callback(None)
    assert len([one for one in asked if "sequence BETWEEN" in one]) == 100


def test_ranges_less_ranges_are_what_sets_would_say() -> None:
    chance = random.Random(3)

    def some() -> tuple[tuple[int, int], ...]:
        made = []
        at = 0
        for _ in range(chance.randrange(7)):
            first = at + chance.randint(1, 4)
            at = first + chance.randint(0, 4)
            made.append((first, at))
            at += 1
        return tuple(made)

    for _ in range(3000):
        ours, theirs = some(), some()
        numbers = [set(itertools.chain.from_iterable(range(a, b + 1) for a, b in one)) for one in (ours, theirs)]
        left = [number for first, last in groups._without(ours, theirs) for number in range(first, last + 1)]
        assert left == sorted(numbers[0] - numbers[1])


def test_what_is_known_already_is_looked_at_no_more(db: sqlite3.Connection) -> None:
    founded(db, CARL, BOB)
    renames = [
        said(ANNA, number, message_records.change_body(f"name {number}", (), ()), MessageKind.CHANGE)
        for number in range(2, 9)
    ]
    first = groups.merge(db, renames, ANNA.id, BOB.id, message_records.change_of)
    assert first is not None
    assert (len(first.kept), first.weight) == (7, 8 + 7 * 10)
    for speaker in (ANNA, CARL):
        again = groups.merge(db, renames, speaker.id, BOB.id, message_records.change_of)
        assert again is not None
        assert (again.group, again.kept, again.weight) == (first.group, (), 0)
    assert groups.merge(db, renames, EVE.id, BOB.id, message_records.change_of) is None, "it is none of hers"
    other = said(ANNA, 2, message_records.change_body("twice", (), ()), MessageKind.CHANGE)
    again = groups.merge(db, [other], ANNA.id, BOB.id, message_records.change_of)
    assert again is not None
    assert again.group == first.group, "the one that came first is kept"


def test_one_more_record_costs_as_much_as_the_group_has_and_not_what_was_said_elsewhere(
    db: sqlite3.Connection,
) -> None:
    founded(db, CARL, BOB)
    made = 1

    def work(count: int) -> int:
        """For one record behind so many."""
        nonlocal made
        some = [
            said(ANNA, number, message_records.change_body(f"name {number}", (), ()), MessageKind.CHANGE)
            for number in range(made + 1, count + 2)
        ]
        groups.merge(db, some[:-1], ANNA.id, BOB.id, message_records.change_of)
        made = count + 1
        with counted(db) as steps:
            settled = groups.merge(db, some[-1:], ANNA.id, BOB.id, message_records.change_of)
        assert settled is not None
        assert len(settled.shown) == 1
        return steps.count

    few = work(100)
    for number in range(1, 2000):
        outbox.add(db, message(number, f"with somebody else {number}"), number, b"", b"")
    some = work(150)
    assert some < 3 * few
    assert work(1200) < 12 * some, "eight times as many"


def test_records_about_the_group_that_count_are_handed_over_to_whoever_lacks_them(db: sqlite3.Connection) -> None:
    """Somebody was away when they were said, and meets a member that was not."""
    founded(db, CARL, BOB)
    renames = said(ANNA, 2, message_records.change_body("new", (), ()), MessageKind.CHANGE)
    vain = said(CARL, 2, message_records.change_body("", (), [ANNA.id]), MessageKind.CHANGE)
    groups.merge(db, [renames, vain], ANNA.id, BOB.id, message_records.change_of)
    assert groups.missing(db, GROUP, CARL.id, ((ANNA.id, ((1, 1),)),), 100) == [renames.record]
    assert groups.missing(db, GROUP, CARL.id, ((ANNA.id, ((1, 2),)),), 100) == []


def test_a_profile_of_before_goes_on_with_its_groups_as_they_were(tmp_path: Path) -> None:
    """Their records named nothing, so the order of their numbers goes on to decide among them, and only among them."""
    path = tmp_path / "old.sqlite"
    database.prepare(path)
    link = database.connect(path)
    found = said(ANNA, 1, message_records.change_body("us", [BOB.id, CARL.id], ()), MessageKind.FOUND, FOUNDING)
    left = said(CARL, 2, message_records.change_body("carl's", (), [ANNA.id]), MessageKind.CHANGE)
    for one in (found, left):
        outbox.add(link, one.message, one.sequence, one.record, one.digest)
    link.executescript("DROP TABLE older_changes; DROP INDEX messages_changes; ALTER TABLE peers DROP COLUMN key;"
                       "ALTER TABLE messages DROP COLUMN arrived; ALTER TABLE messages DROP COLUMN hidden;"
                       "DROP INDEX timeline_message; DROP TABLE witnesses;"
                       "PRAGMA user_version = 5;")
    link.close()
    assert not database.prepare(path)
    link = database.connect(path)
    settled = groups.settle(link, GROUP, message_records.change_of)
    assert settled is not None
    assert (settled.group.name, settled.group.members) == ("carl's", (BOB.id, CARL.id))
    forged = said(
        ANNA, 1, message_records.change_body("hers", [EVE.id], [CARL.id]), MessageKind.CHANGE, ident="00" * 16
    )
    settled = groups.merge(link, [forged], ANNA.id, BOB.id, message_records.change_of)
    assert settled is not None
    assert (settled.group.name, settled.group.members) == ("carl's", (BOB.id, CARL.id))
    parents = groups.seen(link, GROUP, BOB.id, message_records.change_of)
    ours = said(BOB, 3, message_records.change_body("", [EVE.id], [CARL.id]), MessageKind.CHANGE, parents=parents)
    settled = groups.merge(link, [ours], BOB.id, BOB.id, message_records.change_of)
    assert settled is not None
    assert settled.group.members == (BOB.id, EVE.id)
    link.close()
