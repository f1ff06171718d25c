"""Groups on the command line, messages and files to several at once, and conversations as files."""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lanshare.cli.finding import find, several
from lanshare.cli.printer import Printer
from lanshare.cli.session import DECLINED, DONE, FAILED, FIND, NOT_FOUND, UNFINISHED, CliSession, Usage, with_desk
from lanshare.domain.addressee import LEAST_ID, Candidate, every, folded
from lanshare.domain.commands import (
    ChangeGroup,
    CreateGroup,
    ImportConversation,
    SaveConversation,
    SendFiles,
)
from lanshare.domain.events import (
    ConversationImported,
    ConversationSaved,
    Event,
    GroupChanged,
    GroupRefused,
    Snapshot,
    TransferFailed,
    TransferFinished,
    TransferJoined,
    TransferPaused,
    TransferProgressed,
    TransferQueued,
    TransferStarted,
    TransferWaiting,
)
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId, TrustLevel, clean_name, short_id
from lanshare.domain.transfer import TransferId
from lanshare.engine.presentation.display_text import escaped

_SETTLING: Final = 10.0
"""Seconds to hear that a change of a group is kept; after it, so many for members that are there to hear of it."""

_TELLING: Final = 2.0


def group(arguments: argparse.Namespace, printer: Printer) -> int:
    """List groups, or found or change one."""
    changes = bool(arguments.add or arguments.remove or arguments.rename is not None or arguments.leave)
    if arguments.new and changes:
        raise Usage("--new founds a group; --add, --remove, --rename and --leave change one.")
    if arguments.group is None and (arguments.new or changes):
        raise Usage("which group? Its name comes first.")

    def work(desk: CliSession) -> int:
        if arguments.new:
            members = _members(desk, arguments.new)
            if isinstance(members, int):
                return members
            founding = CreateGroup(MessageId(secrets.token_hex(16)), arguments.group, members)
            return _settled(desk, founding, lambda event: event.name == clean_name(arguments.group))
        if arguments.group is None:
            for one in desk.groups.values():
                _show(desk, printer, one)
            if not desk.groups:
                printer.say("No groups. `lanshare group NAME --new PEER...` founds one.")
            return DONE
        meant = group_named(desk, arguments.group)
        if meant is None:
            printer.say(f"lanshare: there is no group called {escaped(arguments.group)}.")
            return NOT_FOUND
        if not changes:
            _show(desk, printer, desk.groups[meant])
            return DONE
        return _changed(desk, arguments, desk.groups[meant])

    return with_desk(arguments, printer, work)


def _changed(desk: CliSession, arguments: argparse.Namespace, old: GroupChanged) -> int:
    """Change a group. What is so already is said and left; what cannot be is a Usage, and nothing is changed."""
    add = _members(desk, arguments.add, old.members)
    if isinstance(add, int):
        return add
    remove = _members(desk, arguments.remove, old.members)
    if isinstance(remove, int):
        return remove
    for one in remove:
        if one not in old.members:
            raise Usage(f"{escaped(desk.name(one))} is not in {escaped(old.name)}. Nothing was changed.")
    if both := set(add) & set(remove):
        raise Usage(f"{escaped(desk.name(min(both)))} is to be added and removed. Nothing was changed.")
    for one in add:
        if one in old.members:
            desk.printer.say(f"{escaped(desk.name(one))} is in {escaped(old.name)} already.")
    name = arguments.rename
    if name is not None and not clean_name(name):
        raise Usage("a group needs a name. Nothing was changed.")
    if name is not None and clean_name(name) == old.name:
        desk.printer.say(f"It is called {escaped(old.name)} already.")
        name = None
    add = tuple(one for one in add if one not in old.members)
    assert desk.snapshot is not None
    if arguments.leave:
        remove = (*remove, desk.snapshot.me.id)
    if name is None and not add and not remove:
        return DONE
    change = ChangeGroup(MessageId(secrets.token_hex(16)), old.group, name or "", add, remove)
    return _settled(desk, change, lambda event: event.group == old.group)


def group_named(desk: CliSession, wanted: str) -> PeerId | None:
    """The group that a person means. Usage if it could be several."""
    groups = [one for one in desk.candidates(True) if one.group]
    found = every(wanted, groups)
    if len(found) > 1:
        raise Usage(several(wanted, found))
    return found[0].id if found else None


def _members(desk: CliSession, wanted: Sequence[str], among: Iterable[PeerId] = ()) -> tuple[PeerId, ...] | int:
    """The devices meant by words; those in `among` may be meant though nothing is known of them but their id."""
    found: list[PeerId] = []
    inside = list(among)
    for one in wanted:
        everybody = desk.candidates(False, everybody=True)
        listed = {candidate.id for candidate in everybody}
        unseen = [Candidate(peer, short_id(peer), TrustLevel.KNOWN, False) for peer in inside if peer not in listed]
        within = [candidate for candidate in (*everybody, *unseen) if candidate.id in inside]
        members = [candidate for candidate in within if len(one) >= LEAST_ID and candidate.id.startswith(one.lower())]
        named = [candidate for candidate in everybody if folded(one) in candidate.names]
        if len(several_of := list(dict.fromkeys([*members, *named]))) > 1 and members:
            raise Usage(several(one, several_of))
        peer = members[0].id if len(members) == 1 else find(desk, one, FIND, any_known=True)
        if isinstance(peer, int):
            return peer
        found.append(peer)
    return tuple(found)


def _show(desk: CliSession, printer: Printer, one: GroupChanged) -> None:
    if printer.as_json:
        printer.event(one)
        return
    me = desk.snapshot.me.id if desk.snapshot is not None else ""
    names = ["you" if peer == me else escaped(desk.name(peer)) for peer in one.members]
    left = "" if one.mine else "  (you are not in it any more)"
    printer.line(f"{escaped(one.name):<28} {short_id(one.group)}  {', '.join(names)}{left}")


def _settled(desk: CliSession, command: CreateGroup | ChangeGroup, fits: Callable[[GroupChanged], bool]) -> int:
    """Ask for it and wait until it is so, over a change of the engine too: under its id it happens once."""
    desk.host.submit(command)
    deadline = time.monotonic() + _SETTLING
    while (event := desk.next(deadline)) is not None:
        if isinstance(event, Snapshot):
            if (already := next((one for one in event.groups if fits(one)), None)) and isinstance(command, CreateGroup):
                desk.printer.event(already)
                return DONE
            desk.host.submit(command)
            deadline = time.monotonic() + _SETTLING
        if isinstance(event, GroupRefused):
            desk.printer.event(event)
            return FAILED
        if isinstance(event, GroupChanged) and fits(event):
            desk.printer.event(event)
            # Members that are there hear of it now; the others from whoever meets them.
            until = time.monotonic() + _TELLING
            while desk.next(until) is not None:
                pass
            return DONE
    desk.printer.say("lanshare: there was no answer, so it may not be kept. Look with `lanshare group`, and try again.")
    return UNFINISHED


def send_to_each(
    desk: CliSession,
    group: PeerId,
    sources: Callable[[TransferId], tuple[Path, ...]],
    deadline: float | None,
    no_wait: bool,
) -> int:
    """Send to each member of a group; the worst of what came of it. What is not over in time is kept and goes on.

    `sources`: what is sent under a transfer's id.
    """
    me = desk.snapshot.me.id if desk.snapshot is not None else ""
    open_ = {TransferId(secrets.token_hex(16)): one for one in desk.groups[group].members if one != me}
    asked = [SendFiles(transfer, one, sources(transfer), group) for transfer, one in open_.items()]
    for sending in asked:
        desk.host.submit(sending)
    round_ = _Round(set(open_))
    while round_.open:
        event = desk.next(deadline)
        if event is None:
            desk.printer.say(f"{len(round_.open)} are not finished yet. They are kept and go on by themselves.")
            return UNFINISHED
        if isinstance(event, Snapshot):
            for sending in asked:
                if sending.transfer in round_.open:
                    desk.host.submit(replace(sending, again=True))
        elif round_.hears(event):
            desk.printer.event(event)
        if no_wait and round_.open <= round_.queued:
            break
    return round_.worst


_WATCHED: Final = (
    TransferQueued | TransferJoined | TransferStarted | TransferProgressed | TransferWaiting | TransferPaused
    | TransferFinished | TransferFailed
)


class _Round:
    """What is sent to each member of a group: what is open, and the worst of what came of it."""

    def __init__(self, transfers: set[TransferId]) -> None:
        self.open, self.worst = transfers, DONE
        self.queued: set[TransferId] = set()
        self._ours = set(transfers)

    def hears(self, event: Event) -> bool:
        """Take an event in; whether it is about one of them."""
        if isinstance(event, TransferJoined) and event.transfer in self.open:
            self.open = self.open - {event.transfer} | {event.into}
            self._ours.add(event.into)
        if not isinstance(event, _WATCHED) or event.transfer not in self._ours:
            return False
        if isinstance(event, TransferQueued):
            self.queued.add(event.transfer)
        elif isinstance(event, TransferFinished):
            self.open.discard(event.transfer)
            self.worst = self.worst if event.state == "done" else FAILED
        elif isinstance(event, TransferFailed):
            self.open.discard(event.transfer)
            self.worst = self.worst or (DECLINED if event.state == "declined" else FAILED)
        return True


def keep(arguments: argparse.Namespace, printer: Printer, peer: PeerId | None) -> int:
    """Write a conversation into a folder, or take a saved one in."""
    if arguments.export and peer is None:
        raise Usage("--export needs a device or a group: whose conversation?")
    if arguments.take_in and not arguments.take_in.is_file():
        raise Usage(f"there is no file {escaped(str(arguments.take_in))}. Nothing was changed.")

    def work(desk: CliSession) -> int:
        if arguments.export:
            assert peer is not None
            desk.host.submit(SaveConversation(peer, arguments.export))
        else:
            desk.host.submit(ImportConversation(arguments.take_in))
        while (event := desk.next(time.monotonic() + 600.0)) is not None:
            if isinstance(event, ConversationSaved | ConversationImported):
                printer.event(event)
                return FAILED if event.code else DONE
        return UNFINISHED

    return with_desk(arguments, printer, work, announce=False)
