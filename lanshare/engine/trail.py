"""What the log tells of a run: links, transfers and refusals with their reasons. Never a name, a text, a path or a key.

Called at one place each: where an event is published, where something is said to a peer, where a note is taken up.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from lanshare.domain import events as e
from lanshare.domain.control_messages import Answer, Cancel, ControlMessage, Later, PairStop, Pause, TextRefused
from lanshare.domain.events import Event
from lanshare.domain.peer import PeerId, short_id
from lanshare.engine.effects import DbRead, DbWrite, Effect, Publish
from lanshare.engine.inbox import DialEnded, InboxItem, LinkDown, LinkUp, RunEnded

_log: Final = logging.getLogger("lanshare.trail")

_STATES: Final = (
    e.TransferQueued, e.TransferStands, e.TransferStarted, e.TransferVerifying, e.TransferWaiting, e.TransferPaused,
    e.TransferFinished,
    e.TransferFailed, e.TransferJoined, e.OfferReceived, e.OfferWithdrawn,
)
_TOLD: Final = (
    e.IdentityChanged, e.IdentitySettled, e.DuplicateKeyDetected, e.MessageRefused, e.MessageWaiting, e.NetworkTroubled,
    e.AddressFailed, e.PairingEnded, e.PeerVerified, e.PeerForgotten,
)


def published(event: Event) -> None:
    """An event on its way to the shells."""
    kind = type(event).__name__
    if isinstance(event, _STATES):
        peer = getattr(event, "peer", "")
        _log.info("transfer %s: %s%s%s", event.transfer[:8], kind, _with(peer), _code(event))
    elif isinstance(event, _TOLD):
        # The code of an address's failure is ours; what was typed is not told.
        _log.info("%s%s", kind, _code(event))
    elif not isinstance(event, e.TransferProgressed | e.TransferProfiled):
        _log.debug("%s", kind)


def said(peer: str, word: ControlMessage) -> None:
    """Something for a peer: a no is told with its reason."""
    refusal = isinstance(word, TextRefused | Cancel | PairStop | Later)
    if refusal or (isinstance(word, Answer) and not word.accepted):
        _log.info("%s is told %s (%s)", short_id(peer), type(word).__name__, getattr(word, "code", ""))
    elif isinstance(word, Answer | Pause):
        _log.info("%s is told %s for transfer %s", short_id(peer), type(word).__name__, word.transfer[:8])
    else:
        _log.debug("%s is told %s", short_id(peer), type(word).__name__)


def noted(item: InboxItem) -> None:
    """Something that a thread of ours, or a shell, put into the inbox."""
    match item:
        case LinkUp():
            how = "dialled" if item.dialled else "accepted"
            _log.info("a link with %s is open (%s, %s)", short_id(item.guest.id), how, item.address.host)
        case LinkDown():
            why = "goodbye" if item.left else item.code or "in good order"
            _log.info("the link with %s ended: %s", short_id(item.peer), why)
        case DialEnded():
            target = short_id(PeerId(item.target)) if item.target.isalnum() else "an address"
            _log.info("nobody was reached for %s: %s %s", target, item.code, item.detail)
        case RunEnded():
            _log.info("transfer %s: its data link ended: %s", item.transfer[:8], item.code or "all of it is over")
        case _:
            _log.debug("%s", type(item).__name__)


def effect(one: Effect) -> None:
    """Something that the engine is about to carry out. An event is what is published, and is told with its code."""
    if isinstance(one, Publish):
        published(one.event)
    elif _log.isEnabledFor(logging.DEBUG):
        work = f" {one.work.__name__}" if isinstance(one, DbWrite | DbRead) else ""
        _log.debug("effect %s%s", type(one).__name__, work)


def left(peers: Iterable[PeerId]) -> None:
    """Links that are open are left because the engine ends."""
    for peer in peers:
        _log.info("the link with %s ended: we stop", short_id(peer))


def _code(event: Event) -> str:
    code = getattr(event, "code", "") or getattr(event, "state", "")
    return f" ({code})" if code else ""


def _with(peer: str) -> str:
    return f", with {short_id(peer)}" if peer else ""
