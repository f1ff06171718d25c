"""`send` and `text`: what goes to a device or a group, followed until it is there or cannot be."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lanshare.cli import spool, talk
from lanshare.cli.arguments import Terminated, options_of
from lanshare.cli.finding import find
from lanshare.cli.printer import Printer
from lanshare.cli.session import (
    DECLINED,
    DONE,
    FAILED,
    FIND,
    IDENTITY,
    INTERRUPTED,
    UNFINISHED,
    CliSession,
    Usage,
    with_desk,
)
from lanshare.domain.commands import (
    CancelTransfer,
    PauseTransfer,
    ResumeTransfer,
    SendFiles,
    SendText,
)
from lanshare.domain.events import (
    EngineStopped,
    GroupDeliveryProgress,
    IdentityChanged,
    MessageDelivered,
    MessageQueued,
    MessageRefused,
    MessageSending,
    MessageWaiting,
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
from lanshare.domain.message import TEXT_MOST, MessageId
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.engine.presentation.display_text import escaped

_SECOND_THOUGHT: Final = 2.0
"""Seconds in which a second Ctrl+C leaves a sending instead of cancelling it."""


def send(arguments: argparse.Namespace, printer: Printer) -> int:
    """Send files and folders, and wait until they are there as the words say."""
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


def text(arguments: argparse.Namespace, printer: Printer) -> int:
    """Say something, and wait until it is there as the words say."""
    words = arguments.text
    if words == "-":
        words = _typed_in()
    if "\x00" in words:
        raise Usage("a message is text, and there is a NUL in this one. Send it as a file. Nothing was sent.")
    if not words.strip():
        raise Usage("an empty message. Nothing was sent.")

    def work(desk: CliSession) -> int:
        deadline = _patience(arguments)
        peer = _who(desk, arguments)
        if isinstance(peer, int):
            return peer
        saying = SendText(MessageId(secrets.token_hex(16)), peer, words)
        desk.host.submit(saying)
        return _follow_text(desk, saying, deadline, arguments.no_wait)

    return with_desk(arguments, printer, work)


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


def _follow_text(desk: CliSession, saying: SendText, deadline: float | None, no_wait: bool) -> int:
    """Wait until a message is there, or was refused."""
    queued = False
    while True:
        event = desk.next(deadline)
        match event:
            case Snapshot():
                # Another engine: it tells how far the message is, whatever the one before told to nobody.
                desk.host.submit(saying)
                continue
            case None:
                desk.printer.say("Not delivered yet. It is kept and goes by itself when lanshare runs again here.")
                return UNFINISHED
            case IdentityChanged() if event.known == saying.peer:
                desk.printer.event(event)
                return IDENTITY
            case EngineStopped():
                return UNFINISHED
            case (
                MessageQueued() | MessageSending() | MessageWaiting() | GroupDeliveryProgress() | MessageDelivered()
                | MessageRefused()
            ) if event.message == saying.message:
                if not (queued and isinstance(event, MessageQueued)):
                    desk.printer.event(event)
                queued = queued or isinstance(event, MessageQueued)
            case _:
                continue
        if isinstance(event, MessageDelivered) or (isinstance(event, MessageQueued) and no_wait):
            return DONE
        if isinstance(event, MessageRefused):
            return FAILED
