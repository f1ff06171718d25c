"""Transfers: what, with whom, how far. A row lives from the wish to the end, and then is history."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lanshare.domain.offer import Offer, Skipped
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Transfer, TransferId, TransferState
from lanshare.store.rows import (
    TRANSFER_COLUMNS,
    paths_from_text,
    paths_to_text,
    text_of,
    to_ms,
    transfer_of,
)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A transfer to take up again: its sources (out) or its destination (in)."""

    transfer: Transfer
    sources: tuple[Path, ...]
    destination: Path | None
    accepted: bool


def add(db: sqlite3.Connection, transfer: Transfer, sources: Sequence[Path] = ()) -> int:
    """A new transfer with its place in the timeline; returns that position."""
    db.execute(
        "INSERT INTO transfers (id, peer, direction, state, offer, started_at, sources) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            transfer.id,
            transfer.peer,
            transfer.direction,
            transfer.state,
            text_of(transfer.offer),
            to_ms(transfer.started_at),
            paths_to_text(sources),
        ),
    )
    cursor = db.execute(
        "INSERT INTO timeline (peer, at, transfer, unread) VALUES (?, ?, ?, ?)",
        (transfer.peer, to_ms(transfer.started_at), transfer.id, int(transfer.direction == "in")),
    )
    return int(cursor.lastrowid or 0)


def set_offer(db: sqlite3.Connection, transfer: TransferId, offer: Offer) -> None:
    """What is counted by now."""
    db.execute("UPDATE transfers SET offer = ? WHERE id = ?", (text_of(offer), transfer))


def accept(db: sqlite3.Connection, transfer: TransferId, destination: Path) -> None:
    """The person said yes: it may go on without asking again."""
    db.execute(
        "UPDATE transfers SET accepted = 1, destination = ? WHERE id = ?",
        (paths_to_text([destination]), transfer),
    )


def set_state(db: sqlite3.Connection, transfer: TransferId, state: TransferState, code: str = "") -> None:
    """Where it stands."""
    db.execute("UPDATE transfers SET state = ?, code = ? WHERE id = ?", (state, code, transfer))


def finish(
    db: sqlite3.Connection,
    transfer: Transfer,
    files_failed: int,
    skipped: Sequence[Skipped],
) -> None:
    """The end of a transfer, whichever it is."""
    db.execute(
        "UPDATE transfers SET state = ?, code = ?, detail = ?, done_bytes = ?, files_done = ?, files_failed = ?,"
        " seconds = ?, paths = ?, skipped = ? WHERE id = ?",
        (
            transfer.state,
            transfer.code,
            transfer.detail,
            transfer.done_bytes,
            transfer.files_done,
            files_failed,
            transfer.seconds,
            text_of(transfer.paths),
            text_of(tuple(skipped)[:1000]),
            transfer.id,
        ),
    )


def unfinished(db: sqlite3.Connection) -> list[Unfinished]:
    """What an earlier engine of this profile left to do, oldest first."""
    rows = db.execute(
        f"SELECT {TRANSFER_COLUMNS}, sources, destination, accepted FROM transfers"
        " WHERE state NOT IN ('done', 'partial', 'declined', 'cancelled', 'failed') ORDER BY started_at",
    )
    result = []
    for row in rows:
        destination = paths_from_text(row[14]) if row[14] else ()
        result.append(
            Unfinished(
                transfer_of(row[:13]),
                paths_from_text(row[13]),
                destination[0] if destination else None,
                bool(row[15]),
            )
        )
    return result


def ended(db: sqlite3.Connection, transfer: TransferId) -> tuple[PeerId, Transfer, int] | None:
    """A transfer that is over, with its peer and how many files failed; None if there is no such one."""
    row = db.execute(
        f"SELECT {TRANSFER_COLUMNS}, files_failed FROM transfers WHERE id = ?",
        (transfer,),
    ).fetchone()
    if row is None:
        return None
    found = transfer_of(row[:13])
    return found.peer, found, int(row[13])


def sources(db: sqlite3.Connection, transfer: TransferId) -> tuple[PeerId, tuple[Path, ...]] | None:
    """What a sending of ours was made of."""
    row = db.execute("SELECT peer, sources FROM transfers WHERE id = ? AND direction = 'out'", (transfer,)).fetchone()
    return (PeerId(row[0]), paths_from_text(row[1])) if row else None
