"""EngineClient: what a shell talks to, wherever the engine runs. In this process if the profile is free, else joined.

An EngineClient that loses its engine takes the profile's lock, assembles an engine itself and tells a new Snapshot.
What it was asked to send and was not told to be kept is asked of the new engine again: both know it by its id, so it
goes once.

The engine's parts are loaded when one is started, not with this module: they take longer than a window takes to be
painted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from lanshare.domain.commands import Command, SendFiles, SendText
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.events import (
    EngineStopped,
    Event,
    IdentityRenewed,
    MessageQueued,
    MessageRefused,
    Snapshot,
    TransferFailed,
    TransferFinished,
    TransferJoined,
    TransferQueued,
)
from lanshare.domain.programs import loading
from lanshare.engine.options import Options
from lanshare.store.profile_paths import places

if TYPE_CHECKING:
    from lanshare.engine.assemble import Engine
    from lanshare.engine.ipc.server import RemoteEngine

_log = logging.getLogger(__name__)

_TRIES: Final = 50
_APART: Final = 0.1
"""An engine that is just starting or just ending holds the lock without a door for a moment: up to 5 s."""


class EngineClient:
    """An engine or a place in one. Events come on threads of ours; submit() never blocks."""

    def __init__(self, options: Options, listener: Callable[[Event], None], window: bool = False) -> None:
        self._options = options
        self._listener = listener
        self._window = window
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._remote: RemoteEngine | None = None
        self._waiting: list[Command] = []
        """What is asked for before the engine's first Snapshot: what was told before it would be heard by nobody."""

        self._open: dict[str, Command] = {}
        """What was sent to an engine that has not said yet that it is kept: the next engine is asked for it again."""

        self._heard_of = False
        self._closing = threading.Event()
        self._taking_over: threading.Thread | None = None

    @property
    def joined(self) -> bool:
        """Whether the engine runs in another process."""
        return self._remote is not None

    def start(self) -> None:
        """Assemble or join; LanshareError if neither can be."""
        with loading():
            from lanshare.engine.assemble import Engine
            from lanshare.engine.ipc.server import RemoteEngine, connect

        where = places(self._options.profile)
        for _ in range(_TRIES):
            if self._closing.is_set():
                return
            try:
                engine = Engine(self._options)
            except LanshareError as error:
                if error.code is not Code.PROFILE_BUSY:
                    raise
            else:
                self._use_engine(engine)
                return
            channel = connect(where)
            if channel is not None:
                self._use_remote(RemoteEngine(channel, self._window, self._heard, self._lost))
                return
            if self._closing.wait(_APART):
                return
        raise LanshareError(Code.PROFILE_BUSY, str(where.data))

    def begin(self, failed: Callable[[Exception], None]) -> None:
        """start() on a thread of its own; what kept it from starting goes to `failed`, on that thread."""

        def run() -> None:
            try:
                self.start()
            except Exception as error:
                failed(error)

        self._taking_over = threading.Thread(target=run, name="start")
        self._taking_over.start()

    def submit(self, command: Command) -> None:
        """Ask for something; events tell what comes of it."""
        with self._lock:
            if self._heard_of:
                self._pass_on(command)
            else:
                self._waiting.append(command)

    def close(self) -> None:
        """Leave, or end the engine that is ours."""
        self._closing.set()
        if self._taking_over is not None:
            self._taking_over.join()
        with self._lock:
            engine, remote = self._engine, self._remote
            self._release()
            self._engine = self._remote = None
        if remote is not None:
            remote.close()
        if engine is not None:
            engine.close()

    def _heard(self, event: Event) -> None:
        if isinstance(event, Snapshot):
            with self._lock:
                self._heard_of = True
                for command in list(self._open.values()):
                    self._pass_on(replace(command, again=True) if isinstance(command, SendFiles) else command)
                self._release()
        elif isinstance(event, MessageQueued | MessageRefused):
            self._open.pop(event.message, None)
        elif isinstance(event, TransferQueued | TransferJoined | TransferFailed | TransferFinished):
            self._open.pop(event.transfer, None)
        if not isinstance(event, EngineStopped):
            self._listener(event)
        if isinstance(event, IdentityRenewed) and not self.joined and not self._closing.is_set():
            self._taking_over = threading.Thread(target=self._start_anew, name="start-anew")
            self._taking_over.start()

    def _start_anew(self) -> None:
        """Our engine ends, and another one begins with what is on the disk now."""
        with self._lock:
            engine, self._engine, self._heard_of = self._engine, None, False
        if engine is not None:
            engine.close()
        self._take_over()

    def _use_engine(self, engine: Engine) -> None:
        with self._lock:
            self._engine = engine
        engine.node.subscribe(self._heard, self._window)

    def _use_remote(self, remote: RemoteEngine) -> None:
        with self._lock:
            self._remote = remote
        remote.start()

    def _release(self) -> None:
        waiting, self._waiting = self._waiting, []
        for command in waiting:
            self._pass_on(command)

    def _pass_on(self, command: Command) -> None:
        if isinstance(command, SendText):
            self._open[command.message] = command
        elif isinstance(command, SendFiles):
            self._open[command.transfer] = command
        if self._engine is not None:
            self._engine.node.submit(command)
        elif self._remote is not None:
            self._remote.submit(command)

    def _lost(self) -> None:
        """The engine we joined is gone."""
        with self._lock:
            self._remote, self._heard_of = None, False
        if self._closing.is_set():
            return
        self._taking_over = threading.Thread(target=self._take_over, name="take-over")
        self._taking_over.start()

    def _take_over(self) -> None:
        # The shell joined whatever the engine's options were; it cannot know them, so settings decide now.
        self._options = replace(self._options, announce=True)
        deadline = time.monotonic() + 30.0
        while not self._closing.is_set() and time.monotonic() < deadline:
            try:
                self.start()
                return
            except LanshareError as error:
                _log.warning("taking over: %s", error.code)
                self._closing.wait(1.0)
        if not self._closing.is_set():
            self._listener(EngineStopped(Code.PROFILE_BUSY))
