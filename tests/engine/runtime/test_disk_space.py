"""How much room a disk has: told soon, also of a disk that does not answer, which is not asked twice at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import AskRoom
from lanshare.engine.inbox import DiskRoom, InboxItem
from lanshare.engine.runtime.disk_space import DiskSpace, RoomJob, room_of

SHARE, LOCAL = Path("/gone"), Path("/here")


class Disks:
    """One that answers, and one that does not until it is let go."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.asked: list[Path] = []

    def look(self, folder: Path) -> tuple[int, int]:
        self.asked.append(folder)
        if folder == SHARE:
            self.released.wait()
        return 100, 90


@pytest.fixture
def disks() -> Iterator[Disks]:
    """Let go at the end."""
    one = Disks()
    yield one
    one.released.set()


def test_a_disk_tells_its_room_wherever_the_folder_would_be(tmp_path: Path) -> None:
    free, room = DiskSpace().ask(tmp_path / "not" / "there")
    assert 0 < room <= free
    assert room_of(tmp_path)[0] > 0


def test_a_disk_that_does_not_answer_holds_nobody_up_and_is_asked_once(disks: Disks) -> None:
    space = DiskSpace(disks.look)
    assert space.ask(SHARE) == (0, 0)
    assert space.ask(SHARE) == (0, 0)
    assert space.ask(LOCAL) == (100, 90), "others are asked as before"
    assert disks.asked == [SHARE, LOCAL]


def test_once_it_answers_again_it_is_asked_again(disks: Disks) -> None:
    space = DiskSpace(disks.look)
    assert space.ask(SHARE) == (0, 0)
    disks.released.set()
    for thread in threading.enumerate():
        if thread.name == "space":
            thread.join()
    assert space.ask(SHARE) == (100, 90)


@pytest.mark.parametrize(("folder", "told"), [(LOCAL, (100, 90)), (SHARE, (0, 0))])
def test_whoever_asked_is_told_in_any_case(disks: Disks, folder: Path, told: tuple[int, int]) -> None:
    posted: list[InboxItem] = []
    RoomJob(AskRoom(TransferId("ab" * 16), folder, "question"), DiskSpace(disks.look), posted.append).run()
    assert posted == [DiskRoom(TransferId("ab" * 16), "question", *told)]
