"""What the window says. One place, so that it can be translated; peers' names are filled in as plain text."""

from __future__ import annotations

import datetime
import html
import json
import re
from typing import Final

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale, QTextBoundaryFinder

from lanshare.domain.events import OfferCompared, TransferProfiled
from lanshare.domain.peer import PeerId, short_id
from lanshare.engine.presentation.display_text import escaped
from lanshare.engine.presentation.user_messages import decimal, ended

_LINK: Final = re.compile(r"https?://[^\s<>\"'`\u00a0]+", re.IGNORECASE)
_TRAILING: Final = ".,;:!?)]}…"

BREAK: Final = "\u200b"
"""Has no width; a line may break there."""

_WORD: Final = 20
"""Characters of a word that a narrow line may have no room for: it may be broken anywhere."""

_NAME: Final = 10
"""Characters of a word beyond which it may be broken behind what joins its parts."""

_PART: Final = 4
"""Units of UTF-16 between two places to break in such a word."""

_LONG: Final = re.compile(rf"\S{{{_NAME + 1},}}")
_JOINT: Final = re.compile(r"(?<=[^\W_])(?!\.\d)([-_./\\=&:?#%+]+)(?=\w)")


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("lanshare", text)


def size(count: int) -> str:
    """A size in decimal units."""
    return decimal(count)


def files(count: int) -> str:
    """So many files."""
    return tr("1 file") if count == 1 else tr("{0} files").format(count)


def clock(when: datetime.datetime) -> str:
    """A time of day."""
    return when.astimezone().strftime("%H:%M")


def when(at: datetime.datetime, now: datetime.datetime | None = None) -> str:
    """For lists: the time today, Yesterday, the weekday this week, else the date."""
    local = at.astimezone()
    today = (now or datetime.datetime.now(datetime.UTC)).astimezone().date()
    days = (today - local.date()).days
    if days <= 0:
        return local.strftime("%H:%M")
    if days == 1:
        return tr("Yesterday")
    locale = QLocale()
    day = QDate(local.year, local.month, local.day)
    if days < 7:
        return locale.toString(day, "ddd")
    return locale.toString(day, QLocale.FormatType.ShortFormat)


def day(at: datetime.datetime, now: datetime.datetime | None = None) -> str:
    """For separators: Today, Yesterday, or the date."""
    local = at.astimezone()
    today = (now or datetime.datetime.now(datetime.UTC)).astimezone().date()
    days = (today - local.date()).days
    if days == 0:
        return tr("Today")
    if days == 1:
        return tr("Yesterday")
    return QLocale().toString(QDate(local.year, local.month, local.day), QLocale.FormatType.LongFormat)


def left(seconds: float) -> str:
    """How long it will still take."""
    if seconds < 1:
        return tr("a moment left")
    if seconds < 90:
        return tr("{0} s left").format(round(seconds))
    if seconds < 5400:
        return tr("{0} min left").format(round(seconds / 60))
    return tr("{0} h left").format(round(seconds / 3600, 1))


def has_link(text: str) -> bool:
    """Whether there is something to click."""
    return _LINK.search(text) is not None


def breakable(text: str) -> str:
    """The same text, in which a long word may be broken; never within what is seen as one character."""
    return _LONG.sub(lambda found: _broken(found[0]), text)


def _broken(word: str) -> str:
    """Behind what joins its parts; a part that is longer than a narrow line anywhere between two characters."""
    parts = _JOINT.sub(rf"\1{BREAK}", word).split(BREAK)
    return BREAK.join(part if len(part) <= _WORD else _chopped(part) for part in parts)


def _chopped(word: str) -> str:
    finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Grapheme, word)
    units = word.encode("utf-16-le", "surrogatepass")
    parts, start = [], 0
    while (end := finder.toNextBoundary()) >= 0:
        if end - start >= _PART or 2 * end == len(units):
            parts.append(units[2 * start : 2 * end].decode("utf-16-le", "surrogatepass"))
            start = end
    return BREAK.join(parts)


def links(text: str) -> list[str]:
    """The links in a text, each once."""
    return list(dict.fromkeys(found[0].rstrip(_TRAILING) for found in _LINK.finditer(text)))


def linked(text: str, colour: str) -> str:
    """The text as HTML in which nothing but our own http and https links is markup."""
    parts: list[str] = []
    at = 0
    for found in _LINK.finditer(text):
        target = found[0].rstrip(_TRAILING)
        parts.append(html.escape(breakable(text[at : found.start()])))
        safe, seen = html.escape(target, quote=True), html.escape(breakable(target))
        parts.append(f'<a href="{safe}" style="color:{colour}">{seen}</a>')
        at = found.start() + len(target)
    parts.append(html.escape(breakable(text[at:])))
    return f'<p style="white-space: pre-wrap; margin: 0">{"".join(parts)}</p>'


def path_name(path: str) -> str:
    """A path's last component, fit to be shown."""
    return escaped(path.replace("\\", "/").rstrip("/").rpartition("/")[2])


def now_utc() -> datetime.datetime:
    """The time, as events carry it."""
    return datetime.datetime.fromtimestamp(QDateTime.currentMSecsSinceEpoch() / 1000, datetime.UTC)


def slow(one: TransferProfiled) -> str:
    """What is slow: where the time goes, the most first."""
    shares = [
        (one.source_disk, tr("source disk")),
        (one.work, tr("cipher and CPU")),
        (one.network, tr("network")),
        (one.target_disk, tr("destination disk")),
    ]
    told = [f"{name} {share} %" for share, name in sorted(shares, key=lambda part: -part[0]) if share >= 5]
    return tr("Time goes to: {0}").format(", ".join(told))


def compared(one: OfferCompared, free: int) -> str:
    """What accepting would mean for the files that are here and for the disk."""
    parts = [tr("{0} new").format(one.new)] if one.new else []
    parts += [tr("{0} seem to be here already").format(one.same)] if one.same else []
    parts += [tr("{0} differ from yours").format(one.differs)] if one.differs else []
    lines = [" · ".join(parts)] if one.same or one.differs else []
    if one.differs:
        names = ", ".join(escaped(name) for name in one.differing[:3])
        lines.append(names if one.differs <= 3 else tr("{0} and {1} more").format(names, one.differs - 3))
    if not one.complete and lines:
        lines.append(tr("The rest is compared while it arrives."))
    after = free - one.new_bytes
    if free and after < 0:
        lines.append(tr("There is not enough room: {0} are missing.").format(decimal(-after)))
    elif free:
        lines.append(tr("{0} free afterwards").format(decimal(after)))
    return "\n".join(lines)


def reason(code: str) -> str:
    """Why one file was not kept, in a few words."""
    return escaped(ended(code))


_EMOJI: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff\u200d\ufe0f\u20e3"
    "\U000e0020-\U000e007f\u00a9\u00ae\u3030\u303d]+"
)


def only_emoji(text: str) -> bool:
    """Whether a text is a few emoji and nothing else: shown large."""
    bare = "".join(text.split())
    return 0 < len(bare) <= 24 and _EMOJI.fullmatch(bare) is not None and not bare.isascii()


def is_code(text: str) -> bool:
    """Whether a text is meant to keep its columns: fenced, or mostly indented."""
    lines = text.split("\n")
    indented = sum(line.startswith(("    ", "\t")) for line in lines)
    return text.startswith("```") or (len(lines) > 2 and 2 * indented >= len(lines))


def unfenced(text: str) -> str:
    """Code without the fence around it."""
    if not text.startswith("```"):
        return text
    inner = text.partition("\n")[2].rstrip()
    return (inner.removesuffix("```").rstrip("\n") or text) if inner else text


def change(body: str, author: PeerId | None, who: str, names: dict[PeerId, str], me: PeerId | None) -> str:
    """What a record about a group says, as a sentence. `who`: what its author is called; several may be called so."""
    try:
        said = json.loads(body)
        name = str(said.get("name", ""))
        add = [PeerId(str(one)) for one in said.get("add", ())]
        remove = [PeerId(str(one)) for one in said.get("remove", ())]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return tr("{0} changed something").format(who)

    def called(peers: list[PeerId]) -> str:
        listed = [tr("you") if one == me else escaped(names.get(one, short_id(one))) for one in peers[:8]]
        more = len(peers) - len(listed)
        return ", ".join(listed) + (tr(" and {0} more").format(more) if more > 0 else "")

    parts = [tr("added {0}").format(called(add))] if add else []
    if remove:
        gone = called(remove)
        parts.append(tr("left") if remove == [author] else tr("removed {0}").format(gone))
    if name:
        parts.append(tr("named it “{0}”").format(escaped(name)))
    return f"{who} {' · '.join(parts)}" if parts else tr("{0} changed something").format(who)
