"""Texts and records of a hostile device."""

from __future__ import annotations

import datetime
import itertools
import secrets

import msgspec

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId, MessageKind
from lanshare.domain.peer import PeerId
from lanshare.exchange import message_records
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from tests.harness.attacker import Attacker
from tests.harness.shells import Shell
from tests.hostile.conftest import Victim

NOW = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)


def record(who: Identity, conversation: PeerId, text: str, number: int, group: bool = True,
           kind: MessageKind = MessageKind.TEXT, ident: str = "", parents: tuple[bytes, ...] = ()) -> f.Text:
    """A signed record."""
    made = message_records.compose(
        who, conversation, MessageId(ident or secrets.token_hex(16)), text, (number - 1, number - 1, parents), NOW,
        kind, group=group,
    )
    return message_records.frame_of(made.record)


def encoded(frame: f.Text) -> bytes:
    """As it travels in a Circle."""
    return msgspec.msgpack.encode(frame)


class Ring:
    """A group that Mallory founded with Bob, who agreed, and Carl, whom she has the key of as well."""

    def __init__(self, victim: Victim, mallory: Identity) -> None:
        self.victim, self.mallory, self.carl = victim, mallory, Identity.create()
        founding = secrets.token_hex(16)
        self.id = message_records.group_of(mallory, MessageId(founding))
        body = message_records.change_body("ring", [victim.wait_id(), self.carl.id], ())
        self.founding = record(mallory, self.id, body, 1, kind=MessageKind.FOUND, ident=founding)

    def invite(self, link: Attacker) -> None:
        """Have Bob in it."""
        link.say(f.GroupRecords((encoded(self.founding),)))
        asked = self.victim.wait_for(e.GroupAsked)
        self.victim.say(c.AnswerGroup(asked.group, True))
        self.victim.wait_for(e.GroupChanged)


def texts(victim: Shell) -> list[str]:
    """What Bob was shown."""
    return [one.text for one in victim.seen if isinstance(one, e.MessageReceived) and one.kind == "text"]


def still(victim: Victim, link: Attacker) -> list[f.Frame]:
    """Whatever was said so far has been dealt with; what Bob said meanwhile."""
    heard: list[f.Frame] = []
    engine = victim.host._engine
    assert engine is not None
    queue = engine.node._groups._queue
    for number in itertools.count():
        link.say(f.Ping(number))
        while not isinstance(frame := link.hear(), f.Pong):
            heard.append(frame)
        victim.say(c.LoadHistory(1, None))
        victim.wait_for(e.HistoryLoaded)
        if number >= 2 and not queue.is_busy:
            break
    return heard


def befriend(victim: Victim, link: Attacker) -> None:
    """Bob writes to her first: from then on she is no stranger."""
    victim.wait_for(e.PeerAppeared)
    victim.say(c.SendText(MessageId(secrets.token_hex(16)), PeerId(link.identity.id), "I know you"))
    link.say(f.Stored(link.hear_kind(f.Text).id))
    victim.wait_for(e.MessageDelivered)
