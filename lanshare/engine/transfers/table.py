"""What the tables of sendings and of receivings share: the rows, what they see of the world, the ways of a transfer to
wait, to run and to end. What a row is and how it may change stands in machine.py.

A method returns effects, which the engine carries out in their order. What must be durable first hangs on a DbWrite.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lanshare.domain.control_messages import Answer, Cancel, Fetch, Finished, Offered, Pause
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    TransferFailed,
    TransferFinished,
    TransferPaused,
    TransferQueued,
    TransferStands,
    TransferWaiting,
)
from lanshare.domain.offer import ConflictPolicy, Destination, Offer, Skipped
from lanshare.domain.peer import Address, PeerId, PeerPolicy, TrustLevel
from lanshare.domain.settings import SortBy
from lanshare.domain.transfer import (
    Direction,
    Transfer,
    TransferId,
    TransferState,
)
from lanshare.engine.effects import (
    Discard,
    Effect,
    EndRun,
    GrantLease,
    ListOffer,
    Publish,
    RefuseLease,
    Run,
    RunCommand,
    Scan,
    SendControl,
    write,
    write_then,
)
from lanshare.engine.inbox import AfterCommit, EventReady, RunEnded
from lanshare.engine.ports import DataLinkSpec
from lanshare.engine.presentation import user_messages
from lanshare.engine.transfers.machine import ENDS, STEPS, Step, TrackedTransfer, Walk
from lanshare.engine.transfers.pending_offers import PendingOffers
from lanshare.exchange.throttle import Throttle
from lanshare.store import journal

RETRY: Final = (0.3, 1.0, 2.0, 5.0, 10.0, 15.0)
DISK_AGAIN: Final = 10.0
PASSING: Final = frozenset({Code.DISK_FULL, Code.NO_FOLDER, Code.DISK_ERROR})
"""Troubles of the receiving disk that may pass: the transfer waits. Others end it."""

ENDING: Final = frozenset({Code.READ_ONLY, Code.NOT_PERMITTED, Code.NOTHING_TO_SEND, Code.VERSION})
"""What ends a transfer for good. An error on a data link costs the link: the transfer is tried again, later and later.
"""

RESTING: Final = frozenset({TransferState.WAITING, TransferState.PAUSED})

EMPTY: Final = Offer((), 0, 0, 0, False)


@dataclass(slots=True)
class TransferContext:
    """What this table needs to know of the others, asked at the moment of need."""

    online: Callable[[PeerId], bool]
    name: Callable[[PeerId], str]
    trust: Callable[[PeerId], TrustLevel]
    addresses: Callable[[PeerId], tuple[Address, ...]]
    downloads: Callable[[], Path]
    sorted_into: Callable[[PeerId, Offer, SortBy | None], str]
    """The folder below the receiving one that is for this; empty for none. None: as the settings say."""

    execute: Callable[[PeerId], bool]
    rules: Callable[[PeerId], PeerPolicy]
    shares: Callable[[str, PeerId], bool]
    """Whether this peer and we are both in that group."""

    throttles: Callable[[PeerId, Direction], tuple[Throttle, ...]]
    wall: Callable[[], datetime.datetime] = field(default=lambda: datetime.datetime.now(datetime.UTC))
    """The date and time, in UTC."""

    def destination(
        self, transfer: Transfer, into: Path | None = None, sort: SortBy | None = None,
        clash: ConflictPolicy = ConflictPolicy.KEEP,
    ) -> Destination:
        """Where it goes: as the settings say, unless a folder (`into`) or a way of sorting was chosen for it."""
        folder = into or self.downloads()
        below = "" if into and sort is None else self.sorted_into(transfer.peer, transfer.offer, sort)
        return Destination(folder / below, clash, sorts=True) if below else Destination(folder, clash)


@dataclass(slots=True)
class TransferTable:
    """The rows, and what may become of each."""

    world: TransferContext
    rows: dict[TransferId, TrackedTransfer] = field(default_factory=dict)
    questions: PendingOffers = field(default_factory=PendingOffers)

    def resume(self, transfer: TransferId, now: float) -> list[Effect]:
        """A person here lets it go on, or wants a waiting one to try at once."""
        row = self.rows.get(transfer)
        if row is None or row.over:
            return []
        if not row.rest.here:
            if row.transfer.state is TransferState.WAITING:
                row.retry.at = now
            return []
        row.rest.here = False
        return [
            write(journal.set_paused, transfer, False),
            SendControl(row.transfer.peer, Pause(transfer, False)),
            *self._go_on(row),
        ]

    def _mine(self, peer: PeerId, transfer: TransferId, direction: Direction | None) -> TrackedTransfer | None:
        row = self.rows.get(transfer)
        if row is None or row.transfer.peer != peer or row.over:
            return None
        return row if direction is None or row.transfer.direction is direction else None

    def _queued(self, transfer: Transfer) -> TransferQueued:
        return TransferQueued(
            transfer.id, transfer.peer, transfer.direction, transfer.offer, transfer.started_at, transfer.state
        )

    def _offer(self, row: TrackedTransfer) -> list[Effect]:
        """Put (again) before the peer what we would send; if it is away, wait. Not while it rests, or moves still."""
        transfer = row.transfer
        if row.rest.wanted or transfer.state not in (TransferState.OFFERED, *STEPS[Step.ASK][0]):
            return []
        if not self.world.online(transfer.peer):
            return self._away(row, Code.PEER_AWAY)
        effects: list[Effect] = []
        if transfer.state is not TransferState.OFFERED:
            row.step(Step.ASK, code="")
            effects.append(self._stands(row))
        effects.append(SendControl(transfer.peer, Offered(transfer.id, transfer.offer, row.after)))
        if transfer.offer.complete and not row.consent.given:
            effects.append(ListOffer(transfer.id))
        return effects

    def _over(self, transfer: Transfer) -> Effect:
        """What to tell a sender that asks about a transfer that is over here."""
        if transfer.state in (TransferState.DONE, TransferState.PARTIAL):
            had = Finished(transfer.id, transfer.files_done, transfer.files_failed, transfer.done_bytes)
            return SendControl(transfer.peer, had)
        if transfer.state is TransferState.DECLINED:
            return SendControl(transfer.peer, Answer(transfer.id, False, Code.DECLINED))
        code = Code.CANCELLED if transfer.state is TransferState.CANCELLED else transfer.code
        return SendControl(transfer.peer, Cancel(transfer.id, code or Code.CANCELLED))

    def _landing(self, row: TrackedTransfer) -> Destination | None:
        """Where it goes; only a verified device's files may be executed, and only if the person allows that."""
        if row.landing is None:
            return None
        return replace(row.landing, execute=self.world.execute(row.transfer.peer))

    def _run(self, row: TrackedTransfer) -> list[Effect]:
        transfer = row.transfer
        told: list[Effect] = []
        if transfer.state is not TransferState.CONNECTING:
            row.step(Step.AGREE, code="")
            told.append(self._stands(row))
        spec = self._take_link(row)
        return [*told, Run(transfer.id, transfer.peer, self.world.addresses(transfer.peer), spec)]

    def _grant(self, row: TrackedTransfer) -> list[Effect]:
        note, row.link.next = row.link.next, None
        assert note is not None
        told: list[Effect] = []
        if row.transfer.state is TransferState.OFFERED:
            row.step(Step.AGREE)
            told.append(self._stands(row))
        spec = self._take_link(row)
        return [*told, GrantLease(note.transfer, note.link, note.reply, spec)]

    def _take_link(self, row: TrackedTransfer) -> DataLinkSpec:
        """A new holder of its data link, and all that it needs to know."""
        transfer, out = row.transfer, row.transfer.direction is Direction.OUT
        row.turn.waits = False
        return DataLinkSpec(
            epoch=row.link.take(),
            sources=row.sources if out else (),
            landing=None if out else self._landing(row),
            tops=() if out else tuple(top.name for top in transfer.offer.tops),
            after=row.after,
            throttles=self.world.throttles(transfer.peer, transfer.direction),
            aside=row.rest.files,
            allowed=row.consent.allowed,
        )

    def _stands(self, row: TrackedTransfer) -> Publish:
        one = row.transfer
        return Publish(TransferStands(one.id, one.peer, one.state, one.code))

    def _finished(self, row: TrackedTransfer, note: RunEnded, now: float) -> list[Effect]:
        if note.failed and not note.files:
            code = note.skipped[0].code if note.skipped else Code.NOTHING_TO_SEND
            return self._fail(row, TransferState.FAILED, code, "", now, note.skipped, note.failed)
        refused = self._refuse_next(row)
        transfer = row.step(
            Step.FINISH_PARTLY if note.failed else Step.FINISH,
            code="",
            done_bytes=note.bytes,
            files_done=note.files,
            files_failed=note.failed,
            paths=note.paths,
            skipped=note.skipped,
            notes=note.notes,
            seconds=round(row.link.seconds, 3),
        )
        finished = TransferFinished(
            transfer.id,
            transfer.peer,
            transfer.direction,
            transfer.state,
            note.files,
            note.failed,
            note.bytes,
            transfer.seconds,
            True,
            note.paths,
            note.skipped,
            note.notes,
            row.link.moved,
        )
        end = AfterCommit((
            self._discard(row), Publish(finished), *self._last_word(transfer), *self._afterwards(transfer)
        ))
        return [*refused, write_then(end, journal.finish, transfer)]

    def _afterwards(self, transfer: Transfer) -> list[Effect]:
        """What the person wants done with what has arrived from this device."""
        command = self.world.rules(transfer.peer).run
        if transfer.direction is not Direction.IN or not command or not transfer.paths:
            return []
        return [RunCommand(transfer.id, transfer.peer, self.world.name(transfer.peer), command, transfer.paths)]

    def _last_word(self, transfer: Transfer) -> list[Effect]:
        """A sender whose link ended with our Complete on its way hears it on the control link."""
        return [self._over(transfer)] if transfer.direction is Direction.IN else []

    def _end_of(self, transfer: Transfer) -> TransferFinished | TransferFailed:
        """What was told when it ended."""
        if transfer.state in (TransferState.DONE, TransferState.PARTIAL):
            return TransferFinished(
                transfer.id, transfer.peer, transfer.direction, transfer.state, transfer.files_done,
                transfer.files_failed,
                transfer.done_bytes, transfer.seconds, True, transfer.paths, transfer.skipped, transfer.notes,
            )
        name, sending = self.world.name(transfer.peer), transfer.direction is Direction.OUT
        sentence = user_messages.transfer_ended(transfer.code, name, transfer.detail, sending)
        return TransferFailed(
            transfer.id, transfer.peer, transfer.state, transfer.code, sentence, transfer.skipped,
            transfer.files_failed,
        )

    def _refuse_next(self, row: TrackedTransfer, code: Code = Code.DECLINED) -> list[Effect]:
        asked, row.link.next = row.link.next, None
        return [RefuseLease(asked.reply, code)] if asked is not None else []

    def _fail(
        self, row: TrackedTransfer, state: TransferState, code: str, detail: str, now: float,
        skipped: tuple[Skipped, ...] = (), count: int = 0,
    ) -> list[Effect]:
        """`count`: how many could not be sent or kept, if more than `skipped` names."""
        if code not in set(Code):
            code, detail = Code.PROTOCOL, ""  # a peer's word of its own, or of a later version
        transfer = row.step(
            ENDS[state],
            code=code,
            detail=detail,
            skipped=skipped,
            files_failed=max(count, len(skipped)),
            seconds=round(row.link.seconds, 3),
        )
        row.retry.at = None
        refused = self._refuse_next(row)
        name = self.world.name(transfer.peer)
        message = user_messages.transfer_ended(code, name, detail, transfer.direction is Direction.OUT)
        failed = TransferFailed(transfer.id, transfer.peer, state, code, message, skipped, transfer.files_failed)
        effects: list[Effect] = [
            *refused,
            write_then(EventReady(failed), journal.finish, transfer),
        ]
        if row.link.held:
            row.link.ending = True
            effects.append(EndRun(transfer.id))
        else:
            effects.append(self._discard(row))
        return effects

    def _discard(self, row: TrackedTransfer) -> Discard:
        return Discard(row.transfer.id, row.landing.folder if row.landing is not None else None)

    def _wait(self, row: TrackedTransfer, note: RunEnded, now: float) -> list[Effect]:
        transfer = row.transfer
        online = self.world.online(transfer.peer)
        effects: list[Effect] = []
        if note.unreachable and online and transfer.direction is Direction.OUT:
            effects.append(SendControl(transfer.peer, Fetch(transfer.id)))
        delay = RETRY[min(row.retry.tries, len(RETRY) - 1)]
        row.retry.tries += 1
        if note.code in PASSING:
            # Only the receiver can see when its disk is well again.
            row.retry.at = now + DISK_AGAIN if transfer.direction is Direction.IN else None
            return effects + self._away(row, Code(note.code), note.detail)
        if note.code == Code.MORE_THAN_OFFERED:
            return effects + self._ask_anew(row)
        if row.turn.waits:
            return self._away(row, Code.TURN)
        row.retry.at = now + delay
        code = Code.PEER_UNREACHABLE if note.unreachable and online else Code.PEER_AWAY
        if note.code == Code.PROTOCOL:
            row.retry.shy_until, code = row.retry.at, Code.PROTOCOL
        return effects + self._away(row, code)

    def _ask_anew(self, row: TrackedTransfer) -> list[Effect]:
        """It came to more than was offered: the sender counts it again, the receiver asks its person again."""
        row.retry.at = None
        if row.transfer.direction is Direction.OUT:
            row.walk = Walk.AGAIN
            again = Scan(row.transfer.id, row.sources, row.only, again=True)
            return [again, *self._away(row, Code.MORE_THAN_OFFERED)]
        transfer = row.transfer.id
        row.consent.given, row.consent.exceeded = False, True
        return [
            write(journal.allow, transfer, None),
            *self._away(row, Code.MORE_THAN_OFFERED),
        ]

    def _unrest(self, row: TrackedTransfer) -> list[Effect]:
        """It rests no longer, and its peer is there: it is about to go on."""
        row.step(Step.WAIT, code="")
        waits = write(journal.set_state, row.transfer.id, TransferState.WAITING, Code.PEER_AWAY)
        return [waits, self._stands(row)]

    def _away(self, row: TrackedTransfer, code: Code, detail: str = "") -> list[Effect]:
        transfer = row.transfer
        if transfer.state is TransferState.WAITING and transfer.code == code:
            return []
        if transfer.state is not TransferState.WAITING:
            row.step(Step.WAIT)
        if code is Code.NO_FOLDER and row.landing is not None:
            detail = str(row.landing.folder)
        transfer = row.show(code=code, detail=detail, rate=0.0)
        name = self.world.name(transfer.peer)
        message = user_messages.waiting(code, name, transfer.done_bytes, transfer.offer.bytes, detail)
        return [
            write(journal.set_state, transfer.id, TransferState.WAITING, code),
            Publish(
                TransferWaiting(
                    transfer.id, transfer.peer, code, message, transfer.done_bytes, transfer.offer.bytes
                )
            ),
        ]

    def _rest(self, row: TrackedTransfer) -> list[Effect]:
        effects: list[Effect] = []
        if row.link.held:
            effects.append(EndRun(row.transfer.id))
        row.retry.at = None
        if row.transfer.state is not TransferState.PAUSED:
            row.step(Step.REST, rate=0.0)
        transfer, by = row.transfer, "us" if row.rest.here else "peer"
        message = user_messages.paused(by, self.world.name(transfer.peer), transfer.done_bytes, transfer.offer.bytes)
        event = TransferPaused(
            transfer.id, transfer.peer, by, message, transfer.done_bytes, transfer.offer.bytes
        )
        return [*effects, Publish(event)]

    def _go_on(self, row: TrackedTransfer) -> list[Effect]:
        if row.rest.wanted:
            return self._rest(row)
        if row.transfer.state is not TransferState.PAUSED:
            return []
        peer = row.transfer.peer
        if not self.world.online(peer):
            return self._away(row, Code.PEER_AWAY)
        effects: list[Effect] = [*self._unrest(row)]
        if row.transfer.direction is Direction.OUT:
            return [*effects, *(self._offer(row) if row.walk is not Walk.BEGUN else [])]
        return [*effects, SendControl(peer, Answer(row.transfer.id, True))] if row.consent.given else effects
