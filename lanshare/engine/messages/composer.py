"""Our own messages become signed records: composed, changed while they are queued, said again. All of it in the store's
thread, as a record names those before it."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable

from lanshare.domain.errors import Code
from lanshare.domain.events import GroupRefused
from lanshare.domain.message import CONTROL, MessageKind
from lanshare.domain.peer import PeerId
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import (
    Compose,
    Effect,
    Publish,
    Resend,
    Rewrite,
    write,
)
from lanshare.engine.inbox import AfterCommit, TextChanged, TextKnown, TextStored
from lanshare.engine.ports import Clock, LinkHandle
from lanshare.engine.presentation import user_messages
from lanshare.exchange import message_records
from lanshare.store import groups, history, outbox
from lanshare.trust.identity import Identity


class Composer:
    """Carries out Compose, Rewrite and Resend. It keeps no state."""

    def __init__(self, identity: Identity, clock: Clock, link: Callable[[PeerId], LinkHandle | None]) -> None:
        self._identity, self._clock, self._link = identity, clock, link

    def register(self, to: Dispatch) -> None:
        """See Service."""
        to.effects.on(Compose, self._compose)
        to.effects.on(Rewrite, self._rewrite)
        to.effects.on(Resend, self._resend)

    def tick(self, now: float) -> list[Effect]:
        """See Service."""
        return []

    def next_time(self) -> float | None:
        """See Service."""
        return None

    def _compose(self, effect: Compose) -> list[Effect]:
        return [write(_compose, self._identity, self._clock.wall(), effect)]

    def _rewrite(self, effect: Rewrite) -> list[Effect]:
        return [write(_rewrite, self._identity, effect)]

    def _resend(self, effect: Resend) -> None:
        if (link := self._link(effect.peer)) is not None:
            link.post(message_records.stored(effect.record, effect.conversation or effect.peer))


def _compose(
    db: sqlite3.Connection, identity: Identity, wall: datetime.datetime, effect: Compose
) -> TextStored | TextKnown | AfterCommit | None:
    if effect.kind is MessageKind.TEXT and (known := outbox.find(db, identity.id, effect.message)) is not None:
        if known.peer != effect.peer:
            return None
        position = outbox.position_of(db, known)
        return TextKnown(known, position, history.quote(db, known.peer, known.about))
    about = outbox.digest_of(db, effect.about, effect.peer) if effect.about is not None else b""
    if effect.kind is MessageKind.REACTION and not about:
        return None  # what it was to stand at is gone
    clock = outbox.clock(db, effect.peer, identity.id)
    if effect.kind is MessageKind.CHANGE:
        clock = (*clock[:2], groups.seen(db, effect.peer, identity.id, message_records.change_of))
    signed = message_records.compose(
        identity, effect.peer, effect.message, effect.text, clock, wall, effect.kind, about, effect.delivery,
        effect.group,
    )
    kept = outbox.add(db, signed.message, signed.sequence, signed.record, signed.digest)
    if kept is None:
        return None
    quote = history.quote(db, effect.peer, about.hex())
    if effect.kind not in CONTROL:
        return TextStored(signed, kept.position, quote, about=effect.about)
    settled = groups.settle(db, effect.peer, message_records.change_of)
    place = next((one.position for _, one in settled.shown), 0) if settled is not None else 0
    if settled is None or not place:
        spent = settled is not None and identity.id in settled.spent
        code = Code.GROUP_SPENT if spent else Code.NOT_A_MEMBER  # or it was decided otherwise meanwhile
        return AfterCommit((Publish(GroupRefused(effect.peer, code, user_messages.ended(code))),))
    done = groups.delivered_now(db, identity.id, settled.group)
    return TextStored(signed, place, quote, settled.group, effect.about, tuple(done))


def _rewrite(db: sqlite3.Connection, identity: Identity, effect: Rewrite) -> TextChanged:
    old = outbox.queued_record(db, identity.id, effect.message, effect.peer)
    if old is None:
        return TextChanged(effect.peer, effect.message, None)
    if outbox.is_answered(db, message_records.digest_of(old), effect.peer):
        return TextChanged(effect.peer, effect.message, None)  # somebody has an answer that names it
    signed = message_records.edited(identity, effect.peer, old, effect.text)
    names = {message_records.digest_of(old): signed.digest}
    outbox.change(db, signed.message, signed.record, signed.digest)
    # What was written later names it by its digest: an answer would lose what it answers.
    for later in outbox.queued_behind(db, identity.id, effect.message, effect.peer):
        if (anew := message_records.renamed(identity, effect.peer, later, names)) is not None:
            names[message_records.digest_of(later)] = anew.digest
            outbox.change(db, anew.message, anew.record, anew.digest)
    return TextChanged(effect.peer, effect.message, signed.message.text)
