"""Waits for the device that a word means. Whom it means is decided by domain/addressee.py; here is only waited for
whoever may still appear, and asked at an address.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from lanshare.cli.session import IDENTITY, NOT_FOUND, CliSession, Usage
from lanshare.domain.addressee import Candidate, Meaning, Outcome, Place, every, folded, place_of, resolve
from lanshare.domain.commands import AddAddress, SeekPeer
from lanshare.domain.errors import Code
from lanshare.domain.events import AddressFailed, AddressReached, Event, Snapshot
from lanshare.domain.peer import PeerId, TrustLevel, is_full_id, short_id
from lanshare.engine.presentation import user_messages
from lanshare.engine.presentation.display_text import escaped

SETTLING: Final = 1.5
"""Seconds in which further devices may appear that a word could mean as well: a LAN's mDNS answers within 1.2 s. Who is
known by exactly this name is not waited for: it goes before all others, and is in the trust book from the start."""

_ANSWER: Final = 5.0
"""Seconds at least for somebody to answer at an address."""

EMPTY_WORD: Final = "an empty word names nobody. Is a variable of a script not set? Nothing was done."


def find(
    desk: CliSession, wanted: str, seconds: float, any_known: bool, away: str = "", groups: bool = False
) -> PeerId | int:
    """The device a person means: online, or (with `any_known`) at least known. An exit code if there is none.

    `away`: what is said besides of one that is known, but away. `groups`: a group may be meant, too. Usage if the word
    means nobody in particular.
    """
    return _Finding(desk, wanted, seconds, any_known, away, groups).run()


def several(wanted: str, found: Sequence[Candidate]) -> str:
    """That a word could mean several devices, and which."""

    def line(one: Candidate) -> str:
        kind = "group" if one.group else str(one.trust)
        return f"\n  {escaped(one.called):<28} {short_id(one.id)}  {kind}{'' if one.online or one.group else ', away'}"

    lines = "".join(map(line, found))
    said = escaped(wanted)
    return f"several devices could be meant by {said}, so nothing was done. Use the beginning of an id:{lines}"


def only_one(desk: CliSession, wanted: str) -> Candidate | None:
    """The one device that a word means when what is done is about trust itself: then no device goes before another.

    Usage if it could be several; None if there is none. Whoever was taken for a known device bears its name, too.
    """
    if place_of(wanted)[0] is Place.NUMERIC:
        raise Usage(f"{escaped(wanted)} is an address. This needs a name, or the beginning of an id. Nothing was done.")
    everybody = desk.candidates(False, everybody=True)
    try:
        found = every(wanted, everybody)
    except ValueError:
        raise Usage(EMPTY_WORD) from None
    if not is_full_id(folded(wanted)):
        meant = {one.id for one in found}
        taken = [(known, seen) for known, seen in desk.alarms if known in meant and seen not in meant]
        listed = {one.id: one for one in everybody}
        found += [
            listed.get(seen) or Candidate(seen, listed[known].name, TrustLevel.STRANGER, False) for known, seen in taken
        ]
    if len(found) > 1:
        raise Usage(several(wanted, found))
    return found[0] if found else None


class _Finding:
    """One search. Ends with an id, an exit code, or a Usage."""

    def __init__(self, desk: CliSession, wanted: str, seconds: float, any_known: bool, away: str, groups: bool) -> None:
        self._desk, self._wanted, self._any_known, self._away, self._groups = desk, wanted, any_known, away, groups
        self._place, self._address = place_of(wanted)
        begun = time.monotonic()
        self._settled_at = begun + SETTLING
        slow = self._place in (Place.NUMERIC, Place.DOTTED)
        self._deadline = begun + (max(seconds, _ANSWER) if slow else seconds)
        # A bare word is looked up as a host only once no device that bears it has appeared.
        self._look_up_at = self._settled_at if self._place is Place.BARE else begun
        self._asked = ""
        self._sought: PeerId | None = None
        self._refused: AddressFailed | None = None
        self._reached: AddressReached | None = None

    def run(self) -> PeerId | int:
        """Look, wait, look again."""
        while True:
            meaning = self._meaning()
            if self._reached is not None:
                return self._at_address(self._reached, meaning)
            answer = self._answer(meaning)
            if answer is not None:
                return answer
            self._ask(meaning)
            now = time.monotonic()
            times = [at for at in (self._settled_at, self._look_up_at) if at > now]
            self._hear(self._desk.next(min([self._deadline, *times])))

    def _meaning(self) -> Meaning:
        if self._place is Place.NUMERIC:
            return Meaning(Outcome.NOBODY)  # an address is an address, whoever calls itself so
        alarmed = frozenset(known for known, _ in self._desk.alarms)
        impostors = {seen: known for known, seen in self._desk.alarms}
        candidates = self._desk.candidates(self._groups)
        try:
            meaning = resolve(self._wanted, candidates, alarmed, impostors)
        except ValueError:
            raise Usage(EMPTY_WORD) from None
        # Where a device of ours was met, whoever calls itself like that host does not take its place.
        ours = self._address is not None and any(one.trusted and self._address.host in one.hosts for one in candidates)
        asking = ours or (self._place is Place.DOTTED and self._refused is None)
        if asking and meaning.outcome is Outcome.ONE and not meaning.found[0].trusted:
            return Meaning(Outcome.NOBODY)  # the name of a host, and of a stranger: the host is asked first
        return meaning

    def _answer(self, meaning: Meaning) -> PeerId | int | None:
        """What is certain by now; None if there is something to wait for."""
        one = meaning.found[0] if meaning.found else None
        now = time.monotonic()
        final = meaning.exact or now >= min(self._settled_at, self._deadline)
        say = self._desk.printer.say
        if one is not None and meaning.outcome is Outcome.BLOCKED:
            say(f"lanshare: {user_messages.ended(Code.BLOCKED, escaped(one.called))}")
            return IDENTITY
        if one is not None and meaning.outcome is Outcome.IMPERSONATED:
            if now < min(self._settled_at, self._deadline):
                return None  # its own device may be there, and answer in a moment
            self._desk.printer.event(self._desk.alarm_about(one.id))
            return IDENTITY
        if meaning.outcome is Outcome.SEVERAL and final:
            raise Usage(several(self._wanted, meaning.found))
        if one is not None and final and (one.online or one.group or self._any_known):
            return one.id
        refused = self._refused is not None and one is None and self._place is not Place.BARE
        return self._nobody(one) if refused or now >= self._deadline else None

    def _nobody(self, away: Candidate | None) -> int:
        if away is not None:
            self._desk.printer.say(f"lanshare: {escaped(away.called)} is known, but away now.{self._away}")
        elif self._refused is not None:
            self._desk.printer.event(self._refused)
        else:
            self._desk.printer.say(f"lanshare: {user_messages.ended(Code.PEER_UNKNOWN, escaped(self._wanted))}")
        return NOT_FOUND

    def _ask(self, meaning: Meaning) -> None:
        """Have a known device sought, or an address asked, once each."""
        one = meaning.found[0] if meaning.outcome in (Outcome.ONE, Outcome.IMPERSONATED) else None
        if one is not None and one.trusted and not one.online and self._sought != one.id:
            self._sought = one.id
            self._desk.host.submit(SeekPeer(one.id))
        unclear = meaning.outcome is Outcome.NOBODY and not self._asked
        if unclear and self._address is not None and time.monotonic() >= self._look_up_at:
            self._asked = str(self._address)
            self._desk.host.submit(AddAddress(self._asked))

    def _hear(self, event: Event | None) -> None:
        if isinstance(event, Snapshot):
            self._asked, self._sought = "", None  # another engine: it has not heard what was asked for
        elif isinstance(event, AddressFailed) and event.address == self._asked:
            self._refused = event
        elif isinstance(event, AddressReached) and event.address == self._asked:
            self._reached = event

    def _at_address(self, reached: AddressReached, meaning: Meaning) -> PeerId | int:
        """Who answered at an address; not whoever answers in the place of another device."""
        if reached.known:
            self._desk.printer.event(self._desk.alarm_about(PeerId(reached.known), reached.peer))
            return IDENTITY
        if others := [one for one in meaning.found if one.id != reached.peer]:
            here = [one for one in self._desk.candidates(False) if one.id == reached.peer]
            raise Usage(several(self._wanted, [*others, *here]))
        return reached.peer
