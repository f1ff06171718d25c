"""Node: the inbox loop. One thread owns all state; commands and notes go in, effects are carried out, events go out.

step() with an injected clock and runner is all there is, so the same code runs under threads and in a simulation.
"""

from __future__ import annotations

import datetime
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from lanshare.domain import commands as c
from lanshare.domain.control_messages import (
    Answer,
    Cancel,
    Fetch,
    Finished,
    GroupRecords,
    HistorySummary,
    Later,
    Listing,
    Offered,
    PairAnswer,
    PairBegin,
    PairReveal,
    PairStop,
    PairVerdict,
    Pause,
    Renamed,
    Seen,
    SeenKept,
    SignedMessage,
    Stored,
    TextRefused,
    Typing,
)
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    ConversationRead,
    EngineStopped,
    Event,
    GroupRefused,
    HistoryErased,
    HistoryLoaded,
    IdentityRenewed,
    Me,
    MeChanged,
    MessageDelivered,
    NetworkTroubled,
    NetworkTrustRequested,
    PeerTyping,
    PeerVerified,
    SettingsChanged,
    SettingsRefused,
    Snapshot,
    TransferFinished,
    WindowRequested,
)
from lanshare.domain.groups import Group
from lanshare.domain.message import CONTROL, Conversation, MessageKind, SearchQuery
from lanshare.domain.peer import PeerId, PeerPolicy, TrustLevel
from lanshare.domain.settings import Settings, Visibility, checked
from lanshare.domain.transfer import Direction, TransferId
from lanshare.engine import effects as e
from lanshare.engine import inbox as n
from lanshare.engine import trail, user_messages
from lanshare.engine.messages import archive
from lanshare.engine.messages.direct import Chats
from lanshare.engine.messages.groups import Groups
from lanshare.engine.peers.pairing import Pairings
from lanshare.engine.peers.registry import Peers
from lanshare.engine.peers.visibility import Showing, access_policy
from lanshare.engine.runtime.link_tasks import LocalDevice
from lanshare.engine.transfers.pending_offers import PendingOffers, PromptRateLimiter
from lanshare.engine.transfers.service import Transfers
from lanshare.engine.transfers.table import TransferContext
from lanshare.exchange import message_records
from lanshare.exchange.control import SayBye
from lanshare.exchange.throttle import Throttle
from lanshare.net.discovery import Sighting
from lanshare.net.networks import Network
from lanshare.store import groups, history, journal, outbox
from lanshare.store import settings as settings_file

_log = logging.getLogger(__name__)

Listener = Callable[[Event], None]


class Clock(Protocol):
    """Time, as the node sees it."""

    def now(self) -> float:
        """Seconds, monotonic."""

    def wall(self) -> datetime.datetime:
        """The date and time, in UTC."""


class StorePort(Protocol):
    """The store, as the node sees it."""

    def write(self, operation: Callable[[sqlite3.Connection], Any], then: Callable[[Any], None] | None) -> None: ...
    def read(self, operation: Callable[[sqlite3.Connection], Any], then: Callable[[Any], None]) -> None: ...
    def compact(self, then: Callable[[Any], None]) -> None: ...


class JobRunner(Protocol):
    """What runs jobs, as the node sees it."""

    def papers(self, transfer: TransferId) -> tuple[Path, Path]: ...
    def dial(self, effect: e.Dial) -> None: ...
    def scan(self, effect: e.Scan) -> None: ...
    def run(self, effect: e.Run) -> None: ...
    def list_offer(self, effect: e.ListOffer) -> None: ...
    def compare(self, effect: e.Compare) -> None: ...
    def compare_again(self, effect: e.CompareAgain) -> None: ...
    def undo(self, effect: e.Undo) -> None: ...
    def save(self, effect: e.Save) -> None: ...
    def serves(self, transfer: TransferId, link: n.LinkHandle) -> None: ...
    def post_run(self, transfer: TransferId, item: object) -> None: ...
    def end_run(self, transfer: TransferId) -> None: ...
    def keep_awake(self, wanted: bool) -> None: ...
    def discard(self, effect: e.Discard) -> None: ...


@dataclass(slots=True)
class EngineDeps:
    """What a Node is made of. Set once, by assemble.py or by a test."""

    me: LocalDevice
    clock: Clock
    store: StorePort
    runner: JobRunner
    settings: Settings
    settings_path: Path | None
    default_name: str
    downloads: Path
    free: Callable[[Path], int]
    room: Callable[[Path], int]
    port: int
    addresses: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    browse_only: bool = False
    renamed: Callable[[str], None] = field(default=lambda name: None)
    """Tells discovery our new name."""

    announced: Callable[[bool], None] = field(default=lambda visible: None)
    """Tells discovery whether to announce us."""

    asks: bool = False
    """A network that is new is asked about, and shown nothing before."""

    renew: Callable[[], None] = field(default=lambda: None)
    """Moves the key aside and makes another one; where the old one lies now."""

    networks: tuple[Network, ...] = ()
    visible: Visibility | None = None
    """To whom we show ourselves for this run, whatever the settings say."""


class EngineCore:
    """The engine. submit() and subscribe() may be called from any thread and never block."""

    def __init__(self, parts: EngineDeps) -> None:
        self._parts = parts
        self._inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._listeners: dict[Listener, bool] = {}
        self._takings: list[archive.ArchiveImport] = []
        self._addresses = parts.addresses
        self._troubles: dict[str, NetworkTroubled] = {}
        self._peers = Peers(parts.me.identity.id, parts.browse_only)
        world = TransferContext(
            online=self._peers.online,
            name=self._peers.name,
            trust=self._trust,
            addresses=self._peers.addresses,
            downloads=self._downloads,
            free=parts.free,
            room=parts.room,
            papers=parts.runner.papers,
            execute=self._may_execute,
            rules=self._rules,
            shares=lambda room, peer: self._groups.shares(PeerId(room), peer),
            throttles=self._throttles_of,
            serves=parts.runner.serves,
        )
        prompts = PromptRateLimiter()
        self._transfers = Transfers(world, questions=PendingOffers(self._trust, prompts))
        self._groups = Groups(
            parts.me.identity.id, self._name, self._trust, self._peers.online,
            lambda founding: message_records.group_of(parts.me.identity, founding),
            lambda peer: prompts.may(peer, self._seconds()),
            self._seconds,
        )
        self._chats = Chats(
            parts.me.identity.id, self._name, self._trust, self._rules, prompts, self._seconds, self._peers.online,
            self._groups, lambda: parts.settings.read_receipts,
        )
        self._pairings = Pairings(
            parts.me.identity.id,
            self._peers.name,
            self._peers.online,
            lambda peer: self._trust(peer) is not TrustLevel.STRANGER or prompts.may(peer, self._seconds()),
        )
        self._thread = threading.Thread(target=self._loop, name="node")
        self._showing = Showing(parts.visible or parts.settings.visibility)
        self._networks = parts.networks
        self._admitted: tuple[Visibility, int] | None = None
        self._over = False
        self._expire_at = 0.0
        self._awake = False
        self._throttles = {
            Direction.OUT: Throttle(lambda: parts.settings.speed_limit),
            Direction.IN: Throttle(lambda: parts.settings.receive_limit),
        }
        self._peer_throttles: dict[tuple[PeerId, Direction], Throttle] = {}

    # --- from any thread

    @property
    def id(self) -> PeerId:
        """This device."""
        return self._parts.me.identity.id

    def submit(self, command: c.Command) -> None:
        """Ask for something; events tell what comes of it."""
        self._inbox.put(command)

    def post(self, note: object) -> None:
        """Tell the node something (threads of ours only)."""
        if self._over and isinstance(note, n.AttachAsked):
            note.reply.put(n.Lease(0, Code.STOPPING))
            return
        self._inbox.put(note)

    def subscribe(self, listener: Listener, window: bool = False) -> None:
        """Send every event from now on to `listener`, a Snapshot first. It is called on the node's thread: it posts."""
        self._inbox.put(n.Subscribe(listener, window))

    def unsubscribe(self, listener: Listener) -> None:
        """Send it no more."""
        self._inbox.put(n.Unsubscribe(listener))

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye to every peer, tell the shells, end the thread."""
        self._inbox.put(n.Stop())
        if self._thread.ident is not None:
            self._thread.join()

    # --- the node's thread

    def load(
        self, peers: Sequence[Any], unfinished: Sequence[Any],
        untidy: Sequence[tuple[TransferId, Path | None]] = (), groups: Sequence[Group] = (),
        alarms: Sequence[tuple[PeerId, PeerId]] = (),
    ) -> None:
        """What earlier engines of this profile left; before start()."""
        now = self._parts.clock.now()
        self._groups.rows = {one.id: one for one in groups}
        self._peers.load(peers, now, alarms)
        self._apply(self._transfers.load(list(unfinished)))
        self._apply([e.Discard(transfer, folder) for transfer, folder in untidy])
        self._show(now)

    def _loop(self) -> None:
        while not self._over:
            timeout = self.next_time()
            try:
                item = self._inbox.get(timeout=None if timeout is None else max(0.0, timeout))
            except queue.Empty:
                item = None
            try:
                self.step(item)
            except Exception:
                _log.exception("the node could not apply %s", type(item).__name__)

    def next_time(self) -> float | None:
        """Seconds until step() has something to do even without an item."""
        tables = (self._peers, self._transfers, self._pairings, self._showing, self._groups, self._chats)
        times = [at for table in tables if (at := table.next_time()) is not None] + [self._expire_at]
        return min(times) - self._parts.clock.now() if times else None

    def step(self, item: object) -> None:
        """Apply one command or note (None: only time passes) and carry out what follows."""
        now = self._parts.clock.now()
        if item is not None:
            trail.noted(item)
            self._apply(self._handle(item, now))
        self._apply(self._peers.tick(now))
        self._apply(self._transfers.tick(now))
        self._apply(self._pairings.tick(now))
        self._apply(self._groups.tick(now))
        self._apply(self._chats.tick(now))
        if now >= self._expire_at:
            self._expire_at = now + 3600.0
            self._apply(self._expire())
        self._show(now)
        if self._transfers.moving() is not self._awake:
            self._awake = not self._awake
            self._parts.runner.keep_awake(self._awake)

    def _show(self, now: float) -> None:
        """Let the threads that accept and announce know whom we show ourselves to."""
        level = self._level(now)
        if (level, self._peers.version) == self._admitted:
            return
        before, self._admitted = self._admitted, (level, self._peers.version)
        parts = self._parts
        parts.me.admission = access_policy(level, *self._peers.known())
        if before is None or before[0] is not level:
            parts.announced(level is Visibility.EVERYONE)
            self._apply(self._peers.show(level))
            if before is not None:
                self._tell(MeChanged(self._me()))

    def _level(self, now: float) -> Visibility:
        """To whom we show ourselves: on a network that is new to nobody, where we are not at home to known devices."""
        level = self._showing.level(now)
        if self._showing.left(now) > 0 or self._parts.visible is not None:
            return level
        if self._unasked():
            return Visibility.NOBODY
        answers = self._parts.settings.networks
        away = any(answers.get(one.id) is False for one in self._networks)
        return Visibility.KNOWN if away and level is Visibility.EVERYONE else level

    def _unasked(self) -> tuple[Network, ...]:
        """Networks that the person is to be asked about."""
        if not self._parts.asks:
            return ()
        return tuple(one for one in self._networks if one.id not in self._parts.settings.networks)

    def _handle(self, item: object, now: float) -> list[e.Effect]:
        if isinstance(item, n.ControlReceived):
            return self._heard(item, now)
        if (effects := self._command(item, now)) is not None:
            return effects
        if (effects := self._talk_command(item, now)) is not None:
            return effects
        if (effects := self._talk_note(item, now)) is not None:
            return effects
        if (effects := self._transfer_note(item, now)) is not None:
            return effects
        return self._note(item, now)

    def _command(self, item: object, now: float) -> list[e.Effect] | None:
        match item:
            case c.SendFiles():
                return [*self._peers.want(item.peer, now), *self._transfers.send(item, now, self._parts.clock.wall())]
            case c.SeekPeer():
                return self._peers.want(item.peer, now)
            case c.AnswerOffer():
                return self._transfers.answer(item, now)
            case c.CompareOffer():
                return self._transfers.compare_in(item)
            case c.CancelTransfer():
                return self._transfers.cancel(item.transfer, now)
            case c.PauseTransfer():
                return self._transfers.pause(item.transfer)
            case c.ResumeTransfer():
                return self._transfers.resume(item.transfer, now)
            case c.SkipFile():
                return self._transfers.leave_out(item)
            case c.UndoReceive():
                return self._transfers.undo(item)
            case c.RetryTransfer():
                return self._transfers.retry(item)
            case c.RequestPairing():
                return [*self._peers.want(item.peer, now), *self._pairings.request(item.peer, now)]
            case c.AnswerPairing():
                if item.same is None:
                    return self._pairings.give_up(item.peer)
                return self._pairings.answer(item.peer, item.same)
            case c.TrustPeer():
                return [*self._peers.verify(item.peer), e.Publish(PeerVerified(item.peer))]
            case c.SetTemporaryVisibility():
                self._showing.for_a_while(item.level, min(item.seconds, 86_400.0), now)
                self._show(now)
                return [e.Publish(MeChanged(self._me()))]
            case c.AnswerNetwork():
                settings = self._parts.settings
                return self._change_settings(replace(settings, networks=settings.networks | {item.network: item.home}))
            case c.ChangePeer():
                return self._peers.change(item.peer, item.alias, item.rules)
            case c.ResolveIdentityChange():
                return self._peers.settle(item.known, item.seen, item.same)
            case c.RequestPeerStats():
                peer = item.peer
                return [e.DbRead(lambda db: history.exchanged(db, peer), n.EventReady)]
            case c.RenewIdentity():
                return self._renew()
            case c.BlockPeer():
                ended = self._transfers.cancel_all(item.peer, now) if item.blocked else []
                return [*ended, *self._peers.block(item.peer, item.blocked)]
            case c.ForgetPeer():
                return [*self._transfers.cancel_all(item.peer, now), *self._peers.forget(item.peer)]
            case c.AddAddress():
                return self._peers.add_address(item.address, now)
            case c.LoadHistory():
                return [self._history(item)]
            case c.EraseHistory():
                return self._erase(item.peer)
            case c.ChangeSettings():
                return self._change_settings(item.settings)
            case c.OpenWindow():
                return [e.Publish(WindowRequested(tuple(str(path) for path in item.paths)))]
        return None

    def _talk_command(self, item: object, now: float) -> list[e.Effect] | None:
        match item:
            case c.SendText():
                return [*self._peers.want(item.peer, now), *self._chats.send(item)]
            case c.React():
                return self._chats.react(item)
            case c.EditText():
                return self._chats.edit(item)
            case c.UnsendMessage():
                return self._chats.take_back(item)
            case c.DeleteMessage():
                return self._chats.delete(item)
            case c.CreateGroup():
                return self._groups.create(item)
            case c.AnswerGroup():
                return self._groups.answer(item)
            case c.ChangeGroup():
                return self._groups.change(item)
            case c.SetRetention():
                kept = item
                return [e.DbWrite(lambda db: history.keep_for(db, kept.peer, kept.seconds)), *self._expire()]
            case c.SaveConversation():
                return [self._save(item)]
            case c.ImportConversation():
                return [self._take_in(item)]
            case c.SaveDraft():
                draft = item
                return [e.DbWrite(lambda db: outbox.keep_draft(db, draft.peer, draft.text))]
            case c.NotifyTyping():
                group = self._groups.is_group(item.peer)
                there = self._groups.present(item.peer) if group else (item.peer,)
                return [e.SendControl(one, Typing(item.peer if group else one)) for one in there]
            case c.MarkRead():
                peer, seen = item.peer, item.seen
                # What is kept only until it was read stays for the moment in which that is told.
                self._expire_at = min(self._expire_at, now + 5.0)
                return [
                    e.DbWrite(
                        lambda db: history.mark_read(db, peer, seen),
                        lambda left: n.AfterCommit((e.Publish(ConversationRead(peer, left)), e.ReadHere(peer))),
                    )
                ]
        return None

    def _talk_note(self, item: object, now: float) -> list[e.Effect] | None:
        match item:
            case n.TextHeld():
                return self._chats.text_held(item, now)
            case n.TextUnkept():
                return self._chats.text_unkept(item)
            case n.TextKnown():
                return self._chats.known(item)
            case n.TextStored():
                return self._chats.stored(item)
            case n.TextArrived():
                return self._chats.arrived(item, now)
            case n.TextChanged():
                return self._chats.changed(item)
            case n.OutboxLoaded():
                return self._chats.loaded(item)
            case n.DeliveryStored():
                return self._chats.delivery_stored(item)
            case n.Spreads():
                return [effect for one in item.notes for effect in self._chats.spread_stored(one)]
            case n.SeenLooked():
                return self._chats.seen_looked(item)
            case n.SeenStored():
                return self._chats.seen_stored(item)
            case n.GroupMerged():
                return self._groups.merged(item, now)
            case n.Handed():
                return self._groups.handed(item, self._chats.spread_stored)
            case n.CircleLoaded():
                return self._groups.circle_loaded(item)
        return None

    def _transfer_note(self, item: object, now: float) -> list[e.Effect] | None:
        wall = self._parts.clock.wall()
        match item:
            case n.TransferProgress():
                return self._transfers.moved(item, now)
            case n.TransferStored():
                return self._transfers.queued(item)
            case n.Counted():
                return self._transfers.counted(item)
            case n.ScanEnded():
                return self._transfers.scan_ended(item, now)
            case n.DiskSeen():
                return self._transfers.disk_seen(item)
            case n.Verifying():
                return self._transfers.verifying(item)
            case n.RunEnded():
                return self._transfers.run_ended(item, now)
            case n.AttachAsked():
                return self._transfers.attach(item, now)
            case n.OfferLooked():
                return self._transfers.offer_looked(item, wall)
            case n.SendLooked():
                return self._transfers.send_looked(item, now, wall)
            case n.RetryLooked():
                again = c.SendFiles(item.new, item.peer, item.sources, item.room)
                return self._transfers.send(again, now, wall, frozenset(item.only), item.after)
            case n.ListedPart():
                return self._transfers.listed_part(item)
            case n.ListedLooked():
                return self._transfers.listed_looked(item)
            case n.Compared():
                return self._transfers.compared(item)
            case n.CleanupDone():
                return [e.DbWrite(lambda db: journal.tidied(db, item.transfer))]
            case n.UndoLooked():
                return self._transfers.undo_looked(item)
            case n.Undone():
                return self._transfers.undone(item)
        return None

    def _note(self, item: object, now: float) -> list[e.Effect]:
        match item:
            case Sighting():
                return self._peers.seen(item, now)
            case n.Gone():
                return self._peers.gone(item.short)
            case n.LinkUp():
                return self._peers.up(item, now, int(self._parts.clock.wall().timestamp() * 1000))
            case n.LinkDown():
                return self._peers.down(item, now)
            case n.Glanced():
                return self._peers.glanced(item.target, item.peer, item.address, now)
            case n.DialEnded():
                return self._peers.dial_ended(item, now)
            case n.TakenSome():
                return self._taken_some(item.taking, item.fresh)
            case n.EventReady():
                return [e.Publish(item.event)]
            case n.AfterCommit():
                return list(item.effects)  # type: ignore[arg-type]
            case n.AnswerLooked():
                return self._transfers.answer_looked(item)
            case n.NetworkChanged():
                return self._network(item)
            case n.StoreFailed():
                taken, self._takings = [e.Publish(one.given_up()) for one in self._takings], []
                return [self._trouble(Code.DISK_ERROR, item.detail), *taken]
            case n.Subscribe():
                return [
                    e.DbRead(
                        lambda db: (tuple(history.conversations(db)), outbox.drafts(db)),
                        lambda found: _Joined(item, *found),
                    )
                ]
            case _Joined():
                self._join(item)
            case n.Unsubscribe():
                self._listeners.pop(item.listener, None)
            case n.Stop():
                self._end()
        return []

    def _heard(self, note: n.ControlReceived, now: float) -> list[e.Effect]:
        peer, said = note.peer, note.said
        if self._trust(peer) is TrustLevel.BLOCKED:
            return []
        match said:
            case PairBegin() | PairAnswer() | PairReveal() | PairVerdict() | PairStop():
                return self._pairings.heard(peer, said, now)
            case SignedMessage():
                return self._chats.heard_text(peer, said)
            case Stored():
                return self._chats.heard_kept(peer, said)
            case TextRefused():
                return self._chats.heard_turned_down(peer, said)
            case Seen():
                return self._chats.heard_seen(peer, said)
            case SeenKept():
                return self._chats.heard_seen_kept(peer, said)
            case GroupRecords():
                return self._groups.heard_circle(peer, said)
            case HistorySummary():
                return self._groups.heard_held(peer, said, now)
            case Typing():
                ours = said.conversation == peer or peer in self._groups.present(said.conversation)
                return [e.Publish(PeerTyping(said.conversation, peer))] if ours else []
            case Offered():
                return self._transfers.heard_offer(peer, said)
            case Answer():
                return self._transfers.heard_answer(peer, said, now)
            case Cancel():
                return self._transfers.heard_end(peer, said, now)
            case Fetch():
                return self._transfers.heard_fetch(peer, said, now)
            case Finished():
                return self._transfers.heard_had_all(peer, said, now)
            case Listing():
                return self._transfers.heard_listed(peer, said)
            case Pause():
                return self._transfers.heard_paused(peer, said)
            case Later():
                return self._transfers.heard_postponed(peer, said)
            case Renamed():
                return self._peers.renamed(peer, said.name, said.note, now)

    # --- effects

    def _apply(self, effects: list[e.Effect]) -> None:
        for effect in effects:
            self._do(effect)

    def _do(self, effect: e.Effect) -> None:
        runner = self._parts.runner
        match effect:
            case e.Publish():
                self._tell(effect.event)
            case e.SendControl():
                if (link := self._peers.link(effect.peer)) is not None:
                    trail.said(effect.peer, effect.said)
                    link.post(effect.said)
            case e.Resend():
                self._resend(effect)
            case e.DbWrite():
                self._keep(effect)
            case e.DbRead():
                then = effect.then
                self._parts.store.read(effect.operation, lambda found: self._post_some(then(found)))
            case e.Compose():
                self._compose(effect)
            case e.Rewrite():
                self._rewrite(effect)
            case e.ReadHere():
                self._apply(self._chats.read_here(effect.peer))
            case e.Dial():
                runner.dial(effect)
            case e.Scan():
                runner.scan(effect)
            case e.Run():
                runner.run(effect)
            case e.ListOffer():
                runner.list_offer(effect)
            case e.Compare():
                runner.compare(effect)
            case e.CompareAgain():
                runner.compare_again(effect)
            case e.Undo():
                runner.undo(effect)
            case e.Save():
                runner.save(effect)
            case e.PostRun():
                runner.post_run(effect.transfer, effect.item)
            case e.EndRun():
                runner.end_run(effect.transfer)
            case e.Discard():
                runner.discard(effect)
            case e.CloseLink():
                effect.link.abort(Code.CANCELLED)
            case e.Online():
                self._apply(self._transfers.peer_up(effect.peer, effect.again))
                self._apply(self._chats.peer_up(effect.peer))
                self._apply(self._groups.peer_up(effect.peer))
                self._apply(self._pairings.peer_up(effect.peer))
            case e.Offline():
                self._apply(self._transfers.peer_down(effect.peer))
                self._apply(self._pairings.peer_down(effect.peer))
            case e.Verify():
                self._apply(self._peers.verify(effect.peer))
            case e.MarkKnown():
                self._apply(self._peers.befriend(effect.peer))

    def _tell(self, event: Event) -> None:
        trail.published(event)
        if isinstance(event, MessageDelivered | TransferFinished):
            self._peers.worked(event.peer)
        if isinstance(event, NetworkTroubled):
            if event.message:
                self._troubles[event.code] = event
            elif self._troubles.pop(event.code, None) is None:
                return
        for listener in list(self._listeners):
            listener(event)

    def _keep(self, effect: e.DbWrite) -> None:
        if effect.then is None:
            self._parts.store.write(effect.operation, None)
        else:
            then = effect.then
            self._parts.store.write(effect.operation, lambda result: self._post_some(then(result)))

    def _post_some(self, note: object) -> None:
        if note is not None:
            self._inbox.put(note)

    def _compose(self, effect: e.Compose) -> None:
        identity, wall = self._parts.me.identity, self._parts.clock.wall()

        def operation(db: sqlite3.Connection) -> n.TextStored | n.TextKnown | n.AfterCommit | None:
            if effect.kind is MessageKind.TEXT and (known := outbox.find(db, identity.id, effect.message)) is not None:
                if known.peer != effect.peer:
                    return None
                position = outbox.position_of(db, known)
                return n.TextKnown(known, position, history.quote(db, known.peer, known.about))
            about = outbox.digest_of(db, effect.about, effect.peer) if effect.about is not None else b""
            if effect.kind is MessageKind.REACTION and not about:
                return None  # what it was to stand at is gone
            clock = outbox.clock(db, effect.peer, identity.id)
            if effect.kind is MessageKind.CHANGE:
                clock = (*clock[:2], groups.seen(db, effect.peer, identity.id, message_records.change_of))
            texted = message_records.compose(
                identity, effect.peer, effect.message, effect.text, clock, wall, effect.kind, about, effect.delivery,
                effect.group,
            )
            kept = outbox.add(db, texted.message, texted.sequence, texted.record, texted.digest)
            if kept is None:
                return None
            quote = history.quote(db, effect.peer, about.hex())
            if effect.kind not in CONTROL:
                return n.TextStored(texted, kept.position, quote, about=effect.about)
            settled = groups.settle(db, effect.peer, message_records.change_of)
            place = next((one.position for _, one in settled.shown), 0) if settled is not None else 0
            if settled is None or not place:
                code = Code.NOT_A_MEMBER  # or it was decided otherwise meanwhile
                return n.AfterCommit((e.Publish(GroupRefused(effect.peer, code, user_messages.ended(code))),))
            done = groups.delivered_now(db, identity.id, settled.group)
            return n.TextStored(texted, place, quote, settled.group, effect.about, tuple(done))

        self._parts.store.write(operation, self._post_some)

    def _rewrite(self, effect: e.Rewrite) -> None:
        identity = self._parts.me.identity

        def operation(db: sqlite3.Connection) -> n.TextChanged:
            old = outbox.queued_record(db, identity.id, effect.message, effect.peer)
            if old is None:
                return n.TextChanged(effect.peer, effect.message, None)
            if outbox.is_answered(db, message_records.digest_of(old), effect.peer):
                return n.TextChanged(effect.peer, effect.message, None)  # somebody has an answer that names it
            texted = message_records.edited(identity, effect.peer, old, effect.text)
            names = {message_records.digest_of(old): texted.digest}
            outbox.change(db, texted.message, texted.record, texted.digest)
            # What was written later names it by its digest: an answer would lose what it answers.
            for later in outbox.queued_behind(db, identity.id, effect.message, effect.peer):
                if (anew := message_records.renamed(identity, effect.peer, later, names)) is not None:
                    names[message_records.digest_of(later)] = anew.digest
                    outbox.change(db, anew.message, anew.record, anew.digest)
            return n.TextChanged(effect.peer, effect.message, texted.message.text)

        self._parts.store.write(operation, self._post_some)

    def _resend(self, effect: e.Resend) -> None:
        link = self._peers.link(effect.peer)
        if link is not None:
            link.post(message_records.stored(effect.record, effect.conversation or effect.peer))

    # --- the rest of the state

    def _trust(self, peer: PeerId) -> TrustLevel:
        row = self._peers.rows.get(peer)
        return row.trust if row is not None else TrustLevel.STRANGER

    def _name(self, peer: PeerId) -> str:
        return self._parts.me.facts.name if peer == self.id else self._peers.name(peer)

    def _seconds(self) -> float:
        return self._parts.clock.wall().timestamp()

    def _rules(self, peer: PeerId) -> PeerPolicy:
        answers = self._parts.settings.networks
        home = bool(self._networks) and all(answers.get(one.id, False) for one in self._networks)
        return self._peers.rules(peer, int(self._parts.clock.wall().timestamp() * 1000), home)

    def _may_execute(self, peer: PeerId) -> bool:
        return self._parts.settings.keep_executable and self._trust(peer) is TrustLevel.VERIFIED

    def _throttles_of(self, peer: PeerId, direction: Direction) -> tuple[Throttle, ...]:
        own = self._peer_throttles.get((peer, direction))
        if own is None:
            own = Throttle(lambda: self._peers.rows[peer].rules.speed if peer in self._peers.rows else 0)
            self._peer_throttles[peer, direction] = own
        return (self._throttles[direction], own)

    def _downloads(self) -> Path:
        chosen = self._parts.settings.download_folder
        return Path(chosen) if chosen else self._parts.downloads

    def _me(self) -> Me:
        facts = self._parts.me.facts
        now = self._parts.clock.now()
        return Me(
            self.id, facts.name, facts.kind, self._parts.port, self._addresses, str(self._downloads()),
            self._level(now), round(self._showing.left(now), 1),
        )

    def _history(self, command: c.LoadHistory) -> e.Effect:
        def operation(db: sqlite3.Connection) -> HistoryLoaded:
            if command.search or command.kind:
                wanted = SearchQuery(command.search, command.peer, command.kind, _ms(command.since), _ms(command.until))
                found, more = history.search(db, wanted, command.limit), False
            else:
                found, more = history.page(db, command.peer, command.before, command.limit, command.around)
            return HistoryLoaded(command.request, command.peer, tuple(found), more, _is_search(command))

        return e.DbRead(operation, n.EventReady)

    def _renew(self) -> list[e.Effect]:
        """A new key; whoever runs this engine starts it anew with it."""
        try:
            self._parts.renew()
        except OSError as error:
            return [self._trouble(Code.PROFILE_UNWRITABLE, error.strerror or "")]
        return [e.Publish(IdentityRenewed())]

    def _erase(self, peer: PeerId | None) -> list[e.Effect]:
        """History goes, from the file on disk and with the receipts; a receiving that was can be undone no more."""
        runner, store = self._parts.runner, self._parts.store

        def gone(transfers: list[TransferId]) -> object:
            for transfer in transfers:
                runner.papers(transfer)[1].unlink(missing_ok=True)
            store.compact(lambda whole: self._post_some(n.EventReady(HistoryErased(peer, bool(whole)))))
            return None

        return [e.DbWrite(lambda db: history.erase(db, peer), gone)]

    def _expire(self) -> list[e.Effect]:
        """Take out what is not to stay any longer."""
        now_ms = int(self._parts.clock.wall().timestamp() * 1000)

        def work(db: sqlite3.Connection) -> tuple[HistoryErased, ...]:
            gone = history.expire(db, now_ms)
            left = {one.peer: one for one in history.conversations(db)} if gone else {}
            return tuple(HistoryErased(peer, True, messages, left.get(peer)) for peer, messages in gone.items())

        def told(changed: tuple[HistoryErased, ...]) -> object:
            return n.AfterCommit(tuple(map(e.Publish, changed))) if changed else None

        return [e.DbWrite(work, told)]

    def _save(self, command: c.SaveConversation) -> e.Effect:
        names = {one.id: one.alias or one.name for one in self._peers.shown()} | {self.id: self._name(self.id)}
        return e.Save(command.peer, command.folder, names | {one.group: one.name for one in self._groups.shown()})

    def _take_in(self, command: c.ImportConversation) -> e.Effect:
        peers = [one.id for one in self._peers.shown()]
        ours = {*peers, *(one.group for one in self._groups.shown())}
        taking = archive.ArchiveImport(command.path, self.id, peers, ours)
        self._takings.append(taking)
        return self._take_some(taking)

    def _taken_some(self, taking: archive.ArchiveImport, fresh: int) -> list[e.Effect]:
        if taking not in self._takings:
            return []  # told already that it could not be kept
        if (told := taking.kept(fresh)) is None:
            return [self._take_some(taking)]
        self._takings.remove(taking)
        return [e.Publish(told)]

    def _take_some(self, taking: archive.ArchiveImport) -> e.Effect:
        return e.DbWrite(taking.some, lambda fresh: n.TakenSome(taking, fresh))

    def _change_settings(self, settings: Settings) -> list[e.Effect]:
        try:
            checked(settings)
        except ValueError as error:
            return [e.Publish(SettingsRefused(str(error)))]
        parts, old = self._parts, self._parts.settings
        parts.settings = settings
        if settings.visibility is not old.visibility:
            self._showing = Showing(settings.visibility)
        effects: list[e.Effect] = []
        renamed = settings.name != old.name and "name" not in parts.overrides
        if renamed:
            parts.me.facts = replace(parts.me.facts, name=settings.name or parts.default_name)
            parts.renamed(parts.me.facts.name)
        if renamed or settings.away_note != old.away_note:
            parts.me.facts = replace(parts.me.facts, note=settings.away_note)
            for row in self._peers.rows.values():
                if row.link is not None:
                    row.link.post(parts.me.facts)
        restart = ("port",) if settings.port != parts.port and "port" not in parts.overrides else ()
        path = parts.settings_path
        event = n.EventReady(SettingsChanged(settings, restart))
        if path is not None:
            effects.append(e.DbWrite(lambda _: _saved(path, settings), lambda ok: event if ok else _not_saved()))
        effects.append(e.Publish(MeChanged(self._me())))
        return effects

    def _network(self, note: n.NetworkChanged) -> list[e.Effect]:
        self._addresses = note.addresses
        fresh = [one for one in note.networks if one not in self._networks]
        self._networks = note.networks
        effects: list[e.Effect] = [e.Publish(MeChanged(self._me()))]
        effects += [e.Publish(NetworkTrustRequested(one.id, one.label)) for one in self._unasked() if one in fresh]
        for code in (Code.MDNS_BLOCKED, Code.NO_NETWORK):
            if code == note.trouble:
                effects.append(self._trouble(code, ""))
            else:
                effects.append(e.Publish(NetworkTroubled(code, "")))
        return effects

    def _trouble(self, code: Code, detail: str) -> e.Effect:
        return e.Publish(NetworkTroubled(code, user_messages.trouble(code, detail)))

    def _join(self, note: _Joined) -> None:
        wanted = note.wanted
        window_open = any(self._listeners.values())
        self._listeners[wanted.listener] = wanted.window
        wanted.listener(
            Snapshot(
                self._me(),
                self._peers.shown(frozenset((*(one.peer for one in note.conversations), *note.drafts))),
                self._transfers.shown(),
                note.conversations,
                self._parts.settings,
                window_open,
                tuple(self._troubles.values()),
                self._parts.overrides,
                self._groups.shown(),
                note.drafts,
                self._peers.undecided(),
            )
        )
        for one in self._unasked():
            wanted.listener(NetworkTrustRequested(one.id, one.label))

    def _end(self) -> None:
        for taking in self._takings:
            self._parts.store.write(taking.rest, None)
        for row in self._peers.rows.values():
            if row.link is not None:
                row.link.post(SayBye())
                trail.left(row.id)
        self._tell(EngineStopped(Code.STOPPING))
        self._listeners.clear()
        self._over = True


class _Joined(Struct, frozen=True):
    """A shell may join: what the store had to say is here."""

    wanted: n.Subscribe
    conversations: tuple[Conversation, ...]
    drafts: dict[PeerId, str]


def _ms(when: datetime.datetime | None) -> int | None:
    return int(when.timestamp() * 1000) if when is not None else None


def _is_search(command: c.LoadHistory) -> bool:
    return bool(command.search or command.kind)


def _saved(path: Path, settings: Settings) -> bool:
    try:
        settings_file.save(path, settings)
    except OSError:
        return False
    return True


def _not_saved() -> object:
    return n.StoreFailed("the settings could not be saved")
