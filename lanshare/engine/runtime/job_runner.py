"""Starts jobs for the engine's job effects, steers and ends them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import assert_never

from msgspec.structs import replace

from lanshare.domain.errors import Code
from lanshare.domain.peer import SHORT
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import (
    AskRoom,
    Compare,
    CompareAgain,
    Dial,
    Discard,
    EndRun,
    GrantLease,
    JobEffect,
    ListOffer,
    PostRun,
    RefuseLease,
    Run,
    RunCommand,
    Save,
    Scan,
    Undo,
)
from lanshare.engine.inbox import Compared, EventReady, RunEnded
from lanshare.engine.ports import DataLinkSpec, LinkHandle
from lanshare.engine.runtime.after_receiving import CommandJob
from lanshare.engine.runtime.compare_jobs import CompareAgainJob, CompareJob
from lanshare.engine.runtime.dialling import DialJob, Net, RunJob
from lanshare.engine.runtime.disk_space import DiskSpace, RoomJob
from lanshare.engine.runtime.link_tasks import Post
from lanshare.engine.runtime.sleep_inhibitor import SleepInhibitor
from lanshare.engine.runtime.transfer_jobs import DiscardJob, ListJob, SaveJob, ScanJob, UndoJob
from lanshare.engine.runtime.worker_pool import Workers
from lanshare.files.source.digest_cache import memo_path
from lanshare.files.source.sent import sent_path
from lanshare.wire import limits


class Runner:
    """Starts jobs for the engine's effects, and ends them."""

    def __init__(self, net: Net, data: Path, post: Post) -> None:
        """`data`: the profile's folder, below which lists and receipts are kept."""
        self._net, self._data, self._post = net, data, post
        # What an earlier engine was asked about is listed anew when it is asked again.
        shutil.rmtree(data / "offered", ignore_errors=True)
        self._compares = Workers("in-compare", 1)
        self._rooms = Workers("in-room", 4)
        self._commands = Workers("after", 1)
        self._space = DiskSpace()
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
            case GrantLease():
                self._grant(effect)
            case RefuseLease():
                effect.reply.put(effect.code)
            case ListOffer():
                self._scans.start(ListJob(effect.transfer, self.manifest(effect.transfer), self._post))
            case Compare():
                self._compare(effect)
            case CompareAgain():
                self._compares.start(CompareAgainJob(effect, self._offered(effect.transfer), self._compared))
            case AskRoom():
                self._rooms.start(RoomJob(effect, self._space, self._post))
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
            case RunCommand():
                self._commands.start(CommandJob(effect, lambda event: self._post(EventReady(event))))
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

    def receipts(self) -> Path:
        """See JobRunner."""
        return self._data / "receipts"

    def _run(self, effect: Run) -> None:
        """Move a transfer."""
        spec = self._with_papers(effect.transfer, effect.spec)
        job = RunJob(replace(effect, spec=spec), self._net, self._post)
        self._moving[effect.transfer] = job
        self._served.pop(effect.transfer, None)
        self._runs.start(job)

    def _grant(self, effect: GrantLease) -> None:
        """A link that was dialled to us moves this transfer now, unless it has left."""
        transfer = effect.transfer
        self._moving.pop(transfer, None)
        self._served[transfer] = effect.link
        if not effect.reply.put(self._with_papers(transfer, effect.spec)):
            del self._served[transfer]
            self._post(RunEnded(transfer, effect.spec.epoch, Code.PEER_AWAY, "it left before it was answered"))

    def _with_papers(self, transfer: TransferId, spec: DataLinkSpec) -> DataLinkSpec:
        return replace(spec, manifest=self.manifest(transfer), receipt=self.receipt(transfer))

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
        pools = (self._runs, self._dials, self._friends, self._scans, self._compares, self._rooms, self._commands)
        for workers in pools:
            workers.close()
        self._awake.close()
