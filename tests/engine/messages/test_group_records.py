"""Whoever says records about groups rests between two merges, and strangers take turns as one."""

from __future__ import annotations

from msgspec.structs import replace

from lanshare.domain.control_messages import SignedMessage
from lanshare.domain.message import MessageKind
from lanshare.domain.peer import PeerId
from lanshare.engine.messages.group_records import EACH, GroupRecordQueue
from lanshare.wire import limits
from tests.harness.made import message

ANNA, BOB, EVE, MALLORY = (PeerId(letter * 52) for letter in "abem")
GROUP, OTHER = PeerId("g" * 52), PeerId("o" * 52)


def queue() -> GroupRecordQueue:
    """In which Anna and Bob are known."""
    return GroupRecordQueue(lambda peer: peer if peer in (ANNA, BOB) else "")


def record(
    number: int, group: PeerId = GROUP, kind: MessageKind = MessageKind.CHANGE, size: int = 300
) -> SignedMessage:
    """One about a group."""
    said = replace(message(number, "{}"), peer=group, kind=kind)
    return SignedMessage(said, number, bytes(size), f"{group}{number}".encode())


def due(waits: GroupRecordQueue, now: float) -> list[tuple[PeerId, PeerId, list[int]]]:
    """Who is due with which records of which group."""
    return [(one.speaker, one.group, [said.sequence for said in one.records]) for one in waits.due(now)]


def test_what_is_said_while_the_store_merges_waits_and_is_merged_together() -> None:
    waits = queue()
    waits.add(ANNA, [record(1)])
    assert due(waits, 0.0) == [(ANNA, GROUP, [1])]
    for number in (2, 3):
        waits.add(ANNA, [record(number)])
    waits.add(BOB, [record(9)])
    assert due(waits, 50.0) == [(BOB, GROUP, [9])], "Anna's turn is not over, however long it takes"
    assert waits.next_time() is None
    waits.merged(ANNA, GROUP, True, 2000, 50.0)
    rested = 50.0 + 2000 * EACH
    assert waits.next_time() == rested
    assert due(waits, rested - 0.01) == []
    assert due(waits, rested) == [(ANNA, GROUP, [2, 3])]


def test_a_speaker_of_many_groups_has_one_turn_and_so_have_all_strangers() -> None:
    waits = queue()
    for speaker, group in ((ANNA, GROUP), (ANNA, OTHER), (EVE, GROUP), (MALLORY, GROUP), (MALLORY, OTHER)):
        waits.add(speaker, [record(1, group)])
    order = []
    now = 0.0
    while found := due(waits, now):
        assert len({"" if one[0] in (EVE, MALLORY) else one[0] for one in found}) == len(found)
        order.append([one[:2] for one in found])
        for speaker, group, _ in found:
            waits.merged(speaker, group, True, 100, now)
        now += 100 * EACH
    assert order == [[(ANNA, GROUP), (EVE, GROUP)], [(ANNA, OTHER), (MALLORY, GROUP)], [(MALLORY, OTHER)]]
    assert not waits.is_busy


def test_a_turn_ends_for_the_one_that_began_it_also_when_a_stranger_is_known_meanwhile() -> None:
    known: set[PeerId] = set()
    waits = GroupRecordQueue(lambda peer: peer if peer in known else "")
    waits.add(EVE, [record(1)])
    waits.due(0.0)
    known.add(EVE)
    waits.merged(EVE, GROUP, True, 1, 0.0)
    waits.add(MALLORY, [record(2)])
    assert due(waits, 1.0) == [(MALLORY, GROUP, [2])]


def test_a_group_that_is_not_ours_is_kept_together_from_its_founding_until_it_is() -> None:
    waits = queue()
    waits.collect(ANNA, [record(5)], limits.GROUP_LARGEST, 0.0)
    assert due(waits, 0.0) == [], "nothing can be said of it without the founding one"
    waits.collect(ANNA, [record(1, kind=MessageKind.FOUND)], limits.GROUP_LARGEST, 0.0)
    for number in (2, 3):
        assert due(waits, float(number)) == [(ANNA, GROUP, list(range(1, number)))]
        waits.merged(ANNA, GROUP, False, 0, float(number))
        waits.collect(ANNA, [record(number)], limits.GROUP_LARGEST, 0.0)
    waits.collect(ANNA, [record(1, kind=MessageKind.FOUND), record(7)], limits.GROUP_LARGEST, 0.0)
    assert due(waits, 9.0) == [(ANNA, GROUP, [1, 7])], "it is told from the beginning once more"
    waits.merged(ANNA, GROUP, True, 2, 9.0)
    waits.collect(ANNA, [record(8)], limits.GROUP_LARGEST, 0.0)
    assert not waits.is_busy, "it is ours now"


def test_of_large_groups_that_are_not_ours_there_are_two_of_different_speakers() -> None:
    waits = queue()
    half = limits.GROUP_COLLECTED // 2

    def kept(speaker: PeerId, group: PeerId) -> int:
        """Of how many records it comes to have."""
        waits.collect(speaker, [record(1, group, MessageKind.FOUND, half)], limits.GROUP_LARGEST, 0.0)
        for number in range(2, 7):
            waits.collect(speaker, [record(number, group, size=half)], limits.GROUP_LARGEST, 0.0)
        return len(waits._parts[speaker, group].records)

    assert kept(ANNA, GROUP) == 6
    assert kept(ANNA, OTHER) == 2, "she has a large one"
    assert kept(BOB, GROUP) == 6
    assert kept(EVE, GROUP) == 2, "there are two large ones"


def test_whoever_speaks_of_many_groups_takes_nobody_elses_place() -> None:
    waits = queue()
    waits.collect(ANNA, [record(1, kind=MessageKind.FOUND)], limits.GROUP_COLLECTED, 0.0)
    for number in range(100):
        waits.collect(EVE, [record(1, PeerId(f"{number:052}"), MessageKind.FOUND)], limits.GROUP_COLLECTED, 0.0)
    assert len(waits._parts) == 1 + 32
    assert (ANNA, GROUP) in waits._parts
    for number in range(20_000):
        waits.add(EVE, [record(number)])
    waits.add(BOB, [record(1)])
    assert [(one.speaker, one.is_new) for one in waits.due(0.0)] == [(EVE, False), (BOB, False), (ANNA, True)]


def test_a_group_of_which_nothing_more_comes_gives_its_place_back() -> None:
    waits = queue()
    half = limits.GROUP_COLLECTED // 2
    for speaker, group in ((ANNA, GROUP), (BOB, OTHER)):
        waits.collect(speaker, [record(1, group, MessageKind.FOUND, half)], limits.GROUP_LARGEST, 0.0)
        for number in range(2, 5):
            waits.collect(speaker, [record(number, group, size=half)], limits.GROUP_LARGEST, 0.0)
    waits.collect(BOB, [record(9, OTHER)], limits.GROUP_LARGEST, 100.0)
    third = PeerId("z" * 52)
    for number in range(1, 6):
        kind = MessageKind.FOUND if number == 1 else MessageKind.CHANGE
        waits.collect(EVE, [record(number, third, kind, half)], limits.GROUP_LARGEST, 150.0)
    assert set(waits._parts) == {(BOB, OTHER), (EVE, third)}
    assert len(waits._parts[EVE, third].records) == 5
