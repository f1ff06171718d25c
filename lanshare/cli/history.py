"""`history`: what was said and sent, looked at, saved, taken in or erased."""

from __future__ import annotations

import argparse
import datetime
import time
from collections.abc import Sequence

from lanshare.cli import talk
from lanshare.cli.arguments import options_of
from lanshare.cli.finding import several
from lanshare.cli.printer import Printer
from lanshare.cli.session import (
    DONE,
    FAILED,
    NOT_FOUND,
    CliSession,
    Usage,
    with_desk,
)
from lanshare.domain.addressee import Candidate, every
from lanshare.domain.commands import (
    EraseHistory,
)
from lanshare.domain.errors import Code
from lanshare.domain.events import (
    HistoryErased,
)
from lanshare.domain.message import SearchQuery
from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.engine.assemble import read_groups, read_history, read_peers
from lanshare.engine.presentation import user_messages
from lanshare.engine.presentation.display_text import escaped


def history(arguments: argparse.Namespace, printer: Printer) -> int:
    """Show what was said and sent, save it, take it in, or erase it."""
    options = options_of(arguments)
    book = read_peers(options)
    groups = read_groups(options)
    names = {str(one.id): one.name for one in book} | {str(one.id): one.name for one in groups}
    listed = [Candidate(one.id, one.name, one.trust, False, one.alias) for one in book]
    listed += [Candidate(one.id, one.name, TrustLevel.KNOWN, True, group=True) for one in groups]
    peer = _peer_of(arguments.peer, listed) if arguments.peer is not None else None
    if arguments.peer is not None and peer is None:
        printer.say(f"lanshare: {user_messages.ended(Code.PEER_UNKNOWN, escaped(arguments.peer))}")
        return NOT_FOUND
    _check(arguments, peer)
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


def _peer_of(word: str, listed: Sequence[Candidate]) -> PeerId | None:
    """The one conversation that a word means, None if there is none. Usage if it means several."""
    found = every(word, listed)
    if len(found) > 1:
        raise Usage(several(word, found))
    return found[0].id if found else None


def _check(arguments: argparse.Namespace, peer: PeerId | None) -> None:
    """What does not go together. Usage that says so."""
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
