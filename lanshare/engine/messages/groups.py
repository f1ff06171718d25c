"""The table of groups: who is in them, who hands what to whom. No I/O; what it asks for are effects.

Nobody is in charge. A member says its own new records to all members that are there; whoever was away, or not in reach
of the author, gets them from any member that has them: two members that meet, and again whenever something new came,
tell each other what they hold, and hand over what the other lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from lanshare.domain.commands import AnswerGroup, ChangeGroup, CreateGroup, NotifyTyping
from lanshare.domain.control_messages import GroupRecords, HistorySummary, SignedMessage, Typing
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    GroupAsked,
    GroupChanged,
    GroupRefused,
    GroupReversed,
    MessageDelivered,
    MessageSending,
    MessageUnsent,
    PeerTyping,
)
from lanshare.domain.groups import MEMBERS, Group
from lanshare.domain.message import CONTROL, Delivery, MessageId, MessageKind
from lanshare.domain.peer import PeerId, TrustLevel, clean_name
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import (
    Compose,
    Effect,
    MarkKnown,
    Online,
    Publish,
    Resend,
    SendControl,
    read,
    write,
)
from lanshare.engine.inbox import CircleLoaded, GroupMerged, Handed, SpreadStored, TextStored
from lanshare.engine.messages import news, store_work
from lanshare.engine.messages.group_records import DueRecords, GroupRecordQueue
from lanshare.engine.messages.invitations import Invitations
from lanshare.engine.presentation import user_messages
from lanshare.exchange import message_records
from lanshare.wire import limits

_HAND_EVERY: Final = 0.2
"""Seconds between two answers to one member about one group: what is handed over for nothing is bounded by it."""

_SOON: Final = 0.3
"""Seconds after something new came before the others are told what we hold: what comes in a row is told once."""


@dataclass(slots=True)
class Groups:
    """The table."""

    me: PeerId
    name: Callable[[PeerId], str]
    trust: Callable[[PeerId], TrustLevel]
    online: Callable[[PeerId], bool]
    founded: Callable[[MessageId], PeerId]
    """The group that we found by a record of this id."""

    may_ask: Callable[[PeerId], bool] = lambda peer: True
    """Whether the person may be asked something by a stranger now."""

    now: Callable[[], float] = lambda: 0.0
    """Seconds of any one clock."""

    silenced: Callable[[PeerId], bool] = lambda peer: False
    """Whether the person wants to read nothing of a device, whoever hands it on."""

    rows: dict[PeerId, Group] = field(default_factory=dict)
    _invitations: Invitations = field(default_factory=Invitations)
    _gossip_at: dict[PeerId, float] = field(default_factory=dict)
    _queue: GroupRecordQueue = field(init=False)
    _handed_at: dict[tuple[PeerId, PeerId], float] = field(default_factory=dict)
    _held_later: dict[tuple[PeerId, PeerId], HistorySummary] = field(default_factory=dict)
    """What was said to be held sooner than it is answered: the last word of each counts."""

    def __post_init__(self) -> None:
        self._queue = GroupRecordQueue(lambda peer: "" if self.trust(peer) is TrustLevel.STRANGER else peer)

    def register(self, to: Dispatch) -> None:
        """See Service."""
        items = to.items
        items.on(CreateGroup, lambda item, now: self.create(item))
        items.on(AnswerGroup, lambda item, now: self.answer(item))
        items.on(ChangeGroup, lambda item, now: self.change(item))
        items.on(NotifyTyping, lambda item, now: self._typing(item.peer))
        items.on(GroupMerged, self.merged)
        items.on(CircleLoaded, lambda item, now: self.circle_loaded(item))
        to.heard.on(GroupRecords, lambda said, peer, now: self.heard_circle(peer, said, now))
        to.heard.on(HistorySummary, lambda said, peer, now: self.heard_held(peer, said, now))
        to.heard.on(Typing, lambda said, peer, now: self._heard_typing(peer, said))
        to.effects.on(Online, lambda effect: self.peer_up(effect.peer))

    # --- look-ups

    def is_group(self, peer: PeerId) -> bool:
        """Whether a conversation is a group's."""
        return peer in self.rows

    def mine(self, group: PeerId) -> bool:
        """Whether we are in it."""
        return group in self.rows and self.me in self.rows[group].members

    def shares(self, group: PeerId, peer: PeerId) -> bool:
        """Whether this peer and we are both in it."""
        return self.mine(group) and peer in self.rows[group].members

    def present(self, group: PeerId) -> tuple[PeerId, ...]:
        """The other members that are there now."""
        stands = self.rows.get(group)
        if stands is None or self.me not in stands.members:
            return ()
        return tuple(one for one in stands.members if one != self.me and self.online(one))

    def shown(self) -> tuple[GroupChanged, ...]:
        """All of them."""
        return tuple(self._event(one, False) for one in self.rows.values())

    # --- what a person does

    def create(self, command: CreateGroup) -> list[Effect]:
        """Found a group."""
        name = clean_name(command.name)
        members = tuple(dict.fromkeys(one for one in command.members if one != self.me))
        group = self.founded(command.founding)
        if not name or not members or len(members) >= MEMBERS:
            return [_refused(group, Code.GROUP_EMPTY)]
        if any(self.trust(one) is TrustLevel.BLOCKED for one in members):
            return [_refused(group, Code.BLOCKED_MEMBER)]
        body = message_records.change_body(name, members, ())
        return [Compose(group, command.founding, body, Delivery.DELIVERED, MessageKind.FOUND, None, True)]

    def change(self, command: ChangeGroup) -> list[Effect]:
        """Add, remove, rename, leave."""
        stands = self.rows.get(command.group)
        if stands is None or self.me not in stands.members:
            return [_refused(command.group, Code.NOT_A_MEMBER)]
        add = tuple(one for one in dict.fromkeys(command.add) if one not in stands.members)
        remove = tuple(one for one in dict.fromkeys(command.remove) if one in stands.members)
        name = clean_name(command.name)
        if any(not stands.may_remove(self.me, one) for one in remove):
            return [_refused(command.group, Code.MORE_SENIOR)]
        if len(stands.members) + len(add) - len(remove) > MEMBERS or any(
            self.trust(one) is TrustLevel.BLOCKED for one in add
        ):
            return [_refused(command.group, Code.BLOCKED_MEMBER if add else Code.GROUP_EMPTY)]
        if not add and not remove and (not name or name == stands.name):
            return []
        if len(add) + len(remove) > MEMBERS:
            return [_refused(command.group, Code.GROUP_EMPTY)]
        body = message_records.change_body(name if name != stands.name else "", add, remove)
        return [Compose(command.group, command.message, body, Delivery.DELIVERED, MessageKind.CHANGE, None, True)]

    def changed_here(self, note: TextStored) -> list[Effect]:
        """Our own record about a group is durable: tell the shells and whoever is there, those removed included."""
        if note.group is None:
            return []
        before = self.rows.get(note.group.id)
        self.rows[note.group.id] = note.group
        told = self._event(note.group, before is None)
        done = [Publish(MessageDelivered(one, note.group.id)) for one in note.delivered]
        return [Publish(told), *done, *self._tell_new(note.group, before, [note.texted])]

    # --- what members say

    def heard_circle(self, peer: PeerId, said: GroupRecords, now: float) -> list[Effect]:
        """Records about a group's members. Only known devices may take us into a group that is new."""
        group = said.records[0].message.peer
        if group in self.rows:
            self._queue.add(peer, said.records)
        elif self.trust(peer) is TrustLevel.STRANGER:
            if not self._invitations.knows(group):
                self._queue.collect(peer, said.records, limits.GROUP_COLLECTED, now)
        else:
            self._queue.collect(peer, said.records, limits.GROUP_LARGEST, now)
        return self._merge_due(now)

    def _merge_due(self, now: float) -> list[Effect]:
        """What has its turn goes to the store."""
        effects: list[Effect] = []
        for due in self._queue.due(now):
            known = self.trust(due.speaker) is not TrustLevel.STRANGER
            if due.is_new and known and not self._queue.may_found(due.speaker, due.group, self.now()):
                self._queue.merged(due.speaker, due.group, False, 0, now)
                continue
            merge = write(store_work.merge, self.me, due.speaker, due.records, self._strangers(due))
            effects.append(replace(merge, lost=GroupMerged(due.speaker, due.group, None, ())))
        return effects

    def _strangers(self, due: DueRecords) -> frozenset[PeerId]:
        """By whose records the person would have to be asked before we are in a group in which we are not."""
        if self.mine(due.group):
            return frozenset()
        authors = frozenset(one.message.author for one in due.records)
        if self.trust(due.speaker) is TrustLevel.STRANGER:
            return authors
        return frozenset(one for one in authors if one != self.me and self.trust(one) is TrustLevel.STRANGER)

    def _asked(self, peer: PeerId, stands: Group, records: tuple[SignedMessage, ...]) -> list[Effect]:
        """A stranger may only ask: once for each group, and no more often than anything else."""
        if peer not in stands.members or self._invitations.knows(stands.id) or not self.may_ask(peer):
            return []
        self._invitations.ask(stands.id, peer, records)
        return [Publish(GroupAsked(stands.id, stands.name, peer, self.name(peer), len(stands.members)))]

    def answer(self, command: AnswerGroup) -> list[Effect]:
        """A person wants to be in it, or not. A no holds until lanshare starts anew and is asked again."""
        if (said := self._invitations.answer(command.group, command.joins)) is None:
            return []
        peer, records = said
        return [MarkKnown(peer), write(store_work.merge, self.me, peer, records, frozenset())]

    def merged(self, note: GroupMerged, now: float) -> list[Effect]:
        """They are durable, or the person is to be asked."""
        group = note.group
        self._queue.merged(note.speaker, note.conversation, group is not None and not note.asks, note.weight, now)
        again = [more for peer, one in self._queue.lost() for more in self._tell_circle(one, [peer], False)]
        if group is None:
            return again
        if note.asks:
            return [*again, *self._asked(note.speaker, group, note.asks)]
        before = self.rows.get(group.id)
        self.rows[group.id] = group
        effects: list[Effect] = [*again, *(Publish(MessageDelivered(one, group.id)) for one in note.delivered)]
        if note.kept:
            effects.append(Publish(self._event(group, before is None or self.me not in before.members)))
            effects += [Publish(MessageUnsent(one, group.id)) for one in note.gone]
            if note.gone and before is not None:
                out, back = (
                    tuple(one for one in some if one not in others)
                    for some, others in ((before.members, group.members), (group.members, before.members))
                )
                names = (tuple(map(self.name, some)) for some in (out, back))
                sentence = user_messages.reversed_changes(group.name, *names)
                effects.append(Publish(GroupReversed(group.id, out, back, sentence)))
            effects += [Publish(news.received(one, kept, self.name(one.author))) for one, kept in note.arrived]
            effects += self._tell_new(group, before, note.kept, note.speaker)
        return effects

    def _tell_new(
        self, group: Group, before: Group | None, records: Sequence[SignedMessage], speaker: PeerId | None = None
    ) -> list[Effect]:
        """Say new records to all members that are there, those removed included: whoever was in it has the others since
        we met. Whoever comes in gets them all, also for another time: while it was out, it was told nothing."""
        everyone = {*group.members, *(before.members if before is not None else ())} - {self.me}
        there = {one for one in everyone if self.online(one)}
        new = {one for one in there if before is None or one not in before.members}
        old = there - new
        told = [GroupRecords(some) for some in _pieces(records)]
        effects: list[Effect] = [SendControl(one, some) for one in sorted(old - {speaker}) for some in told]
        return [*effects, *self._tell_circle(group.id, new), *self._tell_circle(group.id, old, False)]

    def heard_text(self, peer: PeerId, said: SignedMessage, now: float) -> list[Effect]:
        """A text of a group, its author's or handed on. What may not be kept is passed over in silence."""
        message = said.message
        if message.kind in CONTROL:
            return self.heard_circle(peer, GroupRecords((said,)), now)
        name, hidden = self.name(message.author), self.silenced(message.author)
        return [write(store_work.keep_group_text, self.me, peer, said, name, hidden)]

    def heard_held(self, peer: PeerId, said: HistorySummary, now: float) -> list[Effect]:
        """What a member has: note what it has of ours, hand over what it lacks."""
        group, me = said.group, self.me
        key = (peer, group)
        stands = self.rows.get(group)
        if stands is None or me not in stands.members or peer not in stands.members:
            return []
        if now - self._handed_at.get(key, -1.0) < _HAND_EVERY:
            self._held_later[key] = said
            return []
        self._handed_at[key] = now
        return [write(store_work.hand_over, me, peer, said)]

    def handed(self, note: Handed, spread: Callable[[SpreadStored], list[Effect]]) -> list[Effect]:
        """Say what a member lacks."""
        effects = [effect for one in note.news for effect in spread(one)]
        effects += [Publish(MessageSending(one, note.group)) for one in note.fresh]
        records = [message_records.stored(record, note.group) for record in note.records]
        changes = [one for one in records if one.message.kind in CONTROL]
        effects += [SendControl(note.peer, GroupRecords(some)) for some in _pieces(changes)]
        texts = (one for one in records if one.message.kind not in CONTROL)
        return effects + [Resend(note.peer, one.record, note.group) for one in texts]

    # --- who is there, and what time brings

    def peer_up(self, peer: PeerId) -> list[Effect]:
        """A device is there: tell it about the groups that we share, or shared."""
        shared = [one.id for one in self.rows.values() if one.knows(peer) and one.knows(self.me)]
        return [effect for group in shared for effect in self._tell_circle(group, [peer])]

    def gossip_soon(self, group: PeerId, now: float) -> list[Effect]:
        """Something new came: others may lack it."""
        self._gossip_at.setdefault(group, now + _SOON)
        return []

    def gossip(self, group: PeerId) -> list[Effect]:
        """Tell the members that are there what we hold."""
        self._gossip_at.pop(group, None)
        return self._tell_circle(group, self.present(group), False)

    def tick(self, now: float) -> list[Effect]:
        """What time brings."""
        merging = self._merge_due(now)
        due = [group for group, at in self._gossip_at.items() if at <= now]
        effects = [*merging, *(effect for group in due for effect in self.gossip(group))]
        for key in [key for key in self._held_later if now - self._handed_at.get(key, -1.0) >= _HAND_EVERY]:
            effects += self.heard_held(key[0], self._held_later.pop(key), now)
        return effects

    def next_time(self) -> float | None:
        """When tick() has something to do again."""
        later = [self._handed_at.get(key, 0.0) + _HAND_EVERY for key in self._held_later]
        merging = self._queue.next_time()
        return min([*self._gossip_at.values(), *later, *(() if merging is None else (merging,))], default=None)

    def _typing(self, conversation: PeerId) -> list[Effect]:
        group = self.is_group(conversation)
        there = self.present(conversation) if group else (conversation,)
        return [SendControl(one, Typing(conversation if group else one)) for one in there]

    def _heard_typing(self, peer: PeerId, said: Typing) -> list[Effect]:
        ours = said.conversation == peer or peer in self.present(said.conversation)
        return [Publish(PeerTyping(said.conversation, peer))] if ours else []

    def circle_loaded(self, note: CircleLoaded) -> list[Effect]:
        """Say who is in a group, and what we hold of it."""
        records = [message_records.stored(record, note.group) for record in note.records]
        effects: list[Effect] = []
        stands = self.rows.get(note.group)
        for peer in note.peers:
            effects += [SendControl(peer, GroupRecords(some)) for some in _pieces(records)]
            if stands is not None and peer in stands.members and self.me in stands.members:
                effects.append(SendControl(peer, HistorySummary(note.group, note.held)))
        return effects

    # --- inside

    def _tell_circle(self, group: PeerId, peers: Iterable[PeerId], circle: bool = True) -> list[Effect]:
        told = tuple(sorted(peers))
        return [read(store_work.load_circle, group, told, circle)] if told else []

    def _event(self, group: Group, added: bool) -> GroupChanged:
        return GroupChanged(group.id, group.name, group.members, self.me in group.members, added)


def _refused(group: PeerId, code: Code) -> Effect:
    return Publish(GroupRefused(group, code, user_messages.ended(code)))


def _pieces(records: Sequence[SignedMessage]) -> list[tuple[SignedMessage, ...]]:
    """Records in frames that are not too long, the founding one in the first."""
    pieces: list[list[SignedMessage]] = [[]]
    size = 0
    for one in records:
        if pieces[-1] and (len(pieces[-1]) == limits.CIRCLE or size + len(one.record) > limits.CIRCLE_BYTES):
            pieces.append([])
            size = 0
        pieces[-1].append(one)
        size += len(one.record)
    return [tuple(piece) for piece in pieces if piece]
