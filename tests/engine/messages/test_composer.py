"""Our messages become signed records, and may be changed as long as nobody has them."""


from __future__ import annotations

import itertools

from lanshare.domain import commands as c
from lanshare.domain.control_messages import SignedMessage, Stored
from lanshare.domain.message import MessageId
from lanshare.engine import inbox as n
from lanshare.exchange import message_records
from lanshare.store import history
from tests.harness.stepped import ANNA, BOB, Setting


def test_a_message_to_a_device_that_is_away_goes_when_it_comes(setting: Setting) -> None:
    ident = MessageId("ab" * 16)
    setting.do(c.SendText(ident, BOB.id, "hi"))
    assert setting.names()[-1] == "MessageQueued"
    link = setting.connect()
    (texted,) = [one for one in link.posted if isinstance(one, SignedMessage)]
    setting.do(n.ControlReceived(BOB.id, Stored(texted.message.id)))
    assert "MessageDelivered" in setting.names()


def test_answers_to_a_queued_message_still_answer_it_when_it_was_changed(setting: Setting) -> None:
    first, second, third, other = (MessageId(f"{number:032x}") for number in range(1, 5))
    setting.do(c.SendText(first, BOB.id, "the qestion"))
    setting.do(c.SendText(second, BOB.id, "the answer", first))
    setting.do(c.SendText(third, BOB.id, "an answer to the answer", second))
    setting.do(c.SendText(other, BOB.id, "something else"))
    setting.do(c.EditText(first, BOB.id, "the question"))
    link = setting.connect()
    posted = [one for one in link.posted if isinstance(one, SignedMessage)]
    said = [message_records.read(message_records.frame_of(one.record), BOB.id, ANNA.id) for one in posted]
    assert [one.message.text for one in said] == [
        "the question", "the answer", "an answer to the answer", "something else"
    ]
    assert [one.message.about for one in said] == ["", said[0].digest.hex(), said[1].digest.hex(), ""]
    for before, one in itertools.pairwise(said):
        assert message_records.frame_of(one.record).parents == (before.digest,)
    quotes = [one.message.quote for one in history.page(setting.store.link, BOB.id, None, 10)[0] if one.message]
    assert [one.text if one is not None else "" for one in quotes] == ["", "the question", "the answer", ""]


def test_a_message_whose_answer_somebody_has_stays_as_it_is(setting: Setting) -> None:
    first, second = (MessageId(f"{number:032x}") for number in (1, 2))
    setting.do(c.SendText(first, BOB.id, "the question"))
    setting.do(c.SendText(second, BOB.id, "the answer", first))
    setting.store.link.execute("UPDATE messages SET delivery = 'sending' WHERE id = ?", (second,))
    setting.do(c.EditText(first, BOB.id, "another question"))
    assert setting.names()[-1] == "EditRejected"
    quotes = [one.message.quote for one in history.page(setting.store.link, BOB.id, None, 10)[0] if one.message]
    assert [one.text if one is not None else "" for one in quotes] == ["", "the question"]
