"""Others' text as it may be shown: whatever is not seen, or turns what is seen, is written out.

Unicode's categories decide: control (Cc), format (Cf), surrogate (Cs) and the separators of lines and paragraphs (Zl,
Zp); besides, the letters and marks that Unicode has drawn as nothing (Default_Ignorable_Code_Point). A joiner between
parts of one letter or picture, and a variation selector behind one, stay: they belong to it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SEEN: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Format characters that are seen: they enclose the numbers behind them (Prepended_Concatenation_Mark)."""

_NOTHING: Final = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    r"\U000e0000-\U000e0fff]"
)
"""What is drawn as nothing though its category does not say so."""

_TAGS: Final = 8
_FLAG: Final = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")
"""A region's flag: a black flag, its letters and digits as tags, and the tag that ends them (UTS #51, ED-14a)."""

_JOINERS: Final = "\u200c\u200d"
_JOINED: Final = frozenset((
    "ARABIC", "SYRIAC", "MONGOLIAN", "NKO", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU",
    "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN", "BALINESE", "JAVANESE",
))
"""Scripts in which a joiner or a non-joiner changes how letters are written (Unicode 15, 23.2)."""


def showable(text: str, keep: str = "") -> str:
    """A text with everything hidden in it written out as \\uXXXX; characters of `keep` stay as they are."""
    if text.isprintable() and _NOTHING.search(text) is None:
        return text
    out: list[str] = []
    for at, char in enumerate(text):
        if char in keep or not is_hidden(char) or _belongs(text, at):
            out.append(char)
        else:
            out.append(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
    return "".join(out)


def without_hidden(text: str) -> str:
    """A text without everything hidden in it."""
    if text.isprintable() and _NOTHING.search(text) is None:
        return text
    return "".join(char for at, char in enumerate(text) if not is_hidden(char) or _belongs(text, at))


def is_hidden(char: str) -> bool:
    """Whether a character by itself is not seen, or changes how others are."""
    if _NOTHING.match(char):
        return True
    return not char.isprintable() and unicodedata.category(char) in _HIDDEN and char not in _SEEN


def _belongs(text: str, at: int) -> bool:
    """Whether this hidden character is a part of what stands before it."""
    char, before, behind = text[at], text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if not before:
        return False
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        # Once, behind a picture, an ideograph, or what becomes a key cap.
        seen = ("So", "Sm", "Po", "Nd", "Lo")
        return not is_hidden(before) and (before in "#*" or unicodedata.category(before) in seen)
    if "\u180b" <= char <= "\u180f":
        return _script(before) == "MONGOLIAN"
    if "\U000e0020" <= char <= "\U000e007f":
        return _flag(text, at)
    if char == "\u200d" and (before == "\ufe0f" or unicodedata.category(before) in ("So", "Sk")):
        return bool(behind) and unicodedata.category(behind) == "So"
    return char in _JOINERS and (_script(before) in _JOINED or (char == "\u200c" and _script(behind) in _JOINED))


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0] if char else ""


def _flag(text: str, at: int) -> bool:
    """Whether a tag is one of those that make a black flag another one (UTS #51, ED-14a)."""
    near = text[max(0, at - _TAGS) : at + _TAGS + 1]
    return any(begin <= min(at, _TAGS) < end for begin, end in (one.span() for one in _FLAG.finditer(near)))


def visible(text: str) -> str:
    """A text without what is never seen in it."""
    return text if text.isascii() else "".join(char for char in text if not is_hidden(char))
