"""What every command of the terminal needs: exit codes, options, a Host whose events come to this thread, and the
device that a person means.
"""

from __future__ import annotations

import argparse
import queue
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec.structs import replace

from lanshare.cli.printer import Printer
from lanshare.cli.words import STOPS, options_of
from lanshare.domain.commands import AddAddress
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    AddressFailed,
    Event,
    GroupChanged,
    IdentityChanged,
    NetworkTroubled,
    PeerAppeared,
    PeerChanged,
    PeerVanished,
    Snapshot,
)
from lanshare.domain.peer import Peer, PeerId, TrustLevel, parse_address, short_id
from lanshare.node import sentences
from lanshare.node.host import Host
from lanshare.node.options import Options
from lanshare.node.shown import shown

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
NOT_FOUND: Final = 3
DECLINED: Final = 4
IDENTITY: Final = 5
UNFINISHED: Final = 6
INTERRUPTED: Final = 130

FIND: Final = 10.0
"""Seconds to look for a device that is named on the command line."""


def _seen_as(peer: Peer | PeerChanged) -> PeerAppeared:
    return PeerAppeared(
        peer.id, peer.name, peer.kind, peer.addresses, peer.trust, peer.online, peer.system, peer.alias, peer.rules,
        peer.note,
    )


class Usage(Exception):
    """The words of the command line do not fit."""


@dataclass(slots=True)
class Desk:
    """A Host whose events come to this thread."""

    host: Host
    events: queue.SimpleQueue[Event]
    printer: Printer
    peers: dict[PeerId, PeerAppeared] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    groups: dict[PeerId, GroupChanged] = field(default_factory=dict)

    def next(self, deadline: float | None) -> Event | None:
        """The next event; None when the deadline has come. Keeps the list of devices."""
        timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            event = self.events.get(timeout=timeout)
        except queue.Empty:
            return None
        match event:
            case Snapshot():
                self.snapshot = event
                for peer in event.peers:
                    self._seen(_seen_as(peer))
                self.groups = {one.group: one for one in event.groups}
                for group in event.groups:
                    self.printer.name(group.group, group.name)
                for trouble in event.troubles:
                    self.printer.event(trouble)
            case GroupChanged():
                self.groups[event.group] = event
                self.printer.name(event.group, event.name)
            case PeerAppeared():
                self._seen(event)
            case PeerChanged():
                self._seen(
                    _seen_as(event)
                )
            case PeerVanished():
                old = self.peers.get(event.id)
                if old is not None:
                    self._seen(replace(old, online=False))
            case NetworkTroubled():
                self.printer.event(event)
        return event

    def name(self, peer: PeerId) -> str:
        """What a device or a group is called."""
        if (group := self.groups.get(peer)) is not None:
            return group.name
        known = self.peers.get(peer)
        return (known.alias or known.name) if known is not None else short_id(peer)

    def _seen(self, peer: PeerAppeared) -> None:
        self.printer.name(peer.id, peer.alias or peer.name)
        self.peers[peer.id] = peer


def with_desk(
    arguments: argparse.Namespace,
    printer: Printer,
    work: Callable[[Desk], int],
    announce: bool = True,
    visible: bool = False,
) -> int:
    """Run `work` over a Host. `visible`: for this run the device shows itself, whatever the settings say."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    options = replace(options_of(arguments, announce), visible=visible)
    host = Host(options, events.put)
    desk = Desk(host, events, printer)
    try:
        host.start()
        while desk.snapshot is None:
            desk.next(None)
        _check_joined(host, options, desk.snapshot)
        return work(desk)
    finally:
        _leave(host)


def _leave(host: Host) -> None:
    """Close it, whatever is pressed meanwhile: its threads would keep a process whose end was cut off."""
    before: list[tuple[int, Any]] = []
    while len(before) < len(STOPS):
        try:
            number = STOPS[len(before)]
            before.append((number, signal.signal(number, lambda *_: None)))
        except KeyboardInterrupt:
            continue
        except ValueError:
            break  # not the main thread: no signal comes here
    try:
        host.close()
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _check_joined(host: Host, options: Options, snapshot: Snapshot) -> None:
    """Flags that the engine that runs already cannot follow."""
    if not host.joined:
        return
    me = snapshot.me
    differing = [
        flag
        for flag, wanted, real in (
            ("--port", options.port, me.port),
            ("--name", options.name, me.name),
            ("--interface", set(options.interfaces) or None, set(me.addresses)),
        )
        if wanted is not None and wanted != real
    ]
    if differing:
        flags = " and ".join(differing)
        raise Usage(f"lanshare runs already in this profile with another {flags}. Leave it out, or use --profile.")


def matches(peers: Sequence[PeerAppeared], wanted: str) -> list[PeerAppeared]:
    """Devices meant by a name, or by the beginning of an id (4 characters or more)."""
    named = [peer for peer in peers if wanted.casefold() in (peer.name.casefold(), peer.alias.casefold())]
    if named:
        return named
    return [peer for peer in peers if len(wanted) >= 4 and peer.id.startswith(wanted.lower())]


def find(desk: Desk, wanted: str, seconds: float, any_known: bool, away: str = "") -> PeerId | int:
    """The device a person means: online, or (with `any_known`) at least known. An exit code if there is none.

    `away`: what is said besides of one that is known, but away.
    """
    asked = _ask_address(desk, wanted)
    deadline = time.monotonic() + (seconds if not asked else max(seconds, 5.0))
    while True:
        online = [peer for peer in desk.peers.values() if peer.online]
        found = [peer for peer in online if asked in peer.addresses[:1]] if asked else matches(online, wanted)
        if len(found) > 1:
            lines = "".join(f"\n  {shown(peer.name)}  {peer.id[:8]}" for peer in found)
            raise Usage(f"several devices are called {shown(wanted)}. Use the beginning of an id:{lines}")
        if found:
            return found[0].id
        blocked = [peer for peer in desk.peers.values() if peer.trust == TrustLevel.BLOCKED]
        if barred := ([] if asked else matches(blocked, wanted)):
            desk.printer.say(f"lanshare: {sentences.ended(Code.BLOCKED, shown(barred[0].name))}")
            return IDENTITY
        known = [] if asked else matches(
            [peer for peer in desk.peers.values() if peer.trust in (TrustLevel.KNOWN, TrustLevel.VERIFIED)], wanted
        )
        if len(known) == 1 and any_known:
            return known[0].id
        event = desk.next(deadline)
        if event is None and len(known) == 1:
            name = shown(known[0].alias or known[0].name)
            desk.printer.say(f"lanshare: {name} is known, but away now.{away}")
            return NOT_FOUND
        if event is None:
            desk.printer.say(f"lanshare: {sentences.ended(Code.PEER_UNKNOWN, shown(wanted))}")
            return NOT_FOUND
        if isinstance(event, IdentityChanged) and (
            event.name.casefold() == wanted.casefold() or event.known.startswith(wanted.lower())
        ):
            desk.printer.event(event)
            return IDENTITY
        if asked and isinstance(event, AddressFailed):
            desk.printer.event(event)
            return NOT_FOUND


def _ask_address(desk: Desk, wanted: str) -> str:
    """If the person typed an address: have it dialled, and return how it will be listed."""
    looks = ":" in wanted or (wanted.count(".") == 3 and wanted.replace(".", "").isdigit()) or "." in wanted
    if not looks or matches(list(desk.peers.values()), wanted):
        return ""
    try:
        address = parse_address(wanted)
    except ValueError:
        return ""
    desk.host.submit(AddAddress(str(address)))
    return str(address)
