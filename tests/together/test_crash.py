"""Either side is killed at random, again and again, without a goodbye; and the power goes. What was sent arrives."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.settings import Settings
from lanshare.store import settings
from lanshare.store.profile_paths import places
from tests.harness import disks
from tests.harness.disks import Disk
from tests.harness.engines import PATIENCE, Device, Process, tree_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sends POSIX signals, mounts ext4")

MIB = 1024 * 1024
RESENT = 8 * MIB
"""What a break may cost."""

PACE = 40 * MIB
"""Bytes per second at most: on whatever machine this runs, there is a middle to break a transfer in."""

SMALL_PACE = 2 * MIB
"""The same where all is small files: some barriers fall into it."""


def make_sources(folder: Path, chance: random.Random, big: int) -> list[Path]:
    """A tree of small files, and one file of so many bytes; if it is not big, there are many small ones, in folders
    within folders."""
    folder.mkdir(parents=True)
    tree = folder / "tree"
    for number in range(60 if big > MIB else 1500):
        above = tree / f"d{number % 7}" if big > MIB else tree / f"d{number // 150}" / f"e{number // 30}"
        path = (above / f"g{number}" if number % 50 == 7 else above) / f"f{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        sizes = [0, 1, 700, 30_000, 400_000] if big > MIB else [0, 700, 4_000, 9_000]
        path.write_bytes(chance.randbytes(chance.choice(sizes)))
    (tree / "empty").mkdir()
    large = folder / "large.bin"
    block = chance.randbytes(MIB)
    with large.open("wb") as file:
        for number in range(big // MIB):
            file.write(number.to_bytes(8, "big") + block[8:])
    return [tree, large]


class Bout:
    """One transfer between two devices of which either may be killed at any time."""

    def __init__(self, base: Path, chance: random.Random, big: int, into: Path | None = None) -> None:
        self.chance = chance
        self.sources = make_sources(base / "sources", chance, big)
        self.total = sum(path.stat().st_size for one in self.sources for path in [one, *one.rglob("*")]
                         if path.is_file())
        self.anna, self.bob = Device(base, "Anna"), Device(base, "Bob")
        self.anna.folder.mkdir(parents=True)
        settings.save(places(self.anna.folder).settings, Settings(speed_limit=PACE if big > MIB else SMALL_PACE))
        self.bob.into = into or self.bob.into
        self.kills = self.resumed = 0
        self.most_resent = 0
        self.story: list[object] = []
        self.before: dict[str, int] = {}
        self.receiver = self.bob.receive()
        self.sender = self.send()

    def send(self) -> Process:
        """Send the same paths (again)."""
        return self.anna.start("send", "Bob", *map(str, self.sources), "--wait", "60")

    def done_bytes(self) -> int:
        """What the receiver has, as far as it told."""
        return max((int(one["bytes"]) for one in self.receiver.heard() if one["event"] == "TransferProgressed"),
                   default=0)

    def moved_on(self, by: int, seconds: float) -> bool:
        """Wait until the receiver tells of so many more bytes than it told of first; False if the sender is over."""
        deadline = time.monotonic() + seconds
        while not self.sender.ended.is_set() and time.monotonic() < deadline:
            self.receiver.told.clear()
            told = [int(one["bytes"]) for one in self.receiver.heard() if one["event"] == "TransferProgressed"]
            if told and told[-1] - told[0] >= by:
                break
            self.receiver.told.wait(0.2)
        return not self.sender.ended.is_set()

    def progress(self, last: bool) -> dict[str, int]:
        """How far each transfer is, by the receiver's last or first word about it in this run; not those that ended."""
        found: dict[str, int] = {}
        for one in self.receiver.heard():
            if one["event"] == "TransferProgressed" and (last or one["transfer"] not in found):
                found[one["transfer"]] = int(one["bytes"])
            elif one["event"] == "TransferFinished" and last:
                found.pop(one["transfer"], None)
        return found

    def kill_one(self) -> None:
        """SIGKILL to one side, and start it again."""
        self.kills += 1
        before = self.done_bytes()
        if self.chance.random() < 0.5:
            self.sender.kill()
            self.story.append(("sender killed", self.sender.names(), before))
            self.look()
            # Killed behind its last word, it sends what is there already: nothing of it is sent or doubled.
            self.sender = self.send()
        else:
            self.receiver.kill()
            self.story.append(("receiver killed", self.receiver.names(), before))
            self.look()
            self.before = self.progress(last=True)
            self.receiver = self.bob.start("receive", "--accept", "all", "--into", str(self.bob.into))

    def look(self) -> None:
        """Whatever has a final name is right."""
        tree, large = self.sources
        names = tree_of(self.bob.into / "tree") if (self.bob.into / "tree").exists() else {}
        wanted = tree_of(tree)
        for name, data in names.items():
            assert wanted[name] == data, f"{name} has a final name and is not what was sent"
        arrived = self.bob.into / "large.bin"
        if arrived.exists():
            assert arrived.stat().st_size == large.stat().st_size

    def check_resent(self) -> None:
        """After a kill of the receiver, what it kept is all that it had told of, but for what a break may cost."""
        for transfer, kept in self.progress(last=False).items():
            if (before := self.before.pop(transfer, 0)) > 0:
                self.resumed += 1
                self.most_resent = max(self.most_resent, before - kept)

    def finish(self) -> None:
        """Let it come to its end, and compare."""
        deadline = time.monotonic() + 2 * PATIENCE
        while self.sender.process.poll() is None and time.monotonic() < deadline:
            self.sender.ended.wait(0.5)
        assert self.sender.end() == 0, (self.sender.heard()[-1:], self.sender.errors, self.receiver.names())
        self.check_resent()
        self.receiver.kill()
        wanted = {"tree": None, "large.bin": self.sources[1].read_bytes()}
        wanted |= {f"tree/{name}": data for name, data in tree_of(self.sources[0]).items()}
        found = tree_of(self.bob.into)
        if set(found) != set(wanted):
            print("STORY", *self.story, *self.anna.history(), *self.bob.history(), sep="\n  ")
        assert set(found) == set(wanted)
        assert found == wanted

    def close(self) -> None:
        """End what runs."""
        self.anna.close()
        self.bob.close()


@pytest.fixture
def chance() -> random.Random:
    """Chance that can be had again."""
    seed = int(os.environ.get("LANSHARE_SEED", "0")) or random.randrange(10**9)
    print(f"LANSHARE_SEED={seed}")
    return random.Random(seed)


def kill_and_restart(base: Path, chance: random.Random, kills: int, seconds: float) -> tuple[int, int, int]:
    """Bout after bout until so many kills or seconds are over; kills, bouts, and the most that was sent again."""
    until = time.monotonic() + seconds
    done, bouts, most, resumed = 0, 0, 0, 0
    while done < kills and time.monotonic() < until:
        bout = Bout(base / f"bout{bouts}", chance, chance.choice([1, 1, 24, 64, 160]) * MIB)
        try:
            for _ in range(chance.randint(6, 14)):
                # Most kills fall into the moving of bytes, some before it and into its beginnings.
                moving = chance.random() < 0.7
                by = chance.randrange(min(4 * MIB, bout.total // 4))
                goes_on = bout.moved_on(by, 5.0) if moving else not bout.sender.ended.wait(chance.uniform(0.0, 0.7))
                if not goes_on or done + bout.kills >= kills:
                    break
                bout.check_resent()
                bout.kill_one()
            bout.finish()
        finally:
            bout.close()
        done, bouts, most = done + bout.kills, bouts + 1, max(most, bout.most_resent)
        resumed += bout.resumed
        for path in bout.sources[1], bout.bob.into / "large.bin":
            path.unlink()
    assert resumed > done // 20, "hardly any transfer was broken in the middle"
    return done, bouts, most


@pytest.mark.timeout(400)  # it bounds itself, and is slow beside other load
def test_a_hundred_kills_of_either_side_cost_little_and_break_nothing(tmp_path: Path, chance: random.Random) -> None:
    kills, bouts, most = kill_and_restart(tmp_path, chance, 100, 550.0)
    print(f"{kills} kills in {bouts} transfers, at most {most} bytes sent again")
    assert kills >= 100
    assert most <= RESENT


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_thousands_of_kills(tmp_path: Path, chance: random.Random) -> None:
    wanted = int(os.environ.get("LANSHARE_KILLS", "5000"))
    kills, bouts, most = kill_and_restart(tmp_path, chance, wanted, 3 * 3600)
    print(f"{kills} kills in {bouts} transfers, at most {most} bytes sent again")
    assert kills == wanted
    assert most <= RESENT


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk whose power can be cut."""
    reason = disks.cannot()
    if reason:
        pytest.skip(reason)
    one = Disk(tmp_path, 512)
    yield one
    one.close()


@pytest.mark.parametrize("big", [120, 1])
@pytest.mark.parametrize("cut", range(4))
def test_a_power_cut_loses_nothing_that_was_confirmed(
    tmp_path: Path, disk: Disk, chance: random.Random, cut: int, big: int
) -> None:
    into = disk.path / "received"
    into.mkdir()
    bout = Bout(tmp_path / "bout", chance, big * MIB, into)
    try:
        for _ in range(3):
            wanted = chance.uniform(0.02, 0.95) * bout.total
            while bout.done_bytes() < wanted and not bout.sender.ended.is_set():
                bout.receiver.told.wait(0.2)
                bout.receiver.told.clear()
            confirmed = {name for name in tree_of(into) if (into / name).is_file()}
            os.sync() if cut % 2 else None
            bout.receiver.kill() if cut < 2 else None
            disk.unplug()
            if cut >= 2:
                bout.receiver.kill()
            disk.plug()
            bout.look()
            if cut % 2:
                assert confirmed <= set(tree_of(into)), "a final name that was durable is gone"
            bout.receiver = bout.bob.start("receive", "--accept", "all", "--into", str(into))
        bout.finish()
        # Killed right behind its last word, it tidies up when it is started again.
        bout.receiver = bout.bob.start("receive", "--accept", "all", "--into", str(into))
        deadline = time.monotonic() + PATIENCE
        while (into / ".lanshare-incoming").exists() and time.monotonic() < deadline:
            bout.receiver.ended.wait(0.05)
        assert not (into / ".lanshare-incoming").exists()
    finally:
        bout.close()
    assert threading.active_count() < 50
