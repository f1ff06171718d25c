"""What is asked of the store is data, done in its order, and its answer lies in the inbox once it is durable."""

from __future__ import annotations

from lanshare.domain import commands as c
from lanshare.domain.control_messages import Stored
from lanshare.domain.message import MessageId
from lanshare.engine import inbox as n
from lanshare.engine.effects import behind_reads, behind_writes, read, write, write_then
from lanshare.engine.messages import store_work
from lanshare.store import outbox, trustbook
from tests.harness.made import PEER, message
from tests.harness.stepped import BOB, Setting

ID = MessageId("ab" * 16)


def test_two_effects_are_the_same_if_they_ask_for_the_same() -> None:
    assert write(outbox.keep_draft, PEER, "x") == write(outbox.keep_draft, PEER, "x")
    assert write(outbox.keep_draft, PEER, "x") != write(outbox.keep_draft, PEER, "y")
    assert write(trustbook.forget, PEER) != write(trustbook.forget_stranger, PEER)
    assert write_then(n.TextHeld(PEER, ID), trustbook.forget, PEER) != write(trustbook.forget, PEER)
    assert behind_writes(n.TextHeld(PEER, ID)) != behind_writes(n.TextUnkept(PEER, ID))


def test_what_the_work_finds_goes_into_the_inbox_or_what_was_given_if_it_finds_nothing(setting: Setting) -> None:
    setting.do(c.SendText(ID, BOB.id, "hi"))
    inbox = setting.node._inbox
    assert inbox.empty()
    given = n.TextUnkept(BOB.id, ID)
    setting.node._apply([
        write(store_work.delete, message(9, "").id, PEER),
        write_then(given, outbox.keep_draft, PEER, "half a thought"),
        write(outbox.keep_draft, PEER, ""),
        read(store_work.find_untold, PEER),
        behind_writes(given),
        behind_reads(given),
    ])
    posted = [type(inbox.get_nowait()) for _ in range(inbox.qsize())]
    assert posted == [n.EventReady, n.TextUnkept, n.TextUnkept, n.TextUnkept]


def test_a_links_backlog_has_room_once_its_word_is_dealt_with_also_where_nothing_was_found(setting: Setting) -> None:
    setting.connect()
    done: list[bool] = []
    never_said = Stored(MessageId("cd" * 16))
    setting.do(n.ControlReceived(BOB.id, never_said, done=lambda: done.append(True)))
    assert done == [True]
