"""What a name looks like: two names that an eye takes for each other have one skeleton (Unicode TS 39).

Beyond TS 39 it is blind to what names of devices differ in when somebody types or says them: case, accents, spaces and
punctuation. Names that share a skeleton are no error; it is never shown, and nothing is kept under it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from lanshare.domain.showable import visible

_TABLE: Final = Path(__file__).with_suffix(".txt")

_ALSO: Final = str.maketrans(
    "\u0432\u043a\u043c\u043d\u0442\u0454\u03c4\u03bd\u03b7\u03ba$5|10l"
    "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18\u0280\ua731"
    "\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22",
    "bkmhtetvnkssiioi"
    "abcdefghijklmnoprstuvwyz",
)
"""What TS 39 does not count as alike, as case counts there: small Cyrillic and Greek letters, and small capitals."""


_ETH: Final = "\u00f0"
"""TS 39 takes it for a mathematical sign; in Iceland it is a letter of many names."""

_SALTILLO: Final = "\ua78b"
"""A capital apostrophe, whose small one alone is in the table."""

_ROUNDS: Final = 8
"""More than any character needs until nothing changes any more; a test tries them all."""


def _alike() -> Iterator[tuple[int, str]]:
    """All of TS 39's table: a character, and what it looks like."""
    with _TABLE.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                one, _, other = line.partition(";")
                yield int(one, 16), "".join(chr(int(code, 16)) for code in other.split())


def load() -> None:
    """Read the table now: a program that is moved or removed while it runs must not miss it later."""
    _read()


@cache
def _read() -> tuple[dict[int, str], frozenset[str]]:
    """The table without letters and digits that look like punctuation, and those: see _without_marks."""
    table: dict[int, str] = {}
    marks = {_SALTILLO}
    texts: dict[str, str] = {}
    for code, other in _alike():
        if not chr(code).isalnum() or _counts(other):
            table[code] = texts.setdefault(other, other)  # half of them are repetitions
        elif chr(code) != _ETH:
            marks.add(chr(code))
    return table, frozenset(marks)


def _table() -> dict[int, str]:
    return _read()[0]


def _marks() -> frozenset[str]:
    return _read()[1]


def _without_marks(name: str) -> str:
    """A name without the letters and digits that look like punctuation where no other letter is of their script.

    In their own script they are read as what they are: an Arabic zero looks like a full stop, and a computer 10 is no
    computer 1. Elsewhere, and if they are Latin or modifiers, they are taken for punctuation, which counts for nothing.
    """
    found = _marks().intersection(name)
    if not found:
        return name
    scripts = {_script(char) for char in name if char.isalnum() and char not in found} - {"LATIN", "MODIFIER"}
    return "".join(char for char in name if char not in found or _script(char) in scripts)


def _script(char: str) -> str:
    """The first word of its name: as good as its script for telling neighbours from strangers."""
    return unicodedata.name(char, "").replace("-", " ").partition(" ")[0]


def _counts(text: str) -> bool:
    return any(char.isalnum() for char in unicodedata.normalize("NFKD", text))


def skeleton(name: str) -> str:
    """What a name looks like: equal for names that an eye takes for each other."""
    seen = _without_marks(visible(name))
    for _ in range(_ROUNDS):
        before = seen
        plain = unicodedata.normalize("NFKD", seen.translate(_table())).translate(_table())
        seen = unicodedata.normalize("NFKD", plain.casefold().translate(_ALSO))
        if seen == before:
            break
    kept = "".join(char for char in seen if not unicodedata.combining(char) and char.isalnum())
    return kept.replace("rn", "m").replace("vv", "w") or visible(name).casefold()
