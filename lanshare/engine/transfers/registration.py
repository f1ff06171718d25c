"""Who in the table of transfers hears what."""

from __future__ import annotations

from lanshare.domain import commands as c
from lanshare.domain.control_messages import (
    Answer,
    Cancel,
    Fetch,
    Finished,
    Later,
    Listing,
    Offered,
    Pause,
)
from lanshare.engine import inbox as n
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import (
    Effect,
    Offline,
    Online,
    write,
)
from lanshare.engine.transfers.service import Transfers
from lanshare.store import journal


class TransferService:
    """The table of transfers as a service of the engine; see Service."""

    def __init__(self, table: Transfers) -> None:
        self._table = table

    def tick(self, now: float) -> list[Effect]:
        """See Service."""
        return self._table.tick(now)

    def next_time(self) -> float | None:
        """See Service."""
        return self._table.next_time()

    def register(self, to: Dispatch) -> None:
        """Each command, item, word of a peer and effect that concerns a transfer, with its method."""
        table = self._table
        _register_commands(table, to)
        _register_notes(table, to)
        heard = to.heard
        heard.on(Offered, lambda said, peer, now: table.heard_offer(peer, said))
        heard.on(Answer, lambda said, peer, now: table.heard_answer(peer, said, now))
        heard.on(Cancel, lambda said, peer, now: table.heard_end(peer, said, now))
        heard.on(Fetch, lambda said, peer, now: table.heard_fetch(peer, said, now))
        heard.on(Finished, lambda said, peer, now: table.heard_had_all(peer, said, now))
        heard.on(Listing, lambda said, peer, now: table.heard_listed(peer, said))
        heard.on(Pause, lambda said, peer, now: table.heard_paused(peer, said))
        heard.on(Later, lambda said, peer, now: table.heard_postponed(peer, said))
        to.effects.on(Online, lambda effect: table.peer_up(effect.peer, effect.again))
        to.effects.on(Offline, lambda effect: table.peer_down(effect.peer))


def _register_commands(table: Transfers, to: Dispatch) -> None:
    items, wall = to.items, table.world.wall
    items.on(c.SendFiles, lambda item, now: table.send(item, now, wall()))
    items.on(c.AnswerOffer, table.answer)
    items.on(c.CompareOffer, lambda item, now: table.compare_in(item))
    items.on(c.CancelTransfer, lambda item, now: table.cancel(item.transfer, now))
    items.on(c.PauseTransfer, lambda item, now: table.pause(item.transfer))
    items.on(c.ResumeTransfer, lambda item, now: table.resume(item.transfer, now))
    items.on(c.SkipFile, lambda item, now: table.leave_out(item))
    items.on(c.UndoReceive, lambda item, now: table.undo(item))
    items.on(c.RetryTransfer, lambda item, now: table.retry(item))
    items.on(c.BlockPeer, lambda item, now: table.cancel_all(item.peer, now) if item.blocked else [])
    items.on(c.ForgetPeer, lambda item, now: table.cancel_all(item.peer, now))


def _register_notes(table: Transfers, to: Dispatch) -> None:
    items, wall = to.items, table.world.wall
    items.on(n.TransferProgress, table.moved)
    items.on(n.TransferStored, lambda item, now: table.queued(item))
    items.on(n.Counted, lambda item, now: table.counted(item))
    items.on(n.ScanEnded, table.scan_ended)
    items.on(n.DiskSeen, lambda item, now: table.disk_seen(item))
    items.on(n.DiskRoom, table.disk_room)
    items.on(n.Verifying, lambda item, now: table.verifying(item))
    items.on(n.RunEnded, table.run_ended)
    items.on(n.AttachAsked, table.attach)
    items.on(n.OfferLooked, lambda item, now: table.offer_looked(item, wall()))
    items.on(n.SendLooked, lambda item, now: table.send_looked(item, now, wall()))
    items.on(n.RetryLooked, table.retry_looked)
    items.on(n.ListedPart, lambda item, now: table.listed_part(item))
    items.on(n.ListedLooked, lambda item, now: table.listed_looked(item))
    items.on(n.Compared, lambda item, now: table.compared(item))
    items.on(n.AnswerLooked, lambda item, now: table.answer_looked(item))
    items.on(n.CleanupDone, lambda item, now: [write(journal.tidied, item.transfer)])
    items.on(n.UndoLooked, lambda item, now: table.undo_looked(item))
    items.on(n.Undone, lambda item, now: table.undone(item))
