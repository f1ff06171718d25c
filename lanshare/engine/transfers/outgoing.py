"""Sendings: from the wish to the peer's answer. No I/O; what is asked for are effects."""

from __future__ import annotations

import datetime
from typing import Final

from msgspec.structs import replace

from lanshare.domain.commands import RetryTransfer, SendFiles
from lanshare.domain.control_messages import Answer, Cancel, Offered, Pause
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    OfferGrew,
    TransferFailed,
    TransferJoined,
)
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import (
    FINAL,
    Direction,
    Transfer,
    TransferId,
    TransferState,
)
from lanshare.engine.effects import (
    Effect,
    EndRun,
    ListOffer,
    MarkKnown,
    Publish,
    Scan,
    SendControl,
    read,
    write,
    write_then,
)
from lanshare.engine.inbox import (
    AnswerLooked,
    Counted,
    ListedPart,
    ScanEnded,
    SendLooked,
    TransferStored,
)
from lanshare.engine.presentation import user_messages
from lanshare.engine.transfers import store_work
from lanshare.engine.transfers.machine import TrackedTransfer, Walk
from lanshare.engine.transfers.send_queue import Turns
from lanshare.engine.transfers.table import EMPTY, RETRY
from lanshare.store import journal

_STALE: Final = 2.0
"""Seconds of moving after which the peer's readiness cannot be about the link that moves."""


class Outgoing(Turns):
    """The side of the table that sends."""

    __slots__ = ()

    def send(
        self, command: SendFiles, now: float, wall: datetime.datetime, only: frozenset[str] = frozenset(),
        after: TransferId | None = None,
    ) -> list[Effect]:
        """A person wants to send. The same paths to the same peer while they wait or move: that transfer goes on."""
        if (old := self.rows.get(command.transfer)) is not None:
            return self._known(old) if command.again and old.transfer.peer == command.peer else []
        if not command.paths:
            return []
        if command.again:
            return [read(store_work.look_for_sending, command)]
        paths = tuple(dict.fromkeys(command.paths))
        room = command.room
        if room and not self.world.shares(room, command.peer):
            # What was meant for a group is nobody's alone.
            code = Code.NOT_IN_GROUP
            sentence = user_messages.ended(code, self.world.name(command.peer))
            return [Publish(TransferFailed(command.transfer, command.peer, TransferState.FAILED, code, sentence))]
        for row in self.rows.values():
            alike = row.sources == paths and row.only == only and row.transfer.peer == command.peer
            alike = alike and row.transfer.offer.room == room
            if alike and row.transfer.direction is Direction.OUT and row.transfer.state not in FINAL:
                return self._join(row, command.transfer, now)
        offer = replace(EMPTY, room=room)
        transfer = Transfer(command.transfer, command.peer, Direction.OUT, TransferState.QUEUED, offer, wall)
        self.rows[transfer.id] = TrackedTransfer(transfer, paths, only=only, after=after)
        return [
            write_then(TransferStored(transfer.id), journal.add, transfer, paths, only, after),
            Scan(transfer.id, paths, only),
        ]

    def send_looked(self, note: SendLooked, now: float, wall: datetime.datetime) -> list[Effect]:
        """Whether what is asked for again is over already."""
        if note.found is None:
            return self.send(replace(note.command, again=False), now, wall)
        transfer = note.found
        if transfer.peer != note.command.peer or transfer.state not in FINAL:
            return []
        return [Publish(self._queued(transfer)), Publish(self._end_of(transfer))]

    def _known(self, row: TrackedTransfer) -> list[Effect]:
        transfer = row.transfer
        told: list[Effect] = [Publish(self._queued(transfer))]
        if transfer.state in FINAL:
            told.append(Publish(self._end_of(transfer)))
        return told

    def _join(self, row: TrackedTransfer, asked: TransferId, now: float) -> list[Effect]:
        """Go on with what is under way; what was added to its folders since is sent too."""
        transfer = row.transfer
        effects: list[Effect] = [Publish(TransferJoined(asked, transfer.id)), Publish(self._queued(transfer))]
        if row.walk is Walk.WHOLE and not row.link.held:
            row.walk = Walk.COUNTING
            effects.append(Scan(transfer.id, row.sources, row.only, again=True))
        if row.rest.here:
            effects += self.resume(transfer.id, now)
        elif transfer.state is TransferState.WAITING:
            row.retry.at = now
        return effects

    def queued(self, note: TransferStored) -> list[Effect]:
        """A transfer's row is durable: tell of it as it stands by now."""
        row = self.rows.get(note.transfer)
        return [Publish(self._queued(row.transfer)), self._stands(row)] if row is not None else []

    def retry(self, command: RetryTransfer) -> list[Effect]:
        """A person wants what did not arrive to be sent once more."""
        return [read(store_work.look_for_retry, command)]

    def counted(self, note: Counted) -> list[Effect]:
        """More of the tree has been walked."""
        row = self.rows.get(note.transfer)
        if row is None or row.over:
            return []
        offer = replace(note.offer, room=row.transfer.offer.room)
        row.show(offer=offer)
        first, anew = row.walk is Walk.BEGUN, row.walk is Walk.AGAIN and offer.complete
        row.skipped = note.skipped
        if first or anew:
            row.walk = Walk.COUNTING
        effects: list[Effect] = [Publish(OfferGrew(note.transfer, row.transfer.peer, offer))]
        state = row.transfer.state
        if anew or state is TransferState.QUEUED or (first and state is TransferState.WAITING):
            effects += self._offer(row)
        elif state is not TransferState.WAITING:
            effects.append(SendControl(row.transfer.peer, Offered(note.transfer, offer, row.after)))
            if offer.complete and row.transfer.state is TransferState.OFFERED:
                effects.append(ListOffer(note.transfer))
        if offer.complete:
            effects.append(write(journal.set_offer, note.transfer, offer))
        return effects

    def listed_part(self, note: ListedPart) -> list[Effect]:
        """Some of our list was read: the peer may see it as long as it has not said yes."""
        row = self.rows.get(note.said.transfer)
        if row is None or row.transfer.state is not TransferState.OFFERED:
            return []
        return [SendControl(row.transfer.peer, note.said)]

    def scan_ended(self, note: ScanEnded, now: float) -> list[Effect]:
        """The walk is over: if there is nothing at all to send, or it cannot be listed, so is the transfer. Whoever was
        asked about its beginning hears of it."""
        row = self.rows.get(note.transfer)
        if row is None or row.over:
            return []
        if row.walk is Walk.COUNTING:
            row.walk = Walk.WHOLE
        if not note.code:
            return []
        asked = [SendControl(row.transfer.peer, Cancel(note.transfer, note.code))] if row.transfer.offer.tops else []
        return [*asked, *self._fail(row, TransferState.FAILED, note.code, note.detail, now, note.skipped)]

    def heard_answer(self, peer: PeerId, said: Answer, now: float) -> list[Effect]:
        """The peer said yes or no to an offer of ours."""
        row = self._mine(peer, said.transfer, Direction.OUT)
        if row is None and said.accepted:
            return [read(store_work.look_for_answered, peer, said.transfer)]
        if row is None:
            return []
        if row.link.held:
            # It is ready for the rest, so it has no link any more: ours is dead, and does not know yet.
            stale = said.accepted and row.link.since is not None and now - row.link.since > _STALE
            return [EndRun(row.transfer.id)] if stale else []
        if not said.accepted:
            if said.code == Code.PEER_BUSY:
                # Its person is asked about something else: our question is put again by itself.
                row.retry.at = now + RETRY[min(max(row.retry.busy, 1), len(RETRY) - 1)]
                row.retry.busy += 1
                return self._away(row, Code.PEER_BUSY)
            return self._fail(row, TransferState.DECLINED, said.code or Code.DECLINED, "", now)
        row.consent.given, row.retry.busy = True, 0
        if row.walk is Walk.AGAIN or now < row.retry.shy_until:
            return []
        if row.rest.here:
            return [SendControl(peer, Pause(said.transfer, True))]
        if row.rest.there:
            return []
        return [MarkKnown(peer), *self._take_turn(row)]

    def answer_looked(self, note: AnswerLooked) -> list[Effect]:
        """The peer waits for a transfer that is over here: its own end of it was lost in a crash."""
        if note.found is None:
            return []
        transfer = note.found
        if transfer.peer != note.peer or transfer.direction is not Direction.OUT or transfer.state not in FINAL:
            return []
        return [self._over(transfer)]
