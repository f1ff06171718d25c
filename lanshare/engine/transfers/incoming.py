"""Receivings: from the peer's offer to the person's answer, and to its undoing. No I/O: effects are asked for."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lanshare.domain.commands import AnswerOffer, CompareOffer, UndoReceive
from lanshare.domain.control_messages import Answer, Fetch, Listing, Offered, Pause
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    OfferCompared,
    OfferGrew,
    OfferReceived,
    OfferWithdrawn,
)
from lanshare.domain.offer import Offer, allowance_of
from lanshare.domain.peer import PeerId, Permission, TrustLevel
from lanshare.domain.transfer import (
    FINAL,
    Direction,
    Transfer,
    TransferState,
)
from lanshare.engine.effects import (
    AskRoom,
    Compare,
    CompareAgain,
    Effect,
    EndRun,
    MarkKnown,
    PostRun,
    Publish,
    SendControl,
    Undo,
    behind_reads,
    behind_writes,
    read,
    write,
    write_then,
)
from lanshare.engine.inbox import (
    AfterCommit,
    Compared,
    DiskRoom,
    EventReady,
    ListedLooked,
    OfferLooked,
    TransferStored,
    UndoLooked,
    Undone,
)
from lanshare.engine.transfers import store_work
from lanshare.engine.transfers.machine import Step, TrackedTransfer
from lanshare.engine.transfers.table import DISK_AGAIN, TransferTable
from lanshare.files.sink.staging import LOOK
from lanshare.store import journal
from lanshare.wire import limits

_LISTINGS: Final = 4
"""Times that the entries of one offer are compared while the person is asked: its sender may come back and list them
anew, but not for ever."""


class Incoming(TransferTable):
    """The side of the table that receives."""

    __slots__ = ()

    def heard_offer(self, peer: PeerId, said: Offered) -> list[Effect]:
        """A peer wants to send: a new question, a known one that grows, or one answered long ago."""
        row = self.rows.get(said.transfer)
        if row is None:
            return [read(store_work.look_for_offer, peer, said)]
        if row.transfer.peer != peer or row.transfer.direction is not Direction.IN:
            return [SendControl(peer, Answer(said.transfer, False, Code.PROTOCOL))]
        return self._offered_again(row, said)

    def offer_looked(self, note: OfferLooked, wall: datetime.datetime) -> list[Effect]:
        """An offer whose transfer is not in memory: the store knows whether it is over."""
        said, peer = note.said, note.peer
        if said.transfer in self.rows:
            return self.heard_offer(peer, said)
        if note.found is not None:
            if note.found.peer != peer or note.found.direction is not Direction.IN:
                return [SendControl(peer, Answer(said.transfer, False, Code.PROTOCOL))]
            return [self._over(note.found)]
        if self.world.rules(peer).files is Permission.BLOCK:
            return [SendControl(peer, Answer(said.transfer, False, Code.DECLINED))]
        trust = self.world.trust(peer)
        if not self.questions.may_ask(peer, trust, wall.timestamp()):
            return [SendControl(peer, Answer(said.transfer, False, Code.PEER_BUSY))]
        # In a group's conversation is shown only what one of its members sends, to us as another one.
        room = said.offer.room if self.world.shares(said.offer.room, peer) else ""
        offer = replace(said.offer, room=room)
        transfer = Transfer(said.transfer, peer, Direction.IN, TransferState.OFFERED, offer, wall)
        self.rows[transfer.id] = TrackedTransfer(transfer, after=said.after)
        self.questions.put(transfer.id, peer)
        kept = write_then(TransferStored(transfer.id), journal.add, transfer)
        if unasked := self._unasked(transfer, 0.0):
            return [kept, *unasked]
        return [kept, behind_writes(AfterCommit((self._ask_room(self.rows[transfer.id]),)))]

    def _unasked(self, transfer: Transfer, now: float) -> list[Effect]:
        """Accept what the person's rules for this device accept: all of it is counted, and it is not too much. More
        than that is asked about, or accepted anew by the rules."""
        rules, offer = self.world.rules(transfer.peer), transfer.offer
        if rules.files is not Permission.ACCEPT or not offer.complete or 0 < rules.up_to < offer.bytes:
            return []
        return self.answer(AnswerOffer(transfer.id, True, Path(rules.into) if rules.into else None), now)

    def heard_listed(self, peer: PeerId, said: Listing) -> list[Effect]:
        """More of an offer's entries: compare them with what is here; the peer is told nothing of it."""
        if said.transfer not in self.rows:
            # Its offer may still wait for the store: behind that.
            return [behind_reads(ListedLooked(peer, said))]
        return self.listed_looked(ListedLooked(peer, said))

    def listed_looked(self, note: ListedLooked) -> list[Effect]:
        """The same, once the store has been asked about its offer."""
        said = note.said
        row = self._mine(note.peer, said.transfer, Direction.IN)
        if row is None or row.consent.given or row.transfer.state is not TransferState.OFFERED:
            return []
        if said.first == 0:
            row.listing.count = 0
        if said.first != row.listing.count or row.listing.count + len(said.entries) > limits.LISTED:
            return []
        row.listing.count += len(said.entries)
        row.listing.ever += len(said.entries) + 1
        if row.listing.ever > _LISTINGS * limits.LISTED:
            return []
        return [Compare(said, row.listing.folder or self.world.destination(row.transfer).folder)]

    def compare_in(self, command: CompareOffer) -> list[Effect]:
        """A person would have it in another folder: what of it is there?"""
        row = self.rows.get(command.transfer)
        asked = row is not None and not row.consent.given and row.transfer.state is TransferState.OFFERED
        if row is None or not asked or row.transfer.direction is not Direction.IN:
            return []
        row.listing.folder = command.folder
        return [CompareAgain(command.transfer, command.folder)]

    def compared(self, note: Compared) -> list[Effect]:
        """How an offer's entries relate to what is here."""
        row = self.rows.get(note.transfer)
        if row is None or row.consent.given or row.transfer.state is not TransferState.OFFERED:
            return []
        if row.listing.put < row.listing.asked:
            row.listing.compared = note
            return []
        event = OfferCompared(
            note.transfer,
            row.transfer.peer,
            note.new,
            note.same,
            note.differs,
            note.new_bytes,
            note.same_bytes,
            note.differing,
            note.new + note.same + note.differs >= row.transfer.offer.files,
            note.free,
        )
        # Behind the question itself, which waits for the store.
        return [behind_writes(EventReady(event))]

    def answer(self, command: AnswerOffer, now: float) -> list[Effect]:
        """A person answered; the first answer wins."""
        row = self.rows.get(command.transfer)
        if row is None or not self.questions.answer(command.transfer):
            return []
        transfer, peer = row.transfer, row.transfer.peer
        effects: list[Effect] = [Publish(OfferWithdrawn(transfer.id, peer, "answered"))]
        if not command.accepted:
            return [
                *effects,
                SendControl(peer, Answer(transfer.id, False, Code.DECLINED)),
                *self._fail(row, TransferState.DECLINED, Code.DECLINED, "", now),
            ]
        row.consent.allowed = allowance_of(command.shown or transfer.offer, command.grows)
        if not transfer.offer.complete and not command.grows:
            row.consent.wish = command  # it holds if the whole comes to no more: see _offered_again
            return effects
        if not row.consent.allowed.covers(transfer.offer):
            return [*effects, *self._put(row)]  # it is another one than was shown
        return [*effects, *self._accept(row, command)]

    def _accept(self, row: TrackedTransfer, command: AnswerOffer) -> list[Effect]:
        """The yes holds."""
        transfer, peer, allowed = row.transfer, row.transfer.peer, row.consent.allowed
        assert allowed is not None
        row.landing = landing = self.world.destination(transfer, command.into, command.sort, command.clash)
        row.consent.hold(allowed)
        if transfer.state is not TransferState.PAUSED:  # else it goes on when nobody wants it to rest any more
            row.step(Step.AGREE)
        return [
            MarkKnown(peer),
            write(journal.accept, transfer.id, landing, allowed),
            SendControl(peer, Answer(transfer.id, True)),
            self._stands(row),
        ]

    def heard_fetch(self, peer: PeerId, said: Fetch, now: float) -> list[Effect]:
        """The sender cannot dial us: we dial it."""
        row = self._mine(peer, said.transfer, Direction.IN)
        if row is None or not row.consent.given or row.link.held or row.rest.wanted or now < row.retry.shy_until:
            return []
        return self._run(row)

    def undo(self, command: UndoReceive) -> list[Effect]:
        """A person wants what was received to go again."""
        return [read(store_work.look_for_received, command.transfer)]

    def undo_looked(self, note: UndoLooked) -> list[Effect]:
        """What the store knows of it."""
        transfer = note.found
        over = transfer.state in (TransferState.DONE, TransferState.PARTIAL)
        if not over or transfer.code == Code.UNDONE:
            return []
        return [Undo(transfer.id, transfer.peer, note.folder)]

    def undone(self, note: Undone) -> list[Effect]:
        """What was received lies aside."""
        event = note.event
        if not event.files and not event.restored:
            return [Publish(event)]
        return [write_then(EventReady(event), journal.set_code, event.transfer, Code.UNDONE, event.folder)]

    def _ask_room(self, row: TrackedTransfer) -> Effect:
        """A question is put once it is known how much room there is, or that nobody can tell."""
        row.listing.asked += 1
        row.listing.compared = None
        return AskRoom(row.transfer.id, self.world.downloads(), "question", row.listing.asked)

    def disk_room(self, note: DiskRoom, now: float) -> list[Effect]:
        """It is known: put the question, or go on with what a full disk holds up."""
        row = self.rows.get(note.transfer)
        if row is None:
            return []
        if note.why == "retry":
            return self._disk_again(row, note, now)
        if note.number != row.listing.asked or not self.questions.open(note.transfer):
            return []  # it is put by a later look, or was answered or withdrawn meanwhile
        row.listing.put = note.number
        compared, row.listing.compared = row.listing.compared, None
        transfer = row.transfer
        offer, peer = transfer.offer, transfer.peer
        asked = OfferReceived(transfer.id, peer, self.world.name(peer), offer.files, offer.bytes, offer, note.free)
        return [Publish(asked), *(self.compared(compared) if compared is not None else [])]

    def _offered_again(self, row: TrackedTransfer, said: Offered) -> list[Effect]:
        transfer = row.transfer
        if transfer.state in FINAL:
            return [self._over(transfer)]
        offer = replace(said.offer, room=transfer.offer.room)
        if self._is_another(row, offer):
            return [SendControl(transfer.peer, Answer(transfer.id, False, Code.PEER_BUSY))]
        row.show(offer=offer)
        if row.rest.here:
            return [SendControl(transfer.peer, Pause(transfer.id, True))]
        if row.consent.given and row.consent.allowed is not None and not row.consent.allowed.covers(offer):
            return self._grew(row)
        if row.consent.given:
            effects: list[Effect] = []
            effects += self._bound(row)
            if offer.complete and offer != transfer.offer:
                effects.append(write(journal.set_offer, transfer.id, offer))
                effects.append(Publish(OfferGrew(transfer.id, transfer.peer, offer)))
            if not row.link.held:
                effects.append(SendControl(transfer.peer, Answer(transfer.id, True)))
            return effects
        if row.consent.wish is not None:
            return [Publish(OfferGrew(transfer.id, transfer.peer, offer)), *self._wished(row, row.consent.wish)]
        if row.consent.exceeded and row.consent.allowed is not None and row.consent.allowed.covers(offer):
            # It sent more than it offers even now: no question could be answered by that.
            code = Code.MORE_THAN_OFFERED
            refused = SendControl(transfer.peer, Answer(transfer.id, False, code))
            return [refused, *self._fail(row, TransferState.FAILED, code, "", 0.0)]
        if transfer.state is TransferState.WAITING:
            # Its sender was away: a stranger that asks once more asks once more.
            if not self.questions.may_ask(transfer.peer, self.world.trust(transfer.peer), self._wall()):
                return [SendControl(transfer.peer, Answer(transfer.id, False, Code.PEER_BUSY))]
            return self._put(row)
        return [Publish(OfferGrew(transfer.id, transfer.peer, offer)), *self._unasked(row.transfer, 0.0)]

    def _is_another(self, row: TrackedTransfer, offer: Offer) -> bool:
        """Whether a stranger puts something else in the place of an open question: its names grow while it is counted,
        and nothing else. Else one question would be a way to say any number of things."""
        before = row.transfer.offer
        if not self.questions.open(row.transfer.id):
            return False  # it was away meanwhile: it may have changed, and asks anew
        answered = row.consent.given or row.consent.allowed is not None
        if answered or self.world.trust(row.transfer.peer) is not TrustLevel.STRANGER:
            return False
        if before.complete or not {top.name for top in before.tops} <= {top.name for top in offer.tops}:
            return replace(offer, room=before.room) != before
        return offer.names > max(before.names, len(before.tops))

    def _wall(self) -> float:
        return self.world.wall().timestamp()

    def _bound(self, row: TrackedTransfer) -> list[Effect]:
        """An offer that could grow is counted by now: from here on it binds."""
        offer = row.transfer.offer
        if not offer.complete or row.consent.allowed is None or row.consent.allowed.bytes is not None:
            return []
        row.consent.allowed = allowed = allowance_of(offer, False)
        transfer = row.transfer.id
        told: list[Effect] = [PostRun(transfer, allowed)] if row.link.held else []
        return [*told, write(journal.allow, transfer, allowed)]

    def _wished(self, row: TrackedTransfer, wish: AnswerOffer) -> list[Effect]:
        """More is counted of what the person said yes to: it holds, or is asked anew, once all of it is counted."""
        offer, allowed = row.transfer.offer, row.consent.allowed
        if not offer.complete or allowed is None:
            return []
        if allowed.covers(offer):
            return self._accept(row, wish)
        row.consent.wish = None
        return self._put(row)

    def _grew(self, row: TrackedTransfer) -> list[Effect]:
        """It is offered more than was accepted: nothing more is written until the person has said yes again."""
        transfer = row.transfer.id
        row.consent.given = False
        ended: list[Effect] = [EndRun(transfer)] if row.link.held else []
        void = write(journal.allow, transfer, None)
        if row.transfer.state is not TransferState.WAITING:
            row.step(Step.WAIT, rate=0.0)
        return [*ended, void, *self._put(row)]

    def _put(self, row: TrackedTransfer) -> list[Effect]:
        """Put the question, unless the rules answer it."""
        transfer = row.transfer
        if transfer.state is TransferState.WAITING:
            transfer = row.step(Step.ASK, code="")
        self.questions.put(transfer.id, transfer.peer)
        return self._unasked(transfer, 0.0) or [self._ask_room(row)]

    def _try_disk(self, row: TrackedTransfer) -> list[Effect]:
        """Ask for the rest, of what a full disk holds up when that could take it."""
        transfer = row.transfer
        if transfer.code == Code.DISK_FULL and row.landing is not None:
            return [AskRoom(transfer.id, row.landing.folder, "retry")]
        return [SendControl(transfer.peer, Answer(transfer.id, True))]

    def _disk_again(self, row: TrackedTransfer, note: DiskRoom, now: float) -> list[Effect]:
        transfer = row.transfer
        if transfer.state is not TransferState.WAITING or transfer.code != Code.DISK_FULL or row.link.held:
            return []
        missing = transfer.offer.bytes - transfer.done_bytes
        # What is smaller than the receiver's looks at the disk goes into the last room there is.
        if (note.room if missing >= LOOK else note.free) < missing:
            row.retry.at = now + DISK_AGAIN
            return []
        return [SendControl(transfer.peer, Answer(transfer.id, True))]
