"""Devices once met."""

from __future__ import annotations

import sqlite3

from lanshare.domain.peer import DeviceKind, TrustLevel
from lanshare.store import outbox, trustbook
from lanshare.store.trustbook import TrustEntry
from tests.harness.made import PEER, message


def test_the_trust_book_remembers(db: sqlite3.Connection) -> None:
    one = TrustEntry(PEER, "Bob", DeviceKind.LAPTOP, "Debian", TrustLevel.STRANGER, ("10.0.0.1:17717",), 5)
    trustbook.remember(db, one)
    assert trustbook.all_peers(db) == [one]
    trustbook.forget_strangers(db, 6)
    assert trustbook.all_peers(db) == []


def test_a_stranger_who_spoke_and_a_known_device_are_not_forgotten(db: sqlite3.Connection) -> None:
    spoke = TrustEntry(PEER, "Bob", DeviceKind.LAPTOP, "", TrustLevel.STRANGER, (), 5)
    trustbook.remember(db, spoke)
    outbox.add(db, message(1, "hi"), 1, b"", b"")
    trustbook.forget_strangers(db, 6)
    assert trustbook.all_peers(db) == [spoke]
