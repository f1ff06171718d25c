"""Transfers: what, with whom, how far. A row lives from the wish to the end, and then is history."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from lanshare.domain.offer import Allowance, ConflictPolicy, Destination, Offer
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Transfer, TransferId, TransferState
from lanshare.store.rows import (
    TRANSFER_COLUMNS,
    paths_from_text,
    paths_to_text,
    skipped_of,
    text_of,
    to_ms,
    to_the_end,
    transfer_of,
)


class Unfinished(Struct, frozen=True):
    """A transfer to take up again: its sources (out) or where it goes (in, once accepted)."""

    transfer: Transfer
    sources: tuple[Path, ...]
    landing: Destination | None
    accepted: bool
    paused: bool = False
    rank: int = 0
    only: frozenset[str] = frozenset()
    after: TransferId | None = None
    allowed: Allowance | None = None
    """What was said yes to; None: all that is offered (an earlier version kept no more)."""


def add(
    db: sqlite3.Connection,
    transfer: Transfer,
    sources: Sequence[Path] = (),
    only: frozenset[str] = frozenset(),
    after: TransferId | None = None,
) -> None:
    """A new transfer with its place in the timeline.

    `only`, `after`: it sends these entries alone, being what did not arrive of that earlier one.
    """
    db.execute(
        "INSERT INTO transfers (id, peer, direction, state, offer, started_at, sources, only, after)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            transfer.id,
            transfer.peer,
            transfer.direction,
            transfer.state,
            text_of(transfer.offer),
            to_ms(transfer.started_at),
            paths_to_text(sources),
            text_of(tuple(sorted(only))),
            after or "",
        ),
    )
    cursor = db.execute(
        "INSERT INTO timeline (peer, at, transfer, unread) VALUES (?, ?, ?, ?)",
        (transfer.conversation, to_ms(transfer.started_at), transfer.id, int(transfer.direction == "in")),
    )
    position = int(cursor.lastrowid or 0)
    to_the_end(db, position, transfer.conversation)


def set_offer(db: sqlite3.Connection, transfer: TransferId, offer: Offer) -> None:
    """What is counted by now."""
    db.execute("UPDATE transfers SET offer = ? WHERE id = ?", (text_of(offer), transfer))


def accept(db: sqlite3.Connection, transfer: TransferId, landing: Destination, allowed: Allowance) -> None:
    """The person said yes to so much: it may go on without asking again."""
    db.execute(
        "UPDATE transfers SET accepted = 1, destination = ?, clash = ?, allowed = ? WHERE id = ?",
        (paths_to_text([landing.folder]), landing.clash, text_of(allowed), transfer),
    )


def allow(db: sqlite3.Connection, transfer: TransferId, allowed: Allowance | None) -> None:
    """What the yes comes to by now; None: it holds no longer, and the question is put again."""
    db.execute(
        "UPDATE transfers SET accepted = ?, allowed = ? WHERE id = ?",
        (int(allowed is not None), text_of(allowed) if allowed is not None else "", transfer),
    )


def set_disk(db: sqlite3.Connection, transfer: TransferId, disk: str) -> None:
    """The file system that it was begun on."""
    db.execute("UPDATE transfers SET disk = ? WHERE id = ?", (disk, transfer))


def set_state(db: sqlite3.Connection, transfer: TransferId, state: TransferState, code: str = "") -> None:
    """Where it stands."""
    db.execute("UPDATE transfers SET state = ?, code = ? WHERE id = ?", (state, code, transfer))


def set_paused(db: sqlite3.Connection, transfer: TransferId, paused: bool) -> None:
    """Whether our person wants it to rest."""
    db.execute("UPDATE transfers SET paused = ? WHERE id = ?", (int(paused), transfer))


def set_rank(db: sqlite3.Connection, transfer: TransferId, rank: int) -> None:
    """Its place among those that wait for their turn: the lowest goes first."""
    db.execute("UPDATE transfers SET rank = ? WHERE id = ?", (rank, transfer))


def finish(db: sqlite3.Connection, transfer: Transfer) -> None:
    """The end of a transfer, whichever it is. It is untidy until tidied(): what was kept for it still lies about."""
    db.execute(
        "UPDATE transfers SET state = ?, code = ?, detail = ?, done_bytes = ?, files_done = ?, files_failed = ?,"
        " seconds = ?, paths = ?, skipped = ?, notes = ?, untidy = 1 WHERE id = ?",
        (
            transfer.state,
            transfer.code,
            transfer.detail,
            transfer.done_bytes,
            transfer.files_done,
            transfer.files_failed,
            transfer.seconds,
            text_of(transfer.paths),
            text_of(transfer.skipped[:1000]),
            text_of(transfer.notes[:1000]),
            transfer.id,
        ),
    )


def set_seen(db: sqlite3.Connection, transfers: Sequence[str], peer: PeerId) -> list[TransferId]:
    """The peer's person has seen what we sent, where these name transfers to it; those of which that was not known."""
    changed = []
    for one in transfers:
        cursor = db.execute(
            "UPDATE transfers SET seen = 1 WHERE id = ? AND peer = ? AND direction = 'out' AND seen = 0"
            " AND state IN ('done', 'partial')",
            (one, peer),
        )
        if cursor.rowcount:
            changed.append(TransferId(one))
    return changed


def tidied(db: sqlite3.Connection, transfer: TransferId) -> None:
    """Nothing that was kept for it lies about any more."""
    db.execute("UPDATE transfers SET untidy = 0 WHERE id = ?", (transfer,))


def untidy(db: sqlite3.Connection) -> list[tuple[TransferId, Path | None]]:
    """Transfers that ended without being tidied up, and where each was received."""
    rows = db.execute("SELECT id, destination FROM transfers WHERE untidy")
    return [(TransferId(row[0]), paths_from_text(row[1])[0] if row[1] else None) for row in rows]


def unfinished(db: sqlite3.Connection) -> list[Unfinished]:
    """What an earlier engine of this profile left to do, oldest first."""
    rows = db.execute(
        f"SELECT {TRANSFER_COLUMNS}, sources, destination, accepted, clash, disk, paused, rank, only, after, allowed"
        " FROM transfers"
        " WHERE state NOT IN ('done', 'partial', 'declined', 'cancelled', 'failed') ORDER BY started_at",
    )
    result = []
    for row in rows:
        folder = paths_from_text(row[17]) if row[17] else ()
        result.append(
            Unfinished(
                transfer_of(row[:16]),
                paths_from_text(row[16]),
                Destination(folder[0], ConflictPolicy(row[19]), row[20]) if folder else None,
                bool(row[18]),
                bool(row[21]),
                int(row[22]),
                frozenset(msgspec.json.decode(row[23], type=list[str])),
                TransferId(row[24]) if row[24] else None,
                msgspec.json.decode(row[25], type=Allowance) if row[25] else None,
            )
        )
    return result


def is_known(db: sqlite3.Connection, transfer: TransferId) -> bool:
    """Whether there is a row of it, over or not."""
    return db.execute("SELECT 1 FROM transfers WHERE id = ?", (transfer,)).fetchone() is not None


def ended(db: sqlite3.Connection, transfer: TransferId) -> Transfer | None:
    """A transfer that is over, or not known to be under way; None if there is no such one."""
    row = db.execute(f"SELECT {TRANSFER_COLUMNS} FROM transfers WHERE id = ?", (transfer,)).fetchone()
    return transfer_of(row) if row is not None else None


def landed(db: sqlite3.Connection, transfer: TransferId) -> tuple[Transfer, Path] | None:
    """A receiving and the folder it went to; None if there is no such one."""
    row = db.execute(
        f"SELECT {TRANSFER_COLUMNS}, destination FROM transfers"
        " WHERE id = ? AND direction = 'in' AND destination != ''",
        (transfer,),
    ).fetchone()
    return (transfer_of(row[:16]), paths_from_text(row[16])[0]) if row else None


class Sent(Struct, frozen=True):
    """What a sending of ours was made of. `missing`: the entries that did not arrive; empty: all, or too many."""

    peer: PeerId
    sources: tuple[Path, ...]
    missing: tuple[str, ...]
    room: str = ""


def sent(db: sqlite3.Connection, transfer: TransferId) -> Sent | None:
    """What a sending of ours was made of; None if there was none."""
    row = db.execute(
        "SELECT peer, sources, state, files_failed, skipped, coalesce(offer ->> 'room', '') FROM transfers"
        " WHERE id = ? AND direction = 'out'",
        (transfer,),
    ).fetchone()
    if row is None:
        return None
    skipped = skipped_of(row[4]) if row[2] == "partial" else ()
    whole = len(skipped) == row[3]
    missing = tuple(one.path for one in skipped) if whole else ()
    return Sent(PeerId(row[0]), paths_from_text(row[1]), missing, row[5])


def set_code(db: sqlite3.Connection, transfer: TransferId, code: str, detail: str) -> None:
    """What became of a transfer after its end."""
    db.execute("UPDATE transfers SET code = ?, detail = ? WHERE id = ?", (code, detail, transfer))
