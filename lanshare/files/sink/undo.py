"""Undoing a finished receiving by its receipt: what came is moved aside, what it replaced is brought back.

Nothing is deleted but folders of ours that are empty then. What was changed since it came stays where it is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lanshare.files import names, own
from lanshare.files.faults import disk_fault
from lanshare.files.folder import Folder, open_folder
from lanshare.files.sink import ledger
from lanshare.files.sink.ledger import (
    Intended,
    IntentVoid,
    LinkMade,
    MovedAside,
    NewFiles,
    OurFolders,
    Whole,
)
from lanshare.files.sink.stage import child

Words = tuple[str, ...]
Fits = Callable[[os.stat_result], bool]


@dataclass(slots=True)
class Undoing:
    """What came of it."""

    folder: str = ""
    files: int = 0
    restored: int = 0
    left: int = 0


@dataclass(slots=True)
class _Receipt:
    files: dict[int, tuple[Words, int]] = field(default_factory=dict)
    links: list[tuple[Words, str]] = field(default_factory=list)
    made: list[Words] = field(default_factory=list)
    aside: list[tuple[Words, Words]] = field(default_factory=list)
    times: dict[int, int] = field(default_factory=dict)


def undo(destination: Path, receipt: Path) -> Undoing:
    """Undo what the receipt tells. DiskFault if the folder cannot be opened; then nothing was changed."""
    notes = _read(receipt)
    done = Undoing()
    try:
        root = open_folder(destination)
    except OSError as error:
        raise disk_fault(error, str(destination)) from error
    try:
        aside, ours = own.make(root, names.UNDONE, private=False)
        aside.close()
        place = (ours, time.strftime("%Y-%m-%d %H.%M.%S"))
        for index, (path, size) in notes.files.items():
            if _move(root, path, (*place, *path), _untouched(size, notes.times.get(index))):
                done.files += 1
            else:
                done.left += 1
        for path, target in notes.links:
            _move(root, path, (*place, *path), names.is_link, target)
        # A path that was replaced several times held the person's own file at the first time alone.
        own_files = dict(reversed(notes.aside))
        for path, where in notes.aside:
            if own_files[path] == where:
                done.restored += _move(root, where, path, names.is_plain)
            else:
                _move(root, where, (*place, *path), names.is_plain)
        folders = {where[:depth] for _, where in notes.aside for depth in range(1, len(where))}
        for path in sorted({*notes.made, *folders}, key=lambda one: (-len(one), one)):
            _remove_empty(root, path)
        _remove_empty(root, (ours,))
        done.folder = str(destination.joinpath(*place)) if done.files else ""
        root.sync_all()
    except OSError as error:
        raise disk_fault(error) from error
    finally:
        root.close()
    return done


def _read(receipt: Path) -> _Receipt:
    found, folders = _Receipt(), OurFolders()
    for note in ledger.read(receipt):
        folders.heard(note)
        match note:
            case Whole(index=index, mtime=mtime):
                found.times[index] = mtime
            case NewFiles(path=words, files=files) if (path := names.stays(words)) is not None:
                for one in files:
                    if names.stays((one.name,)) is not None:
                        found.times[one.index] = one.mtime
                        found.files[one.index] = ((*path, one.name), one.size)
            case IntentVoid(index=index):
                found.files.pop(index, None)
            case Intended(index=index, size=size, path=words) if (path := names.stays(words)) is not None:
                found.files[index] = (path, size)
            case LinkMade(path=words, target=target) if (path := names.stays(words)) is not None:
                found.links.append((path, target))
            case MovedAside(path=words, to=place) if (
                (path := names.stays(words)) is not None and (where := names.stays(place)) is not None
            ):
                found.aside.append((path, where))
    found.made = [path for words in folders.paths() if (path := names.stays(words)) is not None]
    return found


def _untouched(size: int, mtime_ns: int | None) -> Fits:
    def fits(info: os.stat_result) -> bool:
        return names.is_plain(info) and info.st_size == size and mtime_ns in (None, info.st_mtime_ns)

    return fits


def _parent(root: Folder, path: Words, make: bool) -> Folder | None:
    folder = root
    to_ours = make and path[0] in own.candidates(names.UNDONE)
    for name in path[:-1]:
        try:
            if to_ours and folder is not root:
                below: Folder | None = own.child(root, names.UNDONE, folder, name)
            elif make:
                below = child(folder, name)
            else:
                below = folder.child(name)
        except OSError:
            below = None
        if folder is not root:
            folder.close()
        if below is None:
            return None
        folder = below
    return folder


def _move(root: Folder, path: Words, to: Words, fits: Fits, target: str | None = None) -> bool:
    """Move one thing if it is still what it was; never over anything."""
    folder = _parent(root, path, False)
    if folder is None:
        return False
    try:
        info = folder.stat(path[-1])
        if info is None or not fits(info):
            return False
        if target is not None and folder.read_link(path[-1]) != target:
            return False
        into = _parent(root, to, True)
        if into is None:
            return False
        try:
            folder.move(path[-1], into, to[-1])
        except FileExistsError:
            return False
        finally:
            if into is not root:
                into.close()
        return True
    finally:
        if folder is not root:
            folder.close()


def _remove_empty(root: Folder, path: Words) -> None:
    folder = _parent(root, path, False)
    if folder is None:
        return
    try:
        info = folder.stat(path[-1])
        if info is not None and names.is_folder(info):
            folder.remove_folder(path[-1])
    finally:
        if folder is not root:
            folder.close()
