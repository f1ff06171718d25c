"""The table of transfers: what each may do next. No I/O; what it asks for are effects.

A transfer's data link is leased: one job or one served link at a time, told apart by an epoch. Before a lease is
granted anew the old holder is ended and has reported back.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from lanshare.domain.commands import AnswerOffer, RetryTransfer, SendFiles
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    OfferGrew,
    OfferReceived,
    OfferWithdrawn,
    TransferFailed,
    TransferFinished,
    TransferProgressed,
    TransferQueued,
    TransferStarted,
    TransferVerifying,
    TransferWaiting,
)
from lanshare.domain.offer import Offer
from lanshare.domain.peer import Address, PeerId, TrustLevel
from lanshare.domain.talk import Answered, Ended, FetchAsked, HadAll, Offered
from lanshare.domain.transfer import (
    FINAL,
    Direction,
    Transfer,
    TransferId,
    TransferState,
    moved,
)
from lanshare.node import sentences
from lanshare.node.effects import (
    Befriend,
    Discard,
    Effect,
    EndRun,
    Keep,
    Look,
    Run,
    Say,
    Scan,
    Tell,
)
from lanshare.node.notes import (
    AnswerLooked,
    AttachAsked,
    Counted,
    Durable,
    Lease,
    LinkHandle,
    Moved,
    OfferLooked,
    Publish,
    Queued,
    RetryLooked,
    RunEnded,
    ScanEnded,
    Verifying,
)
from lanshare.node.questions import Questions
from lanshare.store import journal
from lanshare.store.journal import Unfinished

_RETRY: Final = (0.3, 1.0, 2.0, 5.0, 10.0, 15.0)
_DISK_AGAIN: Final = 10.0
_PASSING: Final = frozenset({Code.DISK_FULL, Code.NO_FOLDER, Code.DISK_ERROR})
"""Troubles of the receiving disk that may pass: the transfer waits. Others end it."""

_ENDING: Final = frozenset({Code.READ_ONLY, Code.NOT_PERMITTED, Code.NOTHING_TO_SEND, Code.PROTOCOL, Code.VERSION})

EMPTY: Final = Offer((), 0, 0, 0, False)


@dataclass(slots=True)
class Row:
    """A transfer that is not over, or was over in this run of the engine."""

    transfer: Transfer
    sources: tuple[Path, ...] = ()
    destination: Path | None = None
    accepted: bool = False
    counted: bool = False
    scanned: bool = False
    skipped: int = 0
    epoch: int = 0
    running: bool = False
    ending: bool = False
    """Its run was told to end because the transfer is over: what is partial goes when it has reported back."""

    next_attach: AttachAsked | None = None
    moving_since: float | None = None
    seconds: float = 0.0
    tries: int = 0
    retry_at: float | None = None


@dataclass(slots=True)
class World:
    """What this table needs to know of the others, asked at the moment of need."""

    online: Callable[[PeerId], bool]
    name: Callable[[PeerId], str]
    trust: Callable[[PeerId], TrustLevel]
    addresses: Callable[[PeerId], tuple[Address, ...]]
    downloads: Callable[[], Path]
    free: Callable[[Path], int]
    manifest: Callable[[TransferId], Path]
    serves: Callable[[TransferId, LinkHandle], None]


@dataclass(slots=True)
class Transfers:
    """The table."""

    world: World
    rows: dict[TransferId, Row] = field(default_factory=dict)
    questions: Questions = field(default_factory=Questions)

    # --- what earlier engines left

    def load(self, left: list[Unfinished]) -> list[Effect]:
        """Take up what was not over."""
        effects: list[Effect] = []
        for one in left:
            transfer = replace(one.transfer, state=TransferState.WAITING, code=Code.PEER_AWAY)
            row = Row(transfer, one.sources, one.destination, one.accepted, counted=bool(transfer.offer.tops))
            self.rows[transfer.id] = row
            if transfer.direction is Direction.OUT:
                effects.append(Scan(transfer.id, one.sources))
        return effects

    def shown(self) -> tuple[Transfer, ...]:
        """What is not over."""
        return tuple(row.transfer for row in self.rows.values() if row.transfer.state not in FINAL)

    # --- sending

    def send(self, command: SendFiles, wall: datetime.datetime) -> list[Effect]:
        """A person wants to send."""
        if command.transfer in self.rows or not command.paths:
            return []
        paths = tuple(path.absolute() for path in command.paths)
        transfer = Transfer(command.transfer, command.peer, Direction.OUT, TransferState.QUEUED, EMPTY, wall)
        self.rows[transfer.id] = Row(transfer, paths)
        return [
            Keep(lambda db: journal.add(db, transfer, paths), lambda _: Queued(transfer.id)),
            Scan(transfer.id, paths),
        ]

    def queued(self, note: Queued) -> list[Effect]:
        """A transfer's row is durable: tell of it as it stands by now."""
        row = self.rows.get(note.transfer)
        return [Tell(self._queued(row.transfer))] if row is not None else []

    def retry(self, command: RetryTransfer) -> list[Effect]:
        """A person wants to send the same once more."""

        def found(result: tuple[PeerId, tuple[Path, ...]] | None) -> object:
            return RetryLooked(command.new, result[0], result[1]) if result else None

        return [Look(lambda db: journal.sources(db, command.transfer), found)]

    def counted(self, note: Counted) -> list[Effect]:
        """More of the tree has been walked."""
        row = self.rows.get(note.transfer)
        if row is None or row.transfer.state in FINAL:
            return []
        row.transfer = replace(row.transfer, offer=note.offer)
        first = not row.counted
        row.counted, row.skipped = True, note.skipped
        effects: list[Effect] = [Tell(OfferGrew(note.transfer, row.transfer.peer, note.offer))]
        if row.transfer.state is TransferState.QUEUED or (first and row.transfer.state is TransferState.WAITING):
            effects += self._offer(row)
        elif row.transfer.state is not TransferState.WAITING:
            effects.append(Say(row.transfer.peer, Offered(note.transfer, note.offer)))
        if note.offer.complete:
            offer = note.offer
            effects.append(Keep(lambda db: journal.set_offer(db, note.transfer, offer)))
        return effects

    def scan_ended(self, note: ScanEnded, now: float) -> list[Effect]:
        """The walk is over: if there is nothing at all to send, so is the transfer."""
        row = self.rows.get(note.transfer)
        if row is None or row.transfer.state in FINAL:
            return []
        row.scanned = True
        if note.code:
            return self._fail(row, TransferState.FAILED, note.code, note.detail, now)
        return []

    def heard_answer(self, peer: PeerId, said: Answered, now: float) -> list[Effect]:
        """The peer said yes or no to an offer of ours."""
        row = self._mine(peer, said.transfer, Direction.OUT)
        if row is None and said.accepted:
            return [Look(lambda db: journal.ended(db, said.transfer), lambda found: AnswerLooked(peer, found))]
        if row is None or row.running:
            return []
        if not said.accepted:
            state = TransferState.FAILED if said.code == Code.PEER_BUSY else TransferState.DECLINED
            return self._fail(row, state, said.code or Code.DECLINED, "", now)
        return [Befriend(peer), *self._run(row)]

    def answer_looked(self, note: AnswerLooked) -> list[Effect]:
        """The peer waits for a transfer that is over here: its own end of it was lost in a crash."""
        if note.found is None:
            return []
        owner, transfer, failed = note.found
        if owner != note.peer or transfer.direction is not Direction.OUT or transfer.state not in FINAL:
            return []
        return [self._over(transfer, failed)]

    def heard_fetch(self, peer: PeerId, said: FetchAsked) -> list[Effect]:
        """The sender cannot dial us: we dial it."""
        row = self._mine(peer, said.transfer, Direction.IN)
        if row is None or not row.accepted or row.running:
            return []
        return self._run(row)

    def heard_had_all(self, peer: PeerId, said: HadAll, now: float) -> list[Effect]:
        """The other side saw it end; the last word was lost on the way, or in a crash here."""
        row = self._mine(peer, said.transfer, None)
        if row is None or row.running or not (row.accepted or row.transfer.direction is Direction.OUT):
            return []
        end = RunEnded(said.transfer, row.epoch, "", files=said.files, failed=said.failed, bytes=said.bytes)
        return self._finished(row, end, now)

    # --- receiving

    def heard_offer(self, peer: PeerId, said: Offered) -> list[Effect]:
        """A peer wants to send: a new question, a known one that grows, or one answered long ago."""
        row = self.rows.get(said.transfer)
        if row is None:
            return [
                Look(
                    lambda db: journal.ended(db, said.transfer),
                    lambda found: OfferLooked(peer, said, found),
                )
            ]
        if row.transfer.peer != peer or row.transfer.direction is not Direction.IN:
            return [Say(peer, Answered(said.transfer, False, Code.PROTOCOL))]
        return self._offered_again(row, said)

    def offer_looked(self, note: OfferLooked, wall: datetime.datetime) -> list[Effect]:
        """An offer whose transfer is not in memory: the store knows whether it is over."""
        said, peer = note.said, note.peer
        if said.transfer in self.rows:
            return self.heard_offer(peer, said)
        if note.found is not None:
            owner, transfer, failed = note.found
            if owner != peer or transfer.direction is not Direction.IN:
                return [Say(peer, Answered(said.transfer, False, Code.PROTOCOL))]
            return [self._over(transfer, failed)]
        trust = self.world.trust(peer)
        if not self.questions.may_ask(peer, trust):
            return [Say(peer, Answered(said.transfer, False, Code.PEER_BUSY))]
        transfer = Transfer(said.transfer, peer, Direction.IN, TransferState.OFFERED, said.offer, wall)
        self.rows[transfer.id] = Row(transfer)
        self.questions.put(transfer.id, peer)
        asked = self._question(transfer)
        return [
            Keep(lambda db: journal.add(db, transfer), lambda _: Queued(transfer.id)),
            Keep(lambda _: None, lambda _: asked),
        ]

    def answer(self, command: AnswerOffer, now: float) -> list[Effect]:
        """A person answered; the first answer wins."""
        row = self.rows.get(command.transfer)
        if row is None or not self.questions.answer(command.transfer):
            return []
        transfer, peer = row.transfer, row.transfer.peer
        effects: list[Effect] = [Tell(OfferWithdrawn(transfer.id, peer, "answered"))]
        if not command.accepted:
            return [
                *effects,
                Say(peer, Answered(transfer.id, False, Code.DECLINED)),
                *self._fail(row, TransferState.DECLINED, Code.DECLINED, "", now),
            ]
        destination = (command.into or self.world.downloads()).absolute()
        row.destination, row.accepted = destination, True
        row.transfer = replace(transfer, state=moved(transfer.state, TransferState.CONNECTING))
        return [
            *effects,
            Befriend(peer),
            Keep(lambda db: journal.accept(db, transfer.id, destination)),
            Say(peer, Answered(transfer.id, True)),
        ]

    def attach(self, note: AttachAsked, now: float) -> list[Effect]:
        """A peer attached a data link: grant the lease, now or when the old holder has ended, or refuse."""
        direction = Direction.IN if note.push else Direction.OUT
        row = self._mine(note.peer, note.transfer, direction)
        granted = row is not None and (row.accepted or direction is Direction.OUT)
        if row is None or not granted or row.transfer.state is TransferState.QUEUED:
            note.reply.put(Lease(0, Code.DECLINED))
            return []
        if row.next_attach is not None:
            row.next_attach.reply.put(Lease(0, Code.STOPPING))
        row.next_attach = note
        if row.running:
            return [EndRun(note.transfer)]
        self._grant(row)
        return []

    # --- while it runs

    def moved(self, note: Moved, now: float) -> list[Effect]:
        """Bytes move."""
        row = self.rows.get(note.transfer)
        if row is None or row.transfer.state in FINAL or not row.running:
            return []
        transfer = row.transfer
        effects: list[Effect] = []
        if transfer.state in (TransferState.CONNECTING, TransferState.WAITING, TransferState.OFFERED):
            transfer = replace(transfer, state=moved(transfer.state, TransferState.MOVING), code="")
            effects.append(Tell(TransferStarted(transfer.id, transfer.peer, transfer.direction)))
            row.tries = 0
        if row.moving_since is None:
            row.moving_since = now
        row.transfer = replace(transfer, done_bytes=note.bytes, rate=note.rate)
        total = max(transfer.offer.bytes, note.bytes)
        effects.append(Tell(TransferProgressed(transfer.id, note.bytes, total, note.rate)))
        return effects

    def verifying(self, note: Verifying) -> list[Effect]:
        """All bytes are over."""
        row = self.rows.get(note.transfer)
        if row is None or row.transfer.state is not TransferState.MOVING:
            return []
        row.transfer = replace(row.transfer, state=moved(row.transfer.state, TransferState.VERIFYING))
        return [Tell(TransferVerifying(note.transfer))]

    def run_ended(self, note: RunEnded, now: float) -> list[Effect]:
        """The data link ended: in success, for a while, or for good."""
        row = self.rows.get(note.transfer)
        if row is None or note.epoch != row.epoch:
            return []
        row.running = False
        if row.moving_since is not None:
            row.seconds += now - row.moving_since
            row.moving_since = None
        if row.transfer.state in FINAL:
            return [Discard(note.transfer, row.destination)] if row.ending else []
        if row.next_attach is not None and note.code:
            self._grant(row)
            if row.running:
                return []
        if not note.code:
            return self._finished(row, note, now)
        if note.code in _ENDING:
            return [
                Say(row.transfer.peer, Ended(note.transfer, note.code)),
                *self._fail(row, TransferState.FAILED, note.code, note.detail, now),
            ]
        return self._wait(row, note, now)

    def heard_end(self, peer: PeerId, said: Ended, now: float) -> list[Effect]:
        """The peer ended it: by its person's will, or because it cannot go on."""
        row = self._mine(peer, said.transfer, None)
        if row is None:
            return []
        effects: list[Effect] = []
        if self.questions.answer(said.transfer):
            effects.append(Tell(OfferWithdrawn(said.transfer, peer, Code.CANCELLED_BY_PEER)))
        code = said.code if said.code in set(Code) else Code.PROTOCOL
        if code == Code.CANCELLED:
            return effects + self._fail(row, TransferState.CANCELLED, Code.CANCELLED_BY_PEER, "", now)
        return effects + self._fail(row, TransferState.FAILED, code, "", now)

    def cancel(self, transfer: TransferId, now: float) -> list[Effect]:
        """A person ended it here."""
        row = self.rows.get(transfer)
        if row is None or row.transfer.state in FINAL:
            return []
        peer = row.transfer.peer
        effects: list[Effect] = [Say(peer, Ended(transfer, Code.CANCELLED))]
        if self.questions.answer(transfer):
            effects.append(Tell(OfferWithdrawn(transfer, peer, Code.CANCELLED)))
        return effects + self._fail(row, TransferState.CANCELLED, Code.CANCELLED, "", now)

    # --- who is there

    def peer_up(self, peer: PeerId) -> list[Effect]:
        """A peer is there: offer again what it has not got."""
        effects: list[Effect] = []
        for row in self.rows.values():
            transfer = row.transfer
            if transfer.peer != peer or transfer.state in FINAL or row.running:
                continue
            if transfer.direction is Direction.OUT and row.counted:
                effects += self._offer(row)
            elif transfer.direction is Direction.IN and row.accepted:
                effects.append(Say(peer, Answered(transfer.id, True)))
        return effects

    def peer_down(self, peer: PeerId) -> list[Effect]:
        """A peer is gone: its questions are void, what moves stops, all of it waits."""
        effects: list[Effect] = []
        for row in self.rows.values():
            transfer = row.transfer
            if transfer.peer != peer or transfer.state in FINAL or transfer.state is TransferState.WAITING:
                continue
            if self.questions.answer(transfer.id):
                effects.append(Tell(OfferWithdrawn(transfer.id, peer, Code.PEER_AWAY)))
            if row.running:
                effects.append(EndRun(transfer.id))
            else:
                effects += self._away(row, Code.PEER_AWAY)
        return effects

    def tick(self, now: float) -> list[Effect]:
        """What time brings: tries that are due."""
        effects: list[Effect] = []
        for row in self.rows.values():
            if row.retry_at is None or now < row.retry_at:
                continue
            row.retry_at = None
            transfer = row.transfer
            if transfer.state is not TransferState.WAITING or row.running or not self.world.online(transfer.peer):
                continue
            if transfer.direction is Direction.OUT:
                effects += self._offer(row)
            elif row.accepted:
                effects += self._try_disk(row, now)
        return effects

    def next_time(self) -> float | None:
        """When tick() has something to do again."""
        return min((row.retry_at for row in self.rows.values() if row.retry_at is not None), default=None)

    # --- inside

    def _mine(self, peer: PeerId, transfer: TransferId, direction: Direction | None) -> Row | None:
        row = self.rows.get(transfer)
        if row is None or row.transfer.peer != peer or row.transfer.state in FINAL:
            return None
        return row if direction is None or row.transfer.direction is direction else None

    def _queued(self, transfer: Transfer) -> TransferQueued:
        return TransferQueued(
            transfer.id, transfer.peer, transfer.direction, transfer.offer, transfer.started_at, transfer.state
        )

    def _question(self, transfer: Transfer) -> Publish:
        free = self.world.free(self.world.downloads())
        offer, peer = transfer.offer, transfer.peer
        return Publish(OfferReceived(transfer.id, peer, self.world.name(peer), offer.files, offer.bytes, offer, free))

    def _offer(self, row: Row) -> list[Effect]:
        """Put (again) before the peer what we would send; if it is away, wait."""
        transfer = row.transfer
        if not self.world.online(transfer.peer):
            return self._away(row, Code.PEER_AWAY)
        if transfer.state is not TransferState.OFFERED:
            row.transfer = replace(transfer, state=moved(transfer.state, TransferState.OFFERED), code="")
        return [Say(transfer.peer, Offered(transfer.id, transfer.offer))]

    def _offered_again(self, row: Row, said: Offered) -> list[Effect]:
        transfer = row.transfer
        if transfer.state in FINAL:
            return [self._over(transfer, len(transfer.skipped))]
        row.transfer = replace(transfer, offer=said.offer)
        if row.accepted:
            effects: list[Effect] = []
            if said.offer.complete and said.offer != transfer.offer:
                effects.append(Keep(lambda db: journal.set_offer(db, transfer.id, said.offer)))
                effects.append(Tell(OfferGrew(transfer.id, transfer.peer, said.offer)))
            if not row.running:
                effects.append(Say(transfer.peer, Answered(transfer.id, True)))
            return effects
        if transfer.state is TransferState.WAITING:
            row.transfer = replace(row.transfer, state=moved(transfer.state, TransferState.OFFERED), code="")
            self.questions.put(transfer.id, transfer.peer)
            return [Tell(self._question(row.transfer).event)]
        return [Tell(OfferGrew(transfer.id, transfer.peer, said.offer))]

    def _over(self, transfer: Transfer, failed: int) -> Effect:
        """What to tell a sender that asks about a transfer that is over here."""
        if transfer.state in (TransferState.DONE, TransferState.PARTIAL):
            return Say(transfer.peer, HadAll(transfer.id, transfer.files_done, failed, transfer.done_bytes))
        if transfer.state is TransferState.DECLINED:
            return Say(transfer.peer, Answered(transfer.id, False, Code.DECLINED))
        code = Code.CANCELLED if transfer.state is TransferState.CANCELLED else transfer.code
        return Say(transfer.peer, Ended(transfer.id, code or Code.CANCELLED))

    def _run(self, row: Row) -> list[Effect]:
        transfer = row.transfer
        if transfer.state is not TransferState.CONNECTING:
            row.transfer = replace(transfer, state=moved(transfer.state, TransferState.CONNECTING), code="")
        row.epoch += 1
        row.running = True
        out = transfer.direction is Direction.OUT
        return [
            Run(
                transfer.id,
                transfer.peer,
                row.epoch,
                self.world.addresses(transfer.peer),
                row.sources if out else (),
                None if out else row.destination,
            )
        ]

    def _grant(self, row: Row) -> None:
        note, row.next_attach = row.next_attach, None
        assert note is not None
        if row.transfer.state is TransferState.OFFERED:
            row.transfer = replace(row.transfer, state=moved(row.transfer.state, TransferState.CONNECTING))
        row.epoch += 1
        manifest = self.world.manifest(note.transfer)
        self.world.serves(note.transfer, note.link)
        row.running = note.reply.put(Lease(row.epoch, "", row.destination, row.sources, manifest))

    def _finished(self, row: Row, note: RunEnded, now: float) -> list[Effect]:
        if note.failed and not note.files:
            code = note.skipped[0].code if note.skipped else Code.NOTHING_TO_SEND
            return self._fail(row, TransferState.FAILED, code, "", now)
        self._refuse_next(row)
        state = TransferState.PARTIAL if note.failed else TransferState.DONE
        row.transfer = transfer = replace(
            row.transfer,
            state=moved(row.transfer.state, state),
            code="",
            done_bytes=note.bytes,
            files_done=note.files,
            paths=note.paths,
            skipped=note.skipped,
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
        )
        failed, skipped = note.failed, note.skipped
        incoming = transfer.direction is Direction.IN
        end = Durable((Discard(transfer.id, row.destination if incoming else None), Tell(finished)))
        return [Keep(lambda db: journal.finish(db, transfer, failed, skipped), lambda _: end)]

    def _refuse_next(self, row: Row) -> None:
        if row.next_attach is not None:
            row.next_attach.reply.put(Lease(0, Code.DECLINED))
            row.next_attach = None

    def _fail(self, row: Row, state: TransferState, code: str, detail: str, now: float) -> list[Effect]:
        if code not in set(Code):
            code, detail = Code.PROTOCOL, ""  # a peer's word of its own, or of a later version
        row.transfer = transfer = replace(
            row.transfer,
            state=moved(row.transfer.state, state),
            code=code,
            detail=detail,
            seconds=round(row.seconds, 3),
        )
        row.retry_at = None
        self._refuse_next(row)
        name = self.world.name(transfer.peer)
        message = sentences.ended(code, name, detail)
        if code == Code.DECLINED and transfer.direction is Direction.IN:
            message = "You declined. Nothing was written."
        failed = TransferFailed(transfer.id, transfer.peer, state, code, message)
        effects: list[Effect] = [
            Keep(lambda db: journal.finish(db, transfer, 0, ()), lambda _: Publish(failed)),
        ]
        if row.running:
            row.ending = True
            effects.append(EndRun(transfer.id))
        else:
            effects.append(Discard(transfer.id, row.destination))
        return effects

    def _wait(self, row: Row, note: RunEnded, now: float) -> list[Effect]:
        transfer = row.transfer
        online = self.world.online(transfer.peer)
        effects: list[Effect] = []
        if note.unreachable and online and transfer.direction is Direction.OUT:
            effects.append(Say(transfer.peer, FetchAsked(transfer.id)))
        delay = _RETRY[min(row.tries, len(_RETRY) - 1)]
        row.tries += 1
        if note.code in _PASSING:
            # Only the receiver can see when its disk is well again.
            row.retry_at = now + _DISK_AGAIN if transfer.direction is Direction.IN else None
            return effects + self._away(row, Code(note.code), note.detail)
        row.retry_at = now + delay
        code = Code.PEER_UNREACHABLE if note.unreachable and online else Code.PEER_AWAY
        return effects + self._away(row, code)

    def _away(self, row: Row, code: Code, detail: str = "") -> list[Effect]:
        transfer = row.transfer
        if transfer.state is TransferState.WAITING and transfer.code == code:
            return []
        if transfer.state is not TransferState.WAITING:
            transfer = replace(transfer, state=moved(transfer.state, TransferState.WAITING))
        row.transfer = transfer = replace(transfer, code=code, rate=0.0)
        name = self.world.name(transfer.peer)
        message = sentences.waiting(code, name, transfer.done_bytes, transfer.offer.bytes, detail)
        return [
            Keep(lambda db: journal.set_state(db, transfer.id, TransferState.WAITING, code)),
            Tell(
                TransferWaiting(
                    transfer.id, transfer.peer, code, message, transfer.done_bytes, transfer.offer.bytes
                )
            ),
        ]

    def _try_disk(self, row: Row, now: float) -> list[Effect]:
        """Ask for the rest when the disk could take it."""
        transfer = row.transfer
        if transfer.code == Code.DISK_FULL and row.destination is not None:
            missing = transfer.offer.bytes - transfer.done_bytes
            if self.world.free(row.destination) < missing:
                row.retry_at = now + _DISK_AGAIN
                return []
        return [Say(transfer.peer, Answered(transfer.id, True))]


