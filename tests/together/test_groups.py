"""A group of three real engines, killed and started at random while they talk: all have everything, once, in order."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.engines import PATIENCE, Device, Process


class Circle:
    """Three devices in a group; any of them may be down."""

    def __init__(self, folder: Path) -> None:
        self.devices = [Device(folder, name) for name in ("Anna", "Bob", "Carl")]
        self.engines: dict[str, Process | None] = {one.name: one.receive() for one in self.devices}
        anna = self.devices[0]
        assert anna.run("group", "Garden", "--new", "Bob", "Carl")[0] == 0
        self.until(lambda: all(self.rows(one, "SELECT id FROM groups") for one in self.devices), "the group")

    def rows(self, device: Device, question: str) -> list[tuple[str, ...]]:
        """What a device's database says."""
        link = sqlite3.connect(f"file:{device.folder}/lanshare.sqlite?mode=ro", uri=True)
        try:
            return link.execute(question).fetchall()
        except sqlite3.OperationalError:
            return []
        finally:
            link.close()

    def shown(self, device: Device) -> list[str]:
        """What was said in the group, in its order."""
        question = (
            "SELECT messages.text FROM timeline JOIN messages ON messages.id = timeline.message AND messages.author ="
            " timeline.author WHERE timeline.peer IN (SELECT id FROM groups) AND kind = 'text'"
            " ORDER BY timeline.lamport, timeline.tie"
        )
        return [row[0] for row in self.rows(device, question)]

    def undelivered(self, device: Device) -> list[tuple[str, ...]]:
        """What of its own it does not know to be everywhere."""
        return self.rows(device, "SELECT text FROM messages WHERE delivery IN ('queued', 'sending')")

    def kill(self, device: Device) -> None:
        """SIGKILL."""
        engine = self.engines[device.name]
        if engine is not None:
            engine.kill()
            self.engines[device.name] = None

    def start(self, device: Device) -> None:
        """Up again."""
        if self.engines[device.name] is None:
            self.engines[device.name] = device.receive()

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Ask again until it is so."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, (what, [self.shown(one) for one in self.devices])
            time.sleep(0.05)  # asking again, not synchronising: the condition decides

    def close(self) -> None:
        """All down."""
        for one in self.devices:
            one.close()


@pytest.fixture
def circle(tmp_path: Path) -> Iterator[Circle]:
    """Three in a group."""
    one = Circle(tmp_path)
    yield one
    one.close()


def talk_at_random(circle: Circle, schedules: int) -> int:
    """So many schedules, each checked at its end; how many messages were said."""
    seed = int(os.environ.get("LANSHARE_SEED", "0")) or random.randrange(10**9)
    print(f"LANSHARE_SEED={seed}")
    chance = random.Random(seed)
    said: list[str] = []
    for number in range(schedules):
        for step in range(chance.randint(3, 5)):
            device = chance.choice(circle.devices)
            match chance.randrange(3):
                case 0:
                    circle.kill(device)
                case 1:
                    circle.start(device)
                case _:
                    text = f"{device.name} {number}.{step}"
                    assert device.run("text", "Garden", text, "--no-wait")[0] == 0
                    said.append(text)
        for device in circle.devices:
            circle.start(device)
        circle.until(lambda: all(sorted(circle.shown(one)) == sorted(said) for one in circle.devices), "all of it")
        orders = [circle.shown(one) for one in circle.devices]
        assert orders[0] == orders[1] == orders[2], "in one order"
        circle.until(lambda: not any(circle.undelivered(one) for one in circle.devices), "that its authors know")
    return len(said)


def test_schedules_of_kills_and_talk_end_with_everything_everywhere_once(circle: Circle) -> None:
    count = talk_at_random(circle, 15)
    print(f"15 schedules, {count} messages")


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_two_hundred_schedules(circle: Circle) -> None:
    count = talk_at_random(circle, 200)
    print(f"200 schedules, {count} messages")
