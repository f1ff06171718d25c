"""A saved conversation is taken in by pieces; where a piece is not kept, that is told, and no import goes on."""

from __future__ import annotations

from pathlib import Path

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.control_messages import Stored
from lanshare.domain.message import MessageId
from lanshare.engine import inbox as n
from lanshare.engine.effects import Save
from lanshare.engine.messages import archive
from tests.harness.stepped import ANNA, BOB, Setting


def saved(setting: Setting, folder: Path) -> Path:
    """The conversation with Bob as a folder, of 1,200 messages; the history is empty again."""
    setting.connect()
    folder.mkdir()
    for number in range(1200):
        setting.do(c.SendText(MessageId(f"{number:032x}"), BOB.id, f"text {number}"))
        setting.do(n.ControlReceived(BOB.id, Stored(MessageId(f"{number:032x}"))))
    result = archive.save(setting.store.link, BOB.id, folder, lambda peer: "Bob")
    setting.do(c.EraseHistory(BOB.id))
    setting.events.clear()
    return result.folder / "conversation.jsonl"


def imported(setting: Setting) -> list[e.ConversationImported]:
    """What was told of imports."""
    return [one for one in setting.events if isinstance(one, e.ConversationImported)]


def test_all_of_it_is_taken_in_and_told_once(setting: Setting, tmp_path: Path) -> None:
    path = saved(setting, tmp_path / "out")
    setting.do(c.ImportConversation(path))
    (told,) = imported(setting)
    assert (told.messages, told.refused, told.code) == (1200, 0, "")
    setting.do(c.ImportConversation(path))
    assert imported(setting)[-1].messages == 0, "what is here is passed over"


def test_a_piece_that_is_not_kept_ends_every_import(setting: Setting, tmp_path: Path) -> None:
    path = saved(setting, tmp_path / "out")
    setting.node.post(c.ImportConversation(path))
    setting.node.step(setting.node._inbox.get())  # its first piece is on its way
    setting.do(n.StoreFailed("disk full"))
    (told,) = imported(setting)
    assert told.code == "disk-error"


def test_saving_names_everybody_who_may_have_said_something(setting: Setting, tmp_path: Path) -> None:
    setting.connect()
    setting.do(c.SaveConversation(BOB.id, tmp_path))
    (effect,) = [one for one in setting.runner.asked if isinstance(one, Save)]
    assert effect.names == {BOB.id: "Bob", ANNA.id: "Anna"}
