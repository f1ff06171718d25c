"""The commands. Each is a small conversation with an engine: submit, then wait for the events that answer.

Exit codes: 0 done and verified; 1 failed, also in part; 2 usage; 3 peer not found; 4 declined; 5 identity changed;
6 not finished when --wait ran out (kept); 130 interrupted.
"""

from __future__ import annotations

import argparse
import sqlite3
import time
from collections.abc import Callable

from lanshare.cli import history, integrate, receiving, sending, talk, trust
from lanshare.cli.arguments import Terminated, options_of
from lanshare.cli.printer import Printer
from lanshare.cli.session import (
    DONE,
    FAILED,
    INTERRUPTED,
    USAGE,
    CliSession,
    Usage,
    with_desk,
)
from lanshare.domain.errors import LanshareError
from lanshare.domain.events import (
    PeerAppeared,
    PeerVanished,
)
from lanshare.domain.peer import PeerId
from lanshare.domain.showable import is_hidden
from lanshare.engine.assemble import read_me
from lanshare.engine.options import known_devices, log_to_file
from lanshare.engine.presentation import user_messages
from lanshare.engine.presentation.display_text import escaped

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
        "names": _names,
        "send": sending.send,
        "text": sending.text,
        "receive": receiving.receive,
        "history": history.history,
        "pair": trust.pair,
        "trust": trust.trust,
        "block": trust.block,
        "unblock": trust.unblock,
        "forget": trust.forget,
        "group": talk.group,
        "integrate": integrate.integrate,
    }
    try:
        if arguments.command != "names":
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


def _names(arguments: argparse.Namespace, printer: Printer) -> int:
    """For completions: nothing is started, so that Tab answers at once."""
    for _, name in known_devices(options_of(arguments)):
        if not any(is_hidden(one) for one in name):
            printer.line(name)
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
