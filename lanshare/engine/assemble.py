"""Builds an Engine from the real parts, and takes it down in the right order. The only place that knows them all."""

from __future__ import annotations

import datetime
import logging
import queue
import secrets
import sqlite3
import time
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from lanshare.domain import confusables
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.events import Event, Me, NetworkTroubled, Snapshot
from lanshare.domain.groups import Group
from lanshare.domain.message import CONTROL, SearchQuery, TimelineItem
from lanshare.domain.settings import Visibility
from lanshare.engine.core import EngineCore
from lanshare.engine.deps import EngineDeps
from lanshare.engine.inbox import EventReady, Gone, InboxItem, NetworkChanged, StoreFailed
from lanshare.engine.ipc.server import IpcServer, RemoteEngine, connect
from lanshare.engine.local_device import LocalDevice
from lanshare.engine.options import Options
from lanshare.engine.presentation import user_messages
from lanshare.engine.runtime import device_info
from lanshare.engine.runtime.dialling import Net
from lanshare.engine.runtime.inbound import InboundLinks
from lanshare.engine.runtime.job_runner import Runner
from lanshare.exchange.handshake import DeviceInfo
from lanshare.net import networks, tls
from lanshare.net.announcement import Announcement
from lanshare.net.discovery import Discovery
from lanshare.net.listener import Listener
from lanshare.net.nearness import local_addresses
from lanshare.store import atomic_file, database, groups, history, journal, outbox, profile_paths, settings, trustbook
from lanshare.store.lock import ProfileLock
from lanshare.store.profile_paths import Places
from lanshare.store.threads import Store
from lanshare.store.trustbook import TrustEntry
from lanshare.trust.identity import Identity

_log = logging.getLogger(__name__)

_ANSWER: Final = 2.0
"""Seconds for an engine that runs to say who it is."""


class SystemClock:
    """The computer's clocks."""

    def now(self) -> float:
        """Seconds, monotonic."""
        return time.monotonic()

    def wall(self) -> datetime.datetime:
        """The date and time, in UTC."""
        return datetime.datetime.now(datetime.UTC)


def load_identity(where: Places) -> Identity:
    """The device key, made at the first start; LanshareError if it cannot be read or kept."""
    try:
        if where.key.exists():
            return Identity(where.key.read_bytes())
        identity = Identity.create()
        atomic_file.replace_file(where.key, identity.pem)
        return identity
    except OSError as error:
        raise LanshareError(Code.PROFILE_UNWRITABLE, f"{where.key}: {error.strerror}") from error
    except ValueError as error:
        raise LanshareError(Code.PROFILE_UNWRITABLE, f"{where.key} holds no usable key; move it away") from error


def renew_identity(where: Places) -> None:
    """Make another device key in the place of the old one, which is gone then. OSError if it cannot be kept."""
    atomic_file.replace_file(where.key, Identity.create().pem)
    # Whoever renews a key does so because somebody has it: none of earlier renewals stays here either.
    for old in where.key.parent.glob(f"{where.key.stem}.before-*{where.key.suffix}"):
        old.unlink(missing_ok=True)


class Engine:
    """A running EngineCore with its parts. close() gives everything back; it may be called twice."""

    def __init__(self, options: Options) -> None:
        """LanshareError PROFILE_BUSY if another engine has this profile; see `ipc` to join it."""
        self.places = profile_paths.places(options.profile)
        self.places.prepare()
        self._lock = ProfileLock(self.places.lock)
        if not self._lock.take():
            raise LanshareError(Code.PROFILE_BUSY, str(self.places.data))
        self._closers: list[Callable[[], None]] = [self._lock.release]
        try:
            confusables.load()
            self._build(options)
        except BaseException:
            self._take_down()
            raise

    @property
    def node(self) -> EngineCore:
        """The engine's face."""
        return self._node

    def close(self) -> None:
        """Goodbye, then everything down, in order; what is unfinished is kept."""
        self._take_down()

    def _take_down(self) -> None:
        closers, self._closers = self._closers, []
        for close in reversed(closers):
            try:
                close()
            except Exception:
                _log.exception("closing")

    def _build(self, options: Options) -> None:
        where = self.places
        identity = load_identity(where)
        damaged = database.prepare(where.database)
        chosen, settings_damaged = settings.load(where.settings)
        interfaces = options.interfaces
        facts = DeviceInfo(
            options.name or chosen.name or device_info.default_name(), device_info.kind(), device_info.system(), 0,
            secrets.token_bytes(16), chosen.away_note,
        )
        me = LocalDevice(identity, facts)
        store = Store(where.database)
        wanted = options.port or chosen.port
        post_box: list[Callable[[InboxItem], None]] = []

        def post(note: InboxItem) -> None:
            post_box[0](note)

        runner = Runner(Net(me, tls.dialler_context(), interfaces), where.data, post)
        port = 0
        listener: Listener | None = None
        if options.announce:
            own = tls.acceptor_context(where.key)
            listener = Listener(wanted, interfaces, own, InboundLinks(me, post).serve, lambda: me.admission.hides)
            port = listener.port
            me.facts = replace(facts, port=port)
        announcement = Announcement(identity.id, facts.name, facts.kind, port) if options.announce else None
        watch = networks.NetworkWatch(networks.touch)
        here = watch.look(local_addresses(interfaces))
        discovery = Discovery(
            announcement, identity.id, interfaces, post, lambda short: post(Gone(short)),
            lambda addresses, trouble: post(NetworkChanged(addresses, trouble, watch.found)), options.asks, watch.look,
        )

        def renamed(name: str) -> None:
            discovery.announce(Announcement(identity.id, name, facts.kind, port))

        parts = EngineDeps(
            me=me, clock=SystemClock(), store=store, runner=runner,
            settings=chosen,
            settings_path=where.settings,
            default_name=device_info.default_name(),
            downloads=where.downloads,
            port=port,
            addresses=local_addresses(interfaces),
            overrides=options.overrides,
            browse_only=not options.announce,
            renamed=renamed,
            announced=discovery.show,
            asks=options.asks,
            networks=here,
            visible=Visibility.EVERYONE if options.visible else None,
            renew=lambda: renew_identity(where),
        )
        self._node = node = EngineCore(parts)
        post_box.append(node.post)
        self._load(node, browse_only=not options.announce)
        self._start(store, runner, listener, discovery, options.door)
        self._tell_troubles(node, damaged, settings_damaged, wanted if port not in (0, wanted) else 0)

    def _start(
        self, store: Store, runner: Runner, listener: Listener | None, discovery: Discovery, door: bool
    ) -> None:
        """All threads, in the order in which they need each other; they end the other way round."""
        node = self._node
        assert node is not None
        store.start(lambda error: node.post(StoreFailed(type(error).__name__)))
        self._closers += [store.close, runner.close]
        if listener is not None:
            self._closers.append(listener.close)
        if door:
            server = IpcServer(node, self.places)
            self._closers.append(server.close)
            server.start()
        self._closers.append(node.stop)
        node.start()
        self._closers.append(discovery.close)
        if listener is not None:
            listener.start()
        discovery.start()

    def _load(self, node: EngineCore, browse_only: bool) -> None:
        link = database.connect(self.places.database)
        try:
            trustbook.forget_strangers(link, int((time.time() - 30 * 86400) * 1000))
            left = ([], []) if browse_only else (journal.unfinished(link), journal.untidy(link))
            awaited = {peer for peer, _ in outbox.waiting(link)}
            node.load(trustbook.all_peers(link), *left, groups.load(link), trustbook.alarms(link), awaited)
        finally:
            link.close()

    def _tell_troubles(self, node: EngineCore, damaged: bool, settings_damaged: bool, taken_port: int) -> None:
        troubles = [
            (damaged, Code.DATABASE_DAMAGED, str(self.places.data)),
            (settings_damaged, Code.SETTINGS_DAMAGED, ""),
            (bool(taken_port), Code.PORT_TAKEN, str(taken_port)),
        ]
        for applies, code, detail in troubles:
            if applies:
                node.post(EventReady(NetworkTroubled(code, user_messages.trouble(code, detail))))


# --- what needs no engine


def read_me(options: Options) -> Me:
    """This device without starting anything: `lanshare id`. Makes the key at the first time.

    If an engine runs in this profile, as that says: it may have another port than it was to have, or another name.
    """
    where = profile_paths.places(options.profile)
    where.prepare()
    if (running := _ask(where)) is not None:
        return running
    identity = load_identity(where)
    chosen, _ = settings.load(where.settings)
    return Me(
        identity.id,
        options.name or chosen.name or device_info.default_name(),
        device_info.kind(),
        options.port or chosen.port,
        local_addresses(options.interfaces),
        chosen.download_folder or str(where.downloads),
    )


def _ask(where: Places) -> Me | None:
    channel = connect(where)
    if channel is None:
        return None
    heard: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    engine = RemoteEngine(channel, False, heard.put, lambda: heard.put(None))
    engine.start()
    try:
        told = heard.get(timeout=_ANSWER)
    except queue.Empty:
        return None
    finally:
        engine.close()
    return told.me if isinstance(told, Snapshot) else None


def _look(options: Options) -> sqlite3.Connection:
    """The history to read, made or brought to today's version if need be."""
    where = profile_paths.places(options.profile)
    where.prepare()
    if not where.database.exists() or not database.is_current(where.database):
        database.prepare(where.database)
    return database.connect(where.database, read_only=True)


def read_history(options: Options, wanted: SearchQuery, limit: int) -> list[TimelineItem]:
    """What was said and sent, without starting anything: `lanshare history`."""
    link = _look(options)
    try:
        if wanted.words or wanted.kind or wanted.since is not None or wanted.until is not None:
            return history.search(link, wanted, limit)
        found: list[TimelineItem] = []
        before, more = None, True
        while more and len(found) < limit:
            page, more = history.page(link, wanted.peer, before, limit)
            before = page[0].position if page else None
            found[:0] = [one for one in page if one.message is None or one.message.kind not in CONTROL]
        return found[-limit:]
    finally:
        link.close()


def read_groups(options: Options) -> list[Group]:
    """All groups, without starting anything."""
    link = _look(options)
    try:
        return groups.load(link)
    finally:
        link.close()


def read_peers(options: Options) -> list[TrustEntry]:
    """Who was met, without starting anything."""
    where = profile_paths.places(options.profile)
    where.prepare()
    if not where.database.exists():
        database.prepare(where.database)
    link = database.connect(where.database, read_only=True)
    try:
        return trustbook.all_peers(link)
    finally:
        link.close()
