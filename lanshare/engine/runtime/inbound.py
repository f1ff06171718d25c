"""What a thread does with a link that somebody dialled to us, from the first byte to the last."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.peer import Address, short_id
from lanshare.domain.transfer import TransferId
from lanshare.engine.inbox import AttachAsked, RunEnded
from lanshare.engine.local_device import LocalDevice
from lanshare.engine.ports import LeaseReply
from lanshare.engine.runtime.link_tasks import Post, greet_as_acceptor, run_control, run_sink, run_source
from lanshare.exchange.attach import Reception, Refusing
from lanshare.exchange.handshake import AuthenticatedPeer
from lanshare.net.link import Link
from lanshare.wire import limits

_log = logging.getLogger(__name__)

_LEASE: Final = 10.0
"""Seconds for the engine to answer: it may have to wait for an older link of the same transfer to end."""


class InboundLinks:
    """Hands accepted links to where they belong."""

    def __init__(self, me: LocalDevice, post: Post) -> None:
        self._me, self._post = me, post

    def serve(self, link: Link, proven: Callable[..., None]) -> None:
        """Greet, then be a control link or a data link."""
        guest = greet_as_acceptor(link, self._me)
        proven(guest.id, guest.id in self._me.admission.friends)
        if guest.purpose == "control":
            address = Address(link.address.host, guest.facts.port or link.address.port)
            run_control(link, self._me, guest, address, False, self._post)
        else:
            self._data(link, guest)

    def _data(self, link: Link, guest: AuthenticatedPeer) -> None:
        reception = Reception()
        link.drive(reception, time.monotonic() + limits.HANDSHAKE)
        attach = reception.attach
        assert attach is not None
        transfer = TransferId(attach.transfer.hex())
        push = attach.direction == "push"
        reply = LeaseReply()
        self._post(AttachAsked(guest.id, transfer, push, link, reply))
        answer = reply.take(_LEASE) or Code.NO_ANSWER
        if isinstance(answer, Code):
            _log.info("a data link of %s for transfer %s is refused: %s", short_id(guest.id), transfer[:8], answer)
            try:
                link.drive(Refusing(answer), time.monotonic() + limits.HANDSHAKE)
            except LanshareError:
                pass
            return
        run = run_sink if push else run_source
        try:
            run(link, transfer, answer, False, self._post)
        except Exception as error:
            # Without it the transfer would count as moving for ever.
            link.close()
            self._post(RunEnded(transfer, answer.epoch, Code.PEER_AWAY, type(error).__name__))
            raise
