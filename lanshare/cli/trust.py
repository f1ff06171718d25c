"""The commands about trust: pair, trust, block, unblock, forget."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from lanshare.cli.desk import DONE, FAILED, FIND, IDENTITY, NOT_FOUND, Desk, Usage, find, matches, with_desk
from lanshare.cli.printer import Printer
from lanshare.domain.commands import AnswerPairing, BlockPeer, Command, ForgetPeer, RequestPairing, TrustPeer
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    Event,
    IdentityChanged,
    PairingCodeReady,
    PairingEnded,
    PeerChanged,
    PeerForgotten,
    PeerVerified,
)
from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.node import sentences
from lanshare.node.shown import shown

_PATIENCE = 75.0
"""Seconds for a comparison, which takes a minute at most."""


def pair(arguments: argparse.Namespace, printer: Printer) -> int:
    """Compare six digits. 0: verified; 5: they were not the same, or somebody is between; 1: it came to nothing."""

    def work(desk: Desk) -> int:
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
        return FAILED

    return with_desk(arguments, printer, work)


def ask_same(desk: Desk, event: PairingCodeReady) -> None:
    """Ask whoever sits at the terminal (or writes to standard input) whether the digits are the same."""
    desk.printer.say("Same on both screens? [y/n]")
    word = sys.stdin.readline().strip().lower()
    same = True if word in ("y", "yes") else False if word in ("n", "no") else None
    desk.host.submit(AnswerPairing(event.peer, same))


def trust(arguments: argparse.Namespace, printer: Printer) -> int:
    """Verify a device by its full id, had from elsewhere. 5 if the device has another one."""
    wanted = "".join(arguments.id.lower().replace("-", "").split())
    if len(wanted) != 52:
        raise Usage("a full id has 52 characters: `lanshare id` on the other device shows it.")

    def work(desk: Desk) -> int:
        peer = find(desk, arguments.peer, FIND, any_known=True)
        if isinstance(peer, int):
            return peer
        if peer != wanted:
            printer.say(
                f"lanshare: {shown(arguments.peer)} has another id: {peer}. It was not trusted. Either the id was"
                " mistyped, or another device pretends to be this one."
            )
            return IDENTITY
        return _done(desk, TrustPeer(peer), lambda event: isinstance(event, PeerVerified) and event.peer == peer)

    return with_desk(arguments, printer, work)


def block(arguments: argparse.Namespace, printer: Printer) -> int:
    """Have nothing to do with a device any more."""
    return _about(arguments, printer, lambda peer: BlockPeer(peer), _is(TrustLevel.BLOCKED))


def unblock(arguments: argparse.Namespace, printer: Printer) -> int:
    """Let a blocked device be known again."""
    return _about(arguments, printer, lambda peer: BlockPeer(peer, False), _is(TrustLevel.KNOWN))


def forget(arguments: argparse.Namespace, printer: Printer) -> int:
    """Forget a device; the history stays."""
    return _about(
        arguments,
        printer,
        ForgetPeer,
        lambda event, peer: isinstance(event, PeerForgotten) and event.peer == peer,
    )


def _is(level: TrustLevel) -> Callable[[Event, PeerId], bool]:
    return lambda event, peer: isinstance(event, PeerChanged) and event.id == peer and event.trust == level


def _about(
    arguments: argparse.Namespace,
    printer: Printer,
    command: Callable[[PeerId], Command],
    answers: Callable[[Event, PeerId], bool],
) -> int:
    def work(desk: Desk) -> int:
        deadline = time.monotonic() + FIND
        while not (found := matches(list(desk.peers.values()), arguments.peer)):
            if desk.next(deadline) is None:
                printer.say(f"lanshare: {sentences.ended(Code.PEER_UNKNOWN, shown(arguments.peer))}")
                return NOT_FOUND
        if len(found) > 1:
            raise Usage(f"several devices are called {shown(arguments.peer)}. Use the beginning of an id.")
        peer = found[0].id
        if command(peer) == BlockPeer(peer, False) and found[0].trust != TrustLevel.BLOCKED:
            printer.say(f"{shown(found[0].name)} is not blocked.")
            return DONE
        if command(peer) == BlockPeer(peer) and found[0].trust == TrustLevel.BLOCKED:
            printer.say(f"{shown(found[0].name)} is blocked already.")
            return DONE
        return _done(desk, command(peer), lambda event: answers(event, peer))

    return with_desk(arguments, printer, work)


def _done(desk: Desk, command: Command, answers: Callable[[Event], bool]) -> int:
    desk.host.submit(command)
    deadline = time.monotonic() + FIND
    while (event := desk.next(deadline)) is not None:
        if answers(event):
            desk.printer.event(event)
            return DONE
    return FAILED
