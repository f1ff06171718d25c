"""The commands. Each is a small conversation with an engine: submit, then wait for the events that answer.

Exit codes: 0 done and verified; 1 failed, also in part; 2 usage; 3 peer not found; 4 declined; 5 identity changed;
6 not finished when --wait ran out (kept); 130 interrupted.
"""

from __future__ import annotations

import argparse
import datetime
import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lanshare.cli import spool, talk, trust
from lanshare.cli.arguments import Terminated, options_of
from lanshare.cli.finding import find, several
from lanshare.cli.printer import Printer
from lanshare.cli.session import (
    DECLINED,
    DONE,
    FAILED,
    FIND,
    IDENTITY,
    INTERRUPTED,
    NOT_FOUND,
    UNFINISHED,
    USAGE,
    CliSession,
    Usage,
    with_desk,
)
from lanshare.cli.streams import somebody_is_there, typed_line
from lanshare.domain.addressee import Candidate, every
from lanshare.domain.commands import (
    AnswerGroup,
    AnswerOffer,
    CancelTransfer,
    EraseHistory,
    PauseTransfer,
    ResumeTransfer,
    SendFiles,
    SendText,
)
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.events import (
    DuplicateKeyDetected,
    EngineStopped,
    GroupAsked,
    GroupChanged,
    GroupDeliveryProgress,
    GroupReversed,
    HistoryErased,
    IdentityChanged,
    MeChanged,
    MessageDelivered,
    MessageQueued,
    MessageReceived,
    MessageRefused,
    MessageSending,
    MessageWaiting,
    OfferReceived,
    PairingCodeReady,
    PairingEnded,
    PeerAppeared,
    PeerChanged,
    PeerVanished,
    PeerVerified,
    Snapshot,
    TransferFailed,
    TransferFinished,
    TransferJoined,
    TransferPaused,
    TransferProfiled,
    TransferProgressed,
    TransferQueued,
    TransferStarted,
    TransferWaiting,
)
from lanshare.domain.message import TEXT_MOST, MessageId, SearchQuery
from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.transfer import TransferId
from lanshare.engine.assemble import read_groups, read_history, read_me, read_peers
from lanshare.engine.options import log_to_file
from lanshare.engine.presentation import user_messages
from lanshare.engine.presentation.display_text import escaped
from lanshare.engine.runtime.device_info import free_bytes

_SECOND_THOUGHT: Final = 2.0
"""Seconds in which a second Ctrl+C leaves a sending instead of cancelling it."""


# --- the commands


def run(arguments: argparse.Namespace) -> int:
    """Carry out a command; its exit code."""
    for name, value in (("profile", None), ("port", None), ("name", None), ("interface", None), ("verbose", False)):
        if not hasattr(arguments, name):
            setattr(arguments, name, value)
    printer = Printer(getattr(arguments, "json", False))
    commands: dict[str, Callable[[argparse.Namespace, Printer], int]] = {
        "id": _id,
        "peers": _peers,
        "send": _send,
        "text": _text,
        "receive": _receive,
        "history": _history,
        "pair": trust.pair,
        "trust": trust.trust,
        "block": trust.block,
        "unblock": trust.unblock,
        "forget": trust.forget,
        "group": talk.group,
    }
    try:
        log_to_file(options_of(arguments), arguments.verbose)
        code = commands[arguments.command](arguments, printer)
        if printer.full and code == DONE:
            printer.say("lanshare: what was found out could not be written: is the disk of standard output full?")
            return FAILED
        return code
    except Usage as error:
        printer.say(f"lanshare: {error}")
        return USAGE
    except LanshareError as error:
        printer.say(f"lanshare: {user_messages.ended(error.code, '', error.detail)}")
        return FAILED
    except sqlite3.Error as error:
        printer.say(f"lanshare: {user_messages.no_history(getattr(error, 'sqlite_errorcode', 0))}")
        return FAILED
    except Terminated:
        printer.say("Ended. What has arrived and what was queued is kept.")
        return INTERRUPTED
    except KeyboardInterrupt:
        printer.say("Interrupted. What was queued is kept.")
        return INTERRUPTED
    except OSError as error:
        where = f" ({escaped(str(error.filename))})" if error.filename else ""
        printer.say(f"lanshare: that could not be done: {error.strerror or type(error).__name__}{where}.")
        return FAILED


def _id(arguments: argparse.Namespace, printer: Printer) -> int:
    me = read_me(options_of(arguments))
    if arguments.json:
        printer.record({"id": me.id, "name": me.name, "port": me.port, "addresses": list(me.addresses)})
    else:
        printer.line(f"{escaped(me.name)}\nid         {me.id}\nport       {me.port}")
        printer.line(f"addresses  {', '.join(me.addresses)}")
    return DONE


def _peers(arguments: argparse.Namespace, printer: Printer) -> int:
    def show(event: PeerAppeared) -> None:
        if arguments.json:
            printer.event(event)
        else:
            where = event.addresses[0] if event.addresses else ""
            printer.line(f"{escaped(event.name):<28} {event.id[:8]}  {event.kind:<8} {where:<24} {event.trust}")

    def work(desk: CliSession) -> int:
        deadline = None if arguments.watch else time.monotonic() + arguments.seconds
        told: dict[PeerId, PeerAppeared] = {}
        while True:
            for peer in list(desk.peers.values()):
                if peer.online and told.get(peer.id) != peer:
                    show(peer)
                    told[peer.id] = peer
            event = desk.next(deadline)
            if event is None or printer.closed:
                break
            if isinstance(event, PeerVanished):
                told.pop(event.id, None)
                if arguments.watch:
                    printer.event(event)
        if not told:
            printer.say("No device was found. Is lanshare running on the other one, on the same network?")
        return DONE

    return with_desk(arguments, printer, work, announce=False)


def _patience(arguments: argparse.Namespace) -> float | None:
    return None if arguments.wait is None else time.monotonic() + arguments.wait


def _who(desk: CliSession, arguments: argparse.Namespace) -> PeerId | int:
    """The peer of `send` and `text`. A known device that is away is meant too if the person is ready to wait."""
    keeps = arguments.no_wait or arguments.wait is not None
    if not keeps:
        hint = " Nothing was sent; with --no-wait it is kept and goes when both are there."
        return find(desk, arguments.peer, FIND, any_known=False, away=hint, groups=True)
    first = min(FIND, arguments.wait) if arguments.wait is not None else 2.0
    return find(desk, arguments.peer, max(first, 0.5), any_known=True, groups=True)


def _send(arguments: argparse.Namespace, printer: Printer) -> int:
    paths = tuple(path for path in arguments.paths if path is not None)
    missing = [path for path in paths if not os.path.lexists(path)]
    if missing:
        raise Usage(f"there is no {escaped(str(missing[0]))}. Nothing was sent.")
    streams = len(arguments.paths) - len(paths)
    if streams > 1:
        raise Usage("'-' can be sent once: standard input is read once. Nothing was sent.")
    if bool(streams) != (arguments.stream_name is not None):
        raise Usage("'-' (standard input) and --as NAME go together. Nothing was sent.")
    options = options_of(arguments)

    def work(desk: CliSession) -> int:
        deadline = _patience(arguments)
        peer = _who(desk, arguments)
        if isinstance(peer, int):
            return peer
        transfer = TransferId(secrets.token_hex(16))
        spooled = () if not streams else (spool.keep(options, transfer, arguments.stream_name, printer),)
        if peer in desk.groups:

            def sources(to: TransferId) -> tuple[Path, ...]:
                return (*paths, *(spool.share(options, one, to) for one in spooled))

            try:
                return talk.send_to_each(desk, peer, sources, deadline, arguments.no_wait)
            finally:
                spool.drop(options, transfer)
        sending = SendFiles(transfer, peer, (*paths, *spooled))
        desk.host.submit(sending)
        under = [transfer]
        try:
            return _follow_transfer(desk, under, sending, deadline, arguments.no_wait)
        except Terminated:
            printer.say("Ended. What has arrived is kept; it goes on when lanshare runs here again.")
            return INTERRUPTED
        except KeyboardInterrupt:
            printer.say("Cancelling. Ctrl+C again within 2 seconds leaves it instead: what has arrived is kept.")
            desk.host.submit(PauseTransfer(under[0]))
            if _pressed_again(desk):
                desk.host.submit(ResumeTransfer(under[0]))
                printer.say("Left. It goes on when the same is sent again, or when lanshare runs here.")
                return INTERRUPTED
            desk.host.submit(CancelTransfer(under[0]))
            _drain_until_ended(desk, under[0])
            printer.say("Cancelled. What was already verified stays.")
            return INTERRUPTED

    return with_desk(arguments, printer, work)


def _pressed_again(desk: CliSession) -> bool:
    """Whether Ctrl+C is pressed once more before it is too late; what happens meanwhile is not shown."""
    deadline = time.monotonic() + _SECOND_THOUGHT
    try:
        desk.interrupts.arm()
        while not desk.interrupts.presses and desk.next(deadline) is not None:
            pass
        desk.interrupts.disarm()
    except KeyboardInterrupt:
        return True
    return desk.interrupts.presses > 0


def _drain_until_ended(desk: CliSession, transfer: TransferId) -> None:
    deadline = time.monotonic() + 3.0
    while (event := desk.next(deadline)) is not None:
        if isinstance(event, TransferFailed | TransferFinished) and event.transfer == transfer:
            return


def _follow_transfer(
    desk: CliSession, under: list[TransferId], sending: SendFiles, deadline: float | None, no_wait: bool
) -> int:
    """Wait for the end of a transfer. `under` holds its id: another one if it joined what was under way already."""
    peer = sending.peer
    while True:
        event = desk.next(deadline)
        transfer = under[0]
        match event:
            case TransferJoined() if event.transfer == transfer:
                desk.printer.event(event)
                under[0] = event.into
                continue
            case Snapshot():
                # Another engine: it tells how far this one is, whatever the one before told to nobody.
                desk.host.submit(replace(sending, transfer=transfer, again=True))
                continue
            case None:
                desk.printer.say("Not finished yet. It is kept and goes on by itself when lanshare runs again here.")
                return UNFINISHED
            case IdentityChanged() if event.known == peer:
                desk.printer.event(event)
                desk.host.submit(CancelTransfer(transfer))
                _drain_until_ended(desk, transfer)
                return IDENTITY
            case EngineStopped():
                return UNFINISHED
            case (
                TransferQueued() | TransferStarted() | TransferProgressed() | TransferWaiting() | TransferPaused()
                | TransferProfiled() | TransferFinished() | TransferFailed()
            ) if event.transfer == transfer:
                desk.printer.event(event)
            case _:
                continue
        if isinstance(event, TransferQueued) and no_wait:
            return DONE
        if isinstance(event, TransferFinished):
            return DONE if event.state == "done" else FAILED
        if isinstance(event, TransferFailed):
            return DECLINED if event.state == "declined" else FAILED


def _typed_in() -> str:
    """Standard input as a message: no more of it is read than one can be. Usage if it is none."""
    data = b"" if sys.stdin is None else sys.stdin.buffer.read(TEXT_MOST + 2)
    if len(data.rstrip(b"\r\n")) > TEXT_MOST:
        raise Usage("a message has at most 1 MiB. Send it as a file: `lanshare send PEER - --as NAME`."
                    " Nothing was sent.")
    try:
        return data.decode("utf-8").rstrip("\n")
    except UnicodeDecodeError:
        raise Usage("that is not UTF-8, so it would not arrive as it is. Send it as a file: `lanshare send PEER -"
                    " --as NAME`. Nothing was sent.") from None


def _text(arguments: argparse.Namespace, printer: Printer) -> int:
    text = arguments.text
    if text == "-":
        text = _typed_in()
    if "\x00" in text:
        raise Usage("a message is text, and there is a NUL in this one. Send it as a file. Nothing was sent.")
    if not text.strip():
        raise Usage("an empty message. Nothing was sent.")

    def work(desk: CliSession) -> int:
        deadline = _patience(arguments)
        peer = _who(desk, arguments)
        if isinstance(peer, int):
            return peer
        message = MessageId(secrets.token_hex(16))
        desk.host.submit(SendText(message, peer, text))
        queued = False
        while True:
            event = desk.next(deadline)
            match event:
                case Snapshot():
                    # Another engine: it tells how far the message is, whatever the one before told to nobody.
                    desk.host.submit(SendText(message, peer, text))
                    continue
                case None:
                    printer.say("Not delivered yet. It is kept and goes by itself when lanshare runs again here.")
                    return UNFINISHED
                case IdentityChanged() if event.known == peer:
                    printer.event(event)
                    return IDENTITY
                case EngineStopped():
                    return UNFINISHED
                case (
                    MessageQueued() | MessageSending() | MessageWaiting() | GroupDeliveryProgress() | MessageDelivered()
                    | MessageRefused()
                ) if event.message == message:
                    if not (queued and isinstance(event, MessageQueued)):
                        printer.event(event)
                    queued = queued or isinstance(event, MessageQueued)
                case _:
                    continue
            if isinstance(event, MessageDelivered) or (isinstance(event, MessageQueued) and arguments.no_wait):
                return DONE
            if isinstance(event, MessageRefused):
                return FAILED

    return with_desk(arguments, printer, work)


def _receive(arguments: argparse.Namespace, printer: Printer) -> int:
    into: Path | None = arguments.into
    if arguments.accept == "all" and into is None:
        raise Usage("--accept all needs --into DIR: everybody on the network may then put files there.")
    if into is not None:
        try:
            into.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Usage(f"{escaped(str(into))} cannot be used: {error.strerror}.") from error

    def work(desk: CliSession) -> int:
        assert desk.snapshot is not None
        me = desk.snapshot.me
        printer.say(f"{escaped(me.name)} ({me.id[:8]}) receives on port {me.port}. Ctrl+C ends it.")
        if arguments.json:
            printer.event(MeChanged(me))
            for peer in desk.peers.values():
                if peer.online:
                    printer.event(peer)
        left = arguments.count
        incoming = {one.id for one in desk.snapshot.transfers if one.direction == "in"}
        while left is None or left > 0:
            event = desk.next(None)
            match event:
                case OfferReceived():
                    event = replace(event, free=free_bytes(into)) if into is not None else event
                    printer.event(event)
                    if event.bytes > event.free:
                        printer.say(user_messages.no_room(event.bytes, event.free, str(into or "")))
                    incoming.add(event.transfer)
                    accepted = _decide(desk, event.peer, arguments.accept)
                    desk.host.submit(
                        AnswerOffer(
                            event.transfer, accepted, into, ConflictPolicy(arguments.clash), arguments.accept != "ask",
                            event.offer if arguments.accept == "ask" else None,
                        )
                    )
                case PairingCodeReady():
                    printer.event(event)
                    if somebody_is_there():
                        trust.ask_same(desk, event)
                case PairingEnded() | PeerVerified():
                    printer.event(event)
                case GroupAsked():
                    printer.event(event)
                    desk.host.submit(AnswerGroup(event.group, _decide(desk, event.peer, arguments.accept)))
                case MessageReceived() if event.kind == "text":
                    printer.event(event)
                    left = left - 1 if left is not None else None
                case TransferFinished() | TransferFailed() if event.transfer in incoming:
                    printer.event(event)
                    left = left - 1 if left is not None else None
                case (
                    TransferStarted() | TransferProgressed() | TransferWaiting() | TransferPaused() | IdentityChanged()
                    | DuplicateKeyDetected() | GroupChanged() | GroupReversed()
                ):
                    printer.event(event)
                case PeerAppeared() | PeerChanged() | PeerVanished() if arguments.json:
                    printer.event(event)
                case EngineStopped():
                    return FAILED
                case _:
                    pass
        return DONE

    try:
        return with_desk(arguments, printer, work, visible=True)
    except Terminated:
        printer.say("Ended. What has arrived is kept; the rest goes on when lanshare runs here again.")
        return DONE


def _decide(desk: CliSession, peer: PeerId, accept: str) -> bool:
    if accept == "all":
        return True
    known = desk.peers.get(peer)
    if accept == "verified":
        return known is not None and known.trust == TrustLevel.VERIFIED
    if not somebody_is_there():
        desk.printer.say("Declined: there is no terminal to ask at. Use --accept all --into DIR.")
        return False
    desk.printer.say("Accept? [y/N]")
    return typed_line().lower() in ("y", "yes")


def _history(arguments: argparse.Namespace, printer: Printer) -> int:
    options = options_of(arguments)
    book = read_peers(options)
    names = {str(one.id): one.name for one in book} | {str(one.id): one.name for one in read_groups(options)}
    peer: PeerId | None = None
    if arguments.peer is not None:
        listed = [Candidate(one.id, one.name, one.trust, False, one.alias) for one in book]
        listed += [Candidate(one.id, one.name, TrustLevel.KNOWN, True, group=True) for one in read_groups(options)]
        found = every(arguments.peer, listed)
        if len(found) > 1:
            raise Usage(several(arguments.peer, found))
        if not found:
            printer.say(f"lanshare: {user_messages.ended(Code.PEER_UNKNOWN, escaped(arguments.peer))}")
            return NOT_FOUND
        peer = found[0].id
    narrowed = bool(arguments.search or arguments.kind or arguments.since or arguments.until)
    if sum(map(bool, (arguments.erase, arguments.export, arguments.take_in))) > 1:
        raise Usage("--export, --import and --erase are three things: one after the other. Nothing was done.")
    if arguments.export and narrowed:
        raise Usage("--export writes out all that was said, so --search, --kind, --since and --until do not go with it."
                    " Nothing was written.")
    if arguments.all and (peer is not None or not arguments.erase):
        raise Usage("--all goes with --erase, and with no PEER: it means every conversation. Nothing was done.")
    if arguments.erase and (arguments.search or arguments.kind or arguments.since or arguments.until):
        raise Usage("--erase takes out all that was said, so --search, --kind, --since and --until do not go with it."
                    " Nothing was erased.")
    if arguments.erase and peer is None and not arguments.all:
        raise Usage("whose conversation? Name a device or a group; --all erases everything. Nothing was erased.")
    if arguments.erase:
        return _erased(arguments, printer, peer)
    if arguments.export or arguments.take_in:
        return talk.keep(arguments, printer, peer)
    wanted = SearchQuery(arguments.search or "", peer, arguments.kind, _day(arguments.since), _day(arguments.until))
    for moment in read_history(options, wanted, arguments.limit):
        printer.moment(moment, names)
        if printer.closed:
            break
    return DONE


def _day(day: datetime.date | None) -> int | None:
    if day is None:
        return None
    start = datetime.datetime(day.year, day.month, day.day)
    try:
        return int(start.astimezone().timestamp() * 1000)
    except (OverflowError, ValueError, OSError):  # this system's clock has no such day: any zone will do
        return int(start.replace(tzinfo=datetime.UTC).timestamp() * 1000)


def _erased(arguments: argparse.Namespace, printer: Printer, peer: PeerId | None) -> int:
    def work(desk: CliSession) -> int:
        desk.host.submit(EraseHistory(peer))
        deadline = time.monotonic() + 60.0
        while (event := desk.next(deadline)) is not None:
            if isinstance(event, HistoryErased) and event.peer == peer:
                printer.event(event)
                return DONE if event.whole else FAILED
        return FAILED

    return with_desk(arguments, printer, work, announce=False)
