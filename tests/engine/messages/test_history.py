"""History is read by pages, marked as read, and goes when it is to go."""

from __future__ import annotations

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.control_messages import Stored
from lanshare.domain.message import MessageId
from lanshare.engine import inbox as n
from tests.harness.stepped import BOB, Setting


def said(setting: Setting, number: int) -> MessageId:
    """A message of ours to Bob."""
    ident = MessageId(f"{number:032x}")
    setting.do(c.SendText(ident, BOB.id, f"text {number}"))
    return ident


def last(setting: Setting, kind: type[e.Event]) -> e.Event:
    """What was told of this kind last."""
    return [one for one in setting.events if isinstance(one, kind)][-1]


def test_a_page_and_a_search_answer_with_the_number_of_their_request(setting: Setting) -> None:
    for number in range(3):
        said(setting, number)
    setting.do(c.LoadHistory(7, BOB.id, None, 2))
    page = last(setting, e.HistoryLoaded)
    assert isinstance(page, e.HistoryLoaded)
    assert (page.request, page.more, len(page.moments), page.found) == (7, True, 2, False)
    setting.do(c.LoadHistory(8, BOB.id, None, 10, search="text"))
    found = last(setting, e.HistoryLoaded)
    assert isinstance(found, e.HistoryLoaded)
    assert (found.request, found.more, len(found.moments), found.found) == (8, False, 3, True)


def test_erased_history_is_told_once_it_is_out_of_the_file(setting: Setting) -> None:
    setting.connect()
    setting.do(n.ControlReceived(BOB.id, Stored(said(setting, 1))))
    setting.do(c.EraseHistory(BOB.id))
    assert last(setting, e.HistoryErased) == e.HistoryErased(BOB.id, True)
    setting.do(c.LoadHistory(1, BOB.id, None, 10))
    page = last(setting, e.HistoryLoaded)
    assert isinstance(page, e.HistoryLoaded)
    assert not page.moments


def test_a_draft_is_there_for_whoever_joins_next(setting: Setting) -> None:
    setting.do(c.SaveDraft(BOB.id, "half a thought"))
    joined: list[e.Event] = []
    setting.node.subscribe(joined.append)
    setting.run()
    assert isinstance(joined[0], e.Snapshot)
    assert joined[0].drafts == {BOB.id: "half a thought"}
