"""What the window says. One place, so that it can be translated; peers' names are filled in as plain text."""

from __future__ import annotations

import datetime
import html
import re
from typing import Final

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale

from lanshare.domain.events import OfferCompared, TransferProfiled
from lanshare.node.sentences import decimal, ended
from lanshare.node.shown import shown

_LINK: Final = re.compile(r"https?://[^\s<>\"'`\u00a0]+", re.IGNORECASE)
_TRAILING: Final = ".,;:!?)]}…"


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


def linked(text: str, colour: str) -> str:
    """The text as HTML in which nothing but our own http and https links is markup."""
    parts: list[str] = []
    at = 0
    for found in _LINK.finditer(text):
        target = found[0].rstrip(_TRAILING)
        parts.append(html.escape(text[at : found.start()]))
        safe = html.escape(target, quote=True)
        parts.append(f'<a href="{safe}" style="color:{colour}">{safe}</a>')
        at = found.start() + len(target)
    parts.append(html.escape(text[at:]))
    return f'<p style="white-space: pre-wrap; margin: 0">{"".join(parts)}</p>'


def path_name(path: str) -> str:
    """A path's last component, fit to be shown."""
    return shown(path.replace("\\", "/").rstrip("/").rpartition("/")[2])


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
        names = ", ".join(shown(name) for name in one.differing[:3])
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
    return shown(ended(code))
