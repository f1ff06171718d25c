"""The engine's core: one thread takes items out of the inbox, and carries out the effects that services return.

Services own the state (see Service) and register with the dispatch what they answer to. The core knows no rule of
theirs: it steps, keeps the order, and logs each item, effect and event at one place. step() with an injected clock and
runner is all there is, so that the same code runs under threads and in a simulation.

submit(), post() and subscribe() may be called from any thread. Everything else belongs to the engine's thread.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from lanshare.domain.commands import Command
from lanshare.domain.errors import Code
from lanshare.domain.events import EngineStopped, Snapshot
from lanshare.domain.groups import Group
from lanshare.domain.offer import Offer
from lanshare.domain.peer import PeerId, PeerPolicy, Permission, TrustLevel
from lanshare.domain.settings import SortBy
from lanshare.domain.transfer import TransferId
from lanshare.engine import effects as e
from lanshare.engine import inbox as n
from lanshare.engine import trail
from lanshare.engine.backlog import dealt_with
from lanshare.engine.deps import EngineDeps
from lanshare.engine.dispatch import Dispatch, Service
from lanshare.engine.messages.archives import Archives
from lanshare.engine.messages.composer import Composer
from lanshare.engine.messages.direct import Chats
from lanshare.engine.messages.groups import Groups
from lanshare.engine.messages.history import HistoryService
from lanshare.engine.peers.pairing import Pairings
from lanshare.engine.peers.registry import Peers
from lanshare.engine.peers.releases import Releases
from lanshare.engine.peers.visibility import Exposure
from lanshare.engine.presentation import user_messages
from lanshare.engine.profile_settings import ProfileSettings
from lanshare.engine.prompt_limit import PromptRateLimiter
from lanshare.engine.shells import Shells, trouble
from lanshare.engine.transfers import sorting
from lanshare.engine.transfers.pending_offers import PendingOffers
from lanshare.engine.transfers.registration import TransferService
from lanshare.engine.transfers.service import Transfers
from lanshare.engine.transfers.table import TransferContext
from lanshare.exchange import message_records
from lanshare.exchange.control import SayBye
from lanshare.store.journal import Unfinished
from lanshare.store.trustbook import TrustEntry

_log = logging.getLogger(__name__)


class EngineCore:
    """The inbox, the services, and what joins them."""

    def __init__(self, deps: EngineDeps) -> None:
        self._deps = deps
        self._inbox: queue.SimpleQueue[n.InboxItem] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="engine")
        self._over = False
        self._awake = False
        me, prompts = deps.me.identity, PromptRateLimiter()
        self._peers = peers = Peers(
            me.id, deps.browse_only, has_pending=lambda peer: self._transfers.has_pending(peer),
            wall_ms=lambda: int(self._seconds() * 1000),
        )
        self._exposure = Exposure(deps, peers, self._downloads)
        self._settings = ProfileSettings(deps, peers, self._exposure)
        self._transfers = Transfers(self._transfer_context(), questions=PendingOffers(peers.trust, prompts))
        self._groups = Groups(
            me.id, self._name, peers.trust, peers.online, lambda founding: message_records.group_of(me, founding),
            lambda peer: prompts.may(peer, self._seconds()), self._seconds, self._silenced,
        )
        self._chats = Chats(
            me.id, self._name, peers.trust, self._rules, prompts, self._seconds, peers.online, self._groups,
            lambda: deps.settings.read_receipts,
        )
        self._pairings = Pairings(
            me.id, peers.name, peers.online,
            lambda peer: peers.trust(peer) is not TrustLevel.STRANGER or prompts.may(peer, self._seconds()),
        )
        self._archives = Archives(
            me.id, self._names, lambda: [one.id for one in peers.shown()],
            lambda: [one.group for one in self._groups.shown()],
        )
        self._releases = Releases(lambda: deps.me.facts, self._name, peers.trust, peers.link)
        self._shells = Shells(self._snapshot, self._exposure.questions)
        # Where several answer to one item, this is their order.
        self._services: tuple[Service, ...] = (
            TransferService(self._transfers), self._chats, self._groups, self._pairings, self._peers, self._settings,
            self._archives, self._releases,
            HistoryService(deps, self.post), Composer(me, deps.clock, peers.link), self._exposure, self._shells,
        )
        self._dispatch = Dispatch()
        self._register()

    # --- from any thread

    @property
    def id(self) -> PeerId:
        """This device."""
        return self._deps.me.identity.id

    def submit(self, command: Command) -> None:
        """Ask for something; events tell what comes of it."""
        self._inbox.put(command)

    def post(self, item: n.InboxItem) -> None:
        """Put something into the inbox (threads of ours only)."""
        if self._over and isinstance(item, n.AttachAsked):
            item.reply.put(Code.STOPPING)
            return
        self._inbox.put(item)

    def subscribe(self, listener: n.Listener, window: bool = False) -> None:
        """Send every event from now on to `listener`, a Snapshot first."""
        self._inbox.put(n.Subscribe(listener, window))

    def unsubscribe(self, listener: n.Listener) -> None:
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

    # --- the engine's thread

    def load(
        self, peers: Sequence[TrustEntry], unfinished: Sequence[Unfinished],
        untidy: Sequence[tuple[TransferId, Path | None]] = (), groups: Sequence[Group] = (),
        alarms: Sequence[tuple[PeerId, PeerId]] = (), awaited: Iterable[PeerId] = (),
    ) -> None:
        """What earlier engines of this profile left; before start(). `awaited`: devices for which messages wait."""
        now = self._deps.clock.now()
        self._groups.rows = {one.id: one for one in groups}
        self._peers.load(peers, now, alarms)
        for peer in awaited:
            self._peers.await_again(peer)
        self._apply(self._transfers.load(list(unfinished)))
        self._apply([e.Discard(transfer, folder) for transfer, folder in untidy])
        self._apply(self._exposure.tick(now))

    def next_time(self) -> float | None:
        """Seconds until step() has something to do even without an item."""
        times = [at for service in self._services if (at := service.next_time()) is not None]
        return min(times) - self._deps.clock.now() if times else None

    def step(self, item: n.InboxItem | None) -> None:
        """Apply one item (None: only time passes) and carry out what follows."""
        now = self._deps.clock.now()
        if item is not None:
            trail.noted(item)
            self._apply(self._dispatch.items(item, now))
        for service in self._services:
            if due := service.tick(now):
                self._apply(due)
        if self._transfers.moving() is not self._awake:
            self._awake = not self._awake
            self._deps.runner.keep_awake(self._awake)

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
                _log.exception("the engine could not apply %s", type(item).__name__)

    def _apply(self, effects: Iterable[e.Effect]) -> None:
        for effect in effects:
            trail.effect(effect)
            if follows := self._dispatch.effects(effect):
                self._apply(follows)

    def _register(self) -> None:
        to = self._dispatch
        for service in self._services:
            service.register(to)
        to.items.on(n.ControlReceived, self._heard)
        to.items.on(n.AfterCommit, lambda item, now: item.effects)
        to.items.on(n.StoreFailed, self._store_failed)
        to.items.on(n.Stop, lambda item, now: self._end())
        to.effects.on(e.SendControl, self._say)
        to.effects.on(e.DbWrite, self._write)
        to.effects.on(e.DbRead, self._read)
        to.effects.on(e.FlushStore, lambda effect: self._deps.store.flush())
        to.effects.on(e.CloseLink, lambda effect: effect.link.abort(Code.CANCELLED))
        for kind in e.JOB_EFFECTS:
            to.effects.on(kind, self._deps.runner.start)
        to.check()

    def _heard(self, item: n.ControlReceived, now: float) -> list[e.Effect]:
        blocked = self._peers.trust(item.peer) is TrustLevel.BLOCKED
        heard = [] if blocked or self._is_turned_away(item) else self._dispatch.heard(item.said, item.peer, now)
        return heard if item.done is None else dealt_with(heard, item.done)

    def _is_turned_away(self, item: n.ControlReceived) -> bool:
        """Whether this came over a link that never counted, or does no more, and there is no other one."""
        return item.link is not None and self._peers.link(item.peer) is None

    def _say(self, effect: e.SendControl) -> None:
        if (link := self._peers.link(effect.peer)) is not None:
            trail.said(effect.peer, effect.said)
            link.post(effect.said)

    def _write(self, effect: e.DbWrite) -> None:
        self._deps.store.write(
            lambda db: effect.work(db, *effect.args), lambda found: self._asked(effect, found),
            lambda: self._lost(effect), effect.is_early,
        )

    def _read(self, effect: e.DbRead) -> None:
        self._deps.store.read(
            lambda db: effect.work(db, *effect.args), lambda found: self._asked(effect, found),
            lambda: self._lost(effect),
        )

    def _asked(self, effect: e.DbWrite | e.DbRead, found: n.InboxItem | None) -> None:
        """The store's thread has done what an effect asked for."""
        if effect.over is not None:
            effect.over()
        item = effect.then if found is None else found
        if item is not None:
            self._inbox.put(item)

    def _lost(self, effect: e.DbWrite | e.DbRead) -> None:
        """It could not: whoever counts on an answer gets one all the same."""
        if effect.over is not None:
            effect.over()
        if effect.lost is not None:
            self._inbox.put(effect.lost)

    def _store_failed(self, item: n.StoreFailed, now: float) -> list[e.Effect]:
        sentence = user_messages.trouble(Code.DISK_ERROR, item.detail)
        return [trouble(Code.DISK_ERROR, sentence), *self._archives.give_up()]

    def _end(self) -> None:
        self._apply(self._archives.rest())
        for link in self._peers.links():
            link.post(SayBye())
        trail.left(row.id for row in self._peers.rows.values() if row.link is not None)
        self._apply([e.Publish(EngineStopped(Code.STOPPING))])
        self._shells.end()
        self._over = True

    # --- what joins the services

    def _transfer_context(self) -> TransferContext:
        deps, peers = self._deps, self._peers
        return TransferContext(
            online=peers.online,
            name=peers.name,
            trust=peers.trust,
            addresses=peers.addresses,
            downloads=self._downloads,
            sorted_into=self._sorted_into,
            execute=self._settings.may_execute,
            rules=self._rules,
            shares=lambda group, peer: self._groups.shares(PeerId(group), peer),
            throttles=self._settings.throttles,
            wall=deps.clock.wall,
        )

    def _name(self, peer: PeerId) -> str:
        return self._deps.me.facts.name if peer == self.id else self._peers.name(peer)

    def _names(self) -> dict[PeerId, str]:
        names = {one.id: one.alias or one.name for one in self._peers.shown()} | {self.id: self._name(self.id)}
        return names | {one.group: one.name for one in self._groups.shown()}

    def _seconds(self) -> float:
        return self._deps.clock.wall().timestamp()

    def _rules(self, peer: PeerId) -> PeerPolicy:
        return self._peers.rules(peer, int(self._seconds() * 1000), self._exposure.at_home())

    def _silenced(self, peer: PeerId) -> bool:
        """Whether nothing that this device says is to be shown, also in groups. Devices that were never met are not."""
        trust = self._peers.trust(peer)
        refused = trust is not TrustLevel.STRANGER and self._rules(peer).messages is Permission.BLOCK
        return trust is TrustLevel.BLOCKED or refused

    def _downloads(self) -> Path:
        chosen = self._deps.settings.download_folder
        return Path(chosen) if chosen else self._deps.downloads

    def _sorted_into(self, peer: PeerId, offer: Offer, sort: SortBy | None) -> str:
        peers = self._peers
        dealt = (TrustLevel.KNOWN, TrustLevel.VERIFIED)
        known = [(one, peers.name(one)) for one in peers.rows if peers.trust(one) in dealt]
        sender = sorting.distinct(peers.name(peer), peer, known)
        today = self._deps.clock.wall().astimezone().date()
        return sorting.subfolder(self._deps.settings.sort if sort is None else sort, sender, offer, today)

    def _snapshot(self, item: n.JoinReady, window_open: bool) -> Snapshot:
        talked = frozenset((*(one.peer for one in item.conversations), *item.drafts))
        return Snapshot(
            me=self._exposure.me(self._deps.clock.now()),
            peers=self._peers.shown(talked),
            transfers=self._transfers.shown(),
            conversations=item.conversations,
            settings=self._deps.settings,
            window_open=window_open,
            newer=self._releases.newest,
            troubles=tuple(self._shells.troubles.values()),
            overrides=self._deps.overrides,
            groups=self._groups.shown(),
            drafts=item.drafts,
            alarms=self._peers.undecided(),
        )
