"""The commands about trust: pair, trust, block, unblock, forget."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from lanshare.cli.finding import SETTLING, find, only_one
from lanshare.cli.printer import Printer
from lanshare.cli.session import DONE, FAILED, FIND, IDENTITY, NOT_FOUND, CliSession, Usage, with_desk
from lanshare.cli.streams import typed_line
from lanshare.domain.addressee import every
from lanshare.domain.commands import (
    AnswerPairing,
    BlockPeer,
    Command,
    ForgetPeer,
    RequestPairing,
    ResolveIdentityChange,
    TrustPeer,
)
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    IdentityChanged,
    PairingCodeReady,
    PairingEnded,
    PeerVerified,
    Snapshot,
)
from lanshare.domain.peer import PeerId, TrustLevel, is_full_id
from lanshare.engine.presentation import user_messages
from lanshare.engine.presentation.display_text import escaped

_PATIENCE = 75.0
"""Seconds for a comparison, which takes a minute at most."""


def pair(arguments: argparse.Namespace, printer: Printer) -> int:
    """Compare six digits. 0: verified; 5: they were not the same, or somebody is between; 1: it came to nothing."""

    def work(desk: CliSession) -> int:
        peer = find(desk, arguments.peer, FIND, any_known=False)
        if isinstance(peer, int):
            return peer
        desk.host.submit(RequestPairing(peer))
        deadline = time.monotonic() + _PATIENCE
        while (event := desk.next(deadline)) is not None:
            match event:
                case PairingCodeReady() if event.peer == peer:
                    printer.event(event)
                    ask_same(desk, event)
                case PeerVerified() if event.peer == peer:
                    printer.event(event)
                    return DONE
                case PairingEnded() if event.peer == peer:
                    printer.event(event)
                    return IDENTITY if event.code in (Code.PAIR_DIFFERS, Code.PAIR_BROKEN) else FAILED
                case IdentityChanged() if event.known == peer:
                    printer.event(event)
                    return IDENTITY
                case Snapshot():
                    desk.host.submit(RequestPairing(peer))
        printer.say("lanshare: the comparison came to nothing within a minute. Nothing has changed; begin again.")
        return FAILED

    return with_desk(arguments, printer, work)


def ask_same(desk: CliSession, event: PairingCodeReady) -> None:
    """Ask whoever sits at the terminal (or writes to standard input) whether the digits are the same."""
    desk.printer.say("Same on both screens? [y/n]")
    word = typed_line().lower()
    same = True if word in ("y", "yes") else False if word in ("n", "no") else None
    desk.host.submit(AnswerPairing(event.peer, same, event.code))


def trust(arguments: argparse.Namespace, printer: Printer) -> int:
    """Verify a device by its full id, had from elsewhere. 5 if the device has another one.

    It also decides an alarm about that name: the id that a person had from elsewhere says who the right one is.
    """
    wanted = "".join(arguments.id.lower().replace("-", "").split())
    if not is_full_id(wanted):
        raise Usage("a full id has 52 characters: `lanshare id` on the other device shows it.")

    def work(desk: CliSession) -> int:
        deadline = time.monotonic() + FIND
        while True:
            meant = every(arguments.peer, desk.candidates(False, everybody=True))
            alarms = [(known, seen) for known, seen in desk.alarms if seen == wanted]
            ids = {one.id for one in meant} | {seen for known, seen in alarms if known in {one.id for one in meant}}
            if wanted in ids or desk.next(deadline) is None:
                break
        peer = PeerId(wanted)
        if peer not in ids:
            found = find(desk, arguments.peer, 1.0, any_known=True)
            if isinstance(found, str) and found != peer:
                printer.say(
                    f"lanshare: {escaped(arguments.peer)} has another id: {found}. It was not trusted. Either the id"
                    " was mistyped, or another device pretends to be this one."
                )
                return IDENTITY
            if isinstance(found, int):
                return found
        for known, seen in alarms:
            if known in {one.id for one in meant}:
                desk.host.submit(ResolveIdentityChange(known, seen, True))
        return _done(desk, TrustPeer(peer), lambda: _trust_of(desk, peer) is TrustLevel.VERIFIED)

    return with_desk(arguments, printer, work)


def _trust_of(desk: CliSession, peer: PeerId) -> TrustLevel | None:
    known = desk.peers.get(peer)
    return TrustLevel(known.trust) if known is not None else None


def block(arguments: argparse.Namespace, printer: Printer) -> int:
    """Have nothing to do with a device any more."""

    def work(desk: CliSession, peer: PeerId) -> int:
        if _trust_of(desk, peer) is TrustLevel.BLOCKED:
            printer.say(f"{escaped(desk.name(peer))} is blocked already.")
            return DONE
        return _done(desk, BlockPeer(peer), lambda: _trust_of(desk, peer) is TrustLevel.BLOCKED)

    return _about(arguments, printer, work)


def unblock(arguments: argparse.Namespace, printer: Printer) -> int:
    """Let a blocked device be known again."""

    def work(desk: CliSession, peer: PeerId) -> int:
        if _trust_of(desk, peer) is not TrustLevel.BLOCKED:
            printer.say(f"{escaped(desk.name(peer))} is not blocked.")
            return DONE
        return _done(desk, BlockPeer(peer, False), lambda: _trust_of(desk, peer) is not TrustLevel.BLOCKED)

    return _about(arguments, printer, work)


def forget(arguments: argparse.Namespace, printer: Printer) -> int:
    """Forget a device; the history stays."""
    return _about(
        arguments, printer, lambda desk, peer: _done(desk, ForgetPeer(peer), lambda: peer not in desk.peers)
    )


def _about(arguments: argparse.Namespace, printer: Printer, work: Callable[[CliSession, PeerId], int]) -> int:
    def found(desk: CliSession) -> int:
        begun = time.monotonic()
        # A device that is known from the start may have a namesake that appears only now.
        settled = begun if is_full_id(arguments.peer.strip().lower()) else begun + SETTLING
        while (one := only_one(desk, arguments.peer)) is None or time.monotonic() < settled:
            if desk.next(settled if one is not None else begun + FIND) is None and one is None:
                printer.say(f"lanshare: {user_messages.ended(Code.PEER_UNKNOWN, escaped(arguments.peer))}")
                return NOT_FOUND
        return work(desk, one.id)

    return with_desk(arguments, printer, found)


def _done(desk: CliSession, command: Command, holds: Callable[[], bool]) -> int:
    """Ask for something and wait until it is so, over a change of the engine too; asking twice changes nothing."""
    desk.host.submit(command)
    deadline = time.monotonic() + FIND
    while (event := desk.next(deadline)) is not None:
        if isinstance(event, Snapshot) and not holds():
            desk.host.submit(command)
        if holds():
            desk.printer.event(event)
            return DONE
    desk.printer.say("lanshare: there was no answer, so nothing may have been changed. Try again.")
    return FAILED
