"""`receive`: what comes is shown as it comes, and what is asked is answered as the words, or a person, say."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lanshare.cli import trust
from lanshare.cli.arguments import Terminated
from lanshare.cli.printer import Printer
from lanshare.cli.session import (
    DONE,
    FAILED,
    CliSession,
    Usage,
    with_desk,
)
from lanshare.cli.streams import somebody_is_there, typed_line
from lanshare.domain.commands import (
    AnswerGroup,
    AnswerOffer,
)
from lanshare.domain.events import (
    CommandEnded,
    DuplicateKeyDetected,
    EngineStopped,
    Event,
    GroupAsked,
    GroupChanged,
    GroupReversed,
    IdentityChanged,
    MeChanged,
    MessageReceived,
    OfferReceived,
    PairingCodeReady,
    PairingEnded,
    PeerAppeared,
    PeerChanged,
    PeerVanished,
    PeerVerified,
    TransferFailed,
    TransferFinished,
    TransferPaused,
    TransferProgressed,
    TransferQueued,
    TransferStarted,
    TransferWaiting,
)
from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.settings import SortBy
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import RunCommand
from lanshare.engine.presentation import user_messages
from lanshare.engine.presentation.display_text import escaped
from lanshare.engine.runtime.after_receiving import CommandJob, never_begun, words_of
from lanshare.engine.runtime.device_info import free_bytes
from lanshare.engine.runtime.worker_pool import Workers

_SHOWN: Final = (
    PairingEnded, PeerVerified, TransferStarted, TransferProgressed, TransferWaiting, TransferPaused, IdentityChanged,
    DuplicateKeyDetected, GroupChanged, GroupReversed,
)
"""What is told as it comes, and asks for nothing."""

_PRESENCE: Final = (PeerAppeared, PeerChanged, PeerVanished)
"""What is told to programs alone."""


def receive(arguments: argparse.Namespace, printer: Printer) -> int:
    """Receive what comes, until so many things have arrived or a person ends it."""
    into: Path | None = arguments.into
    if arguments.accept == "all" and into is None:
        raise Usage("--accept all needs --into DIR: everybody on the network may then put files there.")
    if arguments.run and shutil.which(program := words_of(arguments.run)[0]) is None:
        raise Usage(f"{escaped(program)} is not a program that can be started here, so --run could do nothing.")
    if into is not None:
        try:
            into.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Usage(f"{escaped(str(into))} cannot be used: {error.strerror}.") from error

    def work(desk: CliSession) -> int:
        _greet(desk, arguments.json)
        here = Reception(desk, arguments)
        left = arguments.count
        try:
            while left is None or left > 0 or here.running:
                event = desk.next(None)
                if isinstance(event, EngineStopped):
                    return FAILED
                if left == 0 and not isinstance(event, CommandEnded):
                    continue  # it is enough: only commands are waited for
                if here.take(event) and left is not None:
                    left -= 1
        finally:
            here.close()
        return DONE

    try:
        return with_desk(arguments, printer, work, visible=True)
    except Terminated:
        printer.say("Ended. What has arrived is kept; the rest goes on when lanshare runs here again.")
        return DONE


def _greet(desk: CliSession, json: bool) -> None:
    assert desk.snapshot is not None
    me = desk.snapshot.me
    desk.printer.say(f"{escaped(me.name)} ({me.id[:8]}) receives on port {me.port}. Ctrl+C ends it.")
    if json:
        desk.printer.event(MeChanged(me))
        for peer in desk.peers.values():
            if peer.online:
                desk.printer.event(peer)


class Reception:
    """What is done about each thing that comes."""

    def __init__(self, desk: CliSession, arguments: argparse.Namespace) -> None:
        assert desk.snapshot is not None
        self._desk, self._arguments = desk, arguments
        self._incoming = {one.id for one in desk.snapshot.transfers if one.direction == "in"}
        self._commands = Workers("after", 1)
        self._pending: dict[TransferId, RunCommand] = {}
        """Commands of --run that have not ended."""

        self._ended: list[CommandEnded] = []
        """What was told of them: the engine tells of those that the rules for a device ask for."""

    @property
    def running(self) -> bool:
        """Whether a command of --run has not ended."""
        return bool(self._pending)

    def take(self, event: Event | None) -> bool:
        """Show it, answer what it asks; whether something has arrived, or came to nothing, with it."""
        printer = self._desk.printer
        match event:
            case OfferReceived():
                self._answer(event)
            case PairingCodeReady():
                printer.event(event)
                if somebody_is_there():
                    trust.ask_same(self._desk, event)
            case GroupAsked():
                printer.event(event)
                self._desk.host.submit(AnswerGroup(event.group, self._decide(event.peer)))
            case TransferQueued() if event.direction == "in":
                self._incoming.add(event.transfer)  # one that a rule for the device has accepted is not asked about
            case MessageReceived() if event.kind == "text":
                printer.event(event)
                return True
            case TransferFinished() | TransferFailed() if event.transfer in self._incoming:
                printer.event(event)
                if isinstance(event, TransferFinished):
                    self._run_afterwards(event)
                return True
            case CommandEnded():
                self._settle(event)
                printer.event(event)
            case _ if isinstance(event, _SHOWN) or (isinstance(event, _PRESENCE) and self._arguments.json):
                printer.event(event)
        return False

    def _run_afterwards(self, event: TransferFinished) -> None:
        """The command of --run, beside whatever comes next."""
        command: str | None = self._arguments.run
        if not command or not event.paths:
            return
        name = self._desk.peers[event.peer].name if event.peer in self._desk.peers else event.peer[:8]
        wanted = self._pending[event.transfer] = RunCommand(event.transfer, event.peer, name, command, event.paths)
        output = sys.stderr if sys.stderr is not None else subprocess.DEVNULL  # its standard error may be closed
        self._commands.start(CommandJob(wanted, self._tell, output))

    def _settle(self, event: CommandEnded) -> None:
        """One of ours is no longer pending. The list is changed in place: the next command may be told meanwhile."""
        for place, one in enumerate(self._ended):
            if one is event:
                del self._ended[place]
                self._pending.pop(event.transfer, None)
                return

    def _tell(self, event: CommandEnded) -> None:
        """From the command's thread."""
        self._ended.append(event)
        self._desk.events.put(event)

    def close(self) -> None:
        """No command outlives the command line; what became of each is told."""
        self._commands.close(grace=0.0)
        for event in self._ended:
            self._pending.pop(event.transfer, None)
            self._desk.printer.event(event)
        for wanted in self._pending.values():
            self._desk.printer.event(never_begun(wanted))
        self._ended.clear()
        self._pending.clear()

    def _answer(self, event: OfferReceived) -> None:
        into: Path | None = self._arguments.into
        asks = self._arguments.accept == "ask"
        event = replace(event, free=free_bytes(into)) if into is not None else event
        self._desk.printer.event(event)
        if 0 < event.free < event.bytes:  # 0: nobody can tell
            self._desk.printer.say(user_messages.no_room(event.bytes, event.free, str(into or "")))
        self._incoming.add(event.transfer)
        accepted, clash = self._decide(event.peer), ConflictPolicy(self._arguments.clash)
        shown = event.offer if asks else None
        sort = SortBy(self._arguments.sort) if self._arguments.sort else None
        self._desk.host.submit(AnswerOffer(event.transfer, accepted, into, clash, not asks, shown, sort))

    def _decide(self, peer: PeerId) -> bool:
        accept = self._arguments.accept
        if accept == "all":
            return True
        known = self._desk.peers.get(peer)
        if accept == "verified":
            return known is not None and known.trust == TrustLevel.VERIFIED
        if not somebody_is_there():
            self._desk.printer.say("Declined: there is no terminal to ask at. Use --accept all --into DIR.")
            return False
        self._desk.printer.say("Accept? [y/N]")
        return typed_line().lower() in ("y", "yes")
