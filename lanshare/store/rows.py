"""Rows <-> domain nouns, shared by the tables of this floor."""

from __future__ import annotations

import datetime
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from lanshare.domain.message import ChatMessage, Delivery, MessageId, MessageKind
from lanshare.domain.offer import Offer, Skipped
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState

TRANSFER_COLUMNS: Final = (
    "transfers.id, transfers.peer, transfers.direction, state, offer, started_at, done_bytes, files_done, code,"
    " detail, paths, skipped, seconds, notes, transfers.seen, files_failed"
)
MESSAGE_COLUMNS: Final = (
    "messages.id, messages.peer, messages.author, messages.direction, text, sent_at, messages.lamport, delivery, kind,"
    " about"
)


def to_ms(when: datetime.datetime) -> int:
    """Milliseconds since 1970."""
    return int(when.timestamp() * 1000)


def from_ms(value: int) -> datetime.datetime:
    """A time in UTC; a value no clock can show becomes 1970."""
    try:
        return datetime.datetime.fromtimestamp(value / 1000, datetime.UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.datetime.fromtimestamp(0, datetime.UTC)


def transfer_of(row: tuple[Any, ...]) -> Transfer:
    """A Transfer from TRANSFER_COLUMNS."""
    return Transfer(
        id=TransferId(row[0]),
        peer=PeerId(row[1]),
        direction=Direction(row[2]),
        state=TransferState(row[3]),
        offer=msgspec.json.decode(row[4], type=Offer),
        started_at=from_ms(row[5]),
        done_bytes=row[6],
        files_done=row[7],
        code=row[8],
        detail=row[9],
        paths=msgspec.json.decode(row[10], type=tuple[str, ...]),
        skipped=skipped_of(row[11]),
        seconds=row[12],
        notes=skipped_of(row[13]),
        read=bool(row[14]) and row[2] == Direction.OUT,
        files_failed=row[15],
    )


def message_of(row: tuple[Any, ...]) -> ChatMessage:
    """A ChatMessage from MESSAGE_COLUMNS."""
    return ChatMessage(
        id=MessageId(row[0]),
        peer=PeerId(row[1]),
        author=PeerId(row[2]),
        direction=Direction(row[3]),
        text=row[4],
        sent_at=from_ms(row[5]),
        lamport=row[6],
        delivery=Delivery(row[7]),
        kind=MessageKind(row[8]),
        about=row[9].hex(),
    )


def skipped_of(text: str) -> tuple[Skipped, ...]:
    """What a column of entries that were not kept says."""
    return msgspec.json.decode(text, type=tuple[Skipped, ...])


def text_of(value: object) -> str:
    """Any noun as JSON text for a column."""
    try:
        return msgspec.json.encode(value).decode("utf-8")
    except UnicodeEncodeError:
        # A path above what was sent may hold bytes that are not text: they are shown replaced.
        return msgspec.json.encode(_mended(msgspec.to_builtins(value))).decode("utf-8")


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [_mended(one) for one in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(one) for key, one in value.items()}
    return value


def paths_to_text(paths: Iterable[Path]) -> str:
    """Paths as JSON text; names that are not Unicode survive."""
    return text_of([os.fsencode(path).hex() for path in paths])


def paths_from_text(text: str) -> tuple[Path, ...]:
    """The paths in such a text."""
    return tuple(Path(os.fsdecode(bytes.fromhex(item))) for item in msgspec.json.decode(text, type=list[str]))


def to_the_end(db: sqlite3.Connection, position: int, peer: PeerId) -> None:
    """Let a moment stand behind all that is in its conversation so far: it has no number of its own."""
    db.execute(
        "UPDATE timeline SET tie = ?, lamport = (SELECT coalesce(max(lamport), 0) FROM timeline WHERE peer = ?)"
        " WHERE position = ?",
        (f"~{position:016d}", peer, position),
    )
