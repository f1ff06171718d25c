"""What the tables of sendings and of receivings share: a transfer's row, what they see of the world, its ways to wait,
to run and to end."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lanshare.domain.commands import AnswerOffer
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
from lanshare.domain.offer import Allowance, Destination, Offer, Skipped
from lanshare.domain.peer import Address, PeerId, PeerPolicy, TrustLevel
from lanshare.domain.transfer import (
    FINAL,
    Direction,
    Transfer,
    TransferId,
    TransferState,
    transition,
)
from lanshare.engine.effects import DbWrite, Discard, Effect, EndRun, ListOffer, Publish, Run, Scan, SendControl
from lanshare.engine.inbox import AfterCommit, AttachAsked, EventReady, Lease, RunEnded
from lanshare.engine.ports import LinkHandle
from lanshare.engine.presentation import user_messages
from lanshare.engine.transfers.pending_offers import PendingOffers
from lanshare.exchange.bottleneck import NOTHING_YET, TimeShares
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
class TrackedTransfer:
    """A transfer that is not over, or was over in this run of the engine."""

    transfer: Transfer
    sources: tuple[Path, ...] = ()
    landing: Destination | None = None
    accepted: bool = False
    counted: bool = False
    scanned: bool = False
    skipped: int = 0
    epoch: int = 0
    running: bool = False
    ending: bool = False
    """Its run was told to end because the transfer is over: what is partial goes when it has reported back."""

    only: frozenset[str] = frozenset()
    """Of its sources, only these entries are sent (a retry of what failed); empty: all."""

    after: TransferId | None = None
    """It is what did not arrive of this earlier transfer."""

    next_attach: AttachAsked | None = None
    moving_since: float | None = None
    seconds: float = 0.0
    moved: int = 0
    """Bytes that crossed the network since the engine started."""

    tries: int = 0
    most: int = 0
    """Bytes done when it got furthest: only who gets further is tried at once again."""

    shy_until: float = 0.0
    """A link of it broke the protocol: until then what the peer asks for does not hurry the next try."""

    retry_at: float | None = None
    turn: bool = False
    """It waits for its turn, or is to give way: another large sending to its peer goes first."""

    rank: int = 0
    """Its place among the large sendings to its peer: the lowest goes first, of equals the oldest."""

    listed: int = 0
    """Entries of its offer that were listed here so far."""

    listed_ever: int = 0
    """The same for all its questions together, and one more for each listing."""

    looks_in: Path | None = None
    """The folder that its offer is compared with, if the person chose another one than usual."""

    allowed: Allowance | None = None
    """What was said yes to: all that may come."""

    wish: AnswerOffer | None = None
    """A yes to what was counted when it was said: it holds if the whole comes to no more."""

    exceeded: bool = False
    """More came than was offered: only an offer that says so is asked about again."""

    busy: int = 0
    """How often the receiver was asked and was busy."""

    recount: bool = False
    """The receiver found more than was offered: it is counted again before it is offered again."""

    split: TimeShares = NOTHING_YET
    aside: bool = False
    """A person here put a file of it aside: it is paused when the others are over."""

    resting: frozenset[str] = frozenset()
    """The files that were put aside, while the others are not over yet."""

    paused_here: bool = False
    paused_there: bool = False

    @property
    def paused(self) -> bool:
        """Whether a person of either side wants it to rest."""
        return self.paused_here or self.paused_there


@dataclass(slots=True)
class TransferContext:
    """What this table needs to know of the others, asked at the moment of need."""

    online: Callable[[PeerId], bool]
    name: Callable[[PeerId], str]
    trust: Callable[[PeerId], TrustLevel]
    addresses: Callable[[PeerId], tuple[Address, ...]]
    downloads: Callable[[], Path]
    free: Callable[[Path], int]
    room: Callable[[Path], int]
    """What of a disk a large transfer may take."""

    papers: Callable[[TransferId], tuple[Path, Path]]
    """Where its list and its receipt lie."""

    execute: Callable[[PeerId], bool]
    rules: Callable[[PeerId], PeerPolicy]
    shares: Callable[[str, PeerId], bool]
    """Whether this peer and we are both in that group."""

    throttles: Callable[[PeerId, Direction], tuple[Throttle, ...]]
    serves: Callable[[TransferId, LinkHandle], None]
    wall: Callable[[], datetime.datetime] = field(default=lambda: datetime.datetime.now(datetime.UTC))
    """The date and time, in UTC."""


@dataclass(slots=True)
class TransferTable:
    """The rows, and what may become of each."""

    world: TransferContext
    rows: dict[TransferId, TrackedTransfer] = field(default_factory=dict)
    questions: PendingOffers = field(default_factory=PendingOffers)

    def resume(self, transfer: TransferId, now: float) -> list[Effect]:
        """A person here lets it go on, or wants a waiting one to try at once."""
        row = self.rows.get(transfer)
        if row is None or row.transfer.state in FINAL:
            return []
        if not row.paused_here:
            if row.transfer.state is TransferState.WAITING:
                row.retry_at = now
            return []
        row.paused_here = False
        return [
            DbWrite(lambda db: journal.set_paused(db, transfer, False)),
            SendControl(row.transfer.peer, Pause(transfer, False)),
            *self._go_on(row),
        ]

    def _mine(self, peer: PeerId, transfer: TransferId, direction: Direction | None) -> TrackedTransfer | None:
        row = self.rows.get(transfer)
        if row is None or row.transfer.peer != peer or row.transfer.state in FINAL:
            return None
        return row if direction is None or row.transfer.direction is direction else None

    def _queued(self, transfer: Transfer) -> TransferQueued:
        return TransferQueued(
            transfer.id, transfer.peer, transfer.direction, transfer.offer, transfer.started_at, transfer.state
        )

    def _offer(self, row: TrackedTransfer) -> list[Effect]:
        """Put (again) before the peer what we would send; if it is away, wait."""
        transfer = row.transfer
        if not self.world.online(transfer.peer):
            return self._away(row, Code.PEER_AWAY)
        effects: list[Effect] = []
        if transfer.state is not TransferState.OFFERED:
            row.transfer = replace(transfer, state=transition(transfer.state, TransferState.OFFERED), code="")
            effects.append(self._stands(row))
        effects.append(SendControl(transfer.peer, Offered(transfer.id, transfer.offer, row.after)))
        if transfer.offer.complete and not row.accepted:
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
            row.transfer = replace(transfer, state=transition(transfer.state, TransferState.CONNECTING), code="")
            told.append(self._stands(row))
        row.epoch += 1
        row.running, row.turn = True, False
        out = transfer.direction is Direction.OUT
        return [
            *told,
            Run(
                transfer.id,
                transfer.peer,
                row.epoch,
                self.world.addresses(transfer.peer),
                row.sources if out else (),
                None if out else self._landing(row),
                () if out else _tops(row),
                row.after,
                self.world.throttles(transfer.peer, transfer.direction),
                row.resting,
                row.allowed,
            )
        ]

    def _grant(self, row: TrackedTransfer) -> list[Effect]:
        note, row.next_attach = row.next_attach, None
        assert note is not None
        told: list[Effect] = []
        if row.transfer.state is TransferState.OFFERED:
            row.transfer = replace(row.transfer, state=transition(row.transfer.state, TransferState.CONNECTING))
            told.append(self._stands(row))
        row.epoch += 1
        papers = self.world.papers(note.transfer)
        self.world.serves(note.transfer, note.link)
        throttles = self.world.throttles(note.peer, row.transfer.direction)
        what = (self._landing(row), row.sources, *papers, _tops(row), row.after, throttles, row.resting, row.allowed)
        lease = Lease(row.epoch, "", *what)
        row.running, row.turn = note.reply.put(lease), False
        return told

    def _stands(self, row: TrackedTransfer) -> Publish:
        one = row.transfer
        return Publish(TransferStands(one.id, one.peer, one.state, one.code))

    def _finished(self, row: TrackedTransfer, note: RunEnded, now: float) -> list[Effect]:
        if note.failed and not note.files:
            code = note.skipped[0].code if note.skipped else Code.NOTHING_TO_SEND
            return self._fail(row, TransferState.FAILED, code, "", now, note.skipped, note.failed)
        self._refuse_next(row)
        state = TransferState.PARTIAL if note.failed else TransferState.DONE
        row.transfer = transfer = replace(
            row.transfer,
            state=transition(row.transfer.state, state),
            code="",
            done_bytes=note.bytes,
            files_done=note.files,
            files_failed=note.failed,
            paths=note.paths,
            skipped=note.skipped,
            notes=note.notes,
            seconds=round(row.seconds, 3),
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
            row.moved,
        )
        end = AfterCommit((self._discard(row), Publish(finished), *self._last_word(transfer)))
        return [DbWrite(lambda db: journal.finish(db, transfer), lambda _: end)]

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
        sentence = user_messages.ended(transfer.code, self.world.name(transfer.peer), transfer.detail)
        return TransferFailed(
            transfer.id, transfer.peer, transfer.state, transfer.code, sentence, transfer.skipped,
            transfer.files_failed,
        )

    def _refuse_next(self, row: TrackedTransfer) -> None:
        if row.next_attach is not None:
            row.next_attach.reply.put(Lease(0, Code.DECLINED))
            row.next_attach = None

    def _fail(
        self, row: TrackedTransfer, state: TransferState, code: str, detail: str, now: float,
        skipped: tuple[Skipped, ...] = (), count: int = 0,
    ) -> list[Effect]:
        """`count`: how many could not be sent or kept, if more than `skipped` names."""
        if code not in set(Code):
            code, detail = Code.PROTOCOL, ""  # a peer's word of its own, or of a later version
        row.transfer = transfer = replace(
            row.transfer,
            state=transition(row.transfer.state, state),
            code=code,
            detail=detail,
            skipped=skipped,
            files_failed=max(count, len(skipped)),
            seconds=round(row.seconds, 3),
        )
        row.retry_at = None
        self._refuse_next(row)
        name = self.world.name(transfer.peer)
        message = user_messages.ended(code, name, detail)
        if code == Code.DECLINED and transfer.direction is Direction.IN:
            message = user_messages.WE_DECLINED
        failed = TransferFailed(transfer.id, transfer.peer, state, code, message, skipped, transfer.files_failed)
        effects: list[Effect] = [
            DbWrite(lambda db: journal.finish(db, transfer), lambda _: EventReady(failed)),
        ]
        if row.running:
            row.ending = True
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
        delay = RETRY[min(row.tries, len(RETRY) - 1)]
        row.tries += 1
        if note.code in PASSING:
            # Only the receiver can see when its disk is well again.
            row.retry_at = now + DISK_AGAIN if transfer.direction is Direction.IN else None
            return effects + self._away(row, Code(note.code), note.detail)
        if note.code == Code.MORE_THAN_OFFERED:
            return effects + self._ask_anew(row)
        if row.turn:
            return self._away(row, Code.TURN)
        row.retry_at = now + delay
        code = Code.PEER_UNREACHABLE if note.unreachable and online else Code.PEER_AWAY
        if note.code == Code.PROTOCOL:
            row.shy_until, code = row.retry_at, Code.PROTOCOL
        return effects + self._away(row, code)

    def _ask_anew(self, row: TrackedTransfer) -> list[Effect]:
        """It came to more than was offered: the sender counts it again, the receiver asks its person again."""
        row.retry_at = None
        if row.transfer.direction is Direction.OUT:
            row.recount, row.scanned = True, False
            again = Scan(row.transfer.id, row.sources, row.only, again=True)
            return [again, *self._away(row, Code.MORE_THAN_OFFERED)]
        transfer = row.transfer.id
        row.accepted, row.exceeded = False, True
        return [
            DbWrite(lambda db: journal.allow(db, transfer, None)),
            *self._away(row, Code.MORE_THAN_OFFERED),
        ]

    def _unrest(self, row: TrackedTransfer) -> list[Effect]:
        """It rests no longer, and its peer is there: it is about to go on."""
        row.transfer = replace(row.transfer, state=transition(row.transfer.state, TransferState.WAITING), code="")
        waits = DbWrite(lambda db: journal.set_state(db, row.transfer.id, TransferState.WAITING, Code.PEER_AWAY))
        return [waits, self._stands(row)]

    def _away(self, row: TrackedTransfer, code: Code, detail: str = "") -> list[Effect]:
        transfer = row.transfer
        if transfer.state is TransferState.WAITING and transfer.code == code:
            return []
        if transfer.state is not TransferState.WAITING:
            transfer = replace(transfer, state=transition(transfer.state, TransferState.WAITING))
        if code is Code.NO_FOLDER and row.landing is not None:
            detail = str(row.landing.folder)
        row.transfer = transfer = replace(transfer, code=code, detail=detail, rate=0.0)
        name = self.world.name(transfer.peer)
        message = user_messages.waiting(code, name, transfer.done_bytes, transfer.offer.bytes, detail)
        return [
            DbWrite(lambda db: journal.set_state(db, transfer.id, TransferState.WAITING, code)),
            Publish(
                TransferWaiting(
                    transfer.id, transfer.peer, code, message, transfer.done_bytes, transfer.offer.bytes
                )
            ),
        ]

    def _rest(self, row: TrackedTransfer) -> list[Effect]:
        effects: list[Effect] = []
        if row.running:
            effects.append(EndRun(row.transfer.id))
        row.retry_at = None
        if row.transfer.state is not TransferState.PAUSED:
            row.transfer = replace(row.transfer, state=transition(row.transfer.state, TransferState.PAUSED), rate=0.0)
        transfer, by = row.transfer, "us" if row.paused_here else "peer"
        message = user_messages.paused(by, self.world.name(transfer.peer), transfer.done_bytes, transfer.offer.bytes)
        event = TransferPaused(
            transfer.id, transfer.peer, by, message, transfer.done_bytes, transfer.offer.bytes
        )
        return [*effects, Publish(event)]

    def _go_on(self, row: TrackedTransfer) -> list[Effect]:
        if row.paused:
            return self._rest(row)
        if row.transfer.state is not TransferState.PAUSED:
            return []
        peer = row.transfer.peer
        if not self.world.online(peer):
            return self._away(row, Code.PEER_AWAY)
        effects: list[Effect] = [*self._unrest(row)]
        if row.transfer.direction is Direction.OUT:
            return [*effects, *(self._offer(row) if row.counted else [])]
        return [*effects, SendControl(peer, Answer(row.transfer.id, True))] if row.accepted else effects


def _tops(row: TrackedTransfer) -> tuple[str, ...]:
    return tuple(top.name for top in row.transfer.offer.tops)
