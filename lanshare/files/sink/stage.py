"""The hidden folder of one transfer: its parts, under their numbers, and the ledger of what happened to them.

It lies on the destination's own file system, in a folder of ours that nobody else may look into.
"""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lanshare.domain.transfer import CHUNK
from lanshare.files import names, own
from lanshare.files.faults import disk_fault
from lanshare.files.folder import BINARY, Folder, open_folder
from lanshare.files.sink import ledger
from lanshare.files.sink.ledger import Ledger
from lanshare.files.sink.part import digests_name, stamp_name

GROWING: Final = "new-"
"""What stands before the number of a folder that grows here (files/sink/new_folders)."""

_ODD: Final = "?:*"
"""A name that Windows forbids, and nobody else."""


@dataclass(slots=True)
class VerifiedFile:
    """A verified file in staging, waiting for its final name."""

    index: int
    path: tuple[str, ...]
    size: int
    content: bytes = b""
    """Empty: it is the file that has the name already."""

    mtime_ns: int = 0
    number: int = -1
    """The new folder in which it waits; negative: it waits as a part."""


class Stage:
    """It, open."""

    def __init__(self, root: Folder, transfer: str) -> None:
        """Open it in the destination, or make it. OSError if that is not possible."""
        hidden, _ = own.make(root, names.STAGING, private=True)
        try:
            self.folder = child(hidden, transfer, private=True)
        finally:
            hidden.close()
        try:
            self.book = Ledger(self.folder)
        except OSError:
            self.folder.close()
            raise

    def note(self, line: ledger.Line) -> None:
        """Write down what happened. DiskFault if that is not possible."""
        try:
            self.book.add(line)
        except OSError as error:
            raise disk_fault(error) from error

    def remove_part(self, number: int, size: int | None = None) -> None:
        """Remove a part, of this size if that is known, with what lies beside it."""
        self.folder.remove(str(number))
        self.remove_beside(number, size)

    def remove_beside(self, number: int, size: int | None) -> None:
        """Remove what lies beside a part: the digests and the stamp of one of more than a chunk."""
        if size is None or size > CHUNK:
            self.folder.remove(digests_name(number))
            self.folder.remove(stamp_name(number))

    def remove_tree(self, name: str) -> None:
        """Remove a folder that grows here, with all that is in it."""
        _remove(self.folder, name)

    def receipt(self, path: Path) -> None:
        """Write down for later what was received under which names, so that it can be undone."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.book.flush()
            fd = self.folder.open_file(ledger.NAME, os.O_RDONLY)
            with os.fdopen(fd, "rb") as source, open(path, "wb", opener=_private) as copy:
                while piece := source.read(1024 * 1024):
                    copy.write(piece)
        except OSError:
            path.unlink(missing_ok=True)  # what was received counts more than that it can be undone

    def close(self) -> None:
        """Give the handles back."""
        self.book.close()
        self.folder.close()


def has_staging(destination: Path, transfer: str) -> bool:
    """Whether this transfer was begun in this folder."""
    try:
        with contextlib.closing(open_folder(destination)) as root:
            if (found := own.find(root, names.STAGING, True)) is None:
                return False
            with contextlib.closing(found[0]) as hidden, contextlib.closing(hidden.child(transfer)) as stage:
                return stage.exists(ledger.NAME)
    except OSError:
        return False


def remove(destination: Path, transfer: str) -> None:
    """Remove what is kept of a transfer in this folder, whatever state it is in; final files stay."""
    try:
        with contextlib.closing(open_folder(destination)) as root:
            if (found := own.find(root, names.STAGING, True)) is None:
                return
            hidden, name = found
            with contextlib.closing(hidden), contextlib.suppress(FileNotFoundError):
                with contextlib.closing(hidden.child(transfer)) as stage:
                    for one in stage.names():
                        _remove(stage, one)
                hidden.remove_folder(transfer)
            root.remove_folder(name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise disk_fault(error) from error


def system_of(stage: Folder) -> names.System:
    """Whose names a file system can hold: on a FAT or NTFS disk those of Windows, wherever it is plugged in."""
    if names.HERE is names.System.WINDOWS:
        return names.HERE
    try:
        os.close(stage.new_file(_ODD, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EPERM, errno.EILSEQ):
            return names.System.WINDOWS
        raise
    stage.remove(_ODD)
    return names.HERE


def child(folder: Folder, name: str, private: bool = False) -> Folder:
    """The folder of this name in another one, made if it is missing. OSError if something else has the name."""
    try:
        folder.make(name, private)
    except FileExistsError:
        pass
    return folder.child(name)


def _remove(above: Folder, name: str) -> None:
    """Remove whatever has this name in a folder of ours: a folder, which is no deeper than a path may be, with all that
    is in it."""
    info = above.stat(name)
    if info is None or not names.is_folder(info):
        above.remove(name)
        return
    with contextlib.closing(above.child(name)) as folder:
        for one in folder.names():
            _remove(folder, one)
    above.remove_folder(name)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | BINARY, 0o600)
