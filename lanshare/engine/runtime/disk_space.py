"""How much room a disk has, asked on threads of its own: a network share that is gone answers late, or never.

Nobody waits longer than _PATIENCE for it. While a folder's disk does not answer, it is not asked once more.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from lanshare.engine.effects import AskRoom
from lanshare.engine.inbox import DiskRoom, InboxItem
from lanshare.files.space import free_bytes, room_at

_PATIENCE: Final = 1.0
"""Seconds; a local disk takes some microseconds."""

_log = logging.getLogger(__name__)

Room = tuple[int, int]
"""Free bytes, and what of them a large transfer may take; 0 if nobody can tell."""


def room_of(folder: Path) -> Room:
    """As the disk says, however long that takes."""
    return free_bytes(folder), room_at(folder)


class DiskSpace:
    """Asks disks."""

    def __init__(self, look: Callable[[Path], Room] = room_of) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._asked: dict[Path, Future[Room]] = {}
        """The answers that are under way: whoever asks meanwhile gets the same."""

        self._silent: set[Path] = set()
        """Of those, the ones that nobody waits for any more."""

    def ask(self, folder: Path) -> Room:
        """The room there, (0, 0) if the disk does not answer soon."""
        with self._lock:
            if folder in self._silent:
                return 0, 0
            answer = self._asked.get(folder)
            if answer is None:
                answer = Future()
                threading.Thread(target=self._work, args=(folder, answer), name="space", daemon=True).start()
                self._asked[folder] = answer  # not before there is a thread for it: there may be no room for one
        try:
            return answer.result(_PATIENCE)
        except TimeoutError:
            with self._lock:
                if folder in self._asked:
                    self._silent.add(folder)
            _log.info("a disk does not say how much room it has")
            return 0, 0

    def _work(self, folder: Path, answer: Future[Room]) -> None:
        room: Room = (0, 0)
        try:
            room = self._look(folder)
        finally:
            with self._lock:
                self._asked.pop(folder, None)
                self._silent.discard(folder)
            answer.set_result(room)


class RoomJob:
    """Ask for the room of one folder's disk."""

    def __init__(self, effect: AskRoom, space: DiskSpace, post: Callable[[InboxItem], None]) -> None:
        self._effect, self._space, self._post = effect, space, post

    def cancel(self) -> None:
        """It takes no time worth cancelling."""

    def run(self) -> None:
        """Tell it in any case."""
        effect, room = self._effect, (0, 0)
        try:
            room = self._space.ask(effect.folder)
        finally:
            self._post(DiskRoom(effect.transfer, effect.why, effect.number, *room))
