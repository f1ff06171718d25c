"""A shell in the test's own process: an EngineClient, with its events."""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.events import Event
from lanshare.domain.peer import Peer
from lanshare.domain.transfer import TransferId
from lanshare.engine.client import EngineClient
from lanshare.engine.options import Options
from tests.harness.engines import PATIENCE, free_port

Kind = TypeVar("Kind", bound=Event)


class Shell:
    """An EngineClient in this process, with its events."""

    def __init__(
        self, profile: Path, name: str, port: int = 0, interfaces: tuple[str, ...] = ("127.0.0.1",)
    ) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.seen: list[Event] = []
        self.port = port or free_port()
        self.host = EngineClient(
            Options(profile=profile, port=self.port, name=name, interfaces=interfaces), self.events.put
        )
        self.host.start()

    @property
    def host_id(self) -> str:
        """This device's full id, from the snapshot, which is waited for if need be."""
        shots = [one for one in self.seen if isinstance(one, e.Snapshot)]
        return (shots[-1] if shots else self.wait_for(e.Snapshot)).me.id

    def wait_for(
        self, kind: type[Kind], matches: Callable[[Kind], bool] = lambda event: True, patience: float = PATIENCE
    ) -> Kind:
        """The first event of this kind that was not looked at yet."""
        deadline = time.monotonic() + patience
        while True:
            event = self.events.get(timeout=max(0.01, deadline - time.monotonic()))
            self.seen.append(event)
            if isinstance(event, kind) and matches(event):
                return event

    def drain(self) -> list[Event]:
        """All that has come meanwhile."""
        found: list[Event] = []
        while not self.events.empty():
            found.append(self.events.get())
        self.seen.extend(found)
        return found

    def say(self, command: c.Command) -> None:
        """Submit."""
        self.host.submit(command)


def met(one: Shell, other: Shell) -> Peer | e.PeerAppeared:
    """Both see each other; the other as the first sees it."""
    appeared(other)
    return appeared(one)


def appeared(shell: Shell) -> Peer | e.PeerAppeared:
    """The first device that a shell was told of: it may have been there before the shell's Snapshot."""
    assert shell.host_id
    for event in shell.seen:
        if isinstance(event, e.PeerAppeared):
            return event
        if isinstance(event, e.Snapshot) and (there := [one for one in event.peers if one.online]):
            return there[0]
    return shell.wait_for(e.PeerAppeared)


def new_transfer() -> TransferId:
    """A fresh id."""
    return TransferId(secrets.token_hex(16))
