"""The door of a running engine: shells in other processes of this user join it through its private local socket.

RemoteEngine has the same submit() and subscribe() as EngineCore, over that socket.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import threading
from collections.abc import Callable
from typing import Final

import msgspec

from lanshare.domain.commands import Command
from lanshare.domain.errors import ProtocolError
from lanshare.domain.events import EngineStopped, Event, TransferProfiled, TransferProgressed
from lanshare.engine.core import EngineCore
from lanshare.engine.ipc import codec
from lanshare.net import local
from lanshare.net.local import Channel, LocalListener
from lanshare.store import atomic_file
from lanshare.store.profile_paths import Places, socket_address

_log = logging.getLogger(__name__)

_VERSION: Final = 1


class _DoorFile(msgspec.Struct):
    """Where the running engine listens, and the key that pipes need."""

    address: str
    key: str


class _Handshake(msgspec.Struct):
    """A shell's first message."""

    version: int
    window: bool


class IpcServer:
    """Serves shells of this user for as long as the engine runs."""

    def __init__(self, node: EngineCore, where: Places) -> None:
        self._node = node
        self._file = where.door
        self._key = secrets.token_hex(16)
        self._listener = LocalListener(socket_address(where.data), self._key.encode("ascii"), self._serve)

    def start(self) -> None:
        """Begin to accept, then say where."""
        self._listener.start()
        # A path need not be text: its bytes are what counts.
        address = os.fsencode(self._listener.address).decode("latin-1")
        atomic_file.replace_file(self._file, msgspec.json.encode(_DoorFile(address, self._key)))

    def close(self) -> None:
        """Hang up on every shell, after what was told to it."""
        with contextlib.suppress(OSError):  # a disk that has become read-only keeps it; whoever knocks finds nobody
            self._file.unlink(missing_ok=True)
        self._listener.close()

    def _serve(self, channel: Channel) -> None:
        first = channel.receive()
        if first is None:
            return
        connect = msgspec.json.decode(first, type=_Handshake)
        if connect.version != _VERSION:
            return

        def listen(event: Event) -> None:
            channel.send(codec.encode(event), isinstance(event, TransferProgressed | TransferProfiled))
            if isinstance(event, EngineStopped):
                channel.close()

        self._node.subscribe(listen, connect.window)
        try:
            while (data := channel.receive()) is not None:
                self._node.submit(codec.decode_command(data))
        except ProtocolError as error:
            _log.warning("a shell was cut: %s", error.detail)
        finally:
            self._node.unsubscribe(listen)


class RemoteEngine:
    """An engine in another process. `lost` is called once, from its thread, when that engine is gone."""

    def __init__(self, channel: Channel, window: bool, listener: Callable[[Event], None], lost: Callable[[], None]):
        self._channel = channel
        self._listener = listener
        self._lost = lost
        channel.send(msgspec.json.encode(_Handshake(_VERSION, window)))
        self._thread = threading.Thread(target=self._loop, name="remote")

    def start(self) -> None:
        """Begin to hear events."""
        self._thread.start()

    def submit(self, command: Command) -> None:
        """Ask for something; events tell what comes of it."""
        self._channel.send(codec.encode(command))

    def close(self) -> None:
        """Leave; the engine goes on."""
        self._channel.close()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(5.0)

    def _loop(self) -> None:
        try:
            while (data := self._channel.receive()) is not None:
                event = codec.decode_event(data)
                if not isinstance(event, EngineStopped):
                    self._listener(event)
        except ProtocolError as error:
            _log.warning("the engine was left: %s", error.detail)
        finally:
            self._channel.join()
            self._lost()


def connect(where: Places) -> Channel | None:
    """A channel to the engine that runs in this profile; None if there is none."""
    try:
        door = msgspec.json.decode(where.door.read_bytes(), type=_DoorFile)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return None
    return local.connect(os.fsdecode(door.address.encode("latin-1", "replace")), door.key.encode("ascii"))
