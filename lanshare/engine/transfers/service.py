"""The table of transfers: what each may do next. No I/O; what it asks for are effects.

A transfer's data link is leased: one job or one served link at a time, told apart by an epoch. Before a lease is
granted anew the old holder is ended and has reported back.
"""

from __future__ import annotations

from msgspec.structs import replace

from lanshare.domain import commands as c
from lanshare.domain.commands import SkipFile
from lanshare.domain.control_messages import (
    Answer,
    Cancel,
    Finished,
    Pause,
)
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    OfferWithdrawn,
    TransferProfiled,
    TransferProgressed,
    TransferStarted,
    TransferVerifying,
)
from lanshare.domain.offer import allowance_of
from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.transfer import (
    FINAL,
    Direction,
    Transfer,
    TransferId,
    TransferState,
)
from lanshare.engine import inbox as n
from lanshare.engine.effects import (
    Effect,
    EndRun,
    PostRun,
    Publish,
    RefuseLease,
    Scan,
    SendControl,
    write,
)
from lanshare.engine.inbox import AttachAsked, DiskSeen, RunEnded, TransferProgress, Verifying
from lanshare.engine.transfers.incoming import Incoming
from lanshare.engine.transfers.machine import STEPS, Step, TrackedTransfer, Walk
from lanshare.engine.transfers.outgoing import Outgoing
from lanshare.engine.transfers.table import ENDING, RESTING
from lanshare.store import journal
from lanshare.store.journal import Unfinished

_MOVE_FROM = {TransferState.MOVING, TransferState.VERIFYING, *STEPS[Step.MOVE][0]}


class Transfers(Outgoing, Incoming):
    """The whole table: both sides, what runs, who is there."""

    __slots__ = ()

    def retry_looked(self, item: n.RetryLooked, now: float) -> list[Effect]:
        """What did not arrive is known: send it."""
        again = c.SendFiles(item.new, item.peer, item.sources, item.room)
        return self.send(again, now, self.world.wall(), frozenset(item.only), item.after)

    # --- what earlier engines left

    def load(self, left: list[Unfinished]) -> list[Effect]:
        """Take up what was not over."""
        effects: list[Effect] = []
        for one in left:
            state = TransferState.PAUSED if one.paused else TransferState.WAITING
            transfer = replace(one.transfer, state=state, code="" if one.paused else Code.PEER_AWAY)
            row = TrackedTransfer(transfer, one.sources, one.landing, one.only, one.after)
            row.walk = Walk.COUNTING if transfer.offer.tops else Walk.BEGUN
            row.rest.here, row.turn.rank = one.paused, one.rank
            row.consent.given = one.accepted
            row.consent.allowed = one.allowed or (allowance_of(transfer.offer, grows=True) if one.accepted else None)
            self.rows[transfer.id] = row
            if transfer.direction is Direction.OUT:
                effects.append(Scan(transfer.id, one.sources, one.only))
        return effects

    def shown(self) -> tuple[Transfer, ...]:
        """What is not over."""
        return tuple(row.transfer for row in self.rows.values() if row.transfer.state not in FINAL)

    def heard_had_all(self, peer: PeerId, said: Finished, now: float) -> list[Effect]:
        """The other side saw it end; the last word was lost on the way, or in a crash here."""
        row = self._mine(peer, said.transfer, Direction.OUT)  # only the receiver knows what it has
        if row is None or row.link.held:
            return []
        offer = row.transfer.offer
        files, failed = min(said.files, offer.files), min(said.failed, offer.files)
        size = min(said.bytes, offer.bytes)
        end = RunEnded(said.transfer, row.link.epoch, "", files=files, failed=failed, bytes=size)
        return self._finished(row, end, now)

    def has_pending(self, peer: PeerId) -> bool:
        """Whether a transfer with this device is not over yet."""
        return any(row.transfer.peer == peer and row.transfer.state not in FINAL for row in self.rows.values())

    def moving(self) -> bool:
        """Whether anything moves now: then the machine should not fall asleep."""
        return any(row.link.held and row.transfer.state not in FINAL for row in self.rows.values())

    # --- while it runs

    def attach(self, note: AttachAsked, now: float) -> list[Effect]:
        """A peer attached a data link: grant the lease, now or when the old holder has ended, or refuse."""
        direction = Direction.IN if note.push else Direction.OUT
        row = self._mine(note.peer, note.transfer, direction)
        if self.world.trust(note.peer) is TrustLevel.BLOCKED:
            return [RefuseLease(note.reply, Code.DECLINED)]
        if row is not None and row.rest.here:
            return [RefuseLease(note.reply, Code.PAUSED)]
        if row is not None and now < row.retry.shy_until:
            return [RefuseLease(note.reply, Code.STOPPING)]
        if row is None or not self._may_move(row) or row.transfer.state is TransferState.QUEUED:
            return [RefuseLease(note.reply, Code.DECLINED)]
        if direction is Direction.OUT and self._in_the_way(row):
            row.turn.waits = True
            refused = RefuseLease(note.reply, Code.TURN)
            return [refused, *([] if row.link.held else self._away(row, Code.TURN))]
        older, row.link.next = row.link.next, note
        replaced: list[Effect] = [RefuseLease(older.reply, Code.STOPPING)] if older is not None else []
        return [*replaced, *([EndRun(note.transfer)] if row.link.held else self._grant(row))]

    def moved(self, note: TransferProgress, now: float) -> list[Effect]:
        """Bytes move."""
        row = self.rows.get(note.transfer)
        if row is None or not row.link.held or row.transfer.state not in _MOVE_FROM:
            return []  # it is over, rests or is asked about anew: its link is about to end
        transfer = row.transfer
        effects: list[Effect] = []
        if transfer.state in STEPS[Step.MOVE][0]:
            transfer = row.step(Step.MOVE, code="")
            effects.append(Publish(TransferStarted(transfer.id, transfer.peer, transfer.direction)))
        if note.bytes > row.retry.most:
            row.retry.most, row.retry.tries = note.bytes, 0
        if row.link.since is None:
            row.link.since = now
        row.show(done_bytes=note.bytes, rate=note.rate)
        total = max(transfer.offer.bytes, note.bytes)
        effects.append(Publish(TransferProgressed(transfer.id, note.bytes, total, note.rate, note.file)))
        if note.split != row.split:
            row.split = split = note.split
            shares = (split.source_disk, split.work, split.network, split.target_disk)
            effects.append(Publish(TransferProfiled(transfer.id, *shares)))
        return effects

    def disk_seen(self, note: DiskSeen) -> list[Effect]:
        """The file system that it arrives on is known: it goes on only there."""
        row = self.rows.get(note.transfer)
        if row is None or row.landing is None:
            return []
        row.landing = replace(row.landing, disk=note.disk)
        return [write(journal.set_disk, note.transfer, note.disk)]

    def verifying(self, note: Verifying) -> list[Effect]:
        """All bytes are over."""
        row = self.rows.get(note.transfer)
        if row is None or row.transfer.state is not TransferState.MOVING:
            return []
        row.step(Step.CHECK)
        return [Publish(TransferVerifying(note.transfer))]

    def resume(self, transfer: TransferId, now: float) -> list[Effect]:
        """A person here lets it go on, or wants a waiting one at once: before others, if it waits for its turn."""
        return self.go_first(transfer) or super().resume(transfer, now)

    def run_ended(self, note: RunEnded, now: float) -> list[Effect]:
        """The data link ended: in success, for a while, or for good."""
        effects = self._run_ended(note, now)
        row = self.rows.get(note.transfer)
        return effects + self._next_turn(row.transfer.peer) if row is not None else effects

    def _run_ended(self, note: RunEnded, now: float) -> list[Effect]:
        row = self.rows.get(note.transfer)
        if row is None or note.epoch != row.link.epoch:
            return []
        row.link.release(now, note.moved)
        if row.over:
            return [self._discard(row)] if row.link.ending else []
        if self.questions.open(note.transfer):
            if note.code:
                return self._refuse_next(row)  # it is asked anew whether so much may come
            # All of it came while more was asked for: nothing is left to say yes to.
            self.questions.answer(note.transfer)
            void = Publish(OfferWithdrawn(note.transfer, row.transfer.peer, "answered"))
            return [void, *self._run_ended_alone(row, note, now)]
        if row.link.next is not None and note.code:
            if row.rest.wanted:
                refused = self._refuse_next(row, Code.PAUSED)
            elif note.code == Code.MORE_THAN_OFFERED or not self._may_move(row):
                refused = self._refuse_next(row)
            else:
                return self._grant(row)
            return [*refused, *self._run_ended_alone(row, note, now)]
        return self._run_ended_alone(row, note, now)

    def _may_move(self, row: TrackedTransfer) -> bool:
        """Whether a link that the peer dialled may move it: what is received, only if the person's yes holds."""
        return row.consent.given or row.transfer.direction is Direction.OUT

    def _run_ended_alone(self, row: TrackedTransfer, note: RunEnded, now: float) -> list[Effect]:
        """Its holder has reported back, and nobody waits to take its place."""
        if not note.code:
            return self._finished(row, note, now)
        row.rest.files = frozenset() if note.code == Code.PUT_ASIDE else row.rest.files | note.aside
        if note.code == Code.PUT_ASIDE and row.rest.aside:
            row.rest.aside = False
            return self.pause(note.transfer)
        if note.code in (Code.PAUSED, Code.PUT_ASIDE):
            row.rest.there = True
        if row.rest.wanted:
            return self._rest(row)
        damaged = note.code == Code.LIST_DAMAGED and row.transfer.direction is Direction.OUT
        if note.code in ENDING or damaged:
            return [
                SendControl(row.transfer.peer, Cancel(note.transfer, note.code)),
                *self._fail(row, TransferState.FAILED, note.code, note.detail, now),
            ]
        return self._wait(row, note, now)

    def heard_end(self, peer: PeerId, said: Cancel, now: float) -> list[Effect]:
        """The peer ended it: by its person's will, or because it cannot go on."""
        row = self._mine(peer, said.transfer, None)
        if row is None:
            return []
        effects: list[Effect] = []
        if self.questions.answer(said.transfer):
            effects.append(Publish(OfferWithdrawn(said.transfer, peer, Code.CANCELLED_BY_PEER)))
        code = said.code if said.code in set(Code) else Code.PROTOCOL
        if code == Code.CANCELLED:
            return effects + self._fail(row, TransferState.CANCELLED, Code.CANCELLED_BY_PEER, "", now)
        return effects + self._fail(row, TransferState.FAILED, code, "", now)

    def cancel(self, transfer: TransferId, now: float) -> list[Effect]:
        """A person ended it here."""
        row = self.rows.get(transfer)
        if row is None or row.over:
            return []
        peer = row.transfer.peer
        effects: list[Effect] = [SendControl(peer, Cancel(transfer, Code.CANCELLED))]
        if self.questions.answer(transfer):
            effects.append(Publish(OfferWithdrawn(transfer, peer, Code.CANCELLED)))
        return effects + self._fail(row, TransferState.CANCELLED, Code.CANCELLED, "", now)

    def leave_out(self, command: SkipFile) -> list[Effect]:
        """A person does not want the file that moves now."""
        row = self.rows.get(command.transfer)
        if row is None or not row.link.held:
            return []
        row.rest.aside = row.rest.aside or command.later
        return [PostRun(command.transfer, command)]

    def cancel_all(self, peer: PeerId, now: float) -> list[Effect]:
        """A device is blocked or forgotten: nothing is under way with it any more."""
        mine = [row.transfer.id for row in self.rows.values() if row.transfer.peer == peer]
        return [effect for transfer in mine for effect in self.cancel(transfer, now)]

    # --- rest

    def pause(self, transfer: TransferId) -> list[Effect]:
        """A person here wants it to rest."""
        row = self.rows.get(transfer)
        if row is None or row.over or row.rest.here or self.questions.open(transfer):
            return []
        row.rest.here = True
        return [
            write(journal.set_paused, transfer, True),
            SendControl(row.transfer.peer, Pause(transfer, True)),
            *self._rest(row),
        ]

    def heard_paused(self, peer: PeerId, said: Pause) -> list[Effect]:
        """The peer's person wants it to rest, or lets it go on."""
        row = self._mine(peer, said.transfer, None)
        if row is None or row.rest.there == said.paused:
            return []
        row.rest.there = said.paused
        if self.questions.open(said.transfer):
            return []  # the person has not even answered
        return self._rest(row) if said.paused else self._go_on(row)

    # --- who is there

    def peer_up(self, peer: PeerId, again: bool = False) -> list[Effect]:
        """A peer is there: offer again what it has not got. `again`: what runs runs over a path that was lost."""
        effects: list[Effect] = []
        for row in sorted(self.rows.values(), key=lambda one: (one.turn.rank, one.transfer.started_at)):
            transfer = row.transfer
            if transfer.peer == peer and row.link.held and again and transfer.state not in FINAL:
                effects.append(EndRun(transfer.id))
            if transfer.peer != peer or transfer.state in FINAL or row.link.held:
                continue
            row.rest.there = row.turn.waits = False
            if row.rest.here:
                effects.append(SendControl(peer, Pause(transfer.id, True)))
                continue
            if transfer.state is TransferState.PAUSED:
                effects += self._unrest(row)
            if transfer.direction is Direction.OUT and row.walk is not Walk.BEGUN:
                effects += self._offer(row)
            elif transfer.direction is Direction.IN and row.consent.given:
                effects.append(SendControl(peer, Answer(transfer.id, True)))
                away = row.transfer.code in ("", Code.PEER_AWAY, Code.PEER_UNREACHABLE)
                if away and row.transfer.state is TransferState.WAITING:
                    row.step(Step.AGREE, code="")
                    effects.append(self._stands(row))
        return effects

    def peer_down(self, peer: PeerId) -> list[Effect]:
        """A peer is gone: its questions are void, what moves stops, all of it waits."""
        effects: list[Effect] = []
        for row in self.rows.values():
            transfer = row.transfer
            rests = transfer.state in RESTING and not row.turn.waits
            row.turn.waits = row.turn.waits and transfer.peer != peer
            if transfer.peer != peer or transfer.state in FINAL or rests:
                continue
            if self.questions.answer(transfer.id):
                effects.append(Publish(OfferWithdrawn(transfer.id, peer, Code.PEER_AWAY)))
            if row.link.held:
                effects.append(EndRun(transfer.id))
            else:
                effects += self._away(row, Code.PEER_AWAY)
        return effects

    def tick(self, now: float) -> list[Effect]:
        """What time brings: tries that are due."""
        effects: list[Effect] = []
        for row in self.rows.values():
            if row.retry.at is None or now < row.retry.at:
                continue
            row.retry.at = None
            transfer = row.transfer
            if transfer.state is not TransferState.WAITING or row.link.held or not self.world.online(transfer.peer):
                continue
            if transfer.direction is Direction.OUT:
                effects += self._offer(row)
            elif row.consent.given:
                effects += self._try_disk(row)
        return effects

    def next_time(self) -> float | None:
        """When tick() has something to do again."""
        return min((row.retry.at for row in self.rows.values() if row.retry.at is not None), default=None)
