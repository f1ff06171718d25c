"""How an engine is asked to run, and what a shell needs of a profile before there is one: light, so that a window can
be painted before the engine's parts are loaded.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from msgspec import Struct

from lanshare.domain.confusables import skeleton
from lanshare.domain.peer import PeerId, TrustLevel, short_id
from lanshare.domain.settings import Settings
from lanshare.files import landlock
from lanshare.store import profile_paths, settings
from lanshare.store.lock import ProfileLock


class Options(Struct, frozen=True):
    """How an engine is asked to run; None and empty: as the settings say."""

    profile: Path | None = None
    port: int | None = None
    name: str | None = None
    interfaces: tuple[str, ...] = ()
    announce: bool = True
    door: bool = True
    asks: bool = False
    """There is a person who can be asked about a network that is new: until then nobody sees this device there."""

    visible: bool = False
    """Show this device to everyone for this run, whatever the settings say."""

    @property
    def overrides(self) -> tuple[str, ...]:
        """The settings that these options stand above."""
        named = (("port", self.port), ("name", self.name), ("interface", self.interfaces))
        return tuple(field for field, value in named if value)


def is_free(options: Options) -> bool:
    """Whether no engine has this profile at this moment."""
    where = profile_paths.places(options.profile)
    where.prepare()
    lock = ProfileLock(where.lock)
    try:
        return lock.take()
    except OSError:
        return True  # whoever takes it for good says what is wrong with it
    finally:
        lock.release()


def known_devices(options: Options) -> list[tuple[PeerId, str]]:
    """The devices that a person here has dealt with, last seen first, each with a name that means it alone.

    Nothing is made or started: an empty list where there is no profile yet. sqlite3.Error if it cannot be read now.
    """
    import sqlite3  # not needed before a window is painted

    from lanshare.store import trustbook

    where = profile_paths.places(options.profile)
    if not where.database.exists():
        return []
    link = sqlite3.connect(f"{where.database.absolute().as_uri()}?mode=ro", uri=True)
    try:
        book = trustbook.all_peers(link)
    finally:
        link.close()
    dealt = [one for one in book if one.trust in (TrustLevel.KNOWN, TrustLevel.VERIFIED)]
    names = Counter(skeleton(one.alias or one.name) for one in dealt)
    return [
        (one.id, name if names[skeleton(name)] == 1 else short_id(one.id))
        for one in dealt if (name := one.alias or one.name)
    ]


def read_settings(options: Options) -> Settings:
    """The settings, without starting anything."""
    where = profile_paths.places(options.profile)
    where.prepare()
    return settings.load(where.settings)[0]


def log_to_file(options: Options, verbose: bool) -> None:
    """Log to the profile's folder: what happened, without texts, file names or keys. Rotates at 1 MiB."""
    where = profile_paths.places(options.profile)
    where.prepare()
    where.log.touch(mode=0o600)
    handler = _LogFile(where.log, maxBytes=1024 * 1024, backupCount=1)
    handler.setFormatter(_WithoutWords("%(asctime)s %(process)d %(levelname)s %(name)s %(threadName)s %(message)s"))
    root = logging.getLogger("lanshare")
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if verbose or os.environ.get("LANSHARE_DEBUG") else logging.INFO)


class _WithoutWords(logging.Formatter):
    """Of an exception, where it was and of what kind; not what it says, as that may be a path, a name or a text."""

    def format(self, record: logging.LogRecord) -> str:
        """What another handler made of the exception is not taken over."""
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: Any) -> str:
        """The kinds of the exception and of those that led to it, with the lines of code that they passed."""
        lines: list[str] = []
        error: BaseException | None = ei[1]
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            lines.append(type(error).__name__)
            for frame in traceback.extract_tb(error.__traceback__):
                lines.append(f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}")
            error = error.__cause__ or error.__context__
        return "\n".join(lines)


class _LogFile(logging.handlers.RotatingFileHandler):
    """Rotates from threads that may write in the profile; the others leave it to the next one."""

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """Whether to begin a new file before this record."""
        return not landlock.is_bound() and bool(super().shouldRollover(record))


def pasted_folder(options: Options) -> Path:
    """Where images from the clipboard are kept while they are sent; private."""
    where = profile_paths.places(options.profile)
    where.prepare()
    folder = where.data / "pasted"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def spool_folder(options: Options, transfer: str) -> Path:
    """Where a stream is kept that is sent under this transfer, until that is over; private."""
    where = profile_paths.places(options.profile)
    where.prepare()
    folder = where.spool / transfer
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
