"""A peer-given path -> safe names below the receiving folder, or a refusal. Peer-given names are hostile until here.

What could leave the folder is refused. What a system cannot hold, or what would deceive an eye, is escaped as
FULLWIDTH PERCENT SIGN and two hexadecimal digits for each UTF-8 byte, which `original()` turns back.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.offer import DEPTH, NAME_BYTES, PATH_BYTES
from lanshare.domain.showable import showable

STAGING: Final = ".lanshare-incoming"
"""The hidden folder in which what arrives lives until it is verified and durable."""

REPLACED: Final = "Replaced by lanshare"
"""The folder into which what is replaced is moved, with a date and its path."""

UNDONE: Final = "Undone by lanshare"
"""The folder into which what is undone is moved, with a date and its path."""

_MARK: Final = "％"
_ESCAPED: Final = re.compile(f"{_MARK}([0-9A-F]{{2}})")
# C0, DEL, C1, and what is invisible or turns the direction of text. ZERO WIDTH NON-JOINER and JOINER are parts of
# letters and pictures (Persian, emoji: Unicode 15, 23.2), and a backslash is a letter like others but on Windows.
_DECEIVING: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_WINDOWS: Final = re.compile(r'[<>:"|?*\\]')
_HARMLESS: Final = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_ ()+,.=@~#-]*")
_SHORT: Final = re.compile(r"(?i)(lansha|replac|undone)~[0-9]{1,3}")
"""What FAT and NTFS may call our own folders as well (8.3 names)."""

_IGNORED: Final = re.compile(
    r"[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point of Unicode: some file systems compare names without them."""

_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)")


class System(StrEnum):
    """Whose rules of naming apply."""

    POSIX = "posix"
    WINDOWS = "windows"


HERE: Final = System.WINDOWS if sys.platform == "win32" else System.POSIX


class NameRefused(LanshareError):
    """A name that cannot be kept anywhere below the receiving folder."""

    def __init__(self, why: str) -> None:
        super().__init__(Code.NAME_REFUSED, why)


def _escape(text: str) -> str:
    return "".join(f"{_MARK}{byte:02X}" for byte in text.encode("utf-8"))


def safe_name(name: str, system: System = HERE) -> str:
    """One component as this system can keep it; NameRefused if it is empty, dots, a path, or too long."""
    # Most names are harmless, and a hundred thousand of them differ: a look at each must be cheap.
    if system is System.POSIX and len(name) <= NAME_BYTES and _HARMLESS.fullmatch(name):
        return name
    return _safe_name(name, system)


@lru_cache(4096)
def _safe_name(name: str, system: System) -> str:
    if name in ("", ".", ".."):
        raise NameRefused(f"{name!r} is not a name")
    if "/" in name or "\x00" in name:
        raise NameRefused("a name with a separator in it")
    if system is System.WINDOWS and name.startswith("\\\\"):
        raise NameRefused("a network path")
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NameRefused("not Unicode") from error
    safe = _ESCAPED.sub(lambda found: _escape(_MARK) + found[1], name)
    safe = _DECEIVING.sub(lambda found: _escape(found[0]), safe)
    if system is System.WINDOWS:
        safe = _WINDOWS.sub(lambda found: _escape(found[0]), safe)
        if safe[-1] in ". ":
            safe = safe[:-1] + _escape(safe[-1])
        if _RESERVED.match(safe):
            safe = _escape(safe[0]) + safe[1:]
    if is_staging(safe) or (system is System.WINDOWS and _SHORT.fullmatch(safe)):
        safe = _escape(safe[0]) + safe[1:]
    if len(safe.encode("utf-8")) > NAME_BYTES:
        raise NameRefused("a name of more than 255 bytes")
    return safe


def safe_top(name: str, system: System = HERE) -> str:
    """The same for what comes to lie in the receiving folder itself: there nothing may hide behind a leading dot, nor
    take the place of a folder that means something to us."""
    safe = safe_name(name, system)
    if safe.startswith(".") or any(_begins(safe, own) for own in (REPLACED, UNDONE)):
        return _escape(safe[0]) + safe[1:]
    return safe


def is_staging(name: str) -> bool:
    """Whether this is, or some file system takes it for, a folder of ours in which what arrives lives."""
    return _begins(name, STAGING)


def _begins(name: str, own: str) -> bool:
    """Whether a name is one of ours, or one behind it with a mark (own.py), as any file system may compare names."""
    plain = name if name.isascii() else _IGNORED.sub("", unicodedata.normalize("NFKC", name))
    plain = plain.casefold().rstrip(". ")
    return plain == own.casefold() or plain.startswith(own.casefold() + "-")


def stays(path: Sequence[object]) -> tuple[str, ...] | None:
    """A path from a note of ours, if it leads nowhere but below the folder that it is about; else None."""
    words = tuple(word for word in path if isinstance(word, str))
    if not words or len(words) != len(path) or len(words) > DEPTH + 3:
        return None
    for word in words:
        if word in ("", ".", "..") or "/" in word or "\x00" in word:
            return None
        if HERE is System.WINDOWS and _WINDOWS.search(word):
            return None
    return words


def safe_path(parts: Sequence[str], system: System = HERE) -> tuple[str, ...]:
    """A relative path, component by component; NameRefused if it is empty, too deep, too long or unsafe anywhere."""
    if not 1 <= len(parts) <= DEPTH:
        raise NameRefused(f"a path of {len(parts)} components")
    if len(parts) == 1:
        top = safe_top(parts[0], system)
        if len(top.encode("utf-8")) > NAME_BYTES:
            raise NameRefused("a name of more than 255 bytes")
        return (top,)
    above, length = safe_folder(tuple(parts[:-1]), system)
    name = safe_name(parts[-1], system)
    if length + len(name.encode("utf-8")) + 1 > PATH_BYTES:
        raise NameRefused("a path of more than 4096 bytes")
    return (*above, name)


@lru_cache(256)
def safe_folder(parts: tuple[str, ...], system: System = HERE) -> tuple[tuple[str, ...], int]:
    """A folder's safe path, and its length in bytes: what lies in one folder comes one behind the other."""
    safe = (safe_top(parts[0], system), *(safe_name(part, system) for part in parts[1:]))
    if len(safe[0].encode("utf-8")) > NAME_BYTES:
        raise NameRefused("a name of more than 255 bytes")
    return safe, sum(len(part.encode("utf-8")) + 1 for part in safe)


def link_stays(parts: Sequence[str], target: str) -> bool:
    """Whether a link at `parts` with this target stays below its top-level folder, by its words alone.

    Only leading `..` are allowed: behind a name they could climb out of wherever another link leads.
    """
    words = target.split("/")
    up = 0
    while up < len(words) and words[up] == "..":
        up += 1
    rest = words[up:]
    if not target or target.startswith("/") or "\\" in target or up > len(parts) - 2:
        return False
    return all(word not in ("", ".", "..") for word in rest) or (not rest and up > 0)


def plain_target(target: str) -> str:
    """A link's target without the words that lead nowhere: `./v1` is `v1`, `a//b/` is `a/b`."""
    if target.startswith("/"):
        return target
    return "/".join(word for word in target.split("/") if word not in ("", "."))


def safe_target(target: str, system: System = HERE) -> str:
    """A link's target with its names as this system keeps them."""
    return "/".join(word if word == ".." else safe_name(word, system) for word in target.split("/"))


def is_plain(info: os.stat_result) -> bool:
    """Whether a name belongs to a plain file."""
    return stat.S_ISREG(info.st_mode)


def is_folder(info: os.stat_result) -> bool:
    """Whether a name belongs to a folder."""
    return stat.S_ISDIR(info.st_mode)


def is_link(info: os.stat_result) -> bool:
    """Whether a name belongs to a symbolic link."""
    return stat.S_ISLNK(info.st_mode)


def original(name: str) -> str:
    """The peer's name behind one that safe_name() returned."""
    out = bytearray()
    at = 0
    for found in _ESCAPED.finditer(name):
        out += name[at : found.start()].encode("utf-8") + bytes([int(found[1], 16)])
        at = found.end()
    return (out + name[at:].encode("utf-8")).decode("utf-8", "replace")


def numbered(name: str, number: int) -> str:
    """`name`, `name (1)`, `name (2)` with the ending kept and at most 255 bytes: what a clash turns a name into."""
    if number == 0:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > 10:
        stem, dot, ending = name, "", ""
    if stem.endswith(".tar"):
        stem, ending = stem[:-4], f"tar.{ending}"
    tail = f" ({number}){dot}{ending}"
    room = NAME_BYTES - len(tail.encode("utf-8"))
    return stem.encode("utf-8")[:room].decode("utf-8", "ignore") + tail


def escaped(text: str) -> str:
    """Any text from a peer as one line for a terminal or a log: what deceives or controls is escaped."""
    return showable(text)
