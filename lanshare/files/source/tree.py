"""Dropped paths -> the entries to send, in one fixed order, and what is left out with its reason.

A dropped link is followed, because a person named it; a link inside a dropped folder is kept as a link if it stays
inside, else listed and left out. None is followed out of the tree.
Sockets, pipes and devices are listed and left out. Nothing is opened but folders.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from lanshare.domain.errors import Code
from lanshare.domain.offer import DEPTH, TIME_BOUND, EntryKind, FileEntry, Skipped
from lanshare.files import names
from lanshare.files.faults import source_code

_GIVEN = frozenset({"system.posix_acl_access", "system.posix_acl_default", "security.capability"})


class Found(Struct, frozen=True):
    """An entry, and where it lies: below which of the dropped paths."""

    top: int
    entry: FileEntry


def top_names(paths: Sequence[Path]) -> list[str]:
    """The names under which dropped paths travel: their last component, with a number where two are alike."""
    used: set[str] = set()
    result: list[str] = []
    for path in paths:
        name = path.name if path.name not in ("", "..") else path.resolve().name or "files"
        number = 0
        while (candidate := names.numbered(name, number)) in used:
            number += 1
        used.add(candidate)
        result.append(candidate)
    return result


def source_name(paths: Sequence[str], found: Found) -> str:
    """The path on this disk of an entry, as text."""
    parts = found.entry.parts
    return paths[found.top] if len(parts) == 1 else os.path.join(paths[found.top], *parts[1:])


def walk(paths: Sequence[Path]) -> Iterator[Found | Skipped]:
    """Everything below the dropped paths: folders before what is in them, names sorted."""
    for number, (path, name) in enumerate(zip(paths, top_names(paths), strict=True)):
        if not _is_text(name):
            yield Skipped(_printable(path.name), Code.NAME_NOT_TEXT)
            continue
        if names.is_staging(path.name):
            yield Skipped(name, Code.FILE_SPECIAL)
            continue
        try:
            info = os.stat(path)
        except OSError as error:
            yield Skipped(name, source_code(error))
            continue
        yield from _entry(number, path, (name,), info)


def _entry(top: int, path: Path, parts: tuple[str, ...], info: os.stat_result) -> Iterator[Found | Skipped]:
    if stat.S_ISREG(info.st_mode):
        executable = bool(info.st_mode & stat.S_IXUSR)
        time_ns = fitting_time(info.st_mtime_ns)
        yield Found(
            top, FileEntry(parts, EntryKind.FILE, info.st_size, time_ns, "", executable, is_private(info))
        )
    elif stat.S_ISDIR(info.st_mode):
        if len(parts) > DEPTH:
            yield Skipped("/".join(parts), Code.NAME_REFUSED)
            return
        yield from _folder(top, path, parts, info)
    else:
        yield Skipped("/".join(parts), Code.FILE_SPECIAL)


def _folder(top: int, path: Path, parts: tuple[str, ...], info: os.stat_result) -> Iterator[Found | Skipped]:
    time_ns = fitting_time(info.st_mtime_ns)
    yield Found(top, FileEntry(parts, EntryKind.FOLDER, 0, time_ns, private=is_private(info)))
    try:
        with os.scandir(path) as scan:
            inside = sorted(scan, key=lambda item: item.name, reverse=True)
    except OSError as error:
        yield Skipped("/".join(parts), source_code(error))
        return
    while inside:
        item = inside.pop()  # it keeps what is looked up of it, which of a million would be a gigabyte
        if names.is_staging(item.name) and item.is_dir(follow_symlinks=False):
            continue  # what arrives here from others and is not finished is nobody's to send
        below = (*parts, item.name)
        shown = "/".join((*parts, _printable(item.name)))
        if not _is_text(item.name):
            yield Skipped(shown, Code.NAME_NOT_TEXT)
            continue
        if names.is_staging(item.name):
            yield Skipped(shown, Code.NAME_REFUSED)
            continue
        try:
            if item.is_symlink():
                yield _link(top, below, shown, path / item.name)
                continue
            info = item.stat(follow_symlinks=False)
        except OSError as error:
            yield Skipped(shown, source_code(error))
            continue
        if len(below) > DEPTH:
            yield Skipped(shown, Code.NAME_REFUSED)
            continue
        yield from _entry(top, path / item.name, below, info)


def _link(top: int, parts: tuple[str, ...], shown: str, path: Path) -> Found | Skipped:
    target = names.plain_target(os.readlink(path))
    if not _is_text(target) or not names.link_stays(parts, target):
        return Skipped(shown, Code.FILE_LINK)
    return Found(top, FileEntry(parts, EntryKind.LINK, 0, 0, target))


def is_private(info: os.stat_result) -> bool:
    """Whether others may not read it: it must not become more open on its way. What its group may do is not kept, as
    there may be no such group."""
    return os.name == "posix" and not info.st_mode & 0o004


def has_attributes(what: int | str) -> bool:
    """Whether a file or folder has attributes, access lists or capabilities that somebody gave it (Linux)."""
    if not hasattr(os, "listxattr"):
        return False
    try:
        return any(one.startswith("user.") or one in _GIVEN for one in os.listxattr(what))
    except OSError:
        return False


def fitting_time(time_ns: int) -> int:
    """A time of modification as 64 bits can say it; one that does not fit becomes the nearest bound."""
    return max(-TIME_BOUND, min(TIME_BOUND, time_ns))


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")
