"""Commands and events as JSON, for shells in other processes and for `--json`."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from lanshare.domain.commands import Command
from lanshare.domain.errors import ProtocolError
from lanshare.domain.events import Event

_COMMANDS: Final = {kind.__name__: kind for kind in get_args(Command)}
_EVENTS: Final = {kind.__name__: kind for kind in get_args(Event)}


class _Envelope(msgspec.Struct):
    type: str
    body: msgspec.Raw


def _to_json(value: Any) -> Any:
    if isinstance(value, Path):
        return base64.b64encode(os.fsencode(value)).decode("ascii")
    raise NotImplementedError


def _from_json(kind: type, value: Any) -> Any:
    if kind is Path:
        path = Path(os.fsdecode(base64.b64decode(value)))
        if not path.is_absolute():
            raise ValueError("a path that means another file in another process")
        return path
    raise NotImplementedError


def encode(said: Command | Event) -> bytes:
    """A command or an event; text that is not Unicode is made so."""
    try:
        body = msgspec.json.encode(said, enc_hook=_to_json)
    except UnicodeEncodeError:
        body = msgspec.json.encode(_mended(msgspec.to_builtins(said, enc_hook=_to_json)))
    return b'{"type":"%s","body":%s}' % (type(said).__name__.encode("ascii"), body)


def decode_command(data: bytes) -> Command:
    """A command; ProtocolError if it is none."""
    return _decode(data, _COMMANDS)  # type: ignore[no-any-return]


def decode_event(data: bytes) -> Event:
    """An event; ProtocolError if it is none."""
    return _decode(data, _EVENTS)  # type: ignore[no-any-return]


def _decode(data: bytes, kinds: dict[str, Any]) -> Any:
    try:
        envelope = msgspec.json.decode(data, type=_Envelope)
        kind = kinds[envelope.type]
        return msgspec.json.decode(envelope.body, type=kind, dec_hook=_from_json)
    except (msgspec.MsgspecError, KeyError, ValueError, RecursionError) as error:
        raise ProtocolError(f"a shell or engine of another version: {type(error).__name__}") from error


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [_mended(one) for one in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(one) for key, one in value.items()}
    return value
