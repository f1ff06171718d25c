"""Which device a typed word means. The one place where words become devices, for every command and every shell.

A word means exactly one device, or nothing happens. The order is trust first, then presence: a device that a person
has dealt with keeps its name while it is away, and a stranger never inherits it. The rules as a table stand in
ARCHITECTURE.md ("Who is meant") and are tested cell by cell. Pure: no clock, no I/O.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from lanshare.domain.peer import Address, PeerId, TrustLevel, is_full_id, parse_address
from lanshare.domain.showable import visible

LEAST_ID: Final = 4
"""Characters of an id that name a device: fewer are too likely to be met by accident."""

LEAST_BEGINNING: Final = 3
"""Characters of a name that may stand for all of it, unless they are its first word."""

_ID_BEGINNING: Final = re.compile(r"[a-z2-7]{4,52}")
_APOSTROPHES: Final = "'\u2019\u02bc"
_NONE: Final[Mapping[PeerId, PeerId]] = {}
_TRUSTED: Final = frozenset({TrustLevel.KNOWN, TrustLevel.VERIFIED})


class Candidate(Struct, frozen=True):
    """A device or group that could be meant. A group counts as trusted and there."""

    id: PeerId
    name: str
    trust: TrustLevel
    online: bool
    alias: str = ""
    group: bool = False
    met_as: str = ""
    """What it was called when a person here first dealt with it."""

    hosts: frozenset[str] = frozenset()
    """Where it was last met."""

    @property
    def trusted(self) -> bool:
        """Whether a person here has dealt with it."""
        return self.group or self.trust in _TRUSTED

    @property
    def names(self) -> frozenset[str]:
        """All that it may be called by, as it is compared."""
        return frozenset(folded(one) for one in (self.name, self.alias, self.met_as) if one)

    @property
    def called(self) -> str:
        """What to call it before a person."""
        return self.alias or self.name


class Outcome(StrEnum):
    """What a word came to."""

    ONE = "one"
    SEVERAL = "several"
    NOBODY = "nobody"
    BLOCKED = "blocked"
    IMPERSONATED = "impersonated"


class Meaning(Struct, frozen=True):
    """What a word means now. `found`: the one, or all that it could be. `exact`: it cannot come to mean another one
    when more devices appear."""

    outcome: Outcome
    found: tuple[Candidate, ...] = ()
    exact: bool = False


def folded(text: str) -> str:
    """A name or word as it is compared: composed, without case, single spaces, nothing invisible; however long."""
    seen = " ".join(visible(unicodedata.normalize("NFC", text)).split())
    return unicodedata.normalize("NFC", "".join(one for one in seen if one.isprintable()).casefold()).strip()


def _wanted(word: str) -> str:
    if any("\ud800" <= one <= "\udfff" for one in word):
        raise ValueError("a word that is no text")
    wanted = folded(word)
    if not wanted:
        raise ValueError("an empty word")
    return wanted


def resolve(
    word: str,
    candidates: Iterable[Candidate],
    alarmed: frozenset[PeerId] = frozenset(),
    impostors: Mapping[PeerId, PeerId] = _NONE,
) -> Meaning:
    """Whom `word` means among the candidates.

    `alarmed`: known devices whose name or address another key has used; `impostors`: those keys' devices, each with
    the known one that it was taken for. ValueError if the word is empty, or nothing that can be seen, or no text: it
    means nobody, never everybody.
    """
    listed = list(candidates)
    meaning = _resolved(_wanted(word), listed, alarmed)
    one = meaning.found[0] if meaning.outcome is Outcome.ONE else None
    chosen = one is not None and (is_full_id(folded(word)) or _has_id(one, folded(word)))
    if one is None or one.trusted or chosen or one.id not in impostors:
        return meaning
    # Whatever it calls itself: a person has to say first which of the two is the right one.
    known = next((other for other in listed if other.id == impostors[one.id]), one)
    return Meaning(Outcome.IMPERSONATED, (known,), exact=True)


def _resolved(wanted: str, candidates: Sequence[Candidate], alarmed: frozenset[PeerId]) -> Meaning:
    everyone = [one for one in candidates if one.trusted or one.online or one.trust is TrustLevel.BLOCKED]
    if is_full_id(wanted):
        found = [one for one in everyone if one.id == wanted]
        return _decided(found[0], alarmed, by_id=True) if found else Meaning(Outcome.NOBODY)
    named = [one for one in everyone if wanted in one.names]
    by_id = [one for one in everyone if _has_id(one, wanted)]
    meant = list(dict.fromkeys([*named, *by_id]))
    trusted = [one for one in meant if one.trusted]
    begun = [one for one in everyone if one not in meant and any(_begins(wanted, name) for name in one.names)]
    befriended = [one for one in begun if one.trusted]
    if len(trusted) == 1 and _took(trusted[0], wanted) and befriended:
        return _several([*trusted, *befriended], exact=True)
    if trusted:
        return _decided(trusted[0], alarmed) if len(trusted) == 1 else _several(trusted, exact=True)
    blocked = [one for one in meant if one.trust is TrustLevel.BLOCKED]
    if blocked:
        return _decided(blocked[0], alarmed) if len(blocked) == 1 else _several(blocked, exact=True)
    if meant:
        # A stranger that bears the beginning of a friend's name as its own does not take the word from the friend.
        found = [*meant, *befriended]
        whole = not named and len(found) == 1 and len(wanted) >= 2 * LEAST_ID
        return Meaning(Outcome.ONE, (found[0],), exact=whole) if len(found) == 1 else _several(found)
    found = [one for one in begun if one.trust is not TrustLevel.BLOCKED]
    if not found:
        return Meaning(Outcome.NOBODY)
    if len(found) > 1:
        return _several(found)
    return replaced(_decided(found[0], alarmed), exact=False)


def every(word: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """All that `word` could mean, none before another: by whole name or id, else by a beginning of the name.

    For what is about trust itself (block, forget, trust). ValueError if the word is empty or no text.
    """
    wanted = _wanted(word)
    listed = list(candidates)
    if whole := [one for one in listed if wanted in one.names or _has_id(one, wanted)]:
        return whole
    return [one for one in listed if any(_begins(wanted, name) for name in one.names)]


def _took(one: Candidate, wanted: str) -> bool:
    """Whether this name is one that it may have taken after it had been trusted: a group's, or a new one."""
    return one.group or (bool(one.met_as) and wanted not in (folded(one.met_as), folded(one.alias)))


def _has_id(one: Candidate, wanted: str) -> bool:
    return one.id.startswith(wanted) and _ID_BEGINNING.fullmatch(wanted) is not None


def replaced(meaning: Meaning, exact: bool) -> Meaning:
    """The same meaning, more or less final."""
    return Meaning(meaning.outcome, meaning.found, exact)


def _decided(one: Candidate, alarmed: frozenset[PeerId], by_id: bool = False) -> Meaning:
    if one.trust is TrustLevel.BLOCKED:
        return Meaning(Outcome.BLOCKED, (one,), exact=True)
    if one.id in alarmed and not one.online and not by_id:
        return Meaning(Outcome.IMPERSONATED, (one,), exact=True)
    return Meaning(Outcome.ONE, (one,), exact=True)


def _several(found: Sequence[Candidate], exact: bool = False) -> Meaning:
    return Meaning(Outcome.SEVERAL, tuple(found), exact)


def _begins(wanted: str, name: str) -> bool:
    """Whether a person who types this may mean the device of that name: its first word, or some of its letters.

    Never by accident: not within a character that is made of several, not within a number ("nas-1" of "nas-10"), and
    not up to a mark alone ("nas-").
    """
    if not name.startswith(wanted) or name == wanted:
        return name == wanted
    last, following = wanted[-1], name[len(wanted)]
    if not _is_letter(last) or unicodedata.category(following).startswith("M"):
        return False
    if last.isdigit() and following.isdigit():
        return False
    return len(wanted) >= LEAST_BEGINNING or following.isspace() or following in _APOSTROPHES


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


# --- words that are addresses


class Place(StrEnum):
    """How much like an address a word looks."""

    NUMERIC = "numeric"
    """An IP address, or a host with a port: never a name, whoever calls itself so."""

    DOTTED = "dotted"
    """A host name with a dot: looked up at once, unless a device that is trusted is called so."""

    BARE = "bare"
    """It could be a host name: looked up when no device is called so."""

    NONE = "none"


def place_of(word: str) -> tuple[Place, Address | None]:
    """How a word reads as an address."""
    try:
        address = parse_address(word)
    except ValueError:
        return Place.NONE, None
    host = address.host
    try:
        ipaddress.ip_address(host.partition("%")[0])
        return Place.NUMERIC, address
    except ValueError:
        pass
    if not _is_host_name(host):
        return Place.NONE, None
    if ":" in word:
        return Place.NUMERIC, address
    return (Place.DOTTED if "." in host.rstrip(".") else Place.BARE), address


def _is_host_name(host: str) -> bool:
    """Whether it could be in DNS: its last label is not a number, as "10.1" or "0x7f" would be read as addresses."""
    labels = host.rstrip(".").split(".")
    fit = all(re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", one) for one in labels)
    return fit and len(host) <= 253 and not re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", labels[-1])
