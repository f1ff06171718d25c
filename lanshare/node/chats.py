"""The table of messages under way. A message of ours is queued until the peer says it is stored there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lanshare.domain.commands import SendText
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.events import MessageDelivered, MessageQueued, MessageReceived, MessageRefused
from lanshare.domain.message import Delivery, MessageId
from lanshare.domain.peer import Habit, PeerId, Rules, TrustLevel
from lanshare.domain.talk import Texted, TextKept, TextTurnedDown
from lanshare.exchange import texting
from lanshare.node import sentences
from lanshare.node.effects import Befriend, Compose, Effect, Keep, Look, Resend, Say, Tell
from lanshare.node.notes import DeliveryStored, OutboxLoaded, TextArrived, TextStored
from lanshare.node.questions import Prompts
from lanshare.store import outbox
from lanshare.wire import limits


@dataclass(slots=True)
class Chats:
    """The table: the messages themselves are the store's."""

    me: PeerId
    name: Callable[[PeerId], str]
    trust: Callable[[PeerId], TrustLevel]
    rules: Callable[[PeerId], Rules]
    prompts: Prompts
    now: Callable[[], float]
    flushing: dict[PeerId, bool] = field(default_factory=dict)
    """Peers whose waiting messages are being looked up; True: one more came meanwhile, and must not overtake them."""

    def send(self, command: SendText) -> list[Effect]:
        """A person says something."""
        try:
            texting.check_text(command.text)
        except LanshareError as error:
            sentence = sentences.ended(error.code, "", "at most 1 MiB")
            return [Tell(MessageRefused(command.message, command.peer, error.code, sentence))]
        if not command.text.strip():
            return []
        return [Compose(command.peer, command.message, command.text)]

    def stored(self, note: TextStored) -> list[Effect]:
        """Our message is durable: show it, and say it if the peer is there."""
        message = note.texted.message
        queued = Tell(MessageQueued(message.id, message.peer, message.text, message.sent_at, note.position))
        if message.peer in self.flushing:
            self.flushing[message.peer] = True
            return [queued]
        return [queued, Say(message.peer, note.texted)]

    def heard_text(self, peer: PeerId, said: Texted) -> list[Effect]:
        """A peer says something: keep it, then confirm and show it."""
        message = said.message
        if self.rules(peer).messages is Habit.BLOCK:
            return [Say(peer, TextTurnedDown(message.id, Code.DECLINED))]
        if self.trust(peer) is TrustLevel.STRANGER and len(message.text) > limits.STRANGER_TEXT:
            return [Say(peer, TextTurnedDown(message.id, Code.TEXT_TOO_LONG))]
        if self.trust(peer) is TrustLevel.STRANGER and not self.prompts.may(peer, self.now()):
            return [Say(peer, TextTurnedDown(message.id, Code.PEER_BUSY))]
        return [
            Keep(
                lambda db: outbox.add(db, message, said.sequence, said.record, said.digest),
                lambda position: TextArrived(message, position),
            )
        ]

    def arrived(self, note: TextArrived) -> list[Effect]:
        """A peer's message is durable here. Known twice is confirmed twice, shown once."""
        message = note.message
        effects: list[Effect] = [Say(message.peer, TextKept(message.id))]
        if note.position is not None:
            effects.append(
                Tell(
                    MessageReceived(
                        message.id,
                        message.peer,
                        self.name(message.peer),
                        message.text,
                        message.sent_at,
                        note.position,
                    )
                )
            )
        return effects

    def heard_kept(self, peer: PeerId, said: TextKept) -> list[Effect]:
        """The peer stored our message."""
        return self._set(peer, said.message, Delivery.DELIVERED, "")

    def heard_turned_down(self, peer: PeerId, said: TextTurnedDown) -> list[Effect]:
        """The peer did not keep our message."""
        return self._set(peer, said.message, Delivery.REFUSED, said.code)

    def delivery_stored(self, note: DeliveryStored) -> list[Effect]:
        """How far a message got is durable."""
        if note.delivery is Delivery.DELIVERED:
            return [Befriend(note.peer), Tell(MessageDelivered(note.message, note.peer))]
        code = note.code if note.code in set(Code) else Code.PROTOCOL
        name = self.name(note.peer)
        sentence = (
            f"{name} does not know this device yet, so a first message may have at most 1,000 characters. Send a"
            " shorter one first."
            if code == Code.TEXT_TOO_LONG
            else sentences.ended(code, name)
        )
        return [Tell(MessageRefused(note.message, note.peer, code, sentence))]

    def peer_up(self, peer: PeerId) -> list[Effect]:
        """A peer is there: say what waits for it."""
        self.flushing[peer] = False
        return [
            Look(
                lambda db: outbox.queued(db, peer),
                lambda rows: OutboxLoaded(peer, tuple((row[1], row[2]) for row in rows)),
            )
        ]

    def loaded(self, note: OutboxLoaded) -> list[Effect]:
        """What waits for a peer, oldest first."""
        effects: list[Effect] = [Resend(note.peer, record) for _, record in note.records]
        if self.flushing.pop(note.peer, False):
            effects += self.peer_up(note.peer)
        return effects

    def _set(self, peer: PeerId, message: MessageId, delivery: Delivery, code: str) -> list[Effect]:
        me = self.me

        def then(changed: bool) -> object:
            return DeliveryStored(peer, message, delivery, code) if changed else None

        return [Keep(lambda db: outbox.set_delivery(db, me, message, delivery, peer), then)]
