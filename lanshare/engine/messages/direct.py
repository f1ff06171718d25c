"""The table of messages under way. A message of ours is queued until somebody may have it, and delivered once the
peer, or every member of a group, says that it is stored there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lanshare.domain.commands import DeleteMessage, EditText, React, SendText, UnsendMessage
from lanshare.domain.control_messages import Seen, SeenKept, SignedMessage, Stored, TextRefused
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.events import (
    Event,
    GroupDeliveryProgress,
    MessageDelivered,
    MessageEdited,
    MessageQueued,
    MessageReacted,
    MessageRead,
    MessageRefused,
    MessageSending,
    MessageWaiting,
    TransferRead,
)
from lanshare.domain.message import CONTROL, Delivery, MessageId, MessageKind
from lanshare.domain.peer import PeerId, PeerPolicy, Permission, TrustLevel
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import (
    Compose,
    Effect,
    MarkKnown,
    Online,
    Publish,
    ReadHere,
    Resend,
    Rewrite,
    SendControl,
    read,
    write,
    write_early,
)
from lanshare.engine.inbox import (
    DeliveryStored,
    Handed,
    OutboxLoaded,
    SeenLooked,
    SeenStored,
    Spreads,
    SpreadStored,
    TextArrived,
    TextChanged,
    TextHeld,
    TextKnown,
    TextStored,
    TextUnkept,
)
from lanshare.engine.messages import store_work
from lanshare.engine.messages.groups import Groups
from lanshare.engine.presentation import user_messages
from lanshare.engine.prompt_limit import PromptRateLimiter
from lanshare.exchange import message_records
from lanshare.wire import limits

_HOLD: Final = 10.0
"""Seconds until what a device did not take, as it does not know us yet, is said to it again: it takes three in a
minute."""


@dataclass(slots=True)
class Chats:
    """The table: the messages themselves are the store's."""

    me: PeerId
    name: Callable[[PeerId], str]
    trust: Callable[[PeerId], TrustLevel]
    rules: Callable[[PeerId], PeerPolicy]
    prompts: PromptRateLimiter
    now: Callable[[], float]
    online: Callable[[PeerId], bool]
    groups: Groups
    receipts: Callable[[], bool]
    """Whether others are told that their messages were seen."""

    flushing: dict[PeerId, bool] = field(default_factory=dict)
    """Peers whose waiting messages are being looked up; True: one more came meanwhile, and must not overtake them."""

    held: dict[PeerId, float] = field(default_factory=dict)
    """Peers that take no more from us for now, and until when nothing is said to them."""

    careful: set[PeerId] = field(default_factory=set)
    """Peers that turned something down for now: each message waits until the one before it was kept, else what is
    refused once more would be overtaken by what is taken."""

    def register(self, to: Dispatch) -> None:
        """See Service."""
        items, heard = to.items, to.heard
        items.on(SendText, lambda item, now: self.send(item))
        items.on(React, lambda item, now: self.react(item))
        items.on(EditText, lambda item, now: self.edit(item))
        items.on(UnsendMessage, lambda item, now: self.take_back(item))
        items.on(DeleteMessage, lambda item, now: self.delete(item))
        items.on(TextHeld, self.text_held)
        items.on(TextUnkept, lambda item, now: self.text_unkept(item))
        items.on(TextKnown, lambda item, now: self.known(item))
        items.on(TextStored, lambda item, now: self.stored(item))
        items.on(TextArrived, self.arrived)
        items.on(TextChanged, lambda item, now: self.changed(item))
        items.on(OutboxLoaded, lambda item, now: self.loaded(item))
        items.on(DeliveryStored, lambda item, now: self.delivery_stored(item))
        items.on(Spreads, lambda item, now: [one for note in item.notes for one in self.spread_stored(note)])
        items.on(SeenLooked, lambda item, now: self.seen_looked(item))
        items.on(SeenStored, lambda item, now: self.seen_stored(item))
        items.on(Handed, lambda item, now: self.groups.handed(item, self.spread_stored))
        heard.on(SignedMessage, lambda said, peer, now: self.heard_text(peer, said, now))
        heard.on(Stored, lambda said, peer, now: self.heard_kept(peer, said))
        heard.on(TextRefused, lambda said, peer, now: self.heard_turned_down(peer, said))
        heard.on(Seen, lambda said, peer, now: self.heard_seen(peer, said))
        heard.on(SeenKept, lambda said, peer, now: self.heard_seen_kept(peer, said))
        to.effects.on(ReadHere, lambda effect: self.read_here(effect.peer))
        to.effects.on(Online, lambda effect: self.peer_up(effect.peer))

    # --- ours

    def send(self, command: SendText) -> list[Effect]:
        """A person says something."""
        if trouble := self._trouble(command.message, command.peer, command.text):
            return [trouble]
        if not command.text.strip():
            return []
        return self._compose(command.peer, command.message, command.text, MessageKind.TEXT, command.about)

    def react(self, command: React) -> list[Effect]:
        """A person puts a sign to a message."""
        sign = command.sign.strip()[:16]
        if trouble := self._trouble(command.message, command.peer, sign):
            return [trouble]
        return self._compose(command.peer, command.message, sign, MessageKind.REACTION, command.about)

    def _trouble(self, message: MessageId, peer: PeerId, text: str) -> Effect | None:
        try:
            message_records.check_text(text)
        except LanshareError as error:
            sentence = user_messages.ended(error.code, "", "at most 1 MiB")
            return Publish(MessageRefused(message, peer, error.code, sentence))
        if self.groups.is_group(peer) and not self.groups.mine(peer):
            return Publish(MessageRefused(message, peer, Code.NOT_A_MEMBER, user_messages.ended(Code.NOT_A_MEMBER)))
        return None

    def _compose(
        self, peer: PeerId, message: MessageId, text: str, kind: MessageKind, about: MessageId | None
    ) -> list[Effect]:
        group = self.groups.is_group(peer)
        free = peer not in self.flushing and peer not in self.held and peer not in self.careful
        there = bool(self.groups.present(peer)) if group else self.online(peer) and free
        return [Compose(peer, message, text, Delivery.SENDING if there else Delivery.QUEUED, kind, about, group)]

    def stored(self, note: TextStored) -> list[Effect]:
        """Our message is durable: show it, and say it to whoever is there."""
        message = note.texted.message
        shown: Event
        if message.kind is MessageKind.REACTION:
            shown = MessageReacted(note.about or message.id, message.peer, self.me, message.text)
        else:
            shown = MessageQueued(
                message.id, message.peer, message.text, message.sent_at, note.position, note.quote, message.delivery,
                message.order, message.kind,
            )
        told: list[Effect] = [Publish(shown)]
        if message.kind in CONTROL:
            return [*told, *self.groups.changed_here(note)]
        if self.groups.is_group(message.peer):
            there = self.groups.present(message.peer)
            if there and message.delivery is Delivery.QUEUED:
                return [*told, *self.groups.gossip(message.peer)]
            return [*told, *(SendControl(one, note.texted) for one in there)]
        if message.peer in self.flushing:
            self.flushing[message.peer] = True
            return told
        if message.delivery is Delivery.QUEUED:
            if message.peer in self.held or message.peer in self.careful:
                # It goes when what was written before it was kept.
                sentence = user_messages.ended(Code.NOT_ANSWERED, self.name(message.peer))
                return [*told, Publish(MessageWaiting(message.id, message.peer, Code.NOT_ANSWERED, sentence))]
            return [*told, *(self.peer_up(message.peer) if self.online(message.peer) else [])]
        return [SendControl(message.peer, note.texted), *told]  # the network is what takes long

    def known(self, note: TextKnown) -> list[Effect]:
        """It was asked for before, of an earlier engine: tell how far it is by now."""
        message = note.message
        told: list[Effect] = [
            Publish(
                MessageQueued(
                    message.id, message.peer, message.text, message.sent_at, note.position, note.quote,
                    message.delivery, message.order, message.kind,
                )
            )
        ]
        if message.delivery in (Delivery.DELIVERED, Delivery.READ):
            told.append(Publish(MessageDelivered(message.id, message.peer)))
        elif message.delivery is Delivery.REFUSED:
            sentence = user_messages.ended(Code.DECLINED, self.name(message.peer))
            told.append(Publish(MessageRefused(message.id, message.peer, Code.DECLINED, sentence)))
        return told

    def edit(self, command: EditText) -> list[Effect]:
        """A person wants a message to say something else, if nobody has it yet."""
        if trouble := self._trouble(command.message, command.peer, command.text):
            return [trouble]
        if not command.text.strip():
            return self.take_back(UnsendMessage(command.message, command.peer))
        return [Rewrite(command.peer, command.message, command.text)]

    def changed(self, note: TextChanged) -> list[Effect]:
        """It was changed, or too late for it."""
        if note.text is None:
            return [Publish(store_work.stays(note.message, note.peer))]
        return [Publish(MessageEdited(note.message, note.peer, note.text))]

    def take_back(self, command: UnsendMessage) -> list[Effect]:
        """A person takes a message back, if nobody has it yet."""
        return [write(store_work.take_back, self.me, command.message, command.peer)]

    def delete(self, command: DeleteMessage) -> list[Effect]:
        """A person wants a message out of this history."""
        return [write(store_work.delete, command.message, command.peer)]

    # --- theirs

    def heard_text(self, peer: PeerId, said: SignedMessage, now: float) -> list[Effect]:
        """A peer says something: keep it, then confirm and show it."""
        message = said.message
        if message.peer == peer and peer in self.held:
            # It has answered, so it knows us: what waited for that goes now.
            self.held[peer] = 0.0
        if self.rules(peer).messages is Permission.BLOCK:
            return [SendControl(peer, TextRefused(message.id, Code.DECLINED))]
        if message.peer != peer:
            return self.groups.heard_text(peer, said, now)
        if self.trust(peer) is TrustLevel.STRANGER and len(message.text) > limits.STRANGER_TEXT:
            return [SendControl(peer, TextRefused(message.id, Code.TEXT_TOO_LONG))]
        if self.trust(peer) is TrustLevel.STRANGER and not self.prompts.may(peer, self.now()):
            return [SendControl(peer, TextRefused(message.id, Code.PEER_BUSY))]
        return [write(store_work.keep_text, peer, said, self.name(peer))]

    def arrived(self, note: TextArrived, now: float) -> list[Effect]:
        """A message is durable here. Known twice is confirmed twice, shown once."""
        effects: list[Effect] = [SendControl(note.speaker, Stored(note.message))]
        if note.fresh and note.peer != note.speaker:
            effects += self.groups.gossip_soon(note.peer, now)
        return [*effects, Publish(note.news)] if note.news is not None else effects

    # --- how far ours got

    def heard_kept(self, peer: PeerId, said: Stored) -> list[Effect]:
        """The peer stored our message: told before the disk has it. A crash in between has it confirmed once more."""
        return [write_early(store_work.delivered, self.me, said.message, peer)]

    def heard_turned_down(self, peer: PeerId, said: TextRefused) -> list[Effect]:
        """The peer did not keep our message: for good, or for now."""
        if said.code == Code.PEER_BUSY:
            return [write(store_work.hold, self.me, said.message, peer)]
        return [write(store_work.refuse, self.me, said.message, peer, said.code)]

    def text_held(self, note: TextHeld, now: float) -> list[Effect]:
        """It waits, and all that is written after it: nothing overtakes it."""
        self.careful.add(note.peer)
        self.held[note.peer] = now + _HOLD
        sentence = user_messages.ended(Code.NOT_ANSWERED, self.name(note.peer))
        return [Publish(MessageWaiting(note.message, note.peer, Code.NOT_ANSWERED, sentence))]

    def text_unkept(self, note: TextUnkept) -> list[Effect]:
        """A message that is not to be believed: nobody is told that it was kept."""
        return [SendControl(note.peer, TextRefused(note.message, Code.PROTOCOL))]

    def tick(self, now: float) -> list[Effect]:
        """What time brings: what was held is said again."""
        due = [peer for peer, at in self.held.items() if at <= now]
        for peer in due:
            del self.held[peer]
        return [effect for peer in due if self.online(peer) for effect in self.peer_up(peer)]

    def next_time(self) -> float | None:
        """When tick() has something to do again."""
        return min(self.held.values(), default=None)

    def delivery_stored(self, note: DeliveryStored) -> list[Effect]:
        """How far a message got."""
        careful = note.peer in self.careful and note.peer not in self.held and self.online(note.peer)
        further = self.peer_up(note.peer) if careful else []
        if note.delivery is Delivery.DELIVERED:
            return [MarkKnown(note.peer), Publish(MessageDelivered(note.message, note.peer)), *further]
        code = note.code if note.code in set(Code) else Code.PROTOCOL
        name = self.name(note.peer)
        sentence = (
            f"{name} does not know this device yet, so a first message may have at most 1,000 characters. Send a"
            " shorter one first."
            if code == Code.TEXT_TOO_LONG
            else user_messages.ended(code, name)
        )
        return [Publish(MessageRefused(note.message, note.peer, code, sentence)), *further]

    def spread_stored(self, note: SpreadStored) -> list[Effect]:
        """One more member has, or read, a message of ours."""
        if note.read:
            return [Publish(MessageRead(note.message, note.group))] if note.whole else []
        effects: list[Effect] = [Publish(GroupDeliveryProgress(note.message, note.group, note.have, note.of))]
        return [*effects, Publish(MessageDelivered(note.message, note.group))] if note.whole else effects

    def read_here(self, peer: PeerId) -> list[Effect]:
        """The person has seen a conversation: its authors are told, if they are to be."""
        authors = self.groups.present(peer) if self.groups.is_group(peer) else (peer,)
        return [effect for one in authors for effect in self._tell_seen(one)]

    def _tell_seen(self, peer: PeerId) -> list[Effect]:
        if not self.receipts() or not self.online(peer) or self.trust(peer) is TrustLevel.STRANGER:
            return []
        return [read(store_work.find_untold, peer)]

    def seen_looked(self, note: SeenLooked) -> list[Effect]:
        """Tell a peer what was seen of what it said."""
        return [SendControl(note.peer, Seen(note.ids))]

    def heard_seen(self, peer: PeerId, said: Seen) -> list[Effect]:
        """A peer's person has seen messages or files of ours."""
        return [write(store_work.see, self.me, said.ids, peer)]

    def seen_stored(self, note: SeenStored) -> list[Effect]:
        """It is durable that they were seen."""
        effects: list[Effect] = [SendControl(note.peer, SeenKept(note.ids))]
        effects += [Publish(MessageRead(one, note.peer)) for one in note.news]
        effects += [Publish(TransferRead(one, note.peer)) for one in note.transfers]
        return effects + [effect for one in note.spread for effect in self.spread_stored(one)]

    def heard_seen_kept(self, peer: PeerId, said: SeenKept) -> list[Effect]:
        """The peer knows what was seen; tell it the rest, if there is any and it may know."""
        return [write(store_work.told_seen, peer, said.ids)]

    # --- who is there

    def peer_up(self, peer: PeerId) -> list[Effect]:
        """A peer is there: say what waits for it. From here on it is on its way and can be changed no more."""
        self.held.pop(peer, None)
        self.flushing[peer] = False
        most = 1 if peer in self.careful else -1
        return [write(store_work.take_waiting, peer, most), *self._tell_seen(peer)]

    def loaded(self, note: OutboxLoaded) -> list[Effect]:
        """What waits for a peer, oldest first."""
        effects: list[Effect] = [Publish(MessageSending(one, note.peer)) for one in note.fresh]
        effects += [Resend(note.peer, record) for _, record in note.records]
        if not note.records:
            self.careful.discard(note.peer)
        if self.flushing.pop(note.peer, False) and note.peer not in self.careful:
            effects += self.peer_up(note.peer)
        return effects
