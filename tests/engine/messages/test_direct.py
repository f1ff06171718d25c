"""Messages under way: delivered means stored there; twice the same is shown once."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from lanshare.domain.commands import SendText
from lanshare.domain.control_messages import SeenKept, SignedMessage, Stored, TextRefused
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    MessageDelivered,
    MessageQueued,
    MessageReceived,
    MessageRefused,
    MessageSending,
    MessageWaiting,
)
from lanshare.domain.message import Delivery, MessageId
from lanshare.domain.peer import PeerPolicy, Permission, TrustLevel
from lanshare.engine.effects import Compose, DbWrite, Effect, MarkKnown, Publish, Resend, SendControl, write
from lanshare.engine.inbox import DeliveryStored, OutboxLoaded, TextArrived, TextHeld, TextStored
from lanshare.engine.messages import news, store_work
from lanshare.engine.messages.direct import Chats
from lanshare.engine.messages.groups import Groups
from lanshare.engine.prompt_limit import PromptRateLimiter
from lanshare.store.outbox import Kept
from lanshare.wire import limits
from tests.harness.made import ME, PEER, message

ID = MessageId("ab" * 16)


def chats(trust: TrustLevel = TrustLevel.KNOWN, messages: Permission = Permission.ACCEPT, online: bool = True) -> Chats:
    """The table."""
    rules = PeerPolicy(messages=messages)
    groups = Groups(ME, lambda peer: "Bob", lambda peer: trust, lambda peer: online, lambda founding: PEER)
    return Chats(
        ME, lambda peer: "Bob", lambda peer: trust, lambda peer: rules, PromptRateLimiter(), lambda: 0.0,
        lambda peer: online, groups, lambda: True,
    )


def told(effects: list[Effect]) -> list[Any]:
    """The events."""
    return [one.event for one in effects if isinstance(one, Publish)]


def texted(text: str = "hi", out: bool = False) -> SignedMessage:
    """A message with its record."""
    delivery = Delivery.SENDING if out else Delivery.RECEIVED
    return SignedMessage(replace(message(1, text, out), delivery=delivery), 1, b"record", b"digest")


def test_what_is_said_is_signed_kept_shown_and_then_said() -> None:
    assert chats().send(SendText(ID, PEER, "hi")) == [Compose(PEER, ID, "hi", Delivery.SENDING)]
    assert chats(online=False).send(SendText(ID, PEER, "hi")) == [Compose(PEER, ID, "hi", Delivery.QUEUED)]
    assert chats().send(SendText(ID, PEER, " \n")) == []
    effects = chats().stored(TextStored(texted(out=True), 5))
    assert [type(one) for one in told(effects)] == [MessageQueued]
    assert SendControl(PEER, texted(out=True)) in effects


def test_a_text_that_is_too_long_is_refused_here() -> None:
    (event,) = told(chats().send(SendText(ID, PEER, "x" * (limits.TEXT + 1))))
    assert isinstance(event, MessageRefused)
    assert "too long" in event.message_text


def test_it_is_confirmed_only_when_it_is_durable_and_shown_once() -> None:
    assert chats().heard_text(PEER, texted(), 0.0) == [write(store_work.keep_text, PEER, texted(), "Bob")]
    shown_once = news.received(texted().message, Kept(7, False, ""), "Bob")
    for told_of_it, shown in ((shown_once, 1), (None, 0)):
        effects = chats().arrived(TextArrived(texted().message.id, PEER, PEER, told_of_it is not None, told_of_it), 0.0)
        assert SendControl(PEER, Stored(message(1, "").id)) in effects
        assert sum(isinstance(one, MessageReceived) for one in told(effects)) == shown


def test_a_strangers_long_first_text_is_turned_down() -> None:
    long = texted("x" * (limits.STRANGER_TEXT + 1))
    effects = chats(TrustLevel.STRANGER).heard_text(PEER, long, 0.0)
    assert effects == [SendControl(PEER, TextRefused(long.message.id, "text-too-long"))]
    assert isinstance(chats().heard_text(PEER, long, 0.0)[0], DbWrite)


@pytest.mark.parametrize("code", ["text-too-long", "some word of theirs", ""])
def test_a_refusal_is_told_with_its_reason(code: str) -> None:
    (keep,) = chats().heard_turned_down(PEER, TextRefused(ID, code))
    assert keep == write(store_work.refuse, ME, ID, PEER, code)
    (event,) = told(chats().delivery_stored(DeliveryStored(PEER, ID, Delivery.REFUSED, code)))
    assert isinstance(event, MessageRefused)
    assert event.message_text.endswith(".")


def test_a_delivery_makes_a_stranger_known() -> None:
    effects = chats().delivery_stored(DeliveryStored(PEER, ID, Delivery.DELIVERED))
    assert effects == [MarkKnown(PEER), Publish(MessageDelivered(ID, PEER))]


def test_what_waits_is_said_when_the_peer_comes() -> None:
    assert chats().peer_up(PEER)[0] == write(store_work.take_waiting, PEER, -1)
    note = OutboxLoaded(PEER, ((ID, b"one"), (ID, b"two")), (ID,))
    assert chats().loaded(note) == [Publish(MessageSending(ID, PEER)), Resend(PEER, b"one"), Resend(PEER, b"two")]


def test_a_device_whose_messages_are_blocked_is_turned_down() -> None:
    one = texted("hi")
    assert chats(messages=Permission.BLOCK).heard_text(PEER, one, 0.0) == [
        SendControl(PEER, TextRefused(one.message.id, Code.DECLINED))
    ]


def test_what_is_said_just_when_a_peer_comes_does_not_overtake_what_waited_for_it() -> None:
    table = chats()
    assert isinstance(table.peer_up(PEER)[0], DbWrite)
    assert table.send(SendText(ID, PEER, "new")) == [Compose(PEER, ID, "new", Delivery.QUEUED)]
    new = TextStored(texted("new", out=True), 9)
    assert [one for one in table.stored(new) if isinstance(one, SendControl)] == [], "it waits behind the others"
    effects = table.loaded(OutboxLoaded(PEER, ((ID, b"old"),)))
    assert effects[0] == Resend(PEER, b"old")
    assert isinstance(effects[1], DbWrite), "and is looked up with whatever came meanwhile"
    assert table.loaded(OutboxLoaded(PEER, ())) == []
    assert SendControl(PEER, new.texted) in table.stored(new)


def test_nothing_is_told_of_what_was_read_if_the_person_does_not_want_it_or_to_strangers() -> None:
    for trust, receipts in ((TrustLevel.STRANGER, True), (TrustLevel.KNOWN, False)):
        table = chats(trust)
        table.receipts = lambda receipts=receipts: receipts  # type: ignore[misc]
        assert table.read_here(PEER) == []
        (keep,) = table.heard_seen_kept(PEER, SeenKept((ID,)))
        assert keep == write(store_work.told_seen, PEER, (ID,))
    assert chats().read_here(PEER) != []


def test_after_a_refusal_for_now_each_text_waits_for_the_one_before_it() -> None:
    """Else, where the other side makes up its mind in the middle, the second would be taken and the first not."""
    table = chats()
    (keep,) = table.heard_turned_down(PEER, TextRefused(ID, Code.PEER_BUSY))
    assert keep == write(store_work.hold, ME, ID, PEER)
    assert isinstance(told(table.text_held(TextHeld(PEER, ID), 0.0))[0], MessageWaiting)
    queued = replace(texted(out=True).message, delivery=Delivery.QUEUED)
    for moment in (0.0, 60.0):
        tried = table.tick(moment)
        assert bool(tried) == (moment > 0), "the first is said again after a while"
        (compose,) = table.send(SendText(ID, PEER, "more"))
        assert isinstance(compose, Compose)
        assert compose.delivery is Delivery.QUEUED
        if tried:
            table.loaded(OutboxLoaded(PEER, ((ID, b"record"),), (ID,)))
        effects = table.stored(TextStored(replace(texted(out=True), message=queued), 5))
        assert [type(one) for one in told(effects)] == [MessageQueued, MessageWaiting]
        assert len(effects) == 2, "it is not said"


@pytest.mark.parametrize("end", [Delivery.DELIVERED, Delivery.REFUSED])
def test_when_one_has_got_somewhere_the_next_one_is_taken_up(end: Delivery) -> None:
    table = chats()
    table.text_held(TextHeld(PEER, ID), 0.0)
    (_, *_) = table.tick(60.0)
    table.loaded(OutboxLoaded(PEER, ((ID, b"record"),), (ID,)))
    effects = table.delivery_stored(DeliveryStored(PEER, ID, end))
    assert any(isinstance(one, DbWrite) for one in effects), "one more is looked for"
    table.loaded(OutboxLoaded(PEER, (), ()))
    assert not any(isinstance(one, DbWrite) for one in table.delivery_stored(DeliveryStored(PEER, ID, end)))
    assert table.send(SendText(ID, PEER, "as ever")) == [Compose(PEER, ID, "as ever", Delivery.SENDING)]
