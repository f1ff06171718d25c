"""Folders of our own in a folder that others may write in: only what is ours, by its handle, is used and believed.

Another user may have made a folder of the wanted name before us, to read along, to put a forged journal there, or just
because lanshare is used by several. So there are further names, one for each user, and of each some. On a file system
without owners (FAT, some network shares) what we make is not ours either: there nothing can be told apart, and the
first name is used.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator

from lanshare.files.folder import Folder

_TRIES = 8


def candidates(base: str) -> Iterator[str]:
    """The names that a folder of ours may have, the usual one first."""
    user = os.geteuid() if hasattr(os, "geteuid") else 0
    yield base
    for number in range(_TRIES):
        yield f"{base}-{user}" + (f"-{number}" if number else "")


def find(root: Folder, base: str, private: bool) -> tuple[Folder, str] | None:
    """Our folder of this kind, open, and its name; None if there is none. `private`: nobody else may look into it."""
    for name in candidates(base):
        if (found := _open(root, name)) is None:
            continue
        if found.is_ours(private) or not has_owners(root, base):
            return found, name
        found.close()
    return None


def make(root: Folder, base: str, private: bool) -> tuple[Folder, str]:
    """The same, made if there is none. OSError if all names are taken by others."""
    if (found := find(root, base, private)) is not None:
        return found
    for name in candidates(base):
        try:
            root.make(name, private)
        except FileExistsError:
            continue
        # Whoever is quick may have put another one in its place: what counts is whose it is.
        if (made := _open(root, name)) is not None:
            if made.is_ours(private) or not has_owners(root, base):
                return made, name
            made.close()
    raise OSError(errno.EACCES, os.strerror(errno.EACCES), base)


def child(root: Folder, base: str, above: Folder, name: str) -> Folder:
    """A folder of this name in a folder of ours of the kind `base` in `root`, made if it is missing. OSError if
    something else has its name, or if it is another user's: with a common group others may write in what we make."""
    try:
        above.make(name)
    except FileExistsError:
        pass
    found = above.child(name)
    if found.is_ours(private=False) or not has_owners(root, base):
        return found
    found.close()
    raise OSError(errno.EACCES, os.strerror(errno.EACCES), name)


def has_owners(root: Folder, base: str) -> bool:
    """Whether what we make here is ours."""
    name = f"{base}-{secrets.token_hex(8)}"
    root.make(name, private=True)
    try:
        probe = root.child(name)
        try:
            return probe.is_ours(private=True)
        finally:
            probe.close()
    finally:
        root.remove_folder(name)


def _open(root: Folder, name: str) -> Folder | None:
    try:
        return root.child(name)
    except OSError:
        return None
