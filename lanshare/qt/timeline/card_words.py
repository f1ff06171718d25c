"""What a transfer's card says: words made of its view, and nothing else. No widget is touched here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from lanshare.domain.offer import EntryKind, Skipped
from lanshare.domain.transfer import TransferState
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import assets, formatting
from lanshare.qt.formatting import tr
from lanshare.qt.models.transfers import TransferView
from lanshare.qt.theme.style import tokens

NAMES: Final = 8
"""Names of an offer that stand on its card."""

_REPORT: Final = 5
"""Lines of what became of files that stand on it."""

_DIFFERING: Final = 3
"""What formatting.compared() names."""

ARRIVED: Final = frozenset({TransferState.DONE, TransferState.PARTIAL})
"""Something of it is at its place."""


def title(view: TransferView, peer: str) -> str:
    """What it is about, in one line."""
    if view.asked:
        return tr("{0} wants to send").format(escaped(peer))
    if not view.offer.tops and not view.active:
        return tr("Files")
    if not view.offer.tops:
        return tr("Looking at what is to be sent…")
    first = escaped(view.offer.tops[0].name)
    rest = view.offer.names - 1
    return tr("{0} and {1} more").format(first, rest) if rest > 0 else first


def status(view: TransferView, peer: str) -> tuple[str, str]:
    """Where it stands, and the role of that line ("dim", "warn", "good" or "bad")."""
    return _STATUS[view.state](view, peer)


def _queued(view: TransferView, peer: str) -> tuple[str, str]:
    return tr("{0}{1}").format(_whole(view), _counting(view)), "dim"


def _offered(view: TransferView, peer: str) -> tuple[str, str]:
    if view.out:
        return tr("Waiting for {0} to accept · {1}").format(escaped(peer), _whole(view)), "dim"
    free = tr(" · {0} free").format(formatting.size(view.free)) if view.free else ""
    return f"{formatting.files(view.offer.files)} · {_whole(view)}{_counting(view)}{free}", "dim"


def _moving(view: TransferView, peer: str) -> tuple[str, str]:
    parts = [tr("{0} of {1}").format(formatting.size(view.bytes), formatting.size(view.total))]
    if view.rate > 0:
        parts.append(f"{formatting.size(int(view.rate))}/s")
        parts.append(formatting.left((view.total - view.bytes) / view.rate))
    return "  ·  ".join(parts), "dim"


def _done(view: TransferView, peer: str) -> tuple[str, str]:
    if view.undone:
        return tr("Undone"), "dim"
    done = tr("Delivered and verified") if view.out else tr("Verified · saved")
    if view.read:
        done = tr("Verified and read")
    return f"{formatting.size(view.bytes)}  ·  {done}", "good"


def _partial(view: TransferView, peer: str) -> tuple[str, str]:
    total = view.files + view.files_failed
    return tr("{0} of {1} files verified").format(view.files, total), "warn"


_STATUS: Final[Mapping[TransferState, Callable[[TransferView, str], tuple[str, str]]]] = {
    TransferState.QUEUED: _queued,
    TransferState.OFFERED: _offered,
    TransferState.CONNECTING: lambda view, peer: (tr("Starting · {0}").format(_whole(view)), "dim"),
    TransferState.MOVING: _moving,
    TransferState.VERIFYING: lambda view, peer: (tr("Making it safe on disk…"), "dim"),
    TransferState.WAITING: lambda view, peer: (tr("Waiting · {0}").format(_whole(view)), "warn"),
    TransferState.PAUSED: lambda view, peer: (
        tr("Paused · {0} of {1}").format(formatting.size(view.bytes), _whole(view)), "warn"
    ),
    TransferState.DONE: _done,
    TransferState.PARTIAL: _partial,
    TransferState.DECLINED: lambda view, peer: (tr("Declined"), "dim"),
    TransferState.CANCELLED: lambda view, peer: (tr("Cancelled"), "dim"),
    TransferState.FAILED: lambda view, peer: (tr("Failed · {0}").format(_whole(view)), "bad"),
}
"""Every state is in it: looking one up never fails."""


def _whole(view: TransferView) -> str:
    return formatting.size(view.offer.bytes)


def _counting(view: TransferView) -> str:
    return "" if view.offer.complete else tr(" so far")


def message(view: TransferView) -> str:
    """What else is to be known: where it goes, what is here already, what went wrong."""
    if view.asked:
        told = formatting.compared(view.compared, view.free) if view.compared is not None and view.fresh else ""
        where = tr("Into {0}").format(escaped(view.into)) if view.into else ""
        return "\n".join(part for part in (where, told) if part)
    if view.undone:
        return escaped(view.message)
    if view.state is TransferState.FAILED and len(view.skipped) > 1:
        return "\n".join([escaped(view.message), *_missed(view)])
    if view.state in ARRIVED:
        lines = _missed(view)
        if view.notes:
            lines += [tr("Kept, but not quite as it was:"), *_report(view.notes, len(view.notes))]
        return "\n".join([*lines, escaped(view.message)]) if view.message else "\n".join(lines)
    if view.state is TransferState.MOVING and view.profiled is not None:
        return formatting.slow(view.profiled)
    quiet = (TransferState.DONE, TransferState.MOVING, TransferState.VERIFYING)
    return "" if view.state in quiet else escaped(view.message)


def listing(view: TransferView) -> list[str]:
    """All lines of what the card shows in part only; empty if it shows all there is."""
    if view.asked:
        return _offered_lines(view)
    if view.state not in (*ARRIVED, TransferState.FAILED) or view.undone:
        return []
    if max(view.files_failed, len(view.skipped)) <= _REPORT and len(view.notes) <= _REPORT:
        return []
    lines = _report(view.skipped, max(view.files_failed, len(view.skipped)), len(view.skipped))
    if view.notes:
        notes = _report(view.notes, len(view.notes), len(view.notes))
        lines += [tr("Kept, but not quite as it was:"), *notes]
    return lines


def _offered_lines(view: TransferView) -> list[str]:
    differing = view.compared.differing if view.compared is not None else ()
    if view.offer.names <= NAMES and len(differing) <= _DIFFERING:
        return []
    lines = [f"{escaped(top.name)}  ·  {formatting.size(top.bytes)}" for top in view.offer.tops]
    lines += [tr("and {0} more").format(rest)] if (rest := view.offer.names - len(lines)) > 0 else []
    if differing:
        lines += ["", tr("Differ from yours:"), *(escaped(name) for name in differing)]
    return lines


def icon(view: TransferView) -> tuple[str, str]:
    """The name of its picture, and the colour that it has."""
    look = tokens()
    told = {TransferState.FAILED: ("circle-alert", look.bad), TransferState.WAITING: ("clock", look.warn),
            TransferState.PAUSED: ("pause", look.warn)}
    if view.state in told:
        return told[view.state]
    if view.asked:
        return "download", look.accent_ink
    if not view.offer.tops:
        return "upload", look.accent_ink
    if view.offer.names > 1:
        return "copy", look.accent_ink
    top = view.offer.tops[0]
    return assets.file_icon(top.name, top.kind is EntryKind.FOLDER, look.dark)


def tone(view: TransferView) -> str:
    """The tone of its frame: "bad", "warn" or none."""
    if view.state is TransferState.FAILED:
        return "bad"
    return "warn" if view.state in (TransferState.WAITING, TransferState.PAUSED, TransferState.PARTIAL) else ""


def _missed(view: TransferView) -> list[str]:
    return _report(view.skipped, max(view.files_failed, len(view.skipped)))


def _report(entries: tuple[Skipped, ...], count: int, most: int = _REPORT) -> list[str]:
    """What became of entries, one line each; a long report is cut."""
    lines = [f"{escaped(one.path) or '…'}: {formatting.reason(one.code)}" for one in entries[:most]]
    return [*lines, tr("and {0} more").format(count - len(lines))] if count > len(lines) else lines
