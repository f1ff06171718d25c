"""The queue: large sendings to one peer take turns, small ones and other peers never wait, a person may change it."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from lanshare.domain.commands import AnswerOffer, SendFiles
from lanshare.domain.control_messages import Answer, Later, Offered
from lanshare.domain.errors import Code
from lanshare.domain.events import TransferWaiting
from lanshare.domain.offer import EntryKind, TopEntry
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.engine.effects import EndRun, GrantLease, RefuseLease, Run
from lanshare.engine.inbox import AttachAsked, Counted, OfferLooked, RunEnded, TransferProgress
from lanshare.engine.ports import LeaseReply
from lanshare.engine.transfers.send_queue import LARGE
from lanshare.store.journal import Unfinished
from tests.harness.transfer_table import BOB, EVE, ID, OFFER, WALL, Link, Setting, events, kinds, said

FIRST, SECOND, THIRD = (TransferId(digit * 32) for digit in "123")


def begin(setting: Setting, ident: TransferId, size: int = LARGE, peer: PeerId = BOB) -> list[object]:
    """Offer something; the peer says yes."""
    setting.table.send(SendFiles(ident, peer, (Path(f"/{ident}"),)), 0.0, WALL)
    setting.table.counted(Counted(ident, replace(OFFER, bytes=size), 0))
    return list(setting.table.heard_answer(peer, Answer(ident, True), 1.0))


def runs(effects: list[object]) -> list[TransferId]:
    """What is begun."""
    return [one.transfer for one in effects if isinstance(one, Run)]


def end(setting: Setting, ident: TransferId, code: str = "") -> list[object]:
    """Its run is over."""
    return list(setting.table.run_ended(RunEnded(ident, setting.table.rows[ident].link.epoch, code, files=1), 9.0))


def test_of_two_large_ones_the_second_waits_and_goes_by_itself(setting: Setting) -> None:
    assert runs(begin(setting, FIRST)) == [FIRST]
    effects = begin(setting, SECOND)
    assert runs(effects) == []
    assert Later(SECOND, Code.TURN) in said(effects)  # type: ignore[arg-type]
    (told,) = events(effects)  # type: ignore[arg-type]
    assert isinstance(told, TransferWaiting)
    assert told.code == Code.TURN
    assert runs(end(setting, FIRST)) == [SECOND]


def test_small_ones_and_other_peers_never_wait(setting: Setting) -> None:
    begin(setting, FIRST)
    assert runs(begin(setting, SECOND, LARGE - 1)) == [SECOND]
    assert runs(begin(setting, THIRD, LARGE, EVE)) == [THIRD]


def test_what_is_nearly_over_does_not_make_others_wait(setting: Setting) -> None:
    begin(setting, FIRST)
    setting.table.moved(TransferProgress(FIRST, 1000, 1.0), 2.0)
    assert runs(begin(setting, SECOND)) == [SECOND]


def test_a_person_may_let_one_go_first_and_the_other_gives_way(setting: Setting) -> None:
    begin(setting, FIRST)
    begin(setting, SECOND)
    begin(setting, THIRD)
    effects = setting.table.resume(THIRD, 5.0)
    assert EndRun(FIRST) in effects
    assert said(effects) == [Later(FIRST, Code.TURN)]
    assert runs(end(setting, FIRST, Code.CANCELLED)) == [THIRD]
    assert setting.table.rows[FIRST].transfer.code == Code.TURN
    assert runs(end(setting, THIRD)) == [FIRST], "back to the order in which they were begun"
    assert runs(end(setting, FIRST)) == [SECOND]


def test_the_order_is_kept_over_a_restart(setting: Setting) -> None:
    left = [
        Unfinished(
            Transfer(ident, BOB, Direction.OUT, TransferState.QUEUED, replace(OFFER, bytes=LARGE), WALL),
            (Path("/x"),), None, True, rank=rank,
        )
        for ident, rank in ((FIRST, 0), (SECOND, -1))
    ]
    setting.table.load(left)
    offered = [one.transfer for one in said(setting.table.peer_up(BOB)) if not isinstance(one, Later)]  # type: ignore[attr-defined]
    assert offered == [SECOND, FIRST]


def test_a_receiver_that_comes_for_it_before_its_turn_is_told_so(setting: Setting) -> None:
    begin(setting, FIRST)
    begin(setting, SECOND)
    reply = LeaseReply()
    effects = setting.table.attach(AttachAsked(BOB, SECOND, False, Link(), reply), 2.0)
    assert RefuseLease(reply, Code.TURN) in effects


def test_a_peer_that_goes_takes_its_queue_with_it(setting: Setting) -> None:
    begin(setting, FIRST)
    begin(setting, SECOND)
    setting.online = False
    told = events(setting.table.peer_down(BOB))
    assert [one.code for one in told if isinstance(one, TransferWaiting)] == [Code.PEER_AWAY]
    assert runs(end(setting, FIRST, Code.PEER_AWAY)) == [], "nobody is there to send it to"


def test_a_receiver_shows_that_something_else_goes_first(setting: Setting) -> None:
    setting.receiving()
    effects = setting.table.heard_postponed(BOB, Later(ID, Code.TURN))
    assert kinds(events(effects)) == [TransferWaiting]
    assert setting.table.next_time() is None, "it does not ask: the sender comes"
    assert setting.table.heard_postponed(EVE, Later(ID, Code.TURN)) == []
    effects = setting.table.attach(AttachAsked(BOB, ID, True, Link(), LeaseReply()), 2.0)
    assert [one.spec.epoch for one in effects if isinstance(one, GrantLease)] == [1]


def test_what_holds_the_same_folder_waits_however_small_it_is(setting: Setting) -> None:
    folder = replace(OFFER, tops=(TopEntry("album", EntryKind.FOLDER, 1, 10),))
    for ident, paths in ((FIRST, ("/a/album", "/x")), (SECOND, ("/a/album", "/y")), (THIRD, ("/x", "/b/album"))):
        setting.table.send(SendFiles(ident, BOB, tuple(Path(one) for one in paths)), 0.0, WALL)
        setting.table.counted(Counted(ident, folder, 0))
        begun = runs(list(setting.table.heard_answer(BOB, Answer(ident, True), 1.0)))
        assert begun == ([] if ident == SECOND else [ident]), "a file, or another folder, may go beside it"
    assert runs(end(setting, THIRD)) == []
    assert runs(end(setting, FIRST)) == [SECOND]


def test_what_waits_for_its_turn_and_is_paused_goes_on_when_it_is_let(setting: Setting) -> None:
    begin(setting, FIRST)
    begin(setting, SECOND)
    setting.table.pause(SECOND)
    effects = setting.table.resume(SECOND, 5.0)
    assert EndRun(FIRST) not in effects, "it is let go on, not let first"
    assert not setting.table.rows[SECOND].rest.here
    setting.table.heard_answer(BOB, Answer(SECOND, True), 6.0)
    assert runs(end(setting, FIRST)) == [SECOND]


def test_a_receiving_that_waits_for_the_senders_turn_ends_nothing_of_ours(setting: Setting) -> None:
    begin(setting, FIRST)
    setting.table.offer_looked(OfferLooked(BOB, Offered(SECOND, OFFER), None), WALL)
    setting.table.answer(AnswerOffer(SECOND, True), 0.0)
    setting.table.heard_postponed(BOB, Later(SECOND, Code.TURN))
    assert EndRun(FIRST) not in setting.table.resume(SECOND, 5.0)


def test_whoever_goes_first_has_all_out_of_its_way_and_none_overtakes_it(setting: Setting) -> None:
    folder = replace(OFFER, tops=(TopEntry("album", EntryKind.FOLDER, 1, 10),), bytes=LARGE)
    begin(setting, FIRST)
    for ident, size in ((SECOND, 10), (THIRD, LARGE)):
        setting.table.send(SendFiles(ident, BOB, (Path("/album"), Path(f"/{ident}"))), 0.0, WALL)
        setting.table.counted(Counted(ident, replace(folder, bytes=size), 0))
        setting.table.heard_answer(BOB, Answer(ident, True), 1.0)
    effects = setting.table.resume(THIRD, 5.0)
    assert [one.transfer for one in effects if isinstance(one, EndRun)] == [FIRST, SECOND]
    assert runs(end(setting, FIRST, Code.PEER_AWAY)) == [], "the other one is still in the way, and nobody overtakes"
    assert runs(end(setting, SECOND, Code.PEER_AWAY)) == [THIRD]


def test_a_folder_behind_one_that_is_still_counted_waits_too(setting: Setting) -> None:
    folder = replace(OFFER, tops=(TopEntry("album", EntryKind.FOLDER, 1, 10),))
    counting = replace(OFFER, tops=(TopEntry("big", EntryKind.FOLDER, 1, 10),), complete=False)
    for ident, paths, offer in ((FIRST, ("/album",), folder), (SECOND, ("/big", "/album"), counting)):
        setting.table.send(SendFiles(ident, BOB, tuple(Path(one) for one in paths)), 0.0, WALL)
        setting.table.counted(Counted(ident, offer, 0))
        begun = runs(list(setting.table.heard_answer(BOB, Answer(ident, True), 1.0)))
        assert begun == ([FIRST] if ident == FIRST else [])
