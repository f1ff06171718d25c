"""What the table of transfers has the store's thread look up. No state: each function gets the connection and all that
it needs, and returns what is to go into the inbox.
"""

from __future__ import annotations

import sqlite3

from lanshare.domain import commands as c
from lanshare.domain.control_messages import Offered
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.engine.inbox import AnswerLooked, OfferLooked, RetryLooked, SendLooked, UndoLooked
from lanshare.store import journal


def look_for_sending(db: sqlite3.Connection, command: c.SendFiles) -> SendLooked:
    """Whether what is asked for again is over already."""
    return SendLooked(command, journal.ended(db, command.transfer))


def look_for_offer(db: sqlite3.Connection, peer: PeerId, said: Offered) -> OfferLooked:
    """Whether what is offered is over already."""
    return OfferLooked(peer, said, journal.ended(db, said.transfer))


def look_for_answered(db: sqlite3.Connection, peer: PeerId, transfer: TransferId) -> AnswerLooked:
    """A transfer that a peer is ready for, and that is not under way here."""
    return AnswerLooked(peer, journal.ended(db, transfer))


def look_for_received(db: sqlite3.Connection, transfer: TransferId) -> UndoLooked | None:
    """What was received, and where it lies."""
    found = journal.landed(db, transfer)
    return UndoLooked(*found) if found is not None else None


def look_for_retry(db: sqlite3.Connection, command: c.RetryTransfer) -> RetryLooked | None:
    """What did not arrive of a sending that is over; all of it if nothing is named."""
    sent = journal.sent(db, command.transfer)
    if sent is None:
        return None
    after = command.transfer if sent.missing else None
    return RetryLooked(command.new, sent.peer, sent.sources, sent.missing, after, sent.room)
