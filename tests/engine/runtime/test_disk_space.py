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
    RoomJob(AskRoom(TransferId("ab" * 16), folder, "question", 3), DiskSpace(disks.look), posted.append).run()
    assert posted == [DiskRoom(TransferId("ab" * 16), "question", 3, *told)]


def test_whoever_asks_at_the_same_time_gets_the_same_answer() -> None:
    """Several that are offered at once, or wait for one full disk."""
    begun, go = threading.Semaphore(0), threading.Event()

    def slow(folder: Path) -> tuple[int, int]:
        begun.release()
        assert go.wait(60)
        return 100, 90

    space = DiskSpace(slow)
    told: list[tuple[int, int]] = []
    askers = [threading.Thread(target=lambda: told.append(space.ask(LOCAL))) for _ in range(8)]
    askers[0].start()
    assert begun.acquire(timeout=60)
    for one in askers[1:]:
        one.start()
    go.set()
    for one in askers:
        one.join()
    assert set(told) == {(100, 90)}


def test_a_look_that_fails_is_told_as_unknown() -> None:
    def broken(folder: Path) -> tuple[int, int]:
        raise OSError(5, "gone")

    posted: list[InboxItem] = []
    hook, threading.excepthook = threading.excepthook, lambda _: None
    try:
        RoomJob(AskRoom(TransferId("ab" * 16), LOCAL, "retry"), DiskSpace(broken), posted.append).run()
    finally:
        threading.excepthook = hook
    assert posted == [DiskRoom(TransferId("ab" * 16), "retry", 0, 0, 0)]


def test_where_there_is_no_room_for_a_thread_it_is_unknown_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    space = DiskSpace(lambda folder: (100, 90))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none)
        with pytest.raises(RuntimeError):
            space.ask(LOCAL)
    assert space.ask(LOCAL) == (100, 90)
