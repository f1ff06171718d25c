"""Jobs that dial: a control link, or the data link of a transfer. The first address with the right key wins."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from lanshare.domain.errors import Code, IdentityDiffers, LanshareError
from lanshare.domain.peer import Address, PeerId
from lanshare.engine.effects import (
    Dial,
    Run,
)
from lanshare.engine.inbox import (
    DialEnded,
    Glanced,
    RunEnded,
)
from lanshare.engine.local_device import LocalDevice
from lanshare.engine.ports import LinkItem
from lanshare.engine.runtime.link_tasks import (
    Post,
    greet_as_dialler,
    has_key,
    look_at_key,
    run_control,
    run_sink,
    run_source,
)
from lanshare.net.dial import connect
from lanshare.net.link import Link
from lanshare.net.tls import TlsContext


@dataclass(slots=True)
class Net:
    """What every dial needs."""

    me: LocalDevice
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

    def __init__(self, effect: Run, net: Net, post: Post) -> None:
        super().__init__()
        self._effect, self._net, self._post = effect, net, post

    def run(self) -> None:
        """RunEnded is posted whatever happens: without it the transfer would count as running for ever."""
        try:
            self._run()
        except Exception as error:
            self._post(RunEnded(self._effect.transfer, self._effect.spec.epoch, Code.PEER_AWAY, type(error).__name__))
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
            run = run_source if effect.spec.sources else run_sink
            run(link, effect.transfer, effect.spec, True, self._post)
            return
        self._post(RunEnded(effect.transfer, effect.spec.epoch, code, detail, unreachable=True))
