"""The jobs that threads of ours run for the node: dial, walk, move, clean up. Each reports by posting notes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lanshare.domain.errors import Code, IdentityDiffers, LanshareError
from lanshare.domain.offer import EntryKind, Offer, Skipped, TopEntry
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.files import manifest, tree
from lanshare.files.staging import Staging
from lanshare.files.tree import Found
from lanshare.net.dial import connect
from lanshare.net.link import Link
from lanshare.net.tls import TlsContext
from lanshare.node.effects import Dial, Discard, Run, Scan
from lanshare.node.links import Post, Self, greet_as_dialler, run_control, run_sink, run_source
from lanshare.node.notes import Counted, DialEnded, Lease, LinkHandle, RunEnded, ScanEnded
from lanshare.node.workers import Workers
from lanshare.wire import limits

_GROW_EVERY: Final = 0.3
"""Seconds between two tellings of how far a tree has been counted."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Net:
    """What every dial needs."""

    me: Self
    dialler: TlsContext
    interfaces: tuple[str, ...]


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
                guest = greet_as_dialler(link, net.me, "control", effect.expect)
            except IdentityDiffers as error:
                link.close()
                seen = PeerId(error.seen)
                continue
            except LanshareError as error:
                link.close()
                code, detail, matched = error.code, error.detail, True
                continue
            run_control(link, net.me, guest, address, True, self._post)
            return
        if seen is not None and not matched:
            code = Code.IDENTITY_CHANGED
        self._post(DialEnded(effect.target, code, detail, seen if not matched else None))


class RunJob(_Cancellable):
    """Dial a data link and push or pull a transfer over it."""

    def __init__(self, effect: Run, net: Net, manifest_path: Path, post: Post) -> None:
        super().__init__()
        self._effect, self._net, self._manifest, self._post = effect, net, manifest_path, post

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
            lease = Lease(effect.epoch, "", effect.destination, effect.sources, self._manifest)
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
            if manifest.is_whole(self._path):
                self._count(manifest.read_all(self._path), None)
                return
            writer = manifest.ManifestWriter(self._path)
            try:
                if self._count(tree.walk(self._effect.paths), writer):
                    writer.finish()
            finally:
                writer.close()
        except OSError as error:
            self._post(ScanEnded(transfer, Code.DISK_ERROR, error.strerror or ""))

    def _count(self, items: Iterable[Found | Skipped], writer: manifest.ManifestWriter | None) -> bool:
        names = tree.top_names(self._effect.paths)
        tops: dict[int, list[int]] = {}
        kinds: dict[int, EntryKind] = {}
        files = size = skipped = 0
        told = time.monotonic() - _GROW_EVERY + 0.02
        why = ""
        for number, item in enumerate(items):
            if self._cancelled:
                return False
            if isinstance(item, Skipped):
                skipped += 1
                why = why or item.code
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
            self._post(ScanEnded(self._effect.transfer, why or Code.NOTHING_TO_SEND))
            return False
        if writer is not None:
            writer.flush()
        self._tell(names, tops, kinds, files, size, skipped, True)
        self._post(ScanEnded(self._effect.transfer))
        return True

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


class DiscardJob:
    """Remove what an unfinished transfer left behind."""

    def __init__(self, effect: Discard, path: Path) -> None:
        self._effect, self._path = effect, path

    def cancel(self) -> None:
        """It takes no time worth cancelling."""

    def run(self) -> None:
        """Best effort: what cannot be removed now is only a hidden folder."""
        if self._effect.destination is None:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                _log.warning("a list was not removed: %s", error.strerror)
            return
        try:
            if self._effect.destination.is_dir():
                Staging(self._effect.destination, self._effect.transfer).discard()
        except LanshareError as error:
            _log.warning("staging was not removed: %s", error.code)


class Runner:
    """Starts jobs for the node's effects, and ends them."""

    def __init__(self, net: Net, outgoing: Path, post: Callable[[object], None]) -> None:
        self._net, self._outgoing, self._post = net, outgoing, post
        self._dials = Workers("out", limits.LINKS // 2)
        self._runs = Workers("out-data", 32)
        self._scans = Workers("out-walk", 4)
        self._moving: dict[TransferId, RunJob] = {}
        self._scanning: dict[TransferId, ScanJob] = {}
        self._served: dict[TransferId, LinkHandle] = {}

    def manifest(self, transfer: TransferId) -> Path:
        """Where a transfer's list lies."""
        return self._outgoing / transfer

    def dial(self, effect: Dial) -> None:
        """Open a control link."""
        self._dials.start(DialJob(effect, self._net, self._post))

    def scan(self, effect: Scan) -> None:
        """Walk a tree."""
        job = ScanJob(effect, self.manifest(effect.transfer), self._post)
        self._scanning[effect.transfer] = job
        self._scans.start(job)

    def run(self, effect: Run) -> None:
        """Move a transfer."""
        job = RunJob(effect, self._net, self.manifest(effect.transfer), self._post)
        self._moving[effect.transfer] = job
        self._served.pop(effect.transfer, None)
        self._runs.start(job)

    def serves(self, transfer: TransferId, link: LinkHandle) -> None:
        """A link that was dialled to us moves this transfer now."""
        self._served[transfer] = link
        self._moving.pop(transfer, None)

    def end_run(self, transfer: TransferId) -> None:
        """Abort whatever moves a transfer."""
        if (link := self._served.pop(transfer, None)) is not None:
            link.abort(Code.CANCELLED)
        if (job := self._moving.pop(transfer, None)) is not None:
            job.cancel()

    def discard(self, effect: Discard) -> None:
        """Clean up after a transfer."""
        if (scan := self._scanning.pop(effect.transfer, None)) is not None:
            scan.cancel()
        self._scans.start(DiscardJob(effect, self.manifest(effect.transfer)))

    def close(self) -> None:
        """End everything and wait for it."""
        for link in list(self._served.values()):
            link.abort(Code.STOPPING)
        for job in list(self._moving.values()):
            job.cancel()
        for scan in list(self._scanning.values()):
            scan.cancel()
        for workers in (self._runs, self._dials, self._scans):
            workers.close()
