"""What every command of the terminal needs: exit codes, options, an EngineClient whose events come to this thread, and
the device that a person means.
"""

from __future__ import annotations

import argparse
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from lanshare.cli.arguments import options_of
from lanshare.cli.interrupts import Interrupts
from lanshare.cli.printer import Printer
from lanshare.domain.addressee import Candidate
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.events import (
    EngineStopped,
    Event,
    GroupChanged,
    IdentityChanged,
    IdentitySettled,
    NetworkTroubled,
    PeerAppeared,
    PeerChanged,
    PeerForgotten,
    PeerVanished,
    Snapshot,
)
from lanshare.domain.peer import Peer, PeerId, TrustLevel, parse_address, short_id
from lanshare.engine.client import EngineClient
from lanshare.engine.options import Options

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



def _host(address: str) -> str:
    try:
        return parse_address(address).host
    except ValueError:
        return ""


def _seen_as(peer: Peer | PeerChanged) -> PeerAppeared:
    return PeerAppeared(
        peer.id, peer.name, peer.kind, peer.addresses, peer.trust, peer.online, peer.system, peer.alias, peer.rules,
        peer.note, peer.met_as,
    )


class Usage(Exception):
    """The words of the command line do not fit."""


@dataclass(slots=True)
class CliSession:
    """An EngineClient whose events come to this thread."""

    host: EngineClient
    events: queue.SimpleQueue[Event]
    printer: Printer
    peers: dict[PeerId, PeerAppeared] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    groups: dict[PeerId, GroupChanged] = field(default_factory=dict)
    alarms: dict[tuple[PeerId, PeerId], IdentityChanged] = field(default_factory=dict)
    """What no person has decided yet, by known and seen device."""

    interrupts: Interrupts = field(default_factory=Interrupts)

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
                self.peers.clear()
                self.alarms = {(one.known, one.seen): one for one in event.alarms}
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
            case PeerForgotten():
                self.peers.pop(event.peer, None)
            case IdentityChanged():
                self.alarms[event.known, event.seen] = event
            case IdentitySettled():
                self.alarms.pop((event.known, event.seen), None)
            case NetworkTroubled():
                self.printer.event(event)
        return event

    def candidates(self, groups: bool, everybody: bool = False) -> list[Candidate]:
        """Whom a word could mean. `everybody`: strangers that are away count as there."""
        found = [
            Candidate(
                one.id, one.name, TrustLevel(one.trust), one.online or everybody, one.alias, met_as=one.met_as,
                hosts=frozenset(_host(address) for address in one.addresses),
            )
            for one in self.peers.values()
        ]
        if groups:
            found += [
                Candidate(one.group, one.name, TrustLevel.KNOWN, True, group=True) for one in self.groups.values()
            ]
        return found

    def alarm_about(self, known: PeerId, seen: PeerId | None = None) -> IdentityChanged:
        """The alarm about a device (and a certain other one), as it was told."""
        fitting = [one for one in self.alarms.values() if one.known == known and seen in (None, one.seen)]
        return fitting[-1] if fitting else IdentityChanged(self.name(known), known, seen or known)

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
    work: Callable[[CliSession], int],
    announce: bool = True,
    visible: bool = False,
) -> int:
    """Run `work` over an engine. `visible`: for this run the device shows itself, whatever the settings say."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    options = replace(options_of(arguments, announce), visible=visible)
    host = EngineClient(options, events.put)
    desk = CliSession(host, events, printer)
    with desk.interrupts:
        try:
            try:
                host.start()
                while desk.snapshot is None:
                    if isinstance(desk.next(None), EngineStopped):
                        raise LanshareError(Code.PROFILE_BUSY)
                _check_joined(host, options, desk.snapshot)
                return work(desk)
            finally:
                desk.interrupts.disarm()  # what is pressed before this line raises here, and never again
        finally:
            host.close()


def _check_joined(host: EngineClient, options: Options, snapshot: Snapshot) -> None:
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
