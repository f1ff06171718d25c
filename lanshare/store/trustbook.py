"""Devices once met: their id is the key's hash, the rest are hints. Known, verified and blocked ones stay for good."""

from __future__ import annotations

import sqlite3
import time

import msgspec
from msgspec import Struct

from lanshare.domain.peer import ORDINARY, DeviceKind, PeerId, PeerPolicy, TrustLevel


class TrustEntry(Struct, frozen=True):
    """A device as remembered. `last_seen` in ms since 1970. `met_as`: its name when a person first dealt with it."""

    id: PeerId
    name: str
    kind: DeviceKind
    system: str
    trust: TrustLevel
    addresses: tuple[str, ...]
    last_seen: int
    alias: str = ""
    rules: PeerPolicy = ORDINARY
    met_as: str = ""
    key: bytes = b""
    """Its public key (SubjectPublicKeyInfo, DER); empty of one that was last met by an older version."""


def all_peers(db: sqlite3.Connection) -> list[TrustEntry]:
    """Everybody, last seen first."""
    rows = db.execute(
        "SELECT id, name, kind, system, trust, addresses, last_seen, alias, rules, met_as, key FROM peers"
        " ORDER BY last_seen DESC",
    )
    return [
        TrustEntry(
            PeerId(row[0]),
            row[1],
            DeviceKind.of(row[2]),
            row[3],
            TrustLevel(row[4]),
            msgspec.json.decode(row[5], type=tuple[str, ...]),
            row[6],
            row[7],
            msgspec.json.decode(row[8], type=PeerPolicy),
            row[9],
            row[10],
        )
        for row in rows
    ]


def remember(db: sqlite3.Connection, peer: TrustEntry) -> None:
    """Keep what is known of a device now; when it was first met stays as it was."""
    now = int(time.time() * 1000)
    db.execute(
        "INSERT INTO peers (id, name, kind, system, trust, addresses, first_seen, last_seen,"
        " alias, rules, met_as, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind,"
        " system = excluded.system, trust = excluded.trust, addresses = excluded.addresses,"
        " last_seen = excluded.last_seen, alias = excluded.alias, rules = excluded.rules,"
        " met_as = excluded.met_as, key = excluded.key",
        (
            peer.id,
            peer.name,
            peer.kind,
            peer.system,
            peer.trust,
            msgspec.json.encode(peer.addresses).decode(),
            now,
            peer.last_seen,
            peer.alias,
            msgspec.json.encode(peer.rules).decode(),
            peer.met_as,
            peer.key,
        ),
    )


def forget(db: sqlite3.Connection, peer: PeerId) -> None:
    """A device is known no longer; what was said against it, or of it, is void."""
    db.execute("DELETE FROM peers WHERE id = ?", (peer,))
    db.execute("DELETE FROM alarms WHERE known = ? OR seen = ?", (peer, peer))


def forget_stranger(db: sqlite3.Connection, peer: PeerId) -> None:
    """A stranger is forgotten, unless something was said or sent."""
    db.execute(
        "DELETE FROM peers WHERE id = ? AND trust = 'stranger'"
        " AND NOT EXISTS (SELECT 1 FROM timeline WHERE timeline.peer = peers.id)",
        (peer,),
    )


def raise_alarm(db: sqlite3.Connection, known: PeerId, seen: PeerId) -> None:
    """Another key answered in the place of a known device: that holds until a person has decided."""
    db.execute(
        "INSERT OR IGNORE INTO alarms (known, seen, at) VALUES (?, ?, ?)", (known, seen, int(time.time() * 1000))
    )


def settle_alarm(db: sqlite3.Connection, known: PeerId, seen: PeerId) -> None:
    """A person has decided."""
    db.execute("DELETE FROM alarms WHERE known = ? AND seen = ?", (known, seen))


def alarms(db: sqlite3.Connection) -> list[tuple[PeerId, PeerId]]:
    """Alarms that no person has decided, oldest first: (known, seen)."""
    rows = db.execute("SELECT known, seen FROM alarms ORDER BY at")
    return [(PeerId(known), PeerId(seen)) for known, seen in rows]


def forget_strangers(db: sqlite3.Connection, before: int) -> None:
    """Strangers not seen since `before` (ms) and never spoken with are forgotten."""
    db.execute(
        "DELETE FROM peers WHERE trust = 'stranger' AND last_seen < ?"
        " AND NOT EXISTS (SELECT 1 FROM timeline WHERE timeline.peer = peers.id)",
        (before,),
    )
