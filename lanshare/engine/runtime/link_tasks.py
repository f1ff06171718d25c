"""What a thread does with a link that is open and greeted: the same for links we dialled and links we accepted."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from lanshare.domain.control_messages import ControlMessage
from lanshare.domain.errors import Code, IdentityDiffers, LanshareError
from lanshare.domain.offer import Destination
from lanshare.domain.peer import Address, PeerId
from lanshare.domain.transfer import TransferId
from lanshare.engine.backlog import Backlog
from lanshare.engine.inbox import (
    ControlReceived,
    DiskSeen,
    InboxItem,
    LinkDown,
    LinkUp,
    RunEnded,
    TransferProgress,
    Verifying,
)
from lanshare.engine.local_device import LocalDevice
from lanshare.engine.ports import DataLinkSpec
from lanshare.exchange.control import Control
from lanshare.exchange.handshake import Accepting, AuthenticatedPeer, Dialling
from lanshare.exchange.sink.halting import Halting
from lanshare.exchange.sink.receiving import Receiving
from lanshare.exchange.source.sending import Halted, Sending
from lanshare.files import landlock
from lanshare.files.faults import DiskFault, disk_fault
from lanshare.files.sink.stage import has_staging
from lanshare.files.sink.staging import Staging
from lanshare.files.source.manifest import ManifestReader
from lanshare.files.source.sent import SentLog, sent_path
from lanshare.files.space import disk_of
from lanshare.net.link import Link, LinkLost
from lanshare.trust.identity import id_of_certificate, is_veil, same
from lanshare.wire import limits

Post = Callable[[InboxItem], None]


def greet_as_dialler(
    link: Link, me: LocalDevice, purpose: str, expect: str | None, by_itself: bool = False
) -> AuthenticatedPeer:
    """TLS and greeting on a link we dialled. IdentityDiffers before we have said anything; HIDDEN if it was dialled
    `by_itself` and we hide from it by now."""
    link.open()
    blocked, keys = me.admission.blocked, me.admission.keys

    def may_tell(peer: PeerId) -> bool:
        return not by_itself or me.admission.admits(peer)

    greeting = Dialling(me.identity, me.facts, purpose, link.peer_certificate, expect, blocked, keys, may_tell)
    link.drive(greeting, link.proven_by)
    if greeting.guest is None:
        raise LinkLost(Code.PROTOCOL, "no greeting")
    return greeting.guest


def look_at_key(link: Link, expect: str | None) -> PeerId:
    """Whose key answers on a link we dialled: TLS proves it, and nothing of ours is said. IdentityDiffers if it is
    not the one expected."""
    link.open()
    if is_veil(link.peer_certificate):
        raise LanshareError(Code.HIDDEN)
    peer = id_of_certificate(link.peer_certificate)
    if expect is not None and not same(peer[: len(expect)], expect):
        raise IdentityDiffers(expect, peer)
    return peer


def has_key(link: Link, expect: str | None) -> bool:
    """Whether the key that was expected has answered on this link, or one that hides and may be it."""
    if expect is None:
        return True
    try:
        certificate = link.peer_certificate
        if not certificate or is_veil(certificate):
            return bool(certificate)
        return same(id_of_certificate(certificate)[: len(expect)], expect)
    except (LanshareError, OSError, ValueError):
        return False


def greet_as_acceptor(link: Link, me: LocalDevice) -> AuthenticatedPeer:
    """TLS and greeting on a link we accepted."""
    link.open()
    greeting = Accepting(me.identity, me.facts, lambda peer: me.admission.admits(peer), link.veil)
    link.drive(greeting, link.proven_by)
    if greeting.guest is None:
        raise LinkLost(Code.PROTOCOL, "no greeting")
    return greeting.guest


def run_control(
    link: Link, me: LocalDevice, guest: AuthenticatedPeer, address: Address, dialled: bool, post: Post
) -> None:
    """Own a control link until it ends; the engine hears both."""
    backlog = Backlog()

    def hear(said: ControlMessage) -> bool:
        post(ControlReceived(guest.id, said, link, backlog.add(said)))
        return not backlog.full

    control = Control(me.identity.id, guest.id, hear, lambda: not backlog.full)
    post(LinkUp(guest, link, dialled, address, link.met))
    code = ""
    try:
        link.drive(control)
    except LanshareError as error:
        code = error.code
    finally:
        link.close()
        post(LinkDown(guest.id, link, control.left, code))


def run_source(link: Link, transfer: TransferId, spec: DataLinkSpec, push: bool, post: Post) -> None:
    """Send a transfer over a greeted data link; RunEnded in any case."""
    assert spec.manifest is not None
    try:
        entries = ManifestReader(spec.manifest)
        sent = SentLog(sent_path(spec.manifest))
    except OSError:
        link.close()
        post(RunEnded(transfer, spec.epoch, Code.PEER_AWAY, "no list yet"))
        return
    sending = Sending(
        transfer,
        spec.sources,
        entries,
        push,
        lambda done, rate: post(TransferProgress(transfer, done, rate, sending.profile.split(), sending.file)),
        lambda: post(Verifying(transfer)),
        spec.throttles,
        spec.aside,
        sent,
    )
    code, detail, halted = "", "", False
    try:
        link.drive(sending)
    except Halted as error:
        code, detail, halted = error.code, error.detail, True
    except LanshareError as error:
        code, detail = error.code, error.detail
    except OSError as error:
        code, detail = Code.FILE_UNREADABLE, error.strerror or ""
    finally:
        sending.close()
        link.close()
    complete = sending.complete
    if complete is not None:
        skipped = (*sending.flight.left, *sending.flight.failed)[:1000]
        post(
            RunEnded(
                transfer,
                spec.epoch,
                "",
                files=sending.flight.files,
                failed=len(sending.flight.left) + len(sending.flight.failed),
                bytes=sending.flight.bytes,
                paths=tuple(str(path) for path in spec.sources),
                skipped=skipped,
                notes=tuple(sending.fidelity.notes[:1000]),
                moved=sending.bytes_moved,
            )
        )
    else:
        aside, moved = frozenset(sending.aside), sending.bytes_moved
        post(RunEnded(transfer, spec.epoch, code or Code.PEER_AWAY, detail, halted, aside=aside, moved=moved))


def run_sink(link: Link, transfer: TransferId, spec: DataLinkSpec, pull: bool, post: Post) -> None:
    """Receive a transfer over a greeted data link, in a thread that can write nowhere else; RunEnded in any case."""
    assert spec.landing is not None
    papers = [spec.receipt.parent] if spec.receipt is not None else []
    try:
        for folder in papers:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Once it was begun the disk that it lies on is known, and what it sorts into is there, or gone with that disk.
        _make(spec.landing.folder, spec.landing.sorts and not spec.landing.disk)
    except OSError:
        pass  # whoever opens it says what is wrong with it
    folders = [folder for folder in (spec.landing.folder, *papers) if folder.is_dir()]
    landlock.run_bound(folders, lambda: _sink(link, transfer, spec, pull, post))


def _make(folder: Path, sorts: bool) -> None:
    """The receiving folder, and what it sorts into: where they should be is a folder that is there. A disk that is
    gone takes more than these with it, and is waited for."""
    if sorts:
        _make(folder.parent, False)
    if not folder.exists() and folder.parent.is_dir():
        folder.mkdir()


def _sink(link: Link, transfer: TransferId, spec: DataLinkSpec, pull: bool, post: Post) -> None:
    assert spec.landing is not None
    code, detail = "", ""
    receiving: Receiving | None = None
    staging: Staging | None = None
    try:
        staging = _staging(spec.landing, transfer, post)
        landing = spec.landing
        if spec.after is not None and spec.receipt is not None:
            staging.tops.follow(spec.receipt.with_name(spec.after))
        receiving = moving = Receiving(
            staging,
            bytes.fromhex(transfer) if pull else None,
            lambda done, rate: post(TransferProgress(transfer, done, rate, moving.profile.split(), moving.file)),
            lambda: post(Verifying(transfer)),
            spec.tops,
            landing.clash,
            landing.execute,
            spec.throttles,
            spec.allowed,
        )
        link.drive(receiving)
    except DiskFault as fault:
        code, detail = fault.code, fault.detail
        _say_halt(link, fault, pull, transfer)
    except LanshareError as error:
        code, detail = error.code, error.detail
    except OSError as error:
        broken = disk_fault(error)
        code, detail = broken.code, broken.detail
    finally:
        if receiving is not None:
            receiving.close()
        link.close()
    if receiving is not None and staging is not None and receiving.finished:
        post(_arrived(transfer, spec, staging, receiving, detail))
        return
    if staging is not None:
        staging.close()
    post(_broken_off(transfer, spec, receiving, code, detail))


def _broken_off(
    transfer: TransferId, spec: DataLinkSpec, receiving: Receiving | None, code: str, detail: str
) -> RunEnded:
    """It did not come to its end: why."""
    if receiving is None:
        return RunEnded(transfer, spec.epoch, code or Code.PEER_AWAY, detail)
    if receiving.rests:
        code, detail = Code.PUT_ASIDE, ""
    if receiving.fault is not None:
        code, detail = receiving.fault.code, receiving.fault.detail
    return RunEnded(transfer, spec.epoch, code or Code.PEER_AWAY, detail, True, moved=receiving.bytes_moved)


def _arrived(
    transfer: TransferId, spec: DataLinkSpec, staging: Staging, receiving: Receiving, detail: str
) -> RunEnded:
    paths = tuple(str(path) for path in staging.tops.paths)
    done, report = staging.arrived, receiving.report
    if spec.receipt is not None:
        staging.stage.receipt(spec.receipt)
    # What is noted there goes only once the end of the transfer is durable: see Transfers._finished.
    staging.close()
    told = (detail, False, done.files, report.failed_count, done.length, paths, tuple(report.failed))
    return RunEnded(transfer, spec.epoch, "", *told, tuple(report.losses), moved=receiving.bytes_moved)


def _staging(landing: Destination, transfer: TransferId, post: Post) -> Staging:
    """Open the staging folder. A disk that was unplugged leaves an empty folder behind, on another disk: not there."""
    folder = landing.folder
    if landing.disk and disk_of(folder) != landing.disk and not has_staging(folder, transfer):
        raise DiskFault(Code.NO_FOLDER, str(folder))
    staging = Staging(folder, transfer, time.monotonic(), landing.clash)
    if not landing.disk:
        post(DiskSeen(transfer, disk_of(folder)))
    return staging


def _say_halt(link: Link, fault: DiskFault, pull: bool, transfer: TransferId) -> None:
    """The disk cannot even be opened: say so instead of Attached."""
    try:
        link.drive(Halting(fault, bytes.fromhex(transfer) if pull else None), time.monotonic() + limits.HANDSHAKE)
    except LanshareError:
        pass
