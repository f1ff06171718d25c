"""The jobs that threads of ours run for the node: dial, walk, move, clean up. Each reports by posting notes."""

from __future__ import annotations

import base64
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never

import msgspec

from lanshare.domain.control_messages import Listing
from lanshare.domain.errors import Code, IdentityDiffers, LanshareError
from lanshare.domain.events import ConversationSaved, ReceiveUndone
from lanshare.domain.offer import EntryKind, Offer, Skipped, TopEntry
from lanshare.domain.peer import SHORT, Address, PeerId, short_id
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import (
    Compare,
    CompareAgain,
    Dial,
    Discard,
    EndRun,
    JobEffect,
    ListOffer,
    PostRun,
    Run,
    Save,
    Scan,
    Undo,
)
from lanshare.engine.inbox import (
    CleanupDone,
    Compared,
    Counted,
    DialEnded,
    EventReady,
    Glanced,
    Lease,
    ListedPart,
    RunEnded,
    ScanEnded,
    Undone,
)
from lanshare.engine.local_device import LocalDevice
from lanshare.engine.messages import archive
from lanshare.engine.ports import LinkHandle, LinkItem
from lanshare.engine.presentation import user_messages
from lanshare.engine.runtime.link_tasks import (
    Post,
    greet_as_dialler,
    has_key,
    look_at_key,
    run_control,
    run_sink,
    run_source,
)
from lanshare.engine.runtime.sleep_inhibitor import SleepInhibitor
from lanshare.engine.runtime.worker_pool import Workers
from lanshare.exchange.manifest_pager import ManifestPager
from lanshare.files import landlock, manifest, staging, tree
from lanshare.files.compare import Likeness, compare
from lanshare.files.digest_cache import memo_path
from lanshare.files.folder import Folder, open_folder
from lanshare.files.sent import sent_path
from lanshare.files.tree import Found
from lanshare.files.undo import Undoing, undo
from lanshare.net.dial import connect
from lanshare.net.link import Link
from lanshare.net.tls import TlsContext
from lanshare.store import database
from lanshare.wire import limits

_GROW_EVERY: Final = 0.3
"""Seconds between two tellings of how far a tree has been counted."""

_DIFFERING: Final = 20
"""Names of differing files that a question shows."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Net:
    """What every dial needs."""

    me: LocalDevice
    dialler: TlsContext
    interfaces: tuple[str, ...]

_LEFT: Final = 100
"""Entries named when there is nothing at all that can be sent."""


class _Cancellable:
    """A job that owns at most one link at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._link: Link | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """End soon, from any thread."""
        with self._lock:
            self._cancelled = True
            if self._link is not None:
                self._link.abort(Code.CANCELLED)

    def post(self, item: LinkItem) -> None:
        """To the link's owner, from any thread."""
        with self._lock:
            if self._link is not None:
                self._link.post(item)

    def _own(self, link: Link) -> None:
        with self._lock:
            self._link = link
            if self._cancelled:
                link.abort(Code.CANCELLED)


class DialJob(_Cancellable):
    """Open a control link and stay its owner."""

    def __init__(self, effect: Dial, net: Net, post: Post) -> None:
        super().__init__()
        self._effect, self._net, self._post = effect, net, post

    def run(self) -> None:
        """The first address that answers with the right key wins."""
        effect, net = self._effect, self._net
        code, detail, matched = Code.PEER_UNREACHABLE, "", False
        seen: PeerId | None = None
        at: Address | None = None
        for sock, address in connect(effect.addresses, net.interfaces):
            if self._cancelled:
                sock.close()
                break
            try:
                link = Link(sock, net.dialler, True, address)
            except LanshareError:
                continue
            self._own(link)
            try:
                if effect.glance:
                    self._post(Glanced(effect.target, look_at_key(link, effect.expect), address))
                    link.close()
                    return
                guest = greet_as_dialler(link, net.me, "control", effect.expect, effect.by_itself)
            except IdentityDiffers as error:
                link.close()
                if seen is None:
                    seen, at = PeerId(error.seen), address
                continue
            except LanshareError as error:
                # Whoever speaks no TLS there, or shows no key, says nothing about who has the other addresses.
                matched = matched or has_key(link, effect.expect)
                link.close()
                code, detail = error.code, error.detail
                continue
            run_control(link, net.me, guest, address, True, self._post)
            return
        if seen is not None and not matched:
            code = Code.IDENTITY_CHANGED
        self._post(DialEnded(effect.target, code, detail, seen if not matched else None, at))


class RunJob(_Cancellable):
    """Dial a data link and push or pull a transfer over it."""

    def __init__(self, effect: Run, net: Net, papers: tuple[Path, Path], post: Post) -> None:
        """`papers`: where its list and its receipt lie."""
        super().__init__()
        self._effect, self._net, self._papers, self._post = effect, net, papers, post

    def run(self) -> None:
        """RunEnded is posted whatever happens: without it the transfer would count as running for ever."""
        try:
            self._run()
        except Exception as error:
            self._post(RunEnded(self._effect.transfer, self._effect.epoch, Code.PEER_AWAY, type(error).__name__))
            raise

    def _run(self) -> None:
        effect, net = self._effect, self._net
        code, detail = Code.PEER_UNREACHABLE, ""
        for sock, address in connect(effect.addresses, net.interfaces):
            if self._cancelled:
                sock.close()
                break
            try:
                link = Link(sock, net.dialler, True, address)
            except LanshareError:
                continue
            self._own(link)
            try:
                greet_as_dialler(link, net.me, "data", effect.peer)
            except LanshareError as error:
                link.close()
                code, detail = Code.PEER_UNREACHABLE, error.detail
                continue
            what = (effect.landing, effect.sources, *self._papers, effect.tops, effect.after, effect.throttles)
            lease = Lease(effect.epoch, "", *what, effect.aside, effect.allowed)
            if effect.sources:
                run_source(link, effect.transfer, lease, True, self._post)
            else:
                run_sink(link, effect.transfer, lease, True, self._post)
            return
        self._post(RunEnded(effect.transfer, effect.epoch, code, detail, unreachable=True))


class ScanJob:
    """Walk what is to be sent, write its list, tell how much it is."""

    def __init__(self, effect: Scan, path: Path, post: Post) -> None:
        self._effect, self._path, self._post = effect, path, post
        self._cancelled = False

    def cancel(self) -> None:
        """End soon, from any thread."""
        self._cancelled = True

    def run(self) -> None:
        """Counted as it goes; ScanEnded at the end."""
        transfer = self._effect.transfer
        try:
            if manifest.is_whole(self._path) and not self._effect.again:
                self._count(manifest.read_all(self._path), None)
                return
            writer = manifest.ManifestWriter(self._path)
            try:
                self._count(self._wanted(tree.walk(self._effect.paths)), writer)
            finally:
                writer.close()
        except OSError as error:
            self._post(ScanEnded(transfer, Code.DISK_ERROR, error.strerror or ""))
        except LanshareError as error:
            self._post(ScanEnded(transfer, error.code))

    def _wanted(self, items: Iterable[Found | Skipped]) -> Iterable[Found | Skipped]:
        """What is to be sent of what was found: all, or only what did not arrive the last time."""
        only = self._effect.only
        if not only:
            return items
        return (item for item in items if isinstance(item, Found) and "/".join(item.entry.parts) in only)

    def _count(self, items: Iterable[Found | Skipped], writer: manifest.ManifestWriter | None) -> None:
        names = tree.top_names(self._effect.paths)
        tops: dict[int, list[int]] = {}
        kinds: dict[int, EntryKind] = {}
        files = size = skipped = 0
        told = time.monotonic() - _GROW_EVERY + 0.02
        why, left = "", list[Skipped]()
        for number, item in enumerate(items):
            if self._cancelled:
                return
            if isinstance(item, Skipped):
                skipped += 1
                why = why or item.code
                if len(left) < _LEFT:
                    left.append(item)
            else:
                top = tops.setdefault(item.top, [0, 0])
                kinds.setdefault(item.top, item.entry.kind)
                if item.entry.kind is EntryKind.FILE:
                    top[0] += 1
                    top[1] += item.entry.size
                    files += 1
                    size += item.entry.size
            if writer is not None:
                writer.add(item)
            if number % 256 == 255 and time.monotonic() - told >= _GROW_EVERY:
                told = time.monotonic()
                if writer is not None:
                    writer.flush()
                self._tell(names, tops, kinds, files, size, skipped, False)
        if not tops:
            self._post(ScanEnded(self._effect.transfer, why or Code.NOTHING_TO_SEND, "", tuple(left)))
            return
        if writer is not None:
            writer.finish()
        self._tell(names, tops, kinds, files, size, skipped, True)
        self._post(ScanEnded(self._effect.transfer))

    def _tell(
        self,
        names: Sequence[str],
        tops: dict[int, list[int]],
        kinds: dict[int, EntryKind],
        files: int,
        size: int,
        skipped: int,
        complete: bool,
    ) -> None:
        shown = tuple(
            TopEntry(names[top], kinds[top], *tops[top]) for top in sorted(tops)[: limits.TOPS]
        )
        offer = Offer(shown, len(tops) if complete else len(names), files, size, complete)
        self._post(Counted(self._effect.transfer, offer, skipped))


class ListJob:
    """Read a sending's list and post it in pieces that fit into a frame."""

    def __init__(self, transfer: TransferId, path: Path, post: Post) -> None:
        self._transfer, self._path, self._post = transfer, path, post
        self._cancelled = False

    def cancel(self) -> None:
        """End soon, from any thread."""
        self._cancelled = True

    def run(self) -> None:
        """The first entries; a list that cannot be read is not shown, and says so when it is sent."""
        try:
            lister = ManifestPager(self._path, limits.LISTED)
            try:
                while not self._cancelled and (piece := lister.piece()) is not None:
                    self._post(ListedPart(Listing(self._transfer, piece.first, piece.entries, piece.last)))
                    if piece.last:
                        return
            finally:
                lister.close()
        except (OSError, LanshareError) as error:
            _log.info("a list was not shown: %s", type(error).__name__)


class CompareJob:
    """Count how what a peer listed relates to what is in a folder, and keep it for another look."""

    def __init__(
        self, effect: Compare, kept: Path, tally: Callable[[], Compared], done: Callable[[Compared], None]
    ) -> None:
        """`tally`: what was counted of the pieces before."""
        self._effect, self._kept, self._tally, self._done = effect, kept, tally, done

    def cancel(self) -> None:
        """It takes no time worth cancelling."""

    def run(self) -> None:
        """What cannot be compared counts as new: it will be received beside whatever is there."""
        said = self._effect.said
        first = said.first == 0
        try:
            self._kept.parent.mkdir(mode=0o700, exist_ok=True)
            with open(self._kept, "wb" if first else "ab", opener=_privately) as file:
                file.write(base64.b64encode(msgspec.msgpack.encode(said)) + b"\n")
        except OSError as error:
            _log.info("an offer's list was not kept: %s", error.strerror)
        tally = Compared(said.transfer, 0, 0, 0, 0, 0, ()) if first else self._tally()
        self._done(_looked(tally, self._effect.folder, said))


class CompareAgainJob:
    """Count the same for another folder, from what was kept."""

    def __init__(self, effect: CompareAgain, kept: Path, done: Callable[[Compared], None]) -> None:
        self._effect, self._kept, self._done = effect, kept, done

    def cancel(self) -> None:
        """It takes no time worth cancelling."""

    def run(self) -> None:
        """Nothing that was kept: then nothing is told."""
        tally = Compared(self._effect.transfer, 0, 0, 0, 0, 0, ())
        try:
            with self._kept.open("rb") as lines:
                for line in lines:
                    said = msgspec.msgpack.decode(base64.b64decode(line), type=Listing)
                    tally = _looked(tally, self._effect.folder, said)
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            _log.info("an offer was not compared again: %s", type(error).__name__)
            return
        self._done(tally)


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _looked(tally: Compared, folder: Path, said: Listing) -> Compared:
    try:
        try:
            root = open_folder(folder)
        except FileNotFoundError:
            root = None
        try:
            return _tallied(tally, root, said)
        finally:
            if root is not None:
                root.close()
    except OSError as error:
        _log.warning("an offer was not compared: %s", error.strerror)
        return tally


def _tallied(tally: Compared, root: Folder | None, said: Listing) -> Compared:
    counts = {Likeness.NEW: [0, 0], Likeness.SAME: [0, 0], Likeness.DIFFERS: [0, 0]}
    differing = list(tally.differing)
    numbered = enumerate(said.entries, said.first)
    found = compare(root, numbered) if root is not None else ((n, entry, Likeness.NEW) for n, entry in numbered)
    for _, entry, likeness in found:
        if entry.kind is not EntryKind.FILE:
            continue
        counts[likeness][0] += 1
        counts[likeness][1] += entry.size
        if likeness is Likeness.DIFFERS and len(differing) < _DIFFERING:
            differing.append("/".join(entry.parts))
    new, same, differs = counts[Likeness.NEW], counts[Likeness.SAME], counts[Likeness.DIFFERS]
    return Compared(
        tally.transfer,
        tally.new + new[0],
        tally.same + same[0],
        tally.differs + differs[0],
        tally.new_bytes + new[1] + differs[1],
        tally.same_bytes + same[1],
        tuple(differing),
    )


class SaveJob:
    """Write a conversation into a folder, from a look of its own at the history."""

    def __init__(self, effect: Save, path: Path, post: Callable[[EventReady], None]) -> None:
        """`path`: of the database."""
        self._effect, self._path, self._post = effect, path, post

    def cancel(self) -> None:
        """What is written so far stays."""

    def run(self) -> None:
        """Publishes how it went."""
        effect = self._effect
        names = effect.names
        db = database.connect(self._path, read_only=True)
        try:
            saved = archive.save(db, effect.peer, effect.folder, lambda one: names.get(one, short_id(one)))
        except LanshareError as error:
            sentence = user_messages.not_exported(error.code, str(effect.folder))
            self._post(EventReady(ConversationSaved(effect.peer, str(effect.folder), 0, 0, 0, error.code, sentence)))
        else:
            told = ConversationSaved(effect.peer, str(saved.folder), saved.moments, saved.files, saved.missing)
            self._post(EventReady(told))
        finally:
            db.close()


class UndoJob:
    """Undo a finished receiving by its receipt."""

    def __init__(self, effect: Undo, receipt: Path, post: Post) -> None:
        self._effect, self._receipt, self._post = effect, receipt, post

    def cancel(self) -> None:
        """Half of it is worse than all of it."""

    def run(self) -> None:
        """Undone is posted whatever happens."""
        done, sentence = Undoing(), ""

        def work() -> None:
            nonlocal done
            done = undo(self._effect.folder, self._receipt)

        try:
            landlock.run_bound((self._effect.folder,), work)
        except LanshareError as error:
            sentence = user_messages.ended(error.code, "", error.detail)
        message = sentence or user_messages.undone(done.files, done.restored, done.left, done.folder)
        self._post(
            Undone(
                ReceiveUndone(
                    self._effect.transfer, self._effect.peer, done.files, done.restored, done.left, done.folder, message
                )
            )
        )


class DiscardJob:
    """Remove what an unfinished transfer left behind."""

    def __init__(self, effect: Discard, post: Post, *paths: Path) -> None:
        self._effect, self._post, self._paths = effect, post, paths

    def cancel(self) -> None:
        """It takes no time worth cancelling."""

    def run(self) -> None:
        """Best effort: what cannot be removed now is only a hidden folder, and the next engine tries again."""
        if self._removed():
            self._post(CleanupDone(self._effect.transfer))

    def _removed(self) -> bool:
        for path in self._paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                _log.warning("a list was not removed: %s", error.strerror)
        if self._effect.destination is None:
            return True
        try:
            if not self._effect.destination.is_dir():
                return False  # a disk that is not there now
            staging.remove(self._effect.destination, self._effect.transfer)
        except LanshareError as error:
            _log.warning("staging was not removed: %s", error.code)
            return False
        return True


class Runner:
    """Starts jobs for the node's effects, and ends them."""

    def __init__(self, net: Net, data: Path, post: Post) -> None:
        """`data`: the profile's folder, below which lists and receipts are kept."""
        self._net, self._data, self._post = net, data, post
        # What an earlier engine was asked about is listed anew when it is asked again.
        shutil.rmtree(data / "offered", ignore_errors=True)
        self._compares = Workers("in-compare", 1)
        self._awake = SleepInhibitor()
        self._tallies: dict[TransferId, Compared] = {}
        self._dials = Workers("out", limits.LINKS // 2)
        self._friends = Workers("out-known", limits.LINKS // 2)
        self._runs = Workers("out-data", 32)
        self._scans = Workers("out-walk", 4)
        self._moving: dict[TransferId, RunJob] = {}
        self._scanning: dict[TransferId, ScanJob] = {}
        self._served: dict[TransferId, LinkHandle] = {}

    def manifest(self, transfer: TransferId) -> Path:
        """Where a transfer's list lies."""
        return self._data / "outgoing" / transfer

    def receipt(self, transfer: TransferId) -> Path:
        """Where it is written what a transfer put here."""
        return self._data / "receipts" / transfer

    def start(self, effect: JobEffect) -> None:
        """Begin, steer or end a job. The kinds are few, and a match that mypy finds whole."""
        match effect:
            case Dial():
                self._dial(effect)
            case Scan():
                self._scan(effect)
            case Run():
                self._run(effect)
            case ListOffer():
                self._scans.start(ListJob(effect.transfer, self.manifest(effect.transfer), self._post))
            case Compare():
                self._compare(effect)
            case CompareAgain():
                self._compares.start(CompareAgainJob(effect, self._offered(effect.transfer), self._compared))
            case Undo():
                self._scans.start(UndoJob(effect, self.receipt(effect.transfer), self._post))
            case Save():
                self._scans.start(SaveJob(effect, self._data / "lanshare.sqlite", self._post))
            case PostRun():
                for mover in (self._served.get(effect.transfer), self._moving.get(effect.transfer)):
                    if mover is not None:
                        mover.post(effect.item)
            case EndRun():
                self._end_run(effect.transfer)
            case Discard():
                self._discard(effect)
            case _:
                assert_never(effect)

    def _compare(self, effect: Compare) -> None:
        """Compare what was listed with what is here: one after the other, as they came."""
        transfer = effect.said.transfer
        blank = Compared(transfer, 0, 0, 0, 0, 0, ())
        offered = self._offered(transfer)
        job = CompareJob(effect, offered, lambda: self._tallies.get(transfer, blank), self._compared)
        self._compares.start(job)

    def _compared(self, tally: Compared) -> None:
        self._tallies[tally.transfer] = tally
        self._post(tally)

    def _offered(self, transfer: TransferId) -> Path:
        """Where it is kept what a peer listed of an offer, while the person is asked."""
        return self._data / "offered" / transfer

    def _dial(self, effect: Dial) -> None:
        """Open a control link."""
        # Whoever is known by a full id never waits behind names that were only announced.
        known = effect.expect is not None and len(effect.expect) > SHORT
        (self._friends if known else self._dials).start(DialJob(effect, self._net, self._post))

    def _scan(self, effect: Scan) -> None:
        """Walk a tree."""
        job = ScanJob(effect, self.manifest(effect.transfer), self._post)
        self._scanning[effect.transfer] = job
        self._scans.start(job)

    def papers(self, transfer: TransferId) -> tuple[Path, Path]:
        """Where a transfer's list and its receipt lie."""
        return self.manifest(transfer), self.receipt(transfer)

    def _run(self, effect: Run) -> None:
        """Move a transfer."""
        job = RunJob(effect, self._net, self.papers(effect.transfer), self._post)
        self._moving[effect.transfer] = job
        self._served.pop(effect.transfer, None)
        self._runs.start(job)

    def serves(self, transfer: TransferId, link: LinkHandle) -> None:
        """A link that was dialled to us moves this transfer now."""
        self._served[transfer] = link
        self._moving.pop(transfer, None)

    def _end_run(self, transfer: TransferId) -> None:
        """Abort whatever moves a transfer."""
        if (link := self._served.pop(transfer, None)) is not None:
            link.abort(Code.CANCELLED)
        if (job := self._moving.pop(transfer, None)) is not None:
            job.cancel()

    def keep_awake(self, wanted: bool) -> None:
        """Whether the machine must not fall asleep."""
        self._awake.want(wanted)

    def _discard(self, effect: Discard) -> None:
        """Clean up after a transfer."""
        if (scan := self._scanning.pop(effect.transfer, None)) is not None:
            scan.cancel()
        self._tallies.pop(effect.transfer, None)
        listed = self.manifest(effect.transfer)
        shutil.rmtree(self._data / "spool" / effect.transfer, ignore_errors=True)
        papers = (listed, memo_path(listed), sent_path(listed), self._offered(effect.transfer))
        self._scans.start(DiscardJob(effect, self._post, *papers))

    def close(self) -> None:
        """End everything and wait for it."""
        for link in list(self._served.values()):
            link.abort(Code.STOPPING)
        for job in list(self._moving.values()):
            job.cancel()
        for scan in list(self._scanning.values()):
            scan.cancel()
        for workers in (self._runs, self._dials, self._friends, self._scans, self._compares):
            workers.close()
        self._awake.close()
