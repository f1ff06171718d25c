"""Engines through kills, cuts and clock jumps at random: in the end everyone has everything once, in order."""

from __future__ import annotations

import datetime
import os
import random
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.control_messages import Seen, Stored
from lanshare.domain.groups import fold
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId
from lanshare.engine import inbox as n
from lanshare.exchange import message_records
from lanshare.store import groups
from tests.harness.simulated import Engine, World

SCHEDULES = 250
"""For each of the four tests below; more on demand by LANSHARE_SCHEDULES."""


Worlds = Callable[[str], World]


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[Worlds]:
    """Makes worlds, of which the last one lives."""
    made: list[World] = []

    def one(names: str) -> World:
        while made:
            made.pop().close()
        made.append(World(tmp_path, names))
        return made[0]

    yield one
    while made:
        made.pop().close()


def new() -> MessageId:
    """A fresh id."""
    return MessageId(secrets.token_hex(16))


def found(world: World, founder: Engine, name: str = "friends") -> PeerId:
    """A group of all, known to all."""
    world.calm()
    founder.node.submit(c.CreateGroup(new(), name, tuple(one.id for one in world.engines if one is not founder)))
    world.calm()
    (group,) = founder.groups()
    assert all(group in one.groups() for one in world.engines)
    return group


def disturb(world: World, chance: random.Random) -> None:
    """Something goes wrong, or right, or on."""
    engine = chance.choice(world.engines)
    match chance.randrange(12):
        case 0 if engine.up:
            engine.kill()
        case 1 | 2 if not engine.up:
            engine.start()
        case 3 if world.links:
            world.cut(chance.choice(chance.choice(world.links)))
        case 4:
            engine.clock.off += datetime.timedelta(seconds=chance.uniform(-1e6, 1e6))
        case 5 | 6:
            world.join(engine, chance.choice([one for one in world.engines if one is not engine]))
        case 7:
            world.time += chance.uniform(0.0, 1.0)
            if engine.up:
                engine.node.step(None)
        case 8 | 9 if engine.up:
            engine.work(chance.randint(1, 4))
        case _ if world.links:
            end = chance.choice(chance.choice(world.links))
            if end.flying:
                end.deliver()


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("where", ["group", "pairs"])
def test_after_any_schedule_everyone_has_every_message_once_and_in_one_order(
    worlds: Worlds, size: int, where: str
) -> None:
    seed = int(os.environ.get("LANSHARE_SEED", "0")) or random.randrange(10**9)
    print(f"LANSHARE_SEED={seed}")
    schedules = int(os.environ.get("LANSHARE_SCHEDULES", str(SCHEDULES)))
    messages = 0
    for number in range(schedules):
        chance = random.Random(seed + number)
        messages += schedule(worlds, chance, size, where)
    print(f"{schedules} schedules of {size} engines, {messages} messages")
    assert messages > schedules


def schedule(worlds: Worlds, chance: random.Random, size: int, where: str) -> int:
    """One of them; how many messages were said."""
    world = worlds("ABCDE"[:size])
    group = found(world, world.engines[0]) if where == "group" else None
    said: dict[tuple[PeerId, PeerId], list[str]] = {}
    for step in range(chance.randint(20, 60)):
        disturb(world, chance)
        author = chance.choice(world.engines)
        if chance.random() < 0.2 and author.up:
            to = group or chance.choice([one for one in world.engines if one is not author]).id
            text = f"{author.name}{step}"
            author.node.submit(c.SendText(new(), to, text))
            author.work()
            said.setdefault((author.id, to), []).append(text)
    world.calm()
    if group is not None:
        shown = [one.texts(group) for one in world.engines]
        assert all(one == shown[0] for one in shown), "the same in the same order everywhere"
        for (who, _), texts in said.items():
            assert [text for author, text in shown[0] if author == who] == texts, "once, and as they were said"
        assert len(shown[0]) == sum(len(texts) for texts in said.values())
    for (who, to), texts in said.items():
        author = next(one for one in world.engines if one.id == who)
        states = author.link.execute(
            "SELECT delivery FROM messages WHERE author = ? AND peer = ? AND kind = 'text'", (who, to)
        ).fetchall()
        assert [state for (state,) in states] == ["delivered"] * len(texts), "everyone has it, and its author knows"
        if group is None:
            other = next(one for one in world.engines if one.id == to)
            assert [text for by, text in other.texts(who) if by == who] == texts
            assert [text for by, text in author.texts(to) if by == who] == texts
    return sum(len(texts) for texts in said.values())


def test_however_many_change_a_group_at_once_all_see_the_same_in_the_end(worlds: Worlds) -> None:
    seed = int(os.environ.get("LANSHARE_SEED", "0")) or random.randrange(10**9)
    print(f"LANSHARE_SEED={seed}")
    for number in range(SCHEDULES // 2):
        chance = random.Random(seed + number)
        world = worlds("ABCD")
        group = found(world, world.engines[0])
        for step in range(chance.randint(10, 40)):
            disturb(world, chance)
            engine, other = chance.choice(world.engines), chance.choice(world.engines)
            if not engine.up:
                continue
            match chance.randrange(8):
                case 0:
                    engine.node.submit(c.ChangeGroup(new(), group, remove=(other.id,)))
                case 1 | 2:
                    engine.node.submit(c.ChangeGroup(new(), group, add=(other.id,)))
                case 3:
                    engine.node.submit(c.ChangeGroup(new(), group, name=f"name {step}"))
                case 4:
                    engine.node.submit(c.SendText(new(), group, f"{engine.name}{step}"))
            engine.work(3)
        world.calm()
        everything = [
            one for engine in world.engines for one in groups.changes(engine.link, group, message_records.change_of)
        ]
        folded = fold(group, everything)
        assert folded is not None
        truth = folded.group
        inside = [one for one in world.engines if one.id in truth.members]
        for one in inside:
            assert one.groups()[group] == (truth.name, truth.members), "members agree, and with all that was said"
        for one in world.engines:
            if one not in inside:
                assert one.id not in one.groups()[group][1], "who is out knows it"
        texts = [one.texts(group) for one in inside]
        for mine in texts:
            for theirs in texts:
                common = [text for text in mine if text in theirs]
                assert common == [text for text in theirs if text in mine], "in one order"


def test_who_comes_in_sees_what_is_said_from_then_on_and_who_left_nothing_more(worlds: Worlds) -> None:
    world = worlds("ABC")
    anna, bob, carl = world.engines
    world.calm()
    anna.node.submit(c.CreateGroup(new(), "two", (bob.id,)))
    world.calm()
    (group,) = anna.groups()
    anna.node.submit(c.SendText(new(), group, "before"))
    world.calm()
    assert carl.groups() == {}
    anna.node.submit(c.ChangeGroup(new(), group, add=(carl.id,)))
    world.calm()
    bob.node.submit(c.SendText(new(), group, "after"))
    world.calm()
    assert [text for _, text in carl.texts(group)] == ["after"]
    assert [text for _, text in anna.texts(group)] == ["before", "after"]
    carl.node.submit(c.ChangeGroup(new(), group, remove=(carl.id,)))
    world.calm()
    bob.node.submit(c.SendText(new(), group, "without him"))
    carl.node.submit(c.SendText(new(), group, "I am gone"))
    world.calm()
    assert [text for _, text in carl.texts(group)] == ["after"]
    assert [text for _, text in bob.texts(group)] == ["before", "after", "without him"]
    assert [one.code for one in carl.events if isinstance(one, e.MessageRefused)] == ["not-a-member"]


def test_a_member_that_was_away_gets_everything_from_whoever_has_it(worlds: Worlds) -> None:
    world = worlds("ABC")
    anna, bob, carl = world.engines
    group = found(world, anna)
    carl.kill()
    for number in range(450):
        anna.node.submit(c.SendText(new(), group, f"{number}"))
    for _ in range(3):
        for engine in (anna, bob):
            engine.work()
        for pair in world.links:
            for end in pair:
                while end.flying:
                    end.deliver()
    bob.work()
    assert len(bob.texts(group)) == 450
    anna.kill()
    carl.start()
    world.join(bob, carl)
    for _ in range(40):
        world.time += 0.5
        for engine in (bob, carl):
            engine.work()
            engine.node.step(None)
        for pair in world.links:
            for end in pair:
                while end.flying:
                    end.deliver()
    assert carl.texts(group) == bob.texts(group), "its author is away, and another member hands it on"
    world.calm()
    assert len([one for one in anna.events if isinstance(one, e.MessageDelivered)]) == 450


def test_a_member_that_leaves_without_having_it_keeps_nothing_from_being_delivered(worlds: Worlds) -> None:
    world = worlds("ABC")
    anna, bob, carl = world.engines
    group = found(world, anna)
    carl.kill()
    anna.node.submit(c.SendText(new(), group, "hello"))
    for _ in range(6):
        for engine in (anna, bob):
            engine.work()
        for pair in list(world.links):
            for end in pair:
                while end.open and end.flying:
                    end.deliver()
    assert not [one for one in anna.events if isinstance(one, e.MessageDelivered)]
    bob.node.submit(c.ChangeGroup(new(), group, remove=(carl.id,)))
    for _ in range(6):
        for engine in (anna, bob):
            engine.work()
        for pair in list(world.links):
            for end in pair:
                while end.open and end.flying:
                    end.deliver()
    assert [one.peer for one in anna.events if isinstance(one, e.MessageDelivered)] == [group]


def test_who_is_added_after_many_changes_gets_in_though_they_come_in_several_frames(worlds: Worlds) -> None:
    world = worlds("ABC")
    anna, bob, carl = world.engines
    world.calm()
    anna.node.submit(c.CreateGroup(new(), "first", (bob.id,)))
    world.calm()
    (group,) = anna.groups()
    for number in range(150):
        anna.node.submit(c.ChangeGroup(new(), group, name=f"name {number}"))
        anna.work()
    anna.node.submit(c.ChangeGroup(new(), group, add=(carl.id,)))
    world.calm()
    assert carl.groups()[group] == ("name 149", anna.groups()[group][1])


def test_who_comes_in_while_a_message_is_under_way_need_not_have_it(worlds: Worlds) -> None:
    world = worlds("ABCD")
    anna, bob, carl, dora = world.engines
    world.calm()
    anna.node.submit(c.CreateGroup(new(), "three", (bob.id, carl.id)))
    world.calm()
    (group,) = anna.groups()
    carl.kill()
    anna.node.submit(c.SendText(new(), group, "hello"))
    anna.work()
    anna.node.submit(c.ChangeGroup(new(), group, add=(dora.id,)))
    anna.work()
    world.calm()
    assert dora.texts(group) == []
    assert [one.peer for one in anna.events if isinstance(one, e.MessageDelivered)] == [group]


def test_read_before_it_is_said_to_be_stored_is_delivered_and_read(worlds: Worlds) -> None:
    world = worlds("AB")
    anna, bob = world.engines
    group = found(world, anna)
    world.calm()
    anna.node.submit(c.SendText(new(), group, "hello"))
    anna.work()
    (ident,) = [one.message for one in anna.events if isinstance(one, e.MessageQueued) and one.text == "hello"]
    anna.node.post(n.ControlReceived(bob.id, Seen((ident,))))
    anna.work()
    anna.node.post(n.ControlReceived(bob.id, Stored(ident)))
    anna.work()
    (state,) = anna.link.execute("SELECT delivery FROM messages WHERE id = ?", (ident,)).fetchone()
    assert state == "read"
